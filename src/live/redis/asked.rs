//! What can be asked, and how it is written down for the scripts.

use super::calls::Keep;
use super::entry::Entry;
use super::keys::{CALL_KEPT, CODE_KEPT, KEPT, Keys, expiry, plain};
use super::script::{self, Script};
use crate::command::{Claim, Pick, PoolId, StoreRequest};
use crate::id::{CallId, CommandId, LineId, SwitchId};
use crate::live::DaemonId;
use crate::live::outbox::Delivery;
use crate::store::figures::{CANDIDATES_MAX, WAITING_PER_POOL_MAX};
use crate::time::Instant;
use redis::Cmd;

/// The latest instant there is: numbers of scripts are exact up to it.
const TIME_MAX: u64 = (1 << 53) - 1;

/// How many arguments a command usually has, and how many bytes: a list that grows is copied.
const ARGUMENTS_USUALLY: usize = 32;
const BYTES_USUALLY: usize = 2_048;

/// A question for the shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// What.
    pub ask: Ask,
    /// As whom, where only one daemon may act.
    pub fence: Option<Fence>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A request of a call, as the embedded store takes it.
    Request {
        /// Its name.
        id: CommandId,
        /// What it is.
        request: StoreRequest,
    },
    /// The call is over: all it has is given back.
    Forget(CallId),
    /// The call has this line: it was given while nobody could be asked, or may have been lost. Answered by
    /// `Claimed`; with the line that the claim has already, if it has one.
    Hold {
        /// The name of the claim.
        id: CommandId,
        /// The line.
        line: LineId,
        /// In which pool it was claimed.
        pool: PoolId,
    },
    /// Something about the calls of this switch that are kept for the daemon that comes after us.
    Keep {
        /// The switch.
        switch: SwitchId,
        /// What.
        what: Keep,
    },
    /// Say when all that was asked before has been answered, or has failed: [`Heard::Reached`](super::Heard).
    Barrier(u64),
    /// Do what is due by itself.
    Due,
    /// How many lines are held, and how many claims wait.
    Look,
}

impl Ask {
    /// The call that asks, where there is one.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            Self::Request { id, .. } | Self::Hold { id, .. } => Some(&id.call),
            Self::Forget(call) => Some(call),
            Self::Keep { .. } | Self::Barrier(_) | Self::Due | Self::Look => None,
        }
    }
}

/// By what right a daemon acts for a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The switch.
    pub switch: SwitchId,
    /// The token of the lease.
    pub token: u64,
}

fn millis(at: Instant) -> u64 {
    at.0.min(TIME_MAX)
}

fn pick(pick: Pick) -> &'static str {
    match pick {
        Pick::First => "first",
        Pick::NextInTurn => "next_in_turn",
        Pick::FewestCalls => "fewest_calls",
        Pick::LongestIdle => "longest_idle",
        Pick::ByShare => "by_share",
    }
}

fn run(script: &Script, keys: &[&str]) -> Cmd {
    let mut command = Cmd::with_capacity(ARGUMENTS_USUALLY, BYTES_USUALLY);
    command.arg("EVALSHA").arg(&script.hash).arg(keys.len()).arg(keys);
    command
}

impl Asked {
    /// Whether its keys have a tag of their own, so that a Cluster may have them on another node.
    pub(super) fn stands_alone(&self) -> bool {
        matches!(&self.ask, Ask::Request { request: StoreRequest::CountCode { .. }, .. })
    }

    /// Whether one word can say both: each keeps a call, of the same switch and by the same right.
    pub(super) fn is_said_with(&self, next: &Self) -> bool {
        self.keeps_call_of().is_some_and(|one| next.keeps_call_of() == Some(one))
    }

    fn keeps_call_of(&self) -> Option<(&SwitchId, u64)> {
        match &self.ask {
            Ask::Keep { switch, what: Keep::Call { .. } } => Some((switch, self.token(switch))),
            Ask::Keep { .. }
            | Ask::Request { .. }
            | Ask::Forget(_)
            | Ask::Hold { .. }
            | Ask::Barrier(_)
            | Ask::Due
            | Ask::Look => None,
        }
    }

    /// Whether its answer tells when something is due next.
    pub(super) fn tells_due(&self) -> bool {
        match &self.ask {
            Ask::Keep { what, .. } => what.is_asked_of_store(),
            Ask::Barrier(_) => false,
            Ask::Request { .. } | Ask::Forget(_) | Ask::Hold { .. } | Ask::Due | Ask::Look => {
                !self.stands_alone()
            }
        }
    }

    /// The command that asks all of a run that is [said together](Self::is_said_with), if anything is to be asked of
    /// Redis.
    pub(super) fn command_of(run: &[Self], keys: &Keys, daemon: &DaemonId) -> Option<Cmd> {
        let (first, others) = run.split_first()?;
        let mut command = first.command(keys, daemon)?;
        for other in others {
            if let Ask::Keep { what: Keep::Call { call, entry }, .. } = &other.ask {
                write_call(&mut command, call, entry);
            }
        }
        Some(command)
    }

    fn command(&self, keys: &Keys, daemon: &DaemonId) -> Option<Cmd> {
        Some(match &self.ask {
            Ask::Request { id, request } => self.request(keys, daemon, id, request),
            Ask::Forget(call) => self.begin(keys, daemon, "forget", &call.to_string(), 0),
            Ask::Hold { id, line, pool } => {
                let mut command = self.begin(keys, daemon, "hold", &id.call.to_string(), id.number);
                command.arg(&*line.0).arg(&*pool.0);
                command
            }
            Ask::Keep { switch, what } => self.keep(keys, daemon, switch, what),
            Ask::Barrier(_) => return None,
            Ask::Due => self.begin(keys, daemon, "due", "", 0),
            Ask::Look => self.begin(keys, daemon, "look", "", 0),
        })
    }

