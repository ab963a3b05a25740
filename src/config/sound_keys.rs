//! Reads the keys whose values are sounds: files, tones, standard recordings, ringbacks.
//!
//! A sound is a file name, a list of file names that are played in turn, or a tone such as `"tone:busy"`. Many keys
//! have a standard recording as their default; the value `false` means silence.

use super::Problem;
use super::SoundError;
use super::load_cache::unrecorded;
use super::reader::Reader;
use super::section_reader::Section;
use super::toml_reader::Located;
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::flow::Before;
use hotlined_core::hotline::ringback::{RingbackRule, Ringbacks};
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use std::collections::BTreeSet;

/// The prefix of the name of a tone.
pub(super) const TONE: &str = "tone:";
pub(super) const TONES: [(&str, Tone); 3] =
    [("ringing", Tone::Ringing), ("busy", Tone::Busy), ("beep", Tone::Beep)];
const RECORD: &str = "record it, or name another file here";
const RECORD_OR_SILENCE: &str = "record it, name another file here, or write false to say nothing";

impl Reader<'_, '_> {
    /// The sound of a key.
    pub(super) fn sound(&mut self, section: &Section<'_>, key: &str) -> Option<Prompt> {
        let found = section.sounds(&mut self.toml, key)?;
        self.prompt_of(found)
    }

    /// The sound of a key, or these standard recordings if the key is absent.
    pub(super) fn sound_or(
        &mut self,
        section: &Section<'_>,
        key: &str,
        standard: &[Piece],
    ) -> Option<Prompt> {
        if section.has(key) {
            self.sound(section, key)
        } else {
            self.standard(section, key, standard, RECORD)
        }
    }

    /// As [`sound_or`](Self::sound_or), and `None` if the value is `false`.
    pub(super) fn sound_or_none(
        &mut self,
        section: &Section<'_>,
        key: &str,
        standard: &[Piece],
    ) -> Option<Prompt> {
        if section.has(key) {
            if section.is_none(&mut self.toml, key) { None } else { self.sound(section, key) }
        } else {
            self.standard(section, key, standard, RECORD_OR_SILENCE)
        }
    }

    fn standard(
        &mut self,
        section: &Section<'_>,
        key: &str,
        pieces: &[Piece],
        remedy: &'static str,
    ) -> Option<Prompt> {
        self.standard_at(section.at(key), &section.table.path(key), pieces, remedy)
    }

    /// The prompt of these standard recordings. Reports a missing recording at this offset.
    pub(super) fn standard_at(
        &mut self,
        at: usize,
        key: &str,
        pieces: &[Piece],
        remedy: &'static str,
    ) -> Option<Prompt> {
        let good = self.needs(at, key, pieces, remedy);
        if good { Some(self.voice.prompt(pieces)) } else { None }
    }

    /// Reports the first piece that has no recording. Returns whether all have one.
    fn needs(&mut self, at: usize, key: &str, pieces: &[Piece], remedy: &'static str) -> bool {
        // The hotline's own recordings are found by its number: without a number, nothing can be checked.
        if self.number.is_none() {
            return false;
        }
        let missing = self.cache.unrecorded(&self.voice, pieces);
        if let Some(piece) = missing {
            let problem = unrecorded(&self.voice, &self.cache.sounds, piece, remedy);
            self.toml.report(at, key, problem);
        }
        missing.is_none()
    }

    /// As [`needs`](Self::needs), for all sentences that a call can put together.
    pub(super) fn needs_all(
        &mut self,
        section: &Section<'_>,
        key: &str,
        sentences: impl Iterator<Item = Vec<Piece>>,
    ) {
        let pieces: BTreeSet<Piece> = sentences.flatten().collect();
        let pieces: Vec<Piece> = pieces.into_iter().collect();
        self.needs(section.at(key), &section.table.path(key), &pieces, "record it, or leave this key out");
    }

    /// The prompt of one or several names.
    pub(super) fn prompt_of(&mut self, found: Vec<Located<&str>>) -> Option<Prompt> {
        if let [Located { value, at, key }] = &found[..]
            && let Some(word) = value.strip_prefix(TONE)
        {
            let tone = TONES.iter().find(|(known, _)| *known == word);
            if tone.is_none() {
                let hint = Hint::of(word, TONES.iter().map(|(known, _)| *known));
                self.toml.report(*at, key.clone(), Problem::Choice { found: shortened(word), hint });
            }
            return tone.map(|(_, tone)| Prompt::Tone(*tone));
        }
        let files: Vec<Option<SoundPath>> = found.into_iter().map(|found| self.file(found)).collect();
        let files: Vec<SoundPath> = files.into_iter().collect::<Option<_>>()?;
        match &files[..] {
            [only] => Some(Prompt::File(only.clone())),
            several => Some(Prompt::Files(several.into())),
        }
    }

    fn file(&mut self, found: Located<&str>) -> Option<SoundPath> {
        match self.cache.sound(self.number.as_deref(), found.value) {
            Ok(path) => Some(path),
            // The hotline's own folder is found by its number: without a number, the file may exist there.
            Err(SoundError::Missing { .. }) if self.number.is_none() => None,
            Err(bad) => {
                self.toml.report(found.at, found.key, bad);
                None
            }
        }
    }

    /// The ringbacks of a section, or `default` if the section has none.
    pub(super) fn ringbacks(&mut self, section: &Section<'_>, otherwise: &Ringbacks) -> Ringbacks {
        if !section.has("ringback") && !section.has("ringbacks") {
            return otherwise.clone();
        }
        let otherwise = self.sound(section, "ringback").unwrap_or_else(|| otherwise.otherwise.clone());
        let rules = section.sections(&mut self.toml, "ringbacks").unwrap_or_default();
        let files = rules.len() + usize::from(section.has("ringback"));
        if files > self.source.limits.ringbacks {
            let problem = Problem::TooManyRingbacks { count: files, max: self.source.limits.ringbacks };
            self.toml.report(section.at("ringbacks"), section.table.path("ringbacks"), problem);
        }
        Ringbacks { rules: rules.iter().filter_map(|rule| self.ringback_rule(rule)).collect(), otherwise }
    }

    fn ringback_rule(&mut self, section: &Section<'_>) -> Option<RingbackRule> {
        let hours = self.state(section, "hours");
        let area = section.has("areas").then(|| self.areas(section, "areas"));
        Some(RingbackRule { hours, area, prompt: self.sound(section, "file")? })
    }

    /// The announcements before the talk of a section, or `default` if the section has none.
    pub(super) fn before(&mut self, section: &Section<'_>, otherwise: &Before) -> Before {
        let Some(section) = section.section(&mut self.toml, "before") else { return otherwise.clone() };
        let to_caller = self.sound(&section, "to_caller");
        let to_agent = self.sound(&section, "to_agent");
        let agent_number = section.flag(&mut self.toml, "agent_number").unwrap_or_default();
        if agent_number {
            let speaker = self.voice.speaker();
            let ids: Vec<_> = self.groups_draft.agents.iter().map(|agent| agent.id.clone()).collect();
            self.needs_all(&section, "agent_number", ids.iter().map(|id| speaker.at_your_service(id)));
        }
        Before { to_caller, to_agent, agent_number }
    }
}
