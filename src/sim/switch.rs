//! The exchange on the network: a FreeSWITCH for whoever connects, with a handle for whoever directs the play.
//!
//! The model runs in real time, or faster by a factor. Every link polls for events every 20 ms, as
//! `mod_event_socket` does (MES:1504), and after every command. Faults are made here, on demand.
//!
//! Absent: TLS (the real socket has none), permissions of users, filters (taken and ignored), `log`,
//! `myevents`, `sendevent` to a leg, and the 25 s the real one waits for a password.

mod link;

use super::actors::{Actors, Caller, Phone, Scenario, SwitchFault};
use super::channel::Uuid;
use super::model::{ModelConfig, SwitchInput, SwitchModel, SwitchOutput};
use super::requests::encode_reply;
use super::stats::{CallReport, Stats, TimelineEntry, TimelineEvent};
use super::switch_event::SwitchEvent;
use bytes::Bytes;
use hotlined_core::time::{Instant, Millis};
use hotlined_esl::event::Format;
use hotlined_esl::server;
use link::Link;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

/// The most happenings that wait for a watcher before it misses the oldest.
const HAPPENINGS_QUEUED_MAX: usize = 65_536;

/// How an exchange is set up on the network.
#[derive(Clone, Debug)]
pub struct SwitchOptions {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Its password.
    pub password: String,
    /// What it is made of.
    pub model: ModelConfig,
    /// How many times faster than life it runs.
    pub speed: f64,
}

impl Default for SwitchOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            password: "ClueCon".into(),
            model: ModelConfig::default(),
            speed: 1.0,
        }
    }
}

/// What a new link meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Open,
    /// The switch is not there: the connection is closed without a word.
    Shut,
    /// The access list does not allow it (MES:2677).
    Rude,
}

/// What goes wrong on all links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Links of an earlier generation are cut.
    generation: u64,
    silent: bool,
    deaf: bool,
    door: Door,
}

/// A running exchange. Dropping it ends it.
#[derive(Debug)]
pub struct SimulatedSwitch {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

/// What the links, the clock and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    hub: Mutex<Hub>,
    /// The model's next deadline may be an earlier one now.
    wake: Notify,
    happenings: broadcast::Sender<TimelineEntry>,
    trouble: watch::Sender<Trouble>,
    password: String,
    clock: Clock,
}

#[derive(Debug)]
struct Hub {
    model: SwitchModel,
    links: BTreeMap<u64, Arc<Link>>,
    links_ever: u64,
}

/// The wall clock, as the exchange lives it.
#[derive(Clone, Copy, Debug)]
struct Clock {
    began: Instant,
    from: tokio::time::Instant,
    speed: f64,
}

impl Clock {
    fn start(speed: f64) -> Self {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let began = Instant::default() + began.into();
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { began, from: tokio::time::Instant::now(), speed }
    }

    fn now(&self) -> Instant {
        self.began + Millis((self.from.elapsed().as_secs_f64() * self.speed * 1_000.0) as u64)
    }

    fn when(&self, at: Instant) -> tokio::time::Instant {
        // A rounded time may lie a hair before the deadline; a quarter of a millisecond more never does.
        let wait = at.since(self.began).0 as f64 / 1_000.0 / self.speed + 0.000_25;
        self.from + Duration::from_secs_f64(wait)
    }
}

impl SimulatedSwitch {
    /// Binds and runs an exchange.
    pub async fn start(options: SwitchOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind(options.address).await?;
        let address = listener.local_addr()?;
        let clock = Clock::start(options.speed);
        let trouble = Trouble { generation: 0, silent: false, deaf: false, door: Door::Open };
        let mut hub = Hub {
            model: SwitchModel::new(options.model, clock.began),
            links: BTreeMap::new(),
            links_ever: 0,
        };
        hub.make_what_is_listened_to();
        let shared = Arc::new(Shared {
            hub: Mutex::new(hub),
            wake: Notify::new(),
            happenings: broadcast::channel(HAPPENINGS_QUEUED_MAX).0,
            trouble: watch::channel(trouble).0,
            password: options.password,
            clock,
        });
        let tasks = vec![
            tokio::spawn(run_model(Arc::clone(&shared))),
            tokio::spawn(welcome_links(listener, Arc::clone(&shared))),
        ];
        Ok(Self { address, shared, tasks })
    }

