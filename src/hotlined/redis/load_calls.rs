//! Loads the saved calls of a switch from Redis, for the daemon that takes the switch over.
//!
//! Redis keeps three hashes for each switch, so the next daemon finds everything without a search.

use super::classify_error::unreadable_reply;
use super::client::RedisClient;
use hotlined_core::call::SAVED_FORMAT;
use hotlined_core::event::RawSavedCall;
use hotlined_core::hotline::Hotline;
use hotlined_core::time::Instant;
use hotlined_instance::cluster::call_entry::{CallEntry, HotlineVersion};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::loaded_calls::{LoadedCall, LoadedSwitch};
use hotlined_instance::cluster::redis_op::{Fence, FencedOp, RedisOp, ReplicationOp};
use hotlined_instance::persist::PersistedState;
use hotlined_instance::persist::outbox::Delivery;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many calls or deliveries one command loads at most.
const LOADED_AT_ONCE_MAX: usize = 500;
/// How many versions of hotlines one command loads at most: one may have some hundred kilobytes.
const EDITIONS_AT_ONCE_MAX: usize = 20;

impl RedisClient {
    /// Loads what Redis keeps of a switch whose lease the daemon has. What cannot be read is listed in the losses,
    /// and stays in Redis as it is.
    ///
    /// # Errors
    /// The connection is lost, a reply takes too long, or Redis refuses a command.
    pub async fn load(&mut self, now: Instant, fence: &Fence) -> Result<LoadedSwitch, RedisFailure> {
        let [calls, editions, outbox] = self.keys().kept(&fence.switch);
        let mut loaded = LoadedSwitch {
            switch: fence.switch.clone(),
            kept: PersistedState::default(),
            calls: BTreeMap::new(),
            ended: Vec::new(),
        };
        let names = self.names(&calls).await?;
        for page in names.chunks(LOADED_AT_ONCE_MAX) {
            for (name, bytes) in self.fields(&calls, page).await? {
                match read_call(&name, &bytes) {
                    Ok((entry, call)) => {
                        let CallEntry { version, open_claims, saved: _ } = entry;
                        loaded.calls.insert(call.call.clone(), LoadedCall { version, open_claims });
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

    /// Loads the versions of hotlines that the calls follow. Deletes all others, unless a call that cannot be read
    /// may need one.
    async fn load_editions(
        &mut self,
        now: Instant,
        fence: &Fence,
        key: &str,
        loaded: &mut LoadedSwitch,
    ) -> Result<(), RedisFailure> {
        let followed: BTreeSet<String> =
            loaded.calls.values().filter_map(|open| open.version.as_ref()).map(ToString::to_string).collect();
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
        let outdated: Vec<HotlineVersion> =
            others.iter().filter_map(|name| HotlineVersion::read(std::str::from_utf8(name).ok()?)).collect();
        for page in outdated.chunks(LOADED_AT_ONCE_MAX) {
            let ask = RedisOp::Replicate {
                switch: fence.switch.clone(),
                op: ReplicationOp::DropVersions(page.to_vec()),
            };
            let dropped = self.ask(&[FencedOp { at: now, op: ask, fence: Some(fence.clone()) }]).await;
            dropped.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        Ok(())
    }

    /// The names of all fields of a hash.
    async fn names(&mut self, key: &str) -> Result<Vec<Vec<u8>>, RedisFailure> {
        let names = self.link().ask(redis::cmd("HKEYS").arg(key)).await?;
        redis::from_redis_value(names).map_err(|error| unreadable_reply(&error))
    }

    /// The given fields of a hash, as far as they exist.
    async fn fields(&mut self, key: &str, names: &[Vec<u8>]) -> Result<Vec<(String, Vec<u8>)>, RedisFailure> {
        let values = self.link().ask(redis::cmd("HMGET").arg(key).arg(names)).await?;
        let values: Vec<Option<Vec<u8>>> =
            redis::from_redis_value(values).map_err(|error| unreadable_reply(&error))?;
        let name = |name: &Vec<u8>| String::from_utf8_lossy(name).into_owned();
        Ok(names.iter().zip(values).filter_map(|(of, value)| Some((name(of), value?))).collect())
    }
}

/// A call, or why the bytes are none.
fn read_call(name: &str, bytes: &[u8]) -> Result<(CallEntry, RawSavedCall), String> {
    let (entry, call) = CallEntry::read(bytes)?;
    if call.call.to_string() != name {
        return Err(format!("another one: {}", call.call));
    }
    if call.format > SAVED_FORMAT {
        let format = call.format;
        return Err(format!("saved in format {format} by a later version; this one knows {SAVED_FORMAT}"));
    }
    Ok((entry, call))
}
