//! What must hold at every moment, and in the end: the sentences of [`hotlined_sim::invariants`], with the bounds and the
//! excuses of this world; and what only this world can see.

use super::daemon::{Daemon, FALLBACK_AFTER, FALLBACK_AFTER_SHARED};
use super::daemon_socket::switch;
use super::host::Host;
use super::world::World;
use hotlined_core::id::CallId;
use hotlined_core::stage_name::StageName;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::invariants;
use std::collections::BTreeSet;

pub(super) const SOUND_WITHIN: Millis = invariants::SILENCE_MAX;
pub(super) const OUTLIVES_MAX: Millis = Millis::seconds(1);
/// How long the fallback may take besides its timer: half a second of the scheduler, and the orders' way.
pub(super) const FALLBACK_WAY: Millis = Millis(1_000);
/// Within how long of the last thing that went wrong another daemon acts: the lease runs out, nobody takes it for half
/// its span, somebody who came to Redis anew waits for all of it, and the link comes up.
pub(super) const TAKEN_OVER_WITHIN: Millis = Millis(6_000);
/// How long a line may be held whose telephone is not called, or not any more: orders and news are on their way.
pub(super) const IDLE_LINE_MAX: Millis = Millis::seconds(2);
/// How long the news of a talk may be on its way: a poll of the switch, the line, the engine.
pub(super) const UNHEARD_MAX: Millis = Millis(200);

