//! `hotlined` decides what happens to the calls of Chinese 400 hotlines, beside a running FreeSWITCH.
//!
//! ```text
//! bytes ─▶ link ─▶ Event ─▶ Switchboard::handle(now, event) ─▶ [Command] ─▶ link ─▶ bytes
//!          └────────── Instance: handle(now, Input) ─▶ next_output(), deadline() ─────────┘
//!               driven by this crate with sockets and files, and by the simulator
//! ```
//!
//! This crate is the daemon and its command line. Four modules are for tests and tools of your own:
//!
//! - [`esl`]: the event socket of FreeSWITCH, bytes to messages and back.
//! - [`engine`]: the decisions, events to commands.
//! - [`replay`]: a recording passes through the decoder and the engine again.
//! - [`sim`]: a simulated FreeSWITCH to test against.
//!
//! # `esl`: decode what FreeSWITCH sends
//!
//! ```
//! use hotlined::esl::message::{Message, MessageDecoder};
//!
//! let mut decoder = MessageDecoder::default();
//! decoder.push(b"Content-Type: auth/request\n\n");
//! assert!(matches!(decoder.next()?, Some(Message::AuthRequest)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # `engine`: decide what happens to a call
//!
//! ```
//! use hotlined::engine::Engine;
//! use hotlined_config::shorthand::SimpleHotline;
//! use hotlined_core::call::Limits;
//! use hotlined_core::event::{Arrival, Event};
//! use hotlined_core::hotline::{Agent, Dial, Hotlines};
//! use hotlined_core::id::SwitchId;
//! use hotlined_core::time::Instant;
//! use std::sync::Arc;
//!
//! // A hotline with one agent; a caller dials it.
//! let agent = Agent::new("01", Dial::Phone("13900000001".into()));
//! let mut hotlines = Hotlines::default();
//! hotlines.insert(Arc::new(SimpleHotline::default().hotline("4008001234", "Example", vec![agent])));
//! let arrival = Arrival {
//!     switch: SwitchId("fs1".into()),
//!     leg: "2b6f5a0e-0a36-4b3c-9d39-43ac0d2a5d57".parse()?,
//!     dialled: "4008001234".into(),
//!     caller: "13800138000".into(),
//!     seed: 1,
//!     answered: false,
//! };
//! let mut engine = Engine::new(Limits::default());
//! let mut commands = Vec::new();
//! for event in [Event::Hotlines(Arc::new(hotlines)), Event::Arrived(arrival)] {
//!     engine.run_turn(Instant(1_800_000_000_000), &event, &mut commands, &mut |_| {});
//! }
//! assert_eq!(engine.switchboard.live_count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # `replay`: the same decisions again, from a recording
//!
//! ```
//! use hotlined::replay::{RecordingKind, detect_kind};
//!
//! // A journal, a capture, raw bytes or JSON events: `replay` detects the kind by the first line.
//! let capture = br#"{"t":0.1,"dir":"rx","data":"Content-Type: auth/request\n\n"}"#;
//! assert_eq!(detect_kind(capture), RecordingKind::Capture);
//! ```
//!
//! The module [`replay`] shows a whole replay.
//!
//! # `sim`: a FreeSWITCH to test against
//!
//! ```
//! use hotlined::sim::switch::{SimulatedSwitch, SwitchOptions};
//! use tokio::io::AsyncReadExt;
//! use tokio::net::TcpStream;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let switch = SimulatedSwitch::start(SwitchOptions::default()).await?;
//! let mut socket = TcpStream::connect(switch.address()).await?;
//! let mut greeting = [0; 28];
//! socket.read_exact(&mut greeting).await?;
//! assert_eq!(&greeting, b"Content-Type: auth/request\n\n");
//! # Ok(())
//! # }
//! ```

pub mod api;
pub mod capture;
pub mod cli;
pub mod daemon;
pub mod hooks;
pub mod http;
pub mod journal;
pub mod jsonl_writer;
pub mod metrics_registry;
pub mod redis;
pub mod replay;
pub mod sms;
pub mod snapshot_file;

pub use hotlined_core::engine;
pub use hotlined_esl as esl;
pub use hotlined_sim as sim;
