//! Which lines of the agents are in use, and by which call.

use crate::command::StoreRequest;
use crate::event::StoreAnswer;
use crate::id::{CallId, CommandId, LineId};
use std::collections::{BTreeMap, BTreeSet};

/// The lines in use. An agent's line is never given out beyond the agent's number of lines.
#[derive(Debug, Default)]
pub struct Lines(BTreeMap<LineId, BTreeSet<(CallId, u32)>>);

impl Lines {
    /// Carries out a request. A claim made twice is one claim.
    pub fn ask(&mut self, id: &CommandId, request: &StoreRequest) -> Option<StoreAnswer> {
        let holder = (id.call.clone(), id.number);
        match request {
            StoreRequest::Claim(claim) => {
                for agent in &claim.agents {
                    let holders = self.0.entry(agent.line.clone()).or_default();
                    if holders.contains(&holder) || holders.len() < usize::from(agent.lines) {
                        holders.insert(holder);
                        return Some(StoreAnswer::Claimed { line: agent.line.clone() });
                    }
                }
                Some(StoreAnswer::Refused)
            }
            StoreRequest::Release { claim, .. } => {
                for holders in self.0.values_mut() {
                    holders.remove(&(id.call.clone(), *claim));
                }
                self.0.retain(|_, holders| !holders.is_empty());
                None
            }
            _ => None,
        }
    }

    /// How many lines are in use, over all agents.
    pub fn in_use(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
}
