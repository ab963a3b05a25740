//! A caller arrives: the hotline with the dialled number is looked up, and whether the caller may call. A caller whom
//! the rules refuse hears why, unanswered and unbilled, or is rejected at once.

use super::context::Context;
use super::timer::Timer;
use super::transition::{AcdEvent, Exit, Next, StageEvent, Transition};
use crate::command::{AcdRequest, Action, Note};
use crate::event::Cause;
use crate::hotline::access::{Access, RefusalAction, RefusalReason};
use crate::hotline::flow::NodeKind;
use crate::number::Kind;
use crate::record::{EndedBy, Outcome};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// How long the ACD may take to reply. After that the caller is admitted.
const ADMISSION_TIME_MAX: Millis = Millis(500);
/// The queue priority of a caller on a white list.
const WHITE_PRIORITY: u8 = 1;

/// How the daemon learned of a caller's leg.
#[derive(Clone, Copy)]
pub(super) enum ArrivalSource {
    /// By an arrival event: no daemon had the caller before.
    NewCall,
    /// From the switch's list of channels, when the link came up. An earlier daemon, or this one, may have had the
    /// caller.
    ChannelList {
        /// The number of the link's connection.
        connection: u64,
    },
}

/// Takes the call. Refuses the caller where no hotline has the number, or the hotline is suspended.
pub(super) fn admit(cx: &mut Context) -> Transition {
    let Some(hotline) = cx.hotline else {
        cx.conclude(Outcome::UnknownHotline, EndedBy::Hotline, Cause::UnknownNumber);
        return Transition::Ending { cause: Cause::UnknownNumber };
    };
    let leg = cx.state.caller_leg.clone();
    cx.send(Action::Take { leg });
    cx.keep_fallback();
    match (&hotline.suspended, hotline.calls_max) {
        (Some(refusal), _) => refuse(RefusalReason::Suspended, "the hotline is suspended", refusal, cx),
        (None, Some(_)) => Transition::Admission,
        (None, None) => Transition::Node(hotline.flow.start),
    }
}

/// The stage while the ACD is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Admission {
    #[serde(rename = "asked")]
    request: u32,
    #[serde(rename = "about")]
    question: Question,
}

/// What the ACD is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    /// Whether the hotline may have one more live call.
    #[serde(rename = "room")]
    HotlineCapacity,
    /// How often the caller called lately.
    #[serde(rename = "frequency")]
    CallerFrequency,
}

impl Admission {
    /// Asks whether the hotline may have one more call.
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(hotline) = cx.hotline else {
            return Next::Go(Transition::Ending { cause: Cause::UnknownNumber });
        };
        let calls_max = hotline.calls_max;
        let request =
            cx.request(AcdRequest::Admit { hotline: hotline.number.clone(), calls_max, recent: None });
        cx.state.counted = true;
        cx.set_timer(Timer::Acd, ADMISSION_TIME_MAX);
        Next::Stay(Self { request, question: Question::HotlineCapacity })
    }

    /// Applies the access rules of the node where the call is. Only the ACD knows how often the caller called.
    pub(super) fn by_rules(cx: &mut Context) -> Next<Self> {
        let (Some(hotline), Some(access)) = (cx.hotline, access_rules(cx)) else {
            return Next::Go(allow("no rules"));
        };
        let number = cx.caller_number();
        if let Some(entry) = access.white.find(&number) {
            cx.state.priority = cx.state.priority.max(WHITE_PRIORITY);
            return Next::Go(allow(&format!("{entry} is on the white list")));
        }
        if let Some((reason, detail)) = refusal_by_rules(access, cx) {
            return Next::Go(refuse_by_flow_or_rules(reason, &detail, access, cx));
        }
        let (Some(frequency), Some(caller)) = (access.frequency, cx.caller_key()) else {
            return Next::Go(allow("no rule refuses"));
        };
        let recent = Some((caller, frequency.within));
        let request =
            cx.request(AcdRequest::Admit { hotline: hotline.number.clone(), calls_max: None, recent });
        cx.state.counted = true;
        cx.set_timer(Timer::Acd, ADMISSION_TIME_MAX);
        Next::Stay(Self { request, question: Question::CallerFrequency })
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Acd(request, AcdEvent::Admitted { room, recent }) if request == self.request => {
                cx.clear_timer(Timer::Acd);
                Next::Go(self.after_reply(room, recent, cx))
            }
            StageEvent::Due(Timer::Acd) => Next::Go(self.after_reply(true, 0, cx)),
            StageEvent::LinkRestored => {
                cx.keep_fallback();
                Next::Stay(self)
            }
            StageEvent::Acd(..)
            | StageEvent::Agent(..)
            | StageEvent::Caller(_)
            | StageEvent::CommandDone(..)
            | StageEvent::SoundEnded
            | StageEvent::Due(_) => Next::Stay(self),
        }
    }

    fn after_reply(&self, room: bool, recent: u32, cx: &mut Context) -> Transition {
        let Some(hotline) = cx.hotline else { return Transition::Ending { cause: Cause::UnknownNumber } };
        match self.question {
            Question::HotlineCapacity if room => Transition::Node(hotline.flow.start),
            Question::HotlineCapacity => {
                cx.state.counted = false;
                let detail = format!("{} calls are live", hotline.calls_max.unwrap_or_default());
                refuse(RefusalReason::Concurrency, &detail, &RefusalAction::Reject(Cause::Busy), cx)
            }
            Question::CallerFrequency => match access_rules(cx) {
                Some(access) if access.frequency.is_some_and(|frequency| recent > frequency.calls) => {
                    refuse_by_flow_or_rules(
                        RefusalReason::Frequency,
                        &format!("{recent} calls lately"),
                        access,
                        cx,
                    )
                }
                Some(_) | None => allow("no rule refuses"),
            },
        }
    }
}

