//! The health of the daemon: the last known state of its event loop, its links and its persistence.
//!
//! *Alive* means that the event loop runs; a daemon that is not alive should be restarted. *Ready* means that the next
//! call will be served; while a daemon is not ready, calls should go elsewhere.

use hotlined_core::id::SwitchId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The longest time between two beats of the event loop. It beats at least every second, and waits for a disk at most
/// half a second.
pub const BEAT_AGE_MAX: Duration = Duration::from_secs(5);

/// The health of the daemon, shared between threads.
#[derive(Debug)]
pub struct Health(Mutex<State>);

#[derive(Debug)]
struct State {
    beat: Instant,
    /// Whether each link is up; none if the link has not come up yet.
    links: BTreeMap<SwitchId, Option<bool>>,
    draining: bool,
    unkept: bool,
    /// Why Redis does not answer, if there should be one.
    no_redis: Option<String>,
    /// Why the leases are unknown.
    no_leases: Option<String>,
    /// The checks that run with each query.
    checks: Checks,
}

/// Checks that return why the daemon is not ready, or none.
#[derive(Default)]
struct Checks(Vec<Box<dyn Fn() -> Option<String> + Send>>);

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} checks", self.0.len())
    }
}

impl Health {
    /// The health of a daemon that starts now and will have links to these switches.
    pub fn new(now: Instant, switches: impl IntoIterator<Item = SwitchId>) -> Self {
        let links = switches.into_iter().map(|switch| (switch, None)).collect();
        Self(Mutex::new(State {
            beat: now,
            links,
            draining: false,
            unkept: false,
            no_redis: None,
            no_leases: None,
            checks: Checks::default(),
        }))
    }

    /// The event loop has run.
    pub fn beat(&self, now: Instant) {
        self.update(|state| state.beat = now);
    }

    /// The daemon is active at the switch: its link should come up.
    pub fn expect_link(&self, switch: &SwitchId) {
        self.update(|state| {
            state.links.insert(switch.clone(), None);
        });
    }

    /// Another daemon is active at the switch: no link is expected.
    pub fn forget_link(&self, switch: &SwitchId) {
        self.update(|state| {
            state.links.remove(switch);
        });
    }

    /// A link has come up or gone down.
    pub fn set_link(&self, switch: &SwitchId, up: bool) {
        self.update(|state| {
            if let Some(known) = state.links.get_mut(switch) {
                *known = Some(up);
            }
        });
    }

    /// The daemon takes no new calls from now on.
    pub fn set_draining(&self) {
        self.update(|state| state.draining = true);
    }

    /// Whether live calls are persisted for the next daemon.
    pub fn set_persisted(&self, kept: bool) {
        self.update(|state| state.unkept = !kept);
    }

    /// Why Redis does not answer; none if it does.
    pub fn set_redis_error(&self, away: Option<String>) {
        self.update(|state| state.no_redis = away);
    }

    /// Why the leases are unknown; none if they are known.
    pub fn set_lease_error(&self, unknown: Option<String>) {
        self.update(|state| state.no_leases = unknown);
    }

    /// Adds a check that runs with each query. It returns why the daemon is not ready, or none.
    pub fn add_check(&self, check: impl Fn() -> Option<String> + Send + 'static) {
        self.update(|state| state.checks.0.push(Box::new(check)));
    }

    /// Whether the daemon takes no new calls any more.
    pub fn is_draining(&self) -> bool {
        self.0.lock().is_ok_and(|state| state.draining)
    }

    /// Why the daemon is not alive; none if it is.
    pub fn not_alive(&self, now: Instant) -> Option<String> {
        let Ok(state) = self.0.lock() else { return Some("a thread crashed".to_owned()) };
        let age = now.saturating_duration_since(state.beat);
        (age > BEAT_AGE_MAX).then(|| format!("the loop has not turned for {:.1} s", age.as_secs_f64()))
    }

    /// All reasons why the daemon is not ready. Empty if it is ready.
    pub fn not_ready(&self, now: Instant) -> Vec<String> {
        let mut reasons: Vec<String> = self.not_alive(now).into_iter().collect();
        let Ok(state) = self.0.lock() else { return reasons };
        for (switch, up) in &state.links {
            match up {
                Some(true) => {}
                Some(false) => reasons.push(format!("the link to {switch} is down")),
                None => reasons.push(format!("the link to {switch} has not come up yet")),
            }
        }
        if state.draining {
            reasons.push("stopping: no new calls are taken".to_owned());
        }
        if let Some(why) = &state.no_redis {
            reasons.push(format!("Redis does not answer: {why}"));
        }
        if let Some(why) = &state.no_leases {
            reasons.push(format!("nobody can say which daemon acts: {why}"));
        }
        if state.unkept {
            reasons.push(
                "live calls are not kept: a daemon that takes this one's place would not know them"
                    .to_owned(),
            );
        }
        reasons.extend(state.checks.0.iter().filter_map(|check| check()));
        reasons
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.0.lock() {
            change(&mut state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_is_ready_once_its_links_are_up_and_says_every_reason_against_it() {
        let now = Instant::now();
        let (one, other) = (SwitchId("fs1".into()), SwitchId("fs2".into()));
        let health = Health::new(now, [one.clone(), other.clone()]);
        assert_eq!(
            health.not_ready(now),
            ["the link to fs1 has not come up yet", "the link to fs2 has not come up yet"]
        );
        health.set_link(&one, true);
        health.set_link(&other, true);
        assert!(health.not_ready(now).is_empty());
        health.set_link(&other, false);
        health.set_draining();
        health.set_persisted(false);
        health.set_redis_error(Some("it is being moved".to_owned()));
        health.set_lease_error(Some("it refuses".to_owned()));
        let late = now + BEAT_AGE_MAX + Duration::from_millis(100);
        let reasons = health.not_ready(late);
        for (reason, what) in reasons.iter().zip([
            "not turned for 5.1 s",
            "fs2 is down",
            "stopping",
            "being moved",
            "refuses",
            "not kept",
        ]) {
            assert!(reason.contains(what), "{reason}");
        }
        assert_eq!(reasons.len(), 6, "{reasons:?}");
        health.set_persisted(true);
        health.set_redis_error(None);
        health.set_lease_error(None);
        health.forget_link(&other);
        health.set_link(&other, true);
        health.beat(late);
        assert_eq!(health.not_ready(late), ["stopping: no new calls are taken"]);
        health.expect_link(&other);
        assert!(health.not_ready(late)[0].contains("fs2 has not come up yet"));
    }

    #[test]
    fn a_check_gives_a_reason_while_it_has_one() {
        let now = Instant::now();
        let health = Health::new(now, []);
        let why = std::sync::Arc::new(Mutex::new(Some("the disk is full".to_owned())));
        let known = why.clone();
        health.add_check(move || known.lock().unwrap().clone());
        health.set_draining();
        assert_eq!(health.not_ready(now), ["stopping: no new calls are taken", "the disk is full"]);
        *why.lock().unwrap() = None;
        assert_eq!(health.not_ready(now), ["stopping: no new calls are taken"]);
    }

    #[test]
    fn a_loop_that_stands_still_is_not_alive_and_one_that_turns_again_is() {
        let began = Instant::now();
        let health = Health::new(began, []);
        assert_eq!(health.not_alive(began + BEAT_AGE_MAX), None);
        let late = began + BEAT_AGE_MAX * 2;
        assert_eq!(health.not_alive(late).as_deref(), Some("the loop has not turned for 10.0 s"));
        health.beat(late);
        assert_eq!(health.not_alive(late), None);
    }
}
