//! The `api` commands of the simulated switch, with the responses of FreeSWITCH 1.10.12 (mod_commands.c).

use super::channel::Channel;
use super::channel_list::row_of;
use super::model::{SwitchModel, TaskAction};
use super::switch_event::{VERSION, header};
use hotlined_esl::event_writer::EventWriter;
use serde_json::{Value, json};

const NO_CHANNEL: &str = "-ERR No such channel!\n";

impl SwitchModel {
    /// Runs a command and returns its response.
    pub(super) fn api(&mut self, command: &str, argument: &str) -> String {
        let argument = argument.trim();
        let (first, rest) = argument.split_once(' ').unwrap_or((argument, ""));
        match command {
            "uuid_kill" => self.uuid_kill(first, rest),
            "uuid_bridge" => self.uuid_bridge(argument),
            "uuid_break" => self.uuid_break(first, rest),
            "uuid_flush_dtmf" => self.uuid_flush_dtmf(first),
            "uuid_setvar" => self.uuid_setvar(first, rest),
            "uuid_setvar_multi" => self.uuid_setvar_multi(first, rest),
            "uuid_getvar" => self.uuid_getvar(first, rest),
            "uuid_transfer" => self.uuid_transfer(first, rest),
            "uuid_record" => self.uuid_record(first, rest),
            "uuid_dump" => self.uuid_dump(first, rest),
            "uuid_exists" => if self.live(argument).is_some() { "true" } else { "false" }.into(),
            "sched_transfer" => self.sched(argument, "sched_transfer"),
            "sched_hangup" => self.sched(argument, "sched_hangup"),
            "sched_del" => format!("+OK Deleted: {}\n", self.unschedule(argument)),
            "show" if argument.eq_ignore_ascii_case("channels as json") => self.show_channels(),
            "show" => "-ERR the simulated exchange shows only `channels as json`\n".into(),
            "status" => self.status(),
            "version" => format!("FreeSWITCH Version {VERSION} (simulated)\n"),
            "echo" => argument.into(),
            // On a real switch `api msleep` blocks the client; the simulated switch responds at once.
            "msleep" => "+OK".into(),
            // On a real switch `api originate` blocks the client until the call is answered; here it is an error.
            "originate" => "-ERR the simulated exchange originates by bgapi only\n".into(),
            _ => format!("-ERR {command} Command not found!\n"),
        }
    }

    /// Emits the `API` event: a command was run.
    pub(super) fn api_event(&mut self, command: &str, argument: &str) {
        let mut headers = vec![header("API-Command", command.to_owned())];
        if !argument.is_empty() {
            headers.push(header("API-Command-Argument", argument.to_owned()));
        }
        self.event("API", headers, None);
    }

    /// The channel with this UUID. A channel that is hung up is not found.
    fn live(&self, uuid: &str) -> Option<&Channel> {
        self.channels.get(uuid).filter(|channel| channel.cause.is_none())
    }

    fn live_mut(&mut self, uuid: &str) -> Option<&mut Channel> {
        self.channels.get_mut(uuid).filter(|channel| channel.cause.is_none())
    }

    fn uuid_kill(&mut self, uuid: &str, cause: &str) -> String {
        let Some(uuid) = self.live(uuid).map(|channel| channel.uuid.clone()) else {
            return NO_CHANNEL.into();
        };
        self.request_hangup(&uuid, if cause.is_empty() { "NORMAL_CLEARING" } else { cause });
        "+OK\n".into()
    }

    fn uuid_bridge(&mut self, argument: &str) -> String {
        let mut words = argument.split_whitespace();
        let (Some(one), Some(other)) = (words.next(), words.next()) else {
            return "-USAGE: <uuid> <other_uuid>\n".into();
        };
        let bridged_with = if self.request_bridge(one, other) {
            Some(other)
        } else {
            words.next().filter(|third| self.request_bridge(one, third))
        };
        bridged_with.map_or_else(|| "-ERR Invalid uuid\n".into(), |uuid| format!("+OK {uuid}\n"))
    }

    fn uuid_break(&mut self, uuid: &str, flag: &str) -> String {
        let Some(channel) = self.live_mut(uuid) else { return "-ERR No Such Channel!\n".into() };
        if flag.contains("all") {
            channel.messages.clear();
        }
        channel.break_requested = true;
        channel.break_all = channel.stack.iter().any(|frame| frame.message.is_some());
        let uuid = channel.uuid.clone();
        self.schedule_tick(&uuid);
        "+OK\n".into()
    }

    fn uuid_flush_dtmf(&mut self, uuid: &str) -> String {
        let Some(channel) = self.live_mut(uuid) else { return "-ERR No such session\n".into() };
        channel.keys.clear();
        "+OK\n".into()
    }

    fn uuid_setvar(&mut self, uuid: &str, rest: &str) -> String {
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        if name.is_empty() {
            return "-USAGE: <uuid> <var> [value]\n".into();
        }
        let Some(channel) = self.live_mut(uuid) else { return NO_CHANNEL.into() };
        channel.set(name, value);
        "+OK\n".into()
    }

