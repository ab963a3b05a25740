//! Reads one hotline file into a [`Hotline`] or diagnostics.
//!
//! [`schema`](super::schema) lists the keys; this file assembles the hotline from them.
//!
//! ```toml
//! number = "4008001234"
//! name = "Example Shop"
//! ringback = "ringback.wav"            # a file, several in a list, or a tone: "tone:ringing"
//!
//! [hours]                              # see `hours_keys.rs`; and [hours.night] … for others
//! open = "workdays 09:00-18:00"
//!
//! [voicemail]                          # a short form: the section alone is enough
//!
//! [[agents]]
//! id = "01"
//! phone = "13900000001"
//! group = "sales"
//! hours = "main.open"                  # a state of a table of hours
//! ```
//!
//! The flow of a call is either made of the short forms `access`, `hours` with `notices`, `menu`, `queue`, `voicemail`
//! and `survey` (see [`shorthand`](super::shorthand)), or written as nodes:
//!
//! ```toml
//! [flow]
//! start = "choice"
//!
//! [nodes.choice]
//! type = "menu"
//! prompt = "choice.wav"
//! timeout = 5000                       # milliseconds, as everywhere where the name is FreeSWITCH's own
//! exits = { 1 = "sales", 0 = "desk", _ = "bye" }
//! ```
//!
//! [`load`](super::load()) checks what only several files together show, such as a number that is used twice.

use super::limits::MAIN;
use super::load_cache::LoadCache;
use super::reader::{DeclaredLines, Reader, SizeLimits, SourceInfo};
use super::schema::{AGENT, HOTLINE, LANGUAGES, RECORDINGS, SHOWS};
use super::section_reader::Section;
use super::toml_reader::{Located, Table, TomlFile};
use super::{Diagnostic, Problem};
use crate::source_position::{Position, shortened};
use hotlined_core::hotline::access::RefusalAction;
use hotlined_core::hotline::group::GroupIx;
use hotlined_core::hotline::{Hotline, Version};
use hotlined_core::number::AreaCode;
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, Tone};
use std::path::Path;
use std::sync::Arc;

/// A parsed file. The number and the lines are present even if the rest has errors, so that files can be compared.
#[derive(Default)]
pub(super) struct ParsedFile {
    pub(super) number: Option<(Arc<str>, Position)>,
    pub(super) lines: Vec<DeclaredLines>,
    pub(super) hotline: Option<Hotline>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) source: SourceInfo,
}

/// Reads the text of a hotline file.
pub(super) fn read(file: &Path, text: &str, cache: &mut LoadCache) -> ParsedFile {
    let mut parsed = ParsedFile::default();
    let mut toml = TomlFile::new(file, text);
    let Some(document) = toml.parse() else {
        parsed.diagnostics = toml.into_diagnostics();
        return parsed;
    };
    let table = Table::new(document.span().start, String::new(), document.get_ref());
    let mut reader = Reader::new(toml, cache);
    let hotline = reader.hotline(table, &mut parsed);
    parsed.hotline = hotline.filter(|_| reader.toml.is_clean());
    parsed.source = reader.source;
    parsed.diagnostics = reader.toml.into_diagnostics();
    if let Some(hotline) = &parsed.hotline {
        parsed.diagnostics = super::lint::errors(file, hotline, &parsed.source);
    }
    if !parsed.diagnostics.is_empty() {
        parsed.hotline = None;
    }
    parsed
}

impl Reader<'_, '_> {
    fn hotline(&mut self, table: Table<'_>, parsed: &mut ParsedFile) -> Option<Hotline> {
        let section = Section::new(table, &HOTLINE, &mut self.toml, |word| {
            let of_agent = AGENT.key(word).is_some();
            of_agent.then_some("it is an agent's, so put it below a line [[agents]]")
        });
        let number = self.hotline_number(&section);
        parsed.number = number.as_ref().map(|found| (found.value.into(), self.toml.position(found.at)));
        self.number = number.map(|found| found.value.into());
        let name = self.title(&section, "name");
        self.home = self.home(&section);
        let language = section.choice(&mut self.toml, "language", &LANGUAGES).unwrap_or_default();
        self.voice = self.cache.voice(self.number.as_deref(), language);
        let shows = section.choice(&mut self.toml, "shows", &SHOWS).unwrap_or_default();
        let recording = section.choice(&mut self.toml, "recording", &RECORDINGS).unwrap_or_default();
        let calls_max = section.small(&mut self.toml, "calls_max");
        let suspended = self.suspended(&section);
        self.limits(&section);
        self.hours(&section);
        self.codes(&section);
        self.agents_and_groups(&section, &mut parsed.lines);
        let closing = self.sound(&section, "closing").unwrap_or(Prompt::Tone(Tone::Busy));
        self.reach = self.reach(&section, GroupIx::default());
        let flow = match section.has("flow") || section.has("nodes") {
            true => self.written_flow(&section),
            false => self.short_flow(&section, &closing),
        };
        let sms = self.sms(&section, flow.as_ref());
        let groups = std::mem::take(&mut self.groups_draft).build();
        for (group, at) in &groups.offsets {
            self.record_position(&format!("groups.{group}"), *at);
        }
        let mut flow = flow?;
        flow.regroup(&groups.moved);
        flow.overflow(&groups.overflow);
        let mut hotline = Hotline {
            number: self.number.clone()?,
            name: name?,
            version: Version::default(),
            shows,
            home: self.home,
            voice: self.voice.clone(),
            suspended,
            calls_max,
            recording,
            closing,
            hours: std::mem::take(&mut self.hours),
            codes: std::mem::take(&mut self.codes),
            agents: groups.agents,
            groups: groups.groups,
            sms,
            flow,
        };
        hotline.version = Version::of(&hotline);
        Some(hotline)
    }

