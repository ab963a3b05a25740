//! Counts the events and commands of the engine in the metrics, and keeps the health up to date.

use ::metrics::{Counter, Gauge, Histogram};
use hotlined_core::call::Switchboard;
use hotlined_core::command::{AcdRequest, Command, NotTaken, Note};
use hotlined_core::engine::{Observer, TraceEntry};
use hotlined_core::event::{Event, OperatorOrder};
use hotlined_core::record::{AttemptOutcome, CallRecord, Outcome};
use hotlined_core::stage_name::StageName;
use hotlined_core::time::Millis;
use hotlined_instance::health::Health;
use hotlined_instance::metrics;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All stages, outcomes and requests, so that each series appears with value 0 before it first counts: Prometheus sees
/// no increase in a series that appears with value 1. A value that is missing in these lists appears when it first
/// counts.
const OUTCOMES: [Outcome; 9] = [
    Outcome::Answered,
    Outcome::Abandoned,
    Outcome::Unanswered,
    Outcome::Message,
    Outcome::Served,
    Outcome::Refused,
    Outcome::UnknownHotline,
    Outcome::Fallback,
    Outcome::Lost,
];
const ATTEMPTS: [AttemptOutcome; 11] = [
    AttemptOutcome::Talked,
    AttemptOutcome::Busy,
    AttemptOutcome::LinesTaken,
    AttemptOutcome::NoAnswer,
    AttemptOutcome::Refused,
    AttemptOutcome::Unreachable,
    AttemptOutcome::Failed,
    AttemptOutcome::CallerLeft,
    AttemptOutcome::Dropped,
    AttemptOutcome::LostRace,
    AttemptOutcome::Unconfirmed,
];
const REQUESTS: [&str; 8] =
    ["claim", "abandon", "release", "place", "remember", "admit", "leave", "count_code"];

/// The handles of all series that are counted here.
struct CallMetrics {
    health: Arc<Health>,
    stages: BTreeMap<StageName, Gauge>,
    outcomes: BTreeMap<Outcome, Counter>,
    attempts: BTreeMap<AttemptOutcome, Counter>,
    requests: BTreeMap<&'static str, Counter>,
    taken: Counter,
    draining: Counter,
    full: Counter,
    not_taken_up: Counter,
    wait: Histogram,
    sounds_failed: Counter,
}

/// An observer of the engine that counts events and commands.
pub fn observer(health: Arc<Health>) -> Observer {
    let not_taken = |why| metrics::CALLS_NOT_TAKEN.counter(&[not_taken_word(why)]);
    let mut call_metrics = CallMetrics {
        health,
        stages: StageName::ALL.iter().map(|stage| (*stage, stage_gauge(*stage))).collect(),
        outcomes: OUTCOMES.into_iter().map(|one| (one, outcome_counter(one))).collect(),
        attempts: ATTEMPTS.into_iter().map(|one| (one, attempt_counter(one))).collect(),
        requests: REQUESTS.into_iter().map(|one| (one, request_counter(one))).collect(),
        taken: metrics::CALLS_TAKEN.counter(&[]),
        draining: not_taken(NotTaken::Draining),
        full: not_taken(NotTaken::Full),
        not_taken_up: metrics::CALLS_NOT_TAKEN_UP.counter(&[]),
        wait: metrics::CALL_WAIT.histogram(&[]),
        sounds_failed: metrics::SOUNDS_FAILED.counter(&[]),
    };
    Box::new(move |_, entry| match entry {
        TraceEntry::In(event) => call_metrics.count_event(event),
        TraceEntry::Out(command) => call_metrics.count_command(command),
        TraceEntry::Added(_) => {}
    })
}

/// Counts the live calls by stage again: the calls that this daemon took over from another passed no note.
pub(super) fn count_stages(switchboard: &Switchboard) {
    let mut counts: BTreeMap<StageName, u32> = StageName::ALL.iter().map(|stage| (*stage, 0)).collect();
    switchboard.stages().for_each(|(_, stage)| *counts.entry(stage).or_default() += 1);
    counts.into_iter().for_each(|(stage, count)| stage_gauge(stage).set(count));
}

impl CallMetrics {
    fn count_event(&mut self, event: &Event) {
        match event {
            Event::LinkLost { switch } => self.health.set_link(switch, false),
            Event::LinkRestored { switch, .. } => self.health.set_link(switch, true),
            Event::Operator(OperatorOrder::Drain | OperatorOrder::HandOver) => self.health.set_draining(),
            Event::Arrived(_)
            | Event::Leg { .. }
            | Event::Done { .. }
            | Event::Acd { .. }
            | Event::Due
            | Event::Hotlines(_)
            | Event::CallsTakenOver { .. }
            | Event::LeaseLost { .. }
            | Event::Calendar(_)
            | Event::NumberRegions(_) => {}
        }
    }

