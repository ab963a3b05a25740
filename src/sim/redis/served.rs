//! What stands between a daemon's loop and the server: one round trip at a time, what is due, the inbox, connecting
//! anew. [`LiveState::serve`](crate::live::redis::LiveState::serve) is the same with a socket and a runtime.

use super::Redis;
use super::asked::unanswered;
use crate::live::DaemonId;
use crate::live::redis::{
    Answered, Ask, Asked, COMMAND_TIME_MAX, Failure, Heard, LOOK_EVERY, RECONNECT_WAIT_MAX,
    RECONNECT_WAIT_MIN, Remedy, Said, Timeline, next_due, said, unasked,
};
use crate::time::{Instant, Millis};
use std::collections::VecDeque;

/// One daemon's connection, and what waits for it.
#[derive(Debug)]
pub struct Served {
    daemon: DaemonId,
    stage: Stage,
    /// Why nothing is answered; none before the first attempt to connect is over.
    away: Option<Failure>,
    wait: Millis,
    /// Where the inbox was read to, since the first connection.
    place: Option<u64>,
    /// How often the server had gone away when the connection came up.
    breaks: u64,
    waiting: VecDeque<Vec<Asked>>,
    due: Option<Instant>,
    looked_at: Instant,
    timeline: Timeline,
    /// How long a word is on its way to the server, and back.
    transit: Millis,
}

#[derive(Debug)]
enum Stage {
    /// It tries to connect then.
    Connects(Instant),
    /// Nothing is on its way.
    Idle,
    /// This reaches the server then.
    Asks(Instant, Vec<Asked>),
    /// This is heard then.
    Hears(Instant, Vec<(Asked, Result<Answered, Failure>)>),
}

impl Served {
    /// For this daemon, which connects at once. A word is so long on its way, either way.
    pub fn new(now: Instant, daemon: DaemonId, transit: Millis) -> Self {
        Self {
            daemon,
            stage: Stage::Connects(now),
            away: None,
            wait: Millis(0),
            place: None,
            breaks: 0,
            waiting: VecDeque::new(),
            due: None,
            looked_at: now,
            timeline: Timeline::default(),
            transit,
        }
    }

    /// Whose connection it is.
    pub fn daemon(&self) -> &DaemonId {
        &self.daemon
    }

    /// What one turn of the loop asks.
    pub fn ask(&mut self, turn: Vec<Asked>) {
        self.waiting.push_back(turn);
    }

    /// When something happens next, with this server, by its clock; `ours` says when it is by that what the daemon's
    /// clock says.
    pub fn next(&self, redis: &Redis, ours: impl Fn(Instant) -> Instant) -> Instant {
        match &self.stage {
            Stage::Connects(at) if !self.waiting.is_empty() && self.away.is_some() => (*at).min(Instant(0)),
            Stage::Connects(at) | Stage::Asks(at, _) | Stage::Hears(at, _) => *at,
            Stage::Idle if !self.waiting.is_empty() || self.has_mail(redis) || self.is_broken(redis) => {
                Instant(0)
            }
            Stage::Idle => {
                let look = self.looked_at + Millis::from(LOOK_EVERY);
                self.due.map_or(look, |due| ours(due).min(look))
            }
        }
    }

    /// Whether the connection broke, which is seen at once.
    fn is_broken(&self, redis: &Redis) -> bool {
        self.place.is_some() && self.breaks != redis.breaks
    }

    fn has_mail(&self, redis: &Redis) -> bool {
        self.place.is_some_and(|place| !redis.is_away() && redis.end_of_inbox(&self.daemon) > place)
    }

