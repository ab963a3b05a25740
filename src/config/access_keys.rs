//! Reads the access rules of a hotline file: lists, areas, hours, frequency.

use super::Problem;
use super::reader::{DeclaredList, Reader};
use super::schema::{CAUSES, REFUSALS, TREATMENTS};
use super::section_reader::Section;
use hotlined_core::hotline::access::{Access, Frequency, RefusalAction};
use hotlined_core::number::Prefixes;
use hotlined_core::phrases::Piece;
use hotlined_core::time::Millis;

impl Reader<'_, '_> {
    /// Reads the access rules of a section. `name` is the name of the node.
    pub(super) fn access(&mut self, section: &Section<'_>, name: &str) -> Access {
        let white = self.prefixes(section, name, "white", "white_file");
        let black = self.prefixes(section, name, "black", "black_file");
        let refusal = self.refusal(section);
        let toml = &mut self.toml;
        let mut refuses = |key| section.choice(toml, key, &TREATMENTS).unwrap_or_default();
        let (refuse_anonymous, refuse_international) = (refuses("anonymous"), refuses("international"));
        let only_white = section.flag(toml, "only_white").unwrap_or_default();
        if only_white && white.is_empty() && !section.has("white") && !section.has("white_file") {
            let problem = Problem::Node("lets nobody call: write who may, as white or white_file");
            toml.report(section.at("only_white"), section.table.path("only_white"), problem);
        }
        Access {
            white: white.into(),
            only_white,
            black: black.into(),
            refuse_anonymous,
            refuse_international,
            refused_areas: self.areas(section, "refuse_areas"),
            only_areas: self.areas(section, "only_areas"),
            hours: self.state(section, "hours"),
            frequency: self.frequency(section),
            refusal,
        }
    }

    fn frequency(&mut self, section: &Section<'_>) -> Option<Frequency> {
        let section = section.section(&mut self.toml, "frequency")?;
        let calls = section.small(&mut self.toml, "calls");
        let minutes: Option<u64> = section.small(&mut self.toml, "minutes");
        Some(Frequency { calls: calls?, within: Millis::seconds(60 * minutes?) })
    }

    fn refusal(&mut self, section: &Section<'_>) -> RefusalAction {
        let announces = section.choice(&mut self.toml, "refusal", &REFUSALS).unwrap_or(section.has("notice"));
        let cause = section.choice(&mut self.toml, "cause", &CAUSES);
        for (key, fits) in [("notice", announces), ("cause", !announces)] {
            if section.has(key) && !fits {
                let problem = Problem::Node(
                    "does not go with this refusal: an announced one has a notice, a rejected one a cause",
                );
                self.toml.report(section.at(key), section.table.path(key), problem);
            }
        }
        let default = RefusalAction::default();
        if announces {
            let notice = self.sound_or(section, "notice", &[Piece::AccessRefused]);
            notice.map_or(default, RefusalAction::Announce)
        } else {
            cause.map_or(default, RefusalAction::Reject)
        }
    }

    /// The numbers of one key together with the numbers in the list file of another key.
    fn prefixes(&mut self, section: &Section<'_>, name: &str, key: &str, file_key: &str) -> Prefixes {
        let found = section.texts(&mut self.toml, key);
        let file = section.text(&mut self.toml, file_key);
        let mut inline = Prefixes::default();
        match Prefixes::parse(found.iter().map(|found| found.value), self.home) {
            Ok(prefixes) => inline = prefixes,
            Err(bad) => {
                for bad in bad {
                    let Some(found) = found.get(bad.line - 1) else { continue };
                    let problem = Problem::Entry { found: bad.text, problem: bad.why };
                    self.toml.report(found.at, found.key.clone(), problem);
                }
            }
        }
        if !found.is_empty() || file.is_some() {
            let declared = DeclaredList {
                numbers: found.iter().map(|found| found.value.to_owned()).collect(),
                file: file.as_ref().map(|file| file.value.to_owned()),
            };
            self.source.lists.insert((name.to_owned(), key.to_owned()), declared);
        }
        let Some(file) = file else { return inline };
        let (at, key) = (file.at, file.key.clone());
        let Some(path) = self.beside(&file) else { return inline };
        let listed = match self.cache.prefixes(&path, self.home) {
            Ok(listed) => listed,
            Err(diagnostics) => {
                self.report_list(at, key, &path, diagnostics);
                return inline;
            }
        };
        if inline.is_empty() {
            return listed;
        }
        listed.and(&inline).unwrap_or_else(|| {
            self.toml.report(
                at,
                key,
                Problem::Node("and the numbers beside it are more than a list may have"),
            );
            Prefixes::default()
        })
    }
}
