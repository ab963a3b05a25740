//! Daemons that share switches by a few leases, on a clock of our own.

use super::*;
use std::collections::BTreeSet;

const SPAN: Millis = Millis(2_000);
const BEGIN: Instant = Instant(1_800_000_000_000);

/// What Redis knows, as the scripts do it.
#[derive(Default)]
struct Redis {
    leases: BTreeMap<SwitchId, (DaemonId, u64, Instant)>,
    highest: BTreeMap<SwitchId, u64>,
    shown: BTreeMap<DaemonId, (Instant, Presence)>,
}

impl Redis {
    fn lease(&self, now: Instant, switch: &SwitchId) -> Option<&(DaemonId, u64, Instant)> {
        self.leases.get(switch).filter(|(_, _, until)| *until > now)
    }

    fn theirs(&self, now: Instant, switch: &SwitchId) -> LeaseReply {
        let owner = self.lease(now, switch);
        let left = owner.map_or(Millis(0), |(_, _, until)| Millis(until.since(now).0));
        LeaseReply::Denied { owner: owner.map(|(owner, ..)| owner.to_string()), left }
    }

    fn let_to(&mut self, now: Instant, daemon: &DaemonId, fence: Fence) -> LeaseReply {
        self.highest.insert(fence.switch.clone(), fence.token);
        self.leases.insert(fence.switch.clone(), (daemon.clone(), fence.token, now + SPAN));
        LeaseReply::Granted(fence)
    }

    fn acquire(&mut self, now: Instant, daemon: &DaemonId, switch: &SwitchId) -> LeaseReply {
        if self.lease(now, switch).is_some_and(|(owner, ..)| owner != daemon) {
            return self.theirs(now, switch);
        }
        let token = self.highest.get(switch).copied().unwrap_or(0) + 1;
        self.let_to(now, daemon, Fence { switch: switch.clone(), token })
    }

    fn renew(&mut self, now: Instant, daemon: &DaemonId, fence: &Fence) -> LeaseReply {
        if fence.token >= self.highest.get(&fence.switch).copied().unwrap_or(0) {
            return self.let_to(now, daemon, fence.clone());
        }
        self.theirs(now, &fence.switch)
    }

    fn view(&self, now: Instant, us: &DaemonId, presence: &Presence) -> ClusterView {
        let others = self.shown.iter().filter(|(name, (at, _))| *name != us && now.since(*at).0 <= SPAN.0);
        let lease = |switch: &SwitchId| {
            self.lease(now, switch).map(|(owner, _, until)| (owner.to_string(), Millis(until.since(now).0)))
        };
        ClusterView {
            others: others.map(|(name, (_, shown))| (name.clone(), shown.clone())).collect(),
            leases: presence.can_serve.iter().map(|switch| (switch.clone(), lease(switch))).collect(),
        }
    }
}

