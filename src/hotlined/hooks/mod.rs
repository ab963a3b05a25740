//! Web hooks: the events of calls go to other systems by HTTP, signed as Standard Webhooks 1.0.0 says.
//!
//! - [`event_body`]: what is sent, and its JSON Schema; [`body_template`]: a body in the form that a receiver wants.
//! - [`hook_settings`]: where events go, and which.
//! - [`hook_delivery`]: the durable events, as deliveries of the outbox; [`hook_queue`] sends them, and tries again.
//! - [`live_hook`]: the live events, which are worth nothing after seconds: one try.
//! - [`hook_request`]: one request to a receiver; [`address_filter`]: no request goes to an address that the hook may
//!   not reach.
//!
//! A receiver that fails holds up no other: each hook has a queue and a client of its own.

pub mod address_filter;
pub mod body_template;
pub mod event_body;
pub mod hook_delivery;
pub mod hook_queue;
pub mod hook_request;
pub mod hook_settings;
pub mod live_hook;
