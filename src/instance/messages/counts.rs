//! How many messages went out in the last 24 hours: to each number, of each hotline.

use super::limits::{DAY, HOUR_SPAN};
use hotlined_core::message::Message;
use hotlined_core::time::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

type HotlineAndNumber = (Arc<str>, Arc<str>);

/// The messages of the last 24 hours.
#[derive(Debug, Default)]
pub(super) struct SendCounts {
    /// By hotline and number: when, and with which template.
    numbers: BTreeMap<HotlineAndNumber, VecDeque<(Instant, Arc<str>)>>,
    hotlines: BTreeMap<Arc<str>, VecDeque<Instant>>,
}

/// What the counts say of a further message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// It may be sent.
    Send,
    /// It is put together with others.
    Gather,
    /// There were enough.
    Drop,
}

impl SendCounts {
    /// Counts a message.
    pub(super) fn add(&mut self, at: Instant, message: &Message) {
        let key = (message.hotline.clone(), message.to.clone());
        insert_sorted(self.numbers.entry(key).or_default(), (at, message.template.clone()));
        insert_sorted(self.hotlines.entry(message.hotline.clone()).or_default(), at);
    }

    /// Whether a further message may be sent. `is_digest` is one that stands for many.
    pub(super) fn allowance(&mut self, now: Instant, message: &Message, is_digest: bool) -> Allowance {
        let begin = now - DAY;
        let of_hotline = self.hotlines.entry(message.hotline.clone()).or_default();
        drop_older(of_hotline, |at| *at < begin);
        let of_hotline = of_hotline.len();
        let key = (message.hotline.clone(), message.to.clone());
        let of_number = self.numbers.entry(key).or_default();
        drop_older(of_number, |(at, _)| *at < begin);
        let last_hour = of_number.iter().rev().take_while(|(at, _)| now.since(*at) < HOUR_SPAN).count();
        let same_template = of_number.iter().filter(|(_, template)| *template == message.template).count();
        let above = message.digest.as_ref().map(|digest| digest.above as usize);
        let limits = &message.limits;
        if !is_digest && above.is_some_and(|above| same_template >= above) {
            Allowance::Gather
        } else if of_number.len() >= limits.number_day_max as usize
            || last_hour >= limits.number_hour_max as usize
            || of_hotline >= limits.day_max as usize
        {
            Allowance::Drop
        } else {
            Allowance::Send
        }
    }

    /// Forgets what no longer counts.
    pub(super) fn forget_old(&mut self, now: Instant) {
        let begin = now - DAY;
        self.numbers.retain(|_, sent| {
            drop_older(sent, |(at, _)| *at < begin);
            !sent.is_empty()
        });
        self.hotlines.retain(|_, sent| {
            drop_older(sent, |at| *at < begin);
            !sent.is_empty()
        });
    }
}

/// Messages of a daemon before this one come in any order.
fn insert_sorted<T: Ord>(sorted: &mut VecDeque<T>, item: T) {
    let at = sorted.partition_point(|earlier| *earlier <= item);
    sorted.insert(at, item);
}

fn drop_older<T>(sorted: &mut VecDeque<T>, is_old: impl Fn(&T) -> bool) {
    while sorted.front().is_some_and(&is_old) {
        sorted.pop_front();
    }
}
