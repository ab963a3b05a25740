//! The links of an instance to the switches at which it is active.

use crate::link_outage::LinkOutages;
use crate::switch::freeswitch::link::{
    Link, LinkError, LinkOutput, LinkSettings, SwitchCommand, WritePermit,
};
use crate::switch::lease_token::{Activation, LeaseToken};
use bytes::BytesMut;
use hotlined_core::command::Action;
use hotlined_core::event::Event;
use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::Instant;
use std::collections::BTreeMap;
use std::io;

/// What the driver reports about a link.
#[derive(Debug)]
pub enum LinkInput {
    /// The connection is open. No other connection of any daemon has this number.
    Connected(u64),
    /// The connection could not be opened.
    ConnectFailed(io::Error),
    /// Bytes came from the switch.
    Received(BytesMut),
    /// The connection has ended: the switch closed it, or the socket failed.
    Closed(Option<io::Error>),
}

/// All links of an instance.
#[derive(Debug)]
pub(crate) struct Links {
    settings: BTreeMap<SwitchId, LinkSettings>,
    open: BTreeMap<SwitchId, OpenLink>,
    /// Which links are down, and for how long.
    pub(crate) outages: LinkOutages,
    seed: u64,
}

/// The link to a switch at which the instance is active.
#[derive(Debug)]
struct OpenLink {
    link: Link,
    /// The number of the connection whose list of legs the engine has received last.
    connection: u64,
}

impl Links {
    /// No link is open yet.
    pub(crate) fn new(settings: impl IntoIterator<Item = LinkSettings>, seed: u64) -> Self {
        let known = settings.into_iter().map(|link| (link.switch.clone(), link)).collect();
        Self { settings: known, open: BTreeMap::new(), outages: LinkOutages::default(), seed }
    }

    /// The switches of the settings.
    pub(crate) fn switches(&self) -> impl Iterator<Item = &SwitchId> {
        self.settings.keys()
    }

    /// Opens the link to a switch.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        token: Option<(LeaseToken, Activation)>,
        permit: WritePermit,
    ) {
        let Some(settings) = self.settings.get(switch).cloned() else { return };
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let link = Link::new(now, settings, (token, permit), self.seed | 1);
        self.outages.set_link(now, switch, false);
        self.open.insert(switch.clone(), OpenLink { link, connection: 0 });
    }

    /// Closes a link, because another daemon is active at the switch: nothing more is written to it.
    pub(crate) fn revoke(&mut self, switch: &SwitchId) {
        self.outages.forget(switch);
        if let Some(open) = self.open.get_mut(switch) {
            open.link.revoke();
        }
    }

    /// Ends all links after their requests are written.
    pub(crate) fn log_out(&mut self, now: Instant) {
        self.open.values_mut().for_each(|open| open.link.log_out(now));
    }

    /// Whether there is a link to the switch, up or not.
    pub(crate) fn is_open(&self, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| !open.link.is_ended())
    }

    /// Whether the link is up.
    pub(crate) fn is_up(&self, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| open.link.is_up())
    }

    /// Whether every link has ended.
    pub(crate) fn all_ended(&self) -> bool {
        self.open.values().all(|open| open.link.is_ended())
    }

    /// Whether the daemon may write to the switch now.
    pub(crate) fn may_write(&self, now: Instant, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| open.link.may_write(now))
    }

    /// Processes what the driver reports about a link.
    pub(crate) fn handle(&mut self, now: Instant, switch: &SwitchId, input: LinkInput) {
        let Some(OpenLink { link, .. }) = self.open.get_mut(switch) else { return };
        match input {
            LinkInput::Connected(number) => link.connected(now, number),
            LinkInput::ConnectFailed(error) => link.connect_failed(now, error),
            LinkInput::Received(bytes) => link.received(now, bytes),
            LinkInput::Closed(error) => link.closed(now, error),
        }
    }

    /// Does what is due.
    pub(crate) fn due(&mut self, now: Instant) {
        for OpenLink { link, .. } in self.open.values_mut() {
            if link.deadline(now).is_some_and(|at| at <= now) {
                link.due(now);
            }
        }
    }

    /// When to call [`due`](Self::due).
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        self.open.values().filter_map(|open| open.link.deadline(now)).min()
    }

    /// Sets until when each lease is valid. A link to a switch without a lease is closed.
    pub(crate) fn set_permits(&mut self, permits: &BTreeMap<SwitchId, Instant>) {
        for (switch, OpenLink { link, .. }) in &mut self.open {
            match permits.get(switch) {
                Some(until) => link.set_permit(WritePermit::Until(*until)),
                None => link.revoke(),
            }
        }
    }

    /// The engine has received the list of legs of this connection. Commands are for this connection from now on.
    pub(crate) fn set_up(&mut self, now: Instant, switch: &SwitchId, connection: u64) {
        self.outages.set_link(now, switch, true);
        if let Some(open) = self.open.get_mut(switch) {
            open.connection = connection;
        }
    }

    /// Sends a command to a switch. Returns whether it was sent.
    pub(crate) fn send_command(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        command: CommandId,
        action: Action,
    ) -> bool {
        self.open.get_mut(switch).is_some_and(|OpenLink { link, connection }| {
            link.send_command(now, SwitchCommand { id: command, action, connection: *connection })
        })
    }

    /// How many events wait for the engine.
    pub(crate) fn backlog(&self) -> usize {
        self.open.values().map(|open| open.link.backlog_len()).sum()
    }

    /// The next output for the driver.
    pub(crate) fn next_output(&mut self, now: Instant) -> Option<(SwitchId, LinkOutput)> {
        self.open.iter_mut().find_map(|(switch, open)| Some((switch.clone(), open.link.next_output(now)?)))
    }

    /// The next event for the engine.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.open.values_mut().find_map(|open| open.link.next_event())
    }

    /// A link that has failed for good, with the error.
    pub(crate) fn take_failed(&mut self) -> Option<(SwitchId, LinkError)> {
        self.open.iter_mut().find_map(|(switch, open)| match open.link.take_end()? {
            Ok(()) => None,
            Err(error) => Some((switch.clone(), error)),
        })
    }
}