    /// Does what is due by now, and tells what the loop hears. `told` is what time it is by the daemon's clock.
    pub fn step(&mut self, now: Instant, told: Instant, redis: &mut Redis) -> Vec<Heard> {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Connects(at) => self.connect(now, (at, told), redis),
            Stage::Idle if self.is_broken(redis) => self.hear((now, told), Vec::new(), true),
            Stage::Idle => self.begin(now, told, redis),
            Stage::Hears(at, outcomes) if at <= now => {
                self.hear((now, told), outcomes, self.is_broken(redis))
            }
            stage @ (Stage::Asks(..) | Stage::Hears(..)) => {
                self.stage = stage;
                self.reach(now, redis);
                Vec::new()
            }
        }
    }

    /// When what is on its way reaches the server, whatever becomes of the daemon.
    pub fn reaches(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Asks(at, _) => Some(*at),
            Stage::Connects(_) | Stage::Idle | Stage::Hears(..) => None,
        }
    }

    /// It does, if it is there by now.
    pub fn reach(&mut self, now: Instant, redis: &mut Redis) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Asks(at, asked) if at <= now => {
                let outcomes = match self.is_broken(redis) {
                    false => self.ask_of(at, &asked, redis),
                    true => unanswered(&asked, &broken()),
                };
                let is_still = outcomes.contains(&Err(Failure::TimedOut));
                let heard = at + if is_still { Millis::from(COMMAND_TIME_MAX) } else { self.transit };
                self.stage = Stage::Hears(heard, asked.into_iter().zip(outcomes).collect());
            }
            stage @ (Stage::Connects(_) | Stage::Idle | Stage::Asks(..) | Stage::Hears(..)) => {
                self.stage = stage;
            }
        }
    }

    /// Nothing more is asked: what was is done, if the server is there.
    pub fn finish(&mut self, now: Instant, redis: &mut Redis) {
        self.reach(Instant(u64::MAX), redis);
        let last: Vec<Asked> = self.waiting.drain(..).flatten().collect();
        if !last.is_empty() {
            self.ask_of(now, &last, redis);
        }
    }

    fn ask_of(&self, now: Instant, asked: &[Asked], redis: &mut Redis) -> Vec<Result<Answered, Failure>> {
        let mut outcomes = redis.ask(now, &self.daemon, &self.timeline.shared(asked));
        for answered in outcomes.iter_mut().flatten() {
            answered.due = answered.due.map(|due| self.timeline.ours(due));
        }
        outcomes
    }

    fn connect(&mut self, now: Instant, (at, told): (Instant, Instant), redis: &mut Redis) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.stage = Stage::Connects(at);
        // Before the first attempt is over nobody knows: what is asked waits for it.
        if let Some(failure) = &self.away {
            heard.extend(self.waiting.drain(..).flatten().map(|asked| unasked(asked, failure)));
        }
        if at > now {
            return heard;
        }
        // A server counts as there once it did what needs a write.
        let due = Asked { at: told, ask: Ask::Due, fence: None };
        self.timeline = Timeline::default();
        match redis.ask(now, &self.daemon, &[due]).pop() {
            Some(Err(failure)) => {
                self.wait = Millis(
                    (self.wait.0 * 2)
                        .clamp(Millis::from(RECONNECT_WAIT_MIN).0, Millis::from(RECONNECT_WAIT_MAX).0),
                );
                let is_still = failure == Failure::TimedOut;
                let failed = now + if is_still { Millis::from(COMMAND_TIME_MAX) } else { Millis(0) };
                self.stage = Stage::Connects(failed + self.wait);
                if self.away.as_ref() != Some(&failure) {
                    heard.push(Heard::Away(failure.clone()));
                }
                self.away = Some(failure);
            }
            said @ (Some(Ok(_)) | None) => {
                if let Some(Ok(Answered { said: Said::Time(shared), .. })) = said {
                    self.timeline.learn(told, shared);
                }
                let end = redis.end_of_inbox(&self.daemon);
                // Another server may have lost what was written last.
                self.place = Some(self.place.map_or(end, |place| place.min(end)));
                (self.away, self.wait, self.stage, self.looked_at) = (None, Millis(0), Stage::Idle, now);
                self.breaks = redis.breaks;
                heard.push(Heard::Back);
            }
        }
        heard
    }

    /// What came in is asked; the inbox is told first, between two round trips.
    fn begin(&mut self, now: Instant, told: Instant, redis: &Redis) -> Vec<Heard> {
        if let Some(place) = &mut self.place {
            let mail = redis.read_inbox(&self.daemon, place);
            if !mail.is_empty() {
                return mail.into_iter().map(Heard::Event).collect();
            }
        }
        let mut asked: Vec<Asked> = self.waiting.drain(..).flatten().collect();
        let looks = now.since(self.looked_at) >= Millis::from(LOOK_EVERY);
        if looks || self.due.is_some_and(|due| due <= told) {
            self.looked_at = now;
            asked.extend([Ask::Due, Ask::Look].map(|ask| Asked { at: told, ask, fence: None }));
        }
        if !asked.is_empty() {
            self.stage = Stage::Asks(now + self.transit, asked);
        }
        Vec::new()
    }

    fn hear(
        &mut self,
        (now, told): (Instant, Instant),
        outcomes: Vec<(Asked, Result<Answered, Failure>)>,
        is_broken: bool,
    ) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut lost = is_broken.then(broken);
        for (asked, outcome) in outcomes {
            match outcome {
                Ok(answered) => {
                    if let Said::Time(shared) = answered.said {
                        self.timeline.learn(told, shared);
                    }
                    self.due = next_due(self.due, &asked, answered.due);
                    heard.extend(said(&asked, answered));
                }
                Err(failure) => {
                    if failure.remedy() == Remedy::Reconnect {
                        lost.get_or_insert_with(|| failure.clone());
                    }
                    if !matches!(asked.ask, Ask::Due | Ask::Look) {
                        heard.push(Heard::Failed { asked: Box::new(asked), failure });
                    }
                }
            }
        }
        if let Some(failure) = lost {
            heard.push(Heard::Away(failure.clone()));
            (self.away, self.wait, self.stage) = (Some(failure), Millis(0), Stage::Connects(now));
        }
        heard
    }
}

