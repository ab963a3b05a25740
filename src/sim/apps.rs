//! Applications: how a channel starts, interrupts, nests and ends applications, tick by tick.
//!
//! A command that arrives during a playback runs inside the playback; the playback pauses and continues afterwards
//! (seen in the recording `voicemail.plain.jsonl` at 2.5 s). After `uuid_break`, `endless_playback` starts its file
//! again (seen in the same recording; mod_dptools.c: `endless_playback_function`).

use super::app_run::{AppRun, FailedPlaybacks, app_headers, finite, is_audible};
use super::channel::{AppActivity, ChannelState, Interrupt, MessageCommand, QueuedMessage, RunningApp, Uuid};
use super::model::{ScheduledEvent, SwitchModel, TICK, TaskAction};
use super::switch_event::header;

use hotlined_core::time::{Instant, Millis};

impl SwitchModel {
    /// Schedules the channel's next tick. The channel then handles its interrupt, its break and its queued messages.
    pub(super) fn schedule_tick(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        if channel.tick_at.is_some_and(|at| at > now) {
            return;
        }
        let since = now.since(channel.created).0;
        let at = channel.created + Millis((since / TICK.0 + 1) * TICK.0);
        channel.tick_at = Some(at);
        self.schedule_at(at, ScheduledEvent::Tick(uuid.clone()));
    }

    /// One tick of the channel's thread: first the interrupt, then the break, then the queued messages.
    pub(super) fn tick(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.tick_at = None;
        match channel.interrupt.take() {
            Some(Interrupt::Hangup) => return self.end_channel(uuid, true),
            Some(Interrupt::Transfer(to)) => {
                if !self.unwind(uuid, FailedPlaybacks::Every) {
                    return;
                }
                self.unbridge(uuid, "NORMAL_CLEARING");
                return self.transfer_now(uuid, &to);
            }
            Some(Interrupt::Bridge { peer, originator }) => {
                self.unbridge(uuid, "NORMAL_CLEARING");
                return self.prepare_bridge(uuid, &peer, originator);
            }
            None => {}
        }
        if channel.cause.is_some() {
            return;
        }
        if std::mem::take(&mut channel.break_requested) {
            self.break_app(uuid);
            if self.channels.get(uuid).is_some_and(|channel| channel.break_requested) {
                return self.schedule_tick(uuid);
            }
        }
        self.run_messages(uuid);
    }

    /// Runs the queued messages. The thread of a ringing leg sleeps, so the leg's messages wait for the answer
    /// (switch_core_state_machine.c:688). Without media the switch runs one message per tick (switch_ivr.c:1063).
    fn run_messages(&mut self, uuid: &Uuid) {
        loop {
            let Some(channel) = self.channels.get_mut(uuid) else { return };
            let awake = !channel.stack.is_empty() || channel.bridge.is_some();
            if !awake || channel.cause.is_some() || channel.interrupt.is_some() {
                return;
            }
            let one_per_tick = !channel.has_media();
            let Some(message) = channel.messages.pop_front() else { return };
            let hang_up = match &message.command {
                MessageCommand::Execute { app, data, uuid: app_uuid } => {
                    let (app, data, app_uuid) = (app.clone(), data.clone(), app_uuid.clone());
                    channel.break_all = false;
                    self.execute_app(uuid, &app, &data, app_uuid, Some(message));
                    self.channels.get(uuid).is_some_and(|channel| channel.cause.is_some())
                }
                MessageCommand::Hangup { cause } => {
                    self.mark_hung_up(uuid, &cause.clone());
                    true
                }
            };
            if hang_up {
                return self.end_channel(uuid, false);
            }
            let media = self.channels.get(uuid).is_some_and(|channel| channel.has_media());
            if one_per_tick && !media {
                return self.schedule_tick(uuid);
            }
        }
    }

