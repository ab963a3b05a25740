//! A leg of the rehearsed switch: what it does, and what runs on it.

use super::actors::ScriptedPhone;
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::time::{Instant, Millis};
use std::collections::VecDeque;

/// The most keys a leg keeps for whoever reads them next.
const KEYS_KEPT_MAX: usize = 100;

/// One leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) who: Who,
    pub(super) doing: Doing,
    pub(super) answered: bool,
    pub(super) running: Option<Running>,
    /// The dead man's timer that counts, by its number.
    pub(super) fallback: Option<u64>,
    pub(super) keys: VecDeque<char>,
    /// The command that made it, until its end was reported.
    pub(super) ring: Option<CommandId>,
}

/// Whose leg it is.
#[derive(Clone, Debug)]
pub(super) enum Who {
    /// A caller's, by its place in the cast; with the call it was made for, where it was called back.
    Caller { place: usize, of: Option<CallId> },
    /// An agent's.
    Agent { of: CallId, dial: String, habit: ScriptedPhone, asked: bool, answered_at: Instant },
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Ringing,
    /// Answered at its other end, and not yet in our hands.
    Waking,
    Parked,
    Talking {
        peer: LegId,
        /// For how long the caller is kept when the agent leaves.
        keep: Option<Millis>,
        /// Which talk it is.
        number: u64,
    },
    Elsewhere,
}

/// What runs on it.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) command: CommandId,
    pub(super) number: u64,
}

impl Leg {
    pub(super) fn new(who: Who, doing: Doing) -> Self {
        let keys = VecDeque::new();
        Self { who, doing, answered: false, running: None, fallback: None, keys, ring: None }
    }

    pub(super) fn is_caller(&self) -> bool {
        matches!(self.who, Who::Caller { .. })
    }

    pub(super) fn peer(&self) -> Option<&LegId> {
        if let Doing::Talking { peer, .. } = &self.doing { Some(peer) } else { None }
    }

    /// Whether a key is reported at once: FreeSWITCH reads keys only where something runs, or within a talk.
    pub(super) fn hears_keys(&self) -> bool {
        self.running.is_some() || self.peer().is_some()
    }

    pub(super) fn keep_key(&mut self, key: char) {
        if self.keys.len() < KEYS_KEPT_MAX {
            self.keys.push_back(key);
        }
    }
}
