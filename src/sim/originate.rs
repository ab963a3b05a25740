//! `bgapi` jobs, and an agent's leg: `originate` makes the leg, the telephone at its end reacts, and the job ends.

use super::actors::{AfterAnswer, Phone, UnreachableCause};
use super::channel::{Channel, ChannelCallState, ChannelState, Direction, Uuid};
use super::model::{PhoneStep, ScheduledEvent, SwitchModel};
use super::stats::TimelineEvent;
use super::switch_event::header;
use hotlined_core::time::{Instant, Millis};

/// How long `originate` lets a telephone ring without the variable `originate_timeout` (`SWITCH_DEFAULT_TIMEOUT`).
const ORIGINATE_TIMEOUT_S: u64 = 60;

/// The parsed argument of `originate`.
#[derive(Debug, PartialEq, Eq)]
struct Originate {
    variables: Vec<(String, String)>,
    dial: String,
    number: String,
    on_answer: (String, String),
}

impl Originate {
    /// Parses `{name=value,…}[…]technology/path/number@host &app(argument)`.
    fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut variables = Vec::new();
        for (open, close) in [('{', '}'), ('[', ']')] {
            if let Some(inner) = rest.strip_prefix(open) {
                let end = end_of_variables(inner, close)?;
                variables.extend(parse_variables(&inner[..end]));
                rest = inner[end + 1..].trim_start();
            }
        }
        let (dial, then) = rest.split_once(' ')?;
        let last = dial.rsplit('/').next().unwrap_or(dial);
        let number = last.split('@').next().unwrap_or(last).to_owned();
        let then = then.trim();
        let then = match then.strip_prefix('&') {
            Some(app) => {
                let (app, data) = app.split_once('(').unwrap_or((app, ""));
                (app.trim().to_owned(), data.strip_suffix(')').unwrap_or(data).to_owned())
            }
            None => ("transfer".to_owned(), then.to_owned()),
        };
        Some(Self { variables, dial: dial.to_owned(), number, on_answer: then })
    }
}

/// Where the variables end: the first closing bracket that is neither in quotes nor behind a backslash.
fn end_of_variables(text: &str, close: char) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            _ if c == close && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn parse_variables(text: &str) -> Vec<(String, String)> {
    let (mut all, mut current) = (Vec::new(), String::new());
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                current.push(c);
            }
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut current)),
            _ => current.push(c),
        }
    }
    all.push(current);
    let pairs = all.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect()
}

impl SwitchModel {
    /// The sleep of `bgapi msleep` is over (mod_commands.c:886).
    pub(super) fn end_sleep(&mut self, job: &Uuid, argument: &str) {
        let answer = self.api("msleep", argument);
        self.api_event("msleep", argument);
        self.end_job(job, "msleep", argument, answer);
    }

    /// The thread of a `bgapi` job starts.
    pub(super) fn start_job(&mut self, job: &Uuid, command: &str, argument: &str) {
        if command == "msleep" {
            let sleep = Millis(argument.trim().parse().unwrap_or(0));
            self.schedule_at(
                self.now + sleep,
                ScheduledEvent::Slept { job: job.clone(), argument: argument.into() },
            );
            return;
        }
        if command != "originate" {
            let answer = self.api(command, argument);
            self.api_event(command, argument);
            self.end_job(job, command, argument, answer);
            return;
        }
        let Some(request) = Originate::parse(argument) else {
            let usage = "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] \
                         [<cid_name>] [<cid_num>] [<timeout_sec>]\n";
            self.end_job(job, command, argument, usage.into());
            return;
        };
        let phone = self.next_phone(&request.number);
        if phone == Phone::Unreachable(UnreachableCause::NoGateway) {
            self.end_job(job, command, argument, "-ERR INVALID_GATEWAY\n".into());
            return;
        }
        let chosen = request.variables.iter().find(|(name, _)| name == "origination_uuid");
        let uuid: Uuid = chosen.map_or_else(|| self.rng.uuid(), |(_, uuid)| uuid.as_str().into());
        if self.channels.contains_key(&uuid) {
            // A real switch logs "Duplicate UUID!" and makes no session.
            self.end_job(job, command, argument, "-ERR DESTINATION_OUT_OF_ORDER\n".into());
            return;
        }
        self.jobs.insert(job.clone(), argument.into());
        self.create_leg(&uuid, job, request, phone);
    }

