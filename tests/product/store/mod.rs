//! The store of what calls share: each rule by itself, and all together against a slow model of them. What stands
//! here is asked of the store in Redis, too.

mod any;
#[path = "embedded.rs"]
mod backing;
mod claims;
mod counts;
mod limits;
mod model;
mod picks;
mod world;
