//! Numbers with units: callers, times, durations, money.

use super::{Language, Piece, Speaker, Unit, mandarin};
use crate::time::Millis;

impl Speaker {
    /// A number in the form before a unit, without the unit: 两 and not 二, and 一 in the tone that the unit requires.
    pub fn counting(self, number: u64, unit: Unit) -> Vec<Piece> {
        match self.language {
            Language::Mandarin => mandarin::counting(number, unit).unwrap_or_else(|| self.cardinal(number)),
            Language::English => self.cardinal(number),
        }
    }

    /// A number with its unit: 两位, two callers.
    pub fn count(self, number: u64, unit: Unit) -> Vec<Piece> {
        let (one, many) = unit.pieces();
        [self.counting(number, unit), vec![if number == 1 { one } else { many }]].concat()
    }

    /// A length of time, to the nearest minute: 一小时三十分钟, one hour thirty minutes; below one minute
    /// 不到一分钟, less than a minute.
    pub fn duration(self, span: Millis) -> Vec<Piece> {
        const MINUTE: u64 = 60_000;
        if span < Millis(MINUTE) {
            return vec![Piece::LessThanAMinute];
        }
        let minutes = span.0 / MINUTE + u64::from(span.0 % MINUTE >= MINUTE / 2);
        let parts = [
            (minutes / (24 * 60), Unit::Days),
            (minutes / 60 % 24, Unit::Hours),
            (minutes % 60, Unit::Minutes),
        ];
        let pieces = parts.into_iter().filter(|(number, _)| *number > 0);
        pieces.flat_map(|(number, unit)| self.count(number, unit)).collect()
    }

    /// An amount of money in fen: 两元五角, two yuan fifty fen. If there are yuan and fen but no jiao, 零 is spoken between
    /// them: 十元零五分.
    pub fn money(self, fen: u64) -> Vec<Piece> {
        let (yuan, rest) = (fen / 100, fen % 100);
        let mut pieces = Vec::new();
        if yuan > 0 || rest == 0 {
            pieces.extend(self.count(yuan, Unit::Yuan));
        }
        match self.language {
            Language::Mandarin => {
                let (jiao, fen) = (rest / 10, rest % 10);
                if jiao > 0 {
                    pieces.extend(self.count(jiao, Unit::Jiao));
                } else if yuan > 0 && fen > 0 {
                    pieces.push(Piece::N0);
                }
                if fen > 0 {
                    pieces.extend(self.count(fen, Unit::Fen));
                }
            }
            Language::English => {
                if rest > 0 {
                    pieces.extend(self.count(rest, Unit::Fen));
                }
            }
        }
        pieces
    }
}
