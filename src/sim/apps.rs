//! Applications: how a channel begins, interrupts, nests and ends them, tick by tick.
//!
//! An order that arrives inside a playback runs inside of it; the playback waits and goes on (seen in
//! `voicemail.plain.jsonl` at 2.5 s). `endless_playback` begins anew when it is broken (the same, and
//! mod_dptools.c: `endless_playback_function`).

use super::channel::{Doing, Frame, Interrupt, Private, PrivateWhat, State, Uuid};
use super::digits::Collect;
use super::model::{Due, SwitchModel, TICK, TaskWhat};
use super::switch_event::{Header, header};
use super::unwind::Fails;
use hotlined_core::time::{Instant, Millis};

/// A run of an application.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub app: String,
    pub data: String,
    /// `Application-UUID`.
    pub uuid: Uuid,
    pub order: Option<Private>,
}

impl SwitchModel {
    /// Has the channel look at what it was told at its next tick.
    pub(super) fn tick_soon(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        if channel.tick_at.is_some_and(|at| at > now) {
            return;
        }
        let since = now.since(channel.created).0;
        let at = channel.created + Millis((since / TICK.0 + 1) * TICK.0);
        channel.tick_at = Some(at);
        self.at(at, Due::Tick(uuid.clone()));
    }

    pub(super) fn tick(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.tick_at = None;
        match channel.interrupt.take() {
            Some(Interrupt::Hangup) => return self.end_channel(uuid, true),
            Some(Interrupt::Transfer(to)) => {
                if !self.unwind(uuid, Fails::Every) {
                    return;
                }
                self.part(uuid, "NORMAL_CLEARING");
                return self.transfer_now(uuid, &to);
            }
            Some(Interrupt::Bridge { peer, originator }) => {
                self.part(uuid, "NORMAL_CLEARING");
                return self.ready_to_join(uuid, &peer, originator);
            }
            None => {}
        }
        if channel.cause.is_some() {
            return;
        }
        if std::mem::take(&mut channel.breaking) {
            self.break_sound(uuid);
            if self.channels.get(uuid).is_some_and(|channel| channel.breaking) {
                return self.tick_soon(uuid);
            }
        }
        self.do_orders(uuid);
    }

    /// Does what is queued. A leg that still rings sleeps, and its orders wait for the answer
    /// (switch_core_state_machine.c:688). Without media the switch takes one order a tick (switch_ivr.c:1063).
    fn do_orders(&mut self, uuid: &Uuid) {
        loop {
            let Some(channel) = self.channels.get_mut(uuid) else { return };
            let awake = !channel.stack.is_empty() || channel.bridge.is_some();
            if !awake || channel.cause.is_some() || channel.interrupt.is_some() {
                return;
            }
            let one_a_tick = !channel.media();
            let Some(order) = channel.queue.pop_front() else { return };
            let hang_up = match &order.what {
                PrivateWhat::Execute { app, data, uuid: named } => {
                    let (app, data, named) = (app.clone(), data.clone(), named.clone());
                    channel.breaking_all = false;
                    self.exec(uuid, &app, &data, named, Some(order));
                    self.channels.get(uuid).is_some_and(|channel| channel.cause.is_some())
                }
                PrivateWhat::Hangup { cause } => {
                    self.mark_hung_up(uuid, &cause.clone());
                    true
                }
            };
            if hang_up {
                return self.end_channel(uuid, false);
            }
            let media = self.channels.get(uuid).is_some_and(|channel| channel.media());
            if one_a_tick && !media {
                return self.tick_soon(uuid);
            }
        }
    }

    /// Runs what the dialplan has left for the channel.
    pub(super) fn run_plan(&mut self, uuid: &Uuid) {
        loop {
            let Some(channel) = self.channels.get_mut(uuid) else { return };
            if channel.cause.is_some() {
                return self.end_channel(uuid, false);
            }
            if !channel.stack.is_empty() || channel.interrupt.is_some() || channel.state != State::Execute {
                if !channel.queue.is_empty() {
                    self.tick_soon(uuid);
                }
                return;
            }
            match channel.plan.pop_front() {
                Some((app, data)) => self.exec(uuid, &app, &data, None, None),
                None => return self.hang_up_now(uuid, "NORMAL_CLEARING", true),
            }
        }
    }