fn access_rules<'a>(cx: &Context<'a>) -> Option<&'a Access> {
    if let NodeKind::Access(access) = &cx.node()?.kind { Some(access) } else { None }
}

fn allow(detail: &str) -> Transition {
    Transition::Exit { exit: Exit::Fixed("allowed"), reason: detail.into() }
}

/// Why the rules refuse the caller, as far as that needs no reply of the ACD.
fn refusal_by_rules(access: &Access, cx: &Context) -> Option<(RefusalReason, String)> {
    let number = cx.caller_number();
    if access.only_white {
        return Some((RefusalReason::NotWhitelisted, "only the white list may call".into()));
    }
    if access.refuse_anonymous && number.kind() == Kind::Withheld {
        return Some((RefusalReason::Anonymous, "the number is withheld".into()));
    }
    if access.refuse_international && number.kind() == Kind::International {
        return Some((RefusalReason::International, "the call is from abroad".into()));
    }
    if let Some(entry) = access.black.find(&number) {
        return Some((RefusalReason::Blacklisted, format!("{entry} is on the black list")));
    }
    let location = cx.caller_location();
    let is_refused = access.refused_areas.contains(&location);
    let is_outside = !access.only_areas.is_empty() && !access.only_areas.contains(&location);
    if is_refused || is_outside {
        return Some((
            RefusalReason::Area,
            format!("the caller is in {}", super::walk::location_in_words(&location)),
        ));
    }
    let closed = access.hours.as_ref().filter(|hours| !cx.is_in_hours(hours));
    closed.map(|(table, state)| (RefusalReason::Hours, format!("{table} is not {state}")))
}

/// Refuses the caller by the flow's own exit for the reason, if the node has one; otherwise as the rules say.
fn refuse_by_flow_or_rules(
    reason: RefusalReason,
    detail: &str,
    access: &Access,
    cx: &mut Context,
) -> Transition {
    if cx.node().is_some_and(|node| node.exits.contains_key(reason.word())) {
        return Transition::Exit { exit: Exit::Fixed(reason.word()), reason: detail.into() };
    }
    refuse(reason, detail, &access.refusal, cx)
}

fn refuse(reason: RefusalReason, detail: &str, refusal: &RefusalAction, cx: &mut Context) -> Transition {
    cx.state.record_fields.refused = Some(reason);
    cx.note(Note::Refused { reason, detail: detail.into() });
    match refusal {
        RefusalAction::Announce(_) => Transition::Closing { cause: Cause::Rejected },
        RefusalAction::Reject(cause) => {
            // Of a caller who talked before, the call was answered.
            let cause = cx.conclude_by_flow(Some(*cause));
            Transition::Ending { cause }
        }
    }
}
