//! Who acts for a switch: one daemon at a time, for as long as it says so in time.
//!
//! A lease runs out by the clock of Redis, and by the clock of its holder a little earlier, since that counts from
//! before it asked. A holder that was paused and does not notice is shut out all the same: every lease has a
//! higher token than all before, and a request that shows a lower one than was given since is
//! [refused](Failure::Fenced).

use super::asked::Fence;
use super::failure::Failure;
use super::keys::KEPT;
use super::reply::Fields;
use super::script;
use super::store::RedisStore;
use crate::id::SwitchId;
use crate::time::{Instant, Millis};
use std::time::Duration;

/// The right to act for a switch.
#[derive(Clone, Debug)]
pub struct Lease {
    /// By what right: goes with every request of the switch's calls.
    pub fence: Fence,
    /// Until when, by our own clock, unless it is renewed.
    pub good_until: tokio::time::Instant,
}

/// Who has a lease, once we asked for it.
#[derive(Clone, Debug)]
pub enum Taken {
    /// We have.
    Ours(Lease),
    /// Somebody else, or nobody any more.
    Theirs {
        /// Which daemon; none where it ran out or was given up.
        owner: Option<String>,
        /// For how long, if it is not renewed.
        left: Millis,
    },
}

impl RedisStore {
    /// Takes the lease of the switch for so long, if nobody else has it. What we had before under the same name is
    /// no good any more.
    pub async fn acquire(&mut self, now: Instant, switch: &SwitchId, span: Millis) -> Result<Taken, Failure> {
        self.lease("acquire", now, Fence { switch: switch.clone(), token: 0 }, span).await
    }

    /// Has the lease for so long from now on, if it is still ours: also where it ran out, but nobody took it.
    pub async fn renew(&mut self, now: Instant, lease: &Lease, span: Millis) -> Result<Taken, Failure> {
        self.lease("renew", now, lease.fence.clone(), span).await
    }

    /// Gives the lease up, so that somebody else may have it at once.
    pub async fn give_up(&mut self, now: Instant, lease: &Lease) -> Result<(), Failure> {
        self.lease("give_up", now, lease.fence.clone(), Millis(0)).await.map(|_| ())
    }

    async fn lease(
        &mut self,
        what: &str,
        now: Instant,
        fence: Fence,
        span: Millis,
    ) -> Result<Taken, Failure> {
        let (lease, highest) = (self.keys().lease(&fence.switch), self.keys().fence(&fence.switch));
        let owner = self.daemon().clone();
        let [token, span_ms, now] = [fence.token, span.0, now.0].map(|number| number.to_string());
        let kept = KEPT.0.to_string();
        let arguments = [what, owner.as_str(), &token, &span_ms, &now, &kept];
        let asked = tokio::time::Instant::now();
        let [calls, editions, outbox] = self.keys().kept(&fence.switch);
        let keys = [&*lease, &highest, &calls, &editions, &outbox];
        let value = self.run_script(&script::LEASE, &keys, &arguments).await?;
        let mut fields = Fields::of(value)?;
        let (whose, owner, token) = (fields.text()?, fields.text()?, fields.number_if_any()?);
        match (whose.as_str(), token) {
            ("ours", Some(token)) => {
                let good_until = asked + Duration::from_millis(span.0);
                Ok(Taken::Ours(Lease { fence: Fence { token, ..fence }, good_until }))
            }
            ("theirs" | "free", _) => {
                let left = Millis(fields.number()?);
                Ok(Taken::Theirs { owner: Some(owner).filter(|owner| !owner.is_empty()), left })
            }
            (other, _) => Err(Failure::Garbled(format!("nobody knows the answer {other:?}"))),
        }
    }
}
