//! Which lines of the agents are in use, and by which call.

use crate::command::LineRequest;
use crate::id::{CallId, CommandId, LineId};
use std::collections::{BTreeMap, BTreeSet};

/// The lines in use. An agent's line is never given out beyond the agent's number of lines.
#[derive(Debug, Default)]
pub struct Lines(BTreeMap<LineId, BTreeSet<(CallId, u32)>>);

impl Lines {
    /// Carries out a request. For a claim, tells whether the line was given; a claim made twice is one claim.
    pub fn ask(&mut self, id: &CommandId, line: &LineId, request: LineRequest) -> Option<bool> {
        match request {
            LineRequest::Claim { lines } => {
                let holders = self.0.entry(line.clone()).or_default();
                let holder = (id.call.clone(), id.number);
                let granted = holders.contains(&holder) || holders.len() < usize::from(lines);
                if granted {
                    holders.insert(holder);
                }
                Some(granted)
            }
            LineRequest::Release { claim } => {
                if let Some(holders) = self.0.get_mut(line) {
                    holders.remove(&(id.call.clone(), claim));
                    if holders.is_empty() {
                        self.0.remove(line);
                    }
                }
                None
            }
        }
    }

    /// How many lines are in use, over all agents.
    pub fn in_use(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CommandId {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_is_given_once_and_comes_back_once() {
        let line = LineId("13900000001".into());
        let mut lines = Lines::default();
        let claim = LineRequest::Claim { lines: 1 };
        assert_eq!(lines.ask(&id("a/1"), &line, claim), Some(true));
        assert_eq!(lines.ask(&id("a/1"), &line, claim), Some(true), "asked twice");
        assert_eq!(lines.ask(&id("b/1"), &line, claim), Some(false));
        lines.ask(&id("b/2"), &line, LineRequest::Release { claim: 1 });
        assert_eq!(lines.in_use(), 1, "only the holder can give it back");
        lines.ask(&id("a/2"), &line, LineRequest::Release { claim: 1 });
        assert_eq!(lines.ask(&id("b/3"), &line, claim), Some(true));
    }
}
