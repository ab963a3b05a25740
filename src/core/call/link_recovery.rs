//! Link recovery: while the link to the switch is down, a call waits. When the link is back, the call compares its
//! legs with the switch's list of channels and catches up on the events it missed.

use super::attempt::{Attempt, AttemptPhase};
use super::call::{Call, CallEnv, CallStatus};
use super::seeded_random;
use super::transition::StageEvent;
use crate::event::{Cause, LegEvent, LegState, LiveLeg};
use crate::id::LegId;

/// How often an agent is called within one search whose leg never appeared.
const TRIES_PER_AGENT_MAX: usize = 2;

impl Call {
    /// The link to the switch is down.
    pub(super) fn link_lost(&mut self) {
        self.state.linked = false;
    }

    /// The link is back, with this connection. `find` looks a leg up in the switch's list of channels.
    pub(super) fn on_link_restored(
        &mut self,
        connection: u64,
        find: &dyn Fn(&LegId) -> Option<LiveLeg>,
        env: &mut CallEnv,
    ) -> CallStatus {
        self.state.linked = true;
        if std::mem::take(&mut self.state.taken_over) {
            let known = (self.state.seed, self.state.last_command);
            (self.state.seed, self.state.last_command) =
                seeded_random::reseed_taken_over_call(known, connection);
        }
        let before = self.stage();
        let legs: Vec<LegId> = self.legs().cloned().collect();
        for leg in legs {
            let live_leg = find(&leg);
            if live_leg.is_none() {
                self.retry_if_never_called(&leg);
            }
            for report in self.missed_events(&leg, live_leg, find) {
                if let CallStatus::Ended = self.on_leg(&leg, &report, env) {
                    return CallStatus::Ended;
                }
            }
        }
        self.hang_up_again(env);
        if self.stage() != before {
            return CallStatus::Alive;
        }
        self.dispatch(StageEvent::LinkRestored, env)
    }

    /// The order to call an agent may have been lost with the link or the daemon. An agent whose leg never appeared is
    /// tried once more, with another leg.
    fn retry_if_never_called(&mut self, leg: &LegId) {
        let Some(attempt_ix) = self.attempt_of_leg(leg) else { return };
        let Attempt { agent_ix, phase, ending, .. } = self.state.attempts[attempt_ix];
        let attempts = self.state.attempts[self.state.search.first_attempt.min(attempt_ix)..].iter();
        let tries = attempts.filter(|attempt| attempt.agent_ix == agent_ix).count();
        let untried = &mut self.state.search.untried;
        if phase == AttemptPhase::Calling
            && ending.is_none()
            && tries < TRIES_PER_AGENT_MAX
            && !untried.contains(&agent_ix)
        {
            untried.insert(0, agent_ix);
        }
    }

    /// The events the call missed about a leg, from the state the switch lists for the leg now.
    fn missed_events(
        &self,
        leg: &LegId,
        live_leg: Option<LiveLeg>,
        find: &dyn Fn(&LegId) -> Option<LiveLeg>,
    ) -> Vec<LegEvent> {
        let Some(live_leg) = live_leg else {
            return vec![LegEvent::HungUp { cause: Cause::Other, far_end: false }];
        };
        let is_caller = *leg == self.state.caller_leg;
        match live_leg.state {
            LegState::Elsewhere if is_caller => vec![LegEvent::Left],
            // The talk may have ended while the link was down.
            LegState::Parked if is_caller => {
                let answered = live_leg.answered.then_some(LegEvent::Answered);
                answered.into_iter().chain([LegEvent::Parked]).collect()
            }
            LegState::Bridged if is_caller => {
                let answered = live_leg.answered.then_some(LegEvent::Answered);
                // The caller talks to a leg unknown to the call: bridged by a daemon whose report was lost, or by a
                // person at the switch. Any command to the caller would break that talk, so the call counts as
                // diverted.
                let peer = self.ready_leg().or_else(|| self.bridged_leg(find));
                let bridged = peer.map_or(LegEvent::Left, |peer| LegEvent::Bridged { peer });
                answered.into_iter().chain([bridged]).collect()
            }
            LegState::Parked if !is_caller && live_leg.answered => vec![LegEvent::Answered, LegEvent::Parked],
            LegState::Ringing | LegState::Parked | LegState::Bridged | LegState::Elsewhere => Vec::new(),
        }
    }

    /// The agent's leg that talks with the caller, though no report of the bridge arrived.
    fn bridged_leg(&self, find: &dyn Fn(&LegId) -> Option<LiveLeg>) -> Option<LegId> {
        let legs = self
            .state
            .attempts
            .iter()
            .filter(|attempt| attempt.ending.is_none())
            .filter_map(|attempt| attempt.leg.as_ref());
        let is_ours =
            |live_leg: &LiveLeg| live_leg.caller_leg.as_ref().is_none_or(|leg| *leg == self.state.caller_leg);
        let is_bridged = |leg: &&LegId| {
            find(leg).is_some_and(|live_leg| live_leg.state == LegState::Bridged && is_ours(&live_leg))
        };
        legs.into_iter().find(is_bridged).cloned()
    }

    /// The agent's leg that is ready for the bridge.
    fn ready_leg(&self) -> Option<LegId> {
        let is_ready = |attempt: &&Attempt| attempt.phase == AttemptPhase::Ready && attempt.ending.is_none();
        self.state.attempts.iter().find(is_ready).and_then(|attempt| attempt.leg.clone())
    }
}
