//! Decodes FreeSWITCH's events into events of the core.

use super::hangup_causes;
use hotlined_core::event::{Arrival, Cause, CommandResult, Event, LegEvent};
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_core::number;
use hotlined_esl::event::EslEvent;
use hotlined_esl::vocabulary::EventName;
use std::borrow::Cow;

/// The events that calls or the link need: the subscription.
pub const SUBSCRIPTION: [EventName; 14] = [
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

/// The channel state of a leg that the switch has parked after a talk (`park_after_bridge`).
pub(super) const PARKED_BY_ITSELF: &str = "CS_PARK";

/// The variable of an agent's leg that contains the id of its call.
pub(super) const CALL_VARIABLE: &str = "hotlined_call";

/// The core's event for an event of FreeSWITCH; none if no call needs the event.
pub fn event(switch: &SwitchId, event: &EslEvent) -> Option<Event> {
    let name = event.name();
    match &*name {
        b"BACKGROUND_JOB" => job_done(event),
        b"CHANNEL_EXECUTE_COMPLETE" => application_done(event),
        b"CHANNEL_PARK" => parked(switch, event),
        b"CHANNEL_BRIDGE" => bridge_event(event, |peer| LegEvent::Bridged { peer }),
        b"CHANNEL_UNBRIDGE" => bridge_event(event, |peer| LegEvent::Unbridged { peer }),
        b"CHANNEL_ORIGINATE" => leg_event(event, LegEvent::Created),
        b"CHANNEL_PROGRESS" => leg_event(event, LegEvent::Ringing { media: false }),
        b"CHANNEL_PROGRESS_MEDIA" => leg_event(event, LegEvent::Ringing { media: true }),
        b"CHANNEL_ANSWER" => leg_event(event, LegEvent::Answered),
        b"CHANNEL_UNPARK" => left(event),
        b"CHANNEL_HANGUP" => {
            let cause =
                event.text("Hangup-Cause").map_or(Cause::Other, |name| hangup_causes::from_freeswitch(&name));
            // Only set on the leg whose far end sent BYE, CANCEL or a rejection.
            let far_end = event.variable("sip_term_status").is_some();
            leg_event(event, LegEvent::HungUp { cause, far_end })
        }
        b"CHANNEL_UUID" => leg_event(event, LegEvent::Renamed { from: leg_id(event, "Old-Unique-ID")? }),
        b"DTMF" => leg_event(event, LegEvent::Digit(event.text("DTMF-Digit")?.chars().next()?)),
        _ => None,
    }
}

fn leg_id(event: &EslEvent, header: &str) -> Option<LegId> {
    event.text(header)?.parse().ok()
}

fn leg_event(event: &EslEvent, what: LegEvent) -> Option<Event> {
    Some(Event::Leg { leg: leg_id(event, "Unique-ID")?, event: what })
}

fn parked(switch: &SwitchId, event: &EslEvent) -> Option<Event> {
    let is_ours = event.variable(CALL_VARIABLE).is_some();
    let is_inbound = event.get("Call-Direction").is_some_and(|direction| &*direction == b"inbound");
    // The dialplan parks a new caller while it executes its lines. A caller whom the switch parks by itself comes
    // from a talk and is not new: also if the call is forgotten, and if the destination is the fallback out of which
    // the caller was bridged.
    let is_back_from_talk =
        event.get("Channel-State").is_some_and(|state| &*state == PARKED_BY_ITSELF.as_bytes());
    if is_ours || !is_inbound || is_back_from_talk {
        return leg_event(event, LegEvent::Parked);
    }
    let dialled = event.text("Caller-Destination-Number")?;
    // Other services of the switch may park legs, too. Only a 400 number is a hotline.
    number::hotline(&dialled)?;
    let caller = event.text("Caller-Caller-ID-Number").unwrap_or_default();
    let answered = event.get("Answer-State").is_some_and(|state| &*state == b"answered");
    Some(Event::Arrived(arrival(switch, leg_id(event, "Unique-ID")?, &dialled, &caller, answered)))
}

/// The arrival of a leg. The leg id is random (RFC 9562, version 4) and the same in a replay, so it is also the
/// source of the seed.
pub(super) fn arrival(switch: &SwitchId, leg: LegId, dialled: &str, caller: &str, answered: bool) -> Arrival {
    let caller = if caller == "_undef_" { "" } else { caller };
    let seed = leg.fingerprint();
    Arrival { switch: switch.clone(), leg, dialled: dialled.into(), caller: caller.into(), seed, answered }
}

/// Decodes the end of parking. The number of the next state (`switch_types.h`) gives the reason: the leg was
/// transferred, unless it hibernates for a bridge or hangs up, which other events report.
fn left(event: &EslEvent) -> Option<Event> {
    const HIBERNATE: &[u8] = b"8";
    const HANGUP: &[u8] = b"10";
    let goes_to = event.get("Channel-State-Number").unwrap_or_default();
    if matches!(&*goes_to, HIBERNATE | HANGUP) { None } else { leg_event(event, LegEvent::Left) }
}

fn bridge_event(event: &EslEvent, what: impl Fn(LegId) -> LegEvent) -> Option<Event> {
    let (a, b) = (leg_id(event, "Bridge-A-Unique-ID")?, leg_id(event, "Bridge-B-Unique-ID")?);
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

/// The result of an API command, from its output.
pub(super) fn job_result(output: &[u8]) -> CommandResult {
    let output = String::from_utf8_lossy(output);
    let Some(error) = output.trim().strip_prefix("-ERR") else { return CommandResult::Ok };
    match error.trim() {
        "No such channel!" => CommandResult::NoSuchLeg,
        cause => CommandResult::Failed(hangup_causes::from_freeswitch(cause)),
    }
}