    /// Makes an agent's leg and calls the telephone.
    fn create_leg(&mut self, uuid: &Uuid, job: &Uuid, request: Originate, phone: Phone) {
        self.sessions += 1;
        let variable = |name: &str| {
            request.variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        let mut channel = Channel::new(uuid.clone(), Direction::Outbound, self.sessions, self.now);
        channel.name.clone_from(&request.dial);
        channel.number = variable("origination_caller_id_number").unwrap_or_else(|| "0000000000".into());
        channel.destination.clone_from(&request.number);
        channel.dialled.clone_from(&request.number);
        channel.job = Some(job.clone());
        channel.on_answer = Some(request.on_answer.clone());
        channel.phone = Some(phone);
        channel.caller_leg = self.find_caller(&request.variables);
        set_outbound_variables(&mut channel, &request);
        let caller = channel.caller_leg.clone();
        if let Some(caller) = &caller {
            self.stats.call(caller, |call| call.agents_called += 1);
        }
        self.channels.insert(uuid.clone(), channel);
        self.count_channels();
        self.stats.phone_called(&request.number);
        self.record_event(TimelineEvent::AgentCalled {
            leg: uuid.clone(),
            number: request.number.clone(),
            caller,
        });
        self.set_state(uuid, ChannelState::None);
        self.channel_event(uuid, "CHANNEL_OUTGOING", Vec::new());
        self.set_state(uuid, ChannelState::Init);
        self.channel_event(uuid, "CHANNEL_CREATE", Vec::new());
        self.channel_event(uuid, "CHANNEL_ORIGINATE", Vec::new());
        self.set_state(uuid, ChannelState::Routing);
        self.set_state(uuid, ChannelState::ConsumeMedia);
        let timeout_s = variable("originate_timeout").and_then(|seconds| seconds.parse().ok());
        let timeout_s = timeout_s.filter(|seconds| *seconds > 0).unwrap_or(ORIGINATE_TIMEOUT_S);
        // The switch counts whole seconds of the wall clock (switch_epoch_time_now), so a telephone rings for up to
        // one second less than the timeout.
        let timeout_at = Instant((self.now.0 / 1_000 + timeout_s) * 1_000);
        self.schedule_at(timeout_at, ScheduledEvent::OriginateTimeout(uuid.clone()));
        let network = self.rng.between(self.config.network_delay_ms.0, self.config.network_delay_ms.1);
        let first_step = match phone {
            Phone::Busy => PhoneStep::Fails("USER_BUSY"),
            Phone::Refuses { after: Millis(0) } => PhoneStep::Fails("CALL_REJECTED"),
            Phone::Unreachable(UnreachableCause::NoSuchNumber) => PhoneStep::Fails("UNALLOCATED_NUMBER"),
            Phone::Unreachable(UnreachableCause::SwitchedOff) => PhoneStep::Fails("NO_USER_RESPONSE"),
            Phone::Unreachable(UnreachableCause::NetworkFailure | UnreachableCause::NoGateway) => {
                PhoneStep::Fails("NORMAL_TEMPORARY_FAILURE")
            }
            Phone::Answers { .. } | Phone::Accepts { .. } | Phone::NeverAnswers | Phone::Refuses { .. } => {
                PhoneStep::Rings
            }
        };
        self.schedule_at(self.now + Millis(network), ScheduledEvent::Phone(uuid.clone(), first_step));
    }

    /// The caller's leg that an agent's leg belongs to: an inbound leg, alive or already hung up, whose UUID is the
    /// value of a variable.
    fn find_caller(&self, variables: &[(String, String)]) -> Option<Uuid> {
        variables.iter().find_map(|(_, value)| {
            if let Some((uuid, _)) = self.ended_callers.get_key_value(value.as_str()) {
                return Some(uuid.clone());
            }
            let (uuid, channel) = self.channels.get_key_value(value.as_str())?;
            (channel.direction == Direction::Inbound).then(|| uuid.clone())
        })
    }

    /// What the telephone of this number does on this call.
    fn next_phone(&mut self, number: &str) -> Phone {
        let phones = self.config.phones.get(number).map(Vec::as_slice).unwrap_or_default();
        let called = self.times_called.entry(number.into()).or_insert(0);
        let phone = phones.get(*called).or(phones.last()).copied().unwrap_or_default();
        *called += 1;
        phone
    }

    /// The telephone rings, answers or rejects the call.
    pub(super) fn advance_phone(&mut self, uuid: &Uuid, step: PhoneStep) {
        let now = self.now;
        let unanswered = |channel: &&mut Channel| channel.cause.is_none() && !channel.answered;
        let Some(channel) = self.channels.get_mut(uuid).filter(unanswered) else { return };
        match step {
            PhoneStep::Rings => {
                channel.progress_at = Some(now);
                let next = match channel.phone {
                    Some(Phone::Answers { after, .. } | Phone::Accepts { after, .. }) => {
                        Some((after, PhoneStep::Answers))
                    }
                    Some(Phone::Refuses { after }) => Some((after, PhoneStep::Fails("CALL_REJECTED"))),
                    Some(Phone::NeverAnswers | Phone::Busy | Phone::Unreachable(_)) | None => None,
                };
                self.channel_event(uuid, "CHANNEL_PROGRESS", Vec::new());
                self.set_call_state(uuid, ChannelCallState::Ringing);
                self.record_event(TimelineEvent::Ringing { leg: uuid.clone() });
                if let Some((after, step)) = next {
                    self.schedule_at(now + after, ScheduledEvent::Phone(uuid.clone(), step));
                }
            }
            PhoneStep::Answers => self.agent_answers(uuid),
            PhoneStep::Fails(cause) => self.far_end_hangs_up(uuid, sip_status(cause), cause),
        }
    }

    /// The agent answers: ends the job of `originate`, schedules what the agent does, and runs the application of
    /// the leg.
    fn agent_answers(&mut self, uuid: &Uuid) {
        self.answer(uuid);
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let (caller_leg, phone, then) = (channel.caller_leg.clone(), channel.phone, channel.on_answer.take());
        if let Some(job) = channel.job.take() {
            self.end_originate_job(&job, format!("+OK {uuid}\n"));
        }
        if let Some(caller) = caller_leg.and_then(|caller_leg| self.channels.get(&caller_leg))
            && let super::actors::HangsUp::AfterAgentAnswer(wait) = caller.hangs_up
        {
            let leg = caller.uuid.clone();
            self.schedule_at(self.now + wait, ScheduledEvent::PersonLeaves(leg));
        }
        if let Some((_, AfterAnswer::HangsUpAfter(wait))) = phone.and_then(Phone::answered) {
            self.schedule_at(self.now + wait, ScheduledEvent::PersonLeaves(uuid.clone()));
        }
        if let Some(Phone::Accepts { press_after, key, .. }) = phone {
            self.schedule_at(self.now + press_after, ScheduledEvent::PersonPresses(uuid.clone(), key));
        }
        let Some((app, data)) = then else { return };
        if app == "transfer" {
            if let Some(channel) = self.channels.get_mut(uuid) {
                channel.destination = data.split(' ').next().unwrap_or_default().into();
            }
            self.set_state(uuid, ChannelState::Routing);
            self.route(uuid);
        } else {
            self.set_state(uuid, ChannelState::Execute);
            if let Some(channel) = self.channels.get_mut(uuid) {
                channel.dialplan_actions.push_back((app, data));
            }
            self.run_dialplan(uuid);
        }
    }

    /// The timeout of `originate` is over. The thread of `originate` hangs the leg up and ends the job before the leg's
    /// own thread reacts.
    pub(super) fn originate_timeout(&mut self, uuid: &Uuid) {
        let unanswered = |channel: &&mut Channel| channel.cause.is_none() && !channel.answered;
        let Some(channel) = self.channels.get_mut(uuid).filter(unanswered) else { return };
        let Some(job) = channel.job.take() else { return };
        self.mark_hung_up(uuid, "NO_ANSWER");
        self.end_originate_job(&job, "-ERR NO_ANSWER\n".into());
        self.end_channel(uuid, true);
    }

    /// The thread of `originate` notices, one tick later, that its leg was hung up, and ends the job.
    pub(super) fn originate_ends(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let cause = channel.cause.clone().unwrap_or_default();
        if let Some(job) = channel.job.take() {
            self.end_originate_job(&job, format!("-ERR {cause}\n"));
        }
        self.destroy(uuid);
    }

    fn end_originate_job(&mut self, job: &Uuid, answer: String) {
        let argument = self.jobs.remove(job).unwrap_or_default();
        self.api_event("originate", &argument);
        self.end_job(job, "originate", &argument, answer);
    }

    /// Emits `BACKGROUND_JOB` with the response of the command.
    fn end_job(&mut self, job: &Uuid, command: &str, argument: &str, answer: String) {
        let mut headers =
            vec![header("Job-UUID", job.to_string()), header("Job-Command", command.to_owned())];
        if !argument.is_empty() {
            headers.push(header("Job-Command-Arg", argument.to_owned()));
        }
        self.event("BACKGROUND_JOB", headers, Some(answer));
    }
}

/// The SIP status for a hang-up cause (`sofia_glue_sip_cause_to_freeswitch`).
fn sip_status(cause: &str) -> &'static str {
    match cause {
        "USER_BUSY" => "486",
        "CALL_REJECTED" => "603",
        "UNALLOCATED_NUMBER" => "404",
        "NO_USER_RESPONSE" => "480",
        _ => "503",
    }
}

