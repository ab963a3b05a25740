//! The invariants that hold at every moment and at the end of a run: those of [`hotlined_sim::invariants`] with the
//! bounds and exceptions of this world, and those that only this world can check.

use super::daemon::{Daemon, FALLBACK_AFTER, FALLBACK_AFTER_SHARED};
use super::daemon_socket::switch;
use super::host::Host;
use super::world::World;
use hotlined_core::id::CallId;
use hotlined_core::stage_name::StageName;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::invariants;
use std::collections::BTreeSet;

/// How long a caller may hear nothing.
pub(super) const SOUND_WITHIN: Millis = invariants::SILENCE_MAX;
/// How long an agent's leg may outlive its caller.
pub(super) const OUTLIVES_MAX: Millis = Millis::seconds(1);
/// How long the fallback may take after its timer: half a second of the scheduler, and the time of the commands to the
/// switch.
pub(super) const FALLBACK_WAY: Millis = Millis(1_000);
/// Another daemon is active within this time of the last fault. In this time the lease runs out, no daemon takes it for
/// half its span, a daemon that has reconnected to Redis waits for the whole span, and the link comes up.
pub(super) const TAKEN_OVER_WITHIN: Millis = Millis(6_000);
/// How long a line may be held while its telephone is not called: commands and events are on their way.
pub(super) const IDLE_LINE_MAX: Millis = Millis::seconds(2);
/// How long the event of a new talk may be on its way: the switch polls, the connection delays, the engine processes.
pub(super) const TALK_EVENT_DELAY_MAX: Millis = Millis(200);

