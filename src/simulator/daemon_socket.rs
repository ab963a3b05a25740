//! How a daemon reaches the switch, and its end of a connection: what is to be written, and until when it may be.

use super::connection::PASSWORD;
use bytes::Bytes;
use hotlined_core::hotline::InvalidDial;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::link::{
    Credentials, LinkLimits, LinkSettings, LivenessTimeouts, WritePermit,
};
use hotlined_sim::dialplan::FALLBACK;
use std::collections::VecDeque;
use std::time::Duration;

/// How long a connection may take until it is up (`switch.connect_timeout_s`).
const SETUP_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a daemon waits before it connects anew: less than one that ships, so that it is soon back where a line was
/// cut.
const RECONNECT_WAIT_MIN: Duration = Duration::from_millis(250);
pub(super) const RECONNECT_WAIT_MAX: Millis = Millis(500);

/// The only switch.
pub(super) fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

fn site() -> Result<DialplanConfig, String> {
    let endpoint = |text| Endpoint::new(text).map_err(|bad| bad.to_string());
    Ok(DialplanConfig {
        trunk: "sofia/gateway/carrier/{number}".parse().map_err(|bad: InvalidDial| bad.to_string())?,
        fallback: Fallback {
            extension: endpoint(FALLBACK)?,
            dialplan: endpoint("XML")?,
            context: endpoint("public")?,
        },
        recordings: SoundPath::new("/rec").map_err(|bad| bad.to_string())?,
    })
}

/// How a daemon keeps in touch with the switch.
pub(super) fn settings(format: Format) -> Result<LinkSettings, String> {
    let password = Secret::new(PASSWORD).map_err(|bad| bad.to_string())?;
    Ok(LinkSettings {
        switch: switch(),
        host: "switch".into(),
        port: 8021,
        credentials: Credentials { user: None, password },
        dialplan: site()?,
        format,
        setup_time_max: SETUP_TIME_MAX,
        liveness: LivenessTimeouts::default(),
        reconnect_wait_min: RECONNECT_WAIT_MIN,
        reconnect_wait_max: RECONNECT_WAIT_MAX.into(),
        limits: LinkLimits::default(),
    })
}

/// A daemon's end of a connection.
pub(super) struct DaemonSocket {
    /// When it is known whether the connection is there; none once it is.
    pub(super) connects_at: Option<Instant>,
    /// By what right the daemon acts that writes here.
    pub(super) token: Option<u64>,
    /// Until when something may be written.
    permit: WritePermit,
    /// What is to be written, each piece from a time on.
    unwritten: VecDeque<(Instant, Bytes)>,
}

impl DaemonSocket {
    /// A connection that is made by then.
    pub(super) fn new(connects_at: Instant, token: Option<u64>) -> Self {
        Self {
            connects_at: Some(connects_at),
            token,
            permit: WritePermit::Always,
            unwritten: VecDeque::new(),
        }
    }

    /// This is to be written behind what was given before, and all of that no longer than this permits.
    pub(super) fn put(&mut self, at: Instant, bytes: Bytes, permit: WritePermit) {
        self.permit = permit;
        if !bytes.is_empty() {
            let newest = self.unwritten.back().map_or(at, |(newest, _)| *newest);
            self.unwritten.push_back((at.max(newest), bytes));
        }
    }

    /// When something can be written, where it still may be: `told` is what time it is for the daemon.
    pub(super) fn writes_at(&self, told: Instant) -> Option<Instant> {
        let (at, _) = self.unwritten.front()?;
        self.permit.allows(told).then_some(*at)
    }

    /// Takes out what can be written by now and still may be.
    pub(super) fn written(&mut self, now: Instant, told: Instant) -> Vec<u8> {
        let mut written = Vec::new();
        if self.permit.allows(told) {
            while let Some((_, bytes)) = self.unwritten.pop_front_if(|(at, _)| *at <= now) {
                written.extend_from_slice(&bytes);
            }
        }
        written
    }
}
