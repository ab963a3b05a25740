//! Runs operations in Redis, one batch at a time.

use super::classify_error::{classify, is_script_unknown};
use super::connection::RedisConnection;
use super::encode_request::RequestEncoder;
use super::keys::Keys;
use super::reply::{self, ScriptResult};
use super::script::{self, Script};
use super::settings::RedisSettings;
use hotlined_core::event::Event;
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::{RedisFailure, Remedy};
use hotlined_instance::cluster::limits::BATCH_MAX;
use hotlined_instance::cluster::redis_op::ReplicationOp;
use hotlined_instance::cluster::redis_op::{FencedOp, RedisOp};
use hotlined_instance::cluster::redis_reply::{OpReply, OpResult, Usage};
use redis::{Cmd, Pipeline, Value};

/// How many calls one command saves at most: the server does nothing else meanwhile.
pub const RUN_MAX: usize = 100;

/// Runs operations over one connection.
#[derive(Clone)]
pub struct RedisClient {
    link: RedisConnection,
    keys: Keys,
    daemon: DaemonId,
}

impl RedisClient {
    /// A client with these settings, over this connection.
    pub fn new(link: RedisConnection, settings: &RedisSettings) -> Self {
        Self { link, keys: Keys::new(&settings.prefix), daemon: settings.daemon.clone() }
    }

    /// The connection, for other commands.
    pub fn link(&mut self) -> &mut RedisConnection {
        &mut self.link
    }

    /// The names of keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The daemon that asks.
    pub fn daemon(&self) -> &DaemonId {
        &self.daemon
    }

    /// Runs these operations in their order, in one round trip if possible. Each has its own outcome. An operation
    /// without a reply may have been done all the same, and can be repeated. Once the connection is lost, nothing
    /// more is sent.
    pub async fn ask(&mut self, asked: &[FencedOp]) -> Vec<Result<OpReply, RedisFailure>> {
        let is_cluster = self.link.is_cluster();
        let runs: Vec<&[FencedOp]> =
            asked.chunk_by(FencedOp::shares_command_with).flat_map(|run| run.chunks(RUN_MAX)).collect();
        let encoder = RequestEncoder { keys: &self.keys, daemon: &self.daemon };
        let mut commands: Vec<Option<Cmd>> = runs.iter().map(|run| encoder.command_of(run)).collect();
        let (alone, together): (Vec<_>, Vec<_>) = (0..runs.len())
            .filter(|at| commands[*at].is_some())
            .partition(|at| is_cluster && runs[*at].iter().any(FencedOp::has_own_slot));
        let mut outcomes: Vec<Option<Result<Value, RedisFailure>>> = vec![None; runs.len()];
        let mut lost: Option<RedisFailure> = None;
        for batch in together.chunks(BATCH_MAX).chain(alone.chunks(1)) {
            match &lost {
                None => lost = self.run(&mut commands, batch, &mut outcomes).await,
                Some(failure) => batch.iter().for_each(|at| outcomes[*at] = Some(Err(failure.clone()))),
            }
        }
        // The operations of one command have one outcome.
        let each = runs.iter().zip(outcomes).flat_map(|(run, outcome)| {
            run.iter().map(move |asked| match outcome.clone() {
                Some(outcome) => read(asked, outcome),
                None => Ok(nothing()),
            })
        });
        each.collect()
    }

