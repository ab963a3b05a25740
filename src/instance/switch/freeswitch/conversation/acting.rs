//! Which daemon acts for the switch, as that is said and heard on a connection.

use super::{Awaited, Conversation, Outcome, Refusal, Stage};
use crate::switch::freeswitch::lease_beacon;
use crate::switch::lease_token::{Claim, Claiming, Standing};

impl Conversation {
    pub(super) fn say_acts(&mut self, claim: Claim, outcome: &mut Outcome) {
        self.ask(lease_beacon::request(&claim), Awaited::Nothing, outcome);
    }

    /// Another daemon says that it acts, or asks who does. One that does not know of us, since it came late or comes
    /// back, is told.
    pub(super) fn other_acts(&mut self, other: Claim, outcome: &mut Outcome) -> Result<(), Refusal> {
        let (is_up, Some((ours, claiming))) = (self.stage == Stage::Up, &mut self.claim) else {
            return Ok(());
        };
        let says_so = is_up || *claiming == Claiming::Leased;
        if other.is_question() && (other.daemon() == ours.daemon() || !says_so) {
            return Ok(());
        }
        match (ours.beside(&other), claiming) {
            (Standing::Same, _) => {}
            (Standing::Before | Standing::Behind, Claiming::Asking) if !is_up => {
                return Err(Refusal::Occupied(other));
            }
            (Standing::Before | Standing::Behind, Claiming::TakingOver) if !is_up => {
                *ours = ours.clone().before(&other);
            }
            (Standing::Before, _) => return Err(Refusal::Superseded(other)),
            (Standing::Behind, _) => {
                let ours = ours.clone();
                self.say_acts(ours, outcome);
            }
        }
        Ok(())
    }

    /// The link comes up: where nobody said so of themselves, we act.
    pub(super) fn say_that_we_act(&mut self, outcome: &mut Outcome) {
        if let Some((ours, Claiming::Asking | Claiming::TakingOver)) = self.claim.clone() {
            self.say_acts(ours, outcome);
        }
    }
}