fn set_outbound_variables(channel: &mut Channel, request: &Originate) {
    let fixed = [
        ("direction", "outbound".to_owned()),
        ("is_outbound", "true".to_owned()),
        ("uuid", channel.uuid.to_string()),
        ("call_uuid", channel.uuid.to_string()),
        ("session_id", channel.session.to_string()),
        ("sip_profile_name", "trunk".to_owned()),
        ("channel_name", channel.name.clone()),
        ("sip_destination_url", format!("sip:{}", request.dial.rsplit('/').next().unwrap_or_default())),
    ];
    for (name, value) in fixed {
        channel.variables.push((name.into(), value));
    }
    channel.variables.extend(request.variables.iter().cloned());
    for (name, value) in [
        ("originate_early_media", "false"),
        ("originate_endpoint", "sofia"),
        ("rtp_use_codec_string", "PCMA,PCMU"),
        ("local_media_ip", "127.0.0.1"),
        ("local_media_port", "21536"),
        ("sip_outgoing_contact_uri", "<sip:mod_sofia@127.0.0.1:5060>"),
        ("sofia_profile_name", "trunk"),
        ("sofia_profile_url", "sip:mod_sofia@127.0.0.1:5060"),
    ] {
        channel.variables.push((name.into(), value.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_argument_of_originate_is_read() {
        let request = Originate::parse(
            "{origination_uuid=b0,originate_timeout=20,name='a, b',x=1\\,2}sofia/trunk/86005@127.0.0.1:6005 &park()",
        )
        .unwrap();
        let expected =
            [("origination_uuid", "b0"), ("originate_timeout", "20"), ("name", "a, b"), ("x", "1,2")];
        let expected: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(request.variables, expected);
        assert_eq!((request.number.as_str(), request.on_answer.0.as_str()), ("86005", "park"));
        let request = Originate::parse("sofia/gateway/gw/86001 &playback(/a.wav)").unwrap();
        assert_eq!((request.number.as_str(), request.on_answer.1.as_str()), ("86001", "/a.wav"));
        assert_eq!(Originate::parse("nonsense"), None);
        assert_eq!(Originate::parse("{a=b"), None);
    }
}