    /// Runs an application (switch_core_session.c:2770-2990). One that is not known hangs the channel up.
    fn exec(&mut self, uuid: &Uuid, app: &str, data: &str, named: Option<String>, order: Option<Private>) {
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
        let run_uuid = named.map_or_else(|| self.chance.uuid(), Into::into);
        let run = Run { app: app.into(), data: data.into(), uuid: run_uuid, order };
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        channel.set("current_application_data", data);
        channel.set("current_application", app);
        channel.set("current_application_response", "");
        channel.response = None;
        channel.breaking = false;
        let headers = run_headers(&run, None);
        self.about(uuid, "CHANNEL_EXECUTE", headers);
        if self.at_once(uuid, app, data) {
            return self.complete(uuid, &run);
        }
        match app {
            "park" => self.park(uuid, run),
            "sleep" => {
                let wait = Millis(data.trim().parse().unwrap_or(0));
                self.begin(uuid, run, Doing::Sleep, Some(wait));
            }
            "record" => self.record(uuid, run),
            "play_and_get_digits" => self.collect(uuid, run),
            _ => self.play(uuid, run, app == "endless_playback"),
        }
    }

    /// Does what takes no time; false when the application takes some.
    pub(super) fn at_once(&mut self, uuid: &Uuid, app: &str, data: &str) -> bool {
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
            "event" => self.event_by_hand(uuid, data),
            "hangup" => {
                let cause = if data.is_empty() { "NORMAL_CLEARING" } else { data };
                self.mark_hung_up(uuid, cause);
            }
            "sched_transfer" => {
                let (when, to) = data.split_once(' ').unwrap_or((data, ""));
                self.schedule(uuid, when, "mod_dptools", TaskWhat::Transfer(to.into()));
            }
            "sched_hangup" => {
                let (when, cause) = data.split_once(' ').unwrap_or((data, "ALLOTTED_TIMEOUT"));
                self.schedule(uuid, when, "mod_dptools", TaskWhat::Hangup(cause.into()));
            }
            _ => return false,
        }
        true
    }

    fn park(&mut self, uuid: &Uuid, run: Run) {
        let Some(channel) = self.channels.get(uuid) else { return };
        if channel.stack.iter().any(|frame| matches!(frame.doing, Doing::Park { .. })) {
            // "Cannot park channels that are under control already."
            return self.complete(uuid, &run);
        }
        let lasts = self.park_time(uuid);
        self.about(uuid, "CHANNEL_PARK", Vec::new());
        self.begin(uuid, run, Doing::Park { by_state: false }, lasts);
    }

    /// How long the channel may stay parked; asking uses the answer up (switch_ivr.c:985-996).
    pub(super) fn park_time(&mut self, uuid: &Uuid) -> Option<Millis> {
        let now = self.now;
        let channel = self.channels.get_mut(uuid)?;
        let text = channel.take("park_timeout")?;
        channel.set("park_after_bridge", "");
        let (seconds, cause) = text.split_once(':').unwrap_or((&text, "NORMAL_CLEARING"));
        channel.park_cause = cause.to_owned();
        let seconds: u64 = seconds.trim().parse().ok()?;
        Some(Instant((now.0 / 1_000 + seconds) * 1_000).since(now))
    }

    fn play(&mut self, uuid: &Uuid, run: Run, endless: bool) {
        let file = match run.app.as_str() {
            "silence" => format!("silence_stream://{}", run.data),
            _ => run.data.clone(),
        };
        match self.sound_starts(uuid, &file) {
            Some(length) => self.begin(uuid, run, Doing::Play { file, endless }, ends_after(length)),
            None => {
                self.respond(uuid, "FILE NOT FOUND");
                self.complete(uuid, &run);
            }
        }
    }

    /// Records until more whole seconds than the limit have passed on the wall clock's face, or until nobody
    /// has spoken for so long. Three seconds, where only what counts as silence is told
    /// (switch_ivr_play_say.c:757-797).
    fn record(&mut self, uuid: &Uuid, run: Run) {
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
        self.about(uuid, "RECORD_START", vec![header("Record-File-Path", file.clone())]);
        self.begin(uuid, run, Doing::Record { file }, ends.map(|ends| ends.since(now)));
    }

    /// Puts an application on top of what the channel does.
    pub(super) fn begin(&mut self, uuid: &Uuid, run: Run, doing: Doing, lasts: Option<Millis>) {
        let now = self.now;
        self.frames += 1;
        let id = self.frames;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        if let Some(below) = channel.stack.last_mut() {
            below.left = below.ends.take().map(|ends| ends.since(now));
        }
        let hushes = match &doing {
            Doing::Record { .. } | Doing::Sleep | Doing::Park { .. } => true,
            Doing::Play { file, .. } => !is_sound(file),
            Doing::Collect(_) => false,
        };
        let hears = !matches!(doing, Doing::Play { endless: true, .. } | Doing::Collect(_));
        let ends = lasts.map(|lasts| now + lasts);
        let Run { app, data, uuid: run, order } = run;
        channel.stack.push(Frame { id, app, data, uuid: run, doing, ends, left: None, order });
        if let Some(ends) = ends {
            self.at(ends, Due::FrameEnds(uuid.clone(), id));
        }
        if hushes {
            self.stats.sound_ends(uuid, now);
        }
        if hears {
            self.hear_keys(uuid);
        }
    }

    /// What the channel does is over; what it was put on top of goes on.
    pub(super) fn finish(&mut self, uuid: &Uuid) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(frame) = channel.stack.pop() else { return };
        channel.breaking |= channel.breaking_all && frame.order.is_some();
        self.complete_frame(uuid, frame);
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(below) = channel.stack.last_mut() else {
            return match channel.left_by.take() {
                Some((peer, cause)) => self.bridge_ends(uuid, &peer, &cause),
                None => self.run_plan(uuid),
            };
        };
        let left = below.left.take();
        below.ends = left.map(|left| now + left);
        let (id, ends, doing) = (below.id, below.ends, below.doing.clone());
        if let Some(ends) = ends {
            self.at(ends, Due::FrameEnds(uuid.clone(), id));
        }
        match doing {
            Doing::Play { file, .. } if is_sound(&file) => self.stats.sound_begins(uuid, now),
            Doing::Park { .. } => self.hear_keys(uuid),
            _ => {}
        }
    }

    pub(super) fn frame_ends(&mut self, uuid: &Uuid, id: u64) {
        let now = self.now;
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let Some(frame) = channel.stack.last_mut().filter(|frame| frame.id == id) else { return };
        if channel.cause.is_some() || frame.ends.is_none_or(|ends| ends > now) {
            return;
        }
        match frame.doing.clone() {
            Doing::Park { .. } => {
                let cause = channel.park_cause.clone();
                self.hang_up_now(uuid, &cause, true);
            }
            Doing::Play { file, endless } => self.sound_is_over(uuid, &file, endless, "done"),
            Doing::Sleep => self.finish(uuid),
            Doing::Record { file } => {
                self.about(uuid, "RECORD_STOP", vec![header("Record-File-Path", file)]);
                self.finish(uuid);
            }
            Doing::Collect(collect) => self.collect_goes_on(uuid, *collect),
        }
    }

    fn sound_is_over(&mut self, uuid: &Uuid, file: &str, endless: bool, status: &'static str) {
        self.sound_stops(uuid, file, status);
        let again = if endless { self.sound_starts(uuid, file) } else { None };
        let Some(length) = again else {
            self.respond(uuid, "FILE PLAYED");
            return self.finish(uuid);
        };
        // A sound without length would begin anew for ever in the same instant.
        self.set_end(uuid, ends_after(length.max(TICK)));
    }

    /// `uuid_break`: what sounds now stops.
    fn break_sound(&mut self, uuid: &Uuid) {
        let Some(frame) = self.channels.get(uuid).and_then(|channel| channel.stack.last()) else { return };
        match frame.doing.clone() {
            Doing::Play { file, endless } => self.sound_is_over(uuid, &file, endless, "break"),
            Doing::Record { file } => {
                self.about(uuid, "RECORD_STOP", vec![header("Record-File-Path", file)]);
                self.finish(uuid);
            }
            Doing::Sleep => self.finish(uuid),
            Doing::Collect(collect) => self.collect_is_broken(uuid, *collect),
            Doing::Park { .. } => {}
        }
    }

    /// What the channel does now ends so long from now.
    pub(super) fn set_end(&mut self, uuid: &Uuid, lasts: Option<Millis>) {
        let now = self.now;
        self.frames += 1;
        let id = self.frames;
        let Some(frame) = self.channels.get_mut(uuid).and_then(|channel| channel.stack.last_mut()) else {
            return;
        };
        frame.id = id;
        frame.ends = lasts.map(|lasts| now + lasts);
        if let Some(ends) = frame.ends {
            self.at(ends, Due::FrameEnds(uuid.clone(), id));
        }
    }
}

/// How long something lasts, when it ends at all.
pub(super) fn ends_after(length: Millis) -> Option<Millis> {
    Some(length).filter(|length| length.0 != u64::MAX)
}

/// Whether somebody hears it.
pub(super) fn is_sound(file: &str) -> bool {
    !file.starts_with("silence_stream://")
}

pub(super) fn run_headers(run: &Run, response: Option<&'static str>) -> Vec<Header> {
    let mut headers = vec![header("Application", run.app.clone())];
    if !run.data.is_empty() {
        headers.push(header("Application-Data", run.data.clone()));
    }
    if let Some(response) = response {
        headers.push(header("Application-Response", response));
    }
    headers.push(header("Application-UUID", run.uuid.to_string()));
    headers
}

impl Collect {
    /// The file that sounds at the moment.
    pub fn sounding(&self) -> Option<&str> {
        match self.phase {
            super::digits::Phase::Asking => Some(&self.file),
            super::digits::Phase::Complaining => Some(&self.invalid_file),
            super::digits::Phase::Waiting => None,
        }
    }
}
