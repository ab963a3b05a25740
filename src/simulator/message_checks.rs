//! Messages between gateways and daemons, and what must hold for messages at the end of a run: each message that is due
//! is told once, or it is known why not.

use super::counts::Counter;
use super::sms::{SmsEvent, message_id};
use super::world::World;
use hotlined_core::message;
use hotlined_core::number::NumberRegions;
use hotlined_instance::Input;
use hotlined_instance::persist::outbox::DeliveryId;
use std::collections::{BTreeMap, BTreeSet};

/// The states in which a message is still to be sent.
const OPEN: [&str; 3] = ["waiting", "gathered", "sending"];
/// The states in which a message is kept.
const KEPT: [&str; 7] = ["waiting", "gathered", "sending", "unknown", "sent", "delivered", "dead"];

/// The state of each message that a daemon has.
pub(super) type MessageStates = BTreeMap<DeliveryId, &'static str>;

impl World<'_> {
    /// An answer or a receipt of a gateway has come.
    pub(super) fn on_sms_event(&mut self, event: SmsEvent) -> Result<(), String> {
        match event {
            SmsEvent::Outcome { daemon, id, attempt, outcome } => {
                let of_daemon =
                    |host: &super::host::Host| host.daemon.as_ref().is_some_and(|of| of.number == daemon);
                // The daemon that asked has ended: nobody learns of the answer.
                let Some(ix) = self.hosts.iter().position(of_daemon) else { return Ok(()) };
                if !self.hosts[ix].is_awake() {
                    self.sms.put_off(self.now, SmsEvent::Outcome { daemon, id, attempt, outcome });
                    return Ok(());
                }
                self.sms.learned(&id, &outcome);
                self.handle_daemon_input(ix, Input::MessageOutcome { id, attempt, outcome })
            }
            SmsEvent::Receipts { gateway, receipts, posts } => {
                for ix in 0..self.hosts.len() {
                    let host = &self.hosts[ix];
                    let Some(daemon) = host.daemon.as_ref().filter(|_| host.is_awake()) else { continue };
                    let known = daemon.instance.messages().count_receipts(&gateway, &receipts).known;
                    let input = Input::Receipts { gateway: gateway.clone(), receipts: receipts.clone() };
                    self.handle_daemon_input(ix, input)?;
                    if known > 0 {
                        return Ok(());
                    }
                }
                self.sms.repost(self.now, SmsEvent::Receipts { gateway, receipts, posts });
                Ok(())
            }
        }
    }

    /// What daemons saved of messages is lost: a message may be sent again.
    pub(super) fn messages_are_lost(&mut self) {
        self.note_settled_messages();
        self.sms.excuse();
        let calls = self.hosts.iter().flat_map(|host| host.daemon.iter().flat_map(|daemon| &daemon.calls));
        let calls = calls.chain(self.hosts.iter().flat_map(|host| &host.calls)).map(ToString::to_string);
        self.sms.calls_with_lost_messages.extend(calls);
    }

    /// A daemon ends, and may not have saved what it knows of messages: what is settled stays so.
    pub(super) fn note_settled_messages(&mut self) {
        let settled = self.message_states().into_iter().filter(|(_, state)| !OPEN.contains(state));
        self.sms.settled.extend(settled);
    }

    /// Whether no message is to be sent and no answer is on its way.
    pub(super) fn are_messages_settled(&self) -> bool {
        let is_settled = |state: &&str| !OPEN.contains(state);
        !self.sms.is_waiting() && self.message_states().values().all(is_settled)
    }

    /// The state of each message that a daemon has.
    pub(super) fn message_states(&self) -> MessageStates {
        let mut states = MessageStates::new();
        for daemon in self.hosts.iter().filter_map(|host| host.daemon.as_ref()) {
            for (id, state) in daemon.instance.messages().states() {
                states.insert(id.clone(), state);
            }
        }
        states
    }

    /// Checks and counts the messages that are due by the records of the calls.
    pub(super) fn check_messages(&mut self, states: &MessageStates) -> Result<(), String> {
        debug_assert!(states.values().all(|state| KEPT.contains(state)));
        let wrong = self.sms.wrong();
        if !wrong.is_empty() && self.hosts.iter().all(|host| host.clock_ahead_at_start == 0) {
            return Err(format!("the gateways found fault with requests: {wrong:?}"));
        }
        self.summary.counts.add(Counter::MessageRequest, self.sms.requests);
        let mut due = Vec::new();
        for record in self.sms.records.values() {
            let hotline = (0..=self.changes).find_map(|change| {
                let hotlines = self.setup.hotlines(change);
                let hotline = hotlines.get(record.hotline.as_deref()?)?;
                (Some(hotline.version) == record.hotline_version).then(|| hotline.clone())
            });
            let Some(hotline) = hotline else { continue };
            let messages = message::due(record, &hotline, Some(NumberRegions::built_in()), record.ended, 1);
            due.extend(
                messages.iter().map(|message| message_id(&message.call, &message.template, &message.to)),
            );
        }
        for id in &due {
            self.count(Counter::MessageDue);
            let taken = self.sms.taken(id);
            let state = self.final_state(states, id);
            match (state, taken) {
                (Some("sent" | "delivered"), 1) => self.count(Counter::MessageSent),
                (Some("unknown"), 0 | 1) => self.count(Counter::MessageUnknown),
                (Some("dead"), 0 | 1) => self.count(Counter::MessageDead),
                (Some("dropped"), 0) => self.count(Counter::MessageDropped),
                (_, _) if self.is_message_excused(states, id) => self.count(Counter::MessageExcused),
                (state, taken) => {
                    return Err(format!("{id} is due, it is {state:?}, and gateways took it {taken} times"));
                }
            }
        }
        let due: BTreeSet<&DeliveryId> = due.iter().collect();
        let stray = self.sms.all_taken().find(|id| !due.contains(id) && !self.is_call_excused(id));
        match stray {
            Some(id) => Err(format!("a gateway took {id}, which no record causes")),
            None => Ok(()),
        }
    }

    /// The last state of the message that is known, also if what a daemon knew was lost later.
    fn final_state(&self, states: &MessageStates, id: &DeliveryId) -> Option<&'static str> {
        let known = states.get(id).or_else(|| self.sms.settled.get(id)).copied();
        known.or_else(|| self.sms.failures.get(id).map(|_| "dropped"))
    }

    /// Whether nobody can say what became of the message: its state was lost with a daemon, a disk or Redis.
    fn is_message_excused(&self, states: &MessageStates, id: &DeliveryId) -> bool {
        self.sms.is_excused(id) || (self.is_call_excused(id) && self.final_state(states, id).is_none())
    }

    /// Whether the call of the message was lost with a daemon, a disk or Redis.
    fn is_call_excused(&self, id: &DeliveryId) -> bool {
        let call = id.call.to_string();
        self.calls_with_lost_state.contains(&call) || self.sms.calls_with_lost_messages.contains(&call)
    }
}
