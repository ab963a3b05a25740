//! The simulated exchange by itself: its races and its people in the pure model, its links over real TCP.

mod chaos;
mod joining;
mod links;
mod model;
