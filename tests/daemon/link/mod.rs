//! The link and the daemon against peers that are broken, hostile or slow, over real TCP; and the real binary
//! from its start to its last word. Nothing here sleeps to let something happen: every step waits for what it
//! needs to see.

mod admin;
mod alone;
mod bad_redis;
mod calls;
mod capture;
mod coming_up;
mod house;
mod leaving;
mod losing;
mod pair;
mod peer;
mod piling_up;
mod records;
mod reload;
mod scrape;
mod serve;
mod setting_up;
mod shared;
mod standstill;
mod superseded;
mod tables;
