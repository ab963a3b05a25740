//! The simulated Redis beside a real one: whatever two daemons ask of them, both say the same, to the letter.

use super::backing::{CASES, SHRINKS, settings_of_its_own};
use super::beside::request;
use super::leases::{LONG, connected, switch};
use super::world::{call, line, pool};
use crate::support::cases;
use crate::support::needs;
use crate::support::needs::REDIS;
use hotlined::redis::Inbox;
use hotlined::redis::RedisClient;
use hotlined::redis::RedisSettings;
use hotlined_config::shorthand::SimpleHotline;
use hotlined_core::call::SAVED_FORMAT;
use hotlined_core::command::AcdRequest;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::{Hotline, Version};
use hotlined_core::id::{CallId, CommandId};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::call_entry::{CallEntry, HotlineVersion};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_policy::{ClusterView, Presence};
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::limits::CALL_KEPT;
use hotlined_instance::cluster::loaded_calls::LoadedSwitch;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp};
use hotlined_instance::persist::outbox::{Delivery, DeliveryId};
use hotlined_simulator::redis::SimulatedRedis;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tokio::runtime::Runtime;

/// What one of two daemons says.
#[derive(Clone, Debug)]
enum Word {
    Ask(u8, AcdRequest),
    /// The last request of the call.
    Again(u8),
    Forget(u8),
    Hold(u8, u32, u8, u8),
    Due,
    Look,
    Barrier(u64),
    IsLive(u8, Option<u8>),
    HotlineVersion(u8),
    Outdated(Vec<u8>),
    Over(u8, bool),
    Delivers(u8),
    Done(Vec<u8>),
    Adopt(Vec<u8>),
    Acquire,
    Renew,
    GiveUp,
    LookAround,
    Load,
}

fn calls() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..5u8, 1..4)
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        24 => (0..5u8, request()).prop_map(|(call, request)| Word::Ask(call, request)),
        4 => (0..5u8).prop_map(Word::Again),
        2 => (0..5u8).prop_map(Word::Forget),
        3 => (0..5u8, 0..4u32, 0..5u8, 0..3u8)
            .prop_map(|(call, back, line, pool)| Word::Hold(call, back, line, pool)),
        3 => Just(Word::Due),
        2 => Just(Word::Look),
        1 => (1..9u64).prop_map(Word::Barrier),
        5 => (0..5u8, prop::option::of(0..3u8)).prop_map(|(call, edition)| Word::IsLive(call, edition)),
        2 => (0..3u8).prop_map(Word::HotlineVersion),
        1 => prop::collection::vec(0..3u8, 1..3).prop_map(Word::Outdated),
        4 => (0..5u8, any::<bool>()).prop_map(|(call, record)| Word::Over(call, record)),
        1 => (0..5u8).prop_map(Word::Delivers),
        1 => calls().prop_map(Word::Done),
        4 => calls().prop_map(Word::Adopt),
        2 => Just(Word::Acquire),
        2 => Just(Word::Renew),
        2 => Just(Word::GiveUp),
        2 => Just(Word::LookAround),
        3 => Just(Word::Load),
    ]
}

/// After what time, which daemon, with its token or without one.
type Said = (u64, usize, bool, Word);

fn story() -> impl Strategy<Value = Vec<Said>> {
    let after = prop_oneof![4 => 0..20u64, 2 => 0..1_500u64, 1 => 0..20_000_000u64];
    prop::collection::vec((after, 0..2usize, any::<bool>(), word()), 1..60)
}

fn name(who: u8) -> CallId {
    call(&format!("call-{who}"))
}

fn hotline(edition: u8) -> Hotline {
    let hotline = SimpleHotline::default().hotline("4008001234", &format!("The {edition}th"), Vec::new());
    Hotline { version: Version::of(&hotline), ..hotline }
}

/// What is loaded, in an order.
fn told(loaded: LoadedSwitch) -> String {
    let LoadedSwitch { switch, mut kept, calls: open, ended: _ } = loaded;
    kept.calls.sort_by(|a, b| a.call.cmp(&b.call));
    kept.hotlines.sort_by_key(|hotline| hotline.name.clone());
    kept.deliveries.sort_by(|a, b| a.id.cmp(&b.id));
    let names: Vec<_> = kept.hotlines.iter().map(|hotline| &hotline.name).collect();
    format!("{switch} {:?} {names:?} {:?} {} {open:?}", kept.calls, kept.deliveries, kept.losses.len())
}

/// A daemon at both.
struct Daemon {
    id: DaemonId,
    store: RedisClient,
    inbox: Inbox,
    place: u64,
    /// By what right it believes to act.
    fence: Option<Fence>,
}