    fn hotline_number<'d>(&mut self, section: &Section<'d>) -> Option<Located<&'d str>> {
        let found = section.text(&mut self.toml, "number")?;
        let good = found.value.len() == 10
            && found.value.starts_with("400")
            && found.value.bytes().all(|byte| byte.is_ascii_digit());
        if !good {
            self.toml.report(found.at, found.key, Problem::HotlineNumber(shortened(found.value)));
            return None;
        }
        Some(found)
    }

    fn home(&mut self, section: &Section<'_>) -> Option<AreaCode> {
        let found = section.text(&mut self.toml, "home")?;
        match AreaCode::parse(found.value) {
            Ok(code) => Some(code),
            Err(bad) => {
                self.toml.report(found.at, found.key, bad);
                None
            }
        }
    }

    fn suspended(&mut self, section: &Section<'_>) -> Option<RefusalAction> {
        let suspended = section.flag(&mut self.toml, "suspended").unwrap_or_default();
        // A hotline that is not suspended may have the notice already: the notice is checked, and used when it is
        // needed.
        if !suspended && !section.has("suspended_notice") {
            return None;
        }
        let notice = self.sound_or_none(section, "suspended_notice", &[Piece::NumberSuspended]);
        suspended.then(|| notice.map_or_else(RefusalAction::default, RefusalAction::Announce))
    }

    fn limits(&mut self, section: &Section<'_>) {
        let Some(section) = section.section(&mut self.toml, "limits") else { return };
        let default = SizeLimits::default();
        let mut limit = |key, otherwise| section.small(&mut self.toml, key).unwrap_or(otherwise);
        self.source.limits = SizeLimits {
            layers: limit("layers", default.layers),
            keys: limit("keys", default.keys),
            numbers: limit("numbers", default.numbers),
            ringbacks: limit("ringbacks", default.ringbacks),
        };
    }

    fn hours(&mut self, section: &Section<'_>) {
        let Some(table) = section.table_of(&mut self.toml, "hours") else { return };
        // `[hours.except]` with one bracket is a mistake for `[[hours.except]]`, and no table of this name.
        let is_named = |key: &str| table.is_table(key) && key != "except";
        let (named, lines): (Vec<_>, Vec<_>) = table.keys().into_iter().partition(|(key, _)| is_named(key));
        if !lines.is_empty() || named.is_empty() {
            self.hours_table(MAIN, &table.without(&named));
        }
        for (name, inner) in super::section_reader::tables_of_keys(&table, &mut self.toml, &named) {
            if name == MAIN && !lines.is_empty() {
                self.toml.report(inner.at, inner.name(), Problem::HoursTwice);
            } else if let Some(name) = self.name(name, &inner) {
                self.hours_table(&name, &inner);
            }
        }
    }

    fn hours_table(&mut self, name: &str, table: &Table<'_>) {
        self.hours_written.insert(name.to_owned());
        self.record_position(&format!("hours.{name}"), table.at);
        if let Some(hours) = super::hours_keys::hours(table, &mut self.toml) {
            self.hours.insert(self.cache.word(name), Arc::new(hours));
        }
    }

    fn codes(&mut self, section: &Section<'_>) {
        for (name, set) in section.named(&mut self.toml, "codes") {
            let Some(name) = self.name(name, &set.table) else { continue };
            self.codes_written.insert(name.clone());
            let Some(found) = set.text(&mut self.toml, "file") else { continue };
            let Some(path) = self.beside(&found) else { continue };
            self.source.code_files.insert(name.clone(), found.value.to_owned());
            match self.cache.codes(&path) {
                Ok(codes) => {
                    self.codes.insert(name, codes);
                }
                Err(diagnostics) => self.report_list(found.at, found.key, &path, diagnostics),
            }
        }
    }
}
