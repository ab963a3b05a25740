//! One whole call for each way a call can go: from the caller's dialling to the call record, through the real
//! binary and real sockets.

use super::house::{AGENT, House, caller, complains, exchange};
use hotlined_core::event::Cause;
use hotlined_core::record::{AttemptOutcome, CallRecord, EndedBy, Outcome};
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone};
use hotlined_sim::stats::CallReport;

const TALKS: Phone = Phone::Answers { after: Millis(200), then: AfterAnswer::TalksFor(Millis(300)) };

/// The record of a call, and what its caller lived through.
async fn lived(phone: Phone, caller: Caller) -> (CallRecord, CallReport) {
    let exchange = exchange(phone).await;
    let house = House::new(exchange.address().port());
    let daemon = house.serve().await;
    let leg = exchange.place_call(caller);
    let record = house.records(1).await.remove(0);
    assert_eq!((record.call.to_string().as_str(), &*record.switch.0), (&*leg, "fs1"));
    assert_eq!(record.caller, "13800138000");
    assert!(record.arrived <= record.ended);
    let told = daemon.stop().await;
    assert!(!complains(&told), "{told}");
    assert!(!told.contains("13800138000") && !told.contains(AGENT), "a number in the log: {told}");
    house.replays_itself().await;
    let report = exchange.call_report(&leg).unwrap();
    (record, report)
}

fn outcomes(record: &CallRecord) -> Vec<(AttemptOutcome, bool)> {
    record.attempts.iter().map(|attempt| (attempt.outcome, attempt.answered.is_some())).collect()
}

#[tokio::test]
async fn answered_and_the_agent_leaves() {
    let (record, report) = lived(TALKS, caller(HangsUp::Never)).await;
    assert_eq!(
        (record.outcome, record.ended_by, record.cause),
        (Outcome::Answered, EndedBy::Agent, Cause::Normal)
    );
    assert_eq!(record.agent.as_deref(), Some("01"));
    assert_eq!(outcomes(&record), [(AttemptOutcome::Talked, true)]);
    assert!(record.billing_start.is_some() && record.talk > Millis(0), "{record:?}");
    assert_eq!(report.bridged_with, [AGENT]);
    assert!(report.first_sound.is_some() && !report.fell_back, "{report:?}");
}

#[tokio::test]
async fn answered_and_the_caller_leaves() {
    let phone = Phone::Answers { after: Millis(200), then: AfterAnswer::Waits };
    let (record, report) = lived(phone, caller(HangsUp::AfterBridge(Millis(300)))).await;
    assert_eq!((record.outcome, record.ended_by), (Outcome::Answered, EndedBy::Caller));
    assert_eq!(outcomes(&record), [(AttemptOutcome::Talked, true)]);
    assert_eq!(report.bridged_with, [AGENT]);
}

#[tokio::test]
async fn busy() {
    let (record, report) = lived(Phone::Busy, caller(HangsUp::Never)).await;
    assert_eq!((record.outcome, record.ended_by), (Outcome::Unanswered, EndedBy::Hotline));
    assert_eq!(outcomes(&record), [(AttemptOutcome::Busy, false)]);
    assert_eq!((record.agent, record.billing_start, record.talk), (None, None, Millis(0)));
    assert!(report.answered.is_none() && !report.fell_back, "nobody is billed for a busy tone: {report:?}");
}

#[tokio::test]
async fn no_answer() {
    let (record, _) = lived(Phone::NeverAnswers, caller(HangsUp::Never)).await;
    assert_eq!((record.outcome, record.ended_by), (Outcome::Unanswered, EndedBy::Hotline));
    assert_eq!(outcomes(&record), [(AttemptOutcome::NoAnswer, false)]);
    assert!(record.wait >= Millis(5_000), "{record:?}");
}

#[tokio::test]
async fn rejected() {
    let (record, _) = lived(Phone::Refuses { after: Millis(200) }, caller(HangsUp::Never)).await;
    assert_eq!(record.outcome, Outcome::Unanswered);
    assert_eq!(outcomes(&record), [(AttemptOutcome::Refused, false)]);
}

#[tokio::test]
async fn abandoned() {
    let (record, report) = lived(Phone::NeverAnswers, caller(HangsUp::AfterDialling(Millis(500)))).await;
    assert_eq!((record.outcome, record.ended_by), (Outcome::Abandoned, EndedBy::Caller));
    assert_eq!(outcomes(&record), [(AttemptOutcome::CallerLeft, false)]);
    assert!(report.bridged.is_none(), "{report:?}");
}

#[tokio::test]
async fn unknown_number() {
    let stranger = Caller { dialled: "4009999999".into(), ..caller(HangsUp::Never) };
    let (record, _) = lived(TALKS, stranger).await;
    assert_eq!((record.outcome, record.ended_by), (Outcome::UnknownHotline, EndedBy::Hotline));
    assert_eq!((record.hotline, record.attempts.len()), (None, 0));
    assert_eq!(record.dialled, "4009999999");
}
