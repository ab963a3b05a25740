//! The queue, driven as an instance drives it: what changed is saved, and only then requests go out.

use super::*;
use crate::persist::outbox::{Delivery, DeliveryId};
use hotlined_core::id::SwitchId;
use hotlined_core::message::sending::{Receipt, Refusal, RefusalClass, SendOutcome};
use hotlined_core::message::{Digest, Message, MessageLimits, QuietHours, QuietThen};
use hotlined_core::time::{Instant, Millis};
use std::collections::BTreeMap;

/// 2026-11-23 12:00 in China.
const NOON: Instant = Instant(1_795_406_400_000);
const MINUTE: Millis = Millis::seconds(60);
const HOUR: Millis = Millis::seconds(3_600);

struct Daemon {
    queue: MessageQueue,
    disk: BTreeMap<DeliveryId, String>,
    now: Instant,
    /// Every request that went out: the gateway, the message, the attempt.
    sent: Vec<SendRequest>,
}

fn gateway(name: &str, rate_per_s: u32) -> GatewayLimits {
    GatewayLimits { name: name.into(), rate_per_s, in_flight_max: 1_000 }
}

fn message(call: &str) -> Message {
    Message {
        call: call.parse().unwrap(),
        switch: SwitchId("fs1".into()),
        hotline: "4008001234".into(),
        template: "missed".into(),
        to: "13900000001".into(),
        sign: "店".into(),
        text: "漏话".into(),
        values: [("time".into(), format!("time of {call}"))].into(),
        decided: NOON,
        lifetime: HOUR,
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        digest: None,
        sequence: 7,
    }
}

fn refused(class: RefusalClass, retry_after: Option<Millis>) -> SendOutcome {
    SendOutcome::Refused(Refusal { class, code: "X".into(), text: "no\n".into(), retry_after })
}

fn accepted(id: &str) -> SendOutcome {
    SendOutcome::Accepted { id: Some(id.to_owned()) }
}

fn receipt(gateway_id: &str, is_delivered: bool) -> Receipt {
    let (our_id, to) = (None, Some("13900000001".to_owned()));
    Receipt { gateway_id: gateway_id.into(), our_id, to, is_delivered, code: "CODE".into() }
}

impl Daemon {
    fn new(gateways: &[GatewayLimits]) -> Self {
        let queue = MessageQueue::new(gateways.to_vec(), true);
        Self { queue, disk: BTreeMap::new(), now: NOON, sent: Vec::new() }
    }

    /// A call ended and its message is saved.
    fn cause(&mut self, message: Message) -> DeliveryId {
        let id = QueuedMessage::id(&message);
        let delivery = QueuedMessage::new(message).to_delivery(id.clone());
        self.disk.insert(id.clone(), delivery.payload.clone());
        assert_eq!(self.queue.on_saved(&delivery), None);
        self.settle();
        id
    }

    /// Saves what changed. Returns the versions that are on the disk now.
    fn save(&mut self) -> Vec<Delivery> {
        let changed: Vec<Delivery> =
            self.queue.take_changed().into_iter().map(|(_, delivery)| delivery).collect();
        self.disk.extend(changed.iter().map(|delivery| (delivery.id.clone(), delivery.payload.clone())));
        for done in self.queue.take_done() {
            self.disk.remove(&done);
        }
        changed
    }

    fn settle(&mut self) {
        self.queue.run_due(self.now);
        for delivery in self.save() {
            self.sent.extend(self.queue.on_saved(&delivery));
        }
    }

    fn after(&mut self, span: Millis) {
        self.now = self.now + span;
        self.settle();
    }

    fn answer(&mut self, outcome: SendOutcome) {
        let SendRequest { id, attempt, .. } = self.sent.last().unwrap().clone();
        self.queue.on_outcome(self.now, &id, attempt, outcome);
        self.settle();
    }

