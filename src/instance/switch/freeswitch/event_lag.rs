//! How late news of the switch come.
//!
//! Each event says when it was made, by a clock that may be any time apart from ours: how far, the one that came most
//! quickly of late tells best. What comes much later than that one was held up on its way.

use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::EslEvent;

/// What is so late is no news any more, and who has not looked for so long stood still: the switch may have given its
/// callers to the fallback meanwhile, and whatever followed from the old news would befall them there.
pub const STALE_AFTER: Millis = Millis::seconds(2);

/// How long the quickest event is remembered, at least: clocks drift apart. Heartbeats come more often.
const REMEMBERED: Millis = Millis::seconds(60);

/// What the quickest events of one connection told of the clocks.
#[derive(Debug, Default)]
pub struct Lateness {
    /// How far our clock was ahead of the switch's, in milliseconds, in this span of time and in the one before it.
    least_ahead: [Option<i64>; 2],
    span_began: Instant,
}

impl Lateness {
    /// How late an event is that came just now, beyond what the quickest one took; none where that is not
    /// [too late](STALE_AFTER), or it does not say when it was made.
    pub fn stale(&mut self, now: Instant, event: &EslEvent) -> Option<Millis> {
        let late = self.of(now, event.date_timestamp_us().map(|us| Instant(us / 1_000))?)?;
        (late >= STALE_AFTER).then_some(late)
    }

    fn of(&mut self, now: Instant, made_at: Instant) -> Option<Millis> {
        let ahead = i64::try_from(now.0).ok()? - i64::try_from(made_at.0).ok()?;
        let lasted = now.since(self.span_began);
        if lasted >= REMEMBERED {
            let [latest, _] = self.least_ahead;
            self.least_ahead = [None, latest.filter(|_| lasted.0 < 2 * REMEMBERED.0)];
            self.span_began = now;
        }
        let [latest, before] = &mut self.least_ahead;
        let latest = latest.insert(latest.map_or(ahead, |least| least.min(ahead)));
        Some(Millis(ahead.abs_diff(before.map_or(*latest, |before| before.min(*latest)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: Instant = Instant(1_800_000_000_000);

    /// How late events came, each of which was made and came so many milliseconds after the first one.
    fn late(events: &[(u64, u64)]) -> Vec<u64> {
        let mut lateness = Lateness::default();
        let of = |&(made, came): &(u64, u64)| {
            lateness.of(Instant(came), MADE + Millis(made)).expect("clocks of our days").0
        };
        events.iter().map(of).collect()
    }

    #[test]
    fn the_quickest_event_sets_the_measure_however_far_the_clocks_are_apart() {
        assert_eq!(late(&[(0, 700), (10, 30), (20, 45), (1_000, 4_020)]), [0, 0, 5, 3_000]);
    }

    #[test]
    fn a_switch_whose_clock_is_set_forward_is_believed_at_once() {
        assert_eq!(late(&[(0, 0), (3_601_000, 1_000), (3_602_000, 2_500)]), [0, 0, 500]);
    }

    #[test]
    fn clocks_that_drift_apart_are_not_taken_for_news_that_are_late() {
        // Half a second in ten minutes, for a day.
        let heartbeats: Vec<_> =
            (0..4_320).map(|nth| (nth * 20_000, nth * 20_000 + nth * 20 * 500 / 600)).collect();
        let latest = late(&heartbeats).into_iter().max();
        assert!(latest.is_some_and(|latest| (50..=100).contains(&latest)), "{latest:?}");
    }

    #[test]
    fn what_was_long_ago_is_forgotten_also_where_nothing_came_since() {
        assert_eq!(late(&[(0, 0), (1_000_000, 1_090_000), (1_000_100, 1_090_200)]), [0, 0, 100]);
    }

    #[test]
    fn an_event_that_does_not_say_when_it_was_made_tells_nothing() {
        let limits = hotlined_esl::frame::Limits::default();
        let mut lateness = Lateness::default();
        let mut stale = |now, stamp: &str| {
            let text = format!("Event-Name: CHANNEL_PARK\n{stamp}\n");
            lateness.stale(Instant(now), &EslEvent::plain(text.into(), &limits).unwrap())
        };
        assert_eq!(stale(0, "Event-Date-Timestamp: 1000000\n"), None);
        assert_eq!(stale(2_999, "Event-Date-Timestamp: 2000000\n"), None);
        assert_eq!(stale(3_000, "Event-Date-Timestamp: 2000000\n"), Some(Millis(2_000)));
        for stamp in ["", "Event-Date-Timestamp: _undef_\n", "Event-Date-Timestamp: 18446744073709551616\n"] {
            assert_eq!(stale(9_000, stamp), None);
        }
    }
}