    fn uuid_setvar_multi(&mut self, uuid: &str, rest: &str) -> String {
        if rest.is_empty() {
            return "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n".into();
        }
        let Some(channel) = self.live_mut(uuid) else {
            // A real switch prints both lines (mod_commands.c:6200).
            return format!("{NO_CHANNEL}-USAGE: <uuid> <var>=<value>;<var>=<value>...\n");
        };
        for pair in rest.split(';') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            channel.set(name.trim(), value);
        }
        "+OK\n".into()
    }

    fn uuid_getvar(&self, uuid: &str, name: &str) -> String {
        match self.live(uuid) {
            Some(channel) => channel.variable(name).unwrap_or("_undef_").into(),
            None => NO_CHANNEL.into(),
        }
    }

    fn uuid_transfer(&mut self, uuid: &str, to: &str) -> String {
        let Some(uuid) = self.live(uuid).map(|channel| channel.uuid.clone()) else {
            return NO_CHANNEL.into();
        };
        if to.is_empty() || to.starts_with('-') {
            return "-USAGE: <uuid> <dest-exten> [<dialplan>] [<context>]\n".into();
        }
        self.request_transfer(&uuid, to);
        "+OK\n".into()
    }

    fn uuid_record(&mut self, uuid: &str, rest: &str) -> String {
        let (action, file) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(uuid) = self.live(uuid).map(|channel| channel.uuid.clone()) else {
            return "-ERR Cannot locate session!\n".into();
        };
        self.pre_answer_caller(&uuid);
        let Some(channel) = self.channels.get_mut(&uuid) else { return NO_CHANNEL.into() };
        let file = file.split(' ').next().unwrap_or_default().to_owned();
        let (name, files) = match action {
            "start" if !channel.has_media() => return "-ERR Cannot record session!\n".into(),
            // A real switch only logs a warning that this file is already being recorded.
            "start" if channel.recording.contains(&file) => return "+OK Success\n".into(),
            "start" => {
                channel.recording.push(file.clone());
                ("RECORD_START", vec![file])
            }
            "stop" if file == "all" => ("RECORD_STOP", std::mem::take(&mut channel.recording)),
            "stop" => {
                let before = channel.recording.len();
                channel.recording.retain(|recording| *recording != file);
                if before == channel.recording.len() {
                    return "-ERR Cannot stop record session!\n".into();
                }
                ("RECORD_STOP", vec![file])
            }
            _ => {
                return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
                    .into();
            }
        };
        for file in files {
            self.channel_event(&uuid, name, vec![header("Record-File-Path", file)]);
        }
        "+OK Success\n".into()
    }

    fn sched(&mut self, argument: &str, command: &'static str) -> String {
        let mut words = argument.splitn(3, ' ');
        let (Some(when), Some(uuid)) = (words.next(), words.next()) else {
            return "-USAGE: [+]<time> <uuid> <extension> [<dialplan>] [<context>]\n".into();
        };
        let Some(uuid) = self.live(uuid).map(|channel| channel.uuid.clone()) else {
            return NO_CHANNEL.into();
        };
        let rest = words.next().unwrap_or_default();
        let action = match command {
            "sched_transfer" => TaskAction::Transfer(rest.into()),
            _ => TaskAction::Hangup(if rest.is_empty() { "ALLOTTED_TIMEOUT" } else { rest }.into()),
        };
        self.schedule_task(&uuid, when, "switch_ivr_schedule", action);
        "+OK\n".into()
    }

    /// `uuid_dump <uuid> [format]`. With the format `plain` the values are not encoded; without a format they are
    /// percent-encoded (mod_commands.c:6490: `switch_event_serialize(event, &buf, strcasecmp(format, "plain"))`).
    fn uuid_dump(&mut self, uuid: &str, format: &str) -> String {
        let Some(uuid) = self.live(uuid).map(|channel| channel.uuid.clone()) else {
            return NO_CHANNEL.into();
        };
        let Some(event) = self.channel_data(&uuid) else { return NO_CHANNEL.into() };
        if format.eq_ignore_ascii_case("plain") {
            let lines = event.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            return lines.chain(["\n".to_owned()]).collect();
        }
        let writer =
            event.headers.iter().skip(1).fold(EventWriter::new("CHANNEL_DATA"), |writer, (name, value)| {
                writer.header(name, value.as_bytes())
            });
        let bytes =
            if format.eq_ignore_ascii_case("json") { writer.json_object() } else { writer.serialized() };
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn show_channels(&mut self) -> String {
        let rows = self.channel_list_rows();
        if rows.is_empty() {
            return "{\"row_count\": 0}\n".into();
        }
        json!({"row_count": rows.len(), "rows": rows}).to_string()
    }

    /// The rows that `show channels` prints now. Without a lag the rows are made from the channels themselves.
    fn channel_list_rows(&mut self) -> Vec<Value> {
        if self.config.channel_list_lag_ms.1 == 0 {
            return self.channels.values().map(row_of).collect();
        }
        self.channel_list.rows(self.now)
    }

    fn status(&self) -> String {
        let up = self.now.since(self.started).0;
        format!(
            "UP 0 years, {} days, {} hours, {} minutes, {} seconds, {} milliseconds, 0 microseconds\n\
             FreeSWITCH (Version {VERSION}) is ready\n{} session(s) since startup\n\
             {} session(s) - peak {}, last 5min {} \n0 session(s) per Sec out of max 1000, peak 4, last 5min 4 \n\
             5000 session(s) max\nmin idle cpu 0.00/88.27\n",
            up / 86_400_000,
            up / 3_600_000 % 24,
            up / 60_000 % 60,
            up / 1_000 % 60,
            up % 1_000,
            self.sessions,
            self.channels.len(),
            self.stats.channels_peak,
            self.stats.channels_peak,
        )
    }
}
