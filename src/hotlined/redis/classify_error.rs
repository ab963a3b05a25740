//! What an error of the Redis client means.

use hotlined_instance::cluster::failure::RedisFailure;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whether the server does not have the script any more: it was restarted, or another took its place.
pub(super) fn is_script_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// The failure that an error of the client tells of.
pub(super) fn classify(error: &RedisError) -> RedisFailure {
    let told = error.to_string();
    // A server before 7.0 wraps what went wrong within a script, so the words decide, too.
    let says = |word: &str| error.code() == Some(word) || told.contains(&format!("-{word} "));
    if error.is_timeout() {
        return RedisFailure::TimedOut;
    }
    if says("WRONGPASS") || says("NOAUTH") || told.contains("invalid password") {
        return RedisFailure::Password(told);
    }
    // Who did not log in may not even say much at once.
    if told.contains("unauthenticated") {
        return RedisFailure::Password(told);
    }
    if says("NOPERM") {
        return RedisFailure::Forbidden(told);
    }
    if says("WRONGTYPE") {
        return RedisFailure::WrongType(told);
    }
    if says("OOM") {
        return RedisFailure::Full(told);
    }
    if says("READONLY") {
        return RedisFailure::ReadOnly(told);
    }
    const NOT_READY: [&str; 8] =
        ["LOADING", "BUSY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MISCONF", "NOREPLICAS", "UNBLOCKED"];
    // The slot of our keys is being moved, against what the room's page asks for.
    if NOT_READY.into_iter().any(says) || told.contains("non local key") {
        return RedisFailure::NotReady(told);
    }
    // The words of TLS itself: `invalid peer certificate`, `received fatal alert: CertificateRequired`.
    if error.is_io_error() && told.to_ascii_lowercase().contains("certificate") {
        return RedisFailure::Certificate(told);
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => RedisFailure::Password(told),
        ErrorKind::Io
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel => RedisFailure::Lost(told),
        _ if error.is_unrecoverable_error() => RedisFailure::Lost(told),
        _ => RedisFailure::Garbled(told),
    }
}

/// The failure that an answer of another shape tells of.
pub(super) fn unreadable_reply(error: &redis::ParsingError) -> RedisFailure {
    RedisFailure::Garbled(error.to_string())
}
