//! Caller and agent talk. When the caller leaves, the call ends for both; when the agent leaves, the call ends too,
//! unless the flow goes on after a talk, as a rule with the survey.

use super::attempt::AttemptIx;
use super::context::Context;
use super::timer::Timer;
use super::transition::{AgentEvent, CallerEvent, Next, StageEvent, Transition};
use super::{candidates, walk};
use crate::command::{AcdRequest, Action};
use crate::event::Cause;
use crate::hotline::Recording;
use crate::record::{EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How soon a leg must end after the end of the bridge. Later, a person at the switch broke only the bridge.
const UNBRIDGED_TIME_MAX: Millis = Millis::seconds(2);
const DAY: Millis = Millis::seconds(24 * 3600);

/// The stage while caller and agent talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Talk {
    #[serde(rename = "nth")]
    attempt_ix: AttemptIx,
    /// Whether the agent left and the caller's leg is awaited back.
    #[serde(rename = "parted")]
    agent_left: bool,
}

impl Talk {
    pub(super) fn enter(attempt_ix: AttemptIx, cx: &mut Context) -> Next<Self> {
        let talk = Self { attempt_ix, agent_left: false };
        talk.begin_if_answered(cx);
        Next::Stay(talk)
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Agent(attempt_ix, AgentEvent::Gone) if attempt_ix == self.attempt_ix => {
                self.agent_gone(cx)
            }
            StageEvent::Caller(CallerEvent::Parked) if self.agent_left => Self::go_on_with_flow(cx),
            StageEvent::Caller(CallerEvent::Answered) => {
                self.begin_if_answered(cx);
                Next::Stay(self)
            }
            StageEvent::Caller(CallerEvent::Unbridged | CallerEvent::Parked) if !self.agent_left => {
                cx.set_timer(Timer::Unbridged, UNBRIDGED_TIME_MAX);
                Next::Stay(self)
            }
            StageEvent::Agent(attempt_ix, AgentEvent::Bridged) if attempt_ix == self.attempt_ix => {
                cx.clear_timer(Timer::Unbridged);
                Next::Stay(self)
            }
            StageEvent::Due(Timer::Unbridged) if self.agent_left => Self::go_on_with_flow(cx),
            StageEvent::Due(Timer::Unbridged) => {
                cx.conclude(Self::outcome(cx), EndedBy::Switch, Cause::Normal);
                Next::Go(Transition::Ending { cause: Cause::Normal })
            }
            // The caller's leg may have come back while the link was down.
            StageEvent::LinkRestored if self.agent_left => Self::go_on_with_flow(cx),
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::SoundEnded
            | StageEvent::LinkRestored
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    /// Begins the talk, if the caller is answered already.
    fn begin_if_answered(&self, cx: &mut Context) {
        let before = cx.state.talk;
        cx.begin_talk(self.attempt_ix);
        if before.is_some() || cx.state.talk.is_none() {
            return;
        }
        start_recording(cx);
        remember_agent(self.attempt_ix, cx);
    }

    fn agent_gone(mut self, cx: &mut Context) -> Next<Self> {
        let hung_up = cx.state.attempts.get(self.attempt_ix).is_some_and(|attempt| attempt.agent_hung_up);
        let by = if hung_up { EndedBy::Agent } else { EndedBy::Switch };
        if cx.state.talk.is_some() && walk::after_talk(cx).is_some() {
            cx.state.talk_ended = Some((cx.now, by));
            self.agent_left = true;
            cx.set_timer(Timer::Unbridged, UNBRIDGED_TIME_MAX);
            return Next::Stay(self);
        }
        cx.conclude(Self::outcome(cx), by, Cause::Normal);
        Next::Go(Transition::Ending { cause: Cause::Normal })
    }

    /// The caller's leg is under the daemon's control again: the flow goes on.
    fn go_on_with_flow(cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Unbridged);
        if let Some(file) = cx.state.record_fields.recording.clone() {
            let leg = cx.state.caller_leg.clone();
            cx.send(Action::StopRecording { leg, file });
        }
        cx.keep_fallback();
        Next::Go(Transition::exit(walk::TALKED))
    }

    fn outcome(cx: &Context) -> Outcome {
        if cx.state.talk.is_some() { Outcome::Answered } else { Outcome::Lost }
    }
}

fn start_recording(cx: &mut Context) {
    let is_wanted = match cx.hotline.map(|hotline| hotline.recording) {
        Some(Recording::All) => true,
        Some(Recording::Inbound) => cx.state.record_fields.call_back.is_none(),
        Some(Recording::Off) | None => false,
    };
    if !is_wanted {
        return;
    }
    let Some(file) = cx.recording_name("") else { return };
    let leg = cx.state.caller_leg.clone();
    cx.send(Action::RecordTalk { leg, file: file.clone() });
    cx.state.record_fields.recording = Some(file);
}

/// Lets the caller's next call try this agent first, where the group wants that.
fn remember_agent(attempt_ix: AttemptIx, cx: &mut Context) {
    let (Some(hotline), Some(reach)) = (cx.hotline, cx.reach()) else { return };
    let Some(group) = candidates::group(reach, cx) else { return };
    let (Some(days), Some(caller)) = (group.last_agent_days, cx.caller_key()) else { return };
    let Some(line) = cx.state.attempts.get(attempt_ix).map(|attempt| attempt.line.clone()) else { return };
    let pool = candidates::pool_id(&hotline.number, group);
    let keep = Millis(DAY.0 * u64::from(days));
    cx.request(AcdRequest::Remember { pool, caller, line, keep });
}
