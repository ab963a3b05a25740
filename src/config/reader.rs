//! The state of reading one hotline file, which all readers of its sections share.
//!
//! Each `*_keys` file adds the methods that read its kind of section.

use crate::Problem;
use crate::groups_draft::GroupsDraft;
use crate::limits::WORD_CHARS_MAX;
use crate::load_cache::LoadCache;
use crate::section_reader::Section;
use crate::source_position::{Position, shortened};
use crate::toml_reader::{Table, TomlFile};
use hotlined_core::hotline::flow::{Before, Reach};
use hotlined_core::hotline::group::GroupIx;
use hotlined_core::hotline::limits::{NAME_CHARS_MAX, WAIT_S_DEFAULT};
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hotline::{Codes, Voice};
use hotlined_core::hours::Hours;
use hotlined_core::id::LineId;
use hotlined_core::number::AreaCode;
use hotlined_core::time::Millis;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a [`Hotline`](hotlined_core::hotline::Hotline) does not keep of its file: positions, lists and file names.
#[derive(Default)]
pub(super) struct SourceInfo {
    /// The position of each table, by the table's path.
    pub(super) positions: BTreeMap<String, Position>,
    /// The lists of access rules, by node and key.
    pub(super) lists: BTreeMap<(String, String), DeclaredList>,
    /// The file name of each set of codes.
    pub(super) code_files: BTreeMap<Arc<str>, String>,
    /// The limits of the file.
    pub(super) limits: SizeLimits,
}

/// How large a hotline may be: the `[limits]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SizeLimits {
    /// The most menus one behind the other.
    pub(super) layers: usize,
    /// The most keys of a menu.
    pub(super) keys: usize,
    /// The most agents of a group behind a menu.
    pub(super) numbers: usize,
    /// The most sounds of one ringback.
    pub(super) ringbacks: usize,
}

impl Default for SizeLimits {
    fn default() -> Self {
        Self { layers: 5, keys: 10, numbers: 20, ringbacks: 10 }
    }
}

/// How many lines a telephone has, as one `[[agents]]` table declares.
pub(super) struct DeclaredLines {
    /// The telephone.
    pub(super) line: LineId,
    /// How many lines the telephone has.
    pub(super) lines: u16,
    /// The position of the number of lines.
    pub(super) at: Position,
    /// The position of the agent's table.
    pub(super) agent_at: Position,
    /// The path of the agent's table.
    pub(super) agent: String,
}

/// A black or white list as the file writes it, so that `expand` can write it again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DeclaredList {
    /// The entries in the hotline file.
    pub(super) numbers: Vec<String>,
    /// The name of the list file.
    pub(super) file: Option<String>,
}

/// Reads one hotline file. The fields hold what earlier sections of the file define for later ones.
pub(super) struct Reader<'r, 't> {
    /// The file and its diagnostics.
    pub(super) toml: TomlFile<'t>,
    /// What all files of one load share.
    pub(super) cache: &'r mut LoadCache,
    /// The hotline's number, if it is valid.
    pub(super) number: Option<Arc<str>>,
    /// The hotline's own area code.
    pub(super) home: Option<AreaCode>,
    /// The language and the recordings.
    pub(super) voice: Voice,
    /// The valid tables of hours, by name.
    pub(super) hours: BTreeMap<Arc<str>, Arc<Hours>>,
    /// The names of all tables of hours, invalid ones too.
    pub(super) hours_written: BTreeSet<String>,
    /// The valid sets of codes, by name.
    pub(super) codes: BTreeMap<Arc<str>, Arc<Codes>>,
    /// The names of all sets of codes, invalid ones too.
    pub(super) codes_written: BTreeSet<Arc<str>>,
    /// The agents and groups.
    pub(super) groups_draft: GroupsDraft,
    /// How a node reaches a group, where the node does not say otherwise.
    pub(super) reach: Reach,
    /// What the hotline itself will not keep.
    pub(super) source: SourceInfo,
}

impl<'r, 't> Reader<'r, 't> {
    /// A reader of this file, before any section is read.
    pub(super) fn new(toml: TomlFile<'t>, cache: &'r mut LoadCache) -> Self {
        Self {
            toml,
            cache,
            number: None,
            home: None,
            voice: Voice::default(),
            hours: BTreeMap::new(),
            hours_written: BTreeSet::new(),
            codes: BTreeMap::new(),
            codes_written: BTreeSet::new(),
            groups_draft: GroupsDraft::default(),
            reach: Reach {
                group: GroupIx::default(),
                ringback: Ringbacks::default(),
                wait: Millis::seconds(WAIT_S_DEFAULT),
                before: Before::default(),
            },
            source: SourceInfo::default(),
        }
    }

    /// A name for people, in any characters: of a hotline, an agent, a mark.
    pub(super) fn title(&mut self, section: &Section<'_>, key: &str) -> Option<Arc<str>> {
        let found = section.text(&mut self.toml, key)?;
        let name = found.value.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
            self.toml.report(found.at, found.key, Problem::Name);
            return None;
        }
        Some(name.into())
    }

    /// A name by which other sections refer to this table. Reports an invalid name.
    pub(super) fn name(&mut self, name: &str, table: &Table<'_>) -> Option<Arc<str>> {
        if is_name(name, WORD_CHARS_MAX) {
            return Some(self.cache.word(name));
        }
        self.toml.report(table.at, table.name(), Problem::NoName(shortened(name), WORD_CHARS_MAX));
        None
    }

    /// Records the position of a table, for later diagnostics.
    pub(super) fn record_position(&mut self, key: &str, at: usize) {
        self.source.positions.insert(key.to_owned(), self.toml.position(at));
    }
}

/// Whether a text is a valid name by which other sections can refer to something.
pub(super) fn is_name(text: &str, chars_max: usize) -> bool {
    (1..=chars_max).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