impl World<'_> {
    /// Whether a daemon that does not know of the talk may have ended it: a daemon that hands over and has not received
    /// the event of the talk, or a daemon that took over from one that could not save its state.
    pub(super) fn may_talk_break(&self, talks_since: Instant, legs: [&str; 2]) -> bool {
        let is_unknown = |(host, at, received_until): (usize, Instant, Instant)| {
            // The commands of the hand-over wait while the connection is stalled.
            let arrived_at = at.max(self.hosts[host].receives_from);
            received_until.since(talks_since) <= TALK_EVENT_DELAY_MAX
                && self.now.since(arrived_at) <= TALK_EVENT_DELAY_MAX
        };
        self.handed_over.is_some_and(is_unknown)
            || legs.iter().any(|leg| self.calls_with_lost_state.contains(*leg))
    }

    /// The host and daemon that serve callers now.
    fn serving(&self) -> Option<(&Host, &Daemon)> {
        let host = self.hosts.iter().find(|host| host.serves(self.now))?;
        Some((host, host.daemon.as_ref()?))
    }

    /// Whether the run can end: no channel, no live call and no scheduled event is left, and all daemons run and have
    /// saved their state.
    pub(super) fn is_quiet(&self) -> bool {
        let is_idle = |host: &Host| {
            let daemon = |daemon: &Daemon| {
                daemon.instance.engine().switchboard.live_count() == 0 && daemon.is_fully_saved()
            };
            host.notices_link_loss.is_none() && host.is_awake() && host.daemon.as_ref().is_some_and(daemon)
        };
        self.due.is_empty()
            && self.are_messages_settled()
            && self.model.channel_count() == 0
            && self.serving().is_some()
            && self.hosts.iter().all(is_idle)
    }

    /// The activity that keeps the world from being quiet, for a violation.
    pub(super) fn describe_activity(&self) -> String {
        let daemons = self.hosts.iter().filter_map(|host| host.daemon.as_ref());
        let stages = |daemon: &Daemon| {
            let live: Vec<_> = daemon
                .instance
                .engine()
                .switchboard
                .stages()
                .map(|(id, stage)| (id.clone(), stage))
                .collect();
            (live, daemon.is_fully_saved())
        };
        let live: Vec<_> = daemons.map(stages).collect();
        let serving = self.serving().map(|(_, daemon)| &daemon.name);
        format!("acts {serving:?}, legs {:?}, calls {live:?}, due {:?}", self.model.channels(), self.due)
    }

    /// Checks the invariants with a time limit.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.excuse_silence();
        let known_since = self.serving().and_then(|(host, daemon)| {
            Some(daemon.linked_since?.max(host.receives_from).max(host.serves_since.unwrap_or(self.now)))
        });
        for left in self.model.orphan_legs() {
            let known = known_since.map_or(Millis(0), |since| self.now.since(since));
            invariants::agent_leg_ends(&left, known, OUTLIVES_MAX)?;
        }
        for call in self.model.active_callers() {
            let excused =
                self.silence_excused.get(&*call.leg).map_or(Millis(u64::MAX), |at| self.now.since(*at));
            let silence = call.silence(self.now).min(excused);
            if silence > SOUND_WITHIN {
                let is_left_to_fallback = self.is_left_to_fallback(&call.leg);
                let silence_max = if is_left_to_fallback { self.fallback_within() } else { SOUND_WITHIN };
                invariants::caller_hears_something(&call, silence, silence_max)?;
            }
            let unserved =
                self.unserved_since.map_or(Millis(0), |since| self.now.since(since.max(call.dialled_at)));
            let served = call.fell_back || call.bridged.is_some() || self.joining.contains(&*call.leg);
            invariants::fallback_comes(&call, unserved, served, self.fallback_within())?;
        }
        let unserved =
            self.unserved_since.map_or(Millis(0), |since| self.now.since(since.max(self.faults_until)));
        let is_any_awake = self.hosts.iter().any(|host| host.daemon.is_some() && host.is_awake());
        if self.redis.is_some() && is_any_awake && unserved > TAKEN_OVER_WITHIN {
            return Err(format!("nobody has taken over for {unserved}: {}", self.describe_activity()));
        }
        self.check_idle_lines()
    }

    /// The active daemon releases a line when the line's telephone is no longer called.
    fn check_idle_lines(&mut self) -> Result<(), String> {
        let Some((host, daemon)) = self.serving() else {
            self.idle_lines_since = None;
            return Ok(());
        };
        let held = match &self.redis {
            Some(redis) if redis.is_unresponsive() => 0,
            Some(redis) => redis.in_use().0,
            None => daemon.instance.engine().lines_in_use(),
        };
        let known_since =
            self.faults_until.max(host.receives_from).max(host.serves_since.unwrap_or(self.now));
        let called: u32 = self.lines.keys().map(|number| self.calls_at(number)).sum();
        if held <= called as usize {
            self.idle_lines_since = None;
            return Ok(());
        }
        let since = *self.idle_lines_since.get_or_insert(self.now);
        let idle = self.now.since(since.max(known_since));
        if idle > IDLE_LINE_MAX {
            return Err(format!("{held} lines are held for {idle}, and {called} telephones are called"));
        }
        Ok(())
    }

    /// How many calls ring or talk at this telephone.
    fn calls_at(&self, number: &str) -> u32 {
        self.model.phone_report(number).map_or(0, |phone| phone.live)
    }

    /// Within how long a caller without a daemon reaches the fallback.
    fn fallback_within(&self) -> Millis {
        let longest = if self.redis.is_some() { FALLBACK_AFTER_SHARED } else { FALLBACK_AFTER };
        Millis(longest.0 + FALLBACK_WAY.0)
    }

    /// Whether a daemon asked the caller something and left no saved state to the active daemon. The fallback serves
    /// this caller.
    fn is_left_to_fallback(&self, leg: &str) -> bool {
        let Some((_, daemon)) = self.serving().filter(|_| self.asks) else { return false };
        let call = leg.parse::<CallId>();
        call.is_ok_and(|call| daemon.instance.engine().switchboard.stages().all(|(live, _)| *live != call))
    }

    /// Where hotlines ask for keys or messages, a caller may hear nothing while a daemon listens, and while no daemon
    /// can ask. Updates until when silence is allowed.
    fn excuse_silence(&mut self) {
        if !self.asks {
            return;
        }
        let mut excused = Vec::new();
        let serving = self
            .serving()
            .filter(|(host, _)| self.unserved_since.is_none() && self.now >= host.receives_from);
        if let Some((_, daemon)) = serving {
            let listened_to =
                daemon.instance.engine().switchboard.stages().filter(|(_, stage)| listens(*stage));
            excused.extend(listened_to.map(|(call, _)| call.to_string()));
        } else {
            excused.extend(self.model.active_callers().map(|call| call.leg.to_string()));
        }
        self.silence_excused.extend(excused.into_iter().map(|leg| (leg, self.now)));
    }

    /// An agent's telephone is called: it must have a free line.
    pub(super) fn check_lines_suffice(&self, number: &str) -> Result<(), String> {
        let is_cut_off = |host: &Host| self.now < host.cut_off_until;
        let is_known = self.legs_with_lost_claims.is_empty()
            && (self.redis.as_ref().is_none_or(|redis| !redis.is_unresponsive())
                || self.is_served_since_before_outage())
            && !self.hosts.iter().any(is_cut_off);
        let Some(lines) = self.lines.get(number).filter(|_| is_known) else { return Ok(()) };
        invariants::lines_suffice(number, *lines as usize, self.calls_at(number) as usize)
    }

    /// Whether the active daemon has served callers since before Redis became unresponsive. That daemon knows the lines
    /// of all calls itself, and saves them to Redis when Redis responds again.
    pub(super) fn is_served_since_before_outage(&self) -> bool {
        let since = self.serving().and_then(|(host, _)| host.serves_since);
        since.is_some_and(|since| since < self.redis_failed_at)
    }

    /// The claims of lines are lost. The lines of a telephone are not checked until all present legs are gone.
    pub(super) fn claims_are_lost(&mut self) {
        self.legs_with_lost_claims.extend(self.model.channels().iter().map(ToString::to_string));
    }

    /// Checks the invariants that hold at the end of a run.
    pub(super) fn check_end(&mut self) -> Result<(), String> {
        self.check()?;
        let states = self.message_states();
        for ix in 0..self.hosts.len() {
            let Some(daemon) = self.hosts[ix].daemon.take() else {
                return Err("no daemon in the end".into());
            };
            let lines = daemon.instance.engine().lines_in_use();
            if lines != 0 {
                return Err(format!("{lines} lines are in use in the end"));
            }
            if let Some(call) = daemon.unwritten().first() {
                invariants::one_record_each(call, 1, 0, true)?;
            }
            if self.setup.faults.is_empty() {
                self.check_record_facts(&daemon)?;
            }
            self.check_records(&daemon, true)?;
        }
        self.check_messages(&states)?;
        let Some(redis) = &self.redis else { return Ok(()) };
        let left = (redis.in_use(), redis.saved_calls(&switch()));
        if left != ((0, 0), BTreeSet::new()) {
            return Err(format!("Redis has lines, claims and calls in the end: {left:?}"));
        }
        Ok(())
    }

    /// The records agree with the calls as the simulated switch saw them.
    fn check_record_facts(&self, daemon: &Daemon) -> Result<(), String> {
        for (call, record) in &daemon.records {
            let report = self.model.call_report(&call.to_string()).ok_or("a record of nobody's call")?;
            invariants::record_is_true(record, report.bridged.is_some(), report.fell_back)
                .map_err(|why| format!("{why}; lived through: {report:?}"))?;
        }
        Ok(())
    }
}

/// Whether the caller may hear nothing in this stage: the daemon waits for keys or a message.
fn listens(stage: StageName) -> bool {
    match stage {
        StageName::Menu | StageName::Voicemail | StageName::Survey | StageName::Verify => true,
        StageName::Admission
        | StageName::Announce
        | StageName::Queue
        | StageName::CallBack
        | StageName::Whisper
        | StageName::Hunt
        | StageName::Connect
        | StageName::Talk
        | StageName::Closing
        | StageName::Ending => false,
    }
}
