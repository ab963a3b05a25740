//! `hotlined` decides what happens to the calls of Chinese 400 hotlines, beside a running telephone exchange.
//!
//! ```text
//! wire ──decode──▶ Event ──▶ Switchboard::handle(now, event) ──▶ [Command] ──encode──▶ wire
//! ```
//!
//! Rooms, from the top of the house down; a room imports only from below itself, and `tests/house.rs` keeps
//! it that way.
pub mod call;
pub mod command;
pub mod event;
pub mod hotline;
pub mod id;
pub mod prompt;
pub mod sim;
pub mod switch;
pub mod time;
pub mod cli {
    //! The command line.
    /// Runs it.
    pub fn run() -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }
}
