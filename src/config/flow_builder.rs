//! Makes a flow of nodes whose exits name other nodes.

use hotlined_core::hotline::flow::{Flow, Node, NodeIx, NodeKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A node whose exits name other nodes.
pub(super) struct NodeDraft {
    /// The name of the node.
    pub(super) name: Arc<str>,
    /// What the node does.
    pub(super) kind: NodeKind,
    /// The exits: the name of the exit, and the name of the node it leads to.
    pub(super) exits: Vec<(Arc<str>, Arc<str>)>,
}

/// The flow of these nodes. `None` if an exit, or `start`, names no node.
pub(super) fn build_flow(start: &str, drafts: Vec<NodeDraft>) -> Option<Flow> {
    let by_name: BTreeMap<Arc<str>, NodeIx> = drafts
        .iter()
        .enumerate()
        .filter_map(|(index, draft)| Some((draft.name.clone(), NodeIx(u16::try_from(index).ok()?))))
        .collect();
    let node = |draft: NodeDraft| {
        let exit = |(exit, to): (Arc<str>, Arc<str>)| Some((exit, *by_name.get(&to)?));
        let exits = draft.exits.into_iter().map(exit).collect::<Option<_>>()?;
        Some(Node { name: draft.name, kind: draft.kind, exits })
    };
    let nodes = drafts.into_iter().map(node).collect::<Option<_>>()?;
    Some(Flow { start: *by_name.get(start)?, nodes })
}
