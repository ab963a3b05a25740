//! The SMS gateways of a world, what goes on between them and the daemons, and what must hold for messages.

use hotlined_core::call_event::CallEventKind;
use hotlined_core::id::CallId;
use hotlined_core::message::sending::{Receipt, SendOutcome};
use hotlined_core::message::{
    CallOutcome, DIGEST_TEXT, MISSED_TEXT, Mask, MessageLimits, MessageRule, Recipient, SmsRules,
};
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::messages::{GatewayLimits, SendRequest};
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_notify::sms::{Gateway, RequestContext, SmsRequest};
use hotlined_sim::gateway::{
    FakeAccount, FakeBehaviour, FakeGateway, FakeReply, FaultRates, ReceiptPost, ReceiptRates,
};
use hotlined_sim::rng::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A request that is not answered within this time is given up.
const TIMEOUT: Millis = Millis::seconds(10);
/// So many requests of a hundred do not reach their gateway.
const NOT_SENT_PERCENT: u64 = 5;
/// When a gateway posts a receipt again that no daemon took.
const REPOST_AFTER: Millis = Millis::seconds(60);
/// How often.
const POSTS_MAX: u32 = 3;
/// How long a message of these worlds is worth sending.
const LIFETIME: Millis = Millis::seconds(600);
/// Longer than any answer that counts as huge.
const HUGE_BYTES: usize = 70_000;
/// The names of the gateways, in the order in which they are tried.
const GATEWAYS: [(&str, FakeAccount); 2] =
    [("first", FakeAccount::Alibaba), ("second", FakeAccount::Generic)];
/// The mobile of the business.
pub(super) const OWNER: &str = "13700000001";

/// What is told in every world: a missed call to the owner, and what became of a call to the caller.
pub(super) fn rules() -> Arc<SmsRules> {
    let rule = |template: &str, on: &[CallOutcome], to: Recipient, text: &str| MessageRule {
        template: template.into(),
        on: on.iter().copied().collect(),
        to: vec![to],
        text: text.parse().unwrap_or_else(|why| unreachable!("{why}")),
        lifetime: LIFETIME,
        digest: None,
    };
    let missed = [CallOutcome::Busy, CallOutcome::NoAnswer, CallOutcome::Abandoned, CallOutcome::Closed];
    let served = [CallOutcome::Answered, CallOutcome::MessageLeft, CallOutcome::Busy, CallOutcome::NoAnswer];
    let limits = MessageLimits { number_hour_max: 100_000, number_day_max: 100_000, day_max: 1_000_000 };
    Arc::new(SmsRules {
        sign: "店".into(),
        owner: vec![OWNER.into()],
        mask: Mask::End,
        quiet: None,
        limits,
        gateways: Vec::new(),
        rules: vec![
            rule("missed", &missed, Recipient::Owner, MISSED_TEXT),
            rule("thanks", &served, Recipient::Caller, DIGEST_TEXT),
        ],
    })
}

/// The gateways of a daemon.
pub(super) fn limits() -> Vec<GatewayLimits> {
    let of = |(name, _): &(&str, FakeAccount)| GatewayLimits {
        name: (*name).into(),
        rate_per_s: 100,
        in_flight_max: 32,
    };
    GATEWAYS.iter().map(of).collect()
}

/// What a daemon is told.
#[derive(Debug)]
pub(super) enum SmsEvent {
    /// The answer to a request of the daemon of this number.
    Outcome { daemon: usize, id: DeliveryId, attempt: u32, outcome: SendOutcome },
    /// A receipt, for the daemon that has the message.
    Receipts { gateway: Arc<str>, receipts: Vec<Receipt>, posts: u32 },
}

struct SimulatedGateway {
    name: Arc<str>,
    gateway: Gateway,
    fake: FakeGateway,
}

