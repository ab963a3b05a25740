//! How often each anti-counterfeit code was queried (防伪查询).

use super::CALLS_KNOWN_MAX;
use super::expiring_map::ExpiringMap;
use crate::event::AcdReply;
use crate::id::{CallId, CommandId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most codes that are counted, over all hotlines. Beyond them, the code whose last query is oldest is forgotten,
/// and counts as never queried.
const CODES_COUNTED_MAX: usize = 1_000_000;
/// Longer than any ACD lives: the counts of codes do not expire.
const EVER: Millis = Millis::seconds(1_000 * 366 * 24 * 3_600);

/// The queries of all codes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CodeCounts {
    seen: ExpiringMap<Key, Seen>,
    /// The last reply to each call, with the number of its command: a repeated query is one query.
    #[serde(rename = "told")]
    last_replies: BTreeMap<CallId, (u32, Option<Seen>)>,
}

/// The code, the set of codes, the hotline. The part that differs most comes first, for fast comparison.
type Key = (Arc<str>, Arc<str>, Arc<str>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Seen {
    times: u32,
    first: Instant,
}

impl Default for CodeCounts {
    fn default() -> Self {
        Self { seen: ExpiringMap::new(CODES_COUNTED_MAX), last_replies: BTreeMap::new() }
    }
}

impl CodeCounts {
    pub(super) fn count(
        &mut self,
        now: Instant,
        id: &CommandId,
        hotline: &Arc<str>,
        codes: &Arc<str>,
        code: &Arc<str>,
    ) -> AcdReply {
        let repeated = self.last_replies.get(&id.call).filter(|(number, _)| *number == id.number);
        if let Some((_, before)) = repeated {
            return answer(*before);
        }
        let key = (code.clone(), codes.clone(), hotline.clone());
        let before = self.seen.take(now, &key);
        let seen = match before {
            Some(Seen { times, first }) => Seen { times: times.saturating_add(1), first },
            None => Seen { times: 1, first: now },
        };
        self.seen.put(now, key, seen, now + EVER);
        if self.last_replies.len() < CALLS_KNOWN_MAX || self.last_replies.contains_key(&id.call) {
            self.last_replies.insert(id.call.clone(), (id.number, before));
        }
        answer(before)
    }

    /// Forgets the last reply to a call that has ended.
    pub(super) fn forget(&mut self, call: &CallId) {
        self.last_replies.remove(call);
    }
}

fn answer(before: Option<Seen>) -> AcdReply {
    match before {
        None => AcdReply::CodeSeen { times: 0, first: None },
        Some(Seen { times, first }) => AcdReply::CodeSeen { times, first: Some(first) },
    }
}
