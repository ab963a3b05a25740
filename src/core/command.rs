//! Everything the switchboard can tell the world to do, in terms that FreeSWITCH and Asterisk share.

use crate::event::Cause;
use crate::hotline::Dial;
use crate::hotline::access::RefusalReason;
use crate::id::{CallId, CommandId, LegId, LineId, SwitchId};
use crate::prompt::{Prompt, RecordingName};
use crate::record::{AttemptOutcome, CallRecord};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An order to the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// To a switch.
    Switch {
        /// Which.
        switch: SwitchId,
        /// The name under which its answer comes back.
        id: CommandId,
        /// What to do.
        action: Action,
    },
    /// To the ACD, which keeps what calls share: agents' lines, queues, counts.
    #[serde(rename = "store")]
    Acd {
        /// The name under which its answer comes back.
        id: CommandId,
        /// What to do.
        request: AcdRequest,
    },
    /// To the records: the call is over, and this is what it was.
    Record(Box<CallRecord>),
    /// To whoever watches: why a call goes the way it goes.
    Note {
        /// The call.
        call: CallId,
        /// What to know about it.
        note: Note,
    },
}

/// What a switch can be told to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make the caller's leg ours: when one side of a later bridge leaves, the other is hung up too.
    Take {
        /// The caller's leg.
        leg: LegId,
    },
    /// If nothing else is heard from us until then, send the leg to the dialplan's fallback. Takes the place
    /// of an earlier one.
    KeepFallback {
        /// The caller's leg.
        leg: LegId,
        /// How long from now.
        after: Millis,
    },
    /// The leg is safe: forget its fallback.
    CancelFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Send the leg to the dialplan's fallback now.
    ToFallback {
        /// The caller's leg.
        leg: LegId,
    },
    /// Answer the leg: from here on the caller pays.
    Answer {
        /// The caller's leg.
        leg: LegId,
    },
    /// Let the leg hear this; what it hears now is stopped before. On an unanswered leg it is early media and
    /// answers nothing. Keys pressed meanwhile are reported. Ends with [`Event::Done`](crate::event::Event::Done),
    /// sooner or later also where it shall be repeated: then it is to be played again.
    Play {
        /// The leg.
        leg: LegId,
        /// What.
        prompt: Prompt,
        /// Over and over, for as long as the switch can.
        repeat: bool,
    },
    /// Let the leg hear nothing, and report keys, also those that were pressed before and not reported.
    Listen {
        /// The leg.
        leg: LegId,
        /// For how long.
        time: Millis,
    },
    /// Stop what the leg hears.
    Stop {
        /// The leg.
        leg: LegId,
    },
    /// Forget the keys that were pressed and not reported yet.
    ForgetKeys {
        /// The leg.
        leg: LegId,
    },
    /// Record what the leg says, until it is stopped, silent or over time. Ends with
    /// [`Event::Done`](crate::event::Event::Done).
    RecordMessage {
        /// The leg.
        leg: LegId,
        /// Into which file.
        file: RecordingName,
        /// How long at most.
        longest: Millis,
        /// How much silence ends it.
        silence: Millis,
    },
    /// Record what both sides of the leg say from now on, until the leg ends or this is stopped.
    RecordTalk {
        /// The caller's leg.
        leg: LegId,
        /// Into which file.
        file: RecordingName,
    },
    /// Record the talk no longer.
    StopRecording {
        /// The caller's leg.
        leg: LegId,
        /// Which file.
        file: RecordingName,
    },
    /// Call an agent. The leg reports itself; the command's end says only that it failed before there was one.
    Ring {
        /// The name the new leg shall have.
        leg: LegId,
        /// The call it belongs to.
        call: CallId,
        /// Whom to call.
        dial: Dial,
        /// How long at most.
        ring_time: Millis,
        /// The number the agent sees.
        shown: Arc<str>,
    },
    /// Join the two and answer the caller; when the caller leaves, the agent is hung up.
    Bridge {
        /// The caller's leg.
        caller: LegId,
        /// The agent's leg.
        agent: LegId,
        /// When the agent leaves: for how long the caller waits for a word from us before the dialplan's fallback
        /// serves it. Where there is none, the caller is hung up, too.
        keep_caller: Option<Millis>,
    },
    /// When the one it talks with leaves, the leg is hung up, too, whatever was said of it before.
    LetGo {
        /// The caller's leg.
        leg: LegId,
    },
    /// End the leg.
    HangUp {
        /// The leg.
        leg: LegId,
        /// What its other end is told.
        cause: Cause,
    },
}

