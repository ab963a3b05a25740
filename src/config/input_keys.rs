//! Reads the keys of nodes that ask the caller for keys or play announcements: menus, queues, voicemail, surveys.

use super::Problem;
use super::limits::{
    EVERY_DEFAULT, HIGHEST_DEFAULT, INTER_DIGIT_TIMEOUT_DEFAULT, LENGTH_MAX_DEFAULT, LONGEST_DEFAULT,
    SHORTEST_DEFAULT, SILENCE_DEFAULT, SURVEY_TRIES_DEFAULT, TIMEOUT_DEFAULT, TRIES_DEFAULT,
};
use super::reader::Reader;
use super::section_reader::Section;
use hotlined_core::hotline::CODE_DIGITS_MAX;
use hotlined_core::hotline::flow::{Ask, Queue, Reach, Survey, Voicemail};
use hotlined_core::hotline::group::GroupIx;
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::Prompt;
use hotlined_core::time::Millis;

/// The defaults for the answer of a caller: how many digits, which terminator, how many tries.
pub(super) struct AnswerDefaults {
    pub(super) digits_min: u8,
    pub(super) digit_len: u8,
    pub(super) terminator: Option<char>,
    pub(super) tries: u8,
}

impl AnswerDefaults {
    /// An answer of one key.
    pub(super) const KEY: Self = Self { digits_min: 1, digit_len: 1, terminator: None, tries: TRIES_DEFAULT };
    /// An answer of digits, ended by the pound key.
    pub(super) const DIGITS: Self =
        Self { digits_min: 1, digit_len: CODE_DIGITS_MAX as u8, terminator: Some('#'), tries: TRIES_DEFAULT };

    /// An answer that is one of these choices.
    pub(super) fn one_of<'k>(choices: impl Iterator<Item = &'k str> + Clone) -> Self {
        let length = |choice: &str| u8::try_from(choice.len()).unwrap_or(u8::MAX);
        let digits_min = choices.clone().map(length).min().unwrap_or(1);
        let digit_len = choices.clone().map(length).max().unwrap_or(1);
        let pound = digit_len > 1 && !choices.into_iter().any(|choice| choice.contains('#'));
        Self { digits_min, digit_len, terminator: pound.then_some('#'), tries: TRIES_DEFAULT }
    }
}

impl Reader<'_, '_> {
    /// Reads how a node asks for keys. `prompt` is `None` if the prompt has an error.
    pub(super) fn ask(
        &mut self,
        section: &Section<'_>,
        prompt: Option<Prompt>,
        invalid: &[Piece],
        answer: &AnswerDefaults,
    ) -> Option<Ask> {
        let invalid = self.sound_or_none(section, "invalid", invalid);
        let toml = &mut self.toml;
        let timeout = section.small(toml, "timeout").map_or(TIMEOUT_DEFAULT, Millis);
        let inter_digit_timeout =
            section.small(toml, "inter_digit_timeout").map_or(INTER_DIGIT_TIMEOUT_DEFAULT, Millis);
        let max_failures = section.small(toml, "max_failures").unwrap_or(answer.tries);
        let max_timeouts = section.small(toml, "max_timeouts").unwrap_or(answer.tries);
        let digit_len = section.small(toml, "digit_len").unwrap_or(answer.digit_len);
        let digits_min = section.small(toml, "digits_min").unwrap_or(answer.digits_min.min(digit_len));
        let terminator = section.telephone_key(toml, "terminator", answer.terminator);
        if digits_min > digit_len {
            let problem = Problem::DigitsMin { min: digits_min, max: digit_len };
            toml.report(section.at("digits_min"), section.table.path("digits_min"), problem);
        }
        Some(Ask {
            prompt: prompt?,
            invalid,
            timeout,
            inter_digit_timeout,
            max_failures,
            max_timeouts,
            digits_min,
            digit_len,
            terminator,
        })
    }

