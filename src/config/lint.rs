//! Checks a hotline as a whole, after each line of its file is valid.
//!
//! A problem that would harm the first call is an error; any other is a warning. Each diagnostic has the position of
//! its node, group or table. The nodes that short forms make are correct by construction, so most checks cover only
//! nodes that the file writes.

use super::exits::{dialled, instant_exits, open_exits};
use super::reader::SourceInfo;
use super::{Diagnostic, Problem};
use crate::source_position::Position;
use hotlined_core::hotline::flow::{ANY, Flow, Node, NodeIx, NodeKind};
use hotlined_core::hotline::{Agent, Hotline};
use hotlined_core::hours::{CLOSED, Hours, Week};
use hotlined_core::number::{Area, AreaSet, Place, Region};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// The errors of a hotline. The file is refused if there are any.
pub(super) fn errors(file: &Path, hotline: &Hotline, source: &SourceInfo) -> Vec<Diagnostic> {
    let mut lint = Lint::new(file, hotline, source);
    lint.empty_groups();
    lint.loops();
    lint.layers();
    lint.keys();
    lint.numbers();
    lint.found()
}

/// The warnings of a hotline.
pub(super) fn warnings(file: &Path, hotline: &Hotline, source: &SourceInfo) -> Vec<Diagnostic> {
    let mut lint = Lint::new(file, hotline, source);
    lint.unreachable();
    lint.nowhere();
    lint.states();
    lint.routes();
    lint.off_duty();
    lint.unused();
    lint.sms();
    lint.found()
}

struct Lint<'h> {
    file: &'h Path,
    hotline: &'h Hotline,
    flow: &'h Flow,
    source: &'h SourceInfo,
    found: Vec<Diagnostic>,
}

impl<'h> Lint<'h> {
    fn new(file: &'h Path, hotline: &'h Hotline, source: &'h SourceInfo) -> Self {
        Self { file, hotline, flow: &hotline.flow, source, found: Vec::new() }
    }

    fn found(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| diagnostic.at);
        self.found
    }

    fn report(&mut self, table: &str, key: &str, problem: Problem) {
        let at = self.source.positions.get(table).copied();
        let key = if key.is_empty() { table.to_owned() } else { format!("{table}.{key}") };
        let at = at.or(Some(Position { line: 1, column: 1 }));
        self.found.push(Diagnostic { file: self.file.to_owned(), at, key, problem });
    }

    fn report_node(&mut self, node: &Node, key: &str, problem: Problem) {
        self.report(&table_of(node), key, problem);
    }

    /// The nodes that the file writes, with their indexes.
    fn written(&self) -> impl Iterator<Item = (NodeIx, &'h Node)> + use<'_, 'h> {
        let is_written = |node: &Node| self.source.positions.contains_key(&table_of(node));
        let places = (0..).map(NodeIx);
        places.zip(&self.flow.nodes).filter(move |(_, node)| is_written(node))
    }

    /// All nodes that a call can reach from this node, including the node itself.
    fn reach(&self, from: NodeIx, stop: impl Fn(&Node) -> bool) -> BTreeSet<NodeIx> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let Some(node) = self.flow.node(at).filter(|node| !stop(node)) else { continue };
            open.extend(node.exits.values().filter(|to| seen.insert(**to)));
        }
        seen
    }
}

