//! What is promised about every call, stated once.
//!
//! Three tests hold calls against it: rehearsals (the calls alone), seeds (whole daemons in a simulated world) and
//! chaos (real processes). Each observer says what it saw and how late that may be; the sentence and the comparison
//! stand here. Absent, and must stay so: what only one observer can see, and any excuse, which an observer states
//! itself before it asks.

use super::stats::OrphanLeg;
use hotlined_core::record::{CallRecord, Outcome};
use hotlined_core::time::Millis;
use std::fmt::Debug;

/// The longest a caller hears nothing while a daemon looks after the call. An observer adds how long its own news is
/// on the way, and takes more where the flow listens to the caller.
pub const SILENCE_MAX: Millis = Millis::seconds(1);

/// The longest a caller may hear nothing. `silence` is how long that is by now.
///
/// # Errors
/// The caller of this leg hears nothing for longer.
pub fn caller_hears_something(leg: &dyn Debug, silence: Millis, silence_max: Millis) -> Result<(), String> {
    if silence <= silence_max {
        return Ok(());
    }
    Err(format!("dead air: {leg:?} hears nothing for {silence}"))
}

/// An agent's leg ends when its caller has left. `known_for` is how long the daemon has been able to know that.
///
/// # Errors
/// The agent's leg goes on for longer than `outlives_max`.
pub fn agent_leg_ends(left: &OrphanLeg, known_for: Millis, outlives_max: Millis) -> Result<(), String> {
    if left.since.min(known_for) <= outlives_max {
        return Ok(());
    }
    Err(format!("an agent's leg goes on without its caller: {left:?}"))
}

/// A telephone has no more calls at once than lines.
///
/// # Errors
/// It has more.
pub fn lines_suffice(telephone: &str, lines: usize, calls: usize) -> Result<(), String> {
    if calls <= lines {
        return Ok(());
    }
    Err(format!("a telephone is rung beyond its lines: {telephone} has {lines}, and {calls} calls at once"))
}

/// A caller whom no daemon looks after is with the fallback in time. `alone_for` is how long nobody has; `is_served`
/// says that the caller talks, or that the fallback has the caller.
///
/// # Errors
/// Neither is so after `fallback_after`.
pub fn fallback_comes(
    caller: &dyn Debug,
    alone_for: Millis,
    is_served: bool,
    fallback_after: Millis,
) -> Result<(), String> {
    if is_served || alone_for <= fallback_after {
        return Ok(());
    }
    Err(format!("nobody looks after a caller for {alone_for}, and no fallback came: {caller:?}"))
}

/// One call, one record: a call has at most as many records as it was taken times, and in the end as many.
///
/// # Errors
/// There are more, or in the end fewer.
pub fn one_record_each(call: &dyn Debug, taken: usize, records: usize, is_over: bool) -> Result<(), String> {
    let why = match (taken, records) {
        (0, 1..) => "a record of a call that no daemon took",
        _ if records > taken => "more than one record",
        _ if is_over && records < taken => "no record",
        _ => return Ok(()),
    };
    Err(format!("{why}: {call:?} was taken {taken} times and has {records} records"))
}

/// A record agrees with itself: its times are in order, the sums are right, and who is said to have talked was
/// answered. `may_stay` says that callers may be asked something after the talk: then the call is longer than wait and
/// talk.
///
/// When an attempt rang or was answered may be later than its end: the switch says it when the attempt is given up.
/// That `Answered` has an agent and a start of billing does not say that the two were heard to be joined: the news of
/// that may be lost with a link.
///
/// # Errors
/// A record that cannot be.
pub fn record_is_possible(record: &CallRecord, may_stay: bool) -> Result<(), String> {
    let in_order = record.arrived <= record.ended && record.billing_start.is_none_or(|at| at <= record.ended);
    let mut attempts = record.attempts.iter();
    let attempts_in_order =
        attempts.all(|attempt| attempt.started <= attempt.ended && attempt.ended <= record.ended);
    let talked = record.outcome == Outcome::Answered;
    let answered = (!talked || record.billing_start.is_some()) && record.agent.is_some() == talked;
    let (sum, lasted) = (record.wait.0 + record.talk.0, record.ended.since(record.arrived).0);
    let adds_up = sum == lasted || may_stay && sum < lasted;
    if in_order && attempts_in_order && answered && adds_up {
        return Ok(());
    }
    Err(format!("a record that cannot be: {record:?}"))
}

/// A record of a talk is of a talk that was. `talked` is what caller and agent lived through.
///
/// The other way round is promised only where nothing fails: a daemon may die with the news of a talk.
///
/// # Errors
/// The record says `Answered`, and the two never heard each other.
pub fn record_of_a_talk_is_true(record: &CallRecord, talked: bool) -> Result<(), String> {
    if record.outcome != Outcome::Answered || talked {
        return Ok(());
    }
    Err(format!("a record of a talk that never was: {record:?}"))
}

