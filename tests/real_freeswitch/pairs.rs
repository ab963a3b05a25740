//! Two daemons beside one real switch, with leases as long as the default: what callers and agents notice when one
//! of the two dies, sleeps, or is told to stop.

use super::{lab, wait_for_talk, went};
use crate::support::needs;
use crate::support::redis_server::{self, Server};
use hotlined_core::event::Cause;
use hotlined_core::record::{AttemptOutcome, EndedBy, Outcome};
use lab::daemon::{Daemon, Hotline, Plan};
use lab::phone::{Agent, Caller};
use lab::proxy::Wire;
use lab::switch::Switch;
use lab::tell;
use lab::wait::{ms, s};
use std::time::Instant;

const STANDS_BY: &str = "Redis answers";
const ACTS: &str = "acting for the switch";

/// One that acts, and one that stands by.
struct Pair {
    _redis: Server,
    one: Daemon,
    other: Daemon,
}

impl Pair {
    fn up(lab: &Switch, hotline: &Hotline) -> Self {
        let redis = Server::at(redis_server::free_port(), &[]);
        let port = redis.port.unwrap();
        Self::through(redis, port, lab, hotline)
    }

    /// The one reaches Redis at this port.
    fn through(redis: Server, port: u16, lab: &Switch, hotline: &Hotline) -> Self {
        let plan = |name, redis| Plan::new(lab, std::slice::from_ref(hotline)).shares(redis, name);
        let one = plan("one", port).up();
        let other = plan("other", redis.port.unwrap()).start();
        other.wait_for_log(STANDS_BY, 1, s(10));
        Self { _redis: redis, one, other }
    }

    /// Until the other one serves; says how long that took.
    fn changes(&self, since: Instant, what: &str) {
        self.other.wait_for_log(ACTS, 1, s(10));
        let acts = since.elapsed();
        self.other.wait_for_link(1);
        let serves = since.elapsed();
        tell(&format!(
            "{what}: the other acts after {:.2} s, serves after {:.2} s",
            acts.as_secs_f64(),
            serves.as_secs_f64()
        ));
        // The lease is 2 s; from its end on there are 3.
        assert!(serves <= s(5), "{serves:?}");
    }

    /// Both stop, and only the other one wrote a record.
    fn end(self) {
        self.one.stop(0);
        self.other.stop(1);
    }
}

#[test]
fn a_talk_goes_on_with_the_other_daemon_when_one_is_killed() {
    needs!(REDIS);
    let Some(lab) = lab::open() else { return };
    let number = "4000000160";
    let agent = Agent::Leaves(ms(200), ms(8_000)).ready(&lab);
    let mut pair = Pair::up(&lab, &Hotline::new(number, &[agent.endpoint()]));
    let mut caller = Caller::to(number).call(&lab);
    wait_for_talk(&pair.one, 1);
    pair.one.signal("KILL");
    let killed = Instant::now();
    assert_eq!(pair.one.wait_for_end(s(5)), None, "it was killed");
    pair.changes(killed, "killed in a talk");
    assert_eq!(lab.channels().len(), 2, "the talk goes on");
    assert_eq!(caller.wait_for_end(s(15)), Some(200));
    let record = pair.other.record(number);
    let talked = vec![AttemptOutcome::Talked];
    assert_eq!(went(&record), (Outcome::Answered, EndedBy::Agent, Cause::Normal, talked));
    assert!((7_500..8_500).contains(&record.talk.0), "{record:#?}");
    lab.is_empty_soon();
    pair.other.stop(1);
}

#[test]
fn a_caller_who_hears_the_ringback_is_joined_by_the_other_daemon() {
    needs!(REDIS);
    let Some(lab) = lab::open() else { return };
    let number = "4000000161";
    let agent = Agent::Answers(ms(6_000)).ready(&lab);
    let mut pair = Pair::up(&lab, &Hotline::new(number, &[agent.endpoint()]));
    let mut caller = Caller::to(number).talks(ms(500)).call(&lab);
    agent.wait_for_request("INVITE", s(5));
    pair.one.signal("KILL");
    let killed = Instant::now();
    assert_eq!(pair.one.wait_for_end(s(5)), None, "it was killed");
    pair.changes(killed, "killed while an agent rings");
    assert_eq!(caller.wait_for_end(s(15)), Some(200));
    let talked = vec![AttemptOutcome::Talked];
    let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked);
    assert_eq!(went(&pair.other.record(number)), due);
    let invites = agent.messages().into_iter().filter(|m| m.line().starts_with("INVITE")).count();
    assert_eq!(invites, 1, "the telephone that rang goes on ringing");
    lab.is_empty_soon();
    pair.other.stop(1);
}

