//! The simulated switch on the network: serves FreeSWITCH's event socket over TCP and gives tests a handle.
//!
//! The model runs in real time, or faster by a factor. Every connection looks for events every 20 ms, as
//! `mod_event_socket` does (MES:1504), and after every command. The handle makes faults on demand: cut links, silence,
//! stalled reads, refused connections, a crash.
//!
//! Absent: TLS (the real socket has none), permissions of users, filters (taken and ignored), `log`,
//! `myevents`, `sendevent` to a leg, and the 25 s for which the real switch waits for a password.

mod connection;
mod hub;
mod listener;

use super::actors::{Actors, Caller, Phone, Scenario, SwitchFault};
use super::channel::Uuid;
use super::model::{ModelConfig, SwitchInput, SwitchModel};
use super::stats::{CallReport, Stats, TimelineEntry};
use hotlined_core::time::Instant;
use hotlined_esl::server;
use hub::{ActiveFaults, Clock, Hub, NewConnections, Shared};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

/// The most timeline entries that wait for a subscriber before it misses the oldest.
const TIMELINE_QUEUED_MAX: usize = 65_536;

/// How a simulated switch runs on the network.
#[derive(Clone, Debug)]
pub struct SwitchOptions {
    /// The address of the event socket; port 0 takes a free port.
    pub address: SocketAddr,
    /// The password of the event socket.
    pub password: String,
    /// The switch itself: its dialplan, sounds and telephones.
    pub model: ModelConfig,
    /// How many times faster than real time the switch runs.
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

/// A running simulated switch. Dropping the handle ends the switch.
#[derive(Debug)]
pub struct SimulatedSwitch {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl SimulatedSwitch {
    /// Binds the event socket and starts the switch.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub async fn start(options: SwitchOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind(options.address).await?;
        let address = listener.local_addr()?;
        let clock = Clock::start(options.speed);
        let faults = ActiveFaults {
            generation: 0,
            silent: false,
            stops_reading: false,
            new_connections: NewConnections::Accepted,
        };
        let mut hub = Hub {
            model: SwitchModel::new(options.model, clock.began),
            listeners: BTreeMap::new(),
            listeners_ever: 0,
        };
        hub.update_event_filter();
        let shared = Arc::new(Shared {
            hub: Mutex::new(hub),
            wake: Notify::new(),
            timeline: broadcast::channel(TIMELINE_QUEUED_MAX).0,
            faults: watch::channel(faults).0,
            password: options.password,
            clock,
        });
        let tasks = vec![
            tokio::spawn(run_model(Arc::clone(&shared))),
            tokio::spawn(accept_connections(listener, Arc::clone(&shared))),
        ];
        Ok(Self { address, shared, tasks })
    }

