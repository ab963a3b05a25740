//! The timeline of the switch, to show, and the reports of calls and telephones, to check invariants against.
//!
//! The reports have facts that no single event has: when a caller heard the first sound, the longest silence, and
//! whether an agent's telephone went on ringing after the caller had hung up.

use super::channel::Uuid;
use hotlined_core::time::{Instant, Millis};
use serde::Serialize;
use std::collections::BTreeMap;

/// A timeline event with its time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Instant,
    /// The event.
    #[serde(rename = "what")]
    pub event: TimelineEvent,
}

/// An event of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineEvent {
    /// A caller dials.
    #[serde(rename = "dials")]
    Dialled {
        /// The caller's leg.
        leg: Uuid,
        /// The caller's number.
        number: String,
        /// The dialled number.
        #[serde(rename = "dials")]
        dialled: String,
    },
    /// A sound starts on a leg.
    #[serde(rename = "hears")]
    SoundStarted {
        /// The leg.
        leg: Uuid,
        /// The sound's path.
        sound: String,
    },
    /// The switch calls an agent's telephone.
    #[serde(rename = "calls")]
    AgentCalled {
        /// The agent's leg.
        leg: Uuid,
        /// The agent's number.
        number: String,
        /// The caller's leg, where a variable of the `originate` names it.
        caller: Option<Uuid>,
    },
    /// An agent's telephone rings.
    #[serde(rename = "rings")]
    Ringing {
        /// The agent's leg.
        leg: Uuid,
    },
    /// A leg is answered.
    Answered {
        /// The leg.
        leg: Uuid,
    },
    /// Two legs are bridged.
    #[serde(rename = "joined")]
    Bridged {
        /// One leg.
        leg: Uuid,
        /// Its peer.
        peer: Uuid,
    },
    /// A person presses a key.
    #[serde(rename = "presses")]
    KeyPressed {
        /// The leg.
        leg: Uuid,
        /// The key.
        key: char,
    },
    /// The dialplan's fallback serves the caller.
    #[serde(rename = "fell_back")]
    FallbackStarted {
        /// The caller's leg.
        leg: Uuid,
    },
    /// A leg was hung up.
    HungUp {
        /// The leg.
        leg: Uuid,
        /// The hang-up cause.
        cause: String,
        /// Whether the far end hung up; otherwise the switch ended the leg, by itself or by command.
        #[serde(rename = "left")]
        by_far_end: bool,
    },
    /// A client connected and gave the right password.
    LinkUp,
    /// A connection ended.
    LinkDown,
    /// The switch crashed and restarted without channels.
    Crashed,
}

/// The report of one call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallReport {
    /// The caller's leg.
    pub leg: Uuid,
    /// The caller's number.
    pub number: String,
    /// The number dialled.
    #[serde(rename = "dials")]
    pub dialled: String,
    /// When the caller dialled.
    pub dialled_at: Instant,
    /// How long after dialling the first sound started.
    pub first_sound: Option<Millis>,
    /// The longest time without any sound.
    pub longest_silence: Millis,
    /// How long after dialling the call was answered.
    pub answered: Option<Millis>,
    /// How long after dialling the caller was first bridged with an agent.
    #[serde(rename = "joined")]
    pub bridged: Option<Millis>,
    /// The numbers of the agents the caller was bridged with.
    #[serde(rename = "joined_with")]
    pub bridged_with: Vec<String>,
    /// How many agents' legs name this caller in their variables.
    pub agents_called: u32,
    /// Whether the dialplan's fallback served the caller.
    pub fell_back: bool,
    /// How long after dialling the call ended.
    pub ended: Option<Millis>,
    /// The hang-up cause.
    pub cause: Option<String>,
    /// The longest time that an agent's leg of this call outlived the caller, of the legs that are gone.
    #[serde(rename = "outlived")]
    pub agent_leg_outlived: Millis,
    #[serde(skip)]
    pub(super) quiet_since: Option<Instant>,
}

impl CallReport {
    /// How long the caller has heard nothing so far.
    pub fn silence(&self, now: Instant) -> Millis {
        self.quiet_since.filter(|_| self.ended.is_none()).map_or(Millis(0), |since| now.since(since))
    }
}

/// The report of one telephone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PhoneReport {
    /// How often the telephone was called.
    pub calls: u32,
    /// How many calls the telephone has now.
    pub live: u32,
    /// The most calls that the telephone had at the same time.
    pub most_at_once: u32,
}

/// An agent's leg whose caller has hung up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrphanLeg {
    /// The agent's leg.
    pub leg: Uuid,
    /// The caller's leg, which is gone.
    pub caller: Uuid,
    /// For how long the caller has been gone.
    pub since: Millis,
}

/// The statistics of a switch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Every call, by the caller's leg.
    pub calls: BTreeMap<Uuid, CallReport>,
    /// Every telephone that was called, by its number.
    pub phones: BTreeMap<String, PhoneReport>,
    /// How many channels there are.
    pub channels: usize,
    /// The most channels there were at once.
    #[serde(rename = "channels_most")]
    pub channels_peak: usize,
    /// How many events were reported.
    pub events: u64,
    /// The agents' legs whose caller has hung up.
    #[serde(rename = "left_ringing")]
    pub orphan_legs: Vec<OrphanLeg>,
}

impl Stats {
    pub(super) fn call(&mut self, leg: &Uuid, edit: impl FnOnce(&mut CallReport)) {
        if let Some(report) = self.calls.get_mut(leg) {
            edit(report);
        }
    }

    pub(super) fn sound_begins(&mut self, leg: &Uuid, now: Instant) {
        self.call(leg, |call| {
            call.first_sound.get_or_insert(now.since(call.dialled_at));
            if let Some(since) = call.quiet_since.take() {
                call.longest_silence = call.longest_silence.max(now.since(since));
            }
        });
    }

    pub(super) fn sound_ends(&mut self, leg: &Uuid, now: Instant) {
        self.call(leg, |call| {
            call.quiet_since.get_or_insert(now);
        });
    }

    pub(super) fn call_ends(&mut self, leg: &Uuid, now: Instant, cause: &str) {
        self.sound_ends(leg, now);
        self.call(leg, |call| {
            if let Some(since) = call.quiet_since.take() {
                call.longest_silence = call.longest_silence.max(now.since(since));
            }
            call.ended.get_or_insert(now.since(call.dialled_at));
            call.cause.get_or_insert_with(|| cause.into());
        });
    }

    pub(super) fn phone_called(&mut self, number: &str) {
        let phone = self.phones.entry(number.into()).or_default();
        phone.calls += 1;
        phone.live += 1;
        phone.most_at_once = phone.most_at_once.max(phone.live);
    }

    pub(super) fn phone_free(&mut self, number: &str) {
        if let Some(phone) = self.phones.get_mut(number) {
            phone.live = phone.live.saturating_sub(1);
        }
    }
}
