//! The API address: the events of calls as they happen, and the page that pops up a caller's data.
//!
//! - [`api_settings`]: the address, the tokens and the address that is popped up.
//! - [`access_token`]: who may ask, and for which agents and hotlines.
//! - [`event_ring`]: the last events, each with an id; [`event_stream`]: `GET /events`, which goes on where it ended.
//! - [`screen_pop`]: the page and the address that it opens.
//! - [`pages`]: which path is answered by what.

pub mod access_token;
pub mod api_settings;
pub mod event_ring;
pub mod event_stream;
pub mod pages;
pub mod screen_pop;