    fn receive(&mut self, gateway: &str, receipt: Receipt) -> usize {
        let known = self.queue.on_receipts(self.now, &gateway.into(), vec![receipt]);
        self.settle();
        known
    }

    /// The daemon is killed. Another one goes on with what is saved.
    fn kill(self, gateways: &[GatewayLimits]) -> Self {
        let mut next = Self { disk: self.disk, now: self.now, ..Self::new(gateways) };
        for (id, payload) in next.disk.clone() {
            next.queue.take_over(next.now, &Delivery { id, payload });
        }
        next.settle();
        next
    }

    fn state(&self, id: &DeliveryId) -> &'static str {
        self.queue.store.get(id).map_or("gone", |entry| entry.state.name())
    }

    fn gateways_asked(&self) -> Vec<&str> {
        self.sent.iter().map(|request| &*request.gateway).collect()
    }

    fn events(&mut self) -> Vec<(&'static str, u32)> {
        self.queue.take_events().iter().map(|event| (event.kind.name(), event.sequence)).collect()
    }
}

#[test]
fn a_request_goes_out_only_after_its_state_is_saved() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let delivery = QueuedMessage::new(message("c1")).to_delivery(QueuedMessage::id(&message("c1")));
    daemon.queue.on_saved(&delivery);
    daemon.queue.run_due(NOON);
    assert_eq!(daemon.queue.on_saved(&delivery), None, "the version of before says nothing of a request");
    let saved = daemon.save();
    let request = daemon.queue.on_saved(&saved[0]).unwrap();
    assert_eq!(daemon.queue.on_saved(&saved[0]), None, "one version, one request");
    assert_eq!((&*request.gateway, request.attempt, request.message.text.as_str()), ("a", 1, "漏话"));
    daemon.sent.push(request);
    daemon.answer(accepted("g1"));
    assert_eq!(daemon.state(&delivery.id), "sent");
    assert_eq!(daemon.receive("a", receipt("g1", true)), 1);
    assert_eq!(daemon.receive("a", receipt("g1", true)), 1, "a receipt that comes twice is one");
    assert_eq!(
        (daemon.state(&delivery.id), daemon.events()),
        ("delivered", vec![("message.sent", 7), ("message.sent", 8)])
    );
    daemon.after(Millis(25 * HOUR.0));
    assert!(daemon.disk.is_empty() && daemon.sent.len() == 1);
}

#[test]
fn a_message_whose_daemon_died_before_the_answer_is_unknown_and_waits_for_its_receipt() {
    let gateways = [gateway("a", 10), gateway("b", 10)];
    for (receipts, end) in [(vec![receipt("g", true)], "delivered"), (vec![receipt("g", false)], "dead")] {
        let mut daemon = Daemon::new(&gateways);
        let id = daemon.cause(message("c1"));
        assert_eq!(daemon.gateways_asked(), ["a"]);
        let mut daemon = daemon.kill(&gateways);
        daemon.after(HOUR);
        assert_eq!((daemon.state(&id), daemon.sent.len()), ("unknown", 0));
        for receipt in receipts {
            assert_eq!(daemon.receive("b", receipt.clone()), 0, "another gateway's receipt");
            assert_eq!(daemon.receive("a", receipt), 1);
        }
        assert_eq!(daemon.state(&id), end);
    }
}

#[test]
fn an_unknown_message_is_sent_again_only_by_order() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(message("c1"));
    daemon.answer(SendOutcome::Unknown { reason: "no answer".into() });
    let mut daemon = daemon.kill(&[gateway("a", 10)]);
    daemon.after(Millis(24 * HOUR.0));
    assert_eq!((daemon.state(&id), daemon.sent.len()), ("unknown", 0));
    daemon.queue.order(daemon.now, &id.to_string(), MessageOrder::Retry).unwrap();
    daemon.settle();
    assert_eq!(daemon.sent.last().unwrap().attempt, 2);
    daemon.answer(accepted("g2"));
    assert_eq!(daemon.state(&id), "sent");
    assert!(daemon.queue.order(daemon.now, &id.to_string(), MessageOrder::Retry).is_err());
    assert!(daemon.queue.order(daemon.now, "no such", MessageOrder::Drop).is_err());
}

