//! Encodes the core's commands as requests to FreeSWITCH.
//!
//! A command whose end has to be reported is sent with the command's id: as `Event-UUID` of an application, or as
//! `Job-UUID` of a background job. The other commands are API commands, which FreeSWITCH runs in the order of the wire.
//! The arguments of playbacks and recordings are in `encode_playback`.

use super::encode_playback;
use super::esl_types::{channel_id, job_id, recording_path};
use super::hangup_causes;
use hotlined_core::command::Action;
use hotlined_core::hotline::Dial;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::{CallId, CommandId, LegId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use hotlined_esl::argument::{Argument, Endpoint, Variables};
use hotlined_esl::request::{ApiCommand, Request, SendMsg};
use hotlined_esl::vocabulary::App;

/// How long after the answer FreeSWITCH hangs up an agent's leg that is not bridged. So an agent does not hear
/// silence for ever if the daemon dies in that moment. It has to be longer than a whisper and the key that accepts
/// the call.
const UNBRIDGED_S_MAX: u64 = 60;

/// The variable with which keys are reported during a playback and do not end it (mod_dptools.c:2363; without it `*`
/// ends a playback).
const NO_TERMINATORS: (&str, &str) = ("playback_terminators", "none");

/// The operator's settings of a switch's dialplan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialplanConfig {
    /// The trunk to telephone numbers.
    pub trunk: Trunk,
    /// Where the dialplan serves a caller without the daemon.
    pub fallback: Fallback,
    /// The folder of recordings on the switch.
    pub recordings: SoundPath,
}

/// The target of a transfer to the fallback: extension, dialplan and context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The extension.
    pub extension: Endpoint,
    /// The dialplan module, usually `XML`.
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

/// The requests of a command. They are sent in this order, in one write.
pub fn requests(dialplan: &DialplanConfig, id: &CommandId, action: &Action) -> Vec<Request> {
    match action {
        Action::Take { leg } => {
            let (name, value) = NO_TERMINATORS;
            let argument = Argument::new().channel(&channel_id(leg)).literal(" hangup_after_bridge=true;");
            let argument = argument.literal(name).literal("=").literal(value);
            vec![api("uuid_setvar_multi", argument)]
        }
        Action::KeepFallback { leg, after } => {
            vec![cancel_timers(leg), api("sched_transfer", fallback_timer(dialplan, leg, *after))]
        }
        Action::CancelFallback { leg } => vec![cancel_timers(leg)],
        Action::ToFallback { leg } => {
            let argument =
                dialplan.fallback.append_to(Argument::new().channel(&channel_id(leg)).literal(" "));
            vec![cancel_timers(leg), break_all(leg), api("uuid_transfer", argument)]
        }
        Action::Answer { leg } => answer(id, leg),
        Action::Play { leg, prompt, repeat } => {
            vec![execute(leg, App::PLAYBACK, encode_playback::prompt_argument(prompt, *repeat), Some(id))]
        }
        Action::Listen { leg, time } => {
            vec![execute(leg, App::PLAYBACK, encode_playback::silence_argument(*time), Some(id))]
        }
        Action::Stop { leg } => vec![api("uuid_break", Argument::new().channel(&channel_id(leg)))],
        Action::ForgetKeys { leg } => vec![api("uuid_flush_dtmf", Argument::new().channel(&channel_id(leg)))],
        Action::RecordMessage { leg, file, longest, silence } => {
            let argument = encode_playback::record_argument(&dialplan.recordings, file, *longest, *silence);
            vec![execute(leg, App::RECORD, argument, Some(id))]
        }
        // Only the talk itself is recorded: not the ringback before and not the survey after.
        Action::RecordTalk { leg, file } => {
            let argument = Argument::new()
                .channel(&channel_id(leg))
                .literal(" start ")
                .file(&recording_path(&dialplan.recordings, file));
            vec![job(id, "uuid_record", argument.literal(" 0 {RECORD_BRIDGE_REQ=true}"))]
        }
        Action::StopRecording { leg, file } => {
            let argument = Argument::new()
                .channel(&channel_id(leg))
                .literal(" stop ")
                .file(&recording_path(&dialplan.recordings, file));
            vec![job(id, "uuid_record", argument)]
        }
        Action::Ring { leg, call, dial, ring_time, shown } => {
            vec![job(id, "originate", originate(dialplan, leg, call, dial, *ring_time, shown))]
        }
        Action::LetGo { leg } => vec![api("uuid_setvar", park_after_bridge(leg, "false"))],
        Action::Bridge { caller, agent, keep_caller } => bridge(dialplan, id, caller, agent, *keep_caller),
        Action::HangUp { leg, cause } => {
            let argument = Argument::new()
                .channel(&channel_id(leg))
                .literal(" ")
                .cause(hangup_causes::to_freeswitch(*cause));
            vec![job(id, "uuid_kill", argument)]
        }
    }
}

fn api(command: &'static str, argument: Argument) -> Request {
    Request::Api(ApiCommand::new(command, argument))
}

fn job(id: &CommandId, command: &'static str, argument: Argument) -> Request {
    Request::BgApi { command: ApiCommand::new(command, argument), job: job_id(id) }
}

/// Cancels all scheduled tasks of a leg. Tasks are grouped by leg, and all tasks of this leg are the daemon's.
fn cancel_timers(leg: &LegId) -> Request {
    api("sched_del", Argument::new().channel(&channel_id(leg)))
}

/// The argument of a transfer to the fallback after a time.
fn fallback_timer(dialplan: &DialplanConfig, leg: &LegId, after: Millis) -> Argument {
    append_fallback_timer(dialplan, Argument::new(), leg, after)
}

