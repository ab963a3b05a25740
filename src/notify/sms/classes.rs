//! Tables of the error codes of gateways.

use hotlined_core::message::sending::RefusalClass;

/// What a code says about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The gateway did not take it.
    Refused(RefusalClass),
    /// The gateway does not know whether it went out.
    Unknown,
}

pub(crate) const RETRY: Meaning = Meaning::Refused(RefusalClass::Retry);
pub(crate) const THROTTLED: Meaning = Meaning::Refused(RefusalClass::Throttled);
pub(crate) const REJECTED: Meaning = Meaning::Refused(RefusalClass::Rejected);
pub(crate) const CONFIGURATION: Meaning = Meaning::Refused(RefusalClass::Configuration);
pub(crate) const BALANCE: Meaning = Meaning::Refused(RefusalClass::Balance);
pub(crate) const UNKNOWN: Meaning = Meaning::Unknown;

/// The codes of a gateway, the first that matches counts. A code that ends in `*` stands for all that begin so.
pub(crate) type Codes = &'static [(&'static str, Meaning)];

/// What this code says. A code that the table has not: this message is rejected.
pub(crate) fn meaning(codes: Codes, code: &str) -> Meaning {
    let is_same = |known: &str| match known.strip_suffix('*') {
        Some(begin) => code.starts_with(begin),
        None => code == known,
    };
    codes.iter().find(|(known, _)| is_same(known)).map_or(REJECTED, |(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_matches_counts() {
        const CODES: Codes = &[("a.b", RETRY), ("a.*", BALANCE)];
        assert_eq!(meaning(CODES, "a.b"), RETRY);
        assert_eq!(meaning(CODES, "a.bc"), BALANCE);
        assert_eq!(meaning(CODES, "a"), REJECTED);
    }
}
