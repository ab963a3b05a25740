//! The failure that an error of the Redis client library stands for.

use hotlined_instance::cluster::failure::RedisFailure;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whether the server does not have the script: it was restarted, or another server took its place.
pub(super) fn is_script_unknown(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// The failure for an error of the client library.
pub(super) fn classify(error: &RedisError) -> RedisFailure {
    let text = error.to_string();
    // A server before 7.0 wraps an error within a script, so the text decides, too.
    let has_code = |word: &str| error.code() == Some(word) || text.contains(&format!("-{word} "));
    if error.is_timeout() {
        return RedisFailure::TimedOut;
    }
    if has_code("WRONGPASS") || has_code("NOAUTH") || text.contains("invalid password") {
        return RedisFailure::Password(text);
    }
    // Without a login Redis refuses a long command before it asks for the password.
    if text.contains("unauthenticated") {
        return RedisFailure::Password(text);
    }
    if has_code("NOPERM") {
        return RedisFailure::Forbidden(text);
    }
    if has_code("WRONGTYPE") {
        return RedisFailure::WrongType(text);
    }
    if has_code("OOM") {
        return RedisFailure::Full(text);
    }
    if has_code("READONLY") {
        return RedisFailure::ReadOnly(text);
    }
    const NOT_READY: [&str; 8] =
        ["LOADING", "BUSY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MISCONF", "NOREPLICAS", "UNBLOCKED"];
    // The slot of the keys is being moved, against the page of `mod.rs`.
    if NOT_READY.into_iter().any(has_code) || text.contains("non local key") {
        return RedisFailure::NotReady(text);
    }
    // The texts of TLS itself: `invalid peer certificate`, `received fatal alert: CertificateRequired`.
    if error.is_io_error() && text.to_ascii_lowercase().contains("certificate") {
        return RedisFailure::Certificate(text);
    }
    match error.kind() {
        ErrorKind::AuthenticationFailed => RedisFailure::Password(text),
        ErrorKind::Io
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel => RedisFailure::Lost(text),
        _ if error.is_unrecoverable_error() => RedisFailure::Lost(text),
        _ => RedisFailure::Garbled(text),
    }
}

/// The failure for a reply of an unexpected form.
pub(super) fn unreadable_reply(error: &redis::ParsingError) -> RedisFailure {
    RedisFailure::Garbled(error.to_string())
}
