//! The invariants of every call, each stated once.
//!
//! Three kinds of tests check calls against these invariants: rehearsals (the calls alone), seeds (whole daemons in a
//! simulated world) and chaos (real processes). A test gives its observation and its bound; the comparison and the
//! error text are here. Absent, and must stay so: a check that only one kind of test can make, and exceptions. A test
//! decides about its exceptions before it calls a check.

use super::stats::OrphanLeg;
use hotlined_core::record::{CallRecord, Outcome};
use hotlined_core::time::Millis;
use std::fmt::Debug;

/// The longest time for which a caller hears nothing while a daemon handles the call. A test adds the delay of its own
/// observation, and allows more where the call flow listens to the caller.
pub const SILENCE_MAX: Millis = Millis::seconds(1);

/// A caller hears nothing for `silence_max` at most. `silence` is the length of the silence so far.
///
/// # Errors
/// The silence on this leg is longer than `silence_max`.
pub fn caller_hears_something(leg: &dyn Debug, silence: Millis, silence_max: Millis) -> Result<(), String> {
    if silence <= silence_max {
        return Ok(());
    }
    Err(format!("dead air: {leg:?} hears nothing for {silence}"))
}

/// An agent's leg ends after its caller has hung up. `known_for` is the time since the daemon could know of the
/// hang-up.
///
/// # Errors
/// The agent's leg is alive for longer than `outlives_max` after that.
pub fn agent_leg_ends(orphan: &OrphanLeg, known_for: Millis, outlives_max: Millis) -> Result<(), String> {
    if orphan.since.min(known_for) <= outlives_max {
        return Ok(());
    }
    Err(format!("an agent's leg goes on without its caller: {orphan:?}"))
}

/// A telephone has at most as many calls at the same time as it has lines.
///
/// # Errors
/// There are more calls than lines.
pub fn lines_suffice(telephone: &str, lines: usize, calls: usize) -> Result<(), String> {
    if calls <= lines {
        return Ok(());
    }
    Err(format!("a telephone is rung beyond its lines: {telephone} has {lines}, and {calls} calls at once"))
}

/// A caller without a daemon reaches the fallback of the dialplan in time. `alone_for` is the time without a daemon.
/// `is_served`: the caller talks, or the fallback serves the caller.
///
/// # Errors
/// The caller is not served after `fallback_after`.
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

/// One call, one record. `taken` is how often a daemon took the call: there are never more records than that, and in
/// the end (`is_over`) exactly as many.
///
/// # Errors
/// There are more records, or fewer records in the end.
pub fn one_record_each(call: &dyn Debug, taken: usize, records: usize, is_over: bool) -> Result<(), String> {
    let problem = match (taken, records) {
        (0, 1..) => "a record of a call that no daemon took",
        _ if records > taken => "more than one record",
        _ if is_over && records < taken => "no record",
        _ => return Ok(()),
    };
    Err(format!("{problem}: {call:?} was taken {taken} times and has {records} records"))
}

/// A record is consistent: its times are in order, its sums are right, and a call with the outcome `Answered` has an
/// agent and a start of billing. `may_stay`: the call flow may go on after the talk, so that the call may be longer
/// than wait and talk together.
///
/// Not checked: an attempt may ring or be answered after its end, because the event of the switch may come when the
/// attempt is already given up. And an `Answered` record does not prove that the daemon received the bridge event: the
/// event may be lost with a link.
///
/// # Errors
/// The record contradicts itself.
pub fn record_is_possible(record: &CallRecord, may_stay: bool) -> Result<(), String> {
    let in_order = record.arrived <= record.ended && record.billing_start.is_none_or(|at| at <= record.ended);
    let mut attempts = record.attempts.iter();
    let attempts_in_order =
        attempts.all(|attempt| attempt.started <= attempt.ended && attempt.ended <= record.ended);
    let talked = record.outcome == Outcome::Answered;
    let answered = (!talked || record.billing_start.is_some()) && record.agent.is_some() == talked;
    let (sum, length) = (record.wait.0 + record.talk.0, record.ended.since(record.arrived).0);
    let adds_up = sum == length || may_stay && sum < length;
    if in_order && attempts_in_order && answered && adds_up {
        return Ok(());
    }
    Err(format!("a record that cannot be: {record:?}"))
}

/// A record with the outcome `Answered` belongs to a call in which caller and agent really talked (`talked`).
///
/// The reverse holds only without failures: a daemon may die before it records a talk.
///
/// # Errors
/// The outcome is `Answered`, and caller and agent never talked.
pub fn record_of_a_talk_is_true(record: &CallRecord, talked: bool) -> Result<(), String> {
    if record.outcome != Outcome::Answered || talked {
        return Ok(());
    }
    Err(format!("a record of a talk that never was: {record:?}"))
}

/// Without failures the outcome is `Answered` exactly if the caller talked (`talked`), and `Fallback` exactly if the
/// fallback served the caller (`fell_back`).
///
/// # Errors
/// The outcome differs from the observation.
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

    /// The record of a call of 10 s: 4 s of waiting and 6 s of talk.
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
            closed: false,
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
        for (index, edit) in edits.into_iter().enumerate() {
            assert!(!is_possible(edit), "{index}");
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
        let orphan = OrphanLeg { leg: "b".into(), caller: "a".into(), since: Millis(1_001) };
        assert!(agent_leg_ends(&orphan, Millis(1_001), Millis(1_000)).is_err());
        assert!(agent_leg_ends(&orphan, Millis(1_000), Millis(1_000)).is_ok());
        assert!(caller_hears_something(&"a", SILENCE_MAX, SILENCE_MAX).is_ok());
        assert!(caller_hears_something(&"a", Millis(SILENCE_MAX.0 + 1), SILENCE_MAX).is_err());
        assert!(fallback_comes(&"a", Millis(6_000), false, Millis(6_000)).is_ok());
        assert!(fallback_comes(&"a", Millis(6_001), false, Millis(6_000)).is_err());
        assert!(fallback_comes(&"a", Millis(6_001), true, Millis(6_000)).is_ok());
        assert!(lines_suffice("13900000001", 1, 1).is_ok());
        assert!(lines_suffice("13900000001", 1, 2).is_err());
    }
}
