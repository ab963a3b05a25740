//! When receipts come.

use crate::rng::Rng;
use hotlined_core::time::{Instant, Millis};

/// How often receipts come otherwise than once, soon and with good news; in messages of a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReceiptRates {
    /// The receipt comes before the answer.
    pub early: u16,
    /// The receipt comes twice.
    pub twice: u16,
    /// The receipt comes after 10 minutes to 2 hours.
    pub late: u16,
    /// No receipt comes.
    pub never: u16,
    /// The message did not reach the telephone.
    pub failed: u16,
}

impl ReceiptRates {
    /// As bad as gateways are on a bad day.
    pub const BAD: Self = Self { early: 100, twice: 100, late: 50, never: 20, failed: 50 };
}

/// A request with a receipt, that the gateway posts to the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptPost {
    /// Where to, if the request of the message said so.
    pub url: Option<String>,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// When the receipts of one message come, and whether it reached the telephone.
pub(super) struct ReceiptPlan {
    pub(super) at: Vec<Instant>,
    pub(super) is_delivered: bool,
}

impl ReceiptRates {
    pub(super) fn draw(&self, now: Instant, rng: &mut Rng) -> ReceiptPlan {
        let mut is = |rate: u16| rng.between(0, 999) < u64::from(rate);
        let (early, twice, late, never) = (is(self.early), is(self.twice), is(self.late), is(self.never));
        let is_delivered = !is(self.failed);
        if never {
            return ReceiptPlan { at: Vec::new(), is_delivered };
        }
        let wait = if early {
            Millis(0)
        } else if late {
            Millis(rng.between(600_000, 7_200_000))
        } else {
            Millis(rng.between(1_000, 5_000))
        };
        let first = now + wait;
        let second = twice.then(|| first + Millis(rng.between(0, 60_000)));
        ReceiptPlan { at: [first].into_iter().chain(second).collect(), is_delivered }
    }
}
