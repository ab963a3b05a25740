//! The queue of messages: which message goes out when, and through which gateway.
//!
//! A message changes its state, the state is saved, and only then a request goes to a gateway. So a daemon that finds
//! a request under way in what a former daemon left knows that the gateway may have taken the message: the message is
//! unknown, and no daemon sends it again by itself.

use super::counts::{Allowance, SendCounts};
use super::entry::{MessageState, QueuedMessage, SendRequest};
use super::gateway::{GatewayLimits, GatewayState};
use super::limits::{
    ATTEMPTS_MAX, HELD_PAUSE, HOUR_SPAN, MESSAGES_MAX, PER_TURN_MAX, SEND_TIME_MAX, SENT_KEPT_MAX,
};
use super::receipts::EarlyReceipts;
use super::store::{MessageStore, wakes};
use super::totals::{DropReason, Fate};
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::call_event::{CallEvent, CallEventKind, MessageResult};
use hotlined_core::id::SwitchId;
use hotlined_core::message::QuietThen;
use hotlined_core::time::{Instant, Millis, with_clock_lead};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All messages that are not done.
#[derive(Debug, Default)]
pub struct MessageQueue {
    pub(super) gateways: BTreeMap<Arc<str>, GatewayState>,
    /// The names of the gateways, in the order of the settings.
    order: Vec<Arc<str>>,
    pub(super) store: MessageStore,
    pub(super) early_receipts: EarlyReceipts,
    /// The messages whose state is to be saved before their request may go out.
    unsaved: BTreeSet<DeliveryId>,
    /// The switches that go to another daemon as soon as the answers of their messages are there.
    held: BTreeSet<SwitchId>,
    /// The latest time that an input told.
    pub(super) now: Instant,
    counts: SendCounts,
    /// When old counts were forgotten last.
    counts_forgotten: Instant,
    /// Whether events are published.
    publishes: bool,
    events: Vec<CallEvent>,
}

/// Where a message can go now.
enum Choice {
    /// To this gateway.
    Send(Arc<str>),
    /// To this gateway, when it has room.
    WaitForRoom(Arc<str>),
    /// To none before this time.
    Pause(Instant),
    /// To none: the settings have no such gateway.
    NoGateway,
}

impl MessageQueue {
    /// An empty queue. `publishes` says whether events of messages are published.
    pub fn new(gateways: Vec<GatewayLimits>, publishes: bool) -> Self {
        let order = gateways.iter().map(|gateway| gateway.name.clone()).collect();
        let gateways = gateways.into_iter().map(|limits| (limits.name.clone(), GatewayState::new(limits)));
        Self { gateways: gateways.collect(), order, publishes, ..Self::default() }
    }

    /// Takes in a message that a former daemon left.
    pub fn take_over(&mut self, now: Instant, delivery: &Delivery) {
        self.now = now;
        let Some(mut entry) = read_by_our_clock(now, delivery) else { return };
        if let MessageState::Sending { gateway, since } = &entry.state {
            // The answer is lost with the daemon that waited for it.
            entry.state = MessageState::Unknown { gateway: gateway.clone(), since: *since };
            entry.reason = "the daemon ended before the answer came".to_owned();
            self.store.mark_changed(&delivery.id);
            Fate::Unknown.count();
        }
        if entry.counted {
            self.counts.add(entry.message.decided, &entry.message);
        }
        self.store.insert(delivery.id.clone(), entry);
    }