    /// As whom we keep something of this switch: who shows nothing has the lowest of all tokens.
    fn token(&self, switch: &SwitchId) -> u64 {
        self.fence.as_ref().filter(|fence| fence.switch == *switch).map_or(0, |fence| fence.token)
    }

    fn keep(&self, keys: &Keys, daemon: &DaemonId, switch: &SwitchId, what: &Keep) -> Cmd {
        let [calls, editions, outbox] = keys.kept(switch);
        let hash = |op: &str, hash: &str| {
            let mut command = run(&script::KEPT_CALLS, &[&keys.fence(switch), hash]);
            command.arg(op).arg(self.token(switch)).arg(KEPT.0);
            command
        };
        let of_store = |op: &str, call: &str| {
            let fence = Some(Fence { switch: switch.clone(), token: self.token(switch) });
            Self { at: self.at, ask: Ask::Look, fence }.begin(keys, daemon, op, call, 0)
        };
        match what {
            Keep::Call { call, entry } => {
                let mut command = hash("set", &calls);
                write_call(&mut command, call, entry);
                command
            }
            Keep::Edition { edition, json } => {
                let mut command = hash("set", &editions);
                command.arg(edition.to_string()).arg(&**json);
                command
            }
            Keep::Outdated(outdated) => {
                let mut command = hash("strike", &editions);
                command.arg(outdated.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
            Keep::Deliver(deliveries) => {
                let mut command = hash("set", &outbox);
                write_deliveries(&mut command, deliveries);
                command
            }
            Keep::Done(done) => {
                let mut command = hash("strike", &outbox);
                command.arg(done.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
            Keep::Over { call, deliveries } => {
                let mut command = of_store("over", &call.to_string());
                write_deliveries(&mut command, deliveries);
                command
            }
            Keep::Adopt(adopted) => {
                let mut command = of_store("adopt", "");
                command.arg(adopted.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
        }
    }

    /// What every request about calls says first.
    fn begin(&self, keys: &Keys, daemon: &DaemonId, what: &str, call: &str, number: u32) -> Cmd {
        let mut command = run(&script::ASKED, &[keys.calls()]);
        command.arg(what).arg(millis(self.at)).arg(daemon.as_str());
        match &self.fence {
            Some(fence) => command.arg(&*fence.switch.0).arg(fence.token),
            None => command.arg("").arg(""),
        };
        command.arg(call).arg(number);
        command
    }

    fn request(&self, keys: &Keys, daemon: &DaemonId, id: &CommandId, request: &StoreRequest) -> Cmd {
        let call = id.call.to_string();
        let begin = |what, number| self.begin(keys, daemon, what, &call, number);
        match request {
            StoreRequest::Claim(claim) => {
                let mut command = begin("claim", id.number);
                write_claim(&mut command, claim);
                command
            }
            StoreRequest::Abandon { claim } => begin("abandon", *claim),
            StoreRequest::Release { claim, talked, rest } => {
                let mut command = begin("release", *claim);
                let until = (rest.0 > 0).then(|| millis(self.at + *rest).to_string());
                command.arg(u8::from(*talked)).arg(until.unwrap_or_default());
                command
            }
            StoreRequest::Place { claim } => begin("place", *claim),
            StoreRequest::Remember { pool, caller, line, keep } => {
                let mut command = begin("remember", id.number);
                command.arg(&*pool.0).arg(plain(caller)).arg(&*line.0);
                command.arg(millis(self.at + *keep)).arg(expiry(*keep));
                command
            }
            StoreRequest::Admit { hotline, calls_max, recent } => {
                let mut command = begin("admit", id.number);
                command.arg(&**hotline).arg(calls_max.map(|most| most.to_string()).unwrap_or_default());
                match recent {
                    Some((caller, span)) => {
                        command.arg(plain(caller)).arg(span.0.min(TIME_MAX)).arg(expiry(*span))
                    }
                    None => command.arg("").arg("").arg(""),
                };
                command
            }
            StoreRequest::Leave { hotline } => {
                let mut command = begin("leave", id.number);
                command.arg(&**hotline);
                command
            }
            StoreRequest::CountCode { hotline, codes, code } => {
                let (counts, told) = keys.code([hotline, codes, code], id);
                let mut command = run(&script::CODES, &[&counts, &told]);
                command.arg(millis(self.at)).arg(CODE_KEPT.0).arg(CALL_KEPT.0);
                command
            }
        }
    }
}

fn write_call(command: &mut Cmd, call: &CallId, entry: &Entry) {
    command.arg(call.to_string()).arg(entry.to_bytes());
}

fn write_deliveries(command: &mut Cmd, deliveries: &[Delivery]) {
    for Delivery { id, payload } in deliveries {
        command.arg(id.to_string()).arg(payload);
    }
}

fn write_claim(command: &mut Cmd, claim: &Claim) {
    command.arg(&*claim.pool.0).arg(pick(claim.pick));
    command.arg(claim.caller.as_ref().map(|caller| plain(caller)).unwrap_or_default());
    match &claim.wait {
        Some(turn) => {
            let rank = format!("{:03}{:020}", u8::MAX - turn.priority, turn.since.0);
            let length_max = usize::from(turn.length_max).min(WAITING_PER_POOL_MAX);
            command.arg("1").arg(rank).arg(length_max)
        }
        None => command.arg("").arg("").arg(""),
    };
    for agent in claim.agents.iter().take(CANDIDATES_MAX) {
        command.arg(&*agent.line.0).arg(agent.lines).arg(agent.share);
    }
}
