//! The caller leaves a message: greeting, beep, recording. The message ends when the caller hangs up, is silent,
//! presses `#`, or has spoken for the longest time; what was recorded until then is kept.

use super::context::Context;
use super::timer::Timer;
use super::transition::{CallerEvent, Next, StageEvent, Transition};
use crate::command::Action;
use crate::hotline::flow::{NodeKind, Voicemail as VoicemailNode};
use crate::prompt::{Prompt, RecordingName, Tone};
use crate::record::MessageRecord;
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};

/// How long the greeting before the recording may take, and the confirmation after it.
const GREETING_TIME_MAX: Millis = Millis::seconds(60);
/// How much longer than the longest message the switch may take to report its end.
const MESSAGE_SPARE: Millis = Millis::seconds(3);
/// The key that ends a message.
const END_KEY: char = '#';

/// How far the message got.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Voicemail {
    /// The caller hears the greeting.
    Greeting,
    /// The caller hears the beep.
    Beep,
    /// The caller speaks.
    Recording {
        /// The number of the recording command.
        command: u32,
        since: Instant,
        file: RecordingName,
        /// Whether the caller ended the message by key; otherwise silence ends it.
        #[serde(rename = "ended")]
        ended_by_key: bool,
    },
    /// The caller hears that the message is saved.
    Saved,
}

impl Voicemail {
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(node) = node(cx) else { return Next::Go(Transition::exit("done")) };
        cx.set_timer(Timer::Announcement, GREETING_TIME_MAX);
        match &node.greeting {
            Some(greeting) => {
                cx.play(greeting.clone(), false);
                Next::Stay(Self::Greeting)
            }
            None => Self::beep(cx),
        }
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match (self, event) {
            (Self::Greeting, StageEvent::SoundEnded | StageEvent::Caller(CallerEvent::Digit(END_KEY))) => {
                Self::beep(cx)
            }
            (Self::Beep, StageEvent::SoundEnded) => Self::start_recording(cx),
            (Self::Greeting | Self::Beep, StageEvent::Due(Timer::Announcement)) => Self::start_recording(cx),
            (
                Self::Recording { command, since, file, ended_by_key },
                StageEvent::CommandDone(number, succeeded),
            ) if number == command => {
                if succeeded {
                    let spoken = spoken_time(since, ended_by_key, cx);
                    Self::save(since, spoken, file, cx)
                } else {
                    Next::Go(Transition::exit("too_short"))
                }
            }
            (
                Self::Recording { command, since, file, .. },
                StageEvent::Caller(CallerEvent::Digit(END_KEY)),
            ) => {
                let leg = cx.state.caller_leg.clone();
                cx.send(Action::Stop { leg });
                Next::Stay(Self::Recording { command, since, file, ended_by_key: true })
            }
            (Self::Recording { since, file, .. }, StageEvent::Due(Timer::Message)) => {
                let leg = cx.state.caller_leg.clone();
                cx.send(Action::Stop { leg });
                Self::save(since, cx.now.since(since), file, cx)
            }
            // What the caller said meanwhile is recorded, or lost with the switch; the caller may well have finished.
            (Self::Recording { since, file, .. }, StageEvent::LinkRestored) => {
                let leg = cx.state.caller_leg.clone();
                cx.send(Action::Stop { leg });
                cx.keep_fallback();
                Self::save(since, cx.now.since(since), file, cx)
            }
            (Self::Saved, StageEvent::SoundEnded | StageEvent::Due(Timer::Announcement)) => {
                cx.clear_timer(Timer::Announcement);
                Next::Go(Transition::exit("done"))
            }
            (stay @ (Self::Greeting | Self::Beep | Self::Saved), StageEvent::LinkRestored) => {
                cx.keep_fallback();
                cx.replay();
                Next::Stay(stay)
            }
            (
                stay,
                StageEvent::Acd(..)
                | StageEvent::Agent(..)
                | StageEvent::Caller(_)
                | StageEvent::CommandDone(..)
                | StageEvent::SoundEnded
                | StageEvent::Due(_),
            ) => Next::Stay(stay),
        }
    }

    fn beep(cx: &mut Context) -> Next<Self> {
        cx.play(Prompt::Tone(Tone::Beep), false);
        Next::Stay(Self::Beep)
    }

    fn start_recording(cx: &mut Context) -> Next<Self> {
        let (Some(node), Some(file)) = (node(cx), cx.recording_name("-message")) else {
            return Next::Go(Transition::exit("too_short"));
        };
        cx.clear_timer(Timer::Announcement);
        cx.stop();
        let (leg, longest, silence) = (cx.state.caller_leg.clone(), node.longest, node.silence);
        let command = cx.send(Action::RecordMessage { leg, file: file.clone(), longest, silence });
        cx.set_timer(Timer::Message, Millis(longest.0 + MESSAGE_SPARE.0));
        Next::Stay(Self::Recording { command, since: cx.now, file, ended_by_key: false })
    }

    /// The caller is gone: the message until now counts.
    pub(super) fn caller_gone(&self, cx: &mut Context) {
        if let Self::Recording { since, file, .. } = self {
            record_message(*since, cx.now.since(*since), file, cx);
        }
    }

    fn save(since: Instant, spoken: Millis, file: RecordingName, cx: &mut Context) -> Next<Self> {
        cx.clear_timer(Timer::Message);
        if !record_message(since, spoken, &file, cx) {
            return Next::Go(Transition::exit("too_short"));
        }
        match node(cx).and_then(|node| node.saved.clone()) {
            Some(saved) => {
                cx.play(saved, false);
                cx.set_timer(Timer::Announcement, GREETING_TIME_MAX);
                Next::Stay(Self::Saved)
            }
            None => Next::Go(Transition::exit("done")),
        }
    }
}

/// How long the caller spoke, as far as that is known. The message ends with silence, unless the caller ended it by
/// key or it reached the longest time.
fn spoken_time(since: Instant, ended_by_key: bool, cx: &Context) -> Millis {
    let length = cx.now.since(since);
    let Some(node) = node(cx) else { return length };
    // The switch counts whole seconds, and may end the recording one second early.
    let is_full = length.0 + 1_000 >= node.longest.0;
    if ended_by_key || is_full { length } else { Millis(length.0.saturating_sub(node.silence.0)) }
}

/// Puts the message into the call record, if the caller spoke long enough. Returns whether it did.
fn record_message(since: Instant, spoken: Millis, file: &RecordingName, cx: &mut Context) -> bool {
    let Some(node) = node(cx) else { return false };
    let is_long_enough = spoken >= node.shortest;
    if is_long_enough {
        // The report of the end may come late; the message is no longer for that.
        let length = cx.now.since(since).min(node.longest);
        cx.state.record_fields.message = Some(MessageRecord { file: file.clone(), length });
    }
    is_long_enough
}

fn node<'a>(cx: &Context<'a>) -> Option<&'a VoicemailNode> {
    if let NodeKind::Voicemail(node) = &cx.node()?.kind { Some(node) } else { None }
}