/// The gateways, and what is known of each message.
pub(super) struct SmsWorld {
    rng: Rng,
    gateways: Vec<SimulatedGateway>,
    events: BTreeMap<(Instant, usize), SmsEvent>,
    events_count: usize,
    /// How often a gateway took each message.
    taken: BTreeMap<DeliveryId, u32>,
    /// The messages that a gateway may have taken, as far as daemons can know.
    uncertain: BTreeSet<DeliveryId>,
    /// Messages that were under way when Redis lost data: a daemon may send them again.
    excused: BTreeSet<DeliveryId>,
    /// The last failure that was published of each message.
    pub(super) failures: BTreeMap<DeliveryId, Arc<str>>,
    /// The state of messages that were settled when a disk or Redis lost what daemons knew.
    pub(super) settled: BTreeMap<DeliveryId, &'static str>,
    /// All records that daemons wrote.
    pub(super) records: BTreeMap<CallId, CallRecord>,
    /// The calls whose messages may be lost with a disk or with Redis.
    pub(super) calls_with_lost_messages: BTreeSet<String>,
    pub(super) requests: u64,
}

impl SmsWorld {
    /// Gateways that fail in every way, each at this rate.
    pub(super) fn new(seed: u64, faults_per_mille: u16) -> Self {
        let behaviour = FakeBehaviour {
            faults: FaultRates::each_per_mille(faults_per_mille),
            receipts: if faults_per_mille > 0 { ReceiptRates::BAD } else { ReceiptRates::default() },
            huge_bytes: HUGE_BYTES,
            ..FakeBehaviour::default()
        };
        let gateway = |(name, account): (&str, FakeAccount)| SimulatedGateway {
            name: name.into(),
            gateway: account.gateway("http://gateway.example/", &["missed", "thanks"]),
            fake: FakeGateway::new(account, behaviour.clone(), seed ^ u64::from(name.as_bytes()[0])),
        };
        Self {
            rng: Rng::new(seed ^ 0x736d_7300),
            gateways: GATEWAYS.map(gateway).into(),
            events: BTreeMap::new(),
            events_count: 0,
            taken: BTreeMap::new(),
            uncertain: BTreeSet::new(),
            excused: BTreeSet::new(),
            failures: BTreeMap::new(),
            settled: BTreeMap::new(),
            records: BTreeMap::new(),
            calls_with_lost_messages: BTreeSet::new(),
            requests: 0,
        }
    }

