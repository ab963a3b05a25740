//! The nodes of a flow, as a hotline file says them.

use super::Why;
use super::hotline_file::Reader;
use super::input_keys::Answer;
use super::schema::{CAUSES, NODES};
use super::schema_types::Section;
use super::section_reader::{Part, is_telephone_key};
use super::shorthand::{Sketch, flow};
use super::toml_reader::{Found, Table};
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::access::RefusalReason;
use hotlined_core::hotline::flow::Flow;
use hotlined_core::hotline::flow::{
    ANY, Collect, NODE_NAME_CHARS_MAX, NODES_MAX, NodeKind, Play, Set, VerifyCode,
};
use hotlined_core::hotline::limits::NAME_CHARS_MAX;
use hotlined_core::phrases::Piece;
use std::collections::BTreeSet;
use std::sync::Arc;

const START: &str = "name the first node below a line [flow]: start = \"…\"";
const SHORT_FORMS: [&str; 6] = ["access", "notices", "menu", "queue", "voicemail", "survey"];

/// A node that is read, or as much of it as is good.
struct Draft<'d> {
    name: Arc<str>,
    kind: Option<NodeKind>,
    exits: Vec<(Arc<str>, Found<&'d str>)>,
}

/// Which exits a node has.
struct Exits {
    words: Vec<Arc<str>>,
    /// Whether what callers dial is an exit too.
    keys: bool,
}

impl Reader<'_, '_> {
    /// The flow that is written as nodes.
    pub(super) fn written_flow(&mut self, part: &Part<'_>) -> Option<Flow> {
        for key in SHORT_FORMS.into_iter().filter(|key| part.has(key)) {
            self.sheet.fault(part.at(key), key, Why::ShortBesideNodes);
        }
        let start = match part.part(&mut self.sheet, "flow") {
            Some(part) => part.text(&mut self.sheet, "start"),
            None => {
                if !part.has("flow") {
                    self.sheet.fault(part.at("nodes"), "flow.start", Why::Missing(START));
                }
                None
            }
        };
        let tables = part.named_tables(&mut self.sheet, "nodes");
        if tables.is_empty() || tables.len() > NODES_MAX {
            let why = match tables.len() {
                0 => Why::Missing("write each node below a line such as [nodes.menu]"),
                many => Why::TooManyNodes(many),
            };
            self.sheet.fault(part.at("nodes"), "nodes", why);
            return None;
        }
        let mut drafts = Vec::with_capacity(tables.len());
        for (name, table) in tables {
            self.mark(table.name(), table.at);
            drafts.extend(self.node(name, table));
        }
        let names: BTreeSet<Arc<str>> = drafts.iter().map(|draft| draft.name.clone()).collect();
        let start = start.and_then(|found| self.target(found, &names));
        let sketches = drafts.into_iter().map(|draft| self.sketch(draft, &names)).collect::<Vec<_>>();
        flow(&start?, sketches.into_iter().collect::<Option<_>>()?)
    }

    fn sketch(&mut self, draft: Draft<'_>, names: &BTreeSet<Arc<str>>) -> Option<Sketch> {
        let mut exits = Vec::with_capacity(draft.exits.len());
        for (exit, to) in draft.exits {
            exits.extend(self.target(to, names).map(|to| (exit, to)));
        }
        Some(Sketch { name: draft.name, kind: draft.kind?, exits })
    }

    /// The node that is named; a fault if there is none.
    fn target(&mut self, found: Found<&str>, names: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
        let known = names.get(found.value);
        if known.is_none() {
            let hint = Hint::of(found.value, names.iter().map(|name| &**name));
            let why = Why::Unknown { found: shortened(found.value), what: "node", hint };
            self.sheet.fault(found.at, found.key, why);
        }
        known.cloned()
    }

