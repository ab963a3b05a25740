//! The decision core: all live calls, each in one of its stages.
//!
//! Pure: no clock, no socket, no file, and no randomness but the seed a call arrives with. It learns by
//! [`Event`](crate::event::Event) and acts by [`Command`](crate::command::Command); the same events give the same
//! commands, byte for byte.
//!
//! ```text
//!             ┌────────────────────────── flow ─────────────────────────┐
//! admission ──┤ announce  menu  verify  hunt  queue ◀─▶ call_back       ├──▶ closing ──▶ ending ──▶ record
//!             └─────────────▲───────────┬──────┬────────────────────────┘
//!                           │           ▼      ▼
//!                           │         whisper ──▶ connect ──▶ talk
//!                           └──────── survey, voicemail … ◀────┘
//! ```
//!
//! A stage is a file and imports no other stage. It returns a `Transition`, and `call` enters the stage behind it;
//! where the hotline's flow decides, `walk` follows the flow to the next stage. What must hold in every stage (the
//! caller left, a leg must not outlive its call) is kept by `leg_tracking`. `digit_input`, `ringing`, `candidates` and
//! `ringback` are the parts that several stages share.

mod admission;
mod announce;
mod attempt;
#[allow(clippy::module_inception)]
mod call;
mod call_back;
mod call_state;
mod call_table;
mod candidates;
mod closing;
mod connect;
mod context;
mod digit_input;
mod ending;
mod hunt;
mod leg_tracking;
mod link_recovery;
mod menu;
mod published;
mod publishing;
mod queue;
mod ringback;
mod ringing;
mod seeded_random;
mod snapshot;
mod survey;
mod switchboard;
mod talk;
mod timer;
mod transition;
mod verify;
mod voicemail;
mod walk;
mod whisper;

pub use snapshot::{LoadError, SAVED_FORMAT, SavedCall};
pub use switchboard::{Limits, Switchboard};
