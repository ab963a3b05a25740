//! Encodes operations as commands that run the scripts.

use super::keys::{Keys, expiry, plain};
use super::script::{self, Script};
use hotlined_core::acd::limits::{CANDIDATES_MAX, WAITING_PER_POOL_MAX};
use hotlined_core::command::{AcdRequest, Claim, Pick};
use hotlined_core::id::{CallId, CommandId, SwitchId};
use hotlined_core::time::Instant;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::call_entry::CallEntry;
use hotlined_instance::cluster::limits::{CALL_KEPT, CODE_KEPT, KEPT};
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp, ReplicationOp};
use hotlined_instance::persist::outbox::Delivery;
use redis::Cmd;

/// The latest time that a script gets: numbers in Lua are exact up to it.
const TIME_MAX: u64 = (1 << 53) - 1;

/// How many arguments and bytes a command usually has: a list that grows is copied.
const ARGUMENTS_USUALLY: usize = 32;
const BYTES_USUALLY: usize = 2_048;

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

/// Encodes the operations of one daemon.
pub(super) struct RequestEncoder<'a> {
    pub(super) keys: &'a Keys,
    pub(super) daemon: &'a DaemonId,
}

impl RequestEncoder<'_> {
    /// The command of a run of operations that [share a command](FencedOp::shares_command_with); `None` if nothing
    /// goes to Redis.
    pub(super) fn command_of(&self, run: &[FencedOp]) -> Option<Cmd> {
        let (first, others) = run.split_first()?;
        let mut command = self.command(first)?;
        for other in others {
            if let RedisOp::Replicate { op: ReplicationOp::SaveCall { call, entry }, .. } = &other.op {
                write_call(&mut command, call, entry);
            }
        }
        Some(command)
    }

    fn command(&self, asked: &FencedOp) -> Option<Cmd> {
        Some(match &asked.op {
            RedisOp::Request { id, request } => self.request(asked, id, request),
            RedisOp::Forget(call) => self.begin(asked, "forget", &call.to_string(), 0),
            RedisOp::Hold { id, line, pool } => {
                let mut command = self.begin(asked, "hold", &id.call.to_string(), id.number);
                command.arg(&*line.0).arg(&*pool.0);
                command
            }
            RedisOp::Replicate { switch, op: what } => self.keep(asked, switch, what),
            RedisOp::Barrier(_) => return None,
            RedisOp::RunDue => self.begin(asked, "due", "", 0),
            RedisOp::CountUsage => self.begin(asked, "look", "", 0),
        })
    }

    fn keep(&self, asked: &FencedOp, switch: &SwitchId, what: &ReplicationOp) -> Cmd {
        let [calls, editions, outbox] = self.keys.kept(switch);
        let hash = |op: &str, hash: &str| {
            let mut command = run(&script::REPLICATION, &[&self.keys.fence(switch), hash]);
            command.arg(op).arg(asked.token(switch)).arg(KEPT.0);
            command
        };
        let of_store = |op: &str, call: &str| {
            let fence = Some(Fence { switch: switch.clone(), token: asked.token(switch) });
            self.begin(&FencedOp { at: asked.at, op: RedisOp::CountUsage, fence }, op, call, 0)
        };
        match what {
            ReplicationOp::SaveCall { call, entry } => {
                let mut command = hash("set", &calls);
                write_call(&mut command, call, entry);
                command
            }
            ReplicationOp::SaveVersion { version: edition, json } => {
                let mut command = hash("set", &editions);
                command.arg(edition.to_string()).arg(&**json);
                command
            }
            ReplicationOp::DropVersions(outdated) => {
                let mut command = hash("strike", &editions);
                command.arg(outdated.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
            ReplicationOp::AddDeliveries(deliveries) => {
                let mut command = hash("set", &outbox);
                write_deliveries(&mut command, deliveries);
                command
            }
            ReplicationOp::RemoveDeliveries(done) => {
                let mut command = hash("strike", &outbox);
                command.arg(done.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
            ReplicationOp::EndCall { call, deliveries } => {
                let mut command = of_store("over", &call.to_string());
                write_deliveries(&mut command, deliveries);
                command
            }
            ReplicationOp::AdoptCalls(adopted) => {
                let mut command = of_store("adopt", "");
                command.arg(adopted.iter().map(ToString::to_string).collect::<Vec<_>>());
                command
            }
        }
    }

    /// The arguments that every operation on calls has first.
    fn begin(&self, asked: &FencedOp, what: &str, call: &str, number: u32) -> Cmd {
        let mut command = run(&script::CALL_REQUEST, &[self.keys.calls()]);
        command.arg(what).arg(millis(asked.at)).arg(self.daemon.as_str());
        match &asked.fence {
            Some(fence) => command.arg(&*fence.switch.0).arg(fence.token),
            None => command.arg("").arg(""),
        };
        command.arg(call).arg(number);
        command
    }

    fn request(&self, asked: &FencedOp, id: &CommandId, request: &AcdRequest) -> Cmd {
        let call = id.call.to_string();
        let begin = |what, number| self.begin(asked, what, &call, number);
        match request {
            AcdRequest::Claim(claim) => {
                let mut command = begin("claim", id.number);
                write_claim(&mut command, claim);
                command
            }
            AcdRequest::Abandon { claim } => begin("abandon", *claim),
            AcdRequest::Release { claim, talked, rest } => {
                let mut command = begin("release", *claim);
                let until = (rest.0 > 0).then(|| millis(asked.at + *rest).to_string());
                command.arg(u8::from(*talked)).arg(until.unwrap_or_default());
                command
            }
            AcdRequest::Place { claim } => begin("place", *claim),
            AcdRequest::Remember { pool, caller, line, keep } => {
                let mut command = begin("remember", id.number);
                command.arg(&*pool.0).arg(plain(caller)).arg(&*line.0);
                command.arg(millis(asked.at + *keep)).arg(expiry(*keep));
                command
            }
            AcdRequest::Admit { hotline, calls_max, recent } => {
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
            AcdRequest::Leave { hotline } => {
                let mut command = begin("leave", id.number);
                command.arg(&**hotline);
                command
            }
            AcdRequest::CountCode { hotline, codes, code } => {
                let (counts, told) = self.keys.code([hotline, codes, code], id);
                let mut command = run(&script::CODES, &[&counts, &told]);
                command.arg(millis(asked.at)).arg(CODE_KEPT.0).arg(CALL_KEPT.0);
                command
            }
        }
    }
}

fn write_call(command: &mut Cmd, call: &CallId, entry: &CallEntry) {
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
