//! What the records say in the end. Who was taken has one; who was not, one at most. A daemon that was killed between
//! writing a record and telling so is followed by one that writes it again, with the same outcome, into its own file.
//! A daemon that stops hands its callers over: where the switch did not hear of it, the next daemon takes them once
//! more.

use crate::known;
use crate::ledger::Ledger;
use crate::redis::Redis;
use crate::stage::Recorded;
use hotlined_core::record::{CallRecord, EndedBy, Outcome};
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
            ledger.broken(Some(&leg), "no record", ledger.place(&leg));
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
            _ => ledger.broken(Some(call), "more than one record", format!("{records:#?}")),
        }
        let record = &left[0].1;
        match (
            record.outcome == Outcome::Answered,
            ledger.callers.get(call).is_some_and(|caller| caller.talked),
        ) {
            (true, true) | (false, false) => {}
            (true, false) => {
                ledger.broken(Some(call), "a record of a talk that never was", format!("{record:?}"))
            }
            (false, true) => sum.untold += 1,
        }
        let word = serde_json::to_value(record.outcome).unwrap();
        *sum.outcomes.entry(word.as_str().unwrap().to_owned()).or_default() += 1;
    }
    sum
}