    /// Runs the channel's remaining dialplan actions. After the last one the channel is hung up.
    pub(super) fn run_dialplan(&mut self, uuid: &Uuid) {
        loop {
            let Some(channel) = self.channels.get_mut(uuid) else { return };
            if channel.cause.is_some() {
                return self.end_channel(uuid, false);
            }
            if !channel.stack.is_empty()
                || channel.interrupt.is_some()
                || channel.state != ChannelState::Execute
            {
                if !channel.messages.is_empty() {
                    self.schedule_tick(uuid);
                }
                return;
            }
            match channel.dialplan_actions.pop_front() {
                Some((app, data)) => self.execute_app(uuid, &app, &data, None, None),
                None => return self.hang_up_now(uuid, "NORMAL_CLEARING", true),
            }
        }
    }

    /// Runs an application (switch_core_session.c:2770-2990). An unknown application hangs the channel up.
    fn execute_app(
        &mut self,
        uuid: &Uuid,
        app: &str,
        data: &str,
        app_uuid: Option<String>,
        message: Option<QueuedMessage>,
    ) {
        const WITHOUT_MEDIA: [&str; 10] = [
            "park",
            "answer",
            "pre_answer",
            "set",
            "unset",
            "hangup",
            "event",
            "sleep",
            "sched_transfer",
            "sched_hangup",
        ];
        const WITH_MEDIA: [&str; 5] =
            ["playback", "endless_playback", "record", "play_and_get_digits", "silence"];
        if !WITHOUT_MEDIA.contains(&app) {
            if !WITH_MEDIA.contains(&app) {
                return self.mark_hung_up(uuid, "DESTINATION_OUT_OF_ORDER");
            }
            self.pre_answer(uuid);
        }
        let run_uuid = app_uuid.map_or_else(|| self.rng.uuid(), Into::into);
        let run = AppRun { app: app.into(), data: data.into(), uuid: run_uuid, message };
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.set("current_application_data", data);
        channel.set("current_application", app);
        channel.set("current_application_response", "");
        channel.response = None;
        channel.break_requested = false;
        let headers = app_headers(&run, None);
        self.channel_event(uuid, "CHANNEL_EXECUTE", headers);
        if self.run_instant_app(uuid, app, data) {
            return self.complete(uuid, &run);
        }
        match app {
            "park" => self.park(uuid, run),
            "sleep" => {
                let wait = Millis(data.trim().parse().unwrap_or(0));
                self.push_app(uuid, run, AppActivity::Sleep, Some(wait));
            }
            "record" => self.record(uuid, run),
            "play_and_get_digits" => self.collect(uuid, run),
            _ => self.play(uuid, run, app == "endless_playback"),
        }
    }

    /// Runs an application that takes no time. Returns false, and runs nothing, if the application takes time.
    pub(super) fn run_instant_app(&mut self, uuid: &Uuid, app: &str, data: &str) -> bool {
        match app {
            "answer" => self.answer(uuid),
            "pre_answer" => self.pre_answer(uuid),
            "set" => {
                let (name, value) = data.split_once('=').unwrap_or((data, ""));
                if let Some(channel) = self.channels.get_mut(uuid) {
                    channel.set(name.trim(), value);
                }
            }
            "unset" => {
                if let Some(channel) = self.channels.get_mut(uuid) {
                    channel.set(data.trim(), "");
                }
            }
            "event" => self.app_event(uuid, data),
            "hangup" => {
                let cause = if data.is_empty() { "NORMAL_CLEARING" } else { data };
                self.mark_hung_up(uuid, cause);
            }
            "sched_transfer" => {
                let (when, to) = data.split_once(' ').unwrap_or((data, ""));
                self.schedule_task(uuid, when, "mod_dptools", TaskAction::Transfer(to.into()));
            }
            "sched_hangup" => {
                let (when, cause) = data.split_once(' ').unwrap_or((data, "ALLOTTED_TIMEOUT"));
                self.schedule_task(uuid, when, "mod_dptools", TaskAction::Hangup(cause.into()));
            }
            _ => return false,
        }
        true
    }

