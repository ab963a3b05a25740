//! How a session announces that its daemon is active at the switch, and how it answers other announcements.

use super::error::SessionError;
use super::{EslSession, PendingReply, SessionOutput, SessionPhase};
use crate::switch::freeswitch::lease_beacon;
use crate::switch::lease_token::{Activation, LeaseToken, TokenOrder};

impl EslSession {
    /// Announces a token, or asks which daemon is active.
    pub(super) fn announce(&mut self, token: LeaseToken, output: &mut SessionOutput) {
        self.send(lease_beacon::announcement(&token), PendingReply::Ignored, output);
    }

    /// Another daemon announces that it is active, or asks which daemon is. A daemon that does not know of us,
    /// because it came late or comes back, receives our announcement.
    pub(super) fn on_announcement(
        &mut self,
        other: LeaseToken,
        output: &mut SessionOutput,
    ) -> Result<(), SessionError> {
        let (is_up, Some((our_token, activation))) = (self.phase == SessionPhase::Up, &mut self.token) else {
            return Ok(());
        };
        let is_active = is_up || *activation == Activation::Leased;
        if other.is_query() && (other.daemon() == our_token.daemon() || !is_active) {
            return Ok(());
        }
        match (our_token.compare(&other), activation) {
            (TokenOrder::Same, _) => {}
            (TokenOrder::Newer | TokenOrder::Older, Activation::Asking) if !is_up => {
                return Err(SessionError::Occupied(other));
            }
            (TokenOrder::Newer | TokenOrder::Older, Activation::TakingOver) if !is_up => {
                *our_token = our_token.clone().newer_than(&other);
            }
            (TokenOrder::Newer, _) => return Err(SessionError::Superseded(other)),
            (TokenOrder::Older, _) => {
                let our_token = our_token.clone();
                self.announce(our_token, output);
            }
        }
        Ok(())
    }

    /// The link comes up without leases, and no other daemon has announced itself: this daemon is active.
    pub(super) fn announce_if_alone(&mut self, output: &mut SessionOutput) {
        if let Some((our_token, Activation::Asking | Activation::TakingOver)) = self.token.clone() {
            self.announce(our_token, output);
        }
    }
}
