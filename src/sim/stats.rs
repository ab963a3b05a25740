//! What happened on the exchange: a timeline to show, and a report to hold promises against.
//!
//! The reports answer what no event says by itself: when a caller first heard anything, how long it was
//! silent, and whether an agent's telephone went on ringing after its caller had left.

use super::channel::Uuid;
use hotlined_core::time::{Instant, Millis};
use serde::Serialize;
use std::collections::BTreeMap;

/// Something happened, to be shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Instant,
    /// What.
    #[serde(rename = "what")]
    pub event: TimelineEvent,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineEvent {
    /// A caller dials.
    #[serde(rename = "dials")]
    Dialled {
        /// The caller's leg.
        leg: Uuid,
        /// From this number.
        number: String,
        /// This number.
        #[serde(rename = "dials")]
        dialled: String,
    },
    /// A leg begins to hear a sound.
    #[serde(rename = "hears")]
    SoundStarted {
        /// The leg.
        leg: Uuid,
        /// What.
        sound: String,
    },
    /// An agent's telephone is called.
    #[serde(rename = "calls")]
    AgentCalled {
        /// The agent's leg.
        leg: Uuid,
        /// The agent's number.
        number: String,
        /// The caller it is for, where that is known.
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
    /// Two legs hear each other.
    #[serde(rename = "joined")]
    Bridged {
        /// The one.
        leg: Uuid,
        /// The other.
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
    /// The dialplan's own service took the caller.
    #[serde(rename = "fell_back")]
    FallbackStarted {
        /// The caller's leg.
        leg: Uuid,
    },
    /// A leg is gone.
    HungUp {
        /// The leg.
        leg: Uuid,
        /// Why.
        cause: String,
        /// Whether its far end left; otherwise the switch ended it, by itself or because it was told to.
        #[serde(rename = "left")]
        by_far_end: bool,
    },
    /// A program connected and was let in.
    LinkUp,
    /// A link ended.
    LinkDown,
    /// The exchange died and came back empty.
    Crashed,
}

/// What one caller lived through.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CallReport {
    /// The caller's leg.
    pub leg: Uuid,
    /// The caller's number.
    pub number: String,
    /// The number dialled.
    #[serde(rename = "dials")]
    pub dialled: String,
    /// When they dialled.
    pub dialled_at: Instant,
    /// How long after dialling they first heard anything.
    pub first_sound: Option<Millis>,
    /// The longest time without any sound.
    pub longest_silence: Millis,
    /// How long after dialling the call was answered.
    pub answered: Option<Millis>,
    /// How long after dialling they first talked to an agent.
    #[serde(rename = "joined")]
    pub bridged: Option<Millis>,
    /// The numbers of the agents they talked to.
    #[serde(rename = "joined_with")]
    pub bridged_with: Vec<String>,
    /// How many agents' legs were made for them, as far as their variables tell.
    pub agents_called: u32,
    /// Whether the dialplan's fallback served them.
    pub fell_back: bool,
    /// How long after dialling the call ended.
    pub ended: Option<Millis>,
    /// Why it ended.
    pub cause: Option<String>,
    /// The longest any agent's leg of theirs lived on after they had left, of those gone by now.
    #[serde(rename = "outlived")]
    pub agent_leg_outlived: Millis,
    #[serde(skip)]
    pub(super) quiet_since: Option<Instant>,
}

impl CallReport {
    /// How long they have heard nothing by now.
    pub fn silence(&self, now: Instant) -> Millis {
        self.quiet_since.filter(|_| self.ended.is_none()).map_or(Millis(0), |since| now.since(since))
    }
}

/// What one telephone lived through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PhoneReport {
    /// How often it was called.
    pub calls: u32,
    /// How many calls it has now.
    pub live: u32,
    /// How many calls it had at once at most.
    pub most_at_once: u32,
}

/// A leg that goes on although its caller has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrphanLeg {
    /// The agent's leg.
    pub leg: Uuid,
    /// The caller's leg, now gone.
    pub caller: Uuid,
    /// For how long the caller has been gone.
    pub since: Millis,
}

/// What everybody lived through.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Every call, by the caller's leg.
    pub calls: BTreeMap<Uuid, CallReport>,
    /// Every telephone that was called, by its number.
    pub phones: BTreeMap<String, PhoneReport>,
    /// How many channels there are.
    pub channels: usize,
    /// How many channels there were at once at most.
    #[serde(rename = "channels_most")]
    pub channels_peak: usize,
    /// How many events were reported.
    pub events: u64,
    /// The legs that go on although their caller has left.
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
