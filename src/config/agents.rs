//! The agents of a hotline file and the groups they form.
//!
//! Agents say which groups they belong to, or groups which agents they have, or both. The group [`EVERYBODY`]
//! need not be written: it is all agents, where anything asks for it.

use super::Why;
use super::hotline_file::{LineSaid, Reader, WORD_CHARS_MAX};
use super::schema::{AGENT, HOTLINE, STRATEGIES};
use super::section_reader::Part;
use super::shorthand::{RETRY_DEFAULT, WRAP_UP_DEFAULT};
use super::toml_reader::{Found, Sheet};
use crate::source_position::{Hint, shortened};
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::hotline::limits::{
    AGENT_ID_CHARS_MAX, AGENTS_MAX, LINES_DEFAULT, LINES_MAX, RING_TIME_S_DEFAULT,
};
use hotlined_core::hotline::{Agent, Dial};
use hotlined_core::phrases::Key;
use hotlined_core::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The group of all agents.
pub(super) const EVERYBODY: &str = "agents";
/// What the name of a group of one begins with; no group of a file can be called so.
pub(super) const ALONE: &str = "agent ";
const AGENTS_FORM: &str = "write each agent below a line [[agents]], with two brackets";

/// The agents and groups read so far.
#[derive(Default)]
pub(super) struct Roster {
    agents: Vec<Agent>,
    /// The line and, if the agent is not faulty, the place of each agent number in the file.
    ids: BTreeMap<Arc<str>, (usize, Option<u16>)>,
    groups: BTreeMap<Arc<str>, Drafted>,
    /// The groups by the places that nodes know them by.
    order: Vec<Arc<str>>,
    defaults: Manner,
    agents_at: Option<usize>,
}

/// A group that is being read.
struct Drafted {
    ix: GroupIx,
    agents: Vec<u16>,
    manner: Manner,
    overflow: Option<Arc<str>>,
    /// Where it stands, if it does.
    at: Option<usize>,
}

/// How a group takes calls.
#[derive(Clone)]
pub(super) struct Manner {
    strategy: Strategy,
    last_agent_days: Option<u16>,
    wrap_up: Millis,
    retry: Millis,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            last_agent_days: None,
            wrap_up: WRAP_UP_DEFAULT,
            retry: RETRY_DEFAULT,
        }
    }
}

impl Manner {
    fn read(part: &Part<'_>, sheet: &mut Sheet<'_>, otherwise: &Self) -> Self {
        let seconds = |sheet: &mut Sheet<'_>, key| part.small(sheet, key).map(Millis::seconds);
        Self {
            strategy: part.choice(sheet, "order", &STRATEGIES).unwrap_or(otherwise.strategy),
            last_agent_days: part.small(sheet, "last_agent_days").or(otherwise.last_agent_days),
            wrap_up: seconds(sheet, "wrap_up_s").unwrap_or(otherwise.wrap_up),
            retry: seconds(sheet, "retry_s").unwrap_or(otherwise.retry),
        }
    }
}

/// What the roster comes to.
pub(super) struct Called {
    pub(super) agents: Vec<Agent>,
    /// By name.
    pub(super) groups: Vec<Group>,
    /// The place each group has now, by the place nodes know it by.
    pub(super) moved: Vec<GroupIx>,
    /// The group that is tried where a group cannot be.
    pub(super) overflow: BTreeMap<GroupIx, GroupIx>,
    /// Where the groups stand that are written.
    pub(super) places: Vec<(Arc<str>, usize)>,
}

impl Roster {
    /// The agents, in the order of the file.
    pub(super) fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// The group of this name. That of all agents is made when it is asked for.
    pub(super) fn group(&mut self, name: &str) -> Option<GroupIx> {
        if name == EVERYBODY && !self.groups.contains_key(name) {
            let everybody = (0..self.agents.len()).filter_map(|at| u16::try_from(at).ok()).collect();
            let at = self.agents_at;
            self.draft(name.into(), at).agents = everybody;
        }
        self.groups.get(name).map(|group| group.ix)
    }

    /// The group of this agent alone.
    fn alone(&mut self, id: &str, at: u16) -> GroupIx {
        let group = self.draft(format!("{ALONE}{id}").into(), None);
        group.agents = vec![at];
        group.ix
    }

    fn draft(&mut self, name: Arc<str>, at: Option<usize>) -> &mut Drafted {
        let next = GroupIx(u16::try_from(self.order.len()).unwrap_or(u16::MAX));
        let (order, defaults) = (&mut self.order, &self.defaults);
        self.groups.entry(name.clone()).or_insert_with(|| {
            order.push(name);
            Drafted { ix: next, agents: Vec::new(), manner: defaults.clone(), overflow: None, at }
        })
    }

