//! The exchanges: their wires, and the translation between their words and ours.
pub mod claim;
pub mod esl;
