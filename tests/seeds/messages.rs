//! A daemon is killed again and again between a request to an SMS gateway and its answer, and its disk is full now and
//! then. No message goes out twice, and what became of each is known.

use bytes::Bytes;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::event::{Arrival, Event};
use hotlined_core::hotline::{Agent, Dial, Hotlines};
use hotlined_core::id::SwitchId;
use hotlined_core::message::sending::{Receipt, Refusal, RefusalClass, SendOutcome};
use hotlined_core::message::{
    CallOutcome, MISSED_TEXT, Mask, MessageLimits, MessageRule, Recipient, SmsRules,
};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::health::Health;
use hotlined_instance::messages::{GatewayLimits, MessageFilter, SendRequest};
use hotlined_instance::persist::frames::FileState;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::{Input, Instance, InstanceOptions, Output, PersistenceOptions};
use hotlined_sim::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const BEGIN: Instant = Instant(1_800_000_000_000);
const SEEDS: u64 = 180;
const CALLS: u64 = 12;
/// So many steps of a second are drawn; then everything comes to its end.
const DRAWN_STEPS: u64 = 60;
const OWNERS: [&str; 2] = ["13900000001", "13900000002"];
const STATES: [&str; 6] = ["waiting", "sending", "sent", "delivered", "unknown", "dead"];

fn switch() -> SwitchId {
    SwitchId("fs".into())
}

fn hotlines() -> Event {
    let agent = Agent::new("01", Dial::phone("13900000009").unwrap());
    let mut hotline = SimpleHotline::default().hotline("4008001234", "Shop", vec![agent]);
    let missed = MessageRule {
        template: "missed".into(),
        on: CallOutcome::ALL.iter().copied().collect(),
        to: vec![Recipient::Owner],
        text: MISSED_TEXT.parse().unwrap(),
        lifetime: Millis::seconds(24 * 3_600),
        digest: None,
    };
    hotline.sms = Some(Arc::new(SmsRules {
        sign: "店".into(),
        owner: OWNERS.map(Into::into).to_vec(),
        mask: Mask::None,
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        rules: vec![missed],
    }));
    let mut hotlines = Hotlines::default();
    hotlines.insert(Arc::new(hotline));
    Event::Hotlines(Arc::new(hotlines))
}

/// A request, and what the daemon will learn of it and when.
struct UnderWay {
    at: Instant,
    request: SendRequest,
    outcome: SendOutcome,
}

/// A daemon that is killed again and again, its disk, and a gateway.
struct Scene {
    rng: Rng,
    now: Instant,
    instance: Instance,
    disk: Vec<u8>,
    disk_is_full: bool,
    /// Writes that the daemon has not been told of.
    unanswered: Vec<(u64, Bytes)>,
    under_way: Vec<UnderWay>,
    /// How often the gateway took each message.
    accepted: BTreeMap<DeliveryId, u32>,
    /// The messages after whose last request the daemon cannot know whether the gateway took it.
    uncertain: BTreeSet<DeliveryId>,
    receipts: Vec<(Arc<str>, Receipt)>,
    kills: u64,
    kills_under_way: u64,
}

fn start(now: Instant, disk: &[u8]) -> Instance {
    let kept = FileState::read(disk).unwrap().0.to_persisted_state(&mut Vec::new());
    let health = Arc::new(Health::new(std::time::Instant::now(), []));
    let gateway = |name: &str| GatewayLimits { name: name.into(), rate_per_s: 50, in_flight_max: 4 };
    let options = InstanceOptions {
        gateways: vec![gateway("a"), gateway("b")],
        initial_events: vec![hotlines()],
        ..InstanceOptions::minimal(health, PersistenceOptions::File(Box::new(kept)))
    };
    Instance::new(now, options)
}

impl Scene {
    fn new(seed: u64) -> Self {
        let disk = FileState::default().to_bytes();
        Self {
            rng: Rng::new(seed),
            now: BEGIN,
            instance: start(BEGIN, &disk),
            disk,
            disk_is_full: false,
            unanswered: Vec::new(),
            under_way: Vec::new(),
            accepted: BTreeMap::new(),
            uncertain: BTreeSet::new(),
            receipts: Vec::new(),
            kills: 0,
            kills_under_way: 0,
        }
    }