    /// The names of the groups there are.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        let written = self.groups.keys().map(|name| &**name).filter(|name| !name.starts_with(ALONE));
        written.chain([EVERYBODY])
    }

    /// Everything, in the order in which it is kept.
    pub(super) fn called(self) -> Called {
        let place = |index: usize| GroupIx(u16::try_from(index).unwrap_or(u16::MAX));
        let mut moved = vec![GroupIx::default(); self.order.len()];
        for (index, group) in self.groups.values().enumerate() {
            moved[usize::from(group.ix.0)] = place(index);
        }
        let names: Vec<&Arc<str>> = self.groups.keys().collect();
        let overflow = self.groups.values().enumerate().filter_map(|(index, group)| {
            let other = names.binary_search(&group.overflow.as_ref()?).ok()?;
            Some((place(index), place(other)))
        });
        let overflow = overflow.collect();
        let places = self.groups.iter().filter_map(|(name, group)| Some((name.clone(), group.at?))).collect();
        let groups = self.groups.into_iter().map(|(name, drafted)| {
            let Manner { strategy, last_agent_days, wrap_up, retry } = drafted.manner;
            Group { name, agents: drafted.agents, strategy, last_agent_days, wrap_up, retry }
        });
        Called { groups: groups.collect(), agents: self.agents, moved, overflow, places }
    }
}

impl Reader<'_, '_> {
    /// Reads the agents and the groups.
    pub(super) fn roster(&mut self, part: &Part<'_>, said: &mut Vec<LineSaid>) {
        self.roster.defaults = Manner::read(part, &mut self.sheet, &Manner::default());
        let groups = part.named(&mut self.sheet, "groups");
        for (name, group) in &groups {
            if let Some(name) = self.name(name, &group.table) {
                self.roster.draft(name, Some(group.table.at));
            }
        }
        let ring_time_s = part.small(&mut self.sheet, "ring_time_s").unwrap_or(RING_TIME_S_DEFAULT);
        self.agents(part, ring_time_s, said);
        for (name, group) in &groups {
            self.group(name, group);
        }
        // Only now all groups are known.
        for (_, group) in &groups {
            self.overflow(group);
        }
    }

    fn agents(&mut self, part: &Part<'_>, ring_time_s: u64, said: &mut Vec<LineSaid>) {
        let place = part.table.place_of("agents");
        let tables = match part.table.tables(&mut self.sheet, "agents", AGENTS_FORM) {
            Some(tables) => tables,
            // Of another type: that is said already.
            None if place.is_some() => return,
            None => Vec::new(),
        };
        let at = part.at("agents");
        self.roster.agents_at = place;
        if place.is_none() || part.table.is_empty_list("agents") {
            self.sheet.fault(at, "agents", Why::NoAgents);
        }
        if tables.len() > AGENTS_MAX {
            self.sheet.fault(at, "agents", Why::TooManyAgents(tables.len()));
            return;
        }
        let mut any_on = tables.is_empty();
        for table in tables {
            let of_hotline = |word: &str| {
                let of_hotline = HOTLINE.key(word).is_some();
                of_hotline.then_some("it is the hotline's, so put it above the first [[agents]]")
            };
            let part = Part::new(table, &AGENT, &mut self.sheet, of_hotline);
            // Asked before the rest, so that an agent who is faulty otherwise still counts as on.
            let on = part.flag(&mut self.sheet, "on").unwrap_or(true);
            any_on |= on;
            self.agent(&part, on, ring_time_s, said);
        }
        if !any_on {
            self.sheet.fault(at, "agents", Why::NoneOn);
        }
    }

    fn agent(
        &mut self,
        part: &Part<'_>,
        on: bool,
        ring_time_s_of_all: u64,
        said: &mut Vec<LineSaid>,
    ) -> Option<()> {
        let id = self.agent_id(part);
        let name = self.title(part, "name").or_else(|| id.clone());
        let sheet = &mut self.sheet;
        let (lines_at, lines) = match part.number(sheet, "lines") {
            Some(found) => (found.at, u16::try_from(found.value).unwrap_or(LINES_MAX)),
            None => (part.table.at, LINES_DEFAULT),
        };
        let ring_time_s = part.small(sheet, "ring_time_s").unwrap_or(ring_time_s_of_all);
        let confirm = part.flag(sheet, "confirm").unwrap_or_default();
        let share = part.small(sheet, "share").unwrap_or(1);
        let dial = dial(part, sheet);
        let hours = self.state(part, "hours");
        let groups = self.groups_of(part);
        let groups_at = part.table.place_of("group").unwrap_or_else(|| part.at("groups"));
        if confirm && let Ok(one) = Key::try_from('1') {
            self.needs_all(part, "confirm", [self.voice.speaker().take_call(one)].into_iter());
        }
        let (id, name, dial) = (id?, name?, dial?);
        let line = dial.line();
        said.push(LineSaid {
            line: line.clone(),
            lines,
            at: self.sheet.position(lines_at),
            agent_at: self.sheet.position(part.table.at),
            agent: part.table.name().to_owned(),
        });
        let ring_time = Millis::seconds(ring_time_s);
        let agent =
            Agent { name, line, lines, ring_time, on, hours, confirm, share, ..Agent::new(&id, dial) };
        let at = u16::try_from(self.roster.agents.len()).ok()?;
        self.roster.agents.push(agent);
        if let Some((_, place)) = self.roster.ids.get_mut(&id) {
            *place = Some(at);
        }
        for group in groups {
            self.roster.draft(group, Some(groups_at)).agents.push(at);
        }
        Some(())
    }

