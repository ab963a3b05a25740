//! All metrics of the daemon.
//!
//! Names follow Prometheus: they start with `hotlined_`, contain the unit, and end with `_total` if the metric only
//! grows. Code counts with the handles of a [`Metric`]. Without an installed recorder, a handle does nothing.
//!
//! No label has values from outside: no phone number, no call, no agent, no hotline. Each value of a label is a
//! series of its own, which the monitoring keeps for months; a platform has thousands of hotlines, and callers dial
//! what they like. The call records contain what each hotline did. The labels have the values of enums, or the names
//! of switches from the settings.
//!
//! Not here: a clock, and the listener that serves the metrics.

use ::metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata};

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MetricKind {
    /// It only grows, from 0 at the start of the daemon.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It counts the values up to each of these bounds.
    Histogram(&'static [f64]),
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind.
    pub kind: MetricKind,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    /// The help text.
    pub help: &'static str,
}

/// Bounds from one microsecond, which most events take, to a pause that callers would hear.
const DECISION_S: &[f64] =
    &[1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1, 1.0];
/// Bounds around 3 ms, which is usual, and half a second, after which the disk is given up.
const LOOP_S: &[f64] =
    &[5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 0.5, 1.0, 5.0];
/// Bounds around the 200 ms that a screen pop may take.
const DELIVERY_S: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0, 3_600.0];
/// Bounds of the time that callers wait.
const WAIT_S: &[f64] = &[2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0];

macro_rules! define_metrics {
    ($($NAME:ident: $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help)]
            pub const $NAME: Metric = Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help };
        )*
        /// All metrics, in the order of the output.
        pub const ALL: &[Metric] = &[$($NAME),*];
    };
}

