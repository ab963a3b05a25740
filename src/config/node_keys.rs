//! Reads the nodes of a written flow.

use super::Problem;
use super::flow_builder::{NodeDraft, build_flow};
use super::input_keys::AnswerDefaults;
use super::reader::{Reader, is_name};
use super::schema::{CAUSES, NODES};
use super::schema_types::TableSchema;
use super::section_reader::Section;
use super::telephone_key::is_dialled;
use super::toml_reader::{Located, Table};
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

/// A node whose exits are not resolved yet. `kind` is `None` if the node has an error.
struct UnresolvedNode<'d> {
    name: Arc<str>,
    kind: Option<NodeKind>,
    exits: Vec<(Arc<str>, Located<&'d str>)>,
}

/// The exits that a node can take.
struct KnownExits {
    words: Vec<Arc<str>>,
    /// Whether keys that callers dial are exits too.
    keys: bool,
}

impl Reader<'_, '_> {
    /// Reads the flow that is written as nodes.
    pub(super) fn written_flow(&mut self, section: &Section<'_>) -> Option<Flow> {
        for key in SHORT_FORMS.into_iter().filter(|key| section.has(key)) {
            self.toml.report(section.at(key), key, Problem::ShortBesideNodes);
        }
        let start = match section.section(&mut self.toml, "flow") {
            Some(section) => section.text(&mut self.toml, "start"),
            None => {
                if !section.has("flow") {
                    self.toml.report(section.at("nodes"), "flow.start", Problem::Missing(START));
                }
                None
            }
        };
        let tables = section.named_tables(&mut self.toml, "nodes");
        if tables.is_empty() || tables.len() > NODES_MAX {
            let problem = match tables.len() {
                0 => Problem::Missing("write each node below a line such as [nodes.menu]"),
                many => Problem::TooManyNodes(many),
            };
            self.toml.report(section.at("nodes"), "nodes", problem);
            return None;
        }
        let mut unresolved_nodes = Vec::with_capacity(tables.len());
        for (name, table) in tables {
            self.record_position(table.name(), table.at);
            unresolved_nodes.extend(self.node(name, table));
        }
        let names: BTreeSet<Arc<str>> =
            unresolved_nodes.iter().map(|unresolved| unresolved.name.clone()).collect();
        let start = start.and_then(|found| self.target(found, &names));
        let drafts =
            unresolved_nodes.into_iter().map(|unresolved| self.draft(unresolved, &names)).collect::<Vec<_>>();
        build_flow(&start?, drafts.into_iter().collect::<Option<_>>()?)
    }

    fn draft(&mut self, unresolved: UnresolvedNode<'_>, names: &BTreeSet<Arc<str>>) -> Option<NodeDraft> {
        let mut exits = Vec::with_capacity(unresolved.exits.len());
        for (exit, to) in unresolved.exits {
            exits.extend(self.target(to, names).map(|to| (exit, to)));
        }
        Some(NodeDraft { name: unresolved.name, kind: unresolved.kind?, exits })
    }

    /// The name of an existing node. Reports an unknown name.
    fn target(&mut self, found: Located<&str>, names: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
        let known = names.get(found.value);
        if known.is_none() {
            let hint = Hint::of(found.value, names.iter().map(|name| &**name));
            let problem = Problem::Unknown { found: shortened(found.value), what: "node", hint };
            self.toml.report(found.at, found.key, problem);
        }
        known.cloned()
    }

