//! The whole of the daemon on a clock of our own: see [`hotlined_simulator`], where stands what is promised.
//!
//! `HOTLINED_SEED=N` lives through one seed and prints it; `HOTLINED_SEEDS=N` through the first N.

#![allow(clippy::unwrap_used)]

mod deliveries;
mod moments;
mod seeds;
