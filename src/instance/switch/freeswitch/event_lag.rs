//! How late the events of the switch arrive.
//!
//! Each event contains the time of its creation, by the switch's clock, which may differ from ours by any amount. The
//! fastest recent event gives the best estimate of the difference. An event that arrives much later than the fastest
//! one was delayed on its way.

use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::EslEvent;

/// An event that is this late is stale, and a daemon that has not run for this long has stalled. Meanwhile the switch
/// may have transferred callers to the fallback, and commands that follow from stale events would reach them there.
pub const STALE_AFTER: Millis = Millis::seconds(2);

/// How long the fastest event is remembered at least: clocks drift apart. Heartbeats arrive more often.
const WINDOW: Millis = Millis::seconds(60);

/// The event lag of one connection, measured against its fastest recent events.
#[derive(Debug, Default)]
pub struct EventLag {
    /// The least difference of our clock to the creation time of an event, in milliseconds, in the current time window
    /// and in the one before.
    least_ahead: [Option<i64>; 2],
    window_began: Instant,
}

impl EventLag {
    /// How much later than the fastest event this event has arrived; none if the event is not [stale](STALE_AFTER), or
    /// does not contain the time of its creation.
    pub fn stale_by(&mut self, now: Instant, event: &EslEvent) -> Option<Millis> {
        let lag = self.lag(now, event.date_timestamp_us().map(Instant::from_micros)?)?;
        (lag >= STALE_AFTER).then_some(lag)
    }

    fn lag(&mut self, now: Instant, created_at: Instant) -> Option<Millis> {
        let ahead = i64::try_from(now.0).ok()? - i64::try_from(created_at.0).ok()?;
        let lasted = now.since(self.window_began);
        if lasted >= WINDOW {
            let [latest, _] = self.least_ahead;
            self.least_ahead = [None, latest.filter(|_| lasted.0 < 2 * WINDOW.0)];
            self.window_began = now;
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

    /// How late events are. For each event: when it was created and when it arrived, in milliseconds after the first.
    fn late(events: &[(u64, u64)]) -> Vec<u64> {
        let mut event_lag = EventLag::default();
        let of = |&(made, came): &(u64, u64)| {
            event_lag.lag(Instant(came), MADE + Millis(made)).expect("clocks of our days").0
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
        let limits = hotlined_esl::frame::WireLimits::default();
        let mut event_lag = EventLag::default();
        let mut stale = |now, stamp: &str| {
            let text = format!("Event-Name: CHANNEL_PARK\n{stamp}\n");
            event_lag.stale_by(Instant(now), &EslEvent::from_plain(text.into(), &limits).unwrap())
        };
        assert_eq!(stale(0, "Event-Date-Timestamp: 1000000\n"), None);
        assert_eq!(stale(2_999, "Event-Date-Timestamp: 2000000\n"), None);
        assert_eq!(stale(3_000, "Event-Date-Timestamp: 2000000\n"), Some(Millis(2_000)));
        for stamp in ["", "Event-Date-Timestamp: _undef_\n", "Event-Date-Timestamp: 18446744073709551616\n"] {
            assert_eq!(stale(9_000, stamp), None);
        }
    }
}
