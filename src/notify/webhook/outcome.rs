//! What a receiver's answer means.

use hotlined_core::time::Millis;

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookOutcome {
    /// The receiver has it: 2xx.
    Delivered,
    /// The receiver is gone and wants no more events: 410.
    Gone,
    /// The receiver has too much to do: 429, 502, 504.
    Throttled {
        /// How long it asks to wait.
        retry_after: Option<Millis>,
    },
    /// Any other answer. A redirection is a failure: the receiver must tell its address.
    Failed {
        /// How long it asks to wait.
        retry_after: Option<Millis>,
    },
}

/// Reads the status of an answer.
pub fn read_answer(status: u16, retry_after: Option<Millis>) -> HookOutcome {
    match status {
        200..=299 => HookOutcome::Delivered,
        410 => HookOutcome::Gone,
        429 | 502 | 504 => HookOutcome::Throttled { retry_after },
        _ => HookOutcome::Failed { retry_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_a_delivery() {
        let wait = Some(Millis(5));
        for status in 0..1_000 {
            let expected = match status {
                410 => HookOutcome::Gone,
                429 | 502 | 504 => HookOutcome::Throttled { retry_after: wait },
                status if status / 100 == 2 => HookOutcome::Delivered,
                _ => HookOutcome::Failed { retry_after: wait },
            };
            assert_eq!(read_answer(status, wait), expected, "{status}");
        }
    }
}
