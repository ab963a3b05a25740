//! What is spoken to people, as a row of recorded pieces.
//!
//! ```text
//! "two callers before you" ──Speaker──▶ [ThereAre, Liang, CallersAhead] ──file()──▶ queue/there_are.wav …
//! ```
//!
//! The switches have speaking applications of their own; FreeSWITCH's Chinese one says 100000 as ten and drops
//! the 零 of 1010. So the words are chosen here, alike for every switch, and a switch only plays files.
//!
//! Absent, and to stay so: where the files lie, which switch plays them, what the time is.

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
