//! Who may call, as a hotline file says it: lists, areas, hours.

use super::Why;
use super::hotline_file::Reader;
use super::schema::{CAUSES, REFUSALS, TREATMENTS};
use super::section_reader::Part;
use super::toml_reader::Found;
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::access::{Access, Frequency, RefusalAction};
use hotlined_core::hours::OPEN;
use hotlined_core::number::{Area, AreaSet, Prefixes};
use hotlined_core::phrases::Piece;
use hotlined_core::time::Millis;
use std::path::Path;
use std::sync::Arc;

/// A list as it is written, to be written again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ListSaid {
    pub(super) numbers: Vec<String>,
    pub(super) file: Option<String>,
}

impl Reader<'_, '_> {
    /// The access rules of a part. `name` is the node's.
    pub(super) fn access(&mut self, part: &Part<'_>, name: &str) -> Access {
        let white = self.prefixes(part, name, "white", "white_file");
        let black = self.prefixes(part, name, "black", "black_file");
        let refusal = self.refusal(part);
        let sheet = &mut self.sheet;
        let mut refuses = |key| part.choice(sheet, key, &TREATMENTS).unwrap_or_default();
        let (refuse_anonymous, refuse_international) = (refuses("anonymous"), refuses("international"));
        let only_white = part.flag(sheet, "only_white").unwrap_or_default();
        if only_white && white.is_empty() && !part.has("white") && !part.has("white_file") {
            let why = Why::Node("lets nobody call: write who may, as white or white_file");
            sheet.fault(part.at("only_white"), part.table.path("only_white"), why);
        }
        Access {
            white: white.into(),
            only_white,
            black: black.into(),
            refuse_anonymous,
            refuse_international,
            refused_areas: self.areas(part, "refuse_areas"),
            only_areas: self.areas(part, "only_areas"),
            hours: self.state(part, "hours"),
            frequency: self.frequency(part),
            refusal,
        }
    }

    fn frequency(&mut self, part: &Part<'_>) -> Option<Frequency> {
        let part = part.part(&mut self.sheet, "frequency")?;
        let calls = part.small(&mut self.sheet, "calls");
        let minutes: Option<u64> = part.small(&mut self.sheet, "minutes");
        Some(Frequency { calls: calls?, within: Millis::seconds(60 * minutes?) })
    }

    fn refusal(&mut self, part: &Part<'_>) -> RefusalAction {
        let announces = part.choice(&mut self.sheet, "refusal", &REFUSALS).unwrap_or(part.has("notice"));
        let cause = part.choice(&mut self.sheet, "cause", &CAUSES);
        for (key, fits) in [("notice", announces), ("cause", !announces)] {
            if part.has(key) && !fits {
                let why = Why::Node(
                    "does not go with this refusal: an announced one has a notice, a rejected one a cause",
                );
                self.sheet.fault(part.at(key), part.table.path(key), why);
            }
        }
        let default = RefusalAction::default();
        if announces {
            let notice = self.sound_or(part, "notice", &[Piece::AccessRefused]);
            notice.map_or(default, RefusalAction::Announce)
        } else {
            cause.map_or(default, RefusalAction::Reject)
        }
    }

    /// The numbers under one key and in the file of another.
    fn prefixes(&mut self, part: &Part<'_>, name: &str, key: &str, file_key: &str) -> Prefixes {
        let found = part.texts(&mut self.sheet, key);
        let file = part.text(&mut self.sheet, file_key);
        let mut inline = Prefixes::default();
        match Prefixes::parse(found.iter().map(|found| found.value), self.home) {
            Ok(prefixes) => inline = prefixes,
            Err(bad) => {
                for bad in bad {
                    let Some(found) = found.get(bad.line - 1) else { continue };
                    let why = Why::Entry { found: bad.text, why: bad.why };
                    self.sheet.fault(found.at, found.key.clone(), why);
                }
            }
        }
        if !found.is_empty() || file.is_some() {
            let said = ListSaid {
                numbers: found.iter().map(|found| found.value.to_owned()).collect(),
                file: file.as_ref().map(|file| file.value.to_owned()),
            };
            self.lists.insert((name.to_owned(), key.to_owned()), said);
        }
        let Some(file) = file else { return inline };
        let (at, key) = (file.at, file.key.clone());
        let Some(path) = self.beside(&file) else { return inline };
        let listed = match self.shelf.prefixes(&path, self.home) {
            Ok(listed) => listed,
            Err(faults) => {
                self.list_faults(at, key, &path, faults);
                return inline;
            }
        };
        if inline.is_empty() {
            return listed;
        }
        listed.and(&inline).unwrap_or_else(|| {
            self.sheet.fault(at, key, Why::Node("and the numbers beside it are more than a list may have"));
            Prefixes::default()
        })
    }

    /// The path of a file beside the hotline's own.
    pub(super) fn beside(&mut self, found: &Found<&str>) -> Option<std::path::PathBuf> {
        let name = found.value;
        let plain = !name.is_empty() && !name.contains('/') && !matches!(name, "." | "..");
        if !plain {
            self.sheet.fault(found.at, found.key.clone(), Why::ListFolder(shortened(name)));
            return None;
        }
        Some(self.sheet.file().parent().unwrap_or(Path::new("")).join(name))
    }

    /// The faults of another file; only once for each file of a load, and here that it is faulty.
    pub(super) fn list_faults(&mut self, at: usize, key: String, file: &Path, faults: Vec<super::Fault>) {
        if self.shelf.is_new_fault(file) {
            for fault in faults {
                self.sheet.fault_in(fault);
            }
        }
        self.sheet.fault(at, key, Why::List(file.display().to_string()));
    }

    /// The areas under a key.
    pub(super) fn areas(&mut self, part: &Part<'_>, key: &str) -> AreaSet {
        let found = part.texts(&mut self.sheet, key);
        let area = |found: Found<&str>| match Area::parse(found.value) {
            Ok(area) => Some(area),
            Err(bad) => {
                self.sheet.fault(found.at, found.key, bad);
                None
            }
        };
        found.into_iter().filter_map(area).collect()
    }

    /// A state of a table of hours, as `table.state`; a table alone means its state [`OPEN`].
    pub(super) fn state(&mut self, part: &Part<'_>, key: &str) -> Option<(Arc<str>, Arc<str>)> {
        let found = part.text(&mut self.sheet, key)?;
        let (table, state) = found.value.split_once('.').unwrap_or((found.value, OPEN));
        let Found { at, key, .. } = found;
        let hours = self.hours_of(Found { value: table, at, key: key.clone() })?;
        let Some(state) = hours.1.states().iter().find(|known| &***known == state) else {
            let hint = Hint::of(state, hours.1.states().iter().map(|state| &**state));
            let why = Why::Unknown { found: shortened(state), what: "state of that table", hint };
            self.sheet.fault(at, key, why);
            return None;
        };
        Some((hours.0, state.clone()))
    }

    /// A table of hours by its name.
    pub(super) fn hours_of(
        &mut self,
        found: Found<&str>,
    ) -> Option<(Arc<str>, Arc<hotlined_core::hours::Hours>)> {
        if let Some((name, hours)) = self.hours.get_key_value(found.value) {
            return Some((name.clone(), hours.clone()));
        }
        // One that is written and faulty is told already.
        if !self.hours_written.contains(found.value) {
            let hint = Hint::of(found.value, self.hours.keys().map(|name| &**name));
            let why = Why::Unknown { found: shortened(found.value), what: "table of hours", hint };
            self.sheet.fault(found.at, found.key, why);
        }
        None
    }
}