#[test]
fn two_unknown_messages_to_one_number_are_not_told_apart_by_the_number() {
    let mut daemon = Daemon::new(&[gateway("a", 1_000)]);
    let first = daemon.cause(message("c1"));
    daemon.answer(SendOutcome::Unknown { reason: String::new() });
    daemon.after(MINUTE);
    let second = daemon.cause(message("c2"));
    daemon.answer(SendOutcome::Unknown { reason: String::new() });
    assert_eq!(daemon.receive("a", receipt("g", true)), 0);
    let our_id = Some(daemon.sent[1].our_id.clone());
    assert_eq!(daemon.receive("a", Receipt { our_id, ..receipt("g2", true) }), 1);
    assert_eq!((daemon.state(&first), daemon.state(&second)), ("unknown", "delivered"));
}

#[test]
fn a_receipt_of_a_message_that_is_gone_is_not_of_another_one_to_the_same_number() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(message("c1"));
    daemon.answer(SendOutcome::Unknown { reason: String::new() });
    let our_id = Some("h0000000000000000".to_owned());
    assert_eq!(daemon.receive("a", Receipt { our_id, ..receipt("g", true) }), 0);
    assert_eq!(daemon.state(&id), "unknown");
    assert_eq!(daemon.receive("a", receipt("g", true)), 1, "without our id only the number is left");
    assert_eq!(daemon.state(&id), "delivered");
}

#[test]
fn a_receipt_may_come_before_the_answer() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(message("c1"));
    assert_eq!(daemon.receive("a", receipt("g1", true)), 0);
    daemon.answer(accepted("g1"));
    assert_eq!(daemon.state(&id), "delivered");
}

#[test]
fn an_answer_that_comes_too_late_still_counts() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(message("c1"));
    daemon.after(Millis(2 * MINUTE.0));
    assert_eq!(daemon.state(&id), "unknown");
    daemon.answer(accepted("g1"));
    assert_eq!((daemon.state(&id), daemon.sent.len()), ("sent", 1));
}

#[test]
fn what_one_gateway_refuses_goes_to_the_next_and_then_after_a_pause_to_all_again() {
    let mut daemon = Daemon::new(&[gateway("a", 10), gateway("b", 10)]);
    let id = daemon.cause(message("c1"));
    daemon.answer(refused(RefusalClass::Retry, None));
    assert_eq!(daemon.gateways_asked(), ["a", "b"]);
    daemon.answer(refused(RefusalClass::Configuration, None));
    assert_eq!((daemon.state(&id), daemon.sent.len()), ("waiting", 2));
    daemon.after(Millis::seconds(299));
    assert_eq!(daemon.sent.len(), 2);
    daemon.after(Millis::seconds(1));
    assert_eq!(daemon.gateways_asked(), ["a", "b", "a"]);
    daemon.answer(refused(RefusalClass::Rejected, None));
    assert_eq!((daemon.state(&id), daemon.events()), ("dead", vec![("message.failed", 7)]));
    let (listed, count) = daemon.queue.list(&MessageFilter::default());
    assert_eq!((count, listed[0].reason.as_str(), &*listed[0].gateway), (1, "rejected: X no", "a"));
}

#[test]
fn a_gateway_that_cannot_be_reached_pauses_and_another_one_takes_over() {
    let mut daemon = Daemon::new(&[gateway("a", 10), gateway("b", 10)]);
    for call in ["c1", "c2", "c3"] {
        daemon.after(Millis::seconds(1));
        daemon.cause(message(call));
        daemon.answer(SendOutcome::NotSent { reason: "no address".into() });
        daemon.answer(accepted(call));
    }
    daemon.after(Millis::seconds(1));
    daemon.cause(message("c4"));
    daemon.answer(accepted("g4"));
    assert_eq!(daemon.gateways_asked(), ["a", "b", "a", "b", "a", "b", "b"]);
    daemon.after(Millis::seconds(6));
    daemon.cause(message("c5"));
    assert_eq!(daemon.gateways_asked().last(), Some(&"a"));
}

