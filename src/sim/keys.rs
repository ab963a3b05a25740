//! Sounds and keys: what a leg hears, and what it says with its keypad.
//!
//! A key is reported when an application takes it. `endless_playback` takes none, so keys pressed during a
//! ringback are reported by whatever comes after, or dropped by `play_and_get_digits` (both as in the source).

use super::apps::{Run, ends_after, is_sound};
use super::channel::{Doing, Uuid};
use super::digits::{Collect, Phase};
use super::model::{Due, SwitchModel};
use super::stats::TimelineEvent;
use super::switch_event::header;
use hotlined_core::time::Millis;

/// How long a person takes from one key to the next.
const BETWEEN_KEYS: Millis = Millis(300);

impl SwitchModel {
    /// A sound begins; says how long it is, or nothing when it is not there.
    pub(super) fn sound_starts(&mut self, uuid: &Uuid, file: &str) -> Option<Millis> {
        let length = self.setup.sounds.length_of(file)?;
        self.about(uuid, "PLAYBACK_START", vec![header("Playback-File-Path", file.to_owned())]);
        if is_sound(file) {
            self.stats.sound_begins(uuid, self.now);
            self.happened(TimelineEvent::SoundStarted { leg: uuid.clone(), sound: file.into() });
        }
        self.person_replies(uuid, file);
        Some(length)
    }

    /// The person at the other end knows what to press.
    fn person_replies(&mut self, uuid: &Uuid, file: &str) {
        let Some(channel) = self.channels.get(uuid) else { return };
        let replies = channel.replies.iter().filter(|reply| file.contains(&reply.sound)).cloned();
        for reply in replies.collect::<Vec<_>>() {
            for (at, key) in (0..).zip(reply.keys.chars()) {
                let at = self.now + reply.after + Millis(at * BETWEEN_KEYS.0);
                self.at(at, Due::PersonPresses(uuid.clone(), key));
            }
        }
    }

    pub(super) fn sound_stops(&mut self, uuid: &Uuid, file: &str, status: &'static str) {
        self.stats.sound_ends(uuid, self.now);
        let headers = vec![header("Playback-File-Path", file.to_owned()), header("Playback-Status", status)];
        self.about(uuid, "PLAYBACK_STOP", headers);
    }

    /// A key came in.
    pub(super) fn key(&mut self, uuid: &Uuid, key: char) {
        let Some(channel) = self.channels.get_mut(uuid) else { return };
        let doing = channel.stack.last().map(|frame| frame.doing.clone());
        match doing {
            Some(Doing::Collect(collect)) if collect.phase != Phase::Complaining => {
                self.report_key(uuid, key);
                self.collect_key(uuid, *collect, key);
            }
            Some(Doing::Play { endless: true, .. } | Doing::Collect(_)) => channel.keys.push_back(key),
            Some(Doing::Play { .. } | Doing::Record { .. }) => {
                let ends = channel.key_ends_sound(key);
                channel.breaking |= ends;
                self.report_key(uuid, key);
                if ends {
                    self.tick_soon(uuid);
                }
            }
            Some(Doing::Park { .. } | Doing::Sleep) => self.report_key(uuid, key),
            None if channel.bridge.is_some() => self.report_key(uuid, key),
            None => channel.keys.push_back(key),
        }
    }

    /// The keys that nobody took so far are taken.
    pub(super) fn hear_keys(&mut self, uuid: &Uuid) {
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
        self.about(uuid, "DTMF", headers);
    }

    /// Begins `play_and_get_digits`. With arguments it cannot read, the switch logs and goes on.
    pub(super) fn collect(&mut self, uuid: &Uuid, run: Run) {
        let collect = Collect::parse(&run.data);
        let doing = match collect {
            Some(collect) => Doing::Collect(Box::new(collect)),
            None => Doing::Sleep,
        };
        self.begin(uuid, run, doing.clone(), None);
        match doing {
            Doing::Collect(collect) => {
                if let Some(channel) = self.channels.get_mut(uuid) {
                    channel.set(&collect.variable, "");
                }
                self.collect_asks(uuid, *collect);
            }
            _ => self.finish(uuid),
        }
    }

    fn collect_asks(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(channel) = self.channels.get_mut(uuid) {
            channel.keys.clear();
        }
        collect.pressed.clear();
        collect.phase = Phase::Asking;
        let file = collect.file.clone();
        let length = self.sound_starts(uuid, &file);
        if length.is_none() {
            collect.phase = Phase::Waiting;
        }
        let lasts = length.unwrap_or(collect.timeout);
        self.keep(uuid, collect);
        self.set_end(uuid, ends_after(lasts));
    }

    /// The time of what `play_and_get_digits` does is up.
    pub(super) fn collect_goes_on(&mut self, uuid: &Uuid, mut collect: Collect) {
        match collect.phase {
            Phase::Asking => {
                self.sound_stops(uuid, &collect.file.clone(), "done");
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.keep(uuid, collect);
                self.set_end(uuid, Some(wait));
            }
            Phase::Waiting => self.collect_judges(uuid, collect, "timeout"),
            Phase::Complaining => {
                self.sound_stops(uuid, &collect.invalid_file.clone(), "done");
                self.collect_again(uuid, collect);
            }
        }
    }

    pub(super) fn collect_is_broken(&mut self, uuid: &Uuid, mut collect: Collect) {
        if let Some(file) = collect.sounding().map(str::to_owned) {
            self.sound_stops(uuid, &file, "break");
        }
        match collect.phase {
            Phase::Asking | Phase::Waiting => {
                collect.phase = Phase::Waiting;
                let wait = collect.timeout;
                self.keep(uuid, collect);
                self.set_end(uuid, Some(wait));
            }
            Phase::Complaining => self.collect_again(uuid, collect),
        }
    }

    fn collect_key(&mut self, uuid: &Uuid, mut collect: Collect, key: char) {
        if collect.phase == Phase::Asking {
            self.sound_stops(uuid, &collect.file.clone(), "break");
        }
        collect.phase = Phase::Waiting;
        let terminated = collect.terminators.contains(key);
        if !terminated {
            collect.pressed.push(key);
        }
        if terminated || collect.is_complete() {
            self.collect_judges(uuid, collect, "success");
        } else {
            let wait = collect.digit_timeout;
            self.keep(uuid, collect);
            self.set_end(uuid, Some(wait));
        }
    }

    fn collect_judges(&mut self, uuid: &Uuid, mut collect: Collect, result: &'static str) {
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
            return self.finish(uuid);
        }
        collect.phase = Phase::Complaining;
        let file = collect.invalid_file.clone();
        match self.sound_starts(uuid, &file) {
            Some(length) => {
                self.keep(uuid, collect);
                self.set_end(uuid, ends_after(length));
            }
            None => self.collect_again(uuid, collect),
        }
    }

    fn collect_again(&mut self, uuid: &Uuid, mut collect: Collect) {
        collect.tries = collect.tries.saturating_sub(1);
        if collect.tries == 0 { self.finish(uuid) } else { self.collect_asks(uuid, collect) }
    }

    fn keep(&mut self, uuid: &Uuid, collect: Collect) {
        let frame = self.channels.get_mut(uuid).and_then(|channel| channel.stack.last_mut());
        if let Some(frame) = frame {
            frame.doing = Doing::Collect(Box::new(collect));
        }
    }
}