#[test]
fn a_daemon_that_slept_through_its_lease_does_nothing_when_it_wakes_up() {
    needs!(REDIS);
    let Some(lab) = lab::open() else { return };
    let number = "4000000162";
    let agent = Agent::Answers(ms(6_000)).ready(&lab);
    let pair = Pair::up(&lab, &Hotline::new(number, &[agent.endpoint()]));
    let mut caller = Caller::to(number).talks(ms(1_500)).call(&lab);
    agent.wait_for_request("INVITE", s(5));
    pair.one.signal("STOP");
    pair.changes(Instant::now(), "asleep while an agent rings");
    // Whatever the switch told it meanwhile lies in its socket: it would join them, too, and renew the fallback.
    wait_for_talk(&pair.other, 1);
    pair.one.signal("CONT");
    pair.one.wait_for_log("another daemon acts", 1, s(5));
    assert_eq!(caller.wait_for_end(s(15)), Some(200));
    let talked = vec![AttemptOutcome::Talked];
    let due = (Outcome::Answered, EndedBy::Caller, Cause::Normal, talked);
    assert_eq!(went(&pair.other.record(number)), due);
    lab.is_empty_soon();
    pair.end();
}

/// It is the switch that tells it: the other's word comes to it as an event.
#[test]
fn a_daemon_cut_off_from_redis_alone_hears_at_the_switch_that_the_other_acts() {
    needs!(REDIS);
    let Some(lab) = lab::open() else { return };
    let number = "4000000164";
    let agent = Agent::Leaves(ms(200), ms(8_000)).ready(&lab);
    let redis = Server::at(redis_server::free_port(), &[]);
    let wire = Wire::to(redis.port.unwrap());
    let watcher = lab.connect().watch("CUSTOM hotlined::acts");
    let pair = Pair::through(redis, wire.port, &lab, &Hotline::new(number, &[agent.endpoint()]));
    let mut caller = Caller::to(number).call(&lab);
    wait_for_talk(&pair.one, 1);
    wire.cut();
    let cut = Instant::now();
    let said = watcher.wait("the other to say that it acts", s(10), |h| h.get("Hotlined-Daemon") == "other");
    pair.one.wait_for_log("another daemon acts for it by now", 1, s(5));
    let stood_by = said.at.elapsed();
    tell(&format!(
        "cut off from Redis: stands by {:.0} ms after the other's word",
        stood_by.as_secs_f64() * 1e3
    ));
    pair.changes(cut, "cut off from Redis in a talk");
    assert_eq!(lab.channels().len(), 2, "the talk goes on");
    assert_eq!(caller.wait_for_end(s(15)), Some(200));
    let talked = vec![AttemptOutcome::Talked];
    let due = (Outcome::Answered, EndedBy::Agent, Cause::Normal, talked);
    assert_eq!(went(&pair.other.record(number)), due);
    lab.is_empty_soon();
    wire.mend();
    pair.one.wait_for_log("Redis is back", 1, s(10));
    pair.end();
}

#[test]
fn a_daemon_that_is_told_to_stop_leaves_a_talk_to_the_other() {
    needs!(REDIS);
    let Some(lab) = lab::open() else { return };
    let number = "4000000163";
    let agent = Agent::Leaves(ms(200), ms(4_000)).ready(&lab);
    let pair = Pair::up(&lab, &Hotline::new(number, &[agent.endpoint()]));
    let mut caller = Caller::to(number).call(&lab);
    wait_for_talk(&pair.one, 1);
    let told = Instant::now();
    pair.one.stop(0);
    pair.other.wait_for_link(1);
    tell(&format!("told to stop: the other serves after {:.2} s", told.elapsed().as_secs_f64()));
    assert_eq!(caller.wait_for_end(s(15)), Some(200));
    let talked = vec![AttemptOutcome::Talked];
    assert_eq!(went(&pair.other.record(number)), (Outcome::Answered, EndedBy::Agent, Cause::Normal, talked));
    lab.is_empty_soon();
    pair.other.stop(1);
}
