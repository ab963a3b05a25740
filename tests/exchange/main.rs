//! The simulated exchange by itself: its races and its people in the pure model, its links over real TCP.
#![allow(clippy::unwrap_used)] // What is missing fails the test.

mod chaos;
mod joining;
mod links;
mod model;