/// Errors.
impl Lint<'_> {
    fn empty_groups(&mut self) {
        for group in self.hotline.groups.iter().filter(|group| group.agents.is_empty()) {
            self.report(&format!("groups.{}", group.name), "", Problem::EmptyGroup);
        }
    }

    /// Reports circles of exits in which no time passes: a call would never leave them.
    fn loops(&mut self) {
        let mut done = BTreeSet::new();
        let mut reports = Vec::new();
        for at in (0..self.flow.nodes.len()).filter_map(|at| u16::try_from(at).ok()).map(NodeIx) {
            let mut path = Vec::new();
            if let Some(circle) = self.circle(at, &mut path, &mut done) {
                reports.push(circle);
            }
        }
        for circle in reports {
            let nodes: Vec<&Node> = circle.iter().filter_map(|at| self.flow.node(*at)).collect();
            let Some(first) = nodes.first() else { continue };
            let names: Vec<&str> = nodes.iter().chain([first]).map(|node| &*node.name).collect();
            self.report_node(first, "exits", Problem::Loop(names.join(" -> ")));
        }
    }

    /// A circle of instant exits that can be reached from this node.
    fn circle(
        &self,
        from: NodeIx,
        path: &mut Vec<NodeIx>,
        done: &mut BTreeSet<NodeIx>,
    ) -> Option<Vec<NodeIx>> {
        // A depth-first search that visits each node once. The steps are kept in a list and not on the stack, because a
        // path may be as long as the flow has nodes.
        let mut steps: Vec<Vec<NodeIx>> = Vec::new();
        let mut next = Some(from);
        loop {
            if let Some(at) = next.take() {
                if let Some(begin) = path.iter().position(|seen| *seen == at) {
                    let circle = path[begin..].to_vec();
                    done.extend(path.iter());
                    return Some(circle);
                }
                if done.contains(&at) {
                    next = steps.last_mut().and_then(Vec::pop);
                } else {
                    path.push(at);
                    steps.push(self.flow.node(at).map(instant_exits).unwrap_or_default());
                    next = steps.last_mut().and_then(Vec::pop);
                }
            } else {
                steps.pop();
                done.extend(path.pop());
                if steps.is_empty() {
                    return None;
                }
                next = steps.last_mut().and_then(Vec::pop);
            }
        }
    }

    /// The number of menus before and including each node, on the shortest path.
    fn depths(&self) -> BTreeMap<NodeIx, usize> {
        let mut depths = BTreeMap::new();
        let mut open = VecDeque::from([(self.flow.start, 0)]);
        while let Some((at, above)) = open.pop_front() {
            let Some(node) = self.flow.node(at) else { continue };
            let depth = above + usize::from(is_menu(node));
            if depths.get(&at).is_some_and(|known| *known <= depth) {
                continue;
            }
            depths.insert(at, depth);
            for to in node.exits.values() {
                if is_menu(node) { open.push_back((*to, depth)) } else { open.push_front((*to, depth)) }
            }
        }
        depths
    }

    fn layers(&mut self) {
        let max = self.source.limits.layers;
        for (at, layer) in self.depths() {
            let Some(node) = self.flow.node(at) else { continue };
            if layer > max && is_menu(node) {
                self.report_node(node, "", Problem::TooDeep { layer, max });
            }
        }
    }

    fn keys(&mut self) {
        let max = self.source.limits.keys;
        for node in self.flow.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Menu(_))) {
            let count = dialled(node).count();
            if count > max {
                self.report_node(node, "exits", Problem::TooManyKeys { count, max });
            }
        }
    }

    /// A group behind a menu is an extension, with a limit on its agents.
    fn numbers(&mut self) {
        let max = self.source.limits.numbers;
        let menus = (0..).map(NodeIx).zip(&self.flow.nodes).filter(|(_, node)| is_menu(node));
        let behind: BTreeSet<NodeIx> = menus.flat_map(|(at, _)| self.reach(at, |_| false)).collect();
        let groups = behind.iter().filter_map(|at| self.flow.node(*at)?.group()).collect::<BTreeSet<_>>();
        for group in groups.iter().filter_map(|ix| self.hotline.groups.get(usize::from(ix.0))) {
            let count = group.agents.len();
            if count > max {
                self.report(
                    &format!("groups.{}", group.name),
                    "agents",
                    Problem::TooManyNumbers { count, max },
                );
            }
        }
    }
}

