//! Who acts for a switch, as `lease.lua` says it. A lease runs out by the server's clock.

use super::{Redis, State};
use crate::id::SwitchId;
use crate::live::DaemonId;
use crate::live::redis::{Failure, Fence};
use crate::time::{Instant, Millis};

/// The right to act for a switch, until it runs out.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    owner: DaemonId,
    token: u64,
    until: Instant,
}

/// Who has a lease, once somebody asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lent {
    /// Whoever asked.
    Ours(Fence),
    /// Somebody else, or nobody any more.
    Theirs {
        /// Which daemon; none where it ran out or was given up.
        owner: Option<String>,
        /// For how long, if it is not renewed.
        left: Millis,
    },
}

impl State {
    /// The lease of the switch, if somebody has it.
    pub(super) fn lease(&self, now: Instant, switch: &SwitchId) -> Option<&Lease> {
        self.leases.get(switch).filter(|lease| lease.until > now)
    }

    fn lend(&mut self, daemon: &DaemonId, fence: Fence, until: Instant) -> Lent {
        let lease = Lease { owner: daemon.clone(), token: fence.token, until };
        self.leases.insert(fence.switch.clone(), lease);
        self.fences.insert(fence.switch.clone(), fence.token);
        Lent::Ours(fence)
    }

    fn theirs(&self, now: Instant, switch: &SwitchId) -> Lent {
        let lease = self.lease(now, switch);
        let owner = lease.map(|lease| lease.owner.to_string());
        Lent::Theirs { owner, left: lease.map_or(Millis(0), |lease| lease.until.since(now)) }
    }
}

impl Redis {
    /// As [`RedisStore::acquire`](crate::live::redis::RedisStore::acquire). `now` is the server's time, `told` what
    /// time it is by the daemon's clock.
    pub fn acquire(
        &mut self,
        now: Instant,
        told: Instant,
        daemon: &DaemonId,
        switch: &SwitchId,
        span: Millis,
    ) -> Result<Lent, Failure> {
        self.touch(now)?;
        if self.state.lease(now, switch).is_some_and(|lease| lease.owner != *daemon) {
            return Ok(self.state.theirs(now, switch));
        }
        let token = (self.highest_token(switch) + 1).max(told.0);
        Ok(self.state.lend(daemon, Fence { switch: switch.clone(), token }, now + span))
    }

    /// As [`RedisStore::renew`](crate::live::redis::RedisStore::renew).
    pub fn renew(
        &mut self,
        now: Instant,
        daemon: &DaemonId,
        fence: &Fence,
        span: Millis,
    ) -> Result<Lent, Failure> {
        self.touch(now)?;
        let may = match self.state.lease(now, &fence.switch) {
            Some(lease) => lease.owner == *daemon && lease.token == fence.token,
            // It ran out and was given to nobody since.
            None => self.state.fences.get(&fence.switch) == Some(&fence.token),
        };
        Ok(match may {
            true => self.state.lend(daemon, fence.clone(), now + span),
            false => self.state.theirs(now, &fence.switch),
        })
    }

    /// As [`RedisStore::give_up`](crate::live::redis::RedisStore::give_up).
    pub fn give_up(&mut self, now: Instant, daemon: &DaemonId, fence: &Fence) -> Result<(), Failure> {
        self.touch(now)?;
        let lease = self.state.lease(now, &fence.switch);
        if lease.is_some_and(|lease| lease.owner == *daemon && lease.token == fence.token) {
            self.state.leases.remove(&fence.switch);
        }
        Ok(())
    }
}
