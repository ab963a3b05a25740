//! A caller comes to the door: the hotline it dialled is looked up, and whether it may call. Whom the rules refuse
//! hears why, unanswered, or is rejected at once.

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

/// How long the store may take to say whether a caller has room: then it has.
const ADMISSION_TIME_MAX: Millis = Millis(500);
/// How early who is on a white list is served in a queue.
const WHITE_PRIORITY: u8 = 1;

/// Where a caller's leg was found.
#[derive(Clone, Copy)]
pub(super) enum ArrivalSource {
    /// It has just come: nobody had it before.
    NewCall,
    /// It was waiting when the link came up: a daemon that died, or this one, may have had it.
    ChannelList {
        /// The number of the link's connection.
        connection: u64,
    },
}

/// Takes the call, or refuses it where no hotline has that number or the hotline is suspended.
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

/// The store is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Admission {
    asked: u32,
    about: About,
}

/// What it is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    /// Whether the hotline has room.
    Room,
    /// How often the caller called.
    Frequency,
}

impl Admission {
    /// Asks whether the hotline has room for one more call.
    pub(super) fn enter(cx: &mut Context) -> Next<Self> {
        let Some(hotline) = cx.hotline else {
            return Next::Go(Transition::Ending { cause: Cause::UnknownNumber });
        };
        let calls_max = hotline.calls_max;
        let asked =
            cx.request(AcdRequest::Admit { hotline: hotline.number.clone(), calls_max, recent: None });
        cx.state.counted = true;
        cx.set_timer(Timer::Acd, ADMISSION_TIME_MAX);
        Next::Stay(Self { asked, about: About::Room })
    }

    /// Goes by the rules of the node where the call is; how often the caller called only the store knows.
    pub(super) fn by_rules(cx: &mut Context) -> Next<Self> {
        let (Some(hotline), Some(access)) = (cx.hotline, rules(cx)) else {
            return Next::Go(allow("no rules"));
        };
        let number = cx.caller_number();
        if let Some(entry) = access.white.find(&number) {
            cx.state.priority = cx.state.priority.max(WHITE_PRIORITY);
            return Next::Go(allow(&format!("{entry} is on the white list")));
        }
        if let Some((why, because)) = refused(access, cx) {
            return Next::Go(turn_away(why, &because, access, cx));
        }
        let (Some(frequency), Some(caller)) = (access.frequency, cx.caller_key()) else {
            return Next::Go(allow("no rule refuses"));
        };
        let recent = Some((caller, frequency.within));
        let asked =
            cx.request(AcdRequest::Admit { hotline: hotline.number.clone(), calls_max: None, recent });
        cx.state.counted = true;
        cx.set_timer(Timer::Acd, ADMISSION_TIME_MAX);
        Next::Stay(Self { asked, about: About::Frequency })
    }

    pub(super) fn on(self, event: StageEvent, cx: &mut Context) -> Next<Self> {
        match event {
            StageEvent::Acd(asked, AcdEvent::Admitted { room, recent }) if asked == self.asked => {
                cx.clear_timer(Timer::Acd);
                Next::Go(self.answered(room, recent, cx))
            }
            StageEvent::Due(Timer::Acd) => Next::Go(self.answered(true, 0, cx)),
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

    fn answered(&self, room: bool, recent: u32, cx: &mut Context) -> Transition {
        let Some(hotline) = cx.hotline else { return Transition::Ending { cause: Cause::UnknownNumber } };
        match self.about {
            About::Room if room => Transition::Node(hotline.flow.start),
            About::Room => {
                cx.state.counted = false;
                let because = format!("{} calls are live", hotline.calls_max.unwrap_or_default());
                refuse(RefusalReason::Concurrency, &because, &RefusalAction::Reject(Cause::Busy), cx)
            }
            About::Frequency => match rules(cx) {
                Some(access) if access.frequency.is_some_and(|frequency| recent > frequency.calls) => {
                    turn_away(RefusalReason::Frequency, &format!("{recent} calls lately"), access, cx)
                }
                Some(_) | None => allow("no rule refuses"),
            },
        }
    }
}

fn rules<'a>(cx: &Context<'a>) -> Option<&'a Access> {
    if let NodeKind::Access(access) = &cx.node()?.kind { Some(access) } else { None }
}

fn allow(because: &str) -> Transition {
    Transition::Exit { exit: Exit::Fixed("allowed"), because: because.into() }
}

/// Why the rules refuse the caller, as far as they need not ask the store.
fn refused(access: &Access, cx: &Context) -> Option<(RefusalReason, String)> {
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
    let place = cx.caller_location();
    let barred = access.refused_areas.contains(&place);
    let elsewhere = !access.only_areas.is_empty() && !access.only_areas.contains(&place);
    if barred || elsewhere {
        return Some((
            RefusalReason::Area,
            format!("the caller is in {}", super::walk::location_in_words(&place)),
        ));
    }
    let closed = access.hours.as_ref().filter(|hours| !cx.is_in_hours(hours));
    closed.map(|(table, state)| (RefusalReason::Hours, format!("{table} is not {state}")))
}

/// The flow's own way for such callers, if it has one; otherwise the rules' refusal.
fn turn_away(why: RefusalReason, because: &str, access: &Access, cx: &mut Context) -> Transition {
    if cx.node().is_some_and(|node| node.exits.contains_key(why.word())) {
        return Transition::Exit { exit: Exit::Fixed(why.word()), because: because.into() };
    }
    refuse(why, because, &access.refusal, cx)
}

fn refuse(why: RefusalReason, because: &str, refusal: &RefusalAction, cx: &mut Context) -> Transition {
    cx.state.record_fields.refused = Some(why);
    cx.note(Note::Refused { reason: why, detail: because.into() });
    match refusal {
        RefusalAction::Announce(_) => Transition::Closing { cause: Cause::Rejected },
        RefusalAction::Reject(cause) => {
            cx.conclude(Outcome::Refused, EndedBy::Hotline, *cause);
            Transition::Ending { cause: *cause }
        }
    }
}
