//! The calls of a switch, kept in Redis for the daemon that comes after this one.
//!
//! What is kept of a switch stands in three hashes, so that whoever takes over finds everything without a search.
//! Who keeps shows the token of the switch's lease with each word, so that a daemon that acted too long can neither
//! keep nor forget; without a token nobody keeps anything of a switch that ever had a lease.
//!
//! A daemon that takes over has the lease first: from then on nobody else writes what it [loads](RedisStore::load).
//! It then lets its switchboard take the calls up, and only after that [adopts](Keep::Adopt) them: what the store
//! says of their claims from then on comes to it, and finds the calls there.
//!
//! Absent: which calls changed, and what is kept in which order.

use super::asked::{Ask, Asked, Fence};
use super::entry::{Edition, Entry};
use super::failure::Failure;
use super::store::RedisStore;
use crate::call::SAVED_FORMAT;
use crate::command::{Claim, PoolId};
use crate::event::{KeptCall, QueuePlace};
use crate::hotline::Hotline;
use crate::id::{CallId, LineId, SwitchId};
use crate::live::Kept;
use crate::live::outbox::{Delivery, DeliveryId};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many calls are adopted by one question.
pub const ADOPTED_AT_ONCE_MAX: usize = 100;
/// How many calls, or records, are loaded at once.
const LOADED_AT_ONCE_MAX: usize = 500;
/// How many versions of hotlines are loaded at once: one may be some hundred kilobytes.
const EDITIONS_AT_ONCE_MAX: usize = 20;

/// What is done about the calls of a switch that are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The call is as this from now on.
    Call {
        /// Which.
        call: CallId,
        /// How it is.
        entry: Entry,
    },
    /// A version of a hotline, asked before the first call that follows it.
    Edition {
        /// Which.
        edition: Edition,
        /// The hotline.
        json: Arc<str>,
    },
    /// Nobody follows these versions any more.
    Outdated(Vec<Edition>),
    /// The call ended: it is kept no longer, and gives back all it has, as by [`Ask::Forget`].
    Over {
        /// Which.
        call: CallId,
        /// What is to be delivered because it ended, to be kept until that is [done](Self::Done).
        deliveries: Vec<Delivery>,
    },
    /// This is to be delivered because of calls that go on.
    Deliver(Vec<Delivery>),
    /// These deliveries are done.
    Done(Vec<DeliveryId>),
    /// These calls were taken up: what the store knows of them is told, and what it will answer later comes to us.
    /// At most [`ADOPTED_AT_ONCE_MAX`].
    Adopt(Vec<CallId>),
}

impl Keep {
    /// Whether the script of the store does it.
    pub(super) fn is_asked_of_store(&self) -> bool {
        match self {
            Self::Over { .. } | Self::Adopt(_) => true,
            Self::Call { .. }
            | Self::Edition { .. }
            | Self::Outdated(_)
            | Self::Deliver(_)
            | Self::Done(_) => false,
        }
    }
}

/// What a call that was taken up has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The call.
    pub call: CallId,
    /// The lines it holds, by claim.
    pub holds: Vec<(u32, LineId, PoolId)>,
    /// The claims by which it waits, and where.
    pub waits: Vec<(u32, QueuePlace)>,
    /// The hotlines among whose live calls it is counted.
    pub counted: Vec<Arc<str>>,
}

/// What a daemon before us left of a switch.
#[derive(Debug)]
pub struct Loaded {
    /// The switch.
    pub switch: SwitchId,
    /// Its calls, the versions they follow, what may not have been delivered.
    pub kept: Kept,
    /// What stood beside each of its calls.
    pub open: BTreeMap<CallId, Open>,
    /// The calls that are over, though Redis does not know.
    pub over: Vec<CallId>,
}

impl Loaded {
    /// What we delivered ourselves, before we were started anew, is not delivered again; and a call whose record we
    /// wrote while Redis was away is over, whatever is kept of it.
    pub fn leave_out(&mut self, done: &BTreeSet<DeliveryId>) {
        let kept = &mut self.kept;
        kept.leave_out(done);
        let is_over = |call: &CallId| done.contains(&DeliveryId::record(call.clone()));
        self.over.extend(kept.calls.extract_if(.., |kept| is_over(&kept.call)).map(|kept| kept.call));
        self.over.iter().for_each(|call| drop(self.open.remove(call)));
    }
}

/// What stood beside a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The version of its hotline that it follows.
    pub edition: Option<Edition>,
    /// Its claims that were not answered, as far as it knows.
    pub waits: Vec<(u32, Claim)>,
}