impl Daemon {
    async fn at(settings: &RedisSettings) -> Self {
        let mut store = connected(settings).await;
        let key = store.keys().inbox(store.daemon());
        let inbox = Inbox::open(store.link(), key).await.unwrap();
        Self { id: settings.daemon.clone(), store, inbox, place: 0, fence: None }
    }
}

/// Both servers, and what was asked of them.
struct Pair {
    runtime: Runtime,
    daemons: [Daemon; 2],
    simulated: SimulatedRedis,
    now: Instant,
    numbers: u32,
    claims: BTreeMap<u8, Vec<u32>>,
    last: BTreeMap<u8, (u32, AcdRequest)>,
}

impl Pair {
    fn new(begin: Instant) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let [one, two] = settings_of_its_own(["one", "two"]);
        let daemons = runtime.block_on(async { [Daemon::at(&one).await, Daemon::at(&two).await] });
        Self {
            runtime,
            daemons,
            simulated: SimulatedRedis::default(),
            now: begin,
            numbers: 0,
            claims: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }

    /// The newest claim of the call but so many; what was never claimed where there is none.
    fn claim(&self, who: u8, back: u32) -> u32 {
        let claims = self.claims.get(&who).map_or(&[][..], Vec::as_slice);
        claims.iter().rev().nth(back as usize).copied().unwrap_or(u32::MAX)
    }

    fn ask(&mut self, who: u8, request: &AcdRequest) -> RedisOp {
        self.numbers += 1;
        let mut request = request.clone();
        match &mut request {
            AcdRequest::Claim(_) => self.claims.entry(who).or_default().push(self.numbers),
            AcdRequest::Release { claim, .. }
            | AcdRequest::Abandon { claim }
            | AcdRequest::Place { claim } => *claim = self.claim(who, *claim),
            AcdRequest::Remember { .. }
            | AcdRequest::Admit { .. }
            | AcdRequest::Leave { .. }
            | AcdRequest::CountCode { .. } => {}
        }
        self.last.insert(who, (self.numbers, request.clone()));
        RedisOp::Request { id: CommandId { call: name(who), number: self.numbers }, request }
    }

    /// What is asked by this word; none where it is about the lease.
    fn asked(&mut self, word: &Word) -> Option<RedisOp> {
        let keep = |what| Some(RedisOp::Replicate { switch: switch(), op: what });
        let names = |calls: &[u8]| calls.iter().map(|who| name(*who)).collect::<Vec<_>>();
        match word {
            Word::Ask(who, request) => Some(self.ask(*who, request)),
            Word::Again(who) => {
                let (number, request) = self.last.get(who).cloned()?;
                Some(RedisOp::Request { id: CommandId { call: name(*who), number }, request })
            }
            Word::Forget(who) => {
                self.last.remove(who);
                Some(RedisOp::Forget(name(*who)))
            }
            Word::Hold(who, back, of, in_pool) => {
                let number = self.claim(*who, *back);
                let number = if number == u32::MAX { return None } else { number };
                let (line, pool) = (line(&format!("139 {of}:x")), pool(&format!("400:{in_pool}/销售")));
                Some(RedisOp::Hold { id: CommandId { call: name(*who), number }, line, pool })
            }
            Word::Due => Some(RedisOp::RunDue),
            Word::Look => Some(RedisOp::CountUsage),
            Word::Barrier(number) => Some(RedisOp::Barrier(*number)),
            Word::IsLive(who, edition) => {
                let call = name(*who);
                let kept = RawSavedCall {
                    format: SAVED_FORMAT,
                    call: call.clone(),
                    at: None,
                    state: self.numbers.into(),
                };
                let edition = edition.map(|edition| HotlineVersion::of(&hotline(edition)));
                let saved = rmp_serde::to_vec_named(&kept).unwrap();
                keep(ReplicationOp::SaveCall {
                    call,
                    entry: CallEntry { version: edition, open_claims: Vec::new(), saved },
                })
            }
            Word::HotlineVersion(edition) => {
                let hotline = hotline(*edition);
                let json = serde_json::to_string(&hotline).unwrap().into();
                keep(ReplicationOp::SaveVersion { version: HotlineVersion::of(&hotline), json })
            }
            Word::Outdated(editions) => keep(ReplicationOp::DropVersions(
                editions.iter().map(|edition| HotlineVersion::of(&hotline(*edition))).collect(),
            )),
            Word::Over(who, record) => {
                self.last.remove(who);
                let of =
                    |who: &u8| Delivery { id: DeliveryId::record(name(*who)), payload: format!("{{{who}}}") };
                let deliveries = record.then(|| of(who)).into_iter().collect();
                keep(ReplicationOp::EndCall { call: name(*who), deliveries })
            }
            Word::Delivers(who) => {
                let id = DeliveryId { kind: "toy".into(), ..DeliveryId::record(name(*who)) };
                keep(ReplicationOp::AddDeliveries(vec![Delivery { id, payload: "{}".to_owned() }]))
            }
            Word::Done(calls) => keep(ReplicationOp::RemoveDeliveries(
                names(calls).into_iter().map(DeliveryId::record).collect(),
            )),
            Word::Adopt(calls) => keep(ReplicationOp::AdoptCalls(names(calls))),
            Word::Acquire | Word::Renew | Word::GiveUp | Word::LookAround | Word::Load => None,
        }
    }

