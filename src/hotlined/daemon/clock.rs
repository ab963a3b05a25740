//! The clock of the daemon.

use hotlined_core::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads the time of day once and then adds the monotonic time that passed. So it never goes back, also when the
/// clock of the machine is changed.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: std::time::Instant,
    began_at: Instant,
}

impl Clock {
    /// A clock with the present time of the machine.
    pub fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { began: std::time::Instant::now(), began_at: Instant::default() + since_1970.into() }
    }

    /// The present time.
    pub fn now(&self) -> Instant {
        self.began_at + self.began.elapsed().into()
    }

    /// The time of the runtime at which this clock shows `at`.
    pub fn wake_at(&self, at: Instant) -> tokio::time::Instant {
        let since_began = Duration::from(at.since(self.began_at));
        tokio::time::Instant::from_std(self.began + since_began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waking_for_an_instant_is_never_too_early() {
        let clock = Clock::start();
        let at = Instant(clock.now().0 + 3);
        std::thread::sleep(clock.wake_at(at).into_std().saturating_duration_since(std::time::Instant::now()));
        assert!(clock.now() >= at);
    }
}
