//! A store, and short words to ask it with.

use super::backing::Backing;
use hotlined_core::command::{AcdRequest, Candidate, Claim, Pick, PoolId, QueueRank};
use hotlined_core::event::{AcdReply, Event, QueuePosition};
use hotlined_core::id::{CallId, CommandId, LineId};
use hotlined_core::time::{Instant, Millis};

/// A store at some instant.
#[derive(Default)]
pub struct World {
    pub store: Backing,
    pub now: Instant,
}

/// What somebody was told: call, number, answer.
pub type Told = (String, u32, AcdReply);

pub fn line(name: &str) -> LineId {
    LineId(name.into())
}

pub fn pool(name: &str) -> PoolId {
    PoolId(name.into())
}

pub fn call(name: &str) -> CallId {
    name.parse().unwrap()
}

/// A claim of one-line agents, `a b c`; `a*3` has three lines, `a:2` a share of two.
pub fn claim(in_pool: &str, agents: &str, pick: Pick) -> Claim {
    let candidate = |text: &str| {
        let (rest, share) = text.split_once(':').unwrap_or((text, "1"));
        let (name, lines) = rest.split_once('*').unwrap_or((rest, "1"));
        Candidate { line: line(name), lines: lines.parse().unwrap(), share: share.parse().unwrap() }
    };
    Claim {
        pool: pool(in_pool),
        agents: agents.split_whitespace().map(candidate).collect(),
        pick,
        caller: None,
        wait: None,
    }
}

/// The claim waits: with this priority, since then.
pub fn waiting(claim: Claim, priority: u8, since: u64) -> Claim {
    Claim { wait: Some(QueueRank { priority, since: Instant(since), length_max: 100 }), ..claim }
}

pub fn claimed(name: &str) -> AcdReply {
    AcdReply::Claimed { line: line(name) }
}

pub fn ahead(ahead: u32, estimate: Option<u64>) -> AcdReply {
    AcdReply::Waiting(QueuePosition { ahead, estimate: estimate.map(Millis) })
}

pub fn told(who: &str, number: u32, answer: AcdReply) -> Told {
    (who.into(), number, answer)
}

fn heard(events: Vec<Event>) -> Vec<Told> {
    let told = |event| match event {
        Event::Acd { command, reply: answer } => (command.call.to_string(), command.number, answer),
        other => panic!("the store says {other:?}"),
    };
    events.into_iter().map(told).collect()
}

impl World {
    pub fn at(now: u64) -> Self {
        Self { now: Instant(now), ..Self::default() }
    }

    pub fn wait(&mut self, span: u64) {
        self.now = self.now + Millis(span);
    }

    /// What everybody is told when this is asked.
    pub fn ask(&mut self, who: &str, number: u32, request: &AcdRequest) -> Vec<Told> {
        let mut out = Vec::new();
        let id = CommandId { call: call(who), number };
        self.store.ask(self.now, &id, request, &mut out);
        heard(out)
    }

    pub fn due(&mut self) -> Vec<Told> {
        let mut out = Vec::new();
        self.store.due(self.now, &mut out);
        heard(out)
    }

    pub fn forget(&mut self, who: &str) -> Vec<Told> {
        let mut out = Vec::new();
        self.store.forget(self.now, &call(who), &mut out);
        heard(out)
    }

    /// What is answered to this alone.
    pub fn answer(&mut self, who: &str, number: u32, request: &AcdRequest) -> AcdReply {
        let told = self.ask(who, number, request);
        let [(called, numbered, answer)] = &told[..] else { panic!("{told:?}") };
        assert_eq!((called.as_str(), *numbered), (who, number));
        answer.clone()
    }

    pub fn claim(&mut self, who: &str, number: u32, claim: &Claim) -> AcdReply {
        self.answer(who, number, &AcdRequest::Claim(claim.clone()))
    }

    /// The line a claim gets.
    pub fn gets(&mut self, who: &str, number: u32, claim: &Claim) -> String {
        match self.claim(who, number, claim) {
            AcdReply::Claimed { line } => line.0.to_string(),
            other => panic!("{other:?}"),
        }
    }

    pub fn release(&mut self, who: &str, claim: u32, talked: bool, rest: u64) -> Vec<Told> {
        self.ask(who, 1_000 + claim, &AcdRequest::Release { claim, talked, rest: Millis(rest) })
    }

    pub fn abandon(&mut self, who: &str, claim: u32) -> Vec<Told> {
        self.ask(who, 1_000 + claim, &AcdRequest::Abandon { claim })
    }

    /// One whole talk of a call of its own: the line that had it.
    pub fn talk(&mut self, nth: usize, claim: &Claim) -> String {
        let who = format!("call-{nth}");
        let line = self.gets(&who, 1, claim);
        assert_eq!(self.release(&who, 1, true, 0), []);
        self.forget(&who);
        line
    }
}