    fn park(&mut self, uuid: &Uuid, run: AppRun) {
        let Some(channel) = self.channels.get(uuid) else { return };
        if channel.stack.iter().any(|frame| matches!(frame.activity, AppActivity::Park { .. })) {
            // "Cannot park channels that are under control already."
            return self.complete(uuid, &run);
        }
        let lasts = self.take_park_timeout(uuid);
        self.channel_event(uuid, "CHANNEL_PARK", Vec::new());
        self.push_app(uuid, run, AppActivity::Park { by_state: false }, lasts);
    }

    /// How long the channel may stay parked. The variable `park_timeout` is unset by this (switch_ivr.c:985-996).
    pub(super) fn take_park_timeout(&mut self, uuid: &Uuid) -> Option<Millis> {
        let now = self.now;
        let channel = self.channels.get_mut(uuid)?;
        let text = channel.take("park_timeout")?;
        channel.set("park_after_bridge", "");
        let (seconds, cause) = text.split_once(':').unwrap_or((&text, "NORMAL_CLEARING"));
        channel.park_cause = cause.to_owned();
        let seconds: u64 = seconds.trim().parse().ok()?;
        Some(Instant((now.0 / 1_000 + seconds) * 1_000).since(now))
    }

    fn play(&mut self, uuid: &Uuid, run: AppRun, endless: bool) {
        let file = match run.app.as_str() {
            "silence" => format!("silence_stream://{}", run.data),
            _ => run.data.clone(),
        };
        match self.start_sound(uuid, &file) {
            Some(length) => self.push_app(uuid, run, AppActivity::Play { file, endless }, finite(length)),
            None => {
                self.respond(uuid, "FILE NOT FOUND");
                self.complete(uuid, &run);
            }
        }
    }

    /// Records until the limit is over or the person has been silent for long enough. The limit counts whole seconds of
    /// the wall clock: the recording ends when more seconds than the limit have begun. The silence is 3 s when the
    /// argument has a silence threshold and no silence length (switch_ivr_play_say.c:757-797).
    fn record(&mut self, uuid: &Uuid, run: AppRun) {
        const SILENCE_S: u64 = 3;
        let mut words = run.data.split_whitespace();
        let file = words.next().unwrap_or_default().to_owned();
        let mut number = || words.next().and_then(|number| number.parse::<u64>().ok()).filter(|n| *n > 0);
        let (limit, threshold, silence) = (number(), number(), number());
        let now = self.now;
        let Some(channel) = self.channels.get(uuid) else { return };
        let limit = limit.map(|limit| Instant((now.0 / 1_000 + limit + 1) * 1_000));
        let silence = Millis::seconds(silence.unwrap_or(SILENCE_S));
        let silent = threshold.map(|_| channel.silent_at(now, silence));
        let ends = limit.into_iter().chain(silent).min();
        self.channel_event(uuid, "RECORD_START", vec![header("Record-File-Path", file.clone())]);
        self.push_app(uuid, run, AppActivity::Record { file }, ends.map(|ends| ends.since(now)));
    }

    /// Puts an application on top of the channel's stack. The application below it pauses.
    pub(super) fn push_app(
        &mut self,
        uuid: &Uuid,
        run: AppRun,
        activity: AppActivity,
        lasts: Option<Millis>,
    ) {
        let now = self.now;
        self.apps_started += 1;
        let id = self.apps_started;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        if let Some(below) = channel.stack.last_mut() {
            below.remaining = below.ends.take().map(|ends| ends.since(now));
        }
        let is_silent = match &activity {
            AppActivity::Record { .. } | AppActivity::Sleep | AppActivity::Park { .. } => true,
            AppActivity::Play { file, .. } => !is_audible(file),
            AppActivity::Collect(_) => false,
        };
        let takes_keys =
            !matches!(activity, AppActivity::Play { endless: true, .. } | AppActivity::Collect(_));
        let ends = lasts.map(|lasts| now + lasts);
        let AppRun { app, data, uuid: run, message } = run;
        channel.stack.push(RunningApp { id, app, data, uuid: run, activity, ends, remaining: None, message });
        if let Some(ends) = ends {
            self.schedule_at(ends, ScheduledEvent::AppEnds(uuid.clone(), id));
        }
        if is_silent {
            self.stats.sound_ends(uuid, now);
        }
        if takes_keys {
            self.deliver_waiting_keys(uuid);
        }
    }