    /// This version of a message is saved. Returns the request that may go out now.
    pub fn on_saved(&mut self, delivery: &Delivery) -> Option<SendRequest> {
        let Some(entry) = self.store.get(&delivery.id) else {
            let entry = read(delivery)?;
            let is_new = entry.state == MessageState::Waiting && entry.attempts == 0 && !entry.counted;
            if is_new && !entry.ordered {
                self.add(delivery.id.clone(), entry);
            }
            return None;
        };
        let MessageState::Sending { gateway, since } = &entry.state else { return None };
        let saved = read(delivery)?;
        if saved.attempts != entry.attempts || saved.state != entry.state {
            return None;
        }
        let (gateway, since) = (gateway.clone(), *since);
        // A version that is reported as saved twice gives out one request.
        if !self.unsaved.remove(&delivery.id) {
            return None;
        }
        if self.now.since(since) >= SEND_TIME_MAX {
            self.decide_again(&delivery.id, &gateway);
            return None;
        }
        Some(SendRequest {
            id: delivery.id.clone(),
            attempt: entry.attempts,
            our_id: QueuedMessage::our_id(&delivery.id, entry.attempts),
            gateway,
            message: entry.message.clone(),
        })
    }

    /// It took long to save that the request goes out: the message may be worth nothing by now, or there are quiet
    /// hours.
    fn decide_again(&mut self, id: &DeliveryId, gateway: &Arc<str>) {
        if let Some(gateway) = self.gateways.get_mut(gateway) {
            gateway.end();
        }
        let Some(mut entry) = self.store.take(id) else { return };
        entry.attempts -= 1;
        (entry.state, entry.not_before) = (MessageState::Waiting, self.now);
        self.store.put_back(id, entry);
    }

    /// A message that a call just caused is saved.
    fn add(&mut self, id: DeliveryId, entry: QueuedMessage) {
        Fate::Due.count();
        let is_full = self.store.len() >= MESSAGES_MAX;
        self.store.insert(id.clone(), entry);
        if is_full {
            self.drop_message(&id, DropReason::Full);
        }
    }

    /// Does what is due: gives messages to gateways that have room, and forgets what is over.
    pub fn run_due(&mut self, now: Instant) {
        self.now = now;
        for id in self.take_ready(now) {
            self.advance(now, &id);
        }
        for _ in 0..PER_TURN_MAX {
            let Some(id) = self.store.pop_due(now) else { break };
            self.advance(now, &id);
        }
        if now.since(self.counts_forgotten) > HOUR_SPAN {
            self.counts_forgotten = now;
            self.counts.forget_old(now);
        }
        while let Some(id) = self.store.sent_beyond(SENT_KEPT_MAX) {
            self.store.remove(&id);
        }
        self.early_receipts.forget_old(now);
    }

    /// When to call [`run_due`](Self::run_due).
    pub fn deadline(&self) -> Option<Instant> {
        let rooms = self.gateways.values().filter_map(GatewayState::room_at);
        rooms.chain(self.store.next_due()).min()
    }

    /// The messages that waited for a place at a gateway that has room now, or takes nothing for a while.
    fn take_ready(&mut self, now: Instant) -> Vec<DeliveryId> {
        let mut ready = Vec::new();
        for gateway in self.gateways.values_mut() {
            if gateway.paused_until(now).is_some() {
                ready.extend(gateway.ready.drain(..));
            } else if gateway.has_room(now) {
                ready.extend(gateway.ready.pop_front());
            }
        }
        ready
    }

    /// Does the next step of a message whose time has come.
    fn advance(&mut self, now: Instant, id: &DeliveryId) {
        let Some(entry) = self.store.get(id) else { return };
        // A message that had to wait may have a time of its former state left.
        if entry.state != MessageState::Waiting && wakes(entry) > now {
            return;
        }
        match &entry.state {
            MessageState::Waiting => self.try_send(now, id),
            MessageState::Gathered => self.send_digest(now, id),
            // No request went out yet.
            MessageState::Sending { .. } if self.unsaved.contains(id) => {
                self.store.wait_until(id, now + SEND_TIME_MAX);
            }
            MessageState::Sending { gateway, since } => {
                let (gateway, since) = (gateway.clone(), *since);
                if let Some(gateway) = self.gateways.get_mut(&gateway) {
                    gateway.end();
                }
                self.set_unknown(id, gateway, since, "no answer in time".to_owned());
            }
            MessageState::Unknown { .. } => {
                self.publish(now, id, "unknown", 0, false);
                self.store.remove(id);
            }
            MessageState::Sent { .. } | MessageState::Dead { .. } => self.store.remove(id),
        }
    }

