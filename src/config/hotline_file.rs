//! The text of one hotline file, made a [`Hotline`] or faults.
//!
//! The keys stand in [`keys`](super::schema); this is what they come to.
//!
//! ```toml
//! number = "4008001234"
//! name = "Example Shop"
//! ringback = "ringback.wav"            # a file, several in a list, or a tone: "tone:ringing"
//!
//! [hours]                              # see `hours.rs`; and [hours.night] … for others
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
//! The way of a call is either what the short forms make of `access`, `hours` with `notices`, `menu`, `queue`,
//! `voicemail` and `survey` (see [`short`](super::shorthand)), or it is written as nodes:
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
//! What only several files together show (a number used twice) is left to [`load`](super::load()).

use super::Fault;
use super::Why;
use super::access_keys::ListSaid;
use super::agents::Roster;
use super::load_cache::Shelf;
use super::schema::{AGENT, HOTLINE, LANGUAGES, RECORDINGS, SHOWS};
use super::section_reader::Part;
use super::toml_reader::{Found, Sheet, Table};
use crate::source_position::{Position, shortened};
use hotlined_core::hotline::Codes;
use hotlined_core::hotline::Voice;
use hotlined_core::hotline::access::RefusalAction;
use hotlined_core::hotline::flow::{Before, Reach};
use hotlined_core::hotline::group::GroupIx;
use hotlined_core::hotline::limits::{NAME_CHARS_MAX, WAIT_S_DEFAULT};
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hotline::{Hotline, Version};
use hotlined_core::hours::Hours;
use hotlined_core::id::LineId;
use hotlined_core::number::AreaCode;
use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{Prompt, Tone};
use hotlined_core::time::Millis;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The longest name of a group, a table of hours or a set of codes, in characters.
pub(super) const WORD_CHARS_MAX: usize = 32;
/// The table of hours that the short forms go by, and the name of one that is written without a name.
pub(super) const MAIN: &str = "main";

/// What one file says; parts of it also when the rest is faulty, so that files can still be compared.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) number: Option<(Arc<str>, Position)>,
    pub(super) lines: Vec<LineSaid>,
    pub(super) hotline: Option<Hotline>,
    pub(super) faults: Vec<Fault>,
    pub(super) source: Source,
}

/// What a hotline does not keep of its file: where things stand, and what was written in other words.
#[derive(Default)]
pub(super) struct Source {
    /// Of tables: their keys and where they stand.
    pub(super) places: BTreeMap<String, Position>,
    /// Of access rules, by node and key.
    pub(super) lists: BTreeMap<(String, String), ListSaid>,
    /// The files of sets of codes.
    pub(super) codes: BTreeMap<Arc<str>, String>,
    pub(super) limits: Limits,
}

/// How large a hotline may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) layers: usize,
    pub(super) keys: usize,
    pub(super) numbers: usize,
    pub(super) ringbacks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { layers: 5, keys: 10, numbers: 20, ringbacks: 10 }
    }
}

/// How many lines a telephone has, as one agent's table says.
pub(super) struct LineSaid {
    pub(super) line: LineId,
    pub(super) lines: u16,
    pub(super) at: Position,
    /// The agent's table.
    pub(super) agent_at: Position,
    pub(super) agent: String,
}

/// Reads the text of a file.
pub(super) fn read(file: &Path, text: &str, shelf: &mut Shelf) -> Outline {
    let mut outline = Outline::default();
    let mut sheet = Sheet::new(file, text);
    let Some(document) = sheet.parse() else {
        outline.faults = sheet.into_faults();
        return outline;
    };
    let table = Table::new(document.span().start, String::new(), document.get_ref());
    let mut reader = Reader::new(sheet, shelf);
    let hotline = reader.hotline(table, &mut outline);
    outline.hotline = hotline.filter(|_| reader.sheet.is_clean());
    outline.source = reader.source;
    outline.source.limits = reader.limits;
    outline.source.lists = reader.lists;
    outline.faults = reader.sheet.into_faults();
    if let Some(hotline) = &outline.hotline {
        outline.faults = super::lint::errors(file, hotline, &outline.source);
    }
    if !outline.faults.is_empty() {
        outline.hotline = None;
    }
    outline
}

