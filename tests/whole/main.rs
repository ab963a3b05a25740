//! The whole of the daemon on a clock of our own: the simulated exchange, its bytes, the network between, the
//! wire, the conversation and the engine, and everything that can go wrong with any of them; without a socket and
//! without a runtime, so that a seed lives through the same again. What is promised stands in [`world`].
//!
//! `HOTLINED_SEED=N` lives through one seed and prints it; `HOTLINED_SEEDS=N` through the first N.

#![allow(clippy::unwrap_used)]

mod daemon;
mod line;
mod moments;
mod scene;
mod seeds;
mod world;
