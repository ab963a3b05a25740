//! The walk through the flow of a hotline. Nodes that decide at once are passed here; the walk ends at the first node
//! that needs a stage.

use super::context::Context;
use super::transition::{Exit, Transition};
use crate::command::{Action, Note};
use crate::event::Cause;
use crate::hotline::flow::{Node, NodeIx, NodeKind, Set};
use crate::number;
use std::sync::Arc;

/// The most nodes a call may pass. A flow that needs more runs in a circle.
const NODES_MAX: u16 = 500;
/// The most nodes in the call record.
const PATH_NODES_MAX: usize = 100;

/// The stages that serve nodes of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeStage {
    Access,
    Menu,
    Announce,
    Hunt,
    Queue,
    Voicemail,
    Survey,
    Verify,
}

/// The state of a table of hours in which the business works.
const OPEN: &str = "open";

/// Where a walk ends.
#[derive(Debug)]
pub(super) enum WalkEnd {
    /// At a node that this stage serves.
    Enter(NodeStage),
    /// Outside the flow.
    Leave(Transition),
}

/// Walks from this node to the first that needs a stage.
pub(super) fn walk(mut at: NodeIx, cx: &mut Context) -> WalkEnd {
    loop {
        cx.state.nodes_visited += 1;
        let Some(node) = cx.hotline.and_then(|hotline| hotline.flow.node(at)) else { return nowhere(cx) };
        if cx.state.nodes_visited > NODES_MAX {
            cx.note(Note::FlowTooLong);
            return nowhere(cx);
        }
        cx.state.node = at;
        if cx.state.record_fields.path.len() < PATH_NODES_MAX {
            cx.state.record_fields.path.push(node.name.clone());
        }
        // A queue answers a caller who has to wait, which turns out later.
        if node.answers() && !cx.is_at_queue() && cx.state.answered.is_none() {
            let leg = cx.state.caller_leg.clone();
            cx.send(Action::Answer { leg });
        }
        let (exit, reason) = match &node.kind {
            NodeKind::Hours { .. } | NodeKind::Area { .. } | NodeKind::Set(_) | NodeKind::Goto => {
                at_once(node, cx)
            }
            NodeKind::HangUp { cause } => {
                let cause = cx.conclude_by_flow(*cause);
                return WalkEnd::Leave(Transition::Ending { cause });
            }
            NodeKind::Access(_) => return WalkEnd::Enter(NodeStage::Access),
            NodeKind::Menu(_) | NodeKind::Collect(_) | NodeKind::Extension(_) => {
                return WalkEnd::Enter(NodeStage::Menu);
            }
            NodeKind::Play(_) => return WalkEnd::Enter(NodeStage::Announce),
            NodeKind::Group(_) => return WalkEnd::Enter(NodeStage::Hunt),
            NodeKind::Queue(_) => return WalkEnd::Enter(NodeStage::Queue),
            NodeKind::Voicemail(_) => return WalkEnd::Enter(NodeStage::Voicemail),
            NodeKind::Survey(_) => return WalkEnd::Enter(NodeStage::Survey),
            NodeKind::VerifyCode(_) => return WalkEnd::Enter(NodeStage::Verify),
        };
        match next(node, &exit, reason, cx) {
            Some(to) => at = to,
            None => return nowhere(cx),
        }
    }
}

/// Leaves the node where the call is.
pub(super) fn leave(exit: &Exit, reason: Box<str>, cx: &mut Context) -> Transition {
    let to = cx.node().and_then(|node| next(node, exit, reason, cx));
    match to {
        Some(to) => Transition::Node(to),
        None if exit.name() == TALKED || exit.name() == "done" => {
            let cause = cx.conclude_by_flow(None);
            Transition::Ending { cause }
        }
        None => closing(cx),
    }
}

/// Follows the exit `hangup` after the caller hung up, so that the flow can still set marks.
pub(super) fn after_hang_up(cx: &mut Context) {
    const HANG_UP: &str = "hangup";
    let mut exit = (Exit::Fixed(HANG_UP), Box::from("the caller hung up"));
    let first = cx.node().filter(|node| node.exits.contains_key(HANG_UP));
    let mut from = first;
    while let Some(node) = from {
        let Some(to) = next(node, &exit.0, exit.1, cx) else { return };
        cx.state.nodes_visited = cx.state.nodes_visited.saturating_add(1);
        let node = cx.hotline.and_then(|hotline| hotline.flow.node(to));
        let Some(node) = node.filter(|node| node.is_instant() && cx.state.nodes_visited <= NODES_MAX) else {
            return;
        };
        exit = at_once(node, cx);
        from = Some(node);
    }
}

