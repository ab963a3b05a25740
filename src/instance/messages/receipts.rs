//! Receipts (状态报告): what a gateway says later about the messages that it took.
//!
//! A receipt may come twice, late, before the answer of its gateway, or for a message of another daemon.

use super::limits::{EARLY_RECEIPT_KEPT, EARLY_RECEIPTS_MAX};
use hotlined_core::message::sending::Receipt;
use hotlined_core::time::Instant;
use std::collections::VecDeque;
use std::sync::Arc;

/// Receipts of messages whose gateway has not answered yet.
#[derive(Debug, Default)]
pub(super) struct EarlyReceipts(VecDeque<(Instant, Arc<str>, Receipt)>);

impl EarlyReceipts {
    pub(super) fn push(&mut self, now: Instant, gateway: Arc<str>, receipt: Receipt) {
        if self.0.len() >= EARLY_RECEIPTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((now, gateway, receipt));
    }

    /// Takes out the receipts of this gateway for which `is_of` holds.
    pub(super) fn take(&mut self, gateway: &str, is_of: impl Fn(&Receipt) -> bool) -> Vec<Receipt> {
        let mut taken = Vec::new();
        self.0.retain(|(_, from, receipt)| {
            let fits = **from == *gateway && is_of(receipt);
            if fits {
                taken.push(receipt.clone());
            }
            !fits
        });
        taken
    }

    pub(super) fn forget_old(&mut self, now: Instant) {
        while self.0.front().is_some_and(|(at, _, _)| now.since(*at) > EARLY_RECEIPT_KEPT) {
            self.0.pop_front();
        }
    }
}
