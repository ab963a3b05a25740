//! Our orders in FreeSWITCH's words.
//!
//! An order whose end we want to hear of goes out under the command's own name: as `Event-UUID` of an
//! application, or as `Job-UUID` of a background job. The others are API commands, which the switch runs in
//! the order they are written. What a leg hears, `speak_play` beside this file puts into words.

use super::encode_playback;
use super::hangup_causes;
use super::names::{channel, job_name, recording};
use hotlined_core::command::Action;
use hotlined_core::hotline::Dial;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use hotlined_esl::argument::{Argument, Endpoint, Variables};
use hotlined_esl::request::{ApiCall, Request, SendMsg};
use hotlined_esl::vocabulary::App;

/// How long after answering a leg of ours the switch ends it, unless it is joined or gets a fallback before: what
/// keeps an agent from hearing nothing for ever when the daemon dies in that moment. It has to outlast a whisper
/// and the key that takes the call.
const ALONE_S_MAX: u64 = 60;

/// The variable that lets keys be reported while something plays, and end nothing (mod_dptools.c:2363; without
/// it `*` ends a playback).
const KEYS_END_NOTHING: (&str, &str) = ("playback_terminators", "none");

/// What the operator's settings say about a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The way to telephone numbers.
    pub trunk: Trunk,
    /// Where the dialplan serves a caller without us.
    pub fallback: Fallback,
    /// The folder of recordings, as the switch sees it.
    pub recordings: SoundPath,
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
            let (name, value) = KEYS_END_NOTHING;
            let argument = Argument::new().channel(&channel(leg)).literal(" hangup_after_bridge=true;");
            let argument = argument.literal(name).literal("=").literal(value);
            vec![api("uuid_setvar_multi", argument)]
        }
        Action::KeepFallback { leg, after } => {
            vec![forget_fallback(leg), api("sched_transfer", later(site, leg, *after))]
        }
        Action::CancelFallback { leg } => vec![forget_fallback(leg)],
        Action::ToFallback { leg } => {
            let argument = site.fallback.append_to(Argument::new().channel(&channel(leg)).literal(" "));
            vec![forget_fallback(leg), drop_orders(leg), api("uuid_transfer", argument)]
        }
        Action::Answer { leg } => answer(id, leg),
        Action::Play { leg, prompt, repeat } => {
            vec![execute(leg, App::PLAYBACK, encode_playback::sound(prompt, *repeat), Some(id))]
        }
        Action::Listen { leg, time } => {
            vec![execute(leg, App::PLAYBACK, encode_playback::silence(*time), Some(id))]
        }
        Action::Stop { leg } => vec![api("uuid_break", Argument::new().channel(&channel(leg)))],
        Action::ForgetKeys { leg } => vec![api("uuid_flush_dtmf", Argument::new().channel(&channel(leg)))],
        Action::RecordMessage { leg, file, longest, silence } => {
            let argument = encode_playback::message(&site.recordings, file, *longest, *silence);
            vec![execute(leg, App::RECORD, argument, Some(id))]
        }
        // Only what is said while the two are joined: neither the ringback before nor the survey after.
        Action::RecordTalk { leg, file } => {
            let argument = Argument::new()
                .channel(&channel(leg))
                .literal(" start ")
                .file(&recording(&site.recordings, file));
            vec![job(id, "uuid_record", argument.literal(" 0 {RECORD_BRIDGE_REQ=true}"))]
        }
        Action::StopRecording { leg, file } => {
            let argument = Argument::new()
                .channel(&channel(leg))
                .literal(" stop ")
                .file(&recording(&site.recordings, file));
            vec![job(id, "uuid_record", argument)]
        }
        Action::Ring { leg, call, dial, ring_time, shown } => {
            vec![job(id, "originate", originate(site, leg, call, dial, *ring_time, shown))]
        }
        Action::LetGo { leg } => vec![api("uuid_setvar", park_after_bridge(leg, "false"))],
        Action::Bridge { caller, agent, keep_caller } => bridge(site, id, caller, agent, *keep_caller),
        Action::HangUp { leg, cause } => {
            let argument =
                Argument::new().channel(&channel(leg)).literal(" ").cause(hangup_causes::said(*cause));
            vec![job(id, "uuid_kill", argument)]
        }
    }
}

fn api(command: &'static str, argument: Argument) -> Request {
    Request::Api(ApiCall::new(command, argument))
}

fn job(id: &CommandId, command: &'static str, argument: Argument) -> Request {
    Request::BgApi { call: ApiCall::new(command, argument), job: job_name(id) }
}