    /// Runs the commands with these indices. A server that does not know the scripts gets them, and then the refused
    /// commands again: the server refused all of them, so their order stays. Returns why the connection is lost, if
    /// it is.
    async fn run(
        &mut self,
        all: &mut [Option<Cmd>],
        numbers: &[usize],
        outcomes: &mut [Option<Result<Value, RedisFailure>>],
    ) -> Option<RedisFailure> {
        let mut numbers = numbers.to_vec();
        for is_loaded in [false, true] {
            let mut commands = Pipeline::with_capacity(numbers.len());
            for command in numbers.iter().filter_map(|at| all[*at].take()) {
                commands.add_command(command);
            }
            let answers = match self.link.run_pipeline_raw(&mut commands).await {
                Ok(answers) => answers,
                Err(failure) => {
                    numbers.iter().for_each(|at| outcomes[*at] = Some(Err(failure.clone())));
                    return Some(failure).filter(|failure| failure.remedy() == Remedy::Reconnect);
                }
            };
            let mut unknown = Vec::new();
            for ((at, command), answer) in numbers.drain(..).zip(commands.cmd_iter()).zip(answers) {
                match answer {
                    Err(error) if !is_loaded && is_script_unknown(&error) => {
                        all[at] = Some(command.clone());
                        unknown.push(at);
                    }
                    answer => outcomes[at] = Some(answer.map_err(|error| classify(&error))),
                }
            }
            if unknown.is_empty() {
                return None;
            }
            if let Err(failure) = self.load_scripts().await {
                unknown.iter().for_each(|at| outcomes[*at] = Some(Err(failure.clone())));
                return Some(failure).filter(|failure| failure.remedy() == Remedy::Reconnect);
            }
            numbers = unknown;
        }
        None
    }

    /// Runs one script by itself.
    pub(super) async fn run_script(
        &mut self,
        script: &Script,
        keys: &[&str],
        arguments: &[&str],
    ) -> Result<Value, RedisFailure> {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.hash).arg(keys.len()).arg(keys).arg(arguments);
        match self.link.run_raw(&command).await? {
            Err(error) if is_script_unknown(&error) => {
                self.load_scripts().await?;
                self.link.ask(&command).await
            }
            answer => answer.map_err(|error| classify(&error)),
        }
    }

    /// Loads the scripts into the server, or into all masters of the Redis Cluster.
    async fn load_scripts(&mut self) -> Result<(), RedisFailure> {
        for script in script::all() {
            self.link.ask(redis::cmd("SCRIPT").arg("LOAD").arg(&script.code)).await?;
        }
        Ok(())
    }
}

/// The reply to an operation that does not go to Redis.
fn nothing() -> OpReply {
    OpReply { result: OpResult::Done, next_due: None, left_behind: 0 }
}

fn read(asked: &FencedOp, outcome: Result<Value, RedisFailure>) -> Result<OpReply, RedisFailure> {
    let value = outcome?;
    let reply = match &asked.op {
        RedisOp::Replicate { op: ReplicationOp::EndCall { .. } | ReplicationOp::AdoptCalls(_), .. } => {
            reply::read_call_reply(value)?
        }
        RedisOp::Replicate { .. } => reply::read_replication_reply(value)?,
        RedisOp::Request { .. }
        | RedisOp::Forget(_)
        | RedisOp::Hold { .. }
        | RedisOp::Barrier(_)
        | RedisOp::RunDue
        | RedisOp::CountUsage => {
            if asked.has_own_slot() {
                reply::read_code_reply(value)?
            } else {
                reply::read_call_reply(value)?
            }
        }
    };
    let said = match (reply.said, &asked.op) {
        (ScriptResult::Answer(answer), RedisOp::Request { id, .. } | RedisOp::Hold { id, .. }) => {
            OpResult::AcdReply(Event::Acd { command: id.clone(), reply: answer })
        }
        (ScriptResult::Figures { held, waiting }, _) => {
            OpResult::Usage(Usage { lines_held: held, claims_waiting: waiting })
        }
        (ScriptResult::Adopted(adopted), _) => OpResult::Adopted(adopted),
        (ScriptResult::Time(shared), _) => OpResult::SharedTime(shared),
        (ScriptResult::Nothing, _) => OpResult::Done,
        (
            ScriptResult::Answer(_),
            RedisOp::Forget(_)
            | RedisOp::Replicate { .. }
            | RedisOp::Barrier(_)
            | RedisOp::RunDue
            | RedisOp::CountUsage,
        ) => {
            return Err(RedisFailure::Garbled("an answer to what has none".to_owned()));
        }
    };
    Ok(OpReply { result: said, next_due: reply.due, left_behind: reply.left })
}