    /// Sends a message, or finds out why not now.
    fn try_send(&mut self, now: Instant, id: &DeliveryId) {
        let Some(entry) = self.store.get(id) else { return };
        if self.held.contains(&entry.message.switch) {
            self.store.wait_until(id, now + HELD_PAUSE);
            return;
        }
        if !entry.ordered {
            if let Some(quiet) = &entry.message.quiet
                && let Some(end) = quiet.end_of(now)
            {
                match quiet.then {
                    QuietThen::Drop => self.drop_message(id, DropReason::Quiet),
                    QuietThen::Later => self.store.wait_until(id, end),
                }
                return;
            }
            if entry.expires() < now {
                self.drop_message(id, DropReason::Expired);
                return;
            }
        }
        if !entry.counted {
            match self.counts.allowance(now, &entry.message, false) {
                Allowance::Send => {}
                Allowance::Gather => return self.gather(now, id),
                Allowance::Drop => return self.drop_message(id, DropReason::Limit),
            }
        }
        match self.choose(now, id) {
            Choice::Send(gateway) => self.begin(now, id, gateway),
            Choice::WaitForRoom(gateway) => {
                if let Some(gateway) = self.gateways.get_mut(&gateway) {
                    gateway.ready.push_back(id.clone());
                }
            }
            Choice::Pause(until) => self.store.wait_until(id, until),
            Choice::NoGateway => self.set_dead(now, id, "the settings have no gateway for it".to_owned()),
        }
    }

    /// The first gateway of the message that did not refuse it and takes messages now.
    fn choose(&self, now: Instant, id: &DeliveryId) -> Choice {
        let Some(entry) = self.store.get(id) else { return Choice::NoGateway };
        let mut pause: Option<Instant> = None;
        for name in self.gateways_of(entry) {
            let Some(gateway) = self.gateways.get(name) else { continue };
            if entry.refused_by.contains(name) {
                continue;
            }
            match gateway.paused_until(now) {
                Some(until) => pause = Some(pause.map_or(until, |earlier| earlier.min(until))),
                None if gateway.has_room(now) => return Choice::Send(name.clone()),
                None => return Choice::WaitForRoom(name.clone()),
            }
        }
        pause.map_or(Choice::NoGateway, Choice::Pause)
    }

    /// The gateways of a message that the settings have, in the order in which they are tried.
    pub(super) fn gateways_of<'a>(&'a self, entry: &'a QueuedMessage) -> impl Iterator<Item = &'a Arc<str>> {
        let wanted = &entry.message.gateways;
        let names = if wanted.is_empty() { &self.order } else { wanted };
        names.iter().filter(|name| self.gateways.contains_key(*name))
    }

    fn begin(&mut self, now: Instant, id: &DeliveryId, gateway: Arc<str>) {
        let Some(mut entry) = self.store.take(id) else { return };
        if let Some(state) = self.gateways.get_mut(&gateway) {
            state.begin(now);
        }
        if !std::mem::replace(&mut entry.counted, true) {
            self.counts.add(now, &entry.message);
        }
        entry.attempts += 1;
        entry.state = MessageState::Sending { gateway, since: now };
        self.unsaved.insert(id.clone());
        self.store.put_back(id, entry);
    }

    /// Puts a message together with others of its template and number.
    fn gather(&mut self, now: Instant, id: &DeliveryId) {
        let Some(mut entry) = self.store.take(id) else { return };
        let others = self.store.gathered_with(&entry);
        let first =
            others.iter().filter_map(|other| self.store.get(other)).map(|other| other.not_before).min();
        let every = entry.message.digest.as_ref().map(|digest| digest.every).unwrap_or_default();
        entry.not_before = first.unwrap_or(now + every);
        entry.state = MessageState::Gathered;
        self.store.put_back(id, entry);
    }