struct House {
    now: Instant,
    redis: Redis,
    is_away: bool,
    /// It does not even refuse: whoever asks waits as long as it has patience.
    is_silent: bool,
    daemons: BTreeMap<&'static str, LeasePolicy>,
    /// Until when each may speak to a switch.
    speaks: BTreeMap<(&'static str, SwitchId), Instant>,
    /// Who does so though nobody can say whether it may.
    alone: BTreeSet<(&'static str, SwitchId)>,
    refuses_to_leave: bool,
    /// Who waits to hear whether somebody else does.
    waits: BTreeSet<(&'static str, SwitchId)>,
    /// The longest that somebody who goes on was not allowed to.
    hushed: Millis,
}

fn switches(count: usize) -> Vec<SwitchId> {
    (1..=count).map(|nth| SwitchId(format!("fs{nth}").into())).collect()
}

impl House {
    fn new(names: &[&'static str], count: usize) -> Self {
        let mut house = Self {
            now: BEGIN,
            redis: Redis::default(),
            is_away: false,
            is_silent: false,
            daemons: BTreeMap::new(),
            speaks: BTreeMap::new(),
            alone: BTreeSet::new(),
            refuses_to_leave: false,
            waits: BTreeSet::new(),
            hushed: Millis(0),
        };
        names.iter().for_each(|name| house.start(name, count));
        house
    }

    fn start(&mut self, name: &'static str, count: usize) {
        let duty = LeasePolicy::new(name.parse().unwrap(), SPAN, switches(count), self.now);
        self.daemons.insert(name, duty);
    }

    fn kill(&mut self, name: &str) -> LeasePolicy {
        self.speaks.retain(|(of, _), _| *of != name);
        self.daemons.remove(name).unwrap()
    }

    /// Lives on for so long. At each moment not more than one daemon may speak to a switch, while Redis is there.
    fn live(&mut self, span: Millis) {
        let end = self.now + span;
        loop {
            let next = self.daemons.iter().map(|(name, duty)| (duty.deadline(), *name)).min();
            let Some((at, name)) = next.filter(|(at, _)| *at <= end) else { break };
            self.now = self.now.max(at);
            let questions = self.daemons.get_mut(name).unwrap().requests_due(self.now);
            self.ask(name, questions);
            for switch in switches(9) {
                let speak = self.speaks.iter().filter(|((_, of), until)| *of == switch && **until > self.now);
                let speak: Vec<_> = speak.collect();
                assert!(speak.len() <= 1, "{speak:?}");
            }
        }
        self.now = end;
    }

    fn ask(&mut self, name: &'static str, questions: Vec<LeaseRequest>) {
        let mut questions = std::collections::VecDeque::from(questions);
        while let Some(question) = questions.pop_front() {
            let (now, us): (_, DaemonId) = (self.now, name.parse().unwrap());
            let duty = self.daemons.get_mut(name).unwrap();
            if self.is_away {
                if self.is_silent {
                    self.now = now + duty.reply_time_max(now);
                }
                let changes = duty.on_failure(now, self.now, &RedisFailure::TimedOut);
                self.change(name, changes);
                return;
            }
            let taken = match &question {
                LeaseRequest::Announce => {
                    let presence = duty.presence(now);
                    self.redis.shown.insert(us.clone(), (now, presence.clone()));
                    let (more, changes) = duty.on_view(now, self.redis.view(now, &us, &presence));
                    questions.extend(more);
                    let more = self.change(name, changes);
                    questions.extend(more);
                    continue;
                }
                LeaseRequest::Acquire(switch) => self.redis.acquire(now, &us, switch),
                LeaseRequest::Renew(fence) => self.redis.renew(now, &us, fence),
                LeaseRequest::GiveUp(fence) => {
                    self.redis.leases.remove(&fence.switch);
                    continue;
                }
            };
            let changes = duty.on_reply(now, &question, &taken);
            questions.extend(self.change(name, changes));
        }
    }

    fn change(&mut self, name: &'static str, changes: Vec<LeaseChange>) -> Vec<LeaseRequest> {
        let mut questions = Vec::new();
        for change in changes {
            match change {
                LeaseChange::Acquired { fence, until } => {
                    assert_eq!(self.speaks.insert((name, fence.switch), until), None);
                }
                LeaseChange::Extended { switch, until } => {
                    if !self.is_away {
                        self.alone.remove(&(name, switch.clone()));
                    }
                    self.goes_on(name, switch, until);
                }
                LeaseChange::ExtendedUnconfirmed { switch, until } => {
                    assert!(self.alone.insert((name, switch.clone())), "told once");
                    self.goes_on(name, switch, until);
                }
                LeaseChange::Suspended { switch } => {
                    assert!(self.speaks[&(name, switch.clone())] <= self.now);
                    assert!(self.waits.insert((name, switch)), "told once");
                }
                LeaseChange::Lost { switch } => assert!(self.speaks.remove(&(name, switch)).is_some()),
                LeaseChange::NameConflict { switch } => {
                    panic!("nobody else is called {name} and acts for {switch}")
                }
                LeaseChange::HandOver { switch } => {
                    let kept = !self.refuses_to_leave;
                    if kept {
                        self.speaks.remove(&(name, switch.clone()));
                    }
                    questions.extend(self.daemons.get_mut(name).unwrap().end_lease(self.now, &switch, kept));
                }
            }
        }
        questions
    }

    fn goes_on(&mut self, name: &'static str, switch: SwitchId, until: Instant) {
        self.waits.remove(&(name, switch.clone()));
        let before = self.speaks.insert((name, switch), until).unwrap();
        self.hushed = self.hushed.max(self.now.since(before));
    }

    fn acts(&self, name: &str) -> Vec<String> {
        self.daemons[name].active_switches().map(ToString::to_string).collect()
    }
}

#[test]
fn switches_are_shared_out_and_move_when_a_daemon_dies_and_back_when_it_is_there_again() {
    let mut house = House::new(&["a", "b"], 4);
    house.live(Millis::seconds(3));
    assert_eq!([house.acts("a").len(), house.acts("b").len()], [4, 0], "whoever comes first does not wait");
    house.live(Millis::seconds(20));
    assert_eq!([house.acts("a").len(), house.acts("b").len()], [2, 2]);
    house.kill("b");
    house.live(SPAN);
    house.live(Millis(SPAN.0 / 2 + 100));
    assert_eq!(house.acts("a").len(), 4, "within half a span of the end of the leases");
    house.start("b", 4);
    house.live(NEW_FOR);
    assert_eq!(house.acts("b").len(), 0, "who just came may go again");
    house.live(Millis::seconds(20));
    assert_eq!([house.acts("a").len(), house.acts("b").len()], [2, 2]);
    let settled = (house.acts("a"), house.acts("b"));
    house.live(Millis::seconds(600));
    assert_eq!((house.acts("a"), house.acts("b")), settled, "nothing moves without need");
}

#[test]
fn of_two_for_one_switch_one_stands_by_and_takes_over_as_soon_as_the_lease_ends() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(30));
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (1, 0));
    house.kill("a");
    let (_, _, until) = house.redis.leases[&switches(1)[0]];
    let later = Millis(until.since(house.now).0 + 10);
    house.live(later);
    assert_eq!(house.acts("b"), ["fs1"], "it waited for the end of the lease, and no longer");
}

#[test]
fn whoever_was_paused_ends_before_it_says_anything_more() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(5));
    let paused = house.kill("a");
    house.live(SPAN);
    house.live(SPAN);
    assert_eq!(house.acts("b"), ["fs1"]);
    // It wakes up, and believes that it acts; what it says does not count, since its time is over.
    house.daemons.insert("a", paused);
    house.speaks.insert(("a", switches(1)[0].clone()), BEGIN);
    house.live(SPAN);
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (0, 1));
}

