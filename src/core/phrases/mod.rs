//! Spoken sentences as sequences of recordings.
//!
//! ```text
//! "two callers before you" ──Speaker──▶ [ThereAre, Liang, CallersAhead] ──file()──▶ queue/there_are.wav …
//! ```
//!
//! The switches have `say` applications of their own, but the Chinese one of FreeSWITCH says 100000 as ten and drops
//! the 零 of 1010. So this module chooses the words, for every switch, and a switch only plays files.
//!
//! Absent, and to stay so: the folders of the files, the switch, the present time.

mod count;
mod english;
mod language;
mod mandarin;
mod numbers;
mod piece;
mod piece_macro;
mod row;
mod sentence;
mod speaker;
mod spell;
mod table;
mod unit;

pub use language::Language;
pub use numbers::NUMBER_MAX;
pub use piece::{UnknownPiece, text};
pub use sentence::{Key, NotAKey, Offer};
pub use speaker::Speaker;
pub use table::Piece;
pub use unit::Unit;

#[cfg(test)]
mod tests;
