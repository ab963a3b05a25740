//! The link settings of a daemon, and the daemon's end of a connection: the bytes to write, and until when the daemon
//! may write them.

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

/// How long a connection attempt may take (`switch.connect_timeout_s`).
const SETUP_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a daemon waits before it reconnects. This is shorter than the default setting, so that a daemon is soon
/// linked again after a cut.
const RECONNECT_WAIT_MIN: Duration = Duration::from_millis(250);
pub(super) const RECONNECT_WAIT_MAX: Millis = Millis(500);

/// The only switch.
pub(super) fn switch() -> SwitchId {
    SwitchId("fs1".into())
}

fn dialplan() -> Result<DialplanConfig, String> {
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

/// The settings of a daemon's link to the switch.
pub(super) fn settings(format: Format) -> Result<LinkSettings, String> {
    let password = Secret::new(PASSWORD).map_err(|bad| bad.to_string())?;
    Ok(LinkSettings {
        switch: switch(),
        host: "switch".into(),
        port: 8021,
        credentials: Credentials { user: None, password },
        dialplan: dialplan()?,
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
    /// When the connection attempt succeeds or fails. None if the connection is up.
    pub(super) connects_at: Option<Instant>,
    /// The fencing token of the daemon that writes here.
    pub(super) token: Option<u64>,
    /// Until when the daemon may write.
    permit: WritePermit,
    /// The bytes to write, each piece with the earliest time of its write.
    unwritten: VecDeque<(Instant, Bytes)>,
}

impl DaemonSocket {
    /// A connection whose attempt succeeds or fails at this time.
    pub(super) fn new(connects_at: Instant, token: Option<u64>) -> Self {
        Self {
            connects_at: Some(connects_at),
            token,
            permit: WritePermit::Always,
            unwritten: VecDeque::new(),
        }
    }

    /// Adds bytes after those added before. The new permit holds for all of them.
    pub(super) fn push(&mut self, at: Instant, bytes: Bytes, permit: WritePermit) {
        self.permit = permit;
        if !bytes.is_empty() {
            let newest = self.unwritten.back().map_or(at, |(newest, _)| *newest);
            self.unwritten.push_back((at.max(newest), bytes));
        }
    }

    /// When the next bytes can be written, if the permit still allows it. `daemon_now` is the time of the daemon's
    /// clock.
    pub(super) fn writes_at(&self, daemon_now: Instant) -> Option<Instant> {
        let (at, _) = self.unwritten.front()?;
        self.permit.allows(daemon_now).then_some(*at)
    }

    /// Takes out the bytes that can be written by now, if the permit still allows it.
    pub(super) fn take_writable(&mut self, now: Instant, daemon_now: Instant) -> Vec<u8> {
        let mut written = Vec::new();
        if self.permit.allows(daemon_now) {
            while let Some((_, bytes)) = self.unwritten.pop_front_if(|(at, _)| *at <= now) {
                written.extend_from_slice(&bytes);
            }
        }
        written
    }
}
