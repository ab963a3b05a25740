//! Whether the daemon is well: what it last knew of its loop, its links and its live state.
//!
//! *Alive* means that the loop turns; whoever finds it not alive had better start it anew. *Ready* means that the
//! next call would be served as it should; whoever finds it not ready had better send calls elsewhere, and wait.

use hotlined_core::id::SwitchId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long the loop may go without a beat. It beats every second at least, and waits at most half of one for a disk.
pub const BEAT_AGE_MAX: Duration = Duration::from_secs(5);

/// What is known, for whoever asks.
#[derive(Debug)]
pub struct Health(Mutex<State>);

#[derive(Debug)]
struct State {
    beat: Instant,
    /// Whether each link is up; none where it has not been yet.
    links: BTreeMap<SwitchId, Option<bool>>,
    draining: bool,
    unkept: bool,
    /// Why there is no Redis, where there should be one.
    no_redis: Option<String>,
    /// Why nobody can say which daemon acts.
    no_leases: Option<String>,
    /// What is checked when somebody asks.
    checks: Checks,
}

/// Each gives why the daemon is not ready; none where it is.
#[derive(Default)]
struct Checks(Vec<Box<dyn Fn() -> Option<String> + Send>>);

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} checks", self.0.len())
    }
}

impl Health {
    /// A daemon that begins now and is to have links to these switches.
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

    /// The loop turned.
    pub fn beat(&self, now: Instant) {
        self.know(|state| state.beat = now);
    }

    /// We act for the switch from now on.
    pub fn acts(&self, switch: &SwitchId) {
        self.know(|state| {
            state.links.insert(switch.clone(), None);
        });
    }

    /// Another daemon does: that we have no link is as it should be.
    pub fn stands_by(&self, switch: &SwitchId) {
        self.know(|state| {
            state.links.remove(switch);
        });
    }

    /// The engine heard that a link is up, or is not any more.
    pub fn link(&self, switch: &SwitchId, up: bool) {
        self.know(|state| {
            if let Some(known) = state.links.get_mut(switch) {
                *known = Some(up);
            }
        });
    }

    /// No new calls are taken any more.
    pub fn drain(&self) {
        self.know(|state| state.draining = true);
    }

    /// Whether live calls are kept for the daemon that comes after this one.
    pub fn keeps(&self, kept: bool) {
        self.know(|state| state.unkept = !kept);
    }

    /// Whether Redis answers, and if not why, where there should be one.
    pub fn redis(&self, away: Option<String>) {
        self.know(|state| state.no_redis = away);
    }

    /// Whether it can be told which daemon acts, and if not why.
    pub fn leases(&self, unknown: Option<String>) {
        self.know(|state| state.no_leases = unknown);
    }

    /// Runs this check, too, whenever somebody asks: it gives why the daemon is not ready, or none.
    pub fn add_check(&self, check: impl Fn() -> Option<String> + Send + 'static) {
        self.know(|state| state.checks.0.push(Box::new(check)));
    }

    /// Whether no new calls are taken any more.
    pub fn is_draining(&self) -> bool {
        self.0.lock().is_ok_and(|state| state.draining)
    }

    /// Why the daemon is not alive; none where it is.
    pub fn not_alive(&self, now: Instant) -> Option<String> {
        let Ok(state) = self.0.lock() else { return Some("a thread crashed".to_owned()) };
        let age = now.saturating_duration_since(state.beat);
        (age > BEAT_AGE_MAX).then(|| format!("the loop has not turned for {:.1} s", age.as_secs_f64()))
    }

    /// Everything because of which the daemon is not ready.
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

    fn know(&self, what: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.0.lock() {
            what(&mut state);
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
        health.link(&one, true);
        health.link(&other, true);
        assert!(health.not_ready(now).is_empty());
        health.link(&other, false);
        health.drain();
        health.keeps(false);
        health.redis(Some("it is being moved".to_owned()));
        health.leases(Some("it refuses".to_owned()));
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
        health.keeps(true);
        health.redis(None);
        health.leases(None);
        health.stands_by(&other);
        health.link(&other, true);
        health.beat(late);
        assert_eq!(health.not_ready(late), ["stopping: no new calls are taken"]);
        health.acts(&other);
        assert!(health.not_ready(late)[0].contains("fs2 has not come up yet"));
    }

    #[test]
    fn a_check_gives_a_reason_while_it_has_one() {
        let now = Instant::now();
        let health = Health::new(now, []);
        let why = std::sync::Arc::new(Mutex::new(Some("the disk is full".to_owned())));
        let known = why.clone();
        health.add_check(move || known.lock().unwrap().clone());
        health.drain();
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