impl RedisStore {
    /// What is kept of the switch that we act for. What cannot be read is told among the losses, and left as it is.
    pub async fn load(&mut self, now: Instant, fence: &Fence) -> Result<Loaded, Failure> {
        let [calls, editions, outbox] = self.keys().kept(&fence.switch);
        let mut loaded = Loaded {
            switch: fence.switch.clone(),
            kept: Kept::default(),
            open: BTreeMap::new(),
            over: Vec::new(),
        };
        let names = self.names(&calls).await?;
        for page in names.chunks(LOADED_AT_ONCE_MAX) {
            for (name, bytes) in self.fields(&calls, page).await? {
                match read_call(&name, &bytes) {
                    Ok((entry, call)) => {
                        let Entry { edition, waits, saved: _ } = entry;
                        loaded.open.insert(call.call.clone(), Open { edition, waits });
                        loaded.kept.calls.push(call);
                    }
                    Err(why) => loaded.kept.losses.push(format!("the call {name:?} at {calls} is {why}")),
                }
            }
        }
        self.load_editions(now, fence, &editions, &mut loaded).await?;
        let names = self.names(&outbox).await?;
        for page in names.chunks(LOADED_AT_ONCE_MAX) {
            for (name, bytes) in self.fields(&outbox, page).await? {
                match (name.parse(), String::from_utf8(bytes)) {
                    (Ok(id), Ok(payload)) => loaded.kept.deliveries.push(Delivery { id, payload }),
                    (Err(_), _) | (_, Err(_)) => {
                        loaded.kept.losses.push(format!("the delivery {name:?} at {outbox} is no text"));
                    }
                }
            }
        }
        Ok(loaded)
    }

    /// The versions of hotlines that the calls follow; any other is struck, unless a call that we cannot read may
    /// need it.
    async fn load_editions(
        &mut self,
        now: Instant,
        fence: &Fence,
        key: &str,
        loaded: &mut Loaded,
    ) -> Result<(), Failure> {
        let followed: BTreeSet<String> =
            loaded.open.values().filter_map(|open| open.edition.as_ref()).map(ToString::to_string).collect();
        let names = self.names(key).await?;
        let (wanted, others): (Vec<_>, Vec<_>) = names
            .into_iter()
            .partition(|name| followed.contains(&String::from_utf8_lossy(name).into_owned()));
        for page in wanted.chunks(EDITIONS_AT_ONCE_MAX) {
            for (name, bytes) in self.fields(key, page).await? {
                match serde_json::from_slice::<Hotline>(&bytes) {
                    Ok(hotline) => loaded.kept.hotlines.push(Arc::new(hotline)),
                    Err(error) => {
                        loaded.kept.losses.push(format!("the version {name} of a hotline at {key}: {error}"));
                    }
                }
            }
        }
        if !loaded.kept.losses.is_empty() {
            return Ok(());
        }
        let outdated: Vec<Edition> =
            others.iter().filter_map(|name| Edition::read(std::str::from_utf8(name).ok()?)).collect();
        for page in outdated.chunks(LOADED_AT_ONCE_MAX) {
            let ask = Ask::Keep { switch: fence.switch.clone(), what: Keep::Outdated(page.to_vec()) };
            let struck = self.ask(&[Asked { at: now, ask, fence: Some(fence.clone()) }]).await;
            struck.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        Ok(())
    }

    /// The names of all fields of a hash.
    async fn names(&mut self, key: &str) -> Result<Vec<Vec<u8>>, Failure> {
        let names = self.link().ask(redis::cmd("HKEYS").arg(key)).await?;
        Ok(redis::from_redis_value(names)?)
    }

    /// Those of these fields that are there.
    async fn fields(&mut self, key: &str, names: &[Vec<u8>]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let values = self.link().ask(redis::cmd("HMGET").arg(key).arg(names)).await?;
        let values: Vec<Option<Vec<u8>>> = redis::from_redis_value(values)?;
        let name = |name: &Vec<u8>| String::from_utf8_lossy(name).into_owned();
        Ok(names.iter().zip(values).filter_map(|(of, value)| Some((name(of), value?))).collect())
    }
}

/// A call, or what it is instead.
fn read_call(name: &str, bytes: &[u8]) -> Result<(Entry, KeptCall), String> {
    let (entry, call) = Entry::read(bytes)?;
    if call.call.to_string() != name {
        return Err(format!("another one: {}", call.call));
    }
    if call.format > SAVED_FORMAT {
        let format = call.format;
        return Err(format!("saved in format {format} by a later version; this one knows {SAVED_FORMAT}"));
    }
    Ok((entry, call))
}
