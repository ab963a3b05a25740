//! Our orders in FreeSWITCH's words.
//!
//! An order whose end we want to hear of goes out under the command's own name: as `Event-UUID` of an
//! application, or as `Job-UUID` of a background job. The others are API commands, which the switch runs in
//! the order they are written.

use super::argument::{Argument, Endpoint, Variables};
use super::causes;
use super::request::{ApiCall, Request, SendMsg};
use super::vocabulary::{App, JobId};
use crate::command::Action;
use crate::hotline::{Dial, Trunk};
use crate::id::{CallId, CommandId, LegId};
use crate::prompt::{Prompt, Tone};
use crate::time::Millis;

/// How long an agent's leg may wait, answered, for its caller before the switch ends it: what keeps an agent
/// from hearing nothing for ever when the daemon dies in that moment.
const AGENT_PARK_S_MAX: u64 = 15;

/// What the operator's settings say about a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The way to telephone numbers.
    pub trunk: Trunk,
    /// Where the dialplan serves a caller without us.
    pub fallback: Fallback,
}

/// Extension, dialplan and context of the fallback, parted by spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The extension.
    pub extension: Endpoint,
    /// The dialplan module, `XML` as a rule.
    pub dialplan: Endpoint,
    /// The context.
    pub context: Endpoint,
}

impl Fallback {
    fn append_to(&self, argument: Argument) -> Argument {
        let argument = argument.endpoint(&self.extension).literal(" ").endpoint(&self.dialplan);
        argument.literal(" ").endpoint(&self.context)
    }
}

/// The requests that carry out an order. Each goes out whole, in this order, in one write.
pub fn requests(site: &Site, id: &CommandId, action: &Action) -> Vec<Request> {
    match action {
        Action::Take { leg } => {
            vec![api("uuid_setvar", Argument::new().leg(leg).literal(" hangup_after_bridge true"))]
        }
        Action::KeepFallback { leg, after } => {
            vec![forget_fallback(leg), api("sched_transfer", later(site, leg, *after))]
        }
        Action::CancelFallback { leg } => vec![forget_fallback(leg)],
        Action::ToFallback { leg } => {
            let argument = site.fallback.append_to(Argument::new().leg(leg).literal(" "));
            vec![forget_fallback(leg), api("uuid_transfer", argument)]
        }
        Action::Answer { leg } => vec![execute(leg, App::ANSWER, Argument::new(), Some(id))],
        Action::Listen { leg, time } => {
            let argument = Argument::new().literal("silence_stream://").number(time.0);
            vec![execute(leg, App::PLAYBACK, argument, Some(id))]
        }
        Action::Stop { leg } => vec![api("uuid_break", Argument::new().leg(leg))],
        Action::ForgetKeys { leg } => vec![api("uuid_flush_dtmf", Argument::new().leg(leg))],
        Action::RecordMessage { .. } | Action::RecordTalk { .. } | Action::StopRecording { .. } => Vec::new(),
        Action::Play { leg, prompt, repeat } => vec![play(id, leg, prompt, *repeat)],
        Action::Ring { leg, call, dial, ring_time, shown } => {
            vec![job(id, "originate", originate(site, leg, call, dial, *ring_time, shown))]
        }
        Action::Bridge { caller, agent, keep_caller: _ } => {
            vec![job(id, "uuid_bridge", Argument::new().leg(caller).literal(" ").leg(agent))]
        }
        Action::HangUp { leg, cause } => {
            let argument = Argument::new().leg(leg).literal(" ").cause(causes::said(*cause));
            vec![job(id, "uuid_kill", argument)]
        }
    }
}

fn api(command: &'static str, argument: Argument) -> Request {
    Request::Api(ApiCall::new(command, argument))
}

fn job(id: &CommandId, command: &'static str, argument: Argument) -> Request {
    Request::BgApi { call: ApiCall::new(command, argument), job: JobId::from(id) }
}

/// Tasks are grouped by leg, and ours are the only ones of this leg.
fn forget_fallback(leg: &LegId) -> Request {
    api("sched_del", Argument::new().leg(leg))
}

fn later(site: &Site, leg: &LegId, after: Millis) -> Argument {
    let argument = Argument::new().literal("+").number(after.whole_seconds_up()).literal(" ");
    site.fallback.append_to(argument.leg(leg).literal(" "))
}

fn play(id: &CommandId, leg: &LegId, prompt: &Prompt, repeat: bool) -> Request {
    let argument = match prompt {
        Prompt::File(path) => Argument::new().path(path),
        Prompt::Files(paths) => paths.iter().enumerate().fold(Argument::new(), |row, (at, path)| {
            row.literal(if at == 0 { "file_string://" } else { "!" }).path(path)
        }),
        Prompt::Tone(Tone::Beep) => Argument::new().literal("tone_stream://%(400,0,1000)"),
        Prompt::Tone(Tone::Ringing) => Argument::new().literal("tone_stream://%(1000,4000,450)"),
        Prompt::Tone(Tone::Busy) => Argument::new().literal("tone_stream://%(350,350,450);loops=7"),
    };
    let application = if repeat { App::ENDLESS_PLAYBACK } else { App::PLAYBACK };
    execute(leg, application, argument, Some(id))
}

fn execute(leg: &LegId, application: App, argument: Argument, id: Option<&CommandId>) -> Request {
    let message = SendMsg::Execute {
        application,
        argument,
        event_uuid: id.map(JobId::from),
        loops: None,
        event_lock: false,
    };
    Request::SendMsg { leg: leg.clone(), message }
}

/// The agent's leg carries its call's name twice: as a variable, for its events, and as `presence_data`, the
/// one thing of ours that the list of channels shows.
fn originate(
    site: &Site,
    leg: &LegId,
    call: &CallId,
    dial: &Dial,
    ring_time: Millis,
    shown: &str,
) -> Argument {
    let variables = Variables::new()
        .leg("origination_uuid", leg)
        .number("originate_timeout", ring_time.whole_seconds_up())
        .flag("ignore_early_media", true)
        .flag("hangup_after_bridge", true)
        .number("park_timeout", AGENT_PARK_S_MAX)
        .leg("hotlined_call", &call.0)
        .leg("presence_data", &call.0);
    let variables = if shown.is_empty() {
        variables.word("origination_caller_id_number", "anonymous")
    } else {
        variables.outside("origination_caller_id_number", shown)
    };
    let place = match dial {
        Dial::Phone(number) => site.trunk.endpoint(number),
        Dial::Endpoint(endpoint) => endpoint.to_string(),
    };
    let argument = Argument::new().variables(&variables);
    // Both were checked where they were read; whatever else came here is text from outside.
    let argument = match Endpoint::new(&place) {
        Ok(endpoint) => argument.endpoint(&endpoint),
        Err(_) => argument.outside(&place),
    };
    argument.literal(" &park()")
}