/// Tasks are grouped by leg, and ours are the only ones of this leg.
fn forget_fallback(leg: &LegId) -> Request {
    api("sched_del", Argument::new().channel(&channel(leg)))
}

fn later(site: &Site, leg: &LegId, after: Millis) -> Argument {
    append_later(site, Argument::new(), leg, after)
}

fn append_later(site: &Site, argument: Argument, leg: &LegId, after: Millis) -> Argument {
    let argument = argument.literal("+").number(after.whole_seconds_up()).literal(" ");
    site.fallback.append_to(argument.channel(&channel(leg)).literal(" "))
}

/// An application on a leg, never `uuid_answer`: against a CANCEL that leaves channels hanging (FS#2920).
///
/// The dialplan's ring tone sounds on beneath whatever we play, and would be heard for an instant between two
/// sounds. From the answer on that is wrong, so silence without end is laid over it: `endless_playback` begins
/// anew when it is broken (mod_dptools.c:3081), takes no keys away, and a bridge ends it.
fn answer(id: &CommandId, leg: &LegId) -> Vec<Request> {
    let silence = Argument::new().literal("silence_stream://-1");
    vec![
        execute(leg, App::ANSWER, Argument::new(), Some(id)),
        execute(leg, App::ENDLESS_PLAYBACK, silence, None),
    ]
}

/// An order that waits for a leg's next 20 ms survives `uuid_bridge` and `uuid_transfer`: a sound would play
/// into the talk, and for as long as it lasts the switch would not even notice that the other side left.
fn drop_orders(leg: &LegId) -> Request {
    api("uuid_break", Argument::new().channel(&channel(leg)).literal(" all"))
}

fn park_after_bridge(leg: &LegId, value: &'static str) -> Argument {
    Argument::new().channel(&channel(leg)).literal(" park_after_bridge ").literal(value)
}

/// What the two do is broken off only once the switch has taken them for joined, which it does before it answers: the
/// fallback may have the caller, of which we are about to hear, and breaking off what it plays makes it go on to its
/// next line, which hangs up (seen on 1.10.12: 6 callers of 34 were lost so, and of 70 none is).
///
/// When the agent leaves, `park_after_bridge` comes before `hangup_after_bridge` (SIB:1917). What then parks the
/// caller for ever should no daemon live is outwitted by the agent's own leg: its last deed is to set the
/// fallback's timer.
fn bridge(
    site: &Site,
    id: &CommandId,
    caller: &LegId,
    agent: &LegId,
    keep_caller: Option<Millis>,
) -> Vec<Request> {
    let park = |value| park_after_bridge(caller, value);
    let mut requests = match keep_caller {
        Some(after) => {
            let hook = Argument::new().channel(&channel(agent)).literal(" api_hangup_hook sched_transfer ");
            let hook = append_later(site, hook, caller, after);
            vec![api("uuid_setvar", park("true")), api("uuid_setvar", hook)]
        }
        // An earlier talk of this call may have kept its caller.
        None => vec![api("uuid_setvar", park("false"))],
    };
    // The one timer of the agent's leg is the one that ends it where it is left alone.
    requests.push(forget_fallback(agent));
    let call = ApiCall::new(
        "uuid_bridge",
        Argument::new().channel(&channel(caller)).literal(" ").channel(&channel(agent)),
    );
    requests.push(Request::ApiAs { call, job: job_name(id) });
    requests.extend([drop_orders(caller), drop_orders(agent)]);
    requests
}

fn execute(leg: &LegId, application: App, argument: Argument, id: Option<&CommandId>) -> Request {
    let message = SendMsg::Execute {
        application,
        argument,
        event_uuid: id.map(job_name),
        loops: None,
        event_lock: false,
    };
    Request::SendMsg { channel: channel(leg), message }
}

/// Not `park_timeout`: that cannot be taken back, and a caller who is called back may wait longer (seen: the task
/// is forgotten with the leg's others, by `sched_del`).
fn end_alone(leg: &LegId) -> Argument {
    Argument::new().literal("sched_hangup +").number(ALONE_S_MAX).literal(" ").channel(&channel(leg))
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
        .channel("origination_uuid", &channel(leg))
        .number("originate_timeout", ring_time.whole_seconds_up())
        .flag("ignore_early_media", true)
        .flag("hangup_after_bridge", true)
        .command("api_on_answer", &end_alone(leg))
        .word(KEYS_END_NOTHING.0, KEYS_END_NOTHING.1)
        .channel("hotlined_call", &channel(&call.0))
        .channel("presence_data", &channel(&call.0));
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
