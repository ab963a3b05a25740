//! Everything the switchboard can order, in terms that FreeSWITCH and Asterisk share.

use crate::call_event::CallEvent;
use crate::event::Cause;
use crate::hotline::Dial;
use crate::hotline::access::RefusalReason;
use crate::id::{CallId, CommandId, LegId, LineId, SwitchId};
use crate::message::Message;
use crate::prompt::{Prompt, RecordingName};
use crate::record::{AttemptOutcome, CallRecord};
use crate::stage_name::StageName;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A command of the core to the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A command to a switch.
    Switch {
        /// The switch.
        switch: SwitchId,
        /// The id that comes back with the result.
        id: CommandId,
        /// What the switch shall do.
        action: Action,
    },
    /// A request to the ACD, which keeps what calls share: agents' lines, queues, counts.
    #[serde(rename = "store")]
    Acd {
        /// The id that comes back with the reply.
        id: CommandId,
        /// The request.
        request: AcdRequest,
    },
    /// The call ended: its call record.
    Record(Box<CallRecord>),
    /// A message by SMS.
    Message(Box<Message>),
    /// An event of a call, for other systems.
    Publish(Box<CallEvent>),
    /// For logs, metrics and the journal: why the call takes its way.
    Note {
        /// The call.
        call: CallId,
        /// The note.
        note: Note,
    },
}

/// What a switch can be ordered to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Put the caller's leg under the daemon's control. When one side of a later bridge leaves, the switch hangs up
    /// the other side too.
    Take {
        /// The caller's leg.
        leg: LegId,
    },
    /// Send the leg to the dialplan's fallback after this time, unless a later command prevents it. Replaces an
    /// earlier `KeepFallback`.
    KeepFallback {
        /// The caller's leg.
        leg: LegId,
        /// How long from now.
        after: Millis,
    },
    /// The caller is served: cancel the leg's fallback.
    CancelFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Send the leg to the dialplan's fallback now.
    ToFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Answer the leg. The caller pays from here on.
    Answer {
        /// The caller's leg.
        leg: LegId,
    },
    /// Play a prompt to the leg; stop an earlier one first. On an unanswered leg the prompt is early media and does
    /// not answer the call. The switch reports keys that are pressed meanwhile. Ends with
    /// [`Event::Done`](crate::event::Event::Done). A repeated prompt ends sooner or later too, and must then be played
    /// again.
    Play {
        /// The leg.
        leg: LegId,
        /// The prompt.
        prompt: Prompt,
        /// Whether to repeat the prompt for as long as the switch can.
        repeat: bool,
    },
    /// Play silence and report keys, including keys that were pressed before and are not reported yet.
    Listen {
        /// The leg.
        leg: LegId,
        /// For how long.
        time: Millis,
    },
    /// Stop the prompt, the silence or the recording of a message on the leg.
    Stop {
        /// The leg.
        leg: LegId,
    },
    /// Discard keys that were pressed and are not reported yet.
    ForgetKeys {
        /// The leg.
        leg: LegId,
    },
    /// Record the leg until the recording is stopped, the leg is silent or the time is over. Ends with
    /// [`Event::Done`](crate::event::Event::Done).
    RecordMessage {
        /// The leg.
        leg: LegId,
        /// The file to record into.
        file: RecordingName,
        /// The longest recording.
        longest: Millis,
        /// The length of silence that ends the recording.
        silence: Millis,
    },
    /// Record both sides of the leg from now on, until the leg ends or the recording is stopped.
    RecordTalk {
        /// The caller's leg.
        leg: LegId,
        /// The file to record into.
        file: RecordingName,
    },
    /// Stop the recording of the talk.
    StopRecording {
        /// The caller's leg.
        leg: LegId,
        /// The file that is recorded into.
        file: RecordingName,
    },
    /// Call an agent, or a caller who is called back. The new leg reports for itself; the command's result only tells
    /// that the switch made no leg.
    Ring {
        /// The name the new leg shall have.
        leg: LegId,
        /// The call that the new leg belongs to.
        call: CallId,
        /// The destination.
        dial: Dial,
        /// The longest ring time.
        ring_time: Millis,
        /// The caller id that the called party sees.
        shown: Arc<str>,
    },
    /// Bridge the two legs and answer the caller. When the caller leaves, the switch hangs up the agent.
    Bridge {
        /// The caller's leg.
        caller: LegId,
        /// The agent's leg.
        agent: LegId,
        /// When the agent leaves: how long the caller's leg waits for the daemon before the dialplan's fallback serves
        /// the caller. With `None` the switch hangs up the caller too.
        keep_caller: Option<Millis>,
    },
    /// Hang up the leg when its bridge ends, whatever an earlier command ordered.
    LetGo {
        /// The caller's leg.
        leg: LegId,
    },
    /// Hang up the leg.
    HangUp {
        /// The leg.
        leg: LegId,
        /// The cause for the party of the leg.
        cause: Cause,
    },
}

