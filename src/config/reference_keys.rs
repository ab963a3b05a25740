//! Values that refer to something else: tables of hours, areas, files beside the hotline file.

use super::reader::Reader;
use super::section_reader::Section;
use super::toml_reader::Located;
use super::{Diagnostic, Problem};
use crate::source_position::{Hint, shortened};
use hotlined_core::hours::{Hours, OPEN};
use hotlined_core::number::{Area, AreaSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Reader<'_, '_> {
    /// The path of a file in the folder of the hotline file.
    pub(super) fn beside(&mut self, found: &Located<&str>) -> Option<PathBuf> {
        let name = found.value;
        let plain = !name.is_empty() && !name.contains('/') && !matches!(name, "." | "..");
        if !plain {
            self.toml.report(found.at, found.key.clone(), Problem::ListFolder(shortened(name)));
            return None;
        }
        Some(self.toml.file().parent().unwrap_or(Path::new("")).join(name))
    }

    /// Reports the diagnostics of a list file, once in each load, and reports here that the list file has errors.
    pub(super) fn report_list(&mut self, at: usize, key: String, file: &Path, diagnostics: Vec<Diagnostic>) {
        if self.cache.is_new_list_error(file) {
            for diagnostic in diagnostics {
                self.toml.report_foreign(diagnostic);
            }
        }
        self.toml.report(at, key, Problem::List(file.display().to_string()));
    }

    /// The areas of a key.
    pub(super) fn areas(&mut self, section: &Section<'_>, key: &str) -> AreaSet {
        let found = section.texts(&mut self.toml, key);
        let area = |found: Located<&str>| match Area::parse(found.value) {
            Ok(area) => Some(area),
            Err(bad) => {
                self.toml.report(found.at, found.key, bad);
                None
            }
        };
        found.into_iter().filter_map(area).collect()
    }

    /// A state of a table of hours, written `table.state`. A table alone means its state [`OPEN`].
    pub(super) fn state(&mut self, section: &Section<'_>, key: &str) -> Option<(Arc<str>, Arc<str>)> {
        let found = section.text(&mut self.toml, key)?;
        let (table, state) = found.value.split_once('.').unwrap_or((found.value, OPEN));
        let Located { at, key, .. } = found;
        let hours = self.hours_of(Located { value: table, at, key: key.clone() })?;
        let Some(state) = hours.1.states().iter().find(|known| &***known == state) else {
            let hint = Hint::of(state, hours.1.states().iter().map(|state| &**state));
            let problem = Problem::Unknown { found: shortened(state), what: "state of that table", hint };
            self.toml.report(at, key, problem);
            return None;
        };
        Some((hours.0, state.clone()))
    }

    /// The table of hours of this name. Reports an unknown name.
    pub(super) fn hours_of(&mut self, found: Located<&str>) -> Option<(Arc<str>, Arc<Hours>)> {
        if let Some((name, hours)) = self.hours.get_key_value(found.value) {
            return Some((name.clone(), hours.clone()));
        }
        // A table with errors is reported already.
        if !self.hours_written.contains(found.value) {
            let hint = Hint::of(found.value, self.hours.keys().map(|name| &**name));
            let problem = Problem::Unknown { found: shortened(found.value), what: "table of hours", hint };
            self.toml.report(found.at, found.key, problem);
        }
        None
    }
}
