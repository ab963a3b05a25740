//! Sounds and keys: what a leg hears, and what it says with its keypad.
//!
//! A key is reported when an application takes it. `endless_playback` takes none, so keys pressed during a
//! ringback are reported by whatever comes after, or dropped by `play_and_get_digits` (both as in the source).

use super::app_run::{AppRun, finite, is_audible};
use super::channel::{AppActivity, Uuid};
use super::digits::{Collect, Phase};
use super::model::{ScheduledEvent, SwitchModel};
use super::stats::TimelineEvent;
use super::switch_event::header;
use hotlined_core::time::Millis;

/// How long a person takes from one key to the next.
const BETWEEN_KEYS: Millis = Millis(300);

impl SwitchModel {
    /// A sound begins; says how long it is, or nothing when it is not there.
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

    /// The person at the other end knows what to press.
    fn reply_to_sound(&mut self, uuid: &Uuid, file: &str) {
        let Some(channel) = self.channels.get(uuid) else { return };
        let replies = channel.replies.iter().filter(|reply| file.contains(&reply.sound)).cloned();
        for reply in replies.collect::<Vec<_>>() {
            for (at, key) in (0..).zip(reply.keys.chars()) {
                let at = self.now + reply.after + Millis(at * BETWEEN_KEYS.0);
                self.schedule_at(at, ScheduledEvent::PersonPresses(uuid.clone(), key));
            }
        }
    }

    pub(super) fn stop_sound(&mut self, uuid: &Uuid, file: &str, status: &'static str) {
        self.stats.sound_ends(uuid, self.now);
        let headers = vec![header("Playback-File-Path", file.to_owned()), header("Playback-Status", status)];
        self.channel_event(uuid, "PLAYBACK_STOP", headers);
    }

    /// A key came in.
    pub(super) fn key(&mut self, uuid: &Uuid, key: char) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let activity = channel.stack.last().map(|frame| frame.activity.clone());
        match activity {
            Some(AppActivity::Collect(collect)) if collect.phase != Phase::Complaining => {
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
                    self.tick_soon(uuid);
                }
            }
            Some(AppActivity::Park { .. } | AppActivity::Sleep) => self.report_key(uuid, key),
            None if channel.bridge.is_some() => self.report_key(uuid, key),
            None => channel.keys.push_back(key),
        }
    }

    /// The keys that nobody took so far are taken.
    pub(super) fn deliver_waiting_keys(&mut self, uuid: &Uuid) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        for key in std::mem::take(&mut channel.keys) {
            self.key(uuid, key);
        }
    }

    fn report_key(&mut self, uuid: &Uuid, key: char) {
        let headers = vec![
            header("DTMF-Digit", key.to_string()),
            header("DTMF-Duration", "2000"),
            header("DTMF-Source", "RTP"),
        ];
        self.channel_event(uuid, "DTMF", headers);
    }

    /// Begins `play_and_get_digits`. With arguments it cannot read, the switch logs and goes on.
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
                self.play_question(uuid, *collect);
            }
            _ => self.pop_app(uuid),
        }
    }

    fn play_question(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.keys.clear();
        }
        collect.pressed.clear();
        collect.phase = Phase::Asking;
        let file = collect.file.clone();
        let length = self.start_sound(uuid, &file);
        if length.is_none() {
            collect.phase = Phase::Waiting;
        }
        let lasts = length.unwrap_or(collect.timeout);
        self.store_collect(uuid, collect);
        self.set_app_end(uuid, finite(lasts));
    }

    /// The time of what `play_and_get_digits` does is up.
    pub(super) fn collect_time_over(&mut self, uuid: &Uuid, mut collect: Collect) {
        match collect.phase {
            Phase::Asking => {
                self.stop_sound(uuid, &collect.file.clone(), "done");
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, Some(wait));
            }
            Phase::Waiting => self.end_try(uuid, collect, "timeout"),
            Phase::Complaining => {
                self.stop_sound(uuid, &collect.invalid_file.clone(), "done");
                self.next_try(uuid, collect);
            }
        }
    }

    pub(super) fn break_collect(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(file) = collect.current_file().map(str::to_owned) {
            self.stop_sound(uuid, &file, "break");
        }
        match collect.phase {
            Phase::Asking | Phase::Waiting => {
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, Some(wait));
            }
            Phase::Complaining => self.next_try(uuid, collect),
        }
    }

    fn collect_key(&mut self, uuid: &Uuid, mut collect: Collect, key: char) {
        if collect.phase == Phase::Asking {
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
        collect.phase = Phase::Complaining;
        let file = collect.invalid_file.clone();
        match self.start_sound(uuid, &file) {
            Some(length) => {
                self.store_collect(uuid, collect);
                self.set_app_end(uuid, finite(length));
            }
            None => self.next_try(uuid, collect),
        }
    }

    fn next_try(&mut self, uuid: &Uuid, mut collect: Collect) {
        collect.tries = collect.tries.saturating_sub(1);
        if collect.tries == 0 { self.pop_app(uuid) } else { self.play_question(uuid, collect) }
    }

    fn store_collect(&mut self, uuid: &Uuid, collect: Collect) {
        let frame = self.channels.get_mut(uuid).and_then(|channel| channel.stack.last_mut());
        if let Some(frame) = frame {
            frame.activity = AppActivity::Collect(Box::new(collect));
        }
    }
}
