//! Who acts for a switch: one daemon at a time, for as long as it says so in time.
//!
//! A lease runs out by the clock of Redis, and by the clock of its holder a little earlier, since that counts from
//! before it asked. A holder that was paused and does not notice is shut out all the same: every lease has a
//! higher token than all before, and a request that shows a lower one than was given since is
//! [refused](Failure::Fenced).

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

/// What a daemon shows of itself, as it is written down.
#[derive(Serialize, Deserialize)]
struct StoredPresence {
    /// When, by the clock of Redis.
    at: u64,
    #[serde(default)]
    serves: Vec<SwitchId>,
    #[serde(default)]
    acts: Vec<SwitchId>,
    up_ms: u64,
}

impl RedisClient {
    /// Takes the lease of the switch for so long, if nobody else has it. What we had before under the same name is
    /// no good any more.
    pub async fn acquire(&mut self, switch: &SwitchId, span: Millis) -> Result<LeaseReply, RedisFailure> {
        self.lease("acquire", &Fence { switch: switch.clone(), token: 0 }, span).await
    }

    /// Has the lease for so long from now on, if nobody had a later one: also where it ran out, or was lost with the
    /// server that had it.
    pub async fn renew(&mut self, fence: &Fence, span: Millis) -> Result<LeaseReply, RedisFailure> {
        self.lease("renew", fence, span).await
    }

    /// Gives the lease up, so that somebody else may have it at once.
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

    /// Says that we are here, and sees who else said so within this span, and who acts for our switches.
    pub async fn look(&mut self, presence: &Presence, span: Millis) -> Result<ClusterView, RedisFailure> {
        let Presence { serves, acts, up } = presence.clone();
        let keys: Vec<String> = [self.keys().daemons()]
            .into_iter()
            .chain(serves.iter().map(|at| self.keys().lease(at)))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        // The clock of Redis says when: it is put in there.
        let shown = StoredPresence { at: 0, serves: serves.clone(), acts, up_ms: up.0 };
        let shown = serde_json::to_string(&shown).unwrap_or_default();
        let (us, kept) = (self.daemon().clone(), KEPT.0.to_string());
        let value = self.run_script(&script::PRESENCE, &keys, &[us.as_str(), &shown, &kept]).await?;
        let mut fields = ReplyFields::of(value)?;
        let now = fields.number()?;
        let mut view = ClusterView::default();
        let mut others = ReplyFields::of(fields.value()?)?;
        while let Some(name) = others.text_if_any()? {
            let shown = others.text()?;
            // One of a later version may show itself otherwise: then it is there, and leaves us alone.
            let Ok(shown) = serde_json::from_str::<StoredPresence>(&shown) else { continue };
            let Ok(name) = name.parse() else { continue };
            if name != us && now.saturating_sub(shown.at) <= span.0 {
                let StoredPresence { serves, acts, up_ms, at: _ } = shown;
                view.others.insert(name, Presence { serves, acts, up: Millis(up_ms) });
            }
        }
        for switch in serves {
            let (owner, left) = (fields.text()?, fields.number()?);
            let lease = (!owner.is_empty()).then_some((owner, Millis(left)));
            view.leases.insert(switch, lease);
        }
        Ok(view)
    }
}

impl ReplyFields {
    /// The next field, if there is one.
    fn text_if_any(&mut self) -> Result<Option<String>, RedisFailure> {
        self.next().map(text).transpose()
    }
}

fn text(value: Value) -> Result<String, RedisFailure> {
    ReplyFields::of(Value::Array(vec![value]))?.text()
}