    fn handle(&mut self, input: Input) {
        self.instance.handle(self.now, input);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.instance.next_output() {
            match output {
                Output::WriteFrames { number, frames } => self.unanswered.push((number, frames)),
                Output::Deliver(delivery) => self.instance.handle(self.now, Input::Delivered(delivery.id)),
                Output::Send(request) => self.ask(*request),
                Output::Link(..) | Output::Redis(..) | Output::Ended(_) => panic!("{output:?}"),
            }
        }
    }

    /// The gateway gets a request.
    fn ask(&mut self, request: SendRequest) {
        let id = request.id.clone();
        assert!(!self.uncertain.contains(&id), "{id} is sent again, and nobody knows whether it was taken");
        let gateway_id = format!("g{}", request.our_id);
        let takes = |scene: &mut Self| {
            *scene.accepted.entry(id.clone()).or_default() += 1;
            if scene.rng.percent(70) {
                let is_delivered = scene.rng.percent(90);
                let our_id = scene.rng.percent(50).then(|| request.our_id.clone());
                let to = Some(request.message.to.to_string());
                let code = "X".to_owned();
                let receipt = Receipt { gateway_id: gateway_id.clone(), our_id, to, is_delivered, code };
                scene.receipts.push((request.gateway.clone(), receipt));
            }
        };
        let refuse = |class| {
            SendOutcome::Refused(Refusal {
                class,
                code: String::new(),
                text: String::new(),
                retry_after: None,
            })
        };
        let mut late = Millis(self.rng.between(0, 3_000));
        let outcome = match self.rng.between(0, 9) {
            0..=3 => {
                takes(self);
                SendOutcome::Accepted { id: Some(gateway_id.clone()) }
            }
            // The answer is lost.
            4 => {
                takes(self);
                SendOutcome::Unknown { reason: "reset".to_owned() }
            }
            5 => SendOutcome::Unknown { reason: "reset".to_owned() },
            // The answer comes after the time-out of the queue.
            6 => {
                takes(self);
                late = Millis::seconds(90);
                SendOutcome::Accepted { id: Some(gateway_id.clone()) }
            }
            7 => SendOutcome::NotSent { reason: "no address".to_owned() },
            8 => refuse(RefusalClass::Retry),
            _ => refuse(RefusalClass::Throttled),
        };
        self.uncertain.insert(id);
        self.under_way.push(UnderWay { at: self.now + late, request, outcome });
    }

    /// A caller calls and is lost: the business hears of it.
    fn call(&mut self, nth: u64) {
        let arrival = Arrival {
            switch: switch(),
            leg: format!("call-{nth}").parse().unwrap(),
            dialled: "4008001234".into(),
            caller: format!("1380013800{}", nth % 10),
            seed: nth,
            answered: false,
        };
        self.handle(Input::ConfigChanged(Event::Arrived(arrival)));
        self.write();
        let gone = Event::LinkRestored { switch: switch(), connection: 1, legs: Vec::new() };
        self.handle(Input::ConfigChanged(gone));
    }

    /// The disk does what it was asked to.
    fn write(&mut self) {
        while !self.unanswered.is_empty() {
            let (number, frames) = self.unanswered.remove(0);
            let outcome = if self.disk_is_full {
                Err("no space".to_owned())
            } else {
                self.disk.extend_from_slice(&frames);
                Ok(())
            };
            self.handle(Input::FramesWritten { number, outcome, renews: false });
        }
    }

    fn kill(&mut self) {
        self.kills += 1;
        self.kills_under_way += u64::from(!self.under_way.is_empty());
        // A write under way is in the file or not.
        if let Some((_, frames)) = self.unanswered.drain(..).next()
            && !self.disk_is_full
            && self.rng.percent(50)
        {
            self.disk.extend_from_slice(&frames);
        }
        self.under_way.clear();
        self.instance = start(self.now, &self.disk);
        self.carry_out();
    }

