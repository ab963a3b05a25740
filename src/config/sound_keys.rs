//! What is heard, as a hotline file says it: sounds, tones, standard recordings, ringbacks.
//!
//! A sound is a file's name, a list of names that are played one after the other, or a tone such as
//! `"tone:busy"`. Where nothing is said, many keys have a standard recording; `false` is silence there.

use super::BadSound;
use super::Why;
use super::hotline_file::Reader;
use super::load_cache::unrecorded;
use super::section_reader::Part;
use super::toml_reader::Found;
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::flow::Before;
use hotlined_core::hotline::ringback::{RingbackRule, Ringbacks};
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, SoundPath, Tone};
use std::collections::BTreeSet;

/// What stands before the name of a tone.
pub(super) const TONE: &str = "tone:";
pub(super) const TONES: [(&str, Tone); 3] =
    [("ringing", Tone::Ringing), ("busy", Tone::Busy), ("beep", Tone::Beep)];
const RECORD: &str = "record it, or name another file here";
const RECORD_OR_SILENCE: &str = "record it, name another file here, or write false to say nothing";

impl Reader<'_, '_> {
    /// The sound under a key.
    pub(super) fn sound(&mut self, part: &Part<'_>, key: &str) -> Option<Prompt> {
        let found = part.sounds(&mut self.sheet, key)?;
        self.prompt_of(found)
    }

    /// The sound under a key, or else these standard recordings.
    pub(super) fn sound_or(&mut self, part: &Part<'_>, key: &str, standard: &[Piece]) -> Option<Prompt> {
        if part.has(key) { self.sound(part, key) } else { self.standard(part, key, standard, RECORD) }
    }

    /// As [`sound_or`](Self::sound_or), and nothing where the file says `false`.
    pub(super) fn sound_or_none(&mut self, part: &Part<'_>, key: &str, standard: &[Piece]) -> Option<Prompt> {
        if part.has(key) {
            if part.is_none(&mut self.sheet, key) { None } else { self.sound(part, key) }
        } else {
            self.standard(part, key, standard, RECORD_OR_SILENCE)
        }
    }

    fn standard(
        &mut self,
        part: &Part<'_>,
        key: &str,
        pieces: &[Piece],
        remedy: &'static str,
    ) -> Option<Prompt> {
        self.standard_at(part.at(key), &part.table.path(key), pieces, remedy)
    }

    /// The prompt of standard recordings; a fault at this place if one is not there.
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

    /// Makes a fault of the first piece that is not recorded.
    fn needs(&mut self, at: usize, key: &str, pieces: &[Piece], remedy: &'static str) -> bool {
        // Without its number nobody knows the hotline's own recordings.
        if self.number.is_none() {
            return false;
        }
        let missing = self.shelf.unrecorded(&self.voice, pieces);
        if let Some(piece) = missing {
            let why = unrecorded(&self.voice, &self.shelf.sounds, piece, remedy);
            self.sheet.fault(at, key, why);
        }
        missing.is_none()
    }

    /// As [`needs`](Self::needs), for sentences that are put together while a call runs.
    pub(super) fn needs_all(
        &mut self,
        part: &Part<'_>,
        key: &str,
        sentences: impl Iterator<Item = Vec<Piece>>,
    ) {
        let pieces: BTreeSet<Piece> = sentences.flatten().collect();
        let pieces: Vec<Piece> = pieces.into_iter().collect();
        self.needs(part.at(key), &part.table.path(key), &pieces, "record it, or leave this key out");
    }

    /// The sound that one or several names make.
    pub(super) fn prompt_of(&mut self, found: Vec<Found<&str>>) -> Option<Prompt> {
        if let [Found { value, at, key }] = &found[..]
            && let Some(word) = value.strip_prefix(TONE)
        {
            let tone = TONES.iter().find(|(known, _)| *known == word);
            if tone.is_none() {
                let hint = Hint::of(word, TONES.iter().map(|(known, _)| *known));
                self.sheet.fault(*at, key.clone(), Why::Choice { found: shortened(word), hint });
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

    fn file(&mut self, found: Found<&str>) -> Option<SoundPath> {
        match self.shelf.sound(self.number.as_deref(), found.value) {
            Ok(path) => Some(path),
            // Without its number nobody knows the hotline's own folder; the file may well be there.
            Err(BadSound::Missing { .. }) if self.number.is_none() => None,
            Err(bad) => {
                self.sheet.fault(found.at, found.key, bad);
                None
            }
        }
    }

    /// The ringbacks of a part: its own where it has some, else the given.
    pub(super) fn ringbacks(&mut self, part: &Part<'_>, otherwise: &Ringbacks) -> Ringbacks {
        if !part.has("ringback") && !part.has("ringbacks") {
            return otherwise.clone();
        }
        let otherwise = self.sound(part, "ringback").unwrap_or_else(|| otherwise.otherwise.clone());
        let rules = part.parts(&mut self.sheet, "ringbacks").unwrap_or_default();
        let files = rules.len() + usize::from(part.has("ringback"));
        if files > self.limits.ringbacks {
            let why = Why::TooManyRingbacks { count: files, max: self.limits.ringbacks };
            self.sheet.fault(part.at("ringbacks"), part.table.path("ringbacks"), why);
        }
        Ringbacks { rules: rules.iter().filter_map(|rule| self.ringback_rule(rule)).collect(), otherwise }
    }

    fn ringback_rule(&mut self, part: &Part<'_>) -> Option<RingbackRule> {
        let hours = self.state(part, "hours");
        let area = part.has("areas").then(|| self.areas(part, "areas"));
        Some(RingbackRule { hours, area, prompt: self.sound(part, "file")? })
    }

    /// What is said before talk: a part's own where it has some, else the given.
    pub(super) fn before(&mut self, part: &Part<'_>, otherwise: &Before) -> Before {
        let Some(part) = part.part(&mut self.sheet, "before") else { return otherwise.clone() };
        let to_caller = self.sound(&part, "to_caller");
        let to_agent = self.sound(&part, "to_agent");
        let agent_number = part.flag(&mut self.sheet, "agent_number").unwrap_or_default();
        if agent_number {
            let speaker = self.voice.speaker();
            let ids: Vec<_> = self.roster.agents().iter().map(|agent| agent.id.clone()).collect();
            self.needs_all(&part, "agent_number", ids.iter().map(|id| speaker.at_your_service(id)));
        }
        Before { to_caller, to_agent, agent_number }
    }
}