    /// Starts an exchange and plays the whole scene on it.
    pub async fn start_scenario(scenario: Scenario, mut options: SwitchOptions) -> std::io::Result<Self> {
        options.model.seed = scenario.seed;
        options.model.sounds = scenario.sounds;
        let mut exchange = Self::start(options).await?;
        exchange.add_actors(scenario.actors);
        for fault in scenario.faults {
            let shared = Arc::clone(&exchange.shared);
            let at = shared.clock.when(shared.clock.now() + fault.at);
            exchange.tasks.push(tokio::spawn(async move {
                tokio::time::sleep_until(at).await;
                shared.fail(fault.fault);
            }));
        }
        Ok(exchange)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What time it is for the exchange.
    pub fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    /// Somebody calls, after their own time from now; gives the name of their leg.
    pub fn place_call(&self, mut caller: Caller) -> Uuid {
        let leg = match &caller.leg {
            Some(leg) => leg.to_string().into(),
            None => {
                let leg = self.shared.hub().model.new_leg_uuid();
                caller.leg = leg.parse().ok();
                leg
            }
        };
        self.shared.tell(SwitchInput::Dial(caller));
        leg
    }

    /// These people take part from now on.
    pub fn add_actors(&self, actors: Actors) {
        for (number, phones) in actors.phones {
            self.set_phone(&number, phones);
        }
        for caller in actors.callers {
            self.place_call(caller);
        }
    }

    /// What the telephone of this number does from its next call on.
    pub fn set_phone(&self, number: &str, habits: Vec<Phone>) {
        self.shared.hub().model.set_phone(number, habits);
    }

    /// The person at the other end of a leg hangs up.
    pub fn hang_up(&self, leg: &str) {
        self.shared.tell(SwitchInput::HangUp { leg: leg.into() });
    }

    /// The person at the other end of a leg presses a key.
    pub fn press_key(&self, leg: &str, key: char) {
        self.shared.tell(SwitchInput::Press { leg: leg.into(), key });
    }

    /// The names of all channels.
    pub fn channels(&self) -> Vec<Uuid> {
        self.shared.hub().model.channels()
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        self.shared.hub().model.channel_count()
    }

    /// How many links are up: let in and not yet ended.
    pub fn link_count(&self) -> usize {
        self.shared.hub().links.len()
    }

    /// How many events the links that are up have lost because they read too slowly.
    pub fn events_dropped(&self) -> u64 {
        self.shared.hub().links.values().map(|link| link.dropped()).sum()
    }

    /// The value of a channel's variable.
    pub fn variable(&self, leg: &str, name: &str) -> Option<String> {
        self.shared.hub().model.variable(leg, name).map(Into::into)
    }

    /// What everybody lived through so far.
    pub fn stats(&self) -> Stats {
        self.shared.tell(SwitchInput::Due);
        self.shared.hub().model.stats()
    }

    /// What one caller lived through so far.
    pub fn call_report(&self, leg: &str) -> Option<CallReport> {
        self.shared.hub().model.call_report(leg).cloned()
    }

    /// Takes the reports of the calls that have ended, and forgets these calls: what a long run does now and
    /// then.
    pub fn take_ended_calls(&self) -> Vec<CallReport> {
        self.shared.hub().model.take_ended_calls()
    }

    /// What happens from now on. A watcher that falls far behind misses the oldest.
    pub fn subscribe_timeline(&self) -> broadcast::Receiver<TimelineEntry> {
        self.shared.happenings.subscribe()
    }

    /// Cuts all links; new ones are welcome.
    pub fn cut_links(&self) {
        self.shared.fail(SwitchFault::CutLinks);
    }

    /// Says nothing more on any link, and closes none; or speaks again, with all that was withheld.
    pub fn set_silent(&self, silent: bool) {
        self.shared.fail(if silent { SwitchFault::StopSending } else { SwitchFault::ResumeSending });
    }

    /// Reads nothing more from any link, or reads again.
    pub fn set_stalled(&self, stalled: bool) {
        self.shared.fail(if stalled { SwitchFault::StopReading } else { SwitchFault::ResumeReading });
    }

    /// Turns new links away, or welcomes them again.
    pub fn set_refusing(&self, refused: bool) {
        self.shared.fail(if refused {
            SwitchFault::RefuseConnections
        } else {
            SwitchFault::AcceptConnections
        });
    }

    /// Turns new links away as the access list does, with a rude word; or welcomes them again.
    pub fn set_rude_rejection(&self, rude: bool) {
        let door = if rude { Door::Rude } else { Door::Open };
        self.shared.trouble.send_modify(|trouble| trouble.door = door);
    }

    /// Dies and comes back: every link and every channel is gone.
    pub fn crash(&self) {
        self.shared.fail(SwitchFault::Crash);
    }
}

impl Drop for SimulatedSwitch {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.fail(SwitchFault::CutLinks);
    }
}