#[test]
fn an_empty_account_stops_the_gateway_and_a_wrong_template_only_its_message() {
    for (class, next) in [(RefusalClass::Balance, "b"), (RefusalClass::Configuration, "a")] {
        let mut daemon = Daemon::new(&[gateway("a", 10), gateway("b", 10)]);
        for call in ["c1", "c2", "c3"] {
            daemon.after(Millis::seconds(1));
            daemon.cause(message(call));
            daemon.answer(refused(class, None));
            daemon.answer(accepted(call));
        }
        daemon.after(Millis::seconds(1));
        daemon.cause(message("c4"));
        assert_eq!(daemon.gateways_asked().last(), Some(&next), "{class:?}");
    }
}

#[test]
fn a_message_that_no_gateway_takes_is_dead_after_its_attempts() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(Message { lifetime: Millis(240 * HOUR.0), ..message("c1") });
    for _ in 0..100 {
        if daemon.state(&id) == "sending" {
            daemon.answer(refused(RefusalClass::Retry, None));
        }
        daemon.after(Millis(10 * MINUTE.0));
    }
    assert_eq!((daemon.state(&id), daemon.sent.len()), ("dead", limits::ATTEMPTS_MAX as usize));
}

#[test]
fn what_is_too_old_is_dropped_and_not_sent() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(message("c1"));
    daemon.answer(refused(RefusalClass::Retry, Some(Millis(2 * HOUR.0))));
    daemon.after(Millis(2 * HOUR.0));
    assert_eq!((daemon.state(&id), daemon.sent.len()), ("gone", 1));
    assert_eq!(daemon.events(), [("message.failed", 7)]);
    assert!(daemon.disk.is_empty());
}

#[test]
fn nothing_is_sent_in_quiet_hours_also_by_a_second_attempt() {
    let quiet: QuietHours = "12:30-14:00".parse().unwrap();
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    daemon.cause(Message { quiet: Some(quiet), ..message("c1") });
    daemon.now = NOON + Millis(29 * MINUTE.0);
    daemon.answer(refused(RefusalClass::Retry, Some(MINUTE)));
    // Its lifetime ends at 13:00: during the quiet hours.
    daemon.after(Millis(2 * MINUTE.0));
    assert_eq!(daemon.sent.len(), 1);
    daemon.now = NOON + Millis(31 * MINUTE.0);
    let later = daemon.cause(Message { quiet: Some(quiet), decided: daemon.now, ..message("c2") });
    let mut drops = quiet;
    drops.then = QuietThen::Drop;
    let never = daemon.cause(Message { quiet: Some(drops), decided: daemon.now, ..message("c3") });
    assert_eq!((daemon.state(&later), daemon.state(&never)), ("waiting", "gone"));
    let mut daemon = daemon.kill(&[gateway("a", 10)]);
    daemon.now = NOON + Millis(2 * HOUR.0);
    daemon.settle();
    let calls: Vec<String> = daemon.sent.iter().map(|request| request.id.call.to_string()).collect();
    assert_eq!(calls, ["c2"]);
}