    fn node<'d>(&mut self, name: &str, table: Table<'d>) -> Option<UnresolvedNode<'d>> {
        let good = is_name(name, NODE_NAME_CHARS_MAX);
        if !good {
            self.toml.report(table.at, table.name(), Problem::NoName(shortened(name), NODE_NAME_CHARS_MAX));
        }
        let name = self.cache.word(name);
        let mut unresolved = UnresolvedNode { name, kind: None, exits: Vec::new() };
        let Some(schema) = self.node_type(&table) else { return Some(unresolved) };
        let section = Section::new(table, schema, &mut self.toml, |_| None);
        let mut exits = KnownExits { words: Vec::new(), keys: false };
        unresolved.exits = self.exits(&section, "exits");
        if schema.name == "extension" {
            let extensions = self.exits(&section, "extensions");
            for (extension, found) in &extensions {
                if !is_dialled(extension) {
                    let problem = Problem::TelephoneKey(shortened(extension));
                    self.toml.report(found.at, found.key.clone(), problem);
                }
            }
            unresolved.exits.extend(extensions);
        }
        if schema.name == "goto"
            && let Some(to) = section.text(&mut self.toml, "to")
        {
            unresolved.exits.push((self.cache.word("done"), to));
        }
        unresolved.kind = self.kind(schema, &section, &mut unresolved, &mut exits);
        if unresolved.kind.is_some() {
            self.known_exits(schema, &section, &unresolved, &exits);
        }
        Some(unresolved)
    }

    fn node_type(&mut self, table: &Table<'_>) -> Option<&'static TableSchema> {
        let words: Vec<(&str, &'static TableSchema)> =
            NODES.iter().map(|schema| (schema.name, schema)).collect();
        if table.offset_of("type").is_none() {
            let problem = Problem::Missing("write what the node does, such as type = \"menu\"");
            self.toml.report(table.at, table.path("type"), problem);
        }
        table.choice(&mut self.toml, "type", &words)
    }

    fn exits<'d>(&mut self, section: &Section<'d>, key: &str) -> Vec<(Arc<str>, Located<&'d str>)> {
        let pairs = section.pairs(&mut self.toml, key);
        pairs.into_iter().map(|(exit, to)| (self.cache.word(exit), to)).collect()
    }

    /// Reports every exit that the node cannot take.
    fn known_exits(
        &mut self,
        schema: &TableSchema,
        section: &Section<'_>,
        unresolved: &UnresolvedNode<'_>,
        exits: &KnownExits,
    ) {
        for (exit, found) in &unresolved.exits {
            let known = &**exit == ANY || exits.words.contains(exit) || (exits.keys && is_dialled(exit));
            if !known {
                let hint = Hint::of(exit, exits.words.iter().map(|word| &**word).chain([ANY]));
                let problem = Problem::NoExit { kind: schema.name, hint };
                self.toml.report(found.at, found.key.clone(), problem);
            }
        }
        if let Some(NodeKind::Menu(ask) | NodeKind::Extension(ask)) = &unresolved.kind {
            for (exit, found) in unresolved.exits.iter().filter(|(exit, _)| is_dialled(exit)) {
                let fits = (ask.digits_min.into()..=ask.digit_len.into()).contains(&exit.len());
                if let Some(terminator) = ask.terminator.filter(|sign| exit.contains(*sign)) {
                    self.toml.report(found.at, found.key.clone(), Problem::Terminator(terminator));
                } else if !fits {
                    let problem = Problem::Node("has fewer digits than digits_min or more than digit_len");
                    self.toml.report(found.at, found.key.clone(), problem);
                }
            }
            if !unresolved.exits.iter().any(|(exit, _)| is_dialled(exit)) {
                let problem =
                    Problem::Node("has no key that leads anywhere: write such as exits = { 1 = \"sales\" }");
                self.toml.report(section.table.at, section.table.path("exits"), problem);
            }
        }
    }

    /// Reads what a node of this type does, and fills in the exits that it can take.
    fn kind<'d>(
        &mut self,
        schema: &TableSchema,
        section: &Section<'d>,
        unresolved: &mut UnresolvedNode<'d>,
        exits: &mut KnownExits,
    ) -> Option<NodeKind> {
        const ASKED: [&str; 3] = ["invalid", "timeout", "hangup"];
        const REACHED: [&str; 6] = ["talked", "busy", "no_answer", "unreachable", "off_duty", "hangup"];
        let words: &[&str] = match schema.name {
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
        exits.words = words.iter().map(|word| self.cache.word(word)).collect();
        exits.keys = matches!(schema.name, "menu" | "extension" | "queue");
        match schema.name {
            "hours" => {
                let (table, hours) =
                    section.text(&mut self.toml, "table").and_then(|found| self.hours_of(found))?;
                exits.words = hours.states().to_vec();
                Some(NodeKind::Hours { table })
            }
            "area" => self.area(section, unresolved, exits),
            "access" => {
                let words = RefusalReason::OF_ACCESS.map(RefusalReason::word);
                exits.words =
                    ["allowed"].into_iter().chain(words).map(|word| self.cache.word(word)).collect();
                Some(NodeKind::Access(self.access(section, &unresolved.name)))
            }
            "menu" => {
                let prompt = self.sound(section, "prompt");
                self.ask(section, prompt, &[Piece::InvalidKey], &answer(unresolved)).map(NodeKind::Menu)
            }
            "extension" => {
                let prompt = self.sound_or(section, "prompt", &[Piece::DialExtension]);
                self.ask(section, prompt, &[Piece::ExtensionWrong], &answer(unresolved))
                    .map(NodeKind::Extension)
            }
            "play" => {
                let prompt = self.sound(section, "prompt");
                let answer = section.flag(&mut self.toml, "answer").unwrap_or_default();
                Some(NodeKind::Play(Play { prompt: prompt?, answer }))
            }
            "collect" => {
                let prompt = self.sound(section, "prompt");
                let ask = self.ask(section, prompt, &[Piece::TryAgain], &AnswerDefaults::DIGITS);
                let name = section.text(&mut self.toml, "name").and_then(|found| self.name_of(found));
                Some(NodeKind::Collect(Collect { ask: ask?, name: name? }))
            }
            "group" => {
                let group = section.text(&mut self.toml, "group").and_then(|found| self.group_at(found));
                let reach = self.reach(section, group.unwrap_or_default());
                group.map(|_| NodeKind::Group(reach))
            }
            "agent" => {
                let group =
                    section.text(&mut self.toml, "agent").and_then(|found| self.group_of_agent(found));
                let reach = self.reach(section, group.unwrap_or_default());
                group.map(|_| NodeKind::Group(reach))
            }
            "queue" => {
                let group = section.text(&mut self.toml, "group").and_then(|found| self.group_at(found));
                let queue = self.queue(section, group.unwrap_or_default());
                group.map(|_| NodeKind::Queue(queue))
            }
            "voicemail" => Some(NodeKind::Voicemail(self.voicemail(section))),
            "survey" => self.survey(section).map(NodeKind::Survey),
            "verify_code" => self.verify_code(section),
            "set" => self.set(section).map(NodeKind::Set),
            "goto" => {
                if unresolved.exits.is_empty() {
                    let problem = Problem::Missing("name the node: to = \"…\"");
                    self.toml.report(section.table.at, section.table.path("to"), problem);
                }
                Some(NodeKind::Goto)
            }
            "hangup" => Some(NodeKind::HangUp { cause: section.choice(&mut self.toml, "cause", &CAUSES) }),
            _ => None,
        }
    }

    fn area<'d>(
        &mut self,
        section: &Section<'d>,
        unresolved: &mut UnresolvedNode<'d>,
        exits: &mut KnownExits,
    ) -> Option<NodeKind> {
        let mut routes = Vec::new();
        let sections = section.sections(&mut self.toml, "routes")?;
        if sections.is_empty() {
            self.toml.report(
                section.at("routes"),
                section.table.path("routes"),
                Problem::Node("has no route"),
            );
        }
        for route in sections {
            let areas = self.areas(&route, "areas");
            let Some(found) = route.text(&mut self.toml, "exit") else { continue };
            let exit = self.cache.word(found.value);
            if !unresolved.exits.iter().any(|(known, _)| *known == exit) {
                // An exit without an entry in `exits` leads to the node of the same name.
                unresolved.exits.push((exit.clone(), found));
            }
            exits.words.push(exit.clone());
            routes.push((areas, exit));
        }
        Some(NodeKind::Area { routes })
    }

    fn verify_code(&mut self, section: &Section<'_>) -> Option<NodeKind> {
        let prompt = self.sound_or(section, "prompt", &[Piece::EnterCode]);
        let ask = self.ask(section, prompt, &[Piece::CodeLength], &AnswerDefaults::DIGITS);
        self.needs_code_sentences(section);
        let found = section.text(&mut self.toml, "codes")?;
        let Some(codes) = self.codes_written.get(found.value).cloned() else {
            let hint = Hint::of(found.value, self.codes_written.iter().map(|name| &**name));
            let problem = Problem::Unknown { found: shortened(found.value), what: "set of codes", hint };
            self.toml.report(found.at, found.key, problem);
            return None;
        };
        Some(NodeKind::VerifyCode(VerifyCode { ask: ask?, codes }))
    }

    fn set(&mut self, section: &Section<'_>) -> Option<Set> {
        let priority = section.small(&mut self.toml, "priority");
        let mark = match section.section(&mut self.toml, "mark") {
            None => None,
            Some(mark) => {
                let name = mark.text(&mut self.toml, "name").and_then(|found| self.name_of(found));
                Some((name?, self.title(&mark, "value")?))
            }
        };
        if !section.has("priority") && !section.has("mark") {
            let problem = Problem::Node("sets nothing: write priority or mark");
            self.toml.report(section.table.at, section.table.name(), problem);
        }
        Some(Set { priority, mark })
    }

    /// A name for call records.
    fn name_of(&mut self, found: Located<&str>) -> Option<Arc<str>> {
        if is_name(found.value, NAME_CHARS_MAX) {
            return Some(found.value.into());
        }
        self.toml.report(found.at, found.key, Problem::NoName(shortened(found.value), NAME_CHARS_MAX));
        None
    }
}

/// The answers that callers can dial at this node.
fn answer(unresolved: &UnresolvedNode<'_>) -> AnswerDefaults {
    AnswerDefaults::one_of(unresolved.exits.iter().map(|(exit, _)| &**exit).filter(|exit| is_dialled(exit)))
}
