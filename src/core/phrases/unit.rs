//! The units that numbers are spoken with.

use super::Piece;

/// A unit (量词).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Callers: 位.
    Callers,
    /// Times: 次.
    Times,
    /// Any other items: 个.
    Items,
    /// 秒.
    Seconds,
    /// 分钟.
    Minutes,
    /// 小时.
    Hours,
    /// 天.
    Days,
    /// 元. English has one form for one and many.
    Yuan,
    /// 角, a tenth of a yuan. English counts fen instead.
    Jiao,
    /// 分, a hundredth of a yuan.
    Fen,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 10] = [
        Self::Callers,
        Self::Times,
        Self::Items,
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::Days,
        Self::Yuan,
        Self::Jiao,
        Self::Fen,
    ];

    /// The piece after 1, and the piece after any other number.
    pub(super) const fn pieces(self) -> (Piece, Piece) {
        match self {
            Self::Callers => (Piece::Caller, Piece::Callers),
            Self::Times => (Piece::Time, Piece::Times),
            Self::Items => (Piece::Item, Piece::Items),
            Self::Seconds => (Piece::Second, Piece::Seconds),
            Self::Minutes => (Piece::Minute, Piece::Minutes),
            Self::Hours => (Piece::Hour, Piece::Hours),
            Self::Days => (Piece::Day, Piece::Days),
            Self::Yuan => (Piece::Yuan, Piece::Yuan),
            Self::Jiao => (Piece::Jiao, Piece::Jiao),
            Self::Fen => (Piece::Fen, Piece::Fen),
        }
    }
}