    fn say(&mut self, said: &Said) -> Result<(), TestCaseError> {
        let (_, who, shows, word) = said;
        let asked = self.asked(word);
        let (at, daemon) = (self.now, &mut self.daemons[*who]);
        if let Some(ask) = asked {
            let fence = daemon.fence.clone().filter(|_| *shows);
            let asked = [FencedOp { at, op: ask, fence }];
            let real = self.runtime.block_on(daemon.store.ask(&asked));
            let simulated = self.simulated.execute(Instant(0), &daemon.id, &asked);
            prop_assert_eq!(&simulated, &real, "{:?}", asked);
        } else {
            self.about_the_lease(*who, word)?;
        }
        for daemon in &mut self.daemons {
            let real = self.runtime.block_on(daemon.inbox.read(daemon.store.link())).unwrap();
            let simulated = self.simulated.read_inbox(&daemon.id, &mut daemon.place);
            prop_assert_eq!(&simulated, &real, "the inbox of {} after {:?}", daemon.id, word);
        }
        Ok(())
    }

    fn about_the_lease(&mut self, who: usize, word: &Word) -> Result<(), TestCaseError> {
        let (at, daemon) = (self.now, &mut self.daemons[who]);
        let fence = daemon.fence.clone().unwrap_or(Fence { switch: switch(), token: 0 });
        // Clocks differ by what the story takes.
        let whose = |taken: Result<LeaseReply, RedisFailure>| match taken.unwrap() {
            LeaseReply::Granted(fence) => Ok(fence),
            LeaseReply::Denied { owner, left } => Err((owner, left > Millis(0))),
        };
        let (real, simulated) = match word {
            Word::Acquire => {
                let real = self.runtime.block_on(daemon.store.acquire(&switch(), LONG));
                // A token is the time at which it is given.
                let given = if let Ok(LeaseReply::Granted(fence)) = &real {
                    Instant(fence.token)
                } else {
                    Instant(0)
                };
                (real, self.simulated.acquire(given, &daemon.id, &switch(), LONG))
            }
            Word::Renew => (
                self.runtime.block_on(daemon.store.renew(&fence, LONG)),
                self.simulated.renew(Instant(0), &daemon.id, &fence, LONG),
            ),
            Word::GiveUp => {
                self.runtime.block_on(daemon.store.give_up(&fence)).unwrap();
                self.simulated.give_up(Instant(0), &daemon.id, &fence).unwrap();
                return Ok(());
            }
            Word::LookAround => {
                let acts = daemon.fence.iter().map(|fence| fence.switch.clone()).collect();
                let presence = Presence { can_serve: vec![switch()], active_for: acts, up: Millis(7) };
                let seen = |view: ClusterView| {
                    let leases = view.leases.into_iter();
                    let leases =
                        leases.map(|(of, lease)| (of, lease.map(|(owner, left)| (owner, left.0 > 0))));
                    (view.others, leases.collect::<Vec<_>>())
                };
                let real = self.runtime.block_on(daemon.store.announce(&presence, LONG)).map(seen);
                let simulated = self.simulated.look(Instant(0), &daemon.id, &presence, LONG).map(seen);
                prop_assert_eq!(simulated, real);
                return Ok(());
            }
            Word::Load => {
                let real = self.runtime.block_on(daemon.store.load(at, &fence)).map(told);
                let simulated = self.simulated.load(Instant(0), &fence).map(told);
                prop_assert_eq!(simulated, real);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let (real, simulated) = (whose(real), whose(simulated));
        prop_assert_eq!(&simulated, &real, "{:?} by {}", word, daemon.id);
        daemon.fence = real.ok().or(daemon.fence.take());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: SHRINKS, ..cases(3 * CASES) })]

    #[test]
    fn both_say_the_same_to_two_daemons(story in story()) {
        needs!(of &[REDIS], else Ok(()));
        // Two hours before the counts of talks are halved.
        let begin = Instant(1_700_071_200_000);
        let mut pair = Pair::new(begin);
        for said in &story {
            // A call is over that was not heard of for a day: a story may be longer than that.
            let later = pair.now + Millis(said.0);
            pair.now = if later.since(begin) < Millis(3 * CALL_KEPT.0) { later } else { pair.now };
            pair.say(said)?;
        }
    }
}