    /// Starts a switch with the callers, telephones, sounds and faults of a scenario.
    ///
    /// # Errors
    /// The address cannot be bound.
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
                shared.apply_fault(fault.fault);
            }));
        }
        Ok(exchange)
    }

    /// The address of the event socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The switch's current time.
    pub fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    /// A caller dials, `caller.at` from now. Returns the UUID of the caller's leg.
    pub fn place_call(&self, mut caller: Caller) -> Uuid {
        let leg = match &caller.leg {
            Some(leg) => leg.to_string().into(),
            None => {
                let leg = self.shared.hub().model.new_leg_uuid();
                caller.leg = leg.parse().ok();
                leg
            }
        };
        self.shared.handle(SwitchInput::Dial(caller));
        leg
    }

    /// Adds callers and telephones.
    pub fn add_actors(&self, actors: Actors) {
        for (number, phones) in actors.phones {
            self.set_phone(&number, phones);
        }
        for caller in actors.callers {
            self.place_call(caller);
        }
    }

    /// Sets what the telephone of this number does from its next call on.
    pub fn set_phone(&self, number: &str, phones: Vec<Phone>) {
        self.shared.hub().model.set_phone(number, phones);
    }

    /// The person at the far end of a leg hangs up.
    pub fn hang_up(&self, leg: &str) {
        self.shared.handle(SwitchInput::HangUp { leg: leg.into() });
    }

    /// The person at the far end of a leg presses a key.
    pub fn press_key(&self, leg: &str, key: char) {
        self.shared.handle(SwitchInput::Press { leg: leg.into(), key });
    }

    /// The UUIDs of all channels.
    pub fn channels(&self) -> Vec<Uuid> {
        self.shared.hub().model.channels()
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        self.shared.hub().model.channel_count()
    }

    /// How many authenticated connections there are.
    pub fn link_count(&self) -> usize {
        self.shared.hub().listeners.len()
    }

    /// How many events the current connections have lost because they read too slowly.
    pub fn events_dropped(&self) -> u64 {
        self.shared.hub().listeners.values().map(|listener| listener.dropped()).sum()
    }

    /// The value of a channel's variable.
    pub fn variable(&self, leg: &str, name: &str) -> Option<String> {
        self.shared.hub().model.variable(leg, name).map(Into::into)
    }

    /// The statistics so far: a report for each call and each telephone.
    pub fn stats(&self) -> Stats {
        self.shared.handle(SwitchInput::Due);
        self.shared.hub().model.stats()
    }

    /// The report of one call so far, by the caller's leg.
    pub fn call_report(&self, leg: &str) -> Option<CallReport> {
        self.shared.hub().model.call_report(leg).cloned()
    }

    /// Takes the reports of the calls that have ended, and forgets these calls. A long run does so now and then.
    pub fn take_ended_calls(&self) -> Vec<CallReport> {
        self.shared.hub().model.take_ended_calls()
    }

    /// Subscribes to the timeline from now on. A subscriber that falls far behind misses the oldest entries.
    pub fn subscribe_timeline(&self) -> broadcast::Receiver<TimelineEntry> {
        self.shared.timeline.subscribe()
    }

    /// Cuts all connections; new ones are accepted.
    pub fn cut_links(&self) {
        self.shared.apply_fault(SwitchFault::CutLinks);
    }

    /// Sends nothing more on any connection and closes none; or sends again, beginning with what was held back.
    pub fn set_silent(&self, silent: bool) {
        self.shared.apply_fault(if silent { SwitchFault::StopSending } else { SwitchFault::ResumeSending });
    }

    /// Reads nothing more from any connection, or reads again.
    pub fn set_stalled(&self, stalled: bool) {
        self.shared.apply_fault(if stalled { SwitchFault::StopReading } else { SwitchFault::ResumeReading });
    }

    /// Closes new connections at once, or accepts them again.
    pub fn set_refusing(&self, refusing: bool) {
        self.shared.apply_fault(if refusing {
            SwitchFault::RefuseConnections
        } else {
            SwitchFault::AcceptConnections
        });
    }

    /// Rejects new connections as the access list does, with `text/rude-rejection`; or accepts them again.
    pub fn set_rude_rejection(&self, rejecting: bool) {
        let new_connections = if rejecting { NewConnections::Rejected } else { NewConnections::Accepted };
        self.shared.faults.send_modify(|faults| faults.new_connections = new_connections);
    }

    /// The switch crashes and restarts: every connection and every channel is gone.
    pub fn crash(&self) {
        self.shared.apply_fault(SwitchFault::Crash);
    }
}

impl Drop for SimulatedSwitch {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.apply_fault(SwitchFault::CutLinks);
    }
}

async fn run_model(shared: Arc<Shared>) {
    loop {
        let deadline = shared.hub().model.next_deadline();
        let at = deadline.map(|deadline| shared.clock.when(deadline));
        let far = tokio::time::Instant::now() + Duration::from_secs(3_600);
        tokio::select! {
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(at.unwrap_or(far)) => { shared.handle(SwitchInput::Due); }
        }
    }
}

async fn accept_connections(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely out of file descriptors: other connections must end first.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let new_connections = shared.faults.borrow().new_connections;
        match new_connections {
            NewConnections::Accepted => {
                drop(tokio::spawn(connection::serve_connection(stream, Arc::clone(&shared))))
            }
            NewConnections::Closed => drop(stream),
            NewConnections::Rejected => drop(tokio::spawn(reject(stream))),
        }
    }
}

async fn reject(mut stream: TcpStream) {
    // A client that is gone already is rejected as well.
    let _ = stream.write_all(&server::rude_rejection()).await;
    let _ = stream.shutdown().await;
}