    /// Ends the application on top of the stack. The application below it continues.
    pub(super) fn pop_app(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(frame) = channel.stack.pop() else { return };
        channel.break_requested |= channel.break_all && frame.message.is_some();
        self.complete_running_app(uuid, frame);
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(below) = channel.stack.last_mut() else {
            return match channel.departed_peer.take() {
                Some((peer, cause)) => self.peer_left(uuid, &peer, &cause),
                None => self.run_dialplan(uuid),
            };
        };
        let remaining = below.remaining.take();
        below.ends = remaining.map(|remaining| now + remaining);
        let (id, ends, activity) = (below.id, below.ends, below.activity.clone());
        if let Some(ends) = ends {
            self.schedule_at(ends, ScheduledEvent::AppEnds(uuid.clone(), id));
        }
        match activity {
            AppActivity::Play { file, .. } if is_audible(&file) => self.stats.sound_begins(uuid, now),
            AppActivity::Park { .. } => self.deliver_waiting_keys(uuid),
            _ => {}
        }
    }

    /// The time of the application on top of the stack is over. An old deadline (another `id`) is ignored.
    pub(super) fn app_time_over(&mut self, uuid: &Uuid, id: u64) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(frame) = channel.stack.last_mut().filter(|frame| frame.id == id) else { return };
        if channel.cause.is_some() || frame.ends.is_none_or(|ends| ends > now) {
            return;
        }
        match frame.activity.clone() {
            AppActivity::Park { .. } => {
                let cause = channel.park_cause.clone();
                self.hang_up_now(uuid, &cause, true);
            }
            AppActivity::Play { file, endless } => self.sound_ended(uuid, &file, endless, "done"),
            AppActivity::Sleep => self.pop_app(uuid),
            AppActivity::Record { file } => {
                self.channel_event(uuid, "RECORD_STOP", vec![header("Record-File-Path", file)]);
                self.pop_app(uuid);
            }
            AppActivity::Collect(collect) => self.collect_time_over(uuid, *collect),
        }
    }

    /// A sound ended: an endless sound starts again, any other sound ends its application.
    fn sound_ended(&mut self, uuid: &Uuid, file: &str, endless: bool, status: &'static str) {
        self.stop_sound(uuid, file, status);
        let restarted_length = if endless { self.start_sound(uuid, file) } else { None };
        let Some(length) = restarted_length else {
            self.respond(uuid, "FILE PLAYED");
            return self.pop_app(uuid);
        };
        // A sound of length 0 would restart for ever in the same instant.
        self.set_app_end(uuid, finite(length.max(TICK)));
    }

    /// `uuid_break`: stops the application on top of the stack.
    fn break_app(&mut self, uuid: &Uuid) {
        let Some(frame) = self.channels.get(uuid).and_then(|channel| channel.stack.last()) else { return };
        match frame.activity.clone() {
            AppActivity::Play { file, endless } => self.sound_ended(uuid, &file, endless, "break"),
            AppActivity::Record { file } => {
                self.channel_event(uuid, "RECORD_STOP", vec![header("Record-File-Path", file)]);
                self.pop_app(uuid);
            }
            AppActivity::Sleep => self.pop_app(uuid),
            AppActivity::Collect(collect) => self.break_collect(uuid, *collect),
            AppActivity::Park { .. } => {}
        }
    }

    /// Sets when the application on top of the stack ends, counted from now. `None` means never.
    pub(super) fn set_app_end(&mut self, uuid: &Uuid, lasts: Option<Millis>) {
        let now = self.now;
        self.apps_started += 1;
        let id = self.apps_started;
        let Some(frame) = self.channels.get_mut(uuid).and_then(|channel| channel.stack.last_mut()) else {
            return;
        };
        frame.id = id;
        frame.ends = lasts.map(|lasts| now + lasts);
        if let Some(ends) = frame.ends {
            self.schedule_at(ends, ScheduledEvent::AppEnds(uuid.clone(), id));
        }
    }
}
