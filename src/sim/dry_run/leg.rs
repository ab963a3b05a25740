//! A leg of the dry run's switch: its owner, its state, and its running application.

use super::actors::{CallerStep, ScriptedCaller, ScriptedPhone};
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;

/// The most keys that wait on a leg until an application reads them.
const KEYS_KEPT_MAX: usize = 100;

/// One leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) owner: LegOwner,
    pub(super) activity: LegActivity,
    pub(super) answered: bool,
    pub(super) running: Option<RunningApp>,
    /// The number of the fallback timer that runs.
    pub(super) fallback: Option<u64>,
    pub(super) keys: VecDeque<char>,
    /// The `Ring` command that made the leg, until its end was reported.
    pub(super) ring: Option<CommandId>,
}

/// The owner of a leg.
#[derive(Clone, Debug)]
pub(super) enum LegOwner {
    /// A caller, by its index in the script. `call` is set if the hotline calls the caller back.
    Caller { caller_index: usize, call: Option<CallId> },
    /// An agent.
    Agent { call: CallId, dial: String, phone: ScriptedPhone, key_scheduled: bool, answered_at: Instant },
}

/// The state of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LegActivity {
    Ringing,
    /// Answered, and not parked yet.
    Answered,
    Parked,
    Talking {
        peer: LegId,
        /// For how long the caller is kept when the agent hangs up.
        keep: Option<Millis>,
        /// The number of the talk.
        number: u64,
    },
    /// In the dialplan's fallback.
    Fallback,
}

/// The application that runs on a leg.
#[derive(Clone, Debug)]
pub(super) struct RunningApp {
    pub(super) command: CommandId,
    pub(super) number: u64,
}

impl Leg {
    pub(super) fn new(owner: LegOwner, activity: LegActivity) -> Self {
        let keys = VecDeque::new();
        Self { owner, activity, answered: false, running: None, fallback: None, keys, ring: None }
    }

    pub(super) fn is_caller(&self) -> bool {
        matches!(self.owner, LegOwner::Caller { .. })
    }

    pub(super) fn peer(&self) -> Option<&LegId> {
        if let LegActivity::Talking { peer, .. } = &self.activity { Some(peer) } else { None }
    }

    /// Whether a key is reported at once: FreeSWITCH reads keys only while an application or a bridge runs.
    pub(super) fn reads_keys(&self) -> bool {
        self.running.is_some() || self.peer().is_some()
    }

    pub(super) fn keep_key(&mut self, key: char) {
        if self.keys.len() < KEYS_KEPT_MAX {
            self.keys.push_back(key);
        }
    }
}

/// How far a caller is in its script.
#[derive(Clone, Debug)]
pub(super) struct CallerProgress {
    pub(super) leg: LegId,
    pub(super) steps: VecDeque<CallerStep>,
    /// Whether a prompt was played since the last keys: only then is the silence after it a question.
    pub(super) was_prompted: bool,
    /// Whether keys are being pressed, or a wait is not over.
    pub(super) busy: bool,
}

impl CallerProgress {
    pub(super) fn new(caller: &ScriptedCaller) -> Self {
        let steps = caller.steps.iter().cloned().collect();
        Self { leg: caller.leg.clone(), steps, was_prompted: false, busy: false }
    }
}

/// A leg, as an observer beside the switch sees it.
#[derive(Clone, Copy, Debug)]
pub struct LegView<'r> {
    /// The leg.
    pub leg: &'r LegId,
    /// The telephone of an agent's leg; none for a caller's leg.
    pub dial: Option<&'r str>,
    /// Whether the leg was answered.
    pub answered: bool,
    /// Whether an application runs on the leg: a sound, a wait for keys, a recording.
    pub app_running: bool,
    /// The leg at the other end of the bridge.
    pub peer: Option<&'r LegId>,
    /// Whether the leg is parked: not ringing, not bridged, not in the fallback.
    pub parked: bool,
    /// Whether the dialplan's fallback has the leg.
    pub in_fallback: bool,
}
