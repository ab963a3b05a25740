//! The scripts that Redis runs.

use hotlined_core::acd::limits::{
    CALLS_KNOWN_MAX, CLAIMS_PER_CALL_MAX, HOTLINES_PER_CALL_MAX, PACE_MEMORY, POOLS_PER_LINE_MAX,
    RECENT_CALLS_MAX, ROUNDS_OWED_MAX, TALK, TURNS_PER_CALL_MAX,
};
use hotlined_instance::cluster::limits::{
    CALL_KEPT, INBOX_KEPT, INBOX_LENGTH_MAX, KEPT, LOST_AT_ONCE_MAX, RESTS_AT_ONCE_MAX,
};
use std::sync::LazyLock;

/// A script, and the hash by which a server that has the script runs it.
pub(super) struct Script {
    pub(super) code: String,
    pub(super) hash: String,
}

impl Script {
    fn new(code: String) -> Self {
        let hash = redis::Script::new(&code).get_hash().to_owned();
        Self { code, hash }
    }
}

/// Every operation on calls and lines.
pub(super) static CALL_REQUEST: LazyLock<Script> = LazyLock::new(|| {
    let constants = [
        ("KEPT", KEPT.0.to_string()),
        ("CALL_KEPT", CALL_KEPT.0.to_string()),
        ("INBOX_KEPT", INBOX_KEPT.0.to_string()),
        ("INBOX_LENGTH_MAX", INBOX_LENGTH_MAX.to_string()),
        ("RESTS_AT_ONCE_MAX", RESTS_AT_ONCE_MAX.to_string()),
        ("LOST_AT_ONCE_MAX", LOST_AT_ONCE_MAX.to_string()),
        ("CALLS_KNOWN_MAX", CALLS_KNOWN_MAX.to_string()),
        ("CLAIMS_PER_CALL_MAX", CLAIMS_PER_CALL_MAX.to_string()),
        ("TURNS_PER_CALL_MAX", TURNS_PER_CALL_MAX.to_string()),
        ("HOTLINES_PER_CALL_MAX", HOTLINES_PER_CALL_MAX.to_string()),
        ("POOLS_PER_LINE_MAX", POOLS_PER_LINE_MAX.to_string()),
        ("RECENT_CALLS_MAX", RECENT_CALLS_MAX.to_string()),
        ("ROUNDS_OWED_MAX", ROUNDS_OWED_MAX.to_string()),
        ("PACE_MEMORY", PACE_MEMORY.to_string()),
        ("TALK", TALK.to_string()),
    ];
    let mut code = include_str!("prologue.lua").to_owned();
    for (name, part) in [
        ("calls", include_str!("calls.lua")),
        ("lines", include_str!("lines.lua")),
        ("tallies", include_str!("tallies.lua")),
        ("pick", include_str!("pick.lua")),
        ("pools", include_str!("pools.lua")),
        ("queue", include_str!("queue.lua")),
        ("claims", include_str!("claims.lua")),
        ("releases", include_str!("releases.lua")),
        ("admissions", include_str!("admissions.lua")),
        ("adopted", include_str!("adopted.lua")),
    ] {
        code.extend(["PARTS.", name, " = function()\n", part, "end\n"]);
    }
    code.push_str(include_str!("call_request.lua"));
    Script::new(with_constants(&code, &constants))
});

/// The code with each constant in place of its name: the script would have to look the name up.
fn with_constants(code: &str, constants: &[(&str, String)]) -> String {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = code.split_inclusive(is_end).map(|piece| {
        let (word, end) = piece.split_at(piece.trim_end_matches(is_end).len());
        let constant =
            constants.iter().find(|(name, _)| *name == word).map(|(_, constant)| constant.as_str());
        [constant.unwrap_or(word), end].concat()
    });
    words.collect()
}

/// A query for a verification code.
pub(super) static CODES: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("codes.lua").to_owned()));

/// Writes to what Redis keeps of a switch.
pub(super) static REPLICATION: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("replication.lua").to_owned()));

/// Taking, renewing and giving up a lease.
pub(super) static LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lease.lua").to_owned()));

/// Announcing a daemon, and listing the daemons and the leases.
pub(super) static PRESENCE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("presence.lua").to_owned()));

/// All scripts: a server that was restarted has none of them.
pub(super) fn all() -> [&'static Script; 5] {
    [&CALL_REQUEST, &CODES, &REPLICATION, &LEASE, &PRESENCE]
}