/// A file that is being read.
pub(super) struct Reader<'r, 't> {
    pub(super) sheet: Sheet<'t>,
    pub(super) shelf: &'r mut Shelf,
    pub(super) number: Option<Arc<str>>,
    pub(super) home: Option<AreaCode>,
    pub(super) voice: Voice,
    pub(super) hours: BTreeMap<Arc<str>, Arc<Hours>>,
    /// Also those that are faulty.
    pub(super) hours_written: BTreeSet<String>,
    codes: BTreeMap<Arc<str>, Arc<Codes>>,
    /// Also those that are faulty.
    pub(super) codes_written: BTreeSet<Arc<str>>,
    pub(super) roster: Roster,
    /// How groups are reached where a node does not say.
    pub(super) reach: Reach,
    pub(super) limits: Limits,
    pub(super) lists: BTreeMap<(String, String), ListSaid>,
    source: Source,
}

impl<'r, 't> Reader<'r, 't> {
    fn new(sheet: Sheet<'t>, shelf: &'r mut Shelf) -> Self {
        Self {
            sheet,
            shelf,
            number: None,
            home: None,
            voice: Voice::default(),
            hours: BTreeMap::new(),
            hours_written: BTreeSet::new(),
            codes: BTreeMap::new(),
            codes_written: BTreeSet::new(),
            roster: Roster::default(),
            reach: Reach {
                group: GroupIx::default(),
                ringback: Ringbacks::default(),
                wait: Millis::seconds(WAIT_S_DEFAULT),
                before: Before::default(),
            },
            limits: Limits::default(),
            lists: BTreeMap::new(),
            source: Source::default(),
        }
    }

