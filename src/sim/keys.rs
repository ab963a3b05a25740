//! Sounds and DTMF keys of a leg.
//!
//! The `DTMF` event comes when an application reads the key. `endless_playback` reads no keys. A key that is pressed
//! during a ringback waits for the next application, which reads the key; only `play_and_get_digits` drops the key
//! (both as in FreeSWITCH's source).

use super::app_run::{AppRun, finite, is_audible};
use super::channel::{AppActivity, Uuid};
use super::digits::{Collect, Phase};
use super::model::{ScheduledEvent, SwitchModel};
use super::stats::TimelineEvent;
use super::switch_event::header;
use hotlined_core::time::Millis;

/// The time from one key of a person to the next.
const KEY_INTERVAL: Millis = Millis(300);

impl SwitchModel {
    /// Starts a sound and returns its length. Returns `None` if the file does not exist.
    pub(super) fn start_sound(&mut self, uuid: &Uuid, file: &str) -> Option<Millis> {
        let length = self.config.sounds.length_of(file)?;
        self.channel_event(uuid, "PLAYBACK_START", vec![header("Playback-File-Path", file.to_owned())]);
        if is_audible(file) {
            self.stats.sound_begins(uuid, self.now);
            self.record_event(TimelineEvent::SoundStarted { leg: uuid.clone(), sound: file.into() });
        }
        self.reply_to_sound(uuid, file);
        Some(length)
    }

    /// Schedules the keys that the person at the far end presses when this sound starts.
    fn reply_to_sound(&mut self, uuid: &Uuid, file: &str) {
        let Some(channel) = self.channels.get(uuid) else { return };
        let replies = channel.replies.iter().filter(|reply| file.contains(&reply.sound)).cloned();
        for reply in replies.collect::<Vec<_>>() {
            for (at, key) in (0..).zip(reply.keys.chars()) {
                let at = self.now + reply.after + Millis(at * KEY_INTERVAL.0);
                self.schedule_at(at, ScheduledEvent::PersonPresses(uuid.clone(), key));
            }
        }
    }

    /// Emits `PLAYBACK_STOP`; the caller hears nothing from here on.
    pub(super) fn stop_sound(&mut self, uuid: &Uuid, file: &str, status: &'static str) {
        self.stats.sound_ends(uuid, self.now);
        let headers = vec![header("Playback-File-Path", file.to_owned()), header("Playback-Status", status)];
        self.channel_event(uuid, "PLAYBACK_STOP", headers);
    }

