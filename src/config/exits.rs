//! The exits of a node: which are dialled, which take no time, which lead nowhere.

use super::telephone_key::is_dialled;
use hotlined_core::hotline::Hotline;
use hotlined_core::hotline::flow::{ANY, Node, NodeIx, NodeKind};
use hotlined_core::hotline::ringback::Ringbacks;
use hotlined_core::hours::Hours;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The exits of a node that callers dial.
pub(super) fn dialled(node: &Node) -> impl Iterator<Item = &Arc<str>> {
    node.exits.keys().filter(|exit| is_dialled(exit))
}

/// The targets of the exits that a call may take before any time has passed.
pub(super) fn instant_exits(node: &Node) -> Vec<NodeIx> {
    if node.is_instant() || matches!(node.kind, NodeKind::Access(_)) {
        return node.exits.values().copied().collect();
    }
    let ways: &[&str] = match node.kind.reach() {
        Some(_) if matches!(node.kind, NodeKind::Queue(_)) => &["full", "off_duty"],
        Some(_) => &["busy", "unreachable", "off_duty"],
        None => &[],
    };
    ways.iter().filter_map(|way| node.exit(way)).collect()
}

/// The exits that a call may take and that lead nowhere, so that the caller hears the closing announcement. Exits after
/// a talk, a message or an answer do not count: there the call ends as it should.
pub(super) fn open_exits(node: &Node, tables: &BTreeMap<Arc<str>, Arc<Hours>>) -> Vec<String> {
    let ways: Vec<&str> = match &node.kind {
        NodeKind::Hours { table } => match tables.get(table) {
            Some(hours) => {
                hours.states().iter().filter(|state| hours.ever(state)).map(|state| &**state).collect()
            }
            None => Vec::new(),
        },
        NodeKind::Area { .. } => vec![ANY],
        NodeKind::Access(_) => vec!["allowed"],
        NodeKind::Menu(_) | NodeKind::Extension(_) => vec!["invalid", "timeout"],
        NodeKind::Collect(_) => vec!["done", "invalid", "timeout"],
        NodeKind::Group(_) => vec!["busy", "no_answer", "unreachable", "off_duty"],
        NodeKind::Queue(_) => vec!["timeout", "full", "off_duty"],
        NodeKind::VerifyCode(_) => vec!["invalid", "timeout"],
        NodeKind::Set(_) | NodeKind::Goto => vec!["done"],
        NodeKind::Play(_) | NodeKind::Voicemail(_) | NodeKind::Survey(_) | NodeKind::HangUp { .. } => {
            Vec::new()
        }
    };
    let shown = |way: &str| if way == ANY { "other places".to_owned() } else { way.to_owned() };
    ways.into_iter().filter(|way| node.exit(way).is_none()).map(shown).collect()
}

/// The names of the tables of hours that the hotline uses.
pub(super) fn tables(hotline: &Hotline) -> impl Iterator<Item = &str> {
    let agents = hotline.agents.iter().filter_map(|agent| agent.hours.as_ref());
    let nodes = hotline.flow.nodes.iter().flat_map(|node| {
        let access = if let NodeKind::Access(access) = &node.kind { access.hours.as_ref() } else { None };
        let ringbacks = node.kind.reach().map(|reach| of_ringbacks(&reach.ringback)).unwrap_or_default();
        access.into_iter().chain(ringbacks)
    });
    let asked =
        hotline.flow.nodes.iter().filter_map(|node| {
            if let NodeKind::Hours { table } = &node.kind { Some(&**table) } else { None }
        });
    agents.chain(nodes).map(|(table, _)| &**table).chain(asked)
}

fn of_ringbacks(ringbacks: &Ringbacks) -> Vec<&(Arc<str>, Arc<str>)> {
    ringbacks.rules.iter().filter_map(|rule| rule.hours.as_ref()).collect()
}
