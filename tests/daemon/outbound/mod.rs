//! What other systems are told of calls, by the real binary: web hooks at receivers of every temper, the stream of
//! events, and the screen pop in a real browser.

mod events;
mod hook_faults;
mod hooks;
mod latency;
mod pop;
mod receiver;
mod stream;
mod taken_over;