    fn count_command(&mut self, command: &Command) {
        match command {
            Command::Record(record) => self.count_record(record),
            Command::Note { note, .. } => self.count_note(note),
            Command::Acd { request, .. } => {
                let request = request_word(request);
                self.requests.entry(request).or_insert_with(|| request_counter(request)).increment(1);
            }
            Command::Switch { .. } | Command::Message(_) | Command::Publish(_) => {}
        }
    }

    fn count_record(&mut self, record: &CallRecord) {
        let outcome = record.outcome;
        self.outcomes.entry(outcome).or_insert_with(|| outcome_counter(outcome)).increment(1);
        for outcome in record.attempts.iter().map(|attempt| attempt.outcome) {
            self.attempts.entry(outcome).or_insert_with(|| attempt_counter(outcome)).increment(1);
        }
        if outcome == Outcome::Answered {
            let Millis(wait) = record.wait;
            self.wait.record(wait as f64 / 1e3);
        }
    }

    fn count_note(&mut self, note: &Note) {
        match note {
            Note::Stage { from, to } => {
                if let (None, Some(_)) = (from, to) {
                    self.taken.increment(1);
                }
                if let Some(from) = from {
                    self.stage_gauge_mut(*from).decrement(1);
                }
                if let Some(to) = to {
                    self.stage_gauge_mut(*to).increment(1);
                }
            }
            Note::NotTaken { reason: NotTaken::Draining } => self.draining.increment(1),
            Note::NotTaken { reason: NotTaken::Full } => self.full.increment(1),
            Note::TakeOverFailed { .. } => self.not_taken_up.increment(1),
            Note::SoundFailed { .. } => self.sounds_failed.increment(1),
            Note::Node { .. }
            | Note::Refused { .. }
            | Note::Queued { .. }
            | Note::CallBack
            | Note::FlowTooLong
            | Note::Ringing { .. }
            // Attempts are counted from the call record: an attempt that ended in a talk has no note.
            | Note::Attempt { .. } => {}
        }
    }

    fn stage_gauge_mut(&mut self, stage: StageName) -> &Gauge {
        self.stages.entry(stage).or_insert_with(|| stage_gauge(stage))
    }
}

fn stage_gauge(stage: StageName) -> Gauge {
    metrics::CALLS.gauge(&[stage.as_str()])
}

fn outcome_counter(outcome: Outcome) -> Counter {
    metrics::CALLS_ENDED.counter(&[outcome.as_str()])
}

fn attempt_counter(outcome: AttemptOutcome) -> Counter {
    metrics::ATTEMPTS.counter(&[attempt_word(outcome)])
}

fn request_counter(request: &str) -> Counter {
    metrics::ACD_REQUESTS.counter(&[request])
}

fn attempt_word(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Talked => "talked",
        AttemptOutcome::Busy => "busy",
        AttemptOutcome::LinesTaken => "lines_taken",
        AttemptOutcome::NoAnswer => "no_answer",
        AttemptOutcome::Refused => "refused",
        AttemptOutcome::Unreachable => "unreachable",
        AttemptOutcome::Failed => "failed",
        AttemptOutcome::CallerLeft => "caller_left",
        AttemptOutcome::Dropped => "dropped",
        AttemptOutcome::LostRace => "lost_race",
        AttemptOutcome::Unconfirmed => "unconfirmed",
    }
}

fn not_taken_word(why: NotTaken) -> &'static str {
    match why {
        NotTaken::Draining => "draining",
        NotTaken::Full => "full",
    }
}

fn request_word(request: &AcdRequest) -> &'static str {
    match request {
        AcdRequest::Claim(_) => "claim",
        AcdRequest::Abandon { .. } => "abandon",
        AcdRequest::Release { .. } => "release",
        AcdRequest::Place { .. } => "place",
        AcdRequest::Remember { .. } => "remember",
        AcdRequest::Admit { .. } => "admit",
        AcdRequest::Leave { .. } => "leave",
        AcdRequest::CountCode { .. } => "count_code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    fn written(thing: impl Serialize) -> String {
        serde_json::to_value(thing).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn figures_and_records_have_one_word_for_one_thing() {
        StageName::ALL.iter().for_each(|one| assert_eq!(written(one), one.as_str()));
        OUTCOMES.iter().for_each(|one| assert_eq!(written(one), one.as_str()));
        ATTEMPTS.iter().for_each(|one| assert_eq!(written(one), attempt_word(*one)));
        [NotTaken::Draining, NotTaken::Full]
            .iter()
            .for_each(|one| assert_eq!(written(one), not_taken_word(*one)));
    }
}
