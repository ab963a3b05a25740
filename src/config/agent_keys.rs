//! Reads the agents of a hotline file and their groups.
//!
//! An agent names its groups, or a group names its agents, or both. The group [`EVERYBODY`] need not be written: it has
//! all agents, and exists if the file refers to it.

use super::Problem;
use super::groups_draft::GroupPolicy;
use super::limits::{EVERYBODY, WORD_CHARS_MAX};
use super::reader::{DeclaredLines, Reader, is_name};
use super::schema::{AGENT, HOTLINE};
use super::section_reader::Section;
use super::toml_reader::{Located, TomlFile};
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::group::GroupIx;
use hotlined_core::hotline::limits::{
    AGENT_ID_CHARS_MAX, AGENTS_MAX, LINES_DEFAULT, LINES_MAX, RING_TIME_S_DEFAULT,
};
use hotlined_core::hotline::{Agent, Dial};
use hotlined_core::phrases::Key;
use hotlined_core::time::Millis;
use std::sync::Arc;

const AGENTS_FORM: &str = "write each agent below a line [[agents]], with two brackets";

impl Reader<'_, '_> {
    /// Reads the agents and the groups.
    pub(super) fn agents_and_groups(&mut self, section: &Section<'_>, declared: &mut Vec<DeclaredLines>) {
        self.groups_draft.defaults = GroupPolicy::read(section, &mut self.toml, &GroupPolicy::default());
        let groups = section.named(&mut self.toml, "groups");
        for (name, group) in &groups {
            if let Some(name) = self.name(name, &group.table) {
                self.groups_draft.draft(name, Some(group.table.at));
            }
        }
        let ring_time_s = section.small(&mut self.toml, "ring_time_s").unwrap_or(RING_TIME_S_DEFAULT);
        self.agents(section, ring_time_s, declared);
        for (name, group) in &groups {
            self.group(name, group);
        }
        // An overflow may name any group, so all groups come first.
        for (_, group) in &groups {
            self.overflow(group);
        }
    }

    fn agents(&mut self, section: &Section<'_>, ring_time_s: u64, declared: &mut Vec<DeclaredLines>) {
        let place = section.table.offset_of("agents");
        let tables = match section.table.tables(&mut self.toml, "agents", AGENTS_FORM) {
            Some(tables) => tables,
            // A value of another type is reported already.
            None if place.is_some() => return,
            None => Vec::new(),
        };
        let at = section.at("agents");
        self.groups_draft.agents_at = place;
        if place.is_none() || section.table.is_empty_list("agents") {
            self.toml.report(at, "agents", Problem::NoAgents);
        }
        if tables.len() > AGENTS_MAX {
            self.toml.report(at, "agents", Problem::TooManyAgents(tables.len()));
            return;
        }
        let mut any_on = tables.is_empty();
        for table in tables {
            let of_hotline = |word: &str| {
                let of_hotline = HOTLINE.key(word).is_some();
                of_hotline.then_some("it is the hotline's, so put it above the first [[agents]]")
            };
            let section = Section::new(table, &AGENT, &mut self.toml, of_hotline);
            // Read before the rest, so that an agent with an error elsewhere still counts as on.
            let on = section.flag(&mut self.toml, "on").unwrap_or(true);
            any_on |= on;
            self.agent(&section, on, ring_time_s, declared);
        }
        if !any_on {
            self.toml.report(at, "agents", Problem::NoneOn);
        }
    }

    fn agent(
        &mut self,
        section: &Section<'_>,
        on: bool,
        ring_time_s_of_all: u64,
        declared: &mut Vec<DeclaredLines>,
    ) -> Option<()> {
        let id = self.agent_id(section);
        let name = self.title(section, "name").or_else(|| id.clone());
        let toml = &mut self.toml;
        let (lines_at, lines) = match section.number(toml, "lines") {
            Some(found) => (found.at, u16::try_from(found.value).unwrap_or(LINES_MAX)),
            None => (section.table.at, LINES_DEFAULT),
        };
        let ring_time_s = section.small(toml, "ring_time_s").unwrap_or(ring_time_s_of_all);
        let confirm = section.flag(toml, "confirm").unwrap_or_default();
        let share = section.small(toml, "share").unwrap_or(1);
        let dial = dial(section, toml);
        let hours = self.state(section, "hours");
        let groups = self.groups_of(section);
        let groups_at = section.table.offset_of("group").unwrap_or_else(|| section.at("groups"));
        if confirm && let Ok(one) = Key::try_from('1') {
            self.needs_all(section, "confirm", [self.voice.speaker().take_call(one)].into_iter());
        }
        let (id, name, dial) = (id?, name?, dial?);
        let line = dial.line();
        declared.push(DeclaredLines {
            line: line.clone(),
            lines,
            at: self.toml.position(lines_at),
            agent_at: self.toml.position(section.table.at),
            agent: section.table.name().to_owned(),
        });
        let ring_time = Millis::seconds(ring_time_s);
        let agent =
            Agent { name, line, lines, ring_time, on, hours, confirm, share, ..Agent::new(&id, dial) };
        let at = u16::try_from(self.groups_draft.agents.len()).ok()?;
        self.groups_draft.agents.push(agent);
        if let Some((_, place)) = self.groups_draft.ids.get_mut(&id) {
            *place = Some(at);
        }
        for group in groups {
            self.groups_draft.draft(group, Some(groups_at)).agents.push(at);
        }
        Some(())
    }