impl World<'_> {
    /// Whether the talk of these two may have been torn by a daemon that does not know of it: because it hands over
    /// and has not heard of it yet, or because the one before could not keep what it did.
    pub(super) fn may_be_torn(&self, talks_since: Instant, legs: [&str; 2]) -> bool {
        let unheard = |(host, at, heard_until): (usize, Instant, Instant)| {
            // What it said waits in a line that stands still.
            let said_at = at.max(self.hosts[host].hears_switch_from);
            heard_until.since(talks_since) <= UNHEARD_MAX && self.now.since(said_at) <= UNHEARD_MAX
        };
        self.handed_over.is_some_and(unheard)
            || legs.iter().any(|leg| self.calls_with_lost_state.contains(*leg))
    }

    /// Whoever looks after callers now.
    fn serving(&self) -> Option<(&Host, &Daemon)> {
        let host = self.hosts.iter().find(|host| host.serves(self.now))?;
        Some((host, host.daemon.as_ref()?))
    }

    pub(super) fn is_quiet(&self) -> bool {
        let is_idle = |host: &Host| {
            let daemon = |daemon: &Daemon| {
                daemon.instance.engine().switchboard.live_count() == 0 && daemon.is_fully_saved()
            };
            host.notices_link_loss.is_none() && host.is_awake() && host.daemon.as_ref().is_some_and(daemon)
        };
        self.due.is_empty()
            && self.model.channel_count() == 0
            && self.serving().is_some()
            && self.hosts.iter().all(is_idle)
    }

    pub(super) fn unquiet(&self) -> String {
        let daemons = self.hosts.iter().filter_map(|host| host.daemon.as_ref());
        let stages = |daemon: &Daemon| {
            let live: Vec<_> =
                daemon.instance.engine().switchboard.stages().map(|(id, it)| (id.clone(), it)).collect();
            (live, daemon.is_fully_saved())
        };
        let live: Vec<_> = daemons.map(stages).collect();
        let acts = self.serving().map(|(_, daemon)| &daemon.name);
        format!("acts {acts:?}, legs {:?}, calls {live:?}, due {:?}", self.model.channels(), self.due)
    }

    /// What has a bound in time.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.note_excuses();
        let known_since = self.serving().and_then(|(host, daemon)| {
            Some(daemon.linked_since?.max(host.hears_switch_from).max(host.serves_since.unwrap_or(self.now)))
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
                let is_strange = self.is_strange(&call.leg);
                let silence_max = if is_strange { self.fallback_within() } else { SOUND_WITHIN };
                invariants::caller_hears_something(&call, silence, silence_max)?;
            }
            let alone =
                self.unserved_since.map_or(Millis(0), |since| self.now.since(since.max(call.dialled_at)));
            let served = call.fell_back || call.bridged.is_some() || self.joining.contains(&*call.leg);
            invariants::fallback_comes(&call, alone, served, self.fallback_within())?;
        }
        let alone =
            self.unserved_since.map_or(Millis(0), |since| self.now.since(since.max(self.faults_until)));
        let somebody = self.hosts.iter().any(|host| host.daemon.is_some() && host.is_awake());
        if self.redis.is_some() && somebody && alone > TAKEN_OVER_WITHIN {
            return Err(format!("nobody has taken over for {alone}: {}", self.unquiet()));
        }
        self.no_line_is_idle()
    }

    /// Whoever looks after callers gives a line back when its telephone is called no more.
    fn no_line_is_idle(&mut self) -> Result<(), String> {
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
            self.faults_until.max(host.hears_switch_from).max(host.serves_since.unwrap_or(self.now));
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

    fn calls_at(&self, number: &str) -> u32 {
        self.model.phone_report(number).map_or(0, |phone| phone.live)
    }

    /// Within how long the fallback has a caller whom nobody looks after.
    fn fallback_within(&self) -> Millis {
        let longest = if self.redis.is_some() { FALLBACK_AFTER_SHARED } else { FALLBACK_AFTER };
        Millis(longest.0 + FALLBACK_WAY.0)
    }

    /// Whether the caller was asked something by a daemon that left nothing to the one that is there now: the
    /// fallback will look after it.
    fn is_strange(&self, leg: &str) -> bool {
        let Some((_, daemon)) = self.serving().filter(|_| self.asks) else { return false };
        let call = leg.parse::<CallId>();
        call.is_ok_and(|call| daemon.instance.engine().switchboard.stages().all(|(live, _)| *live != call))
    }

    /// Where hotlines ask, a caller may hear nothing while it is listened to, and while no daemon could ask.
    fn note_excuses(&mut self) {
        if !self.asks {
            return;
        }
        let mut excused = Vec::new();
        let serving = self
            .serving()
            .filter(|(host, _)| self.unserved_since.is_none() && self.now >= host.hears_switch_from);
        if let Some((_, daemon)) = serving {
            let listened_to =
                daemon.instance.engine().switchboard.stages().filter(|(_, stage)| listens(*stage));
            excused.extend(listened_to.map(|(call, _)| call.to_string()));
        } else {
            excused.extend(self.model.active_callers().map(|call| call.leg.to_string()));
        }
        self.silence_excused.extend(excused.into_iter().map(|leg| (leg, self.now)));
    }

    /// An agent's telephone is called.
    pub(super) fn is_called(&self, number: &str) -> Result<(), String> {
        let is_cut_off = |host: &Host| self.now < host.cut_off_until;
        let is_known = self.legs_with_lost_claims.is_empty()
            && (self.redis.as_ref().is_none_or(|redis| !redis.is_unresponsive()) || self.acts_as_before())
            && !self.hosts.iter().any(is_cut_off);
        let Some(lines) = self.lines.get(number).filter(|_| is_known) else { return Ok(()) };
        invariants::lines_suffice(number, *lines as usize, self.calls_at(number) as usize)
    }

    /// Whether whoever looks after callers has done so since before Redis went away: it knows the lines of all calls, by
    /// itself, and tells Redis when that is back.
    pub(super) fn acts_as_before(&self) -> bool {
        let since = self.serving().and_then(|(host, _)| host.serves_since);
        since.is_some_and(|since| since < self.redis_failed_at)
    }

    /// Nobody knows any more who has which line: not before all who are there now have left.
    pub(super) fn claims_are_lost(&mut self) {
        self.legs_with_lost_claims.extend(self.model.channels().iter().map(ToString::to_string));
    }

    pub(super) fn at_the_end(&mut self) -> Result<(), String> {
        self.check()?;
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
                self.records_are_true(&daemon)?;
            }
            self.check_records(&daemon, true)?;
        }
        let Some(redis) = &self.redis else { return Ok(()) };
        let left = (redis.in_use(), redis.saved_calls(&switch()));
        if left != ((0, 0), BTreeSet::new()) {
            return Err(format!("Redis has lines, claims and calls in the end: {left:?}"));
        }
        Ok(())
    }

    fn records_are_true(&self, daemon: &Daemon) -> Result<(), String> {
        for (call, record) in &daemon.records {
            let lived = self.model.call_report(&call.to_string()).ok_or("a record of nobody's call")?;
            invariants::record_is_true(record, lived.bridged.is_some(), lived.fell_back)
                .map_err(|why| format!("{why}; lived through: {lived:?}"))?;
        }
        Ok(())
    }
}

/// Whether the caller may hear nothing in this stage: keys, or a message, are waited for.
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