/// Warnings.
impl Lint<'_> {
    fn unreachable(&mut self) {
        let reached = self.reach(self.flow.start, |_| false);
        let lost: Vec<&Node> =
            self.written().filter(|(at, _)| !reached.contains(at)).map(|(_, node)| node).collect();
        for node in lost {
            self.report_node(node, "", Problem::Unreachable);
        }
    }

    fn nowhere(&mut self) {
        let open: Vec<(&Node, Vec<String>)> = self
            .written()
            .map(|(_, node)| (node, open_exits(node, &self.hotline.hours)))
            .filter(|(_, ways)| !ways.is_empty())
            .collect();
        for (node, ways) in open {
            self.report_node(node, "exits", Problem::Nowhere(ways.join(", ")));
        }
    }

    fn states(&mut self) {
        for (name, hours) in &self.hotline.hours {
            let opens = hours.states().iter().any(|state| &**state != CLOSED && hours.ever(state));
            if !opens {
                self.report(&format!("hours.{name}"), "", Problem::NeverOpens);
            }
        }
        let mut never = Vec::new();
        for (_, node) in self.written() {
            let NodeKind::Hours { table } = &node.kind else { continue };
            let Some(hours) = self.hotline.hours.get(table) else { continue };
            let states = node.exits.keys().filter(|state| &***state != ANY && !hours.ever(state));
            never.extend(states.map(|state| (node, state.clone())));
        }
        for (node, state) in never {
            self.report_node(node, &format!("exits.{state}"), Problem::NeverState);
        }
    }

    fn routes(&mut self) {
        let mut reports = Vec::new();
        for (_, node) in self.written() {
            let NodeKind::Area { routes } = &node.kind else { continue };
            let mut before: Vec<Area> = Vec::new();
            for (index, (areas, _)) in routes.iter().enumerate() {
                if hidden(areas, &before) {
                    reports.push((node, index));
                }
                before.extend(areas.iter());
            }
        }
        for (node, index) in reports {
            self.report_node(node, &format!("routes[{index}]"), Problem::NeverRoute);
        }
    }

    fn sms(&mut self) {
        for warning in super::sms_lint::warnings(self.hotline) {
            let message = warning.message.map(|index| format!("sms.messages[{index}]"));
            // The missed-call message of a short section has no table of its own.
            let written = message.filter(|table| self.source.positions.contains_key(table));
            let table = written.unwrap_or_else(|| "sms".to_owned());
            self.report(&table, warning.key, warning.problem.into());
        }
    }

    /// Reports groups without an agent on duty at some time at which an hours node leads to them: callers would be
    /// turned away during opening hours.
    fn off_duty(&mut self) {
        let mut reports = BTreeMap::new();
        for node in &self.flow.nodes {
            let NodeKind::Hours { table } = &node.kind else { continue };
            let Some(hours) = self.hotline.hours.get(table) else { continue };
            for (state, to) in node.exits.iter().filter(|(state, _)| &***state != ANY) {
                let behind = self.reach(*to, |node| matches!(node.kind, NodeKind::Hours { .. }));
                for at in behind {
                    let Some(group) = self.flow.node(at).and_then(Node::group) else { continue };
                    let Some(group) = self.hotline.groups.get(usize::from(group.0)) else { continue };
                    if reports.contains_key(&group.name) {
                        continue;
                    }
                    let agents =
                        group.agents.iter().filter_map(|at| self.hotline.agents.get(usize::from(*at)));
                    if let Some(when) = self.lacking(hours, state, agents) {
                        reports.insert(group.name.clone(), (when, format!("{table}.{state}")));
                    }
                }
            }
        }
        for (group, (when, state)) in reports {
            self.report(&format!("groups.{group}"), "", Problem::NobodyOnDuty { when, state });
        }
    }

    /// The first minute in this state at which no agent is on duty.
    fn lacking<'a>(
        &self,
        hours: &Hours,
        state: &str,
        agents: impl Iterator<Item = &'a Agent>,
    ) -> Option<String> {
        let mut covers: Vec<Week> = Vec::new();
        for agent in agents.filter(|agent| agent.on) {
            let (table, on_duty) = agent.hours.as_ref()?;
            covers.push(self.hotline.hours.get(table)?.week(on_duty));
        }
        hours.week(state).lacking(&covers).map(|moment| moment.to_string())
    }

    fn unused(&mut self) {
        let groups: BTreeSet<usize> =
            self.flow.nodes.iter().filter_map(|node| Some(node.group()?.0.into())).collect();
        let idle = self.hotline.groups.iter().enumerate().filter(|(at, _)| !groups.contains(at));
        let mut unused: Vec<String> = idle.map(|(_, group)| format!("groups.{}", group.name)).collect();
        let tables: BTreeSet<&str> = super::exits::tables(self.hotline).collect();
        let idle = self.hotline.hours.keys().filter(|table| !tables.contains(&***table));
        unused.extend(idle.map(|table| format!("hours.{table}")));
        for table in unused {
            self.report(&table, "", Problem::Unused);
        }
    }
}

fn table_of(node: &Node) -> String {
    format!("nodes.{}", node.name)
}

fn is_menu(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Menu(_) | NodeKind::Extension(_))
}

/// Whether earlier areas contain all of these areas.
fn hidden(areas: &AreaSet, before: &[Area]) -> bool {
    areas.iter().all(|area| before.iter().any(|earlier| holds(*earlier, area)))
}

/// Whether one area contains all of another, as far as the names tell.
fn holds(one: Area, other: Area) -> bool {
    if one == other {
        return true;
    }
    let cities = match other {
        Area::Code(code) => code.cities().to_vec(),
        Area::Province(place) | Area::City(place) => vec![place],
        Area::Region(_) | Area::Abroad | Area::OtherProvince | Area::Unknown | Area::Other => Vec::new(),
    };
    let all = |within: &dyn Fn(Place) -> bool| !cities.is_empty() && cities.iter().all(|city| within(*city));
    match one {
        Area::Other => true,
        Area::Region(region) => all(&|city| Region::of(city.province()) == region),
        Area::Province(province) => all(&|city| city.province() == province),
        Area::City(own) => all(&|city| city == own),
        Area::Code(_) | Area::Abroad | Area::OtherProvince | Area::Unknown => false,
    }
}
