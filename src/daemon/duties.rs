//! The task that asks Redis which switches we act for, beside the loop: a lease is renewed however busy that is.
//!
//! It holds the keys of the gates, so that no link speaks after its lease ended, whatever the loop does meanwhile; and
//! it loads what is kept of a switch before the loop hears of it.

use super::clock::Clock;
use super::keeper;
use crate::id::SwitchId;
use crate::live::Kept;
use crate::live::duty::{Change, Duty, Question};
use crate::live::redis::{
    BadConnector, COMMAND_TIME_MAX, Connector, Failure, Fence, Loaded, RedisSettings, RedisStore, Refusals,
    Remedy,
};
use crate::meters;
use crate::meters::health::Health;
use crate::switch::claim::Claim;
use crate::switch::gate::{Gate, Key, Right};
use crate::time::{Instant, Millis};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender};

/// What the loop is told.
#[derive(Debug)]
pub(super) enum Told {
    /// We act for a switch from now on.
    Begins {
        /// By what right.
        fence: Fence,
        /// The same for its link.
        right: Right,
        /// What is kept of its calls.
        loaded: Box<Loaded>,
    },
    /// Somebody else does, or may: nothing more is said to the switch.
    Ends(SwitchId),
    /// It is to be left to somebody else.
    Leave(SwitchId),
}

/// What the loop says to that.
#[derive(Debug)]
pub(super) enum Heed {
    /// Everything is kept, and nothing more is done for the switch; or it cannot be left yet.
    Left { switch: SwitchId, kept: bool },
    /// The switch does not let us in.
    Unable(SwitchId),
    /// Another daemon acts for the switch by a right that goes before this one of ours, as it said there.
    Superseded(Fence),
    /// The link to it has been down for a while.
    Unlinked(SwitchId),
    /// The daemon stops.
    Leave,
}

/// The task.
pub(super) struct Duties {
    duty: Duty,
    span: Millis,
    clock: Clock,
    settings: RedisSettings,
    connector: Connector,
    store: Option<RedisStore>,
    keys: BTreeMap<SwitchId, Key>,
    records: PathBuf,
    /// The switches for which another daemon of our name acts, as was told.
    doubled: BTreeSet<SwitchId>,
    /// Those for which we wait to hear whether somebody else acts.
    waiting: BTreeSet<SwitchId>,
    refusals: Refusals,
    health: Arc<Health>,
    tells: Sender<Told>,
}

/// Nobody hears us any more.
struct Over;

impl Duties {
    /// The duties of a daemon that could act for these switches, and whose records go into this file.
    pub(super) fn new(
        settings: RedisSettings,
        switches: impl IntoIterator<Item = SwitchId>,
        clock: Clock,
        records: PathBuf,
        health: Arc<Health>,
        tells: Sender<Told>,
    ) -> Result<Self, BadConnector> {
        let connector = Connector::new(&settings)?;
        let duty = Duty::new(settings.daemon.clone(), settings.lease, switches, clock.now());
        Ok(Self {
            duty,
            span: settings.lease,
            clock,
            settings,
            connector,
            store: None,
            keys: BTreeMap::new(),
            records,
            doubled: BTreeSet::new(),
            waiting: BTreeSet::new(),
            refusals: Refusals::default(),
            health,
            tells,
        })
    }

    /// Works until the loop has ended; then gives up what is left.
    pub(super) async fn run(mut self, mut heeds: Receiver<Heed>) {
        loop {
            let wake_at = self.clock.wake_at(self.duty.deadline());
            let questions = tokio::select! {
                heed = heeds.recv() => match heed {
                    None => break,
                    Some(Heed::Unlinked(switch)) => {
                        let changes = self.duty.unlinked(&switch);
                        if self.change(changes).await.is_err() {
                            break;
                        }
                        continue;
                    }
                    Some(heed) => self.heed(heed),
                },
                () = tokio::time::sleep_until(wake_at) => self.duty.questions(self.clock.now()),
            };
            if self.ask(questions).await.is_err() {
                break;
            }
        }
        let acts: Vec<SwitchId> = self.duty.acts().cloned().collect();
        for switch in acts {
            let questions = self.duty.left(self.clock.now(), &switch, true);
            if self.ask(questions).await.is_err() {
                return;
            }
        }
    }