fn append_fallback_timer(
    dialplan: &DialplanConfig,
    argument: Argument,
    leg: &LegId,
    after: Millis,
) -> Argument {
    let argument = argument.literal("+").number(after.whole_seconds_up()).literal(" ");
    dialplan.fallback.append_to(argument.channel(&channel_id(leg)).literal(" "))
}

/// Answers a leg by an application, never by `uuid_answer`: together with a CANCEL, that leaves channels hanging
/// (FS#2920).
///
/// The dialplan's ring tone continues below every sound that the daemon plays, and is heard for an instant between two
/// sounds. After the answer that is wrong, so endless silence covers it: `endless_playback` starts again when it is
/// broken (mod_dptools.c:3081), consumes no keys, and ends with a bridge.
fn answer(id: &CommandId, leg: &LegId) -> Vec<Request> {
    let silence = Argument::new().literal("silence_stream://-1");
    vec![
        execute(leg, App::ANSWER, Argument::new(), Some(id)),
        execute(leg, App::ENDLESS_PLAYBACK, silence, None),
    ]
}

/// Drops the queued applications of a leg. A queued application survives `uuid_bridge` and `uuid_transfer`: a sound
/// would play into the talk, and during the sound FreeSWITCH would not notice that the other side has hung up.
fn break_all(leg: &LegId) -> Request {
    api("uuid_break", Argument::new().channel(&channel_id(leg)).literal(" all"))
}

fn park_after_bridge(leg: &LegId, value: &'static str) -> Argument {
    Argument::new().channel(&channel_id(leg)).literal(" park_after_bridge ").literal(value)
}

/// Bridges caller and agent. The playbacks of the two legs are broken only after `uuid_bridge`, which FreeSWITCH
/// answers once the legs count as bridged: the fallback may have the caller already, which an event is about to
/// report, and to break the fallback's playback makes the fallback execute its next line, which hangs up (seen on
/// 1.10.12: 6 callers of 34 were lost in this way; with this order none of 70).
///
/// When the agent hangs up, `park_after_bridge` has precedence over `hangup_after_bridge` (SIB:1917). If no daemon
/// lives then, the caller would be parked for ever. Therefore the hangup hook of the agent's leg sets the timer of
/// the caller's fallback.
fn bridge(
    dialplan: &DialplanConfig,
    id: &CommandId,
    caller: &LegId,
    agent: &LegId,
    keep_caller: Option<Millis>,
) -> Vec<Request> {
    let park = |value| park_after_bridge(caller, value);
    let mut requests = match keep_caller {
        Some(after) => {
            let hook =
                Argument::new().channel(&channel_id(agent)).literal(" api_hangup_hook sched_transfer ");
            let hook = append_fallback_timer(dialplan, hook, caller, after);
            vec![api("uuid_setvar", park("true")), api("uuid_setvar", hook)]
        }
        // An earlier bridge of this call may have set it to true.
        None => vec![api("uuid_setvar", park("false"))],
    };
    // The only timer of the agent's leg is the one that hangs up an unbridged leg.
    requests.push(cancel_timers(agent));
    let command = ApiCommand::new(
        "uuid_bridge",
        Argument::new().channel(&channel_id(caller)).literal(" ").channel(&channel_id(agent)),
    );
    requests.push(Request::ApiWithJobId { command, job: job_id(id) });
    requests.extend([break_all(caller), break_all(agent)]);
    requests
}

fn execute(leg: &LegId, application: App, argument: Argument, id: Option<&CommandId>) -> Request {
    let message = SendMsg::Execute {
        application,
        argument,
        event_uuid: id.map(job_id),
        loops: None,
        event_lock: false,
    };
    Request::SendMsg { channel: channel_id(leg), message }
}

/// The command that hangs up an agent's leg that is not bridged in time. `park_timeout` is not used: it cannot be
/// cancelled, and a caller who is called back may wait longer. This task can be cancelled by `sched_del` (seen).
fn hangup_if_unbridged(leg: &LegId) -> Argument {
    Argument::new().literal("sched_hangup +").number(UNBRIDGED_S_MAX).literal(" ").channel(&channel_id(leg))
}

/// The argument of `originate`. The agent's leg has the id of its call twice: as a variable, for its events, and as
/// `presence_data`, the only value of the daemon that the list of channels contains.
fn originate(
    dialplan: &DialplanConfig,
    leg: &LegId,
    call: &CallId,
    dial: &Dial,
    ring_time: Millis,
    shown: &str,
) -> Argument {
    let variables = Variables::new()
        .channel("origination_uuid", &channel_id(leg))
        .number("originate_timeout", ring_time.whole_seconds_up())
        .flag("ignore_early_media", true)
        .flag("hangup_after_bridge", true)
        .command("api_on_answer", &hangup_if_unbridged(leg))
        .word(NO_TERMINATORS.0, NO_TERMINATORS.1)
        .channel("hotlined_call", &channel_id(&call.0))
        .channel("presence_data", &channel_id(&call.0));
    let variables = if shown.is_empty() {
        variables.word("origination_caller_id_number", "anonymous")
    } else {
        variables.untrusted("origination_caller_id_number", shown)
    };
    let destination = match dial {
        Dial::Phone(number) => dialplan.trunk.endpoint(number),
        Dial::Endpoint(endpoint) => endpoint.to_string(),
    };
    let argument = Argument::new().variables(&variables);
    // Endpoints are checked when the settings are read. Any other text is untrusted.
    let argument = match Endpoint::new(&destination) {
        Ok(endpoint) => argument.endpoint(&endpoint),
        Err(_) => argument.untrusted(&destination),
    };
    argument.literal(" &park()")
}
