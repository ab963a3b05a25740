//! How often a code was asked for (防伪查询).

use super::CALLS_KNOWN_MAX;
use super::expiring::Fading;
use crate::event::AcdReply;
use crate::id::{CallId, CommandId};
use crate::time::{Instant, Millis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most codes whose questions are counted, over all hotlines; beyond them the one that was not asked for
/// longest is forgotten, and would count as never asked for.
const CODES_COUNTED_MAX: usize = 1_000_000;
/// Longer than anything is kept here.
const EVER: Millis = Millis::seconds(1_000 * 366 * 24 * 3_600);

/// The codes that were asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CodesSeen {
    seen: Fading<Key, Seen>,
    /// What a call was told last, and under which command: a question repeated is one question.
    told: BTreeMap<CallId, (u32, Option<Seen>)>,
}

/// The code, its set, the hotline: what differs most stands first.
type Key = (Arc<str>, Arc<str>, Arc<str>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Seen {
    times: u32,
    first: Instant,
}

impl Default for CodesSeen {
    fn default() -> Self {
        Self { seen: Fading::new(CODES_COUNTED_MAX), told: BTreeMap::new() }
    }
}

impl CodesSeen {
    pub(super) fn count(
        &mut self,
        now: Instant,
        id: &CommandId,
        hotline: &Arc<str>,
        codes: &Arc<str>,
        code: &Arc<str>,
    ) -> AcdReply {
        let told = self.told.get(&id.call).filter(|(number, _)| *number == id.number);
        if let Some((_, before)) = told {
            return answer(*before);
        }
        let key = (code.clone(), codes.clone(), hotline.clone());
        let before = self.seen.take(now, &key);
        let seen = match before {
            Some(Seen { times, first }) => Seen { times: times.saturating_add(1), first },
            None => Seen { times: 1, first: now },
        };
        self.seen.put(now, key, seen, now + EVER);
        if self.told.len() < CALLS_KNOWN_MAX || self.told.contains_key(&id.call) {
            self.told.insert(id.call.clone(), (id.number, before));
        }
        answer(before)
    }

    /// The call is over.
    pub(super) fn forget(&mut self, call: &CallId) {
        self.told.remove(call);
    }
}

fn answer(before: Option<Seen>) -> AcdReply {
    match before {
        None => AcdReply::CodeSeen { times: 0, first: None },
        Some(Seen { times, first }) => AcdReply::CodeSeen { times, first: Some(first) },
    }
}