    /// Whether a digest may go out at all.
    pub(super) fn may_send_digest(&mut self, now: Instant, entry: &QueuedMessage) -> bool {
        self.counts.allowance(now, &entry.message, true) != Allowance::Drop
    }

    /// The gateway refused for now: another gateway is tried, or after a pause all of them again.
    pub(super) fn retry(&mut self, now: Instant, id: &DeliveryId, pause: Instant, reason: String) {
        let Some(mut entry) = self.store.take(id) else { return };
        entry.reason = reason;
        if let Some(gateway) = entry.state.gateway().cloned() {
            entry.refused_by.push(gateway);
        }
        let is_out_of_attempts = entry.attempts >= ATTEMPTS_MAX;
        entry.state = MessageState::Waiting;
        entry.not_before = now;
        let has_other = self.gateways_of(&entry).any(|name| !entry.refused_by.contains(name));
        if !has_other {
            entry.refused_by.clear();
            entry.not_before = pause;
        }
        let reason = entry.reason.clone();
        self.store.put_back(id, entry);
        if is_out_of_attempts {
            self.set_dead(now, id, reason);
        }
    }

    pub(super) fn set_sent(
        &mut self,
        now: Instant,
        id: &DeliveryId,
        gateway: Arc<str>,
        gateway_id: Option<String>,
    ) {
        self.publish(now, id, "sent", 0, true);
        let Some(mut entry) = self.store.take(id) else { return };
        Fate::Sent.count();
        entry.state = MessageState::Sent { gateway, id: gateway_id, at: now, delivered: false };
        entry.forget_content();
        self.store.put_back(id, entry);
    }

    pub(super) fn set_unknown(&mut self, id: &DeliveryId, gateway: Arc<str>, since: Instant, reason: String) {
        let Some(mut entry) = self.store.take(id) else { return };
        Fate::Unknown.count();
        tracing::warn!(id = id.masked(), %gateway, reason, "nobody knows whether the gateway took the message: it is not sent again");
        entry.state = MessageState::Unknown { gateway, since };
        entry.reason = reason;
        self.store.put_back(id, entry);
    }

    pub(super) fn set_dead(&mut self, now: Instant, id: &DeliveryId, reason: String) {
        let Some(mut entry) = self.store.take(id) else { return };
        Fate::Dead.count();
        let gateway = entry.state.gateway().or(entry.refused_by.last()).cloned().unwrap_or_default();
        tracing::warn!(id = id.masked(), %gateway, reason, "the message is dead");
        let after_sent = matches!(entry.state, MessageState::Sent { .. });
        entry.state = MessageState::Dead { gateway, at: now };
        entry.reason = reason;
        self.store.put_back(id, entry);
        self.publish(now, id, "dead", u32::from(after_sent), false);
    }

    pub(super) fn drop_message(&mut self, id: &DeliveryId, reason: DropReason) {
        Fate::Dropped(reason).count();
        tracing::debug!(id = id.masked(), reason = reason.as_str(), "the message is dropped");
        self.publish(self.now, id, "dropped", 0, false);
        self.store.remove(id);
    }

    /// Publishes what became of a message. `later` is 1 for a second event of the same message.
    pub(super) fn publish(&mut self, now: Instant, id: &DeliveryId, state: &str, later: u32, is_sent: bool) {
        let Some(entry) = self.store.get(id).filter(|_| self.publishes) else { return };
        let message = &entry.message;
        let caller =
            message.values.get("caller").filter(|caller| caller.bytes().all(|byte| byte.is_ascii_digit()));
        let result = MessageResult {
            template: message.template.clone(),
            to: message.to.clone(),
            gateway: entry.state.gateway().cloned().unwrap_or_default(),
            state: state.into(),
            reason: entry.reason.clone(),
        };
        self.events.push(CallEvent {
            call: message.call.clone(),
            switch: message.switch.clone(),
            hotline: message.hotline.clone(),
            sequence: message.sequence + later,
            at: now,
            caller: caller.cloned().unwrap_or_default(),
            agent: None,
            kind: if is_sent {
                CallEventKind::MessageSent(result)
            } else {
                CallEventKind::MessageFailed(result)
            },
        });
    }

