//! The simulated exchange and the daemon of the demo, connected over a real socket.

use super::fake_sms::{self, FakeSms};
use crate::daemon::heartbeat::Heartbeat;
use crate::daemon::{ControlRequest, DaemonParts, RunningDaemon};
use crate::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use anyhow::Context;
use hotlined_core::call::Limits;
use hotlined_core::command::Command;
use hotlined_core::engine::{Observer, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::hotline::{Hotline, Hotlines};
use hotlined_core::id::SwitchId;
use hotlined_core::message::Message;
use hotlined_core::prompt::SoundPath;
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::link;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use hotlined_instance::switch::freeswitch::session::Credentials;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the link to the simulated exchange may take to connect.
const LINK_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the last calls may take to end after the last caller has called.
pub(super) const QUIET_TIME_MAX: Duration = Duration::from_secs(180);

/// The simulated exchange and the daemon that is connected to it.
pub(super) struct DemoSetup {
    pub(super) exchange: SimulatedSwitch,
    daemon: RunningDaemon,
    file: JsonlWriter,
    /// Every call record, as soon as the engine writes it.
    pub(super) records: mpsc::UnboundedReceiver<CallRecord>,
    /// Every message that a call causes.
    messages: mpsc::UnboundedReceiver<Message>,
    pub(super) sms: FakeSms,
}

impl DemoSetup {
    /// Starts the exchange and the daemon, and waits until the daemon is connected.
    pub(super) async fn build(seed: u64, hotlines: Vec<Hotline>, records: &Path) -> anyhow::Result<Self> {
        let rules = Arc::new(fake_sms::rules()?);
        let mut with_messages = Hotlines::default();
        for hotline in hotlines {
            with_messages.insert(Arc::new(Hotline { sms: Some(rules.clone()), ..hotline }));
        }
        let mut options = SwitchOptions::default();
        options.model.seed = seed;
        let exchange = SimulatedSwitch::start(options).await.context("the simulated exchange")?;
        let file = JsonlWriter::create(records, SlowDiskPolicy::Wait)?;
        let (record, records) = mpsc::unbounded_channel();
        let (message, messages) = mpsc::unbounded_channel();
        let (up, mut is_up) = mpsc::unbounded_channel();
        let observer: Observer = Box::new(move |_, entry| match entry {
            // Sending fails only after the demo has ended.
            TraceEntry::Out(Command::Record(written)) => drop(record.send((**written).clone())),
            TraceEntry::Out(Command::Message(due)) => drop(message.send((**due).clone())),
            TraceEntry::In(Event::LinkRestored { .. }) => drop(up.send(())),
            TraceEntry::In(_) | TraceEntry::Out(_) | TraceEntry::Added(_) => {}
        });
        let (sms, sms_parts) = FakeSms::start(seed).await?;
        let parts = DaemonParts {
            limits: Limits::default(),
            drain_max: Millis(0),
            initial_events: vec![Event::Hotlines(Arc::new(with_messages))],
            links: vec![link_settings(&exchange)?],
            records: file.clone(),
            capture: None,
            observers: vec![observer],
            snapshot: None,
            redis: None,
            claim: None,
            sms: sms_parts,
            hooks: None,
            heartbeat: Heartbeat::default(),
        };
        let daemon = parts.start()?;
        tokio::time::timeout(LINK_TIME_MAX, is_up.recv()).await.context("the link did not come up")?;
        Ok(Self { exchange, daemon, file, records, messages, sms })
    }

    /// The messages that the calls have caused since the last time.
    pub(super) fn messages_due(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.messages.try_recv().ok()).collect()
    }

    /// Stops the daemon and waits until every call record is in its file.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.daemon.control().send(ControlRequest::Stop).await?;
        self.daemon.finished().await?;
        self.file.close();
        Ok(())
    }
}

fn link_settings(exchange: &SimulatedSwitch) -> anyhow::Result<LinkSettings> {
    let address = exchange.address();
    let options = SwitchOptions::default();
    Ok(LinkSettings {
        switch: SwitchId("demo".into()),
        host: address.ip().to_string(),
        port: address.port(),
        credentials: Credentials { user: None, password: Secret::new(&options.password)? },
        dialplan: DialplanConfig {
            trunk: "sofia/gateway/carrier/{number}".parse()?,
            fallback: Fallback {
                extension: Endpoint::new(hotlined_sim::dialplan::FALLBACK)?,
                dialplan: Endpoint::new("XML")?,
                context: Endpoint::new("public")?,
            },
            recordings: SoundPath::new("/var/lib/freeswitch/recordings")?,
        },
        format: Format::Plain,
        setup_time_max: LINK_TIME_MAX,
        liveness: LivenessTimeouts::default(),
        reconnect_wait_min: Duration::from_millis(100),
        reconnect_wait_max: Duration::from_secs(5),
        limits: link::LinkLimits::default(),
    })
}
