//! The leases of the switches in Redis: one daemon at a time is active for a switch, for as long as it renews in time.
//!
//! A lease runs out by the clock of Redis. By the clock of its owner it runs out a little earlier, since the owner
//! counts from before its request. An owner that was paused and does not notice is refused all the same: every lease
//! has a higher token than all leases before, and Redis [refuses](RedisFailure::Fenced) an operation with a lower
//! token.

use super::client::RedisClient;
use super::reply::ReplyFields;
use super::script;
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::lease_policy::{ClusterView, Presence};
use hotlined_instance::cluster::lease_reply::LeaseReply;
use hotlined_instance::cluster::limits::KEPT;
use hotlined_instance::cluster::redis_op::Fence;
use redis::Value;
use serde::{Deserialize, Serialize};

/// What a daemon announces of itself, as JSON in Redis.
#[derive(Serialize, Deserialize)]
struct StoredPresence {
    /// When the daemon announced itself, by the clock of Redis.
    at: u64,
    #[serde(default, rename = "serves")]
    can_serve: Vec<SwitchId>,
    #[serde(default, rename = "acts")]
    active_for: Vec<SwitchId>,
    up_ms: u64,
}

impl RedisClient {
    /// Takes the lease of the switch for `span`, unless another daemon has it. A lease that a daemon of the same name
    /// had before ends with that.
    ///
    /// # Errors
    /// Redis is unavailable, refuses the script, or its reply cannot be read.
    pub async fn acquire(&mut self, switch: &SwitchId, span: Millis) -> Result<LeaseReply, RedisFailure> {
        self.lease("acquire", &Fence { switch: switch.clone(), token: 0 }, span).await
    }

    /// Renews the lease for `span` from now, unless another daemon had a later lease: also if this lease ran out, or
    /// was lost with the server that had it.
    ///
    /// # Errors
    /// Redis is unavailable, refuses the script, or its reply cannot be read.
    pub async fn renew(&mut self, fence: &Fence, span: Millis) -> Result<LeaseReply, RedisFailure> {
        self.lease("renew", fence, span).await
    }

    /// Gives the lease up, so that another daemon can take it at once.
    ///
    /// # Errors
    /// Redis is unavailable, refuses the script, or its reply cannot be read.
    pub async fn give_up(&mut self, fence: &Fence) -> Result<(), RedisFailure> {
        self.lease("give_up", fence, Millis(0)).await.map(|_| ())
    }

    async fn lease(&mut self, what: &str, fence: &Fence, span: Millis) -> Result<LeaseReply, RedisFailure> {
        let (lease, highest) = (self.keys().lease(&fence.switch), self.keys().fence(&fence.switch));
        let owner = self.daemon().clone();
        let [token, span_ms, kept] = [fence.token, span.0, KEPT.0].map(|number| number.to_string());
        let arguments = [what, owner.as_str(), &token, &span_ms, &kept];
        let [calls, editions, outbox] = self.keys().kept(&fence.switch);
        let keys = [&*lease, &highest, &calls, &editions, &outbox];
        let value = self.run_script(&script::LEASE, &keys, &arguments).await?;
        let mut fields = ReplyFields::of(value)?;
        let (whose, owner, token) = (fields.text()?, fields.text()?, fields.number_if_any()?);
        match (whose.as_str(), token) {
            ("ours", Some(token)) => Ok(LeaseReply::Granted(Fence { token, switch: fence.switch.clone() })),
            ("theirs" | "free", _) => {
                let left = Millis(fields.number()?);
                Ok(LeaseReply::Denied { owner: Some(owner).filter(|owner| !owner.is_empty()), left })
            }
            (other, _) => Err(RedisFailure::Garbled(format!("nobody knows the answer {other:?}"))),
        }
    }

    /// Announces this daemon. Returns the other daemons that announced themselves within `span`, and the leases of the
    /// switches that this daemon can serve.
    ///
    /// # Errors
    /// Redis is unavailable, refuses the script, or its reply cannot be read.
    pub async fn announce(&mut self, presence: &Presence, span: Millis) -> Result<ClusterView, RedisFailure> {
        let Presence { can_serve, active_for, up } = presence.clone();
        let keys: Vec<String> = [self.keys().daemons()]
            .into_iter()
            .chain(can_serve.iter().map(|switch| self.keys().lease(switch)))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        // The script puts the time in, by the clock of Redis.
        let stored = StoredPresence { at: 0, can_serve: can_serve.clone(), active_for, up_ms: up.0 };
        let presence_json = serde_json::to_string(&stored).unwrap_or_default();
        let (own_name, kept) = (self.daemon().clone(), KEPT.0.to_string());
        let value =
            self.run_script(&script::PRESENCE, &keys, &[own_name.as_str(), &presence_json, &kept]).await?;
        let mut fields = ReplyFields::of(value)?;
        let now = fields.number()?;
        let mut view = ClusterView::default();
        let mut others = ReplyFields::of(fields.value()?)?;
        while let Some(name) = others.text_if_any()? {
            let presence_json = others.text()?;
            // A daemon of a later version may announce itself in another form: it is left out.
            let Ok(stored) = serde_json::from_str::<StoredPresence>(&presence_json) else { continue };
            let Ok(name) = name.parse() else { continue };
            if name != own_name && now.saturating_sub(stored.at) <= span.0 {
                let StoredPresence { can_serve, active_for, up_ms, at: _ } = stored;
                view.others.insert(name, Presence { can_serve, active_for, up: Millis(up_ms) });
            }
        }
        for switch in can_serve {
            let (owner, left) = (fields.text()?, fields.number()?);
            let lease = (!owner.is_empty()).then_some((owner, Millis(left)));
            view.leases.insert(switch, lease);
        }
        Ok(view)
    }
}

impl ReplyFields {
    /// The next field as a text, if there is one.
    fn text_if_any(&mut self) -> Result<Option<String>, RedisFailure> {
        self.next().map(text).transpose()
    }
}

fn text(value: Value) -> Result<String, RedisFailure> {
    ReplyFields::of(Value::Array(vec![value]))?.text()
}