#[test]
fn whoever_was_paused_while_others_were_answered_does_not_go_on_because_nobody_is_any_more() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(5));
    let paused = house.kill("a");
    house.live(SPAN);
    house.live(SPAN);
    assert_eq!(house.acts("b"), ["fs1"]);
    house.is_away = true;
    house.live(Millis(SPAN.0 / 2));
    // It wakes up, its lease is over, and nobody can say that somebody else has it.
    house.daemons.insert("a", paused);
    house.speaks.insert(("a", switches(1)[0].clone()), BEGIN);
    house.live(Millis::seconds(60));
    assert_eq!(house.alone, [("b", switches(1).remove(0))].into());
    house.is_away = false;
    house.live(Millis(SPAN.0 * 3));
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (0, 1));
}

#[test]
fn whoever_was_paused_lets_those_speak_first_who_went_on_before_redis_lost_everything() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(5));
    let paused = house.kill("a");
    house.live(SPAN);
    house.live(SPAN);
    assert_eq!(house.acts("b"), ["fs1"]);
    house.is_away = true;
    house.live(Millis::seconds(10));
    house.daemons.insert("a", paused);
    house.speaks.insert(("a", switches(1)[0].clone()), BEGIN);
    house.live(Millis(1));
    // Of what is lost, the higher token is a part.
    (house.redis, house.is_away) = (Redis::default(), false);
    house.live(Millis(SPAN.0 * 3));
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (0, 1));
}

#[test]
fn whoever_was_paused_goes_on_where_nobody_else_came() {
    let mut house = House::new(&["a"], 1);
    house.live(Millis::seconds(5));
    house.now = house.now + Millis::seconds(60);
    house.live(Millis(SPAN.0 / 2));
    let speaks = |house: &House| house.speaks[&("a", switches(1).remove(0))] > house.now;
    assert!(!speaks(&house) && house.waits.len() == 1);
    house.live(SPAN);
    assert!(speaks(&house) && house.acts("a") == ["fs1"] && house.waits.is_empty());
}

