//! What can be wrong with an imported table, and where.

use std::fmt;

/// The largest file of such a table, in bytes: three times that of all prefixes written out at length.
pub const TABLE_BYTES_MAX: u64 = 128 << 20;
/// The most faults that are reported of a file that is refused.
pub const BAD_ROWS_MAX: usize = 20;
/// The most names that nobody knows, of places and of operators: a file with more of them is likely about
/// something else.
pub const UNKNOWN_MAX: usize = 1_000;
/// The longest text quoted of a row, in characters.
const QUOTED_CHARS_MAX: usize = 40;

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whence {
    /// A line of text, from 1.
    Line(usize),
    /// An entry of a `phone.dat`'s index, from 1, and its first byte, from 0.
    Entry {
        /// Which.
        entry: usize,
        /// Where it begins.
        byte: usize,
    },
    /// A byte, from 0.
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

/// A fault of a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct BadRow {
    /// Where.
    pub at: Whence,
    /// What is wrong.
    pub why: BadImport,
}

/// What can be wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadImport {
    /// No row.
    #[error("holds no prefix: it must be a phone.dat, or CSV in UTF-8 with a row for each prefix")]
    Empty,
    /// Another kind of file.
    #[error("is {0}: save the table as CSV in UTF-8")]
    OtherForm(&'static str),
    /// Bytes that are no text.
    #[error("is not UTF-8: save the file as UTF-8 (it may be GBK)")]
    NotUtf8,
    /// A table without a column that is needed.
    #[error(
        "no column holds {0}: begin with a line such as prefix,province,city,carrier (号段,省份,城市,运营商), or write \
         rows such as 1380013,北京,北京,中国移动"
    )]
    NoColumn(&'static str),
    /// A row that is no row.
    #[error("has more than {0} bytes, so it is no row of a table")]
    LongLine(usize),
    /// A quotation mark that is not closed.
    #[error("has a field that begins with a quotation mark and ends without one")]
    Quote,
    /// Too few fields.
    #[error("has {found} fields, and {wanted} are needed")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many are needed.
        wanted: usize,
    },
    /// No prefix.
    #[error("{0:?} is no prefix of a mobile: it must have seven digits, 1300000 to 1999999")]
    Prefix(String),
    /// One prefix, two answers.
    #[error("says of {prefix} what {} does not", match .first { Some(at) => at.to_string(), None => "an earlier row".into() })]
    Disagrees {
        /// The prefix.
        prefix: usize,
        /// Where it was named before.
        first: Option<Whence>,
    },
    /// More is unknown than known.
    #[error(
        "more than {UNKNOWN_MAX} names of places or operators are unknown, as {0:?}: it is likely another kind of table"
    )]
    Strange(String),
    /// Not one place is known.
    #[error("not one of its prefixes has a place that GB/T 2260 knows: it is likely another kind of table")]
    NothingPlaced,
    /// The header of a `phone.dat` is cut off.
    #[error("ends within the header of a phone.dat")]
    Header,
    /// The index lies outside the file.
    #[error("the index of a phone.dat should begin at byte {0}, which is not between its header and its end")]
    Index(usize),
    /// The index ends in the middle of an entry.
    #[error("the file ends in the middle of an entry: an entry has 9 bytes")]
    HalfEntry,
    /// An entry points elsewhere.
    #[error("points to a record at byte {0}, which is outside the records")]
    Record(usize),
    /// A record without end.
    #[error("points to a record at byte {0}, which does not end before the index")]
    EndlessRecord(usize),
    /// A record of another form.
    #[error("points to a record at byte {0}, which is not province|city|zip|area code in UTF-8")]
    RecordForm(usize),
    /// A kind of card nobody knows.
    #[error("has the card type {0}: 1 to 8 are known")]
    CardType(u8),
}

impl BadImport {
    pub(super) fn at(self, at: Whence) -> BadRow {
        BadRow { at, why: self }
    }
}

/// The beginning of a text, for a fault.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}
