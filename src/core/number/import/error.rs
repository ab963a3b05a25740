//! What can be wrong with an imported table, and where.

use std::fmt;

/// The largest imported file, in bytes: three times a file with all prefixes and full names.
pub const TABLE_BYTES_MAX: u64 = 128 << 20;
/// The most errors that are reported for a refused file.
pub const BAD_ROWS_MAX: usize = 20;
/// The most unknown names of places or of operators. A file with more of them is probably another kind of table.
pub const UNKNOWN_MAX: usize = 1_000;
/// The longest text quoted of a row, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// A position in an imported file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whence {
    /// A line of text, from 1.
    Line(usize),
    /// An entry of the index of a `phone.dat`.
    Entry {
        /// The number of the entry, from 1.
        entry: usize,
        /// The offset of its first byte, from 0.
        byte: usize,
    },
    /// A byte offset, from 0.
    Byte(usize),
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry { entry, byte } => write!(f, "entry {entry} at byte {byte}"),
            Self::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

impl serde::Serialize for Whence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An error of an imported file, with its position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct BadRow {
    /// The position.
    pub at: Whence,
    /// The error.
    pub why: BadImport,
}

/// The errors of an imported table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadImport {
    /// The file has no row.
    #[error("holds no prefix: it must be a phone.dat, or CSV in UTF-8 with a row for each prefix")]
    Empty,
    /// The file has another format.
    #[error("is {0}: save the table as CSV in UTF-8")]
    OtherForm(&'static str),
    /// The text is not UTF-8.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// A required column is missing.
    #[error(
        "no column holds {0}: begin with a line such as prefix,province,city,carrier (号段,省份,城市,运营商), or write \
         rows such as 1380013,北京,北京,中国移动"
    )]
    NoColumn(&'static str),
    /// The line is too long to be a row.
    #[error("has more than {0} bytes, so it is no row of a table")]
    LongLine(usize),
    /// A quotation mark is not closed.
    #[error("has a field that begins with a quotation mark and ends without one")]
    Quote,
    /// The row has too few fields.
    #[error("has {found} fields, and {wanted} are needed")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many are needed.
        wanted: usize,
    },
    /// The text is no prefix.
    #[error("{0:?} is no prefix of a mobile: it must have seven digits, 1300000 to 1999999")]
    Prefix(String),
    /// Two rows have different values for the same prefix.
    #[error("says of {prefix} what {} does not", match .first { Some(at) => at.to_string(), None => "an earlier row".into() })]
    Disagrees {
        /// The prefix.
        prefix: usize,
        /// The position of the first row.
        first: Option<Whence>,
    },
    /// Too many names are unknown.
    #[error(
        "more than {UNKNOWN_MAX} names of places or operators are unknown, as {0:?}: it is likely another kind of table"
    )]
    Strange(String),
    /// No place name is known.
    #[error("not one of its prefixes has a place that GB/T 2260 knows: it is likely another kind of table")]
    NothingPlaced,
    /// The header of the `phone.dat` is incomplete.
    #[error("ends within the header of a phone.dat")]
    Header,
    /// The index lies outside the file.
    #[error("the index of a phone.dat should begin at byte {0}, which is not between its header and its end")]
    Index(usize),
    /// The index ends in the middle of an entry.
    #[error("the file ends in the middle of an entry: an entry has 9 bytes")]
    HalfEntry,
    /// The entry points outside the records.
    #[error("points to a record at byte {0}, which is outside the records")]
    Record(usize),
    /// The record has no end.
    #[error("points to a record at byte {0}, which does not end before the index")]
    EndlessRecord(usize),
    /// The record has another format.
    #[error("points to a record at byte {0}, which is not province|city|zip|area code in UTF-8")]
    RecordForm(usize),
    /// The card type is unknown.
    #[error("has the card type {0}: 1 to 8 are known")]
    CardType(u8),
}

impl BadImport {
    pub(super) fn at(self, at: Whence) -> BadRow {
        BadRow { at, why: self }
    }
}

/// The beginning of a text, for an error.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}
