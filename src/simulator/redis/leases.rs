//! Who acts for a switch, as `lease.lua` says it. A lease runs out by the server's clock.

use super::delayed::Late;
use super::{SimulatedRedis, State};
use hotlined_core::id::SwitchId;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::DaemonId;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_policy::{ClusterView, Presence};
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::redis_op::Fence;

/// A daemon that was not seen for so long is forgotten.
const FORGOTTEN_AFTER: Millis = Millis::seconds(3_600);

/// The right to act for a switch, until it runs out.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    owner: DaemonId,
    token: u64,
    until: Instant,
}

impl State {
    /// The lease of the switch, if somebody has it.
    pub(super) fn lease(&self, now: Instant, switch: &SwitchId) -> Option<&Lease> {
        self.leases.get(switch).filter(|lease| lease.until > now)
    }

    fn lend(&mut self, daemon: &DaemonId, fence: Fence, until: Instant) -> LeaseReply {
        let lease = Lease { owner: daemon.clone(), token: fence.token, until };
        self.leases.insert(fence.switch.clone(), lease);
        self.fences.insert(fence.switch.clone(), fence.token);
        LeaseReply::Granted(fence)
    }

    fn theirs(&self, now: Instant, switch: &SwitchId) -> LeaseReply {
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
        self.note(daemon, || Late::Acquire(switch.clone(), span));
        self.touch(now)?;
        if self.state.lease(now, switch).is_some_and(|lease| lease.owner != *daemon) {
            return Ok(self.state.theirs(now, switch));
        }
        let token = (self.highest_token(switch) + 1).max(now.0);
        Ok(self.state.lend(daemon, Fence { switch: switch.clone(), token }, now + span))
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
        self.note(daemon, || Late::Renew(fence.clone(), span));
        self.touch(now)?;
        // Whoever has the highest token may go on, whatever became of the lease.
        let of_lease = self.state.lease(now, &fence.switch).map_or(0, |lease| lease.token);
        let may = fence.token >= of_lease.max(self.highest_token(&fence.switch));
        Ok(match may {
            true => self.state.lend(daemon, fence.clone(), now + span),
            false => self.state.theirs(now, &fence.switch),
        })
    }

    /// As `RedisClient::give_up`.
    ///
    /// # Errors
    /// Redis is down or hangs.
    pub fn give_up(&mut self, now: Instant, daemon: &DaemonId, fence: &Fence) -> Result<(), RedisFailure> {
        self.note(daemon, || Late::GiveUp(fence.clone()));
        self.touch(now)?;
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
        self.touch(now)?;
        let shown = &mut self.state.shown;
        shown.insert(daemon.clone(), (now, presence.clone()));
        shown.retain(|_, (at, _)| now.since(*at) <= FORGOTTEN_AFTER);
        let others = shown.iter().filter(|(name, (at, _))| *name != daemon && now.since(*at) <= span);
        let others = others.map(|(name, (_, shown))| (name.clone(), shown.clone())).collect();
        let lease = |switch: &SwitchId| {
            self.state.lease(now, switch).map(|lease| (lease.owner.to_string(), lease.until.since(now)))
        };
        let leases = presence.can_serve.iter().map(|switch| (switch.clone(), lease(switch))).collect();
        Ok(ClusterView { others, leases })
    }
}