/// The exit of a node that decides at once; `done` for a node that needs time.
fn at_once(node: &Node, cx: &mut Context) -> (Exit, Box<str>) {
    match &node.kind {
        NodeKind::Hours { table } => hours(table, cx),
        NodeKind::Area { routes } => area(routes, cx),
        NodeKind::Set(set) => note_down(set, cx),
        NodeKind::Goto
        | NodeKind::Access(_)
        | NodeKind::Menu(_)
        | NodeKind::Collect(_)
        | NodeKind::Extension(_)
        | NodeKind::Play(_)
        | NodeKind::Group(_)
        | NodeKind::Queue(_)
        | NodeKind::Voicemail(_)
        | NodeKind::Survey(_)
        | NodeKind::VerifyCode(_)
        | NodeKind::HangUp { .. } => (Exit::Fixed("done"), "".into()),
    }
}

/// The exit after a talk. A flow goes on after a talk only where it has this exit.
pub(super) const TALKED: &str = "talked";

/// The node after a talk, if the flow goes on there.
pub(super) fn after_talk(cx: &Context) -> Option<NodeIx> {
    let to = *cx.node()?.exits.get(TALKED)?;
    let ends = matches!(cx.hotline?.flow.node(to)?.kind, NodeKind::HangUp { .. });
    (!ends).then_some(to)
}

/// The node behind an exit. Notes the exit for the log.
fn next(node: &Node, exit: &Exit, reason: Box<str>, cx: &mut Context) -> Option<NodeIx> {
    let to = match exit.name() {
        TALKED => node.exits.get(TALKED).copied(),
        name => node.exit(name),
    };
    let known = node.exits.get_key_value(exit.name());
    let exit = known.map_or_else(|| exit.name().into(), |(known, _)| known.clone());
    cx.note(Note::Node { node: node.name.clone(), exit, reason });
    to
}

fn nowhere(cx: &mut Context) -> WalkEnd {
    WalkEnd::Leave(closing(cx))
}

fn closing(cx: &Context) -> Transition {
    let cause = if cx.state.record_fields.hunted { cx.failure_cause(0) } else { Cause::Normal };
    Transition::Closing { cause }
}

fn hours(table: &Arc<str>, cx: &mut Context) -> (Exit, Box<str>) {
    let Some(hours) = cx.hotline.and_then(|hotline| hotline.hours.get(table)) else {
        return (Exit::Fixed("closed"), "there is no such table of hours".into());
    };
    let answer = hours.state(cx.now, cx.calendar);
    cx.state.record_fields.closed |= *answer.state != *OPEN;
    (Exit::Named(answer.state), answer.because.to_string().into())
}

fn area(routes: &[(number::AreaSet, Arc<str>)], cx: &Context) -> (Exit, Box<str>) {
    let place = cx.caller_location();
    let route = routes.iter().find(|(areas, _)| areas.contains(&place));
    let exit = route.map_or(Exit::Fixed("elsewhere"), |(_, exit)| Exit::Named(exit.clone()));
    (exit, location_in_words(&place).into())
}

fn note_down(set: &Set, cx: &mut Context) -> (Exit, Box<str>) {
    if let Some(priority) = set.priority {
        cx.state.priority = priority;
    }
    if let Some((name, value)) = &set.mark {
        cx.state.record_fields.marks.insert(name.clone(), value.clone());
    }
    (Exit::Fixed("done"), "".into())
}

/// The caller's location, for a person who asks why.
pub(super) fn location_in_words(place: &number::Location) -> String {
    let cities: Vec<&str> = place.cities().iter().map(|city| city.name()).collect();
    match (cities.is_empty(), place.province) {
        (false, _) => cities.join(" or "),
        (true, Some(province)) => province.name().to_owned(),
        (true, None) if place.is_abroad() => "abroad".to_owned(),
        (true, None) => "a place nobody knows".to_owned(),
    }
}