    fn agent_id(&mut self, section: &Section<'_>) -> Option<Arc<str>> {
        let found = section.text(&mut self.toml, "id")?;
        let good = (1..=AGENT_ID_CHARS_MAX).contains(&found.value.len())
            && found.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !good {
            self.toml.report(found.at, found.key, Problem::AgentId(shortened(found.value)));
            return None;
        }
        if let Some((first, _)) = self.groups_draft.ids.get(found.value) {
            let problem = Problem::AgentTwice { id: found.value.to_owned(), first: *first };
            self.toml.report(found.at, found.key, problem);
            return None;
        }
        let id: Arc<str> = found.value.into();
        self.groups_draft.ids.insert(id.clone(), (self.toml.position(found.at).line, None));
        Some(id)
    }

    fn groups_of(&mut self, section: &Section<'_>) -> Vec<Arc<str>> {
        let mut found: Vec<Located<&str>> = section.text(&mut self.toml, "group").into_iter().collect();
        found.extend(section.texts(&mut self.toml, "groups"));
        let mut groups = Vec::new();
        for Located { value, at, key } in found {
            if is_name(value, WORD_CHARS_MAX) {
                groups.push(self.cache.word(value));
            } else {
                self.toml.report(at, key, Problem::NoName(shortened(value), WORD_CHARS_MAX));
            }
        }
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn group(&mut self, name: &str, section: &Section<'_>) {
        let policy = GroupPolicy::read(section, &mut self.toml, &self.groups_draft.defaults);
        let mut listed = Vec::new();
        for found in section.texts(&mut self.toml, "agents") {
            listed.extend(self.agent_at(found));
        }
        let lists_agents = section.has("agents");
        let everybody = u16::try_from(self.groups_draft.agents.len()).unwrap_or(u16::MAX);
        let Some(group) = self.groups_draft.groups.get_mut(name) else { return };
        // Agents that the group lists come first; agents that name the group follow in the order of the file.
        let others = std::mem::take(&mut group.agents);
        for at in listed.into_iter().chain(others) {
            if !group.agents.contains(&at) {
                group.agents.push(at);
            }
        }
        if name == EVERYBODY && !lists_agents && group.agents.is_empty() {
            group.agents = (0..everybody).collect();
        }
        group.policy = policy;
    }

    fn overflow(&mut self, section: &Section<'_>) {
        let Some(found) = section.text(&mut self.toml, "overflow") else { return };
        let name: Arc<str> = found.value.into();
        let this = section.table.name().rsplit('.').next().unwrap_or_default().to_owned();
        if *name == *this {
            self.toml.report(found.at, found.key, Problem::Node("is the group itself: name another"));
        } else if self.group_at(found).is_some()
            && let Some(group) = self.groups_draft.groups.get_mut(&*this)
        {
            group.overflow = Some(name);
        }
    }

    /// The index of the agent with this number. Reports an unknown number.
    fn agent_at(&mut self, found: Located<&str>) -> Option<u16> {
        match self.groups_draft.ids.get(found.value) {
            Some((_, place)) => *place,
            None => {
                let hint = Hint::of(found.value, self.groups_draft.ids.keys().map(|id| &**id));
                let problem = Problem::Unknown { found: shortened(found.value), what: "agent", hint };
                self.toml.report(found.at, found.key, problem);
                None
            }
        }
    }

    /// The one-agent group of the agent with this number. Reports an unknown number.
    pub(super) fn group_of_agent(&mut self, found: Located<&str>) -> Option<GroupIx> {
        let id = found.value;
        let at = self.agent_at(found)?;
        Some(self.groups_draft.one_agent(id, at))
    }

    /// The group of this name. Reports an unknown name.
    pub(super) fn group_at(&mut self, found: Located<&str>) -> Option<GroupIx> {
        let group = self.groups_draft.group(found.value);
        if group.is_none() {
            let hint = Hint::of(found.value, self.groups_draft.group_names());
            let problem = Problem::Unknown { found: shortened(found.value), what: "group", hint };
            self.toml.report(found.at, found.key, problem);
        }
        group
    }
}

fn dial(section: &Section<'_>, toml: &mut TomlFile<'_>) -> Option<Dial> {
    let phone = section.text(toml, "phone").map(|found| (Dial::phone(found.value), found));
    let endpoint = section.text(toml, "endpoint").map(|found| (Dial::endpoint(found.value), found));
    match (section.has("phone"), section.has("endpoint")) {
        (false, false) => toml.report(section.table.at, section.table.path("phone"), Problem::NoDial),
        (true, true) => {
            toml.report(section.at("endpoint"), section.table.path("endpoint"), Problem::TwoDials)
        }
        (true, false) | (false, true) => {}
    }
    let mut good = None;
    for (dial, found) in [phone, endpoint].into_iter().flatten() {
        match dial {
            Ok(dial) => good = Some(dial),
            Err(bad) => toml.report(found.at, found.key, bad),
        }
    }
    good
}