define_metrics! {
    CALLS: MetricKind::Gauge, "hotlined_calls", ["stage"],
        "Calls that are live now, by the stage they are in.";
    CALLS_TAKEN: MetricKind::Counter, "hotlined_calls_taken_total", [],
        "Calls that were taken.";
    CALLS_NOT_TAKEN: MetricKind::Counter, "hotlined_calls_not_taken_total", ["why"],
        "Calls that were left to the fallback of the dialplan: while stopping, or because as many as may be were live.";
    CALLS_ENDED: MetricKind::Counter, "hotlined_calls_ended_total", ["outcome"],
        "Calls that ended, by how they went. Each has a record.";
    CALLS_NOT_TAKEN_UP: MetricKind::Counter, "hotlined_calls_not_taken_up_total", [],
        "Kept calls of a daemon before this one that could not be gone on with.";
    CALL_WAIT: MetricKind::Histogram(WAIT_S), "hotlined_call_wait_seconds", [],
        "From a call's arrival until caller and agent heard each other, of the calls that ended answered.";
    ATTEMPTS: MetricKind::Counter, "hotlined_attempts_total", ["outcome"],
        "Attempts to reach an agent, by how they ended; counted when the call is over.";
    SOUNDS_FAILED: MetricKind::Counter, "hotlined_sounds_failed_total", [],
        "Sounds that the switch could not play: a file is missing, most likely.";
    LINES_HELD: MetricKind::Gauge, "hotlined_lines_held", [],
        "Lines of agents that calls hold now.";
    CLAIMS_WAITING: MetricKind::Gauge, "hotlined_claims_waiting", [],
        "Claims on a line that wait in a queue now.";
    ACD_REQUESTS: MetricKind::Counter, "hotlined_store_requests_total", ["request"],
        "Questions to the store of what calls share.";

    ENGINE_TURN: MetricKind::Histogram(DECISION_S), "hotlined_engine_turn_seconds", [],
        "How long the core took to decide what follows from one event.";
    LOOP_TURN: MetricKind::Histogram(LOOP_S), "hotlined_loop_turn_seconds", [],
        "From taking what waits in the inbox until all that follows was kept and handed out.";
    INBOX: MetricKind::Gauge, "hotlined_inbox_events", [],
        "Events that wait for the loop, as of its last turn.";
    UNDELIVERED: MetricKind::Counter, "hotlined_orders_undelivered_total", [],
        "Orders that could not be handed to the link to the switch.";
    MESSAGES: MetricKind::Counter, "hotlined_messages_total", ["state"],
        "Messages by SMS that came into this state: due, sent, delivered, unknown, dead, digested, dropped.";
    MESSAGES_DROPPED: MetricKind::Counter, "hotlined_messages_dropped_total", ["why"],
        "Messages by SMS that were dropped: expired, in quiet hours, over a limit, too many at once, by an operator.";
    RECEIPTS: MetricKind::Counter, "hotlined_receipts_total", ["gateway", "result"],
        "Posts of receipts by SMS gateways: known, unknown, early, of_others, unreadable, refused.";
    MESSAGE_REQUESTS: MetricKind::Counter, "hotlined_message_requests_total", ["gateway", "outcome"],
        "Requests to SMS gateways, by what became of each.";
    DRAINING: MetricKind::Gauge, "hotlined_draining", [],
        "1 while the daemon stops and takes no new calls.";

    LINK_UP: MetricKind::Gauge, "hotlined_link_up", ["switch"],
        "1 while the link to the switch is up.";
    LINK_UPS: MetricKind::Counter, "hotlined_link_connections_total", ["switch"],
        "How often the link to the switch came up; the first time is no reconnect.";
    LINK_FAILURES: MetricKind::Counter, "hotlined_link_failures_total", ["switch"],
        "Connections to the switch that broke, or never came up.";
    LINK_MESSAGES: MetricKind::Counter, "hotlined_link_messages_total", ["switch"],
        "Messages the switch sent: events and answers.";
    LINK_SHED: MetricKind::Counter, "hotlined_link_shed_total", ["switch"],
        "Messages among them that no call needs.";
    LINK_BACKLOG: MetricKind::Gauge, "hotlined_link_backlog_events", ["switch"],
        "Events that wait at the link because the inbox is full.";
    LINK_UNANSWERED: MetricKind::Gauge, "hotlined_link_unanswered_requests", ["switch"],
        "Requests that the switch has not answered yet.";

    LIVE_KEPT: MetricKind::Counter, "hotlined_live_turns_kept_total", [],
        "Turns of the loop that were kept for the daemon that comes after this one.";
    LIVE_FAILED: MetricKind::Counter, "hotlined_live_turns_failed_total", [],
        "Turns of the loop that could not be kept, or not in time.";
    LIVE_TIME: MetricKind::Histogram(LOOP_S), "hotlined_live_keep_seconds", [],
        "How long the loop waited for a turn to be kept.";

    REDIS_UP: MetricKind::Gauge, "hotlined_redis_up", [],
        "1 while Redis answers; without one there is no such figure.";
    REDIS_UPS: MetricKind::Counter, "hotlined_redis_connections_total", [],
        "How often Redis began to answer; the first time is no reconnect.";
    REDIS_FAILED: MetricKind::Counter, "hotlined_redis_failures_total", ["kind"],
        "What was said to Redis and not done, or nobody knows whether it was.";
    LEASE_HELD: MetricKind::Gauge, "hotlined_lease_held", ["switch"],
        "1 while this daemon acts for the switch; 0 once it does not any more.";
    LEASES_TAKEN: MetricKind::Counter, "hotlined_leases_taken_total", ["switch"],
        "How often this daemon came to act for the switch.";
    LEASES_LOST: MetricKind::Counter, "hotlined_leases_lost_total", ["switch"],
        "How often another daemon came to act for the switch though this one had not left it.";

    LINES_WRITTEN: MetricKind::Counter, "hotlined_file_lines_written_total", ["file"],
        "Lines that are surely in a file: call records, journal, capture. It stands still once one could not be written.";
    LINES_WAITING: MetricKind::Gauge, "hotlined_file_lines_waiting", ["file"],
        "Lines that wait for the disk.";
    LINES_DROPPED: MetricKind::Counter, "hotlined_file_lines_dropped_total", ["file"],
        "Lines that were given up because the disk is slow; never call records.";

    HOOK_EVENTS: MetricKind::Counter, "hotlined_hook_events_total", ["hook", "outcome"],
        "Events for a web hook, by what became of them: delivered, expired, dropped, disabled, late, busy, no_body.";
    HOOK_TRIES: MetricKind::Counter, "hotlined_hook_tries_total", ["hook", "result"],
        "Requests to a web hook, by their result: taken, refused, throttled, gone, failed.";
    HOOK_WAITING: MetricKind::Gauge, "hotlined_hook_waiting", ["hook"],
        "Events that wait for a web hook, or for its next try.";
    HOOK_DISABLED: MetricKind::Gauge, "hotlined_hook_disabled", ["hook"],
        "1 while nothing is sent to a web hook because it answered 410 Gone.";
    HOOK_DELAY: MetricKind::Histogram(DELIVERY_S), "hotlined_hook_live_delay_seconds", [],
        "From a live event to the answer of a web hook that took it.";
    EVENTS_DROPPED: MetricKind::Counter, "hotlined_events_dropped_total", [],
        "Events that went to no live hook and to no stream because too many waited.";
    STREAMS: MetricKind::Gauge, "hotlined_event_streams", [],
        "Streams of /events that are open now.";
    STREAMS_ENDED: MetricKind::Counter, "hotlined_event_streams_ended_total", ["why"],
        "Streams of /events that ended: the client left, or was too slow.";
    STREAMS_REFUSED: MetricKind::Counter, "hotlined_event_streams_refused_total", ["why"],
        "Requests for /events that were refused: for their token, or because as many as may be were open.";

    HOTLINES: MetricKind::Gauge, "hotlined_hotlines", [],
        "Hotlines that are loaded.";
    LOADS: MetricKind::Counter, "hotlined_source_loads_total", ["source", "result"],
        "How often hotlines, holidays and numbers were read; of a bad load nothing is taken, and the last good one stays.";
    LOADED_AT: MetricKind::Gauge, "hotlined_source_good_load_timestamp_seconds", ["source"],
        "When they were last read well, in seconds since 1970.";
    YEARS_MISSING: MetricKind::Gauge, "hotlined_holidays_missing_years", [],
        "Years whose holidays are needed and not known: this one, and from 1 December on the next.";
    NUMBERS: MetricKind::Gauge, "hotlined_numbers_info", ["fingerprint"],
        "Always 1. Its label is the fingerprint of the operator's own table of numbers, or built_in.";

    BUILD: MetricKind::Gauge, "hotlined_build_info", ["version"],
        "Always 1. Its label is the version that runs.";
    STARTED: MetricKind::Gauge, "process_start_time_seconds", [],
        "When the daemon started, in seconds since 1970.";
}