    /// A daemon asks a gateway. `daemon_now` is the time of its clock.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        daemon_now: Instant,
        daemon: usize,
        request: SendRequest,
    ) -> Result<(), String> {
        let SendRequest { id, attempt, gateway: name, our_id, message } = request;
        self.requests += 1;
        if self.uncertain.contains(&id) && !self.excused.contains(&id) {
            return Err(format!("{id} is sent again, and nobody can know whether it was taken"));
        }
        let Some(gateway) = self.gateways.iter_mut().find(|gateway| gateway.name == name) else {
            return Err(format!("there is no gateway {name}"));
        };
        let not_sent = self.rng.percent(NOT_SENT_PERCENT);
        let nonce = format!("{:032x}", self.rng.between(0, u64::MAX - 1));
        let sms = SmsRequest { id: our_id, message: &message, receipt_url: None };
        let http = gateway.gateway.request(&sms, &RequestContext { now: daemon_now, nonce });
        let (after, outcome) = match http {
            Err(error) => (Millis(0), SendOutcome::Refused(error.refusal())),
            Ok(_) if not_sent => (Millis(50), SendOutcome::NotSent { reason: "no address".to_owned() }),
            Ok(http) => {
                let before = gateway.fake.accepted().len();
                let answer = gateway.fake.handle(now, &http);
                if gateway.fake.accepted().len() > before {
                    let taken = self.taken.entry(id.clone()).or_default();
                    *taken += 1;
                    if *taken > 1 && !self.excused.contains(&id) {
                        return Err(format!("a gateway took {id} twice"));
                    }
                }
                self.uncertain.insert(id.clone());
                let lost = |reason: &str| SendOutcome::Unknown { reason: reason.to_owned() };
                match answer.what {
                    FakeReply::Answer(reply) if answer.after < TIMEOUT => {
                        (answer.after, gateway.gateway.read_answer(&reply))
                    }
                    FakeReply::Reset => (answer.after.min(TIMEOUT), lost("the connection was closed")),
                    FakeReply::Answer(_) | FakeReply::Hang | FakeReply::Drip(_) => {
                        (TIMEOUT, lost("no answer in time"))
                    }
                }
            }
        };
        self.add(now + after, SmsEvent::Outcome { daemon, id, attempt, outcome });
        Ok(())
    }

    fn add(&mut self, at: Instant, event: SmsEvent) {
        self.events_count += 1;
        self.events.insert((at, self.events_count), event);
    }

    /// When something comes next.
    pub(super) fn next(&self) -> Option<Instant> {
        let receipts = self.gateways.iter().filter_map(|gateway| gateway.fake.next_receipt());
        receipts.chain(self.events.keys().next().map(|(at, _)| *at)).min()
    }

    /// Takes out the next event that has come.
    ///
    /// # Errors
    /// If a receipt cannot be read.
    pub(super) fn take(&mut self, now: Instant) -> Result<Option<SmsEvent>, String> {
        for ix in 0..self.gateways.len() {
            let gateway = &mut self.gateways[ix];
            let name = gateway.name.clone();
            for ReceiptPost { content_type, body, url: _ } in gateway.fake.receipts_due(now) {
                let receipts = self.gateways[ix].gateway.read_receipts(&content_type, &body);
                let receipts = receipts.map_err(|error| format!("a receipt of {name}: {error}"))?;
                self.add(now, SmsEvent::Receipts { gateway: name.clone(), receipts, posts: 1 });
            }
        }
        let is_due = self.events.keys().next().is_some_and(|(at, _)| *at <= now);
        Ok(is_due.then(|| self.events.pop_first()).flatten().map(|(_, event)| event))
    }

    /// The daemon is paused: it learns later.
    pub(super) fn put_off(&mut self, now: Instant, event: SmsEvent) {
        self.add(now + Millis(500), event);
    }

    /// No daemon has the message of the receipt: the gateway posts it again, some times.
    pub(super) fn repost(&mut self, now: Instant, event: SmsEvent) {
        if let SmsEvent::Receipts { gateway, receipts, posts } = event
            && posts < POSTS_MAX
        {
            self.add(now + REPOST_AFTER, SmsEvent::Receipts { gateway, receipts, posts: posts + 1 });
        }
    }

    /// The daemon gets to know this outcome.
    pub(super) fn learned(&mut self, id: &DeliveryId, outcome: &SendOutcome) {
        if matches!(outcome, SendOutcome::Refused(_) | SendOutcome::NotSent { .. }) {
            self.uncertain.remove(id);
        }
    }

    /// Redis has lost data, or a disk is lost: what was under way may be sent again.
    pub(super) fn excuse(&mut self) {
        self.excused.extend(self.uncertain.iter().cloned());
    }

    /// Whether answers are on their way.
    pub(super) fn is_waiting(&self) -> bool {
        self.events.values().any(|event| matches!(event, SmsEvent::Outcome { .. }))
    }

    /// A daemon published what became of a message.
    pub(super) fn published(&mut self, call: &CallId, kind: &CallEventKind) {
        if let CallEventKind::MessageFailed(result) = kind {
            self.failures.insert(message_id(call, &result.template, &result.to), result.state.clone());
        }
    }

    /// How often a gateway took this message.
    pub(super) fn taken(&self, id: &DeliveryId) -> u32 {
        self.taken.get(id).copied().unwrap_or(0)
    }

    /// The messages that a gateway took.
    pub(super) fn all_taken(&self) -> impl Iterator<Item = &DeliveryId> {
        self.taken.keys()
    }

    /// Whether a message may be sent twice, or be lost.
    pub(super) fn is_excused(&self, id: &DeliveryId) -> bool {
        self.excused.contains(id)
    }

    /// What was wrong with the requests, as the gateways see it.
    pub(super) fn wrong(&self) -> Vec<String> {
        let wrong = self.gateways.iter().flat_map(|gateway| gateway.fake.wrong());
        wrong.map(|(problem, times)| format!("{problem:?} {times} times")).collect()
    }
}

/// The id of a message.
pub(super) fn message_id(call: &CallId, template: &str, to: &str) -> DeliveryId {
    DeliveryId { call: call.clone(), kind: "message".into(), recipient: format!("{template} {to}").into() }
}
