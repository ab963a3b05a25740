//! Who of a group may be tried for a caller now, in which order, and how the store is asked for one of them.

use super::call_state::AgentSearch;
use super::context::Context;
use super::seeded_random;
use crate::command::{AcdRequest, Candidate, Claim, Pick, PoolId, QueueRank};
use crate::hotline::Agent;
use crate::hotline::flow::Reach;
use crate::hotline::group::{Group, Strategy};
use crate::id::LineId;

/// The most attempts to reach somebody for one call.
pub(super) const ATTEMPTS_MAX: usize = 1_000;

/// Begins to look for an agent from the node where the call is. Tells whether anybody is on duty at all.
pub(super) fn begin_search(reach: &Reach, cx: &mut Context) -> bool {
    cx.state.record_fields.hunted = true;
    let untried = on_duty(reach, cx);
    let is_anyone_on_duty = !untried.is_empty();
    let first_attempt = cx.state.attempts.len();
    cx.state.search = AgentSearch { untried, first_attempt, since: cx.now, until: cx.now + reach.wait };
    is_anyone_on_duty
}

/// The agents of the group who are on and on duty now.
pub(super) fn on_duty(reach: &Reach, cx: &Context) -> Vec<u16> {
    let Some(group) = group(reach, cx) else { return Vec::new() };
    let is_on_duty =
        |agent: &&Agent| agent.on && agent.hours.as_ref().is_none_or(|hours| cx.is_in_hours(hours));
    let is_available = |agent_ix: &u16| agent(*agent_ix, cx).filter(is_on_duty).is_some();
    let mut agents: Vec<u16> = group.agents.iter().copied().filter(is_available).collect();
    if group.strategy == Strategy::Random {
        // Another order for each search of a call.
        let seed = cx.state.seed.wrapping_add(cx.state.attempts.len() as u64);
        seeded_random::shuffle(seed, &mut agents);
    }
    agents
}

pub(super) fn group<'a>(reach: &Reach, cx: &Context<'a>) -> Option<&'a Group> {
    cx.hotline?.groups.get(usize::from(reach.group.0))
}

fn agent<'a>(agent_ix: u16, cx: &Context<'a>) -> Option<&'a Agent> {
    cx.hotline?.agents.get(usize::from(agent_ix))
}

/// Asks for a line of one of these agents.
pub(super) fn claim_line(agents: &[u16], wait: Option<QueueRank>, reach: &Reach, cx: &mut Context) {
    let (Some(hotline), Some(group)) = (cx.hotline, group(reach, cx)) else { return };
    let agents = agents.iter().filter_map(|agent_ix| agent(*agent_ix, cx));
    let agents = agents.map(|a| Candidate { line: a.line.clone(), lines: a.lines, share: a.share }).collect();
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

/// The name under which the store remembers whose turn it is in the group.
pub(super) fn pool_id(hotline: &str, group: &Group) -> PoolId {
    PoolId(format!("{hotline}/{}", group.name).into())
}

/// Which agent of the group this line is: one still to be tried, if it is several's.
pub(super) fn agent_of_line<'a>(line: &LineId, cx: &Context<'a>) -> Option<(u16, &'a Agent)> {
    let group = cx.reach().and_then(|reach| group(reach, cx)).map_or(&[][..], |group| &group.agents);
    let mut agents = cx.state.search.untried.iter().chain(group);
    agents.find_map(|agent_ix| Some((*agent_ix, agent(*agent_ix, cx).filter(|agent| agent.line == *line)?)))
}