    fn node<'d>(&mut self, name: &str, table: Table<'d>) -> Option<Draft<'d>> {
        let good = super::hotline_file::is_name(name, NODE_NAME_CHARS_MAX);
        if !good {
            self.sheet.fault(table.at, table.name(), Why::NoName(shortened(name), NODE_NAME_CHARS_MAX));
        }
        let name = self.shelf.word(name);
        let mut draft = Draft { name, kind: None, exits: Vec::new() };
        let Some(section) = self.node_type(&table) else { return Some(draft) };
        let part = Part::new(table, section, &mut self.sheet, |_| None);
        let mut exits = Exits { words: Vec::new(), keys: false };
        draft.exits = self.exits(&part, "exits");
        if section.name == "extension" {
            let extensions = self.exits(&part, "extensions");
            for (extension, found) in &extensions {
                if !is_dialled(extension) {
                    let why = Why::TelephoneKey(shortened(extension));
                    self.sheet.fault(found.at, found.key.clone(), why);
                }
            }
            draft.exits.extend(extensions);
        }
        if section.name == "goto"
            && let Some(to) = part.text(&mut self.sheet, "to")
        {
            draft.exits.push((self.shelf.word("done"), to));
        }
        draft.kind = self.kind(section, &part, &mut draft, &mut exits);
        if draft.kind.is_some() {
            self.known_exits(section, &part, &draft, &exits);
        }
        Some(draft)
    }

    fn node_type(&mut self, table: &Table<'_>) -> Option<&'static Section> {
        let words: Vec<(&str, &'static Section)> =
            NODES.iter().map(|section| (section.name, section)).collect();
        if table.place_of("type").is_none() {
            let why = Why::Missing("write what the node does, such as type = \"menu\"");
            self.sheet.fault(table.at, table.path("type"), why);
        }
        table.choice(&mut self.sheet, "type", &words)
    }

    fn exits<'d>(&mut self, part: &Part<'d>, key: &str) -> Vec<(Arc<str>, Found<&'d str>)> {
        let pairs = part.pairs(&mut self.sheet, key);
        pairs.into_iter().map(|(exit, to)| (self.shelf.word(exit), to)).collect()
    }

    /// Every exit must be one that the node can take.
    fn known_exits(&mut self, section: &Section, part: &Part<'_>, draft: &Draft<'_>, exits: &Exits) {
        for (exit, found) in &draft.exits {
            let known = &**exit == ANY || exits.words.contains(exit) || (exits.keys && is_dialled(exit));
            if !known {
                let hint = Hint::of(exit, exits.words.iter().map(|word| &**word).chain([ANY]));
                let why = Why::NoExit { kind: section.name, hint };
                self.sheet.fault(found.at, found.key.clone(), why);
            }
        }
        if let Some(NodeKind::Menu(ask) | NodeKind::Extension(ask)) = &draft.kind {
            for (exit, found) in draft.exits.iter().filter(|(exit, _)| is_dialled(exit)) {
                let fits = (ask.digits_min.into()..=ask.digit_len.into()).contains(&exit.len());
                if let Some(terminator) = ask.terminator.filter(|sign| exit.contains(*sign)) {
                    self.sheet.fault(found.at, found.key.clone(), Why::Terminator(terminator));
                } else if !fits {
                    let why = Why::Node("has fewer digits than digits_min or more than digit_len");
                    self.sheet.fault(found.at, found.key.clone(), why);
                }
            }
            if !draft.exits.iter().any(|(exit, _)| is_dialled(exit)) {
                let why =
                    Why::Node("has no key that leads anywhere: write such as exits = { 1 = \"sales\" }");
                self.sheet.fault(part.table.at, part.table.path("exits"), why);
            }
        }
    }

    /// What a node of this type does. Notes which exits it has.
    fn kind<'d>(
        &mut self,
        section: &Section,
        part: &Part<'d>,
        draft: &mut Draft<'d>,
        exits: &mut Exits,
    ) -> Option<NodeKind> {
        const ASKED: [&str; 3] = ["invalid", "timeout", "hangup"];
        const REACHED: [&str; 6] = ["talked", "busy", "no_answer", "unreachable", "off_duty", "hangup"];
        let words: &[&str] = match section.name {
            "menu" | "extension" => &ASKED,
            "play" => &["done", "hangup"],
            "collect" => &["done", "invalid", "timeout", "hangup"],
            "group" | "agent" => &REACHED,
            "queue" => &["talked", "timeout", "full", "off_duty", "hangup"],
            "voicemail" => &["done", "too_short", "hangup"],
            "survey" => &["done", "timeout", "hangup"],
            "verify_code" => &["genuine", "seen", "unknown", "invalid", "timeout", "hangup"],
            "set" | "goto" => &["done"],
            _ => &[],
        };
        exits.words = words.iter().map(|word| self.shelf.word(word)).collect();
        exits.keys = matches!(section.name, "menu" | "extension" | "queue");
        match section.name {
            "hours" => {
                let (table, hours) =
                    part.text(&mut self.sheet, "table").and_then(|found| self.hours_of(found))?;
                exits.words = hours.states().to_vec();
                Some(NodeKind::Hours { table })
            }
            "area" => self.area(part, draft, exits),
            "access" => {
                let words = RefusalReason::OF_ACCESS.map(RefusalReason::word);
                exits.words =
                    ["allowed"].into_iter().chain(words).map(|word| self.shelf.word(word)).collect();
                Some(NodeKind::Access(self.access(part, &draft.name)))
            }
            "menu" => {
                let prompt = self.sound(part, "prompt");
                self.ask(part, prompt, &[Piece::InvalidKey], &answer(draft)).map(NodeKind::Menu)
            }
            "extension" => {
                let prompt = self.sound_or(part, "prompt", &[Piece::DialExtension]);
                self.ask(part, prompt, &[Piece::ExtensionWrong], &answer(draft)).map(NodeKind::Extension)
            }
            "play" => {
                let prompt = self.sound(part, "prompt");
                let answer = part.flag(&mut self.sheet, "answer").unwrap_or_default();
                Some(NodeKind::Play(Play { prompt: prompt?, answer }))
            }
            "collect" => {
                let prompt = self.sound(part, "prompt");
                let ask = self.ask(part, prompt, &[Piece::TryAgain], &Answer::DIGITS);
                let name = part.text(&mut self.sheet, "name").and_then(|found| self.name_of(found));
                Some(NodeKind::Collect(Collect { ask: ask?, name: name? }))
            }
            "group" => {
                let group = part.text(&mut self.sheet, "group").and_then(|found| self.group_at(found));
                let reach = self.reach(part, group.unwrap_or_default());
                group.map(|_| NodeKind::Group(reach))
            }
            "agent" => {
                let group = part.text(&mut self.sheet, "agent").and_then(|found| self.alone(found));
                let reach = self.reach(part, group.unwrap_or_default());
                group.map(|_| NodeKind::Group(reach))
            }
            "queue" => {
                let group = part.text(&mut self.sheet, "group").and_then(|found| self.group_at(found));
                let queue = self.queue(part, group.unwrap_or_default());
                group.map(|_| NodeKind::Queue(queue))
            }
            "voicemail" => Some(NodeKind::Voicemail(self.voicemail(part))),
            "survey" => self.survey(part).map(NodeKind::Survey),
            "verify_code" => self.verify_code(part),
            "set" => self.set(part).map(NodeKind::Set),
            "goto" => {
                if draft.exits.is_empty() {
                    let why = Why::Missing("name the node: to = \"…\"");
                    self.sheet.fault(part.table.at, part.table.path("to"), why);
                }
                Some(NodeKind::Goto)
            }
            "hangup" => Some(NodeKind::HangUp { cause: part.choice(&mut self.sheet, "cause", &CAUSES) }),
            _ => None,
        }
    }

    fn area<'d>(&mut self, part: &Part<'d>, draft: &mut Draft<'d>, exits: &mut Exits) -> Option<NodeKind> {
        let mut routes = Vec::new();
        let parts = part.parts(&mut self.sheet, "routes")?;
        if parts.is_empty() {
            self.sheet.fault(part.at("routes"), part.table.path("routes"), Why::Node("has no route"));
        }
        for route in parts {
            let areas = self.areas(&route, "areas");
            let Some(found) = route.text(&mut self.sheet, "exit") else { continue };
            let exit = self.shelf.word(found.value);
            if !draft.exits.iter().any(|(known, _)| *known == exit) {
                // An exit that is not spelled out is the node of that name.
                draft.exits.push((exit.clone(), found));
            }
            exits.words.push(exit.clone());
            routes.push((areas, exit));
        }
        Some(NodeKind::Area { routes })
    }

    fn verify_code(&mut self, part: &Part<'_>) -> Option<NodeKind> {
        let prompt = self.sound_or(part, "prompt", &[Piece::EnterCode]);
        let ask = self.ask(part, prompt, &[Piece::CodeLength], &Answer::DIGITS);
        self.needs_code_sentences(part);
        let found = part.text(&mut self.sheet, "codes")?;
        let Some(codes) = self.codes_written.get(found.value).cloned() else {
            let hint = Hint::of(found.value, self.codes_written.iter().map(|name| &**name));
            let why = Why::Unknown { found: shortened(found.value), what: "set of codes", hint };
            self.sheet.fault(found.at, found.key, why);
            return None;
        };
        Some(NodeKind::VerifyCode(VerifyCode { ask: ask?, codes }))
    }

    fn set(&mut self, part: &Part<'_>) -> Option<Set> {
        let priority = part.small(&mut self.sheet, "priority");
        let mark = match part.part(&mut self.sheet, "mark") {
            None => None,
            Some(mark) => {
                let name = mark.text(&mut self.sheet, "name").and_then(|found| self.name_of(found));
                Some((name?, self.title(&mark, "value")?))
            }
        };
        if !part.has("priority") && !part.has("mark") {
            let why = Why::Node("sets nothing: write priority or mark");
            self.sheet.fault(part.table.at, part.table.name(), why);
        }
        Some(Set { priority, mark })
    }

    /// A name that stands in call records.
    fn name_of(&mut self, found: Found<&str>) -> Option<Arc<str>> {
        if super::hotline_file::is_name(found.value, NAME_CHARS_MAX) {
            return Some(found.value.into());
        }
        self.sheet.fault(found.at, found.key, Why::NoName(shortened(found.value), NAME_CHARS_MAX));
        None
    }
}

/// What callers may dial at this node.
fn answer(draft: &Draft<'_>) -> Answer {
    Answer::one_of(draft.exits.iter().map(|(exit, _)| &**exit).filter(|exit| is_dialled(exit)))
}

/// Whether an exit is something that is dialled.
pub(super) fn is_dialled(exit: &str) -> bool {
    !exit.is_empty() && exit.chars().all(is_telephone_key)
}