const METADATA: Metadata<'static> = Metadata::new("hotlined", Level::INFO, None);

impl Metric {
    /// The handle of a counter, with these values of its labels.
    pub fn counter(&self, values: &[&str]) -> Counter {
        metrics::with_recorder(|recorder| recorder.register_counter(&self.key(values), &METADATA))
    }

    /// The handle of a gauge, with these values of its labels.
    pub fn gauge(&self, values: &[&str]) -> Gauge {
        metrics::with_recorder(|recorder| recorder.register_gauge(&self.key(values), &METADATA))
    }

    /// The handle of a histogram, with these values of its labels.
    pub fn histogram(&self, values: &[&str]) -> Histogram {
        metrics::with_recorder(|recorder| recorder.register_histogram(&self.key(values), &METADATA))
    }

    fn key(&self, values: &[&str]) -> Key {
        let labels = self.labels.iter().zip(values);
        let labels = labels.map(|(name, value)| Label::new(*name, (*value).to_owned()));
        Key::from_parts(self.name, labels.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let names: BTreeSet<_> = ALL.iter().map(|meter| meter.name).collect();
        assert_eq!(names.len(), ALL.len(), "two figures have one name");
        for Metric { name, kind, labels, help } in ALL {
            let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(is_word(name) && labels.iter().all(|label| is_word(label)), "{name}");
            assert!(name.starts_with("hotlined_") || name.starts_with("process_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == MetricKind::Counter, "{name}");
            assert!(help.ends_with('.') && !help.contains(['\n', '\\']), "{name}");
            if let MetricKind::Histogram(bounds) = kind {
                assert!(name.ends_with("_seconds") && bounds.is_sorted(), "{name}");
            }
        }
    }
}
