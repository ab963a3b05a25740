//! What the records say in the end, by the sentences of [`hotlined_sim::invariants`]. A call that a daemon took has
//! one; another call has one at most. A daemon that was killed between
//! writing a record and telling so is followed by one that writes it again, with the same outcome, into its own file.
//! A daemon that stops hands its callers over: where the switch did not hear of it, the next daemon takes them once
//! more.

use crate::known;
use crate::ledger::Ledger;
use crate::redis::Redis;
use crate::stage::Recorded;
use hotlined_core::record::{CallRecord, EndedBy, Outcome};
use hotlined_sim::invariants;
use std::collections::BTreeMap;

/// What stands in the records.
#[derive(Default)]
pub struct Sum {
    pub records: usize,
    pub taken: usize,
    pub outcomes: BTreeMap<String, u64>,
    /// Talks that no record tells of.
    pub untold: u64,
    /// The same record, written by two daemons.
    pub by_both: u64,
    /// Calls without a record, and calls with several that are not the same, of which Redis missed something.
    pub lost: u64,
    pub twice: u64,
    /// Handed over to a switch that did not hear it, and taken again.
    pub again: u64,
}

fn was_handed_over(record: &CallRecord) -> bool {
    record.outcome == Outcome::Fallback && record.ended_by == EndedBy::Hotline
}

/// Holds the promises against the records.
pub fn judge(ledger: &mut Ledger, recorded: &Recorded, redis: &Redis) -> Sum {
    let mut sum = Sum { records: recorded.len(), ..Sum::default() };
    sum.taken = ledger.callers.values().filter(|caller| caller.taken).count();
    for leg in ledger.without_record(recorded) {
        if known::counted_apart() && ledger.lived_without(redis, &leg) {
            sum.lost += 1;
        } else {
            let why = invariants::one_record_each(&leg, 1, 0, true).err().unwrap_or_default();
            ledger.broken(Some(&leg), "one record", format!("{why}; {}", ledger.place(&leg)));
        }
    }
    for (call, records) in recorded {
        if !ledger.callers.contains_key(call) {
            ledger.broken(Some(call), "a record of nobody's call", format!("{records:?}"));
        }
        let mut left: Vec<&(usize, CallRecord)> = records.iter().collect();
        // Of several, the one after all that were handed over in vain counts.
        left.sort_by_key(|(_, record)| record.ended);
        while left.len() > 1 && was_handed_over(&left[0].1) && ledger.stopped_unheard(left[0].1.ended) {
            left.remove(0);
            sum.again += 1;
        }
        match left[..] {
            [(one, a), (other, b)] if one != other && a.outcome == b.outcome => sum.by_both += 1,
            [_] => {}
            _ if known::counted_apart() && ledger.lived_without(redis, call) => sum.twice += 1,
            _ => {
                let why = invariants::one_record_each(call, 1, left.len(), true).err().unwrap_or_default();
                ledger.broken(Some(call), "one record", format!("{why}: {records:#?}"));
            }
        }
        let record = &left[0].1;
        let talked = ledger.callers.get(call).is_some_and(|caller| caller.talked);
        ledger.holds(Some(call), "a record is possible", invariants::record_is_possible(record, true));
        ledger.holds(Some(call), "a record is true", invariants::record_of_a_talk_is_true(record, talked));
        sum.untold += u64::from(talked && record.outcome != Outcome::Answered);
        let word = serde_json::to_value(record.outcome).unwrap();
        *sum.outcomes.entry(word.as_str().unwrap().to_owned()).or_default() += 1;
    }
    sum
}
