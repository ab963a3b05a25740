//! The scripts that Redis runs for us.

use hotlined_core::acd::limits::{
    CALLS_KNOWN_MAX, CLAIMS_PER_CALL_MAX, HOTLINES_PER_CALL_MAX, PACE_MEMORY, POOLS_PER_LINE_MAX,
    RECENT_CALLS_MAX, ROUNDS_OWED_MAX, TALK, TURNS_PER_CALL_MAX,
};
use hotlined_instance::cluster::limits::{
    CALL_KEPT, INBOX_KEPT, INBOX_LENGTH_MAX, KEPT, LOST_AT_ONCE_MAX, RESTS_AT_ONCE_MAX,
};
use std::sync::LazyLock;

/// A script, and the name by which a server that knows it runs it.
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

/// One request about calls, whatever it is.
pub(super) static CALL_REQUEST: LazyLock<Script> = LazyLock::new(|| {
    let figures = [
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
    Script::new(written_in(&code, &figures))
});

/// The code with each figure where its name stood: a name would have to be looked up, and this one is known.
fn written_in(code: &str, figures: &[(&str, String)]) -> String {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = code.split_inclusive(is_end).map(|piece| {
        let (word, end) = piece.split_at(piece.trim_end_matches(is_end).len());
        let figure = figures.iter().find(|(name, _)| *name == word).map(|(_, figure)| figure.as_str());
        [figure.unwrap_or(word), end].concat()
    });
    words.collect()
}

/// A question for a code.
pub(super) static CODES: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("codes.lua").to_owned()));

/// What is kept of calls.
pub(super) static REPLICATION: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("replication.lua").to_owned()));

/// What is done with a lease.
pub(super) static LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lease.lua").to_owned()));

/// Who is there.
pub(super) static PRESENCE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("presence.lua").to_owned()));

/// All of them: what a server that was restarted has to learn anew.
pub(super) fn all() -> [&'static Script; 5] {
    [&CALL_REQUEST, &CODES, &REPLICATION, &LEASE, &PRESENCE]
}
