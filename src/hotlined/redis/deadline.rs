//! Waiting for Redis, in a process that may stand still meanwhile.

use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// A timer that is this late was not polled: the process or the machine stood still.
const LATE: Duration = Duration::from_millis(100);
/// How long it takes at most to read what came meanwhile.
const READ_TIME_MAX: Duration = Duration::from_millis(100);

/// The output of `doing` within `time_max`; `None` if there is none.
///
/// If the process stood still for longer than that, timer and reply are ready together. The timer alone then tells
/// nothing: the reply may be there, not read yet, and Redis was never unavailable.
pub(crate) async fn within<T>(time_max: Duration, doing: impl Future<Output = T>) -> Option<T> {
    let by = Instant::now() + time_max;
    tokio::pin!(doing);
    tokio::select! {
        biased;
        done = &mut doing => return Some(done),
        () = sleep_until(by) => {}
    }
    if by.elapsed() < LATE {
        return None;
    }
    timeout(READ_TIME_MAX, doing).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    /// Something that looks twice before it is done, as one who reads a socket through another task does.
    async fn done_at_the_second_look() {
        tokio::task::yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stood_still_reads_what_came_meanwhile() {
        let (answers, answer) = oneshot::channel::<()>();
        let asked = within(Duration::from_millis(500), async {
            answer.await.unwrap();
            done_at_the_second_look().await;
        });
        let stands_still = async {
            // No timer is looked at in between.
            tokio::time::advance(Duration::from_millis(900)).await;
            answers.send(()).unwrap();
        };
        assert_eq!(tokio::join!(asked, stands_still).0, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_comes_it_ends_in_time() {
        let began = Instant::now();
        assert_eq!(within(Duration::from_millis(500), std::future::pending::<()>()).await, None);
        assert!(began.elapsed() < Duration::from_millis(510), "{:?}", began.elapsed());
    }
}
