//! A simulated FreeSWITCH with callers and agents, for tests, load and the demonstration.
//!
//! ```text
//!   callers, telephones (data) ──▶ ┌ SwitchModel ┐ ◀── requests ── SimulatedSwitch ◀── event socket ◀── daemon
//!   timeline, statistics ◀──────── └─────────────┘ ─── events ───▶ SimulatedSwitch ──▶ event socket ──▶ daemon
//! ```
//!
//! - [`model`] is the switch itself, pure: channels, applications, dialplan, `originate`, `uuid_bridge`, people.
//! - [`switch`] serves a model on FreeSWITCH's event socket over real TCP, in real time or faster.
//! - [`gateway`] is a fake SMS gateway.
//! - [`dry_run`] is a second, simpler simulation: the daemon's engine handles calls in this process, without any event
//!   socket.
//!
//! The model behaves as FreeSWITCH 1.10.12 was seen to behave; `tests/product/exchange_truth.rs` compares it with recordings
//! of a real one.
//!
//! Absent: sound, SIP, XML events, outbound sockets, the `bridge` application and dial strings of more than one
//! number, `${...}` in arguments, permissions of users.
//!
//! # Example
//!
//! A caller dials, the switch rings one agent, and the two are bridged. No network and no real time are involved:
//!
//! ```
//! use hotlined_core::time::{Instant, Millis};
//! use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone};
//! use hotlined_sim::dialplan::Dialplan;
//! use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel};
//!
//! let phone = Phone::Answers { after: Millis(2_000), then: AfterAnswer::TalksFor(Millis(30_000)) };
//! let config = ModelConfig {
//!     // Parks the caller; after 10 s without a daemon the fallback serves the caller.
//!     dialplan: Dialplan::parking(10, "/sorry.wav"),
//!     phones: [("86001".to_owned(), vec![phone])].into(),
//!     ..ModelConfig::default()
//! };
//! let start = Instant(1_800_000_000_000);
//! let mut switch = SwitchModel::new(config, start);
//!
//! let caller_leg = switch.new_leg_uuid();
//! let caller = Caller {
//!     number: "13800138000".into(),
//!     dialled: "4008001234".into(),
//!     leg: caller_leg.parse().ok(),
//!     hangs_up: HangsUp::AfterBridge(Millis(5_000)),
//!     ..Caller::default()
//! };
//! switch.handle(start, SwitchInput::Dial(caller));
//!
//! // What a controller would send over the event socket: the caller's leg is named in a variable of the agent's leg.
//! let bgapi = |command: &str, argument: String| SwitchInput::BgApi { job: None, command: command.into(), argument };
//! let agent_leg = "a0000000-0000-4000-8000-000000000001";
//! let originate = format!("{{origination_uuid={agent_leg},for={caller_leg}}}sofia/gateway/carrier/86001 &park()");
//! switch.handle(start + Millis(100), bgapi("originate", originate));
//! switch.handle(start + Millis(3_000), bgapi("uuid_bridge", format!("{caller_leg} {agent_leg}")));
//!
//! switch.handle(start + Millis(60_000), SwitchInput::Due);
//! let report = switch.call_report(&caller_leg).expect("the caller has called");
//! assert_eq!(report.bridged_with, ["86001"]);
//! assert_eq!(report.cause.as_deref(), Some("NORMAL_CLEARING"));
//! assert_eq!(switch.channel_count(), 0);
//! ```

pub mod actors;
mod api;
mod app_run;
mod apps;
mod bridge;
mod channel;
mod channel_headers;
mod channel_list;
pub mod dialplan;
mod digits;
pub mod dry_run;
mod ending;
mod events;
pub mod gateway;
mod inbound;
pub mod invariants;
mod keys;
pub mod model;
mod originate;
pub mod requests;
pub mod rng;
pub mod stats;
pub mod switch;
pub mod switch_event;
mod unwind;

pub use channel::Uuid;