/// A request to the ACD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcdRequest {
    /// Take a line of one of these agents; answered by `Claimed` or `Refused`, or by `Waiting` and later
    /// `Claimed` where the request may wait.
    Claim(Claim),
    /// Wait no longer for a line; if it was given meanwhile, give it back.
    Abandon {
        /// The number of the claim.
        claim: u32,
    },
    /// Give back the line that the command of this number of the same call took.
    Release {
        /// The number of the claim.
        claim: u32,
        /// Whether the agent talked.
        talked: bool,
        /// For how long the line is then given to nobody.
        rest: Millis,
    },
    /// Say once more how many are ahead of a claim that waits; answered by `Waiting`.
    Place {
        /// The number of the claim.
        claim: u32,
    },
    /// Remember whom the caller talked with.
    Remember {
        /// In which pool.
        pool: PoolId,
        /// The caller.
        caller: Arc<str>,
        /// The agent's line.
        line: LineId,
        /// For how long.
        keep: Millis,
    },
    /// Count a call of the hotline in; answered by `Admitted`.
    Admit {
        /// The hotline.
        hotline: Arc<str>,
        /// How many calls it may have at a time.
        calls_max: Option<u32>,
        /// The caller, and within what span the caller's calls are counted.
        recent: Option<(Arc<str>, Millis)>,
    },
    /// Count a call of the hotline out.
    Leave {
        /// The hotline.
        hotline: Arc<str>,
    },
    /// Count a question for a code; answered by `CodeSeen`.
    CountCode {
        /// The hotline.
        hotline: Arc<str>,
        /// The set of codes.
        codes: Arc<str>,
        /// The code.
        code: Arc<str>,
    },
}

/// A wish for an agent's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose turn it is, is remembered by pool.
    pub pool: PoolId,
    /// The agents, in order.
    pub agents: Vec<Candidate>,
    /// Which of those with a free line is taken.
    pub pick: Pick,
    /// The caller, where the agent it last talked with comes first.
    pub caller: Option<Arc<str>>,
    /// Where the request waits if no line is free.
    pub wait: Option<QueueRank>,
}

/// A group of a hotline: `4008001234/sales`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolId(pub Arc<str>);

/// An agent who may be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The agent's line.
    pub line: LineId,
    /// How many lines it has.
    pub lines: u16,
    /// The agent's share, where shares count.
    pub share: u16,
}

/// Which of several agents with a free line is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The first.
    First,
    /// The one whose turn it is: each first taken once before any is again.
    NextInTurn,
    /// Who talked least often.
    FewestCalls,
    /// Who has not talked for longest.
    LongestIdle,
    /// Who is furthest behind its share.
    ByShare,
}

/// A place in a queue: the highest priority first, within it the longest waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRank {
    /// How early.
    pub priority: u8,
    /// Since when it waits.
    pub since: Instant,
    /// How many may wait already.
    pub length_max: u16,
}

/// Why a call goes the way it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// It went from one stage to another.
    Stage {
        /// The stage it left; none at its beginning.
        from: Option<StageName>,
        /// The stage it entered; none at its end.
        to: Option<StageName>,
    },
    /// It left a node of its flow.
    Node {
        /// The node.
        node: Arc<str>,
        /// By which exit.
        exit: Arc<str>,
        /// Why by that one.
        #[serde(rename = "because")]
        reason: Box<str>,
    },
    /// The caller may not call.
    Refused {
        /// Why.
        #[serde(rename = "why")]
        reason: RefusalReason,
        /// What says so: the entry of a list, a place, a count.
        #[serde(rename = "because")]
        detail: Box<str>,
    },
    /// It waits in a queue.
    Queued {
        /// How many are ahead.
        ahead: u32,
        /// How long it will take as far as anybody can tell.
        estimate: Option<Millis>,
    },
    /// The caller asked to be called back.
    CallBack,
    /// The way through the flow is longer than any call should need.
    #[serde(rename = "endless")]
    FlowTooLong,
    /// An agent is being called.
    Ringing {
        /// The agent.
        agent: Arc<str>,
    },
    /// An attempt to reach an agent ended.
    Attempt {
        /// The agent.
        agent: Arc<str>,
        /// How.
        outcome: AttemptOutcome,
    },
    /// What should have been played could not be; where it should have been played over and over, a tone is.
    SoundFailed {
        /// What could not be played.
        prompt: Prompt,
    },
    /// A call that was kept cannot be taken up.
    #[serde(rename = "not_taken_up")]
    TakeOverFailed {
        /// Why.
        #[serde(rename = "why")]
        error: Box<str>,
    },
    /// The call was not taken.
    NotTaken {
        /// Why.
        #[serde(rename = "why")]
        reason: NotTaken,
    },
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// We are shutting down: the dialplan's fallback serves the caller.
    Draining,
    /// As many calls are live as the switchboard may hold: the dialplan's fallback serves the caller.
    Full,
}

/// The stages of a call, as an operator says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// The store is asked whether the caller may call.
    Admission,
    /// The caller hears something to its end.
    Announce,
    /// The caller is asked for keys.
    Menu,
    /// The caller waits for an agent to be free.
    Queue,
    /// The caller hung up and will be called back.
    CallBack,
    /// Both are told something before they talk.
    Whisper,
    /// The caller leaves a message.
    Voicemail,
    /// The caller is asked how it was.
    Survey,
    /// The caller asks whether a code is genuine.
    Verify,
    /// Agents are tried while the caller hears the ringback.
    Hunt,
    /// An agent took the call and is being joined with the caller.
    Connect,
    /// Caller and agent talk.
    Talk,
    /// The caller hears why nobody comes.
    Closing,
    /// The last legs are being ended.
    Ending,
}