    fn heed(&mut self, heed: Heed) -> Vec<Question> {
        let now = self.clock.now();
        match heed {
            Heed::Left { switch, kept } => {
                if kept {
                    self.shut(&switch);
                }
                self.duty.left(now, &switch, kept)
            }
            Heed::Superseded(fence) => {
                let questions = self.duty.superseded(now, &fence);
                if !questions.is_empty() {
                    self.shut(&fence.switch);
                    meters::LEASES_LOST.counter(&[&fence.switch.0]).increment(1);
                }
                questions
            }
            Heed::Unable(switch) => {
                self.shut(&switch);
                self.duty.unable(now, &switch)
            }
            Heed::Leave => {
                self.duty.leave(now);
                Vec::new()
            }
            // Whoever waits for that changes something, and asks nothing.
            Heed::Unlinked(_) => Vec::new(),
        }
    }

    fn shut(&mut self, switch: &SwitchId) {
        meters::LEASE_HELD.gauge(&[&switch.0]).set(0.0);
        self.waiting.remove(switch);
        if let Some(key) = self.keys.remove(switch) {
            key.shut();
        }
    }

    async fn ask(&mut self, questions: Vec<Question>) -> Result<(), Over> {
        let mut questions = VecDeque::from(questions);
        while let Some(question) = questions.pop_front() {
            let asked = self.clock.now();
            let patience = self.duty.patience(asked).into();
            let answer = tokio::time::timeout(patience, self.answer(asked, &question)).await;
            match answer.unwrap_or(Err(Failure::TimedOut)) {
                Ok((more, changes)) => {
                    self.health.leases(None);
                    questions.extend(more);
                    self.change(changes).await?;
                }
                Err(failure) => {
                    self.health.leases(Some(failure.to_string()));
                    match failure.remedy() {
                        // Whoever asks for the calls says so, too.
                        Remedy::Reconnect => self.store = None,
                        Remedy::AskAgain | Remedy::Operator | Remedy::StandBy => self.refusals.tell(&failure),
                    }
                    let changes = self.duty.failed(asked, self.clock.now(), &failure);
                    self.change(changes).await?;
                    // What is asked besides would wait for the same.
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn answer(
        &mut self,
        asked: Instant,
        question: &Question,
    ) -> Result<(Vec<Question>, Vec<Change>), Failure> {
        let span = self.span;
        let presence = self.duty.presence(asked);
        let store = self.store().await?;
        let taken = match question {
            Question::Look => {
                let view = store.look(&presence, span).await?;
                return Ok(self.duty.saw(self.clock.now(), view));
            }
            Question::Acquire(switch) => store.acquire(switch, span).await?,
            Question::Renew(fence) => store.renew(fence, span).await?,
            Question::GiveUp(fence) => {
                store.give_up(fence).await?;
                return Ok((Vec::new(), Vec::new()));
            }
        };
        Ok((Vec::new(), self.duty.asked(asked, question, &taken)))
    }

    async fn store(&mut self) -> Result<&mut RedisStore, Failure> {
        let store = match self.store.take() {
            Some(store) => store,
            None => {
                // Also where nobody waits for an answer, as before calls are loaded: others have leases to renew.
                let patience = Duration::from_millis(self.span.0 / 2);
                let connecting = self.connector.connect(COMMAND_TIME_MAX);
                let link = tokio::time::timeout(patience, connecting).await;
                RedisStore::new(link.map_err(|_| Failure::TimedOut)??, &self.settings)
            }
        };
        Ok(self.store.insert(store))
    }

    fn open_until(&self, switch: &SwitchId, until: Instant) {
        if let Some(key) = self.keys.get(switch) {
            key.open_until(self.clock.wake_at(until));
        }
    }

    async fn change(&mut self, changes: Vec<Change>) -> Result<(), Over> {
        for change in changes {
            let told = match change {
                Change::Begins { fence, until } => match self.begin(fence, until).await {
                    Some(told) => told,
                    None => continue,
                },
                Change::GoesOn { switch, until } => {
                    if self.waiting.remove(&switch) {
                        tracing::info!(%switch, "nobody else acts: we go on");
                    }
                    self.open_until(&switch, until);
                    continue;
                }
                Change::Alone { switch, until } => {
                    tracing::warn!(%switch, "nobody can say who acts: we go on, since we did so last");
                    self.open_until(&switch, until);
                    continue;
                }
                Change::Waits { switch } => {
                    tracing::warn!(%switch, "somebody else may act by now: we wait to hear of it");
                    self.waiting.insert(switch);
                    continue;
                }
                Change::Ends { switch } => {
                    self.shut(&switch);
                    meters::LEASES_LOST.counter(&[&switch.0]).increment(1);
                    Told::Ends(switch)
                }
                Change::Doubled { switch } => {
                    if self.doubled.insert(switch.clone()) {
                        let name = &self.settings.daemon;
                        tracing::error!(%switch, %name, "another daemon of this name acts: see [redis] daemon");
                    }
                    continue;
                }
                Change::Leave { switch } => Told::Leave(switch),
            };
            self.tells.send(told).await.map_err(|_| Over)?;
        }
        Ok(())
    }

    /// Of what cannot be read nobody can go on with anything: new callers wait. But where Redis is away again, we do
    /// not begin.
    async fn begin(&mut self, fence: Fence, until: Instant) -> Option<Told> {
        let now = self.clock.now();
        let loaded = match self.store().await {
            Ok(store) => store.load(now, &fence).await,
            Err(failure) => Err(failure),
        };
        let mut loaded = match loaded {
            Ok(loaded) => loaded,
            Err(failure) if matches!(failure.remedy(), Remedy::Reconnect | Remedy::StandBy) => {
                tracing::warn!(switch = %fence.switch, %failure, "its calls cannot be taken up yet");
                if failure.remedy() == Remedy::Reconnect {
                    self.store = None;
                }
                // If the lease is ours still, it is taken again when Redis is back.
                self.duty.left(now, &fence.switch, true);
                return None;
            }
            Err(failure) => {
                let losses = vec![format!("everything that is kept of {}: {failure}", fence.switch)];
                let kept = Kept { losses, ..Kept::default() };
                Loaded { switch: fence.switch.clone(), kept, open: BTreeMap::new(), over: Vec::new() }
            }
        };
        if !loaded.kept.records.is_empty() || !loaded.kept.calls.is_empty() {
            self.leave_out_written(&mut loaded).await;
        }
        let (key, gate) = Gate::until(self.clock.wake_at(until));
        self.keys.insert(fence.switch.clone(), key);
        meters::LEASE_HELD.gauge(&[&fence.switch.0]).set(1.0);
        meters::LEASES_TAKEN.counter(&[&fence.switch.0]).increment(1);
        let claim = Some(Claim::new(self.settings.daemon.as_str(), fence.token));
        Some(Told::Begins { fence, right: Right { gate, claim }, loaded: Box::new(loaded) })
    }

    async fn leave_out_written(&self, loaded: &mut Loaded) {
        let file = self.records.clone();
        let recorded = match tokio::task::spawn_blocking(move || keeper::recorded(&file)).await {
            Ok(Ok(recorded)) => recorded,
            Ok(Err(error)) => {
                tracing::warn!(%error, "records of a daemon before us may be written twice");
                return;
            }
            Err(_) => return,
        };
        loaded.leave_out(&recorded);
    }
}
