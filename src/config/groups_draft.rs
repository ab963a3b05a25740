//! The agents and groups of one hotline file while the file is read.

use super::limits::{EVERYBODY, ONE_AGENT_PREFIX, RETRY_DEFAULT, WRAP_UP_DEFAULT};
use super::schema::STRATEGIES;
use super::section_reader::Section;
use super::toml_reader::TomlFile;
use hotlined_core::hotline::Agent;
use hotlined_core::hotline::group::{Group, GroupIx, Strategy};
use hotlined_core::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The agents and groups that are read so far.
#[derive(Default)]
pub(super) struct GroupsDraft {
    /// The agents, in the order of the file.
    pub(super) agents: Vec<Agent>,
    /// The line of each agent number in the file and, if the agent is valid, the agent's index.
    pub(super) ids: BTreeMap<Arc<str>, (usize, Option<u16>)>,
    /// The groups, by name.
    pub(super) groups: BTreeMap<Arc<str>, GroupDraft>,
    /// The names of the groups, by the index that nodes use while the file is read.
    order: Vec<Arc<str>>,
    /// The policy of a group that does not set its own.
    pub(super) defaults: GroupPolicy,
    /// The offset of `[[agents]]`.
    pub(super) agents_at: Option<usize>,
}

/// A group while the file is read.
pub(super) struct GroupDraft {
    index: GroupIx,
    /// The indexes of the group's agents.
    pub(super) agents: Vec<u16>,
    /// How the group takes calls.
    pub(super) policy: GroupPolicy,
    /// The name of the group that takes the calls which this group cannot take.
    pub(super) overflow: Option<Arc<str>>,
    /// The offset of the group in the file. `None` for a group that the file does not write.
    at: Option<usize>,
}

/// How a group takes calls.
#[derive(Clone)]
pub(super) struct GroupPolicy {
    strategy: Strategy,
    last_agent_days: Option<u16>,
    wrap_up: Millis,
    retry: Millis,
}

impl Default for GroupPolicy {
    fn default() -> Self {
        Self {
            strategy: Strategy::default(),
            last_agent_days: None,
            wrap_up: WRAP_UP_DEFAULT,
            retry: RETRY_DEFAULT,
        }
    }
}

impl GroupPolicy {
    /// The policy that a section sets. A key that is absent has its value from `defaults`.
    pub(super) fn read(section: &Section<'_>, toml: &mut TomlFile<'_>, defaults: &Self) -> Self {
        let seconds = |toml: &mut TomlFile<'_>, key| section.small(toml, key).map(Millis::seconds);
        Self {
            strategy: section.choice(toml, "order", &STRATEGIES).unwrap_or(defaults.strategy),
            last_agent_days: section.small(toml, "last_agent_days").or(defaults.last_agent_days),
            wrap_up: seconds(toml, "wrap_up_s").unwrap_or(defaults.wrap_up),
            retry: seconds(toml, "retry_s").unwrap_or(defaults.retry),
        }
    }
}

/// The finished agents and groups of a hotline.
pub(super) struct BuiltGroups {
    /// The agents, in the order of the file.
    pub(super) agents: Vec<Agent>,
    /// The groups, in the order of their names.
    pub(super) groups: Vec<Group>,
    /// The final index of each group, by the index that nodes use while the file is read.
    pub(super) moved: Vec<GroupIx>,
    /// The overflow group of each group that has one.
    pub(super) overflow: BTreeMap<GroupIx, GroupIx>,
    /// The offset of each group that the file writes.
    pub(super) offsets: Vec<(Arc<str>, usize)>,
}

impl GroupsDraft {
    /// The index of the group of this name. The group of all agents is made at its first use.
    pub(super) fn group(&mut self, name: &str) -> Option<GroupIx> {
        if name == EVERYBODY && !self.groups.contains_key(name) {
            let everybody = (0..self.agents.len()).filter_map(|index| u16::try_from(index).ok()).collect();
            let at = self.agents_at;
            self.draft(name.into(), at).agents = everybody;
        }
        self.groups.get(name).map(|group| group.index)
    }

    /// The group whose only agent is this one.
    pub(super) fn one_agent(&mut self, id: &str, agent: u16) -> GroupIx {
        let group = self.draft(format!("{ONE_AGENT_PREFIX}{id}").into(), None);
        group.agents = vec![agent];
        group.index
    }

    /// The draft of the group of this name, which is made if it does not exist.
    pub(super) fn draft(&mut self, name: Arc<str>, at: Option<usize>) -> &mut GroupDraft {
        let next = GroupIx(u16::try_from(self.order.len()).unwrap_or(u16::MAX));
        let (order, defaults) = (&mut self.order, &self.defaults);
        self.groups.entry(name.clone()).or_insert_with(|| {
            order.push(name);
            GroupDraft { index: next, agents: Vec::new(), policy: defaults.clone(), overflow: None, at }
        })
    }

    /// The names of all groups that a file can refer to.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        let written =
            self.groups.keys().map(|name| &**name).filter(|name| !name.starts_with(ONE_AGENT_PREFIX));
        written.chain([EVERYBODY])
    }

    /// The finished agents and groups. Groups are sorted by name, so most get another index.
    pub(super) fn build(self) -> BuiltGroups {
        let group_ix = |index: usize| GroupIx(u16::try_from(index).unwrap_or(u16::MAX));
        let mut moved = vec![GroupIx::default(); self.order.len()];
        for (index, group) in self.groups.values().enumerate() {
            moved[usize::from(group.index.0)] = group_ix(index);
        }
        let names: Vec<&Arc<str>> = self.groups.keys().collect();
        let overflow = self.groups.values().enumerate().filter_map(|(index, group)| {
            let other = names.binary_search(&group.overflow.as_ref()?).ok()?;
            Some((group_ix(index), group_ix(other)))
        });
        let overflow = overflow.collect();
        let offsets =
            self.groups.iter().filter_map(|(name, group)| Some((name.clone(), group.at?))).collect();
        let groups = self.groups.into_iter().map(|(name, draft)| {
            let GroupPolicy { strategy, last_agent_days, wrap_up, retry } = draft.policy;
            Group { name, agents: draft.agents, strategy, last_agent_days, wrap_up, retry }
        });
        BuiltGroups { groups: groups.collect(), agents: self.agents, moved, overflow, offsets }
    }
}
