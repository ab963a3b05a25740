//! The event socket of FreeSWITCH (`mod_event_socket`): bytes to typed messages and back, without a socket, a clock or
//! a runtime.
//!
//! ```text
//! bytes from the switch ──frame──▶ Frame ──message──▶ Message (an event: event)
//! Request ──request──▶ bytes for the switch
//!
//! The other end of the wire, for a simulated FreeSWITCH and for tests:
//! bytes from a client ──server──▶ RawRequest        server, event_writer ──▶ bytes for a client
//! ```
//!
//! Decode what the switch sends with [`MessageDecoder`]; encode what you send with [`Request::encode`]:
//!
//! ```
//! use hotlined_esl::{Message, MessageDecoder, Request};
//! use hotlined_esl::vocabulary::Secret;
//!
//! let mut decoder = MessageDecoder::default();
//! decoder.push(b"Content-Type: auth/request\n\n");
//! assert_eq!(decoder.next(), Ok(Some(Message::AuthRequest)));
//!
//! let mut bytes = bytes::BytesMut::new();
//! Request::Auth { password: Secret::new("ClueCon").unwrap() }.encode(&mut bytes);
//! assert_eq!(bytes, "auth ClueCon\n\n");
//! ```
//!
//! Two complete programs are in `examples/`: `decode_capture` and `subscribe`.
//!
//! # Modules
//!
//! - [`message`]: what the switch sends, and the [`MessageDecoder`], which most users want.
//! - [`event`]: one event and its headers.
//! - [`frame`]: where a message starts and ends, and the limits of the wire.
//! - [`request`], [`argument`], [`vocabulary`]: what a client sends. A request cannot contain an injection.
//! - [`server`], [`event_writer`]: the switch's end of the wire.
//! - `codec` (with the cargo feature `codec`): a decoder and an encoder for tokio's framed sockets.
//!
//! Private: `plain` and `json` find the headers of an event, `index` remembers where the headers are, `escape` decodes
//! their values.
//!
//! Not here, on purpose: a connection that is re-established, and what to do about an event. XML events cannot be
//! requested, and are an error when they come.
//!
//! # What clients get wrong
//!
//! Comments and tests refer to these hazards by their number. `MES:n` is a line of `mod_event_socket.c`, `SE:n` a line
//! of `switch_event.c`, both of FreeSWITCH 1.10.12.
//!
//! 1. In a plain event, FreeSWITCH does not escape a value that already looks escaped: a literal `%23` arrives as `#`
//!    (switch_utils.c:3499). JSON keeps it.
//! 2. A plain event cuts long arrays (SE:1559). JSON does not.
//! 3. JSON events contain raw bytes that are no UTF-8, such as a caller's name in GBK. Here all values are bytes.
//! 4. A header may come twice: `Hangup-Cause` does in every `CHANNEL_HANGUP_COMPLETE`. All are kept;
//!    [`EslEvent::get`] gives the first.
//! 5. An array of one item is an array in JSON and a bare value in plain. A value that starts with `ARRAY::` becomes an
//!    array.
//! 6. In a subscription, all words behind `CUSTOM` are subclasses. An unknown event name is answered `+OK` and the
//!    event is never sent. A forbidden name is answered `-ERR`, and the events named before it are sent all the same.
//! 7. Filters: an event passes if one filter matches; a negative filter wins; an event without the header does not
//!    pass.
//! 8. `myevents` ties the whole connection to one channel, or to none. There is no such request here.
//! 9. The answer to `getvar` and the heads of log lines may break the framing. `getvar` cannot be requested here;
//!    broken framing is an error.
//! 10. A request head that mentions both `unload` or `reload` and `mod_event_socket` closes the event socket down.
//! 11. Under load, events may overtake each other. Nothing here depends on their order.
//! 12. `DETECTED_TONE` comes twice, once without `Unique-ID`.
//! 13. FreeSWITCH expands arguments: `${system(…)}` in a caller's name would run. See [`argument`].
//! 14. An unknown dialplan application hangs up the channel. See [`vocabulary::App`].

pub mod argument;
#[cfg(feature = "codec")]
pub mod codec;
mod error;
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

pub use event::EslEvent;
pub use message::{Message, MessageDecoder};
pub use request::Request;

/// Compiles and runs the example of the readme.
#[cfg(doctest)]
#[doc = include_str!("README.md")]
struct ReadmeExample;