    fn answer(&mut self) {
        let now = self.now;
        for answered in self.under_way.extract_if(.., |way| way.at <= now).collect::<Vec<_>>() {
            let UnderWay { request: SendRequest { id, attempt, .. }, outcome, .. } = answered;
            if matches!(outcome, SendOutcome::Refused(_) | SendOutcome::NotSent { .. }) {
                self.uncertain.remove(&id);
            }
            self.handle(Input::MessageOutcome { id, attempt, outcome });
        }
    }

    fn receive(&mut self) {
        if self.receipts.is_empty() {
            return;
        }
        let ix = self.rng.between(0, self.receipts.len() as u64 - 1) as usize;
        // A receipt may come twice.
        let is_repeated = self.rng.percent(30);
        let (gateway, receipt) =
            if is_repeated { self.receipts[ix].clone() } else { self.receipts.remove(ix) };
        self.handle(Input::Receipts { gateway, receipts: vec![receipt] });
    }

    fn pass(&mut self, span: Millis) {
        self.now = self.now + span;
        self.handle(Input::Tick);
        self.answer();
        self.write();
    }

    /// The messages by state.
    fn states(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut states: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for state in STATES {
            let filter = MessageFilter { state: Some(state.to_owned()), ..MessageFilter::default() };
            let (listed, count) = self.instance.messages().list(&filter);
            assert_eq!(listed.len(), count);
            states.insert(state.to_owned(), listed.into_iter().map(|message| message.id).collect());
        }
        states
    }
}

fn run(seed: u64) -> (u64, u64, BTreeMap<String, usize>) {
    let mut scene = Scene::new(seed);
    let mut next_call = 0;
    for _ in 0..DRAWN_STEPS {
        match scene.rng.between(0, 9) {
            0..=3 if next_call < CALLS => {
                scene.call(next_call);
                next_call += 1;
            }
            4 => scene.kill(),
            5 => scene.disk_is_full = !scene.disk_is_full && scene.rng.percent(50),
            6 => scene.receive(),
            _ => {}
        }
        let span = Millis(scene.rng.between(0, 1_500));
        scene.pass(span);
    }
    scene.disk_is_full = false;
    for _ in 0..600 {
        scene.pass(Millis::seconds(10));
    }
    scene.kill();
    scene.pass(Millis(1));
    let states = scene.states();
    let known: BTreeSet<&String> = states.values().flatten().collect();
    let called = (0..next_call).count();
    for (id, accepted) in &scene.accepted {
        assert!(*accepted <= 1, "seed {seed}: {id} was taken {accepted} times");
        assert!(known.contains(&id.to_string()), "seed {seed}: nobody knows of {id}");
    }
    for id in states["sent"].iter().chain(&states["delivered"]) {
        assert!(scene.accepted.contains_key(&id.parse::<DeliveryId>().unwrap()), "seed {seed}: {id}");
    }
    assert!(states["waiting"].is_empty() && states["sending"].is_empty(), "seed {seed}: {states:?}");
    // A call of a turn that was not saved is lost with its daemon, and its message with it.
    assert!(known.len() <= called * OWNERS.len(), "seed {seed}");
    (scene.kills, scene.kills_under_way, states.into_iter().map(|(state, ids)| (state, ids.len())).collect())
}

#[test]
fn no_message_goes_out_twice_whenever_its_daemon_is_killed() {
    let (mut kills, mut under_way, mut total) = (0, 0, BTreeMap::<String, usize>::new());
    for seed in 0..SEEDS {
        let (killed, killed_under_way, states) = run(seed);
        (kills, under_way) = (kills + killed, under_way + killed_under_way);
        for (state, count) in states {
            *total.entry(state).or_default() += count;
        }
    }
    println!("{kills} kills, {under_way} with a request under way; messages: {total:?}");
    assert!(under_way >= 500, "{under_way}");
    for state in ["sent", "delivered", "unknown", "dead"] {
        assert!(total[state] > 20, "{state}: {total:?}");
    }
}
