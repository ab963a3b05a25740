//! Prefixes of mobile numbers: the first seven digits.

/// The lowest prefix.
pub const PREFIX_FIRST: usize = 1_300_000;
/// The number of prefixes, from [`PREFIX_FIRST`] on.
pub const PREFIXES: usize = 700_000;

/// The prefix that a text of seven digits names.
pub(super) fn parse_prefix(text: &str) -> Option<usize> {
    let digits = text.trim();
    let seven = digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = digits.parse().ok().filter(|_| seven)?;
    (PREFIX_FIRST..PREFIX_FIRST + PREFIXES).contains(&prefix).then_some(prefix)
}