#[test]
fn whoever_goes_on_alone_and_is_paused_does_not_when_it_wakes_up() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(5));
    house.is_away = true;
    house.live(Millis::seconds(20));
    assert_eq!(house.alone, [("a", switches(1).remove(0))].into());
    let (paused, until) = (house.daemons.remove("a").unwrap(), house.speaks[&("a", switches(1).remove(0))]);
    house.is_away = false;
    // That nobody else speaks before its time is over is looked at all the while.
    house.live(Millis(SPAN.0 * 3));
    assert_eq!(house.acts("b"), ["fs1"]);
    house.is_away = true;
    house.live(Millis(SPAN.0 / 2));
    house.daemons.insert("a", paused);
    house.live(Millis::seconds(20));
    assert_eq!(house.speaks[&("a", switches(1).remove(0))], until, "never again");
}

#[test]
fn while_nobody_can_say_who_acts_whoever_did_goes_on() {
    let mut house = House::new(&["a", "b"], 3);
    house.live(Millis::seconds(30));
    let acts = (house.acts("a"), house.acts("b"));
    house.is_away = true;
    house.live(Millis(SPAN.0 - 600));
    assert!(house.alone.is_empty(), "nobody else may, yet");
    house.live(Millis::seconds(60));
    let speak = house.speaks.values().filter(|until| **until > house.now).count();
    assert_eq!((speak, house.alone.len()), (3, 3), "{:?}", house.speaks);
    // Redis comes back and knows nothing any more.
    house.redis = Redis::default();
    house.is_away = false;
    house.live(Millis(SPAN.0 * 3));
    assert_eq!((house.acts("a"), house.acts("b")), acts);
    assert!(house.speaks.values().all(|until| *until > house.now) && house.alone.is_empty());
}

#[test]
fn whoever_is_answered_nothing_goes_on_without_a_pause() {
    for (is_silent, hushed_max) in [(false, Millis(0)), (true, Millis(SPAN.0 / 8))] {
        for later in (0..SPAN.0).step_by(10) {
            let mut house = House::new(&["a"], 3);
            house.live(Millis(5_000 + later));
            assert_eq!(house.hushed, Millis(0));
            (house.is_away, house.is_silent) = (true, is_silent);
            house.live(Millis::seconds(30));
            assert_eq!(house.alone.len(), 3);
            assert!(house.hushed <= hushed_max, "{is_silent} {later}: {}", house.hushed);
        }
    }
}

#[test]
fn a_daemon_that_stops_leaves_everything_to_others_and_keeps_what_nobody_wants() {
    let mut house = House::new(&["a", "b"], 2);
    house.daemons.insert("c", LeasePolicy::new("c".parse().unwrap(), SPAN, switches(3), house.now));
    house.live(Millis::seconds(5));
    assert_eq!(house.daemons.values().map(|duty| duty.active_switches().count()).sum::<usize>(), 3);
    let now = house.now;
    house.daemons.get_mut("c").unwrap().stop(now);
    house.live(SPAN);
    assert_eq!(house.acts("c"), ["fs3"], "nobody else could");
    house.daemons.get_mut("a").unwrap().stop(now);
    house.live(SPAN);
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (0, 2));
}

#[test]
fn what_cannot_be_left_yet_is_left_later() {
    let mut house = House::new(&["a"], 2);
    house.live(Millis::seconds(5));
    house.start("b", 2);
    house.refuses_to_leave = true;
    house.live(Millis::seconds(30));
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (2, 0));
    house.refuses_to_leave = false;
    house.live(Millis::seconds(10));
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (1, 1));
}