#[test]
fn limits_hold_for_a_number_and_for_the_hotline_and_across_a_restart() {
    let limits = MessageLimits { number_hour_max: 2, number_day_max: 3, day_max: 4 };
    let mut daemon = Daemon::new(&[gateway("a", 1_000)]);
    let send = |daemon: &mut Daemon, call: &str, to: &str| {
        let before = daemon.sent.len();
        daemon.after(Millis(10));
        daemon.cause(Message { limits, to: to.into(), decided: daemon.now, ..message(call) });
        if daemon.sent.len() > before {
            daemon.answer(accepted(call));
        }
        daemon.sent.len() > before
    };
    assert_eq!(["c1", "c2", "c3"].map(|call| send(&mut daemon, call, "13900000001")), [true, true, false]);
    let mut daemon = daemon.kill(&[gateway("a", 1_000)]);
    assert!(!send(&mut daemon, "c4", "13900000001"));
    daemon.after(Millis(2 * HOUR.0));
    assert_eq!(["c5", "c6"].map(|call| send(&mut daemon, call, "13900000001")), [true, false]);
    assert_eq!(["c7", "c8"].map(|call| send(&mut daemon, call, "13900000002")), [true, false]);
    daemon.after(Millis(25 * HOUR.0));
    assert!(send(&mut daemon, "c9", "13900000001"));
}

#[test]
fn many_messages_to_one_number_become_one() {
    let digest = Digest {
        template: "digest".into(),
        text: "{since}:{count}:{time}".parse().unwrap(),
        above: 2,
        every: HOUR,
    };
    let mut daemon = Daemon::new(&[gateway("a", 1_000)]);
    let mut ids = Vec::new();
    for call in ["c1", "c2", "c3", "c4", "c5"] {
        daemon.after(Millis(1_000));
        let digest = Some(digest.clone());
        ids.push(daemon.cause(Message { digest, decided: daemon.now, ..message(call) }));
        if daemon.state(ids.last().unwrap()) == "sending" {
            daemon.answer(accepted(call));
        }
    }
    assert_eq!((daemon.sent.len(), daemon.state(&ids[4])), (2, "gathered"));
    let mut daemon = daemon.kill(&[gateway("a", 1_000)]);
    daemon.after(HOUR);
    assert_eq!(daemon.sent.len(), 1);
    let request = &daemon.sent[0].message;
    assert_eq!((request.text.as_str(), &*request.template), ("time of c3:3:time of c5", "digest"));
    daemon.answer(accepted("g"));
    assert_eq!(
        ids.iter().map(|id| daemon.state(id)).collect::<Vec<_>>(),
        ["sent", "sent", "gone", "gone", "sent"]
    );
    daemon.after(HOUR);
    assert_eq!(daemon.sent.len(), 1);
}

#[test]
fn a_gateway_gets_no_more_requests_than_it_may_have() {
    let mut daemon = Daemon::new(&[GatewayLimits { name: "a".into(), rate_per_s: 2, in_flight_max: 3 }]);
    for call in 0..10 {
        let to = format!("139000000{call:02}").into();
        daemon.cause(Message { to, ..message(&format!("c{call}")) });
    }
    assert_eq!(daemon.sent.len(), 1);
    for second in 1..=10 {
        daemon.after(Millis(500));
        assert_eq!(daemon.sent.len(), (second + 1).min(3), "three are under way at most");
    }
    daemon.answer(accepted("g"));
    daemon.after(Millis(500));
    assert_eq!(daemon.sent.len(), 4);
}

#[test]
fn without_a_gateway_a_message_is_dead_and_says_why() {
    let mut daemon = Daemon::new(&[]);
    let id = daemon.cause(message("c1"));
    assert_eq!(daemon.state(&id), "dead");
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    let id = daemon.cause(Message { gateways: vec!["other".into()], ..message("c1") });
    assert_eq!(daemon.state(&id), "dead");
    assert!(daemon.queue.list(&MessageFilter::default()).0[0].reason.contains("no gateway"));
}

#[test]
fn the_messages_of_a_switch_go_with_its_lease() {
    let mut daemon = Daemon::new(&[GatewayLimits { name: "a".into(), rate_per_s: 10, in_flight_max: 1 }]);
    let id = daemon.cause(message("c1"));
    daemon.queue.leave_switch(&SwitchId("fs1".into()));
    assert_eq!((daemon.state(&id), daemon.queue.in_flight()), ("gone", 0));
    assert!(daemon.queue.take_changed().is_empty() && daemon.queue.take_done().is_empty());
    daemon.answer(accepted("g1"));
    assert_eq!(daemon.state(&id), "gone");
}