    /// Handles a key that the person at the far end pressed.
    pub(super) fn key(&mut self, uuid: &Uuid, key: char) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let activity = channel.stack.last().map(|frame| frame.activity.clone());
        match activity {
            Some(AppActivity::Collect(collect)) if collect.phase != Phase::InvalidSound => {
                self.report_key(uuid, key);
                self.collect_key(uuid, *collect, key);
            }
            Some(AppActivity::Play { endless: true, .. } | AppActivity::Collect(_)) => {
                channel.keys.push_back(key)
            }
            Some(AppActivity::Play { .. } | AppActivity::Record { .. }) => {
                let ends = channel.key_ends_sound(key);
                channel.break_requested |= ends;
                self.report_key(uuid, key);
                if ends {
                    self.schedule_tick(uuid);
                }
            }
            Some(AppActivity::Park { .. } | AppActivity::Sleep) => self.report_key(uuid, key),
            None if channel.bridge.is_some() => self.report_key(uuid, key),
            None => channel.keys.push_back(key),
        }
    }

    /// Gives the waiting keys to the current application.
    pub(super) fn deliver_waiting_keys(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        for key in std::mem::take(&mut channel.keys) {
            self.key(uuid, key);
        }
    }

    /// Emits `DTMF`.
    fn report_key(&mut self, uuid: &Uuid, key: char) {
        let headers = vec![
            header("DTMF-Digit", key.to_string()),
            header("DTMF-Duration", "2000"),
            header("DTMF-Source", "RTP"),
        ];
        self.channel_event(uuid, "DTMF", headers);
    }

    /// Starts `play_and_get_digits`. With unreadable arguments a real switch logs an error and continues; here the
    /// application ends at once.
    pub(super) fn collect(&mut self, uuid: &Uuid, run: AppRun) {
        let collect = Collect::parse(&run.data);
        let activity = match collect {
            Some(collect) => AppActivity::Collect(Box::new(collect)),
            None => AppActivity::Sleep,
        };
        self.push_app(uuid, run, activity.clone(), None);
        match activity {
            AppActivity::Collect(collect) => {
                if let Some(channel) = self.channels.get_mut(uuid) {
                    channel.set(&collect.variable, "");
                }
                self.play_prompt(uuid, *collect);
            }
            _ => self.pop_app(uuid),
        }
    }

    /// Starts a try of `play_and_get_digits`: drops waiting keys and plays the prompt.
    fn play_prompt(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.keys.clear();
        }
        collect.pressed.clear();
        collect.phase = Phase::Prompt;
        let file = collect.file.clone();
        let length = self.start_sound(uuid, &file);
        if length.is_none() {
            collect.phase = Phase::Waiting;
        }
        let lasts = length.unwrap_or(collect.timeout);
        self.store_collect(uuid, collect);
        self.set_app_end(uuid, finite(lasts));
    }

    /// The time of the current phase of `play_and_get_digits` is over.
    pub(super) fn collect_time_over(&mut self, uuid: &Uuid, mut collect: Collect) {
        match collect.phase {
            Phase::Prompt => {
                self.stop_sound(uuid, &collect.file.clone(), "done");
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, Some(wait));
            }
            Phase::Waiting => self.end_try(uuid, collect, "timeout"),
            Phase::InvalidSound => {
                self.stop_sound(uuid, &collect.invalid_file.clone(), "done");
                self.next_try(uuid, collect);
            }
        }
    }

    /// `uuid_break` during `play_and_get_digits`: stops the current sound and goes on with the next phase.
    pub(super) fn break_collect(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(file) = collect.current_file().map(str::to_owned) {
            self.stop_sound(uuid, &file, "break");
        }
        match collect.phase {
            Phase::Prompt | Phase::Waiting => {
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, Some(wait));
            }
            Phase::InvalidSound => self.next_try(uuid, collect),
        }
    }

    /// `play_and_get_digits` reads a key.
    fn collect_key(&mut self, uuid: &Uuid, mut collect: Collect, key: char) {
        if collect.phase == Phase::Prompt {
            self.stop_sound(uuid, &collect.file.clone(), "break");
        }
        collect.phase = Phase::Waiting;
        let terminated = collect.terminators.contains(key);
        if !terminated {
            collect.pressed.push(key);
        }
        if terminated || collect.is_complete() {
            self.end_try(uuid, collect, "success");
        } else {
            let wait = collect.digit_timeout;
            self.store_collect(uuid, collect);
            self.set_app_end(uuid, Some(wait));
        }
    }

    /// Ends a try: valid keys end the application, anything else plays the sound for invalid keys.
    fn end_try(&mut self, uuid: &Uuid, mut collect: Collect, result: &'static str) {
        let fits = collect.fits();
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.set("read_result", if fits { "success" } else { result });
            if fits {
                channel.set(&collect.variable, &collect.pressed);
            } else if !collect.pressed.is_empty() {
                channel.set(&format!("{}_invalid", collect.variable), &collect.pressed);
            }
        }
        if fits {
            return self.pop_app(uuid);
        }
        collect.phase = Phase::InvalidSound;
        let file = collect.invalid_file.clone();
        match self.start_sound(uuid, &file) {
            Some(length) => {
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, finite(length));
            }
            None => self.next_try(uuid, collect),
        }
    }

    /// Starts the next try, or ends the application after the last one.
    fn next_try(&mut self, uuid: &Uuid, mut collect: Collect) {
        collect.tries = collect.tries.saturating_sub(1);
        if collect.tries == 0 { self.pop_app(uuid) } else { self.play_prompt(uuid, collect) }
    }

    fn store_collect(&mut self, uuid: &Uuid, collect: Collect) {
        let frame = self.channels.get_mut(uuid).and_then(|channel| channel.stack.last_mut());
        if let Some(frame) = frame {
            frame.activity = AppActivity::Collect(Box::new(collect));
        }
    }
}
