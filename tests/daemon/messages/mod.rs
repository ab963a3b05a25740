//! Messages by SMS: the real daemon, a simulated exchange, and fake gateways over TCP. A missed call leads to a message,
//! whatever the gateway does to it.

pub mod api;
mod commands;
mod kinds;
mod notices;
mod refused;
pub mod site;
mod texts;
mod unanswered;
