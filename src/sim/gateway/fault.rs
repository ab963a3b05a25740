//! How a gateway fails, and how often.

use crate::rng::Rng;
use std::collections::BTreeMap;

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It answers that there are too many messages.
    Throttled,
    /// It answers that it has a passing trouble.
    Retry,
    /// It answers that it does not take this number.
    Rejected,
    /// It answers that something of the settings is wrong.
    Configuration,
    /// It answers that the account is empty.
    Balance,
    /// It closes the connection before it reads the request.
    ResetBeforeReading,
    /// It takes the message and closes the connection without an answer.
    ResetAfterAccepting,
    /// It takes the message and answers when nobody waits any more.
    LateAnswer,
    /// It never answers, and does not take the message.
    Hang,
    /// It answers nonsense. It may have taken the message.
    Nonsense,
    /// It answers 16 MiB. It may have taken the message.
    HugeBody,
    /// Status 500 without words. It may have taken the message.
    Status500,
    /// Status 502 from a machine in front of it. It may have taken the message.
    Status502,
    /// Status 503. It did not take the message.
    Status503,
    /// It takes the message, and the answer comes byte for byte.
    Drip,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 15] = [
        Self::Throttled,
        Self::Retry,
        Self::Rejected,
        Self::Configuration,
        Self::Balance,
        Self::ResetBeforeReading,
        Self::ResetAfterAccepting,
        Self::LateAnswer,
        Self::Hang,
        Self::Nonsense,
        Self::HugeBody,
        Self::Status500,
        Self::Status502,
        Self::Status503,
        Self::Drip,
    ];
}

/// How often each fault comes, in requests of a thousand. At most one comes in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultRates(BTreeMap<Fault, u16>);

impl FaultRates {
    /// Every fault at this rate.
    pub fn each_per_mille(rate: u16) -> Self {
        Self(Fault::ALL.map(|fault| (fault, rate)).into())
    }

    /// This fault at this rate, the others as before.
    #[must_use]
    pub fn with(mut self, fault: Fault, per_mille: u16) -> Self {
        self.0.insert(fault, per_mille);
        self
    }

    /// The fault of one request.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Fault> {
        let mut drawn = rng.between(0, 999);
        for (fault, rate) in &self.0 {
            let rate = u64::from(*rate);
            if drawn < rate {
                return Some(*fault);
            }
            drawn -= rate;
        }
        None
    }
}