    fn hotline(&mut self, table: Table<'_>, outline: &mut Outline) -> Option<Hotline> {
        let part = Part::new(table, &HOTLINE, &mut self.sheet, |word| {
            let of_agent = AGENT.key(word).is_some();
            of_agent.then_some("it is an agent's, so put it below a line [[agents]]")
        });
        let number = self.hotline_number(&part);
        outline.number = number.as_ref().map(|found| (found.value.into(), self.sheet.position(found.at)));
        self.number = number.map(|found| found.value.into());
        let name = self.title(&part, "name");
        self.home = self.home(&part);
        let language = part.choice(&mut self.sheet, "language", &LANGUAGES).unwrap_or_default();
        self.voice = self.shelf.voice(self.number.as_deref(), language);
        let shows = part.choice(&mut self.sheet, "shows", &SHOWS).unwrap_or_default();
        let recording = part.choice(&mut self.sheet, "recording", &RECORDINGS).unwrap_or_default();
        let calls_max = part.small(&mut self.sheet, "calls_max");
        let suspended = self.suspended(&part);
        self.limits(&part);
        self.hours(&part);
        self.codes(&part);
        self.roster(&part, &mut outline.lines);
        let closing = self.sound(&part, "closing").unwrap_or(Prompt::Tone(Tone::Busy));
        self.reach = self.reach(&part, GroupIx::default());
        let flow = match part.has("flow") || part.has("nodes") {
            true => self.written_flow(&part),
            false => self.short_flow(&part, &closing),
        };
        let called = std::mem::take(&mut self.roster).called();
        for (group, at) in &called.places {
            self.mark(&format!("groups.{group}"), *at);
        }
        let mut flow = flow?;
        flow.regroup(&called.moved);
        flow.overflow(&called.overflow);
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
            agents: called.agents,
            groups: called.groups,
            flow,
        };
        hotline.version = Version::of(&hotline);
        Some(hotline)
    }

    fn hotline_number<'d>(&mut self, part: &Part<'d>) -> Option<Found<&'d str>> {
        let found = part.text(&mut self.sheet, "number")?;
        let good = found.value.len() == 10
            && found.value.starts_with("400")
            && found.value.bytes().all(|byte| byte.is_ascii_digit());
        if !good {
            self.sheet.fault(found.at, found.key, Why::HotlineNumber(shortened(found.value)));
            return None;
        }
        Some(found)
    }

    /// What somebody or something is called, in any characters.
    pub(super) fn title(&mut self, part: &Part<'_>, key: &str) -> Option<Arc<str>> {
        let found = part.text(&mut self.sheet, key)?;
        let name = found.value.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
            self.sheet.fault(found.at, found.key, Why::Name);
            return None;
        }
        Some(name.into())
    }

    /// A name by which other parts of the file know a table.
    pub(super) fn name(&mut self, name: &str, table: &Table<'_>) -> Option<Arc<str>> {
        if is_name(name, WORD_CHARS_MAX) {
            return Some(self.shelf.word(name));
        }
        self.sheet.fault(table.at, table.name(), Why::NoName(shortened(name), WORD_CHARS_MAX));
        None
    }

    /// Notes where a table stands.
    pub(super) fn mark(&mut self, key: &str, at: usize) {
        self.source.places.insert(key.to_owned(), self.sheet.position(at));
    }

    fn home(&mut self, part: &Part<'_>) -> Option<AreaCode> {
        let found = part.text(&mut self.sheet, "home")?;
        match AreaCode::parse(found.value) {
            Ok(code) => Some(code),
            Err(bad) => {
                self.sheet.fault(found.at, found.key, bad);
                None
            }
        }
    }

    fn suspended(&mut self, part: &Part<'_>) -> Option<RefusalAction> {
        let suspended = part.flag(&mut self.sheet, "suspended").unwrap_or_default();
        // A notice may stand there for the day it is needed; it is looked at, and only then used.
        if !suspended && !part.has("suspended_notice") {
            return None;
        }
        let notice = self.sound_or_none(part, "suspended_notice", &[Piece::NumberSuspended]);
        suspended.then(|| notice.map_or_else(RefusalAction::default, RefusalAction::Announce))
    }

    fn limits(&mut self, part: &Part<'_>) {
        let Some(part) = part.part(&mut self.sheet, "limits") else { return };
        let default = Limits::default();
        let mut limit = |key, otherwise| part.small(&mut self.sheet, key).unwrap_or(otherwise);
        self.limits = Limits {
            layers: limit("layers", default.layers),
            keys: limit("keys", default.keys),
            numbers: limit("numbers", default.numbers),
            ringbacks: limit("ringbacks", default.ringbacks),
        };
    }

    fn hours(&mut self, part: &Part<'_>) {
        let Some(table) = part.table_of(&mut self.sheet, "hours") else { return };
        // An exception in one bracket is a slip in a table, and no table of its own.
        let is_named = |key: &str| table.is_table(key) && key != "except";
        let (named, lines): (Vec<_>, Vec<_>) = table.keys().into_iter().partition(|(key, _)| is_named(key));
        if !lines.is_empty() || named.is_empty() {
            self.hours_table(MAIN, &table.without(&named));
        }
        for (name, inner) in super::section_reader::tables_of_keys(&table, &mut self.sheet, &named) {
            if name == MAIN && !lines.is_empty() {
                self.sheet.fault(inner.at, inner.name(), Why::HoursTwice);
            } else if let Some(name) = self.name(name, &inner) {
                self.hours_table(&name, &inner);
            }
        }
    }

    fn hours_table(&mut self, name: &str, table: &Table<'_>) {
        self.hours_written.insert(name.to_owned());
        self.mark(&format!("hours.{name}"), table.at);
        if let Some(hours) = super::hours_keys::hours(table, &mut self.sheet) {
            self.hours.insert(self.shelf.word(name), Arc::new(hours));
        }
    }

    fn codes(&mut self, part: &Part<'_>) {
        for (name, set) in part.named(&mut self.sheet, "codes") {
            let Some(name) = self.name(name, &set.table) else { continue };
            self.codes_written.insert(name.clone());
            let Some(found) = set.text(&mut self.sheet, "file") else { continue };
            let Some(path) = self.beside(&found) else { continue };
            self.source.codes.insert(name.clone(), found.value.to_owned());
            match self.shelf.codes(&path) {
                Ok(codes) => {
                    self.codes.insert(name, codes);
                }
                Err(faults) => self.list_faults(found.at, found.key, &path, faults),
            }
        }
    }
}

/// Whether a text may be a name that other parts of the file use.
pub(super) fn is_name(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
