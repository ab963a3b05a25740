//! The scripts that Redis runs for us.

use super::keys::{CALL_KEPT, INBOX_KEPT, INBOX_LENGTH_MAX, KEPT, LOST_AT_ONCE_MAX, RESTS_AT_ONCE_MAX};
use crate::store::figures::{
    CALLS_KNOWN_MAX, CLAIMS_PER_CALL_MAX, HOTLINES_PER_CALL_MAX, PACE_MEMORY, POOLS_PER_LINE_MAX,
    RECENT_CALLS_MAX, ROUNDS_OWED_MAX, TALK, TURNS_PER_CALL_MAX,
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
pub(super) static ASKED: LazyLock<Script> = LazyLock::new(|| {
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
    let mut code: String =
        figures.iter().map(|(name, figure)| format!("local {name} = {figure}\n")).collect();
    for part in [
        include_str!("begin.lua"),
        include_str!("lines.lua"),
        include_str!("pick.lua"),
        include_str!("queue.lua"),
        include_str!("claims.lua"),
        include_str!("admissions.lua"),
        include_str!("adopted.lua"),
        include_str!("asked.lua"),
    ] {
        code.push_str(part);
    }
    Script::new(code)
});

/// A question for a code.
pub(super) static CODES: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("codes.lua").to_owned()));

/// What is kept of calls.
pub(super) static KEPT_CALLS: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("kept.lua").to_owned()));

/// What is done with a lease.
pub(super) static LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lease.lua").to_owned()));

/// Who is there.
pub(super) static LOOK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("look.lua").to_owned()));

/// All of them: what a server that was restarted has to learn anew.
pub(super) fn all() -> [&'static Script; 5] {
    [&ASKED, &CODES, &KEPT_CALLS, &LEASE, &LOOK]
}
