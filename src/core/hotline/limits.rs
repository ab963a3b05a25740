//! The limits of a hotline, and the values that hold where a file says nothing.

/// The most agents a hotline may have.
pub const AGENTS_MAX: usize = 500;
/// The longest agent number, in characters.
pub const AGENT_ID_CHARS_MAX: usize = 12;
/// The longest name of a hotline or an agent, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// The shortest an agent may be rung, in seconds: a mobile needs about this long to begin to ring.
pub const RING_TIME_S_MIN: u64 = 5;
/// The longest a single agent may be rung, in seconds.
pub const RING_TIME_S_MAX: u64 = 120;
/// How long an agent is rung by default, in seconds.
pub const RING_TIME_S_DEFAULT: u64 = 20;
/// The shortest a caller waits for an agent, in seconds: one short attempt.
pub const WAIT_S_MIN: u64 = RING_TIME_S_MIN;
/// The longest a caller may be kept waiting for an agent, in seconds.
pub const WAIT_S_MAX: u64 = 600;
/// How long a caller waits by default, in seconds.
pub const WAIT_S_DEFAULT: u64 = 120;
/// The most calls at a time an agent may take, in lines: some digital trunks.
pub const LINES_MAX: u16 = 1_000;
/// How many calls at a time an agent takes by default, in lines.
pub const LINES_DEFAULT: u16 = 1;
