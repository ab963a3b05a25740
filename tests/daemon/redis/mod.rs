//! The store in Redis: every test of the embedded one, word for word; then what only several daemons and a server
//! between them can do or suffer. RedisServers are real, and each test waits for what it needs to see.

#[path = "../../product/store/any.rs"]
mod any;
#[path = "in_redis.rs"]
mod backing;
mod beside;
#[path = "../../product/store/claims.rs"]
mod claims;
mod cluster;
#[path = "../../product/store/counts.rs"]
mod counts;
mod faults;
mod kept;
mod keys;
mod leases;
mod messages;
#[path = "../../product/store/model.rs"]
mod model;
#[path = "../../product/store/picks.rs"]
mod picks;
mod runs;
mod secret;
mod serving;
mod simulated;
mod store_task;
mod together;
#[path = "../../product/store/world.rs"]
mod world;
