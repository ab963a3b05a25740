//! The event socket of FreeSWITCH: bytes to messages and back, without a socket, a clock or a runtime.
//!
//! ```text
//! bytes ──frame──▶ Frame ──message──▶ Message (its events: event)      request ──▶ bytes
//! bytes ◀─ event_writer, server ◀── a simulated FreeSWITCH ◀── server ◀── bytes
//! ```
//!
//! - [`frame`]: where a message starts and ends; every limit of the wire.
//! - [`event`]: one event in one buffer; `plain` and `json` find its headers, `index` remembers where they are, `escape`
//!   undoes their coding.
//! - [`message`]: what the switch sends, and the [`Decoder`](message::Decoder) that most users want.
//! - [`argument`], [`request`], [`vocabulary`]: what a client sends, safe by construction.
//! - [`server`], [`event_writer`]: the same wire from the switch's end, for simulated switches and tests.
//! - [`codec`]: the decoder and encoder for the framed sockets of tokio.
//!
//! Absent on purpose: a connection that is kept up, and what to do about an event. XML events are never asked for and
//! are refused.
//!
//! # What clients get wrong
//!
//! Comments and tests call these hazards by number. `MES:n` is a line of `mod_event_socket.c`, `SE:n` one of
//! `switch_event.c`, both of FreeSWITCH 1.10.12.
//!
//! 1. Plain values are not coded twice: a literal `%23` arrives as `#` (switch_utils.c:3499). JSON keeps it.
//! 2. Plain cuts long arrays short (SE:1559). JSON does not.
//! 3. JSON carries raw bytes that are no UTF-8: a caller's name in GBK. All values here are bytes.
//! 4. Names come twice: `Hangup-Cause` in every `CHANNEL_HANGUP_COMPLETE`. All are kept, the first is `get`.
//! 5. An array of one is an array in JSON and bare in plain; text that starts with `ARRAY::` becomes one.
//! 6. Words behind `CUSTOM` are all subclasses. An unknown event among known ones is answered `+OK` and never
//!    sent; a forbidden one is answered `-ERR`, and those named before it are sent all the same.
//! 7. Filters: any will do, a negative one wins, and events without the header stay away.
//! 8. `myevents` ties the whole link to one call, or to none. There is no such request here.
//! 9. `getvar` answers and log heads may break the framing. The first is not asked for; a fault is a fault.
//! 10. Any head that mentions both `unload` or `reload` and `mod_event_socket` closes the event socket down.
//! 11. Events may overtake each other under load. Nothing here depends on their order.
//! 12. `DETECTED_TONE` comes twice, once without `Unique-ID`.
//! 13. Arguments are expanded: `${system(…)}` in a caller's name would run. See [`argument`].
//! 14. An unknown application hangs the leg up. See [`vocabulary::App`].

pub mod argument;
pub mod codec;
mod escape;
pub mod event;
pub mod event_writer;
pub mod frame;
mod index;
mod json;
mod limits;
pub mod message;
mod plain;
pub mod request;
pub mod server;
pub mod vocabulary;