impl Shared {
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, what: SwitchFault) {
        if what == SwitchFault::Crash {
            self.tell(SwitchInput::Crash);
        }
        self.trouble.send_modify(|trouble| match what {
            SwitchFault::CutLinks | SwitchFault::Crash => trouble.generation += 1,
            SwitchFault::StopSending => trouble.silent = true,
            SwitchFault::ResumeSending => trouble.silent = false,
            SwitchFault::StopReading => trouble.deaf = true,
            SwitchFault::ResumeReading => trouble.deaf = false,
            SwitchFault::RefuseConnections => trouble.door = Door::Shut,
            SwitchFault::AcceptConnections => trouble.door = Door::Open,
        });
    }

    /// Tells the model something, hands out what it reports, and gives the answer, encoded for the wire.
    fn tell(&self, input: SwitchInput) -> Option<Bytes> {
        let mut hub = self.hub();
        let outputs = hub.model.handle(self.clock.now(), input);
        let mut answer = None;
        for output in outputs {
            match output {
                SwitchOutput::Event(event) => hand_out(&event, &hub.links),
                SwitchOutput::Reply { .. } | SwitchOutput::Api(_) => answer = encode_reply(&output),
                SwitchOutput::Timeline(happening) => self.show(happening),
            }
        }
        drop(hub);
        self.wake.notify_one();
        answer
    }

    fn show(&self, happening: TimelineEntry) {
        // Nobody watching is no error.
        let _ = self.happenings.send(happening);
    }

    fn happened(&self, what: TimelineEvent) {
        self.show(TimelineEntry { at: self.clock.now(), event: what });
    }

    fn add_link(&self) -> (u64, Arc<Link>) {
        let link = Arc::new(Link::default());
        let mut hub = self.hub();
        hub.links_ever += 1;
        let id = hub.links_ever;
        hub.links.insert(id, Arc::clone(&link));
        hub.make_what_is_listened_to();
        drop(hub);
        self.happened(TimelineEvent::LinkUp);
        (id, link)
    }

    fn remove_link(&self, id: u64) {
        let mut hub = self.hub();
        let was_up = hub.links.remove(&id).is_some();
        hub.make_what_is_listened_to();
        drop(hub);
        if was_up {
            self.happened(TimelineEvent::LinkDown);
        }
    }

    fn listeners_changed(&self) {
        self.hub().make_what_is_listened_to();
    }
}

impl Hub {
    /// Tells the model which events reach anybody: most of them reach nobody, and making them takes most of its time.
    fn make_what_is_listened_to(&mut self) {
        let mut names = Some(BTreeSet::new());
        for link in self.links.values() {
            link.add_listened(&mut names);
        }
        self.model.limit_events_to(names);
    }
}

/// Gives an event to every link that asked for it, written once for each format.
fn hand_out(event: &SwitchEvent, links: &BTreeMap<u64, Arc<Link>>) {
    let (mut plain, mut json) = (None, None);
    for link in links.values() {
        let Some(format) = link.wants(event) else { continue };
        let written = match format {
            Format::Plain => plain.get_or_insert_with(|| event.encoded(format)),
            Format::Json => json.get_or_insert_with(|| event.encoded(format)),
        };
        link.give(written.clone());
    }
}

async fn run_model(shared: Arc<Shared>) {
    loop {
        let deadline = shared.hub().model.next_deadline();
        let at = deadline.map(|deadline| shared.clock.when(deadline));
        let far = tokio::time::Instant::now() + Duration::from_secs(3_600);
        tokio::select! {
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(at.unwrap_or(far)) => { shared.tell(SwitchInput::Due); }
        }
    }
}

async fn welcome_links(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: others must end first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let door = shared.trouble.borrow().door;
        match door {
            Door::Open => drop(tokio::spawn(link::run(stream, Arc::clone(&shared)))),
            Door::Shut => drop(stream),
            Door::Rude => drop(tokio::spawn(reject(stream))),
        }
    }
}

async fn reject(mut stream: TcpStream) {
    // The other side may be gone already, which is as good.
    let _ = stream.write_all(&server::rude_rejection()).await;
    let _ = stream.shutdown().await;
}
