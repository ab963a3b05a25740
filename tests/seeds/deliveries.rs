//! What leaves the daemon because of a call, of whatever kind: a kind that only this test knows is kept with the call,
//! handed to its deliverer, given out again by the next daemon, and taken out once it is done.

use hotlined_core::command::Command;
use hotlined_core::event::{Arrival, Event};
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::health::Health;
use hotlined_instance::persist::delivery_kind::DeliveryKind;
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_instance::{Input, Instance, Output};
use hotlined_instance::{InstanceOptions, PersistenceOptions};
use std::sync::Arc;

/// All that a new kind takes beside its deliverer.
fn toy_kind() -> DeliveryKind {
    DeliveryKind { name: "toy", deliveries_of: Arc::new(toy_of) }
}

const BEGIN: Instant = Instant(1_800_000_000_000);

fn toy_of(command: &Command) -> Vec<(SwitchId, Delivery)> {
    let Command::Record(record) = command else { return Vec::new() };
    vec![(record.switch.clone(), toy(record.call.to_string().as_str()))]
}

fn toy(call: &str) -> Delivery {
    let id = DeliveryId { call: call.parse().unwrap(), kind: "toy".into(), recipient: "owner 1".into() };
    Delivery { id, payload: "ding".to_owned() }
}

/// A daemon that keeps its calls in a file, which is all that outlives it.
struct Daemon {
    instance: Instance,
    delivered: Vec<Delivery>,
    /// What happened in which order.
    order: Vec<&'static str>,
}

impl Daemon {
    fn start(now: Instant, disk: &[u8], kinds: &[DeliveryKind]) -> Self {
        let kept = FileState::read(disk).unwrap().0.to_persisted_state(&mut Vec::new());
        let health = Arc::new(Health::new(std::time::Instant::now(), []));
        let start = InstanceOptions {
            delivery_kinds: kinds.to_vec(),
            initial_events: vec![Event::Hotlines(Arc::new(Hotlines::default()))],
            ..InstanceOptions::minimal(health, PersistenceOptions::File(Box::new(kept)))
        };
        Self { instance: Instance::new(now, start), delivered: Vec::new(), order: Vec::new() }
    }

    fn handle(&mut self, now: Instant, input: Input, disk: &mut Vec<u8>) {
        self.instance.handle(now, input);
        while let Some(output) = self.instance.next_output() {
            match output {
                Output::WriteFrames { number, frames } => {
                    disk.extend_from_slice(&frames);
                    self.order.push("kept");
                    self.instance
                        .handle(now, Input::FramesWritten { number, outcome: Ok(()), renews: false });
                }
                Output::Deliver(delivery) => {
                    self.order.push("delivered");
                    self.delivered.push(delivery);
                }
                Output::Link(..) | Output::Redis(..) | Output::Send(_) | Output::Ended(_) => {
                    panic!("{output:?}")
                }
            }
        }
    }
}

fn kept(disk: &[u8]) -> Vec<Delivery> {
    FileState::read(disk).unwrap().0.to_persisted_state(&mut Vec::new()).deliveries
}

#[test]
fn a_new_kind_of_delivery_takes_a_row_and_a_deliverer() {
    let kinds = [DeliveryKind::built_in(), vec![toy_kind()]].concat();
    let mut disk = FileState::default().to_bytes();
    let mut daemon = Daemon::start(BEGIN, &disk, &kinds);
    let arrival = Arrival {
        switch: SwitchId("fs".into()),
        leg: "a".parse().unwrap(),
        dialled: "4008001234".into(),
        caller: "13800138000".into(),
        seed: 1,
        answered: false,
    };
    daemon.handle(BEGIN, Input::ConfigChanged(Event::Arrived(arrival)), &mut disk);
    // The call to a number that is no hotline's is over when its leg is gone.
    let gone = Event::LinkRestored { switch: SwitchId("fs".into()), connection: 1, legs: Vec::new() };
    daemon.handle(BEGIN + Millis(1), Input::ConfigChanged(gone), &mut disk);
    let kinds_delivered: Vec<String> =
        daemon.delivered.iter().map(|delivery| delivery.id.kind.to_string()).collect();
    assert_eq!(kinds_delivered, ["record", "toy"]);
    assert_eq!(daemon.delivered[1], toy("a"));
    assert_eq!(daemon.order.iter().position(|what| *what == "delivered"), Some(daemon.order.len() - 2));
    assert_eq!(kept(&disk).len(), 2, "both are kept until they are done");

    // It is killed. A daemon that does not know the kind keeps it all the same, for one that does.
    let mut older = Daemon::start(BEGIN + Millis(5), &disk, &DeliveryKind::built_in());
    older.handle(BEGIN + Millis(5), Input::Tick, &mut disk);
    assert_eq!(older.delivered.len(), 2);
    let record = older.delivered[0].id.clone();
    older.handle(BEGIN + Millis(6), Input::Delivered(record), &mut disk);
    older.handle(BEGIN + Millis(100), Input::Tick, &mut disk);
    assert_eq!(kept(&disk), [toy("a")]);

    let mut next = Daemon::start(BEGIN + Millis(200), &disk, &kinds);
    next.handle(BEGIN + Millis(200), Input::Tick, &mut disk);
    assert_eq!(next.delivered, [toy("a")]);
    next.handle(BEGIN + Millis(201), Input::Delivered(toy("a").id), &mut disk);
    next.handle(BEGIN + Millis(300), Input::Tick, &mut disk);
    assert_eq!(kept(&disk), []);
    assert!(next.instance.is_fully_persisted());
}
