//! Time zones by IANA name, with rules that are compiled in.
//!
//! The rules of the machine are not used: two machines with different rules would decide differently, and the replay of
//! a journal would differ from what happened.

use crate::time::Instant;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use std::sync::Arc;

/// The default time zone.
pub const ZONE_DEFAULT: &str = "Asia/Shanghai";

/// A time zone. Zones with the same name are equal.
#[derive(Clone, Debug)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

impl Zone {
    /// The zone of this IANA name. Case does not matter.
    pub fn named(name: &str) -> Option<Self> {
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        let name = rules.iana_name()?.into();
        Some(Self { name, rules })
    }

    /// The name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The names of all zones.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
    }

    /// The next instant at which clocks change.
    pub(super) fn next_turn(&self, after: Instant) -> Option<Instant> {
        let turn = self.rules.following(timestamp(after)).next()?;
        u64::try_from(turn.timestamp().as_millisecond()).ok().map(Instant)
    }
}

impl Default for Zone {
    fn default() -> Self {
        // China has one zone and has not changed its clocks since 1991.
        Self::named(ZONE_DEFAULT).unwrap_or_else(|| Self {
            name: ZONE_DEFAULT.into(),
            rules: TimeZone::fixed(Offset::constant(8)),
        })
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The local time.
pub(super) fn local(zone: &Zone, at: Instant) -> DateTime {
    zone.rules.to_datetime(timestamp(at))
}

fn timestamp(at: Instant) -> Timestamp {
    i64::try_from(at.0)
        .ok()
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(Timestamp::MAX)
}
