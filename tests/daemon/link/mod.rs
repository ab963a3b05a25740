//! The link and the daemon against peers that are broken, hostile or slow, over real TCP; and the real binary
//! from its start to its last word. Nothing here sleeps to let something happen: every step waits for what it
//! needs to see.

pub mod admin;
mod alone;
mod bad_redis;
mod calls;
mod capture;
mod coming_up;
pub mod house;
mod leaving;
mod losing;
mod pair;
pub mod peer;
mod piling_up;
pub mod records;
mod reload;
pub mod scrape;
mod serve;
mod setting_up;
mod shared;
mod standstill;
mod superseded;
mod tables;
