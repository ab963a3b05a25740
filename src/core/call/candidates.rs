//! Which agents of a group may be tried for a caller now, in which order, and how a line of one of them is claimed.

use super::call_state::AgentSearch;
use super::context::Context;
use super::seeded_random;
use crate::command::{AcdRequest, Candidate, Claim, Pick, PoolId, QueueRank};
use crate::hotline::Agent;
use crate::hotline::flow::Reach;
use crate::hotline::group::{Group, Strategy};
use crate::id::LineId;

/// The most attempts to reach an agent in one call.
pub(super) const ATTEMPTS_MAX: usize = 1_000;

/// Begins the search for an agent at the node where the call is. Returns whether any agent is on duty.
pub(super) fn begin_search(reach: &Reach, cx: &mut Context) -> bool {
    cx.state.record_fields.hunted = true;
    let untried = on_duty(reach, cx);
    let is_anyone_on_duty = !untried.is_empty();
    let first_attempt = cx.state.attempts.len();
    cx.state.search = AgentSearch { untried, first_attempt, since: cx.now, until: cx.now + reach.wait };
    is_anyone_on_duty
}

/// The agents of the group who are active and on duty now.
pub(super) fn on_duty(reach: &Reach, cx: &Context) -> Vec<u16> {
    let Some(group) = group(reach, cx) else { return Vec::new() };
    let is_on_duty =
        |agent: &&Agent| agent.on && agent.hours.as_ref().is_none_or(|hours| cx.is_in_hours(hours));
    let is_available = |agent_ix: &u16| agent(*agent_ix, cx).filter(is_on_duty).is_some();
    let mut agents: Vec<u16> = group.agents.iter().copied().filter(is_available).collect();
    if group.strategy == Strategy::Random {
        // Each search of a call gets another order.
        let seed = cx.state.seed.wrapping_add(cx.state.attempts.len() as u64);
        seeded_random::shuffle(seed, &mut agents);
    }
    agents
}

/// The group of agents that the node reaches.
pub(super) fn group<'a>(reach: &Reach, cx: &Context<'a>) -> Option<&'a Group> {
    cx.hotline?.groups.get(usize::from(reach.group.0))
}

fn agent<'a>(agent_ix: u16, cx: &Context<'a>) -> Option<&'a Agent> {
    cx.hotline?.agents.get(usize::from(agent_ix))
}

/// Claims a line of one of these agents.
pub(super) fn claim_line(agents: &[u16], wait: Option<QueueRank>, reach: &Reach, cx: &mut Context) {
    let (Some(hotline), Some(group)) = (cx.hotline, group(reach, cx)) else { return };
    let agents = agents.iter().filter_map(|agent_ix| agent(*agent_ix, cx));
    let candidate =
        |agent: &Agent| Candidate { line: agent.line.clone(), lines: agent.lines, share: agent.share };
    let agents = agents.map(candidate).collect();
    let pick = match group.strategy {
        Strategy::Sequential | Strategy::Random | Strategy::Simultaneous => Pick::First,
        Strategy::RoundRobin => Pick::NextInTurn,
        Strategy::FewestCalls => Pick::FewestCalls,
        Strategy::LongestIdle => Pick::LongestIdle,
        Strategy::Ratio => Pick::ByShare,
    };
    let pool = pool_id(&hotline.number, group);
    let caller = group.last_agent_days.and_then(|_| cx.caller_key());
    let claim = cx.request(AcdRequest::Claim(Claim { pool, agents, pick, caller, wait }));
    cx.state.open_claims.push(claim);
}

/// The ACD's name for the group.
pub(super) fn pool_id(hotline: &str, group: &Group) -> PoolId {
    PoolId(format!("{hotline}/{}", group.name).into())
}

/// The agent of the group with this line. Where agents share a line: one who is not tried yet.
pub(super) fn agent_of_line<'a>(line: &LineId, cx: &Context<'a>) -> Option<(u16, &'a Agent)> {
    let group = cx.reach().and_then(|reach| group(reach, cx)).map_or(&[][..], |group| &group.agents);
    let mut agents = cx.state.search.untried.iter().chain(group);
    agents.find_map(|agent_ix| Some((*agent_ix, agent(*agent_ix, cx).filter(|agent| agent.line == *line)?)))
}