/// Cut off from Redis, it would go on; the switch told it.
#[test]
fn whoever_hears_at_the_switch_of_a_later_right_acts_no_more_while_that_holds() {
    let mut house = House::new(&["a"], 1);
    house.live(Millis::seconds(5));
    let (now, switch) = (house.now, switches(1).remove(0));
    let ours = Fence { switch: switch.clone(), token: house.redis.leases[&switch].1 };
    let theirs = Fence { switch: switch.clone(), token: ours.token + 1 };
    let later = Millis(SPAN.0 * 2);
    house.redis.leases.insert(switch.clone(), ("b".parse().unwrap(), theirs.token, now + later));
    house.redis.highest.insert(switch.clone(), theirs.token);
    let duty = house.daemons.get_mut("a").unwrap();
    assert_eq!(duty.superseded(now, &theirs), [], "that is not the right we act by");
    assert_eq!(duty.active_switches().count(), 1);
    assert_eq!(duty.superseded(now, &ours), [LeaseRequest::GiveUp(ours.clone())], "if it is there still");
    assert_eq!(duty.superseded(now, &ours), []);
    house.speaks.remove(&("a", switch));
    house.live(Millis(later.0 - 100));
    assert_eq!(house.acts("a").len(), 0);
    house.live(SPAN);
    assert_eq!(house.acts("a"), ["fs1"], "the other's lease has ended");
}

#[test]
fn a_switch_that_does_not_let_us_in_is_somebody_elses_for_a_while() {
    let mut house = House::new(&["a", "b"], 1);
    house.live(Millis::seconds(5));
    let (now, switch) = (house.now, switches(1).remove(0));
    let questions = house.daemons.get_mut("a").unwrap().cannot_serve(now, &switch);
    house.speaks.remove(&("a", switch));
    house.ask("a", questions);
    house.live(SPAN);
    assert_eq!(house.acts("b"), ["fs1"]);
    house.kill("b");
    house.live(Millis::seconds(10));
    assert_eq!(house.acts("a").len(), 0);
    house.live(Millis::seconds(30));
    assert_eq!(house.acts("a"), ["fs1"]);
}

#[test]
fn a_switch_that_we_cannot_reach_is_left_to_somebody_who_may_if_there_is_anybody() {
    let mut house = House::new(&["a"], 1);
    house.live(Millis::seconds(5));
    let switch = switches(1).remove(0);
    assert!(house.daemons.get_mut("a").unwrap().link_down(&switch).is_empty(), "nobody else is there");
    house.start("b", 1);
    house.live(Millis::seconds(5));
    let changes = house.daemons.get_mut("a").unwrap().link_down(&switch);
    assert_eq!(changes, [LeaseChange::HandOver { switch: switch.clone() }]);
    let questions = house.change("a", changes);
    house.ask("a", questions);
    house.live(SPAN);
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (0, 1));
    // That one cannot either.
    let changes = house.daemons.get_mut("b").unwrap().link_down(&switch);
    let questions = house.change("b", changes);
    house.ask("b", questions);
    house.live(UNLINKED_FOR);
    assert_eq!((house.acts("a").len(), house.acts("b").len()), (1, 0));
    // And then there is nobody any more to leave it to, though that is not known yet.
    house.kill("b");
    let changes = house.daemons.get_mut("a").unwrap().link_down(&switches(1)[0]);
    let questions = house.change("a", changes);
    house.ask("a", questions);
    assert_eq!(house.acts("a").len(), 0);
    house.live(SPAN);
    house.live(Millis(SPAN.0 / 2));
    assert_eq!(house.acts("a").len(), 1);
}

#[test]
fn a_daemon_started_anew_has_at_once_what_it_had_but_two_of_one_name_do_not_take_turns() {
    let mut house = House::new(&["a"], 1);
    house.live(Millis::seconds(5));
    let mut old = house.kill("a");
    house.start("a", 1);
    house.live(Millis(10));
    assert_eq!(house.acts("a"), ["fs1"]);
    // The old one was not dead. It ends, sees its own name, and lets it be.
    let (now, us) = (house.now, "a".parse().unwrap());
    let fence = Fence { switch: switches(1).remove(0), token: 1 };
    let taken = house.redis.renew(now, &us, &fence);
    let changes = old.on_reply(now, &LeaseRequest::Renew(fence), &taken);
    assert!(matches!(changes[..], [LeaseChange::Lost { .. }]), "{changes:?}");
    let (questions, changes) = old.on_view(now, house.redis.view(now, &us, &old.presence(now)));
    assert!(
        questions.is_empty() && matches!(changes[..], [LeaseChange::NameConflict { .. }]),
        "{questions:?} {changes:?}"
    );
}
