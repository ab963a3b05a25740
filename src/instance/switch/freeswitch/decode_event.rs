//! FreeSWITCH's events in our words.

use super::hangup_causes;
use hotlined_core::event::{Arrival, Cause, CommandResult, Event, LegEvent};
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_core::number;
use hotlined_esl::event::EslEvent;
use hotlined_esl::vocabulary::EventName;
use std::borrow::Cow;

/// The events that mean something to a call or to the link, and are asked for.
pub const WANTED: [EventName; 14] = [
    EventName::CHANNEL_PARK,
    EventName::CHANNEL_UNPARK,
    EventName::CHANNEL_ORIGINATE,
    EventName::CHANNEL_PROGRESS,
    EventName::CHANNEL_PROGRESS_MEDIA,
    EventName::CHANNEL_ANSWER,
    EventName::CHANNEL_BRIDGE,
    EventName::CHANNEL_UNBRIDGE,
    EventName::CHANNEL_HANGUP,
    EventName::CHANNEL_EXECUTE_COMPLETE,
    EventName::CHANNEL_UUID,
    EventName::DTMF,
    EventName::BACKGROUND_JOB,
    EventName::HEARTBEAT,
];

/// The state of a leg that the switch parked behind a talk (`park_after_bridge`).
pub(super) const PARKED_BY_ITSELF: &str = "CS_PARK";

/// The variable that names the call an agent's leg was made for.
pub(super) const CALL_VARIABLE: &str = "hotlined_call";

/// What an event means to a call, if anything.
pub fn event(switch: &SwitchId, event: &EslEvent) -> Option<Event> {
    let name = event.name();
    match &*name {
        b"BACKGROUND_JOB" => job_done(event),
        b"CHANNEL_EXECUTE_COMPLETE" => application_done(event),
        b"CHANNEL_PARK" => parked(switch, event),
        b"CHANNEL_BRIDGE" => pair(event, |peer| LegEvent::Bridged { peer }),
        b"CHANNEL_UNBRIDGE" => pair(event, |peer| LegEvent::Unbridged { peer }),
        b"CHANNEL_ORIGINATE" => of_leg(event, LegEvent::Created),
        b"CHANNEL_PROGRESS" => of_leg(event, LegEvent::Ringing { media: false }),
        b"CHANNEL_PROGRESS_MEDIA" => of_leg(event, LegEvent::Ringing { media: true }),
        b"CHANNEL_ANSWER" => of_leg(event, LegEvent::Answered),
        b"CHANNEL_UNPARK" => left(event),
        b"CHANNEL_HANGUP" => {
            let cause = event.text("Hangup-Cause").map_or(Cause::Other, |name| hangup_causes::heard(&name));
            // Set on the leg whose far end sent BYE, CANCEL or a refusal, and on no other.
            let far_end = event.variable("sip_term_status").is_some();
            of_leg(event, LegEvent::HungUp { cause, far_end })
        }
        b"CHANNEL_UUID" => of_leg(event, LegEvent::Renamed { from: leg(event, "Old-Unique-ID")? }),
        b"DTMF" => of_leg(event, LegEvent::Digit(event.text("DTMF-Digit")?.chars().next()?)),
        _ => None,
    }
}

fn leg(event: &EslEvent, header: &str) -> Option<LegId> {
    event.text(header)?.parse().ok()
}

fn of_leg(event: &EslEvent, what: LegEvent) -> Option<Event> {
    Some(Event::Leg { leg: leg(event, "Unique-ID")?, event: what })
}

fn parked(switch: &SwitchId, event: &EslEvent) -> Option<Event> {
    let is_ours = event.variable(CALL_VARIABLE).is_some();
    let is_inbound = event.get("Call-Direction").is_some_and(|direction| &*direction == b"inbound");
    // The dialplan parks in the middle of its lines. Whom the switch parks by itself comes from a talk, and is no new
    // caller: also where nobody knows it any more, and where its destination is the fallback, out of which it was
    // joined.
    let is_back = event.get("Channel-State").is_some_and(|state| &*state == PARKED_BY_ITSELF.as_bytes());
    if is_ours || !is_inbound || is_back {
        return of_leg(event, LegEvent::Parked);
    }
    let dialled = event.text("Caller-Destination-Number")?;
    // Other services of the switch may park legs, too: only a 400 number is for us.
    number::hotline(&dialled)?;
    let caller = event.text("Caller-Caller-ID-Number").unwrap_or_default();
    let answered = event.get("Answer-State").is_some_and(|state| &*state == b"answered");
    Some(Event::Arrived(arrival(switch, leg(event, "Unique-ID")?, &dialled, &caller, answered)))
}

/// The arrival of a leg. The leg's name is random already (RFC 9562, version 4), and the same in a replay as
/// it was live: so it is the seed, too.
pub(super) fn arrival(switch: &SwitchId, leg: LegId, dialled: &str, caller: &str, answered: bool) -> Arrival {
    let caller = if caller == "_undef_" { "" } else { caller };
    let seed = leg.fingerprint();
    Arrival { switch: switch.clone(), leg, dialled: dialled.into(), caller: caller.into(), seed, answered }
}

/// Why a leg is parked no longer, the number of the state that it goes to tells (`switch_types.h`): it was sent
/// elsewhere, unless it falls asleep to be joined with another or hangs up, as we were told or will be.
fn left(event: &EslEvent) -> Option<Event> {
    const HIBERNATE: &[u8] = b"8";
    const HANGUP: &[u8] = b"10";
    let goes_to = event.get("Channel-State-Number").unwrap_or_default();
    if matches!(&*goes_to, HIBERNATE | HANGUP) { None } else { of_leg(event, LegEvent::Left) }
}

fn pair(event: &EslEvent, what: impl Fn(LegId) -> LegEvent) -> Option<Event> {
    let (a, b) = (leg(event, "Bridge-A-Unique-ID")?, leg(event, "Bridge-B-Unique-ID")?);
    Some(Event::Leg { leg: a, event: what(b) })
}

fn application_done(event: &EslEvent) -> Option<Event> {
    let command: CommandId = event.text("Application-UUID")?.parse().ok()?;
    let response = event.get("Application-Response").unwrap_or(Cow::Borrowed(b""));
    let result = match &*response {
        b"FILE PLAYED" | b"_none_" | b"" => CommandResult::Ok,
        _ => CommandResult::Failed(Cause::Other),
    };
    Some(Event::Done { command, result })
}

fn job_done(event: &EslEvent) -> Option<Event> {
    let command: CommandId = event.text("Job-UUID")?.parse().ok()?;
    Some(Event::Done { command, result: job_result(&event.body()) })
}

/// How an API command ended, by what it printed.
pub(super) fn job_result(printed: &[u8]) -> CommandResult {
    let printed = String::from_utf8_lossy(printed);
    let Some(error) = printed.trim().strip_prefix("-ERR") else { return CommandResult::Ok };
    match error.trim() {
        "No such channel!" => CommandResult::NoSuchLeg,
        cause => CommandResult::Failed(hangup_causes::heard(cause)),
    }
}
