//! The links of an instance to the switches that it acts for.

use crate::link_outage::Downs;
use crate::switch::freeswitch::link::{Link, LinkError, LinkOutput, LinkSettings, Order, Permit};
use crate::switch::lease_token::{Claim, Claiming};
use bytes::BytesMut;
use hotlined_core::command::Action;
use hotlined_core::event::Event;
use hotlined_core::id::{CommandId, SwitchId};
use hotlined_core::time::Instant;
use std::collections::BTreeMap;
use std::io;

/// What a driver tells of a link.
#[derive(Debug)]
pub enum LinkInput {
    /// It has connected. No other connection of any daemon has this number.
    Connected(u64),
    /// It could not connect.
    Refused(io::Error),
    /// Bytes came.
    Received(BytesMut),
    /// The connection is gone: closed by the switch, or broken.
    Closed(Option<io::Error>),
}

/// All links.
#[derive(Debug)]
pub(crate) struct Links {
    known: BTreeMap<SwitchId, LinkSettings>,
    open: BTreeMap<SwitchId, Open>,
    /// For how long links are down.
    pub(crate) downs: Downs,
    seed: u64,
}

/// A link to a switch that the instance acts for.
#[derive(Debug)]
struct Open {
    link: Link,
    /// The connection of which the engine heard last that it is up.
    connection: u64,
}

impl Links {
    /// None is open yet.
    pub(crate) fn new(settings: impl IntoIterator<Item = LinkSettings>, seed: u64) -> Self {
        let known = settings.into_iter().map(|link| (link.switch.clone(), link)).collect();
        Self { known, open: BTreeMap::new(), downs: Downs::default(), seed }
    }

    /// The switches it knows how to reach.
    pub(crate) fn switches(&self) -> impl Iterator<Item = &SwitchId> {
        self.known.keys()
    }

    /// Begins to connect to a switch.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        claim: Option<(Claim, Claiming)>,
        permit: Permit,
    ) {
        let Some(settings) = self.known.get(switch).cloned() else { return };
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let link = Link::new(now, settings, (claim, permit), self.seed | 1);
        self.downs.link(now, switch, false);
        self.open.insert(switch.clone(), Open { link, connection: 0 });
    }

    /// Another daemon acts for a switch: not a word more is written to it.
    pub(crate) fn revoke(&mut self, switch: &SwitchId) {
        self.downs.forget(switch);
        if let Some(open) = self.open.get_mut(switch) {
            open.link.revoke();
        }
    }

    /// Nothing more is ordered: each link says goodbye.
    pub(crate) fn leave(&mut self, now: Instant) {
        self.open.values_mut().for_each(|open| open.link.leave(now));
    }

    /// Whether there is a link, up or not.
    pub(crate) fn is_open(&self, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| !open.link.is_ended())
    }

    /// Whether the link is up.
    pub(crate) fn is_up(&self, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| open.link.is_up())
    }

    /// Whether every link has ended.
    pub(crate) fn are_ended(&self) -> bool {
        self.open.values().all(|open| open.link.is_ended())
    }

    /// Whether something may be written to the switch now.
    pub(crate) fn may_write(&self, now: Instant, switch: &SwitchId) -> bool {
        self.open.get(switch).is_some_and(|open| open.link.may_write(now))
    }

    /// A driver tells of a link.
    pub(crate) fn handle(&mut self, now: Instant, switch: &SwitchId, input: LinkInput) {
        let Some(Open { link, .. }) = self.open.get_mut(switch) else { return };
        match input {
            LinkInput::Connected(number) => link.connected(now, number),
            LinkInput::Refused(error) => link.refused(now, error),
            LinkInput::Received(bytes) => link.received(now, bytes),
            LinkInput::Closed(error) => link.closed(now, error),
        }
    }

    /// Does what is due.
    pub(crate) fn due(&mut self, now: Instant) {
        for Open { link, .. } in self.open.values_mut() {
            if link.deadline(now).is_some_and(|at| at <= now) {
                link.due(now);
            }
        }
    }

    /// When [`due`](Self::due) is wanted.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        self.open.values().filter_map(|open| open.link.deadline(now)).min()
    }

    /// The leases are good until then; a switch that is not there is not to be written to.
    pub(crate) fn permit(&mut self, permits: &BTreeMap<SwitchId, Instant>) {
        for (switch, Open { link, .. }) in &mut self.open {
            match permits.get(switch) {
                Some(until) => link.permit(Permit::Until(*until)),
                None => link.revoke(),
            }
        }
    }

    /// This connection is up, as the engine heard. What is ordered from now on is ordered by it.
    pub(crate) fn came_up(&mut self, now: Instant, switch: &SwitchId, connection: u64) {
        self.downs.link(now, switch, true);
        if let Some(open) = self.open.get_mut(switch) {
            open.connection = connection;
        }
    }

    /// Hands an order to the link. Says whether it is carried out.
    pub(crate) fn order(
        &mut self,
        now: Instant,
        switch: &SwitchId,
        command: CommandId,
        action: Action,
    ) -> bool {
        self.open.get_mut(switch).is_some_and(|Open { link, connection }| {
            link.order(now, Order { command, action, connection: *connection })
        })
    }

    /// How many events the engine has not heard.
    pub(crate) fn backlog(&self) -> usize {
        self.open.values().map(|open| open.link.backlog()).sum()
    }

    /// The next thing that the driver has to do.
    pub(crate) fn next_output(&mut self, now: Instant) -> Option<(SwitchId, LinkOutput)> {
        self.open.iter_mut().find_map(|(switch, open)| Some((switch.clone(), open.link.next_output(now)?)))
    }

    /// The next event that the engine has not heard.
    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.open.values_mut().find_map(|open| open.link.next_event())
    }

    /// A link that ended by itself, and why.
    pub(crate) fn take_failed(&mut self) -> Option<(SwitchId, LinkError)> {
        self.open.iter_mut().find_map(|(switch, open)| match open.link.take_end()? {
            Ok(()) => None,
            Err(error) => Some((switch.clone(), error)),
        })
    }
}