/// Where nothing fails, a record tells what the caller lived through: a talk, and the fallback, where they were and
/// only there.
///
/// # Errors
/// It tells something else.
pub fn record_is_true(record: &CallRecord, talked: bool, fell_back: bool) -> Result<(), String> {
    record_of_a_talk_is_true(record, talked)?;
    let answered = record.outcome == Outcome::Answered;
    if answered == talked && (record.outcome == Outcome::Fallback) == fell_back {
        return Ok(());
    }
    Err(format!("the caller talked: {talked}, fell back: {fell_back}; and the record says {record:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotlined_core::cause::Cause;
    use hotlined_core::id::SwitchId;
    use hotlined_core::record::{AttemptOutcome, AttemptRecord, EndedBy};
    use hotlined_core::time::Instant;
    use std::collections::BTreeMap;

    /// A call of ten seconds: four of waiting, six of talk.
    fn record() -> CallRecord {
        let attempt = AttemptRecord {
            agent: "01".into(),
            leg: None,
            started: Instant(1_000),
            ringing: Some(Instant(2_000)),
            answered: Some(Instant(4_500)),
            ended: Instant(11_000),
            outcome: AttemptOutcome::Talked,
        };
        CallRecord {
            call: "a".parse().unwrap(),
            switch: SwitchId("fs1".into()),
            dialled: "4008001234".into(),
            hotline: None,
            hotline_version: None,
            caller: String::new(),
            outcome: Outcome::Answered,
            ended_by: EndedBy::Caller,
            cause: Cause::Normal,
            arrived: Instant(1_000),
            billing_start: Some(Instant(5_000)),
            ended: Instant(11_000),
            wait: Millis(4_000),
            talk: Millis(6_000),
            agent: Some("01".into()),
            refused: None,
            path: Vec::new(),
            entered: BTreeMap::new(),
            marks: BTreeMap::new(),
            queued: Millis(0),
            recording: None,
            message: None,
            score: None,
            call_back: None,
            attempts: vec![attempt],
        }
    }

    #[test]
    fn a_record_that_cannot_be_is_noticed() {
        let is_possible = |edit: fn(&mut CallRecord)| {
            let mut record = record();
            edit(&mut record);
            record_is_possible(&record, false).is_ok()
        };
        assert!(is_possible(|_| {}));
        let edits: [fn(&mut CallRecord); 8] = [
            |record| record.arrived = Instant(12_000),
            |record| record.billing_start = None,
            |record| record.billing_start = Some(Instant(11_001)),
            |record| record.agent = None,
            |record| record.outcome = Outcome::Abandoned,
            |record| record.talk = Millis(5_999),
            |record| record.attempts[0].started = Instant(11_001),
            |record| record.attempts[0].ended = Instant(11_001),
        ];
        for (nth, edit) in edits.into_iter().enumerate() {
            assert!(!is_possible(edit), "{nth}");
        }
    }

    #[test]
    fn whoever_stays_after_the_talk_makes_the_call_longer_and_never_shorter() {
        let mut record = record();
        record.talk = Millis(5_000);
        assert!(record_is_possible(&record, true).is_ok());
        record.talk = Millis(6_001);
        assert!(record_is_possible(&record, true).is_err());
    }

    #[test]
    fn a_record_of_what_nobody_lived_through_is_noticed() {
        let mut record = record();
        assert!(record_is_true(&record, true, false).is_ok());
        assert!(record_of_a_talk_is_true(&record, false).is_err());
        assert!(record_is_true(&record, true, true).is_err());
        record.outcome = Outcome::Fallback;
        assert!(record_of_a_talk_is_true(&record, true).is_ok(), "the news of a talk may be lost");
        assert!(record_is_true(&record, true, true).is_err());
        assert!(record_is_true(&record, false, true).is_ok());
    }

    #[test]
    fn a_call_has_as_many_records_as_it_was_taken_times() {
        assert!(one_record_each(&"a", 1, 1, true).is_ok());
        assert!(one_record_each(&"a", 1, 0, false).is_ok());
        assert!(one_record_each(&"a", 1, 0, true).is_err());
        assert!(one_record_each(&"a", 1, 2, false).is_err());
    }

    #[test]
    fn what_lasts_longer_than_it_may_is_noticed() {
        let left = OrphanLeg { leg: "b".into(), caller: "a".into(), since: Millis(1_001) };
        assert!(agent_leg_ends(&left, Millis(1_001), Millis(1_000)).is_err());
        assert!(agent_leg_ends(&left, Millis(1_000), Millis(1_000)).is_ok());
        assert!(caller_hears_something(&"a", SILENCE_MAX, SILENCE_MAX).is_ok());
        assert!(caller_hears_something(&"a", Millis(SILENCE_MAX.0 + 1), SILENCE_MAX).is_err());
        assert!(fallback_comes(&"a", Millis(6_000), false, Millis(6_000)).is_ok());
        assert!(fallback_comes(&"a", Millis(6_001), false, Millis(6_000)).is_err());
        assert!(fallback_comes(&"a", Millis(6_001), true, Millis(6_000)).is_ok());
        assert!(lines_suffice("13900000001", 1, 1).is_ok());
        assert!(lines_suffice("13900000001", 1, 2).is_err());
    }
}