    /// Reads how a node reaches a group. Absent keys have the values of the whole hotline.
    pub(super) fn reach(&mut self, section: &Section<'_>, group: GroupIx) -> Reach {
        let otherwise = self.reach.clone();
        let wait = section.small(&mut self.toml, "wait_s").map_or(otherwise.wait, Millis::seconds);
        let ringback = self.ringbacks(section, &otherwise.ringback);
        Reach { group, ringback, wait, before: self.before(section, &otherwise.before) }
    }

    /// Reads a queue.
    pub(super) fn queue(&mut self, section: &Section<'_>, group: GroupIx) -> Queue {
        let reach = self.reach(section, group);
        let notice = self.sound(section, "notice");
        let toml = &mut self.toml;
        let length_max = section.small(toml, "length_max").unwrap_or(LENGTH_MAX_DEFAULT);
        let answer = section.flag(toml, "answer").unwrap_or(true);
        let say_position = section.flag(toml, "say_position").unwrap_or_default();
        let say_wait = section.flag(toml, "say_wait").unwrap_or_default();
        let says = say_position || say_wait || notice.is_some();
        let every = section.small(toml, "every_s").map(Millis::seconds).or(says.then_some(EVERY_DEFAULT));
        let call_back = section.telephone_key(toml, "call_back", None);
        let speaker = self.voice.speaker();
        if say_position {
            let places = (0..u64::from(length_max)).map(|ahead| speaker.queue_ahead(ahead));
            self.needs_all(section, "say_position", places);
        }
        if say_wait {
            let waits =
                (0..=reach.wait.whole_seconds_up()).map(|s| speaker.estimated_wait(Millis::seconds(s)));
            self.needs_all(section, "say_wait", waits);
        }
        if call_back.is_some() {
            self.needs_all(section, "call_back", [speaker.callback_noted("0123456789")].into_iter());
        }
        Queue { reach, length_max, answer, say_position, say_wait, every, notice, call_back }
    }

    /// Reads how voicemail takes a message.
    pub(super) fn voicemail(&mut self, section: &Section<'_>) -> Voicemail {
        let greeting = self.sound_or_none(section, "greeting", &[Piece::LeaveMessage]);
        let saved = self.sound_or_none(section, "saved", &[Piece::MessageSaved]);
        let mut seconds =
            |key, otherwise| section.small(&mut self.toml, key).map_or(otherwise, Millis::seconds);
        Voicemail {
            greeting,
            longest: seconds("longest_s", LONGEST_DEFAULT),
            shortest: seconds("shortest_s", SHORTEST_DEFAULT),
            silence: seconds("silence_s", SILENCE_DEFAULT),
            saved,
        }
    }

    /// Reads the survey after the talk.
    pub(super) fn survey(&mut self, section: &Section<'_>) -> Option<Survey> {
        let prompt = self.sound_or(section, "prompt", &[Piece::SurveyInvite, Piece::SurveySatisfied]);
        let answer = AnswerDefaults { tries: SURVEY_TRIES_DEFAULT, ..AnswerDefaults::KEY };
        let ask = self.ask(section, prompt, &[Piece::SurveyInvalidKey], &answer);
        let highest = section.small(&mut self.toml, "highest").unwrap_or(HIGHEST_DEFAULT);
        let thanks = self.sound_or_none(section, "thanks", &[Piece::SurveyThanks]);
        Some(Survey { ask: ask?, highest, thanks })
    }

    /// Checks the recordings of all sentences about a code, which a call puts together.
    pub(super) fn needs_code_sentences(&mut self, section: &Section<'_>) {
        use jiff::civil::date;
        let speaker = self.voice.speaker();
        let years = (2020..=2059).map(|year| (1, date(year, 1, 1)));
        let days = (1..=12).flat_map(|month| (1..=28).map(move |day| (1, date(2026, month, day))));
        let last = [29, 30, 31].map(|day| (1, date(2026, 1, day)));
        let times = (1..=100).map(|times| (times, date(2026, 1, 1)));
        let seen = years.chain(days).chain(last).chain(times);
        let fixed = vec![Piece::CodeGenuine, Piece::CodeUnknown];
        let sentences = seen.map(|(times, first)| speaker.code_seen(times, first)).chain([fixed]);
        self.needs_all(section, "codes", sentences);
    }
}