#[test]
fn a_message_of_a_clock_that_was_ahead_does_not_wait_for_that_clock() {
    let mut daemon = Daemon::new(&[gateway("a", 10)]);
    daemon.now = NOON + Millis(5 * HOUR.0);
    let id = daemon.cause(Message { decided: daemon.now, ..message("c1") });
    daemon.answer(refused(RefusalClass::Retry, None));
    assert_eq!(daemon.state(&id), "waiting");
    daemon.now = NOON;
    let mut daemon = daemon.kill(&[gateway("a", 10)]);
    daemon.after(MINUTE);
    assert_eq!(daemon.sent.len(), 1);
}

#[test]
fn a_switch_that_comes_back_does_not_count_its_messages_twice() {
    let limits = MessageLimits { number_hour_max: 3, ..MessageLimits::default() };
    let mut daemon = Daemon::new(&[gateway("a", 1_000)]);
    for call in ["c1", "c2"] {
        daemon.after(Millis(10));
        daemon.cause(Message { limits, ..message(call) });
        daemon.answer(accepted(call));
    }
    for _ in 0..3 {
        daemon.queue.leave_switch(&SwitchId("fs1".into()));
        for (id, payload) in daemon.disk.clone() {
            daemon.queue.take_over(daemon.now, &Delivery { id, payload });
        }
        daemon.settle();
    }
    let ids = ["c3", "c4"].map(|call| {
        daemon.after(Millis(10));
        daemon.cause(Message { limits, ..message(call) })
    });
    assert_eq!(ids.map(|id| daemon.state(&id)), ["sending", "gone"]);
}

#[test]
fn no_request_begins_for_a_switch_that_is_about_to_go() {
    let (switch, other) = (SwitchId("fs1".into()), SwitchId("fs2".into()));
    let mut daemon = Daemon::new(&[gateway("a", 1_000)]);
    daemon.cause(message("c1"));
    daemon.queue.hold(&switch);
    let held = daemon.cause(message("c2"));
    daemon.cause(Message { switch: other.clone(), ..message("c3") });
    daemon.after(Millis::seconds(30));
    assert_eq!((daemon.state(&held), daemon.sent.len()), ("waiting", 2));
    assert!(daemon.queue.is_sending(&switch) && daemon.queue.is_sending(&other));
    daemon.queue.go_on(&switch);
    daemon.after(Millis::seconds(2));
    assert_eq!((daemon.state(&held), daemon.sent.len()), ("sending", 3));
}

#[test]
fn a_message_whose_request_waits_to_be_saved_is_not_unknown_and_goes_out_only_if_it_is_still_worth_it() {
    for (away, state, requests) in
        [(Millis::seconds(30), "sending", 1), (Millis(10 * MINUTE.0), "sending", 1), (HOUR, "gone", 0)]
    {
        let mut daemon = Daemon::new(&[gateway("a", 10)]);
        let delivery = QueuedMessage::new(message("c1")).to_delivery(QueuedMessage::id(&message("c1")));
        daemon.queue.on_saved(&delivery);
        daemon.queue.run_due(daemon.now);
        let unsaved = daemon.queue.take_changed();
        for _ in 0..=away.0 / MINUTE.0 {
            daemon.queue.run_due(daemon.now);
            assert!(!daemon.queue.has_changes() && daemon.state(&delivery.id) == "sending");
            daemon.now = daemon.now + MINUTE.min(away);
        }
        daemon.queue.run_due(daemon.now);
        for (_, delivery) in unsaved {
            daemon.sent.extend(daemon.queue.on_saved(&delivery));
        }
        daemon.settle();
        daemon.settle();
        assert_eq!((daemon.state(&delivery.id), daemon.sent.len()), (state, requests), "{away}");
        assert!(daemon.sent.iter().all(|request| request.attempt == 1));
    }
}
