//! The daemon's one clock.

use hotlined_core::time::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of day, read once, and from then on only counted: it never goes back, whatever is done to the
/// machine's own clock meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: std::time::Instant,
    began_at: Instant,
}

impl Clock {
    /// A clock that goes with the machine's as of now.
    pub fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { began: std::time::Instant::now(), began_at: Instant::default() + since_1970.into() }
    }

    /// Now.
    pub fn now(&self) -> Instant {
        self.began_at + self.began.elapsed().into()
    }

    /// When the runtime has to wake us so that `at` has come.
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