    /// Whether something has to be saved.
    pub fn has_changes(&self) -> bool {
        self.store.has_changes() || !self.events.is_empty()
    }

    /// Takes out the changed messages, to be saved with their switch.
    pub fn take_changed(&mut self) -> Vec<(SwitchId, Delivery)> {
        self.store.take_changed()
    }

    /// Takes out the messages that are done and need not be saved any more.
    pub fn take_done(&mut self) -> Vec<DeliveryId> {
        self.store.take_done()
    }

    /// All messages, to save everything anew.
    pub fn all(&self) -> impl Iterator<Item = Delivery> {
        self.store.all()
    }

    /// Takes out the events about messages.
    pub fn take_events(&mut self) -> Vec<CallEvent> {
        std::mem::take(&mut self.events)
    }

    /// This daemon is about to leave a switch to another daemon: no request for its messages begins until it has left
    /// the switch, or [goes on](Self::go_on).
    pub fn hold(&mut self, switch: &SwitchId) {
        self.held.insert(switch.clone());
    }

    /// The switch is not left after all.
    pub fn go_on(&mut self, switch: &SwitchId) {
        self.held.remove(switch);
    }

    /// Whether the answer of a gateway for a message of this switch is still to come.
    pub fn is_sending(&self, switch: &SwitchId) -> bool {
        let is_under_way = |entry: &QueuedMessage| {
            entry.message.switch == *switch && matches!(entry.state, MessageState::Sending { .. })
        };
        self.in_flight() > 0 && self.store.iter().any(|(_, entry)| is_under_way(entry))
    }

    /// Another daemon is the active one of this switch: its messages are that daemon's.
    pub fn leave_switch(&mut self, switch: &SwitchId) {
        self.held.remove(switch);
        let of_switch = self.store.iter().filter(|(_, entry)| entry.message.switch == *switch);
        for id in of_switch.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.unsaved.remove(&id);
            if let Some(entry) = self.store.leave(&id)
                && let MessageState::Sending { gateway, .. } = &entry.state
                && let Some(gateway) = self.gateways.get_mut(gateway)
            {
                gateway.end();
            }
        }
        // If the switch comes back, its messages count again.
        self.counts = SendCounts::default();
        for (_, entry) in self.store.iter().filter(|(_, entry)| entry.counted) {
            self.counts.add(entry.message.decided, &entry.message);
        }
    }

    /// The state of each message.
    pub fn states(&self) -> impl Iterator<Item = (&DeliveryId, &'static str)> {
        self.store.iter().map(|(id, entry)| (id, entry.state.name()))
    }

    /// How many requests are under way.
    pub fn in_flight(&self) -> usize {
        self.gateways.values().map(GatewayState::in_flight).sum()
    }
}

/// A message of a daemon whose clock was ahead: its times are set back.
fn read_by_our_clock(now: Instant, delivery: &Delivery) -> Option<QueuedMessage> {
    let entry = read(delivery)?;
    let ahead = entry.last_change().since(now);
    if ahead == Millis(0) { Some(entry) } else { with_clock_lead(ahead, || read(delivery)) }
}

fn read(delivery: &Delivery) -> Option<QueuedMessage> {
    let read = serde_json::from_str(&delivery.payload);
    read.inspect_err(
        |error| tracing::error!(id = delivery.id.masked(), %error, "a saved message cannot be read"),
    )
    .ok()
}
