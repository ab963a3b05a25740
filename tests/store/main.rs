//! The store of what calls share: each rule by itself, and all together against a slow model of them.

#![allow(clippy::unwrap_used)]

mod any;
mod claims;
mod counts;
mod model;
mod picks;
mod world;
