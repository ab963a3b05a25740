//! Which daemon is the active daemon of a switch, as in `lease.lua`. A lease runs out by the server's clock.

use super::delayed::DelayedRequest;
use super::server::SimulatedRedis;
use super::state::{Lease, ServerState};
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_policy::{ClusterView, Presence};
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::redis_op::Fence;

/// The presence of a daemon is deleted when it is this old.
const PRESENCE_AGE_MAX: Millis = Millis::seconds(3_600);

impl ServerState {
    /// The lease of the switch, if a daemon holds one that has not run out.
    pub(super) fn lease(&self, now: Instant, switch: &SwitchId) -> Option<&Lease> {
        self.leases.get(switch).filter(|lease| lease.until > now)
    }

    fn grant_lease(&mut self, daemon: &DaemonId, fence: Fence, until: Instant) -> LeaseReply {
        let lease = Lease { owner: daemon.clone(), token: fence.token, until };
        self.leases.insert(fence.switch.clone(), lease);
        self.highest_tokens.insert(fence.switch.clone(), fence.token);
        LeaseReply::Granted(fence)
    }

    /// The reply to a daemon that does not get the lease.
    fn deny_lease(&self, now: Instant, switch: &SwitchId) -> LeaseReply {
        let lease = self.lease(now, switch);
        let owner = lease.map(|lease| lease.owner.to_string());
        LeaseReply::Denied { owner, left: lease.map_or(Millis(0), |lease| lease.until.since(now)) }
    }
}

impl SimulatedRedis {
    /// As `RedisClient::acquire`. `now` is the server's time.
    ///
    /// # Errors
    /// Redis is down or hangs.
    pub fn acquire(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        switch: &SwitchId,
        span: Millis,
    ) -> Result<LeaseReply, RedisFailure> {
        self.delay_if_hung(daemon, || DelayedRequest::Acquire(switch.clone(), span));
        self.begin_request(now)?;
        if self.state.lease(now, switch).is_some_and(|lease| lease.owner != *daemon) {
            return Ok(self.state.deny_lease(now, switch));
        }
        let token = (self.highest_token(switch) + 1).max(now.0);
        Ok(self.state.grant_lease(daemon, Fence { switch: switch.clone(), token }, now + span))
    }

    /// As `RedisClient::renew`.
    ///
    /// # Errors
    /// Redis is down or hangs.
    pub fn renew(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        fence: &Fence,
        span: Millis,
    ) -> Result<LeaseReply, RedisFailure> {
        self.delay_if_hung(daemon, || DelayedRequest::Renew(fence.clone(), span));
        self.begin_request(now)?;
        // The daemon with the highest token renews its lease, even if the lease has run out or was lost.
        let lease_token = self.state.lease(now, &fence.switch).map_or(0, |lease| lease.token);
        let is_newest = fence.token >= lease_token.max(self.highest_token(&fence.switch));
        Ok(match is_newest {
            true => self.state.grant_lease(daemon, fence.clone(), now + span),
            false => self.state.deny_lease(now, &fence.switch),
        })
    }

    /// As `RedisClient::give_up`.
    ///
    /// # Errors
    /// Redis is down or hangs.
    pub fn give_up(&mut self, now: Instant, daemon: &DaemonId, fence: &Fence) -> Result<(), RedisFailure> {
        self.delay_if_hung(daemon, || DelayedRequest::GiveUp(fence.clone()));
        self.begin_request(now)?;
        let lease = self.state.lease(now, &fence.switch);
        if lease.is_some_and(|lease| lease.owner == *daemon && lease.token == fence.token) {
            self.state.leases.remove(&fence.switch);
        }
        Ok(())
    }

    /// As `RedisClient::look`.
    ///
    /// # Errors
    /// Redis is down or hangs.
    pub fn look(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        presence: &Presence,
        span: Millis,
    ) -> Result<ClusterView, RedisFailure> {
        self.begin_request(now)?;
        let presences = &mut self.state.presences;
        presences.insert(daemon.clone(), (now, presence.clone()));
        presences.retain(|_, (at, _)| now.since(*at) <= PRESENCE_AGE_MAX);
        let others = presences.iter().filter(|(name, (at, _))| *name != daemon && now.since(*at) <= span);
        let others = others.map(|(name, (_, presence))| (name.clone(), presence.clone())).collect();
        let lease = |switch: &SwitchId| {
            self.state.lease(now, switch).map(|lease| (lease.owner.to_string(), lease.until.since(now)))
        };
        let leases = presence.can_serve.iter().map(|switch| (switch.clone(), lease(switch))).collect();
        Ok(ClusterView { others, leases })
    }
}