fn broken() -> Failure {
    Failure::Lost("the connection broke".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Loss, Redis};
    use super::*;
    use crate::command::{Candidate, Claim, Pick, PoolId, StoreRequest, Turn};
    use crate::event::{Event, StoreAnswer};
    use crate::id::{CommandId, LineId};

    fn claim(call: &str) -> Asked {
        let wait = Some(Turn { priority: 0, since: Instant(0), length_max: 5 });
        let agents = vec![Candidate { line: LineId("a".into()), lines: 1, share: 1 }];
        let claim = Claim { pool: PoolId("sales".into()), agents, pick: Pick::First, caller: None, wait };
        let id = CommandId { call: call.parse().unwrap(), number: 1 };
        Asked { at: Instant(0), ask: Ask::Request { id, request: StoreRequest::Claim(claim) }, fence: None }
    }

    fn until(then: u64, served: &mut Served, redis: &mut Redis) -> Vec<Heard> {
        let (mut now, mut heard) = (Instant(0), Vec::new());
        while served.next(redis, |at| at) <= Instant(then) {
            now = now.max(served.next(redis, |at| at));
            heard.extend(served.step(now, now, redis));
        }
        heard.retain(|heard| !matches!(heard, Heard::Figures(_)));
        heard
    }

    fn answered(call: &str, answer: StoreAnswer) -> Heard {
        let command = CommandId { call: call.parse().unwrap(), number: 1 };
        Heard::Event(Event::Store { command, answer })
    }

    #[test]
    fn a_line_given_back_at_one_daemon_is_told_to_the_other() {
        let mut redis = Redis::default();
        let mut daemons =
            ["one", "two"].map(|name| Served::new(Instant(0), name.parse().unwrap(), Millis(1)));
        for daemon in &mut daemons {
            assert_eq!(until(5, daemon, &mut redis), [Heard::Back]);
        }
        let [one, two] = &mut daemons;
        one.ask(vec![claim("x")]);
        let a = || StoreAnswer::Claimed { line: LineId("a".into()) };
        assert_eq!(until(20, one, &mut redis), [answered("x", a())]);
        two.ask(vec![claim("y")]);
        assert!(matches!(&until(30, two, &mut redis)[..], [Heard::Event(_)]));
        let x = "x".parse().unwrap();
        one.ask(vec![Asked { at: Instant(40), ask: Ask::Forget(x), fence: None }]);
        assert!(matches!(&until(50, one, &mut redis)[..], [Heard::Forgotten { left_behind: 1, .. }]));
        assert_eq!(until(60, two, &mut redis), [answered("y", a())]);
    }

    #[test]
    fn while_the_server_is_away_all_comes_back_at_once() {
        let mut redis = Redis::default();
        let mut one = Served::new(Instant(0), "one".parse().unwrap(), Millis(1));
        assert_eq!(until(5, &mut one, &mut redis), [Heard::Back]);
        redis.goes_away();
        one.ask(vec![claim("x"), Asked { at: Instant(0), ask: Ask::Barrier(7), fence: None }]);
        let heard = until(10, &mut one, &mut redis);
        let [Heard::Away(_), Heard::Failed { .. }, Heard::Reached(7), Heard::Away(_)] = &heard[..] else {
            panic!("{heard:?}")
        };
        one.ask(vec![claim("x")]);
        assert!(matches!(&until(20, &mut one, &mut redis)[..], [Heard::Failed { .. }]));
        redis.comes_back(Instant(30), Loss::Nothing);
        assert_eq!(until(5_000, &mut one, &mut redis), [Heard::Back]);
    }

    #[test]
    fn while_the_server_stands_still_whoever_asks_waits_and_it_is_done_late() {
        let mut redis = Redis::default();
        let mut one = Served::new(Instant(0), "one".parse().unwrap(), Millis(1));
        assert_eq!(until(5, &mut one, &mut redis), [Heard::Back]);
        redis.stands_still();
        one.ask(vec![claim("x")]);
        assert_eq!(until(500, &mut one, &mut redis), []);
        let heard = until(520, &mut one, &mut redis);
        let [Heard::Failed { failure: Failure::TimedOut, .. }, Heard::Away(_)] = &heard[..] else {
            panic!("{heard:?}")
        };
        assert_eq!(redis.in_use(), (0, 0));
        redis.goes_on(Instant(600));
        assert_eq!(redis.in_use(), (1, 0));
        assert_eq!(until(5_000, &mut one, &mut redis), [Heard::Back]);
    }
}