/// A request to the ACD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdRequest {
    /// Claim a line of one of these agents. The reply is `Claimed` or `Refused`; a claim that may wait gets `Waiting`
    /// and later `Claimed`.
    Claim(Claim),
    /// Withdraw a claim. If the ACD gave a line meanwhile, the ACD takes the line back.
    Abandon {
        /// The number of the claim.
        claim: u32,
    },
    /// Give back the line that a claim of the same call got.
    Release {
        /// The number of the claim.
        claim: u32,
        /// Whether the agent talked.
        talked: bool,
        /// For how long nobody gets the line (wrap-up).
        rest: Millis,
    },
    /// Tell again how many callers are ahead of a waiting claim. The reply is `Waiting`.
    Place {
        /// The number of the claim.
        claim: u32,
    },
    /// Remember the agent the caller talked with.
    Remember {
        /// The pool.
        pool: PoolId,
        /// The caller.
        caller: Arc<str>,
        /// The agent's line.
        line: LineId,
        /// For how long to remember.
        keep: Millis,
    },
    /// Count a call of the hotline in. The reply is `Admitted`.
    Admit {
        /// The hotline.
        hotline: Arc<str>,
        /// The hotline's limit of live calls.
        calls_max: Option<u32>,
        /// The caller, and the span in which the caller's calls are counted.
        recent: Option<(Arc<str>, Millis)>,
    },
    /// Count a call of the hotline out.
    Leave {
        /// The hotline.
        hotline: Arc<str>,
    },
    /// Count a query for a code. The reply is `CodeSeen`.
    CountCode {
        /// The hotline.
        hotline: Arc<str>,
        /// The name of the set of codes.
        codes: Arc<str>,
        /// The code.
        code: Arc<str>,
    },
}

/// A claim for an agent's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The pool: the ACD remembers for each pool which agent's turn it is.
    pub pool: PoolId,
    /// The agents, in order.
    pub agents: Vec<Candidate>,
    /// Which of the agents with a free line is picked.
    pub pick: Pick,
    /// The caller, if the agent of the caller's last talk comes first.
    pub caller: Option<Arc<str>>,
    /// The rank in the queue, if the claim waits when no line is free.
    pub wait: Option<QueueRank>,
}

/// A group of a hotline: `4008001234/sales`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolId(pub Arc<str>);

/// An agent a claim may get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The agent's line.
    pub line: LineId,
    /// How many calls the line takes at a time.
    pub lines: u16,
    /// The agent's share, for [`Pick::ByShare`].
    pub share: u16,
}

/// Which of several agents with a free line is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The first in the list.
    First,
    /// The agent whose turn it is (round robin).
    NextInTurn,
    /// The agent with the fewest talks.
    FewestCalls,
    /// The agent whose last talk ended longest ago.
    LongestIdle,
    /// The agent who is furthest behind its share.
    ByShare,
}

/// A place in a queue: the highest priority first, within it the longest waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRank {
    /// A higher priority is served earlier.
    pub priority: u8,
    /// Since when the caller waits.
    pub since: Instant,
    /// The claim is refused if so many wait already.
    pub length_max: u16,
}

/// Why a call takes its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The call changed its stage.
    Stage {
        /// The stage before; `None` at the beginning of the call.
        from: Option<StageName>,
        /// The stage now; `None` at the end of the call.
        to: Option<StageName>,
    },
    /// The call left a node of its flow.
    Node {
        /// The name of the node.
        node: Arc<str>,
        /// The name of the exit.
        exit: Arc<str>,
        /// Why the call left by this exit.
        #[serde(rename = "because")]
        reason: Box<str>,
    },
    /// The caller is not admitted.
    Refused {
        /// Why.
        #[serde(rename = "why")]
        reason: RefusalReason,
        /// The rule that refused: an entry of a list, a place, a count.
        #[serde(rename = "because")]
        detail: Box<str>,
    },
    /// The caller waits in a queue.
    Queued {
        /// How many callers are ahead.
        ahead: u32,
        /// The estimated wait, if an estimate is possible.
        estimate: Option<Millis>,
    },
    /// The caller asked to be called back.
    CallBack,
    /// The call passed more nodes than any call should need.
    #[serde(rename = "endless")]
    FlowTooLong,
    /// An agent is called.
    Ringing {
        /// The agent.
        agent: Arc<str>,
    },
    /// An attempt to reach an agent ended.
    Attempt {
        /// The agent.
        agent: Arc<str>,
        /// How the attempt ended.
        outcome: AttemptOutcome,
    },
    /// A prompt could not be played. Instead of a repeated prompt the caller hears a tone.
    SoundFailed {
        /// The prompt.
        prompt: Prompt,
    },
    /// A saved call cannot be taken over.
    #[serde(rename = "not_taken_up")]
    TakeOverFailed {
        /// Why.
        #[serde(rename = "why")]
        error: Box<str>,
    },
    /// The daemon did not take the call.
    NotTaken {
        /// Why.
        #[serde(rename = "why")]
        reason: NotTaken,
    },
}

/// Why the daemon did not take a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// The daemon shuts down; the dialplan's fallback serves the caller.
    Draining,
    /// The switchboard holds as many live calls as it may; the dialplan's fallback serves the caller.
    Full,
}