    fn agent_id(&mut self, part: &Part<'_>) -> Option<Arc<str>> {
        let found = part.text(&mut self.sheet, "id")?;
        let good = (1..=AGENT_ID_CHARS_MAX).contains(&found.value.len())
            && found.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !good {
            self.sheet.fault(found.at, found.key, Why::AgentId(shortened(found.value)));
            return None;
        }
        if let Some((first, _)) = self.roster.ids.get(found.value) {
            let why = Why::AgentTwice { id: found.value.to_owned(), first: *first };
            self.sheet.fault(found.at, found.key, why);
            return None;
        }
        let id: Arc<str> = found.value.into();
        self.roster.ids.insert(id.clone(), (self.sheet.position(found.at).line, None));
        Some(id)
    }

    fn groups_of(&mut self, part: &Part<'_>) -> Vec<Arc<str>> {
        let mut found: Vec<Found<&str>> = part.text(&mut self.sheet, "group").into_iter().collect();
        found.extend(part.texts(&mut self.sheet, "groups"));
        let mut groups = Vec::new();
        for Found { value, at, key } in found {
            if super::hotline_file::is_name(value, WORD_CHARS_MAX) {
                groups.push(self.shelf.word(value));
            } else {
                self.sheet.fault(at, key, Why::NoName(shortened(value), WORD_CHARS_MAX));
            }
        }
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    fn group(&mut self, name: &str, part: &Part<'_>) {
        let manner = Manner::read(part, &mut self.sheet, &self.roster.defaults);
        let mut listed = Vec::new();
        for found in part.texts(&mut self.sheet, "agents") {
            listed.extend(self.agent_at(found));
        }
        let said = part.has("agents");
        let everybody = u16::try_from(self.roster.agents.len()).unwrap_or(u16::MAX);
        let Some(drafted) = self.roster.groups.get_mut(name) else { return };
        // Those listed come first, in that order; the others as the agents are listed.
        let others = std::mem::take(&mut drafted.agents);
        for at in listed.into_iter().chain(others) {
            if !drafted.agents.contains(&at) {
                drafted.agents.push(at);
            }
        }
        if name == EVERYBODY && !said && drafted.agents.is_empty() {
            drafted.agents = (0..everybody).collect();
        }
        drafted.manner = manner;
    }

    fn overflow(&mut self, part: &Part<'_>) {
        let Some(found) = part.text(&mut self.sheet, "overflow") else { return };
        let name: Arc<str> = found.value.into();
        let this = part.table.name().rsplit('.').next().unwrap_or_default().to_owned();
        if *name == *this {
            self.sheet.fault(found.at, found.key, Why::Node("is the group itself: name another"));
        } else if self.group_at(found).is_some()
            && let Some(drafted) = self.roster.groups.get_mut(&*this)
        {
            drafted.overflow = Some(name);
        }
    }

    /// The agent of this number; a fault if there is none.
    fn agent_at(&mut self, found: Found<&str>) -> Option<u16> {
        match self.roster.ids.get(found.value) {
            Some((_, place)) => *place,
            None => {
                let hint = Hint::of(found.value, self.roster.ids.keys().map(|id| &**id));
                let why = Why::Unknown { found: shortened(found.value), what: "agent", hint };
                self.sheet.fault(found.at, found.key, why);
                None
            }
        }
    }

    /// The group of an agent alone; a fault if there is none.
    pub(super) fn alone(&mut self, found: Found<&str>) -> Option<GroupIx> {
        let id = found.value;
        let at = self.agent_at(found)?;
        Some(self.roster.alone(id, at))
    }

    /// The group of this name; a fault if there is none.
    pub(super) fn group_at(&mut self, found: Found<&str>) -> Option<GroupIx> {
        let group = self.roster.group(found.value);
        if group.is_none() {
            let hint = Hint::of(found.value, self.roster.group_names());
            let why = Why::Unknown { found: shortened(found.value), what: "group", hint };
            self.sheet.fault(found.at, found.key, why);
        }
        group
    }
}

fn dial(part: &Part<'_>, sheet: &mut Sheet<'_>) -> Option<Dial> {
    let phone = part.text(sheet, "phone").map(|found| (Dial::phone(found.value), found));
    let endpoint = part.text(sheet, "endpoint").map(|found| (Dial::endpoint(found.value), found));
    match (part.has("phone"), part.has("endpoint")) {
        (false, false) => sheet.fault(part.table.at, part.table.path("phone"), Why::NoDial),
        (true, true) => sheet.fault(part.at("endpoint"), part.table.path("endpoint"), Why::TwoDials),
        (true, false) | (false, true) => {}
    }
    let mut good = None;
    for (dial, found) in [phone, endpoint].into_iter().flatten() {
        match dial {
            Ok(dial) => good = Some(dial),
            Err(bad) => sheet.fault(found.at, found.key, bad),
        }
    }
    good
}
