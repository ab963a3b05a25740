//! The connection to one switch over TCP, kept up for as long as the daemon lives.
//!
//! One task reads, writes and waits; nothing it does can keep it from reading, because a client that does not
//! read stalls FreeSWITCH itself. What the calls should hear queues up here when the engine is busy; when even
//! that is full the connection is dropped and begun again from the list of channels, so nothing is half known.
//! The same is done when the switch does not answer any more.

mod error;

pub use self::error::LinkError;
use super::codec::StreamError;
use super::conversation::{Account, Conversation, Outcome};
use super::event::Format;
use super::figures::Figures;
use super::frame;
use super::late::{Lateness, STALE_AFTER};
use super::liveness::{Liveness, Patience};
use super::message::{Decoder, Message};
use super::speak::Site;
use crate::capture::{Direction, Tap};
use crate::command::Action;
use crate::event::Event;
use crate::id::{CommandId, SwitchId};
use crate::switch::gate::{Gate, Right};
use crate::time::{self, Millis};
use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// The most bytes taken from the socket at once.
const READ_BYTES: usize = 256 * 1024;
/// The most orders taken up between two looks at the socket.
const ORDERS_AT_ONCE_MAX: usize = 256;

/// How long a switch may take to read what is left when we leave.
const GOODBYE_TIME_MAX: Duration = Duration::from_secs(3);

/// How often a connection looks at the clock, whatever comes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Where nothing has come for so long, all is read that waited; and how long that may take.
const QUIET_MIN: Duration = Duration::from_millis(50);
const CATCH_UP_TIME_MAX: Duration = Duration::from_secs(1);

/// What may pile up on either side before the connection is begun again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most events that wait for the engine.
    pub backlog_max: usize,
    /// The most requests that wait to be read and answered by the switch.
    pub unanswered_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { backlog_max: 500_000, unanswered_max: 200_000 }
    }
}

/// Where a switch is and how to keep in touch with it.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// Our name for it.
    pub switch: SwitchId,
    /// Its host name or address.
    pub host: String,
    /// The port of its event socket.
    pub port: u16,
    /// Who we are to it.
    pub account: Account,
    /// What its dialplan looks like.
    pub site: Site,
    /// How it shall write its events.
    pub format: Format,
    /// How long a connection may take until it is up.
    pub setup_time_max: Duration,
    /// How long the switch may be silent once it is up.
    pub patience: Patience,
    /// How long to wait before the first attempt to reconnect.
    pub reconnect_wait_min: Duration,
    /// How long at most.
    pub reconnect_wait_max: Duration,
    /// What may pile up.
    pub limits: Limits,
}

/// An order on its way to the switch.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its name.
    pub command: CommandId,
    /// What to do.
    pub action: Action,
    /// The [connection](Event::LinkRestored) of which we heard last that it is up. Where another one is by now, its
    /// list of legs does not know what would come of this.
    pub connection: u64,
}

/// Keeps the connection up until the engine is gone or the gate is shut, and says nothing while it is not open;
/// returns early only if the very first connection is refused for a reason that only the operator can mend, or if
/// somebody else acts by a right that goes before ours: then not a word more is said, and what was heard last is that
/// one's.
pub async fn keep(
    settings: LinkSettings,
    mut orders: mpsc::Receiver<Order>,
    inbox: mpsc::Sender<Event>,
    tap: Option<Tap>,
    right: Right,
) -> Result<(), LinkError> {
    let mut wait = settings.reconnect_wait_min;
    let mut was_up = false;
    loop {
        let mut line = Line::new(&settings, tap.clone(), right.clone());
        let error = line.run(&mut orders, &inbox).await;
        let (heartbeats, shed) = (line.conversation.heartbeats(), line.conversation.shed());
        let is_up = line.conversation.is_up();
        let closed = || tracing::info!(switch = %settings.switch, heartbeats, shed, "link closed");
        if matches!(error, LinkError::Stopped) {
            closed();
            return Ok(());
        }
        line.figures.failed();
        if error.superseded_by().is_some() {
            closed();
            return Err(error);
        }
        // Who came meanwhile, and has not gone, stands in the list that is asked for next.
        let is_old = |event: &Event| error.is_stale() && matches!(event, Event::Arrived(_));
        let told = line.backlog.into_iter().filter(|event| !is_old(event));
        for event in told.chain(line.conversation.lost()) {
            if inbox.send(event).await.is_err() {
                return Ok(());
            }
        }
        if error.is_misconfigured() && !was_up {
            return Err(error);
        }
        was_up |= is_up;
        if is_up {
            wait = settings.reconnect_wait_min;
        }
        if right.gate.is_shut() {
            closed();
            return Ok(());
        }
        let pause = jittered(wait);
        tracing::warn!(switch = %settings.switch, %error, heartbeats, shed, retry_in = ?pause, "link down");
        if refuse_orders_while(tokio::time::sleep(pause), &mut orders, &inbox).await.is_none() {
            return Ok(());
        }
        wait = (wait * 2).min(settings.reconnect_wait_max);
    }
}

/// A number nobody foresees, from the keys that the standard library draws for its tables.
fn chance() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

/// Between half of the span and all of it, so that many daemons do not come back at once.
fn jittered(span: Duration) -> Duration {
    let chance = chance() % 1_000;
    span / 2 + span / 2 * u32::try_from(chance).unwrap_or(0) / 1_000
}

/// While there is no connection, nobody can say how an order ends. None when the engine is gone.
async fn refuse_orders_while<T>(
    doing: impl Future<Output = T>,
    orders: &mut mpsc::Receiver<Order>,
    inbox: &mpsc::Sender<Event>,
) -> Option<T> {
    tokio::pin!(doing);
    loop {
        tokio::select! {
            done = &mut doing => return Some(done),
            order = orders.recv() => {
                let event = Event::unknown(order?.command);
                inbox.send(event).await.ok()?;
            }
        }
    }
}

/// Writes as much as there is room for, once we may. That is looked at last of all: whatever comes before may have
/// taken any time. Nothing is written where this is dropped.
async fn write(gate: &mut Gate, writer: &mut WriteHalf<'_>, bytes: &mut BytesMut) -> std::io::Result<()> {
    loop {
        gate.opened().await;
        writer.writable().await?;
        if !gate.is_open() {
            continue;
        }
        match writer.try_write(bytes) {
            Ok(count) => {
                bytes.advance(count);
                return Ok(());
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// One connection.
struct Line<'a> {
    settings: &'a LinkSettings,
    tap: Option<Tap>,
    gate: Gate,
    conversation: Conversation,
    figures: Figures,
    decoder: Decoder,
    unread: BytesMut,
    unwritten: BytesMut,
    backlog: VecDeque<Event>,
    outcome: Outcome,
    leaving: bool,
    born: Instant,
    lateness: Lateness,
    /// How late the latest of what came is, where that is too late.
    late: Option<Millis>,
}

impl<'a> Line<'a> {
    fn new(settings: &'a LinkSettings, tap: Option<Tap>, right: Right) -> Self {
        let (switch, site) = (settings.switch.clone(), settings.site.clone());
        let (account, format) = (settings.account.clone(), settings.format);
        let conversation = Conversation::new(switch.clone(), site, account, format, chance());
        let conversation = match right.claim {
            Some(claim) => conversation.claiming(claim),
            None => conversation,
        };
        Self {
            figures: Figures::of(&switch),
            settings,
            tap,
            gate: right.gate,
            conversation,
            decoder: Decoder::new(frame::Limits::default()),
            unread: BytesMut::new(),
            unwritten: BytesMut::new(),
            backlog: VecDeque::new(),
            outcome: Outcome::default(),
            leaving: false,
            born: Instant::now(),
            lateness: Lateness::default(),
            late: None,
        }
    }

    async fn run(&mut self, orders: &mut mpsc::Receiver<Order>, inbox: &mpsc::Sender<Event>) -> LinkError {
        let place = format!("{}:{}", self.settings.host, self.settings.port);
        let limit = self.settings.setup_time_max;
        let up_by = Instant::now() + limit;
        let connecting =
            timeout_at(up_by, TcpStream::connect((self.settings.host.as_str(), self.settings.port)));
        let mut socket = match refuse_orders_while(connecting, orders, inbox).await {
            None => return LinkError::Stopped,
            Some(Ok(Ok(socket))) => socket,
            Some(Ok(Err(error))) => return LinkError::Connect(place, error),
            Some(Err(_)) => return LinkError::Connect(place, std::io::ErrorKind::TimedOut.into()),
        };
        if let Err(error) = socket.set_nodelay(true) {
            return LinkError::Connect(place, error);
        }
        if let Some(tap) = &self.tap {
            tap.record(Direction::Open, b"");
        }
        let error = self.talk(&mut socket, up_by, orders, inbox).await.err().unwrap_or(LinkError::Closed);
        let takes_back = self.gate.is_shut() || error.takes_words_back();
        if takes_back
            && !self.leaving
            && let Err(error) = socket.set_zero_linger()
        {
            tracing::warn!(switch = %self.settings.switch, %error, "our last words may arrive late");
        }
        match error {
            _ if self.gate.is_shut() => LinkError::Stopped,
            _ if self.leaving => self.left(&error),
            LinkError::Silent(_) if !self.conversation.is_up() => match self.conversation.awaits() {
                None => LinkError::Mute(place, limit),
                Some(what) => LinkError::Slow(place, limit, what),
            },
            LinkError::Broken(error @ StreamError::Frame(_)) if !self.conversation.is_up() => {
                LinkError::Foreign(place, error)
            }
            error => error,
        }
    }

    /// However it ended: we were about to leave.
    fn left(&self, error: &LinkError) -> LinkError {
        let unanswered = self.conversation.unanswered();
        if self.conversation.is_up() && unanswered > 0 {
            tracing::warn!(switch = %self.settings.switch, %error, unanswered, "our last words may be lost");
        }
        LinkError::Stopped
    }

    async fn talk(
        &mut self,
        socket: &mut TcpStream,
        up_by: Instant,
        orders: &mut mpsc::Receiver<Order>,
        inbox: &mpsc::Sender<Event>,
    ) -> Result<(), LinkError> {
        let (mut reader, mut writer) = socket.split();
        let mut taken = Vec::with_capacity(ORDERS_AT_ONCE_MAX);
        let mut liveness = Liveness::new(self.now(), self.settings.patience);
        let mut leave_by = None;
        let (mut gate, mut shut) = (self.gate.clone(), self.gate.clone());
        let mut looked_at = Instant::now();
        loop {
            let was_up = self.conversation.is_up();
            // What we may not say was not asked.
            let may_ask = was_up && self.gate.is_open();
            liveness.owes(self.now(), if may_ask { self.conversation.unanswered() } else { 0 });
            let silent_at = if was_up { self.when(liveness.gives_up_at()) } else { up_by };
            let knocks_at = liveness.knocks_at().filter(|_| may_ask && !self.leaving).map(|at| self.when(at));
            self.unread.reserve(READ_BYTES);
            let known = self.unread.len();
            tokio::select! {
                read = reader.read_buf(&mut self.unread) => {
                    if read.map_err(StreamError::from)? == 0 {
                        return Err(LinkError::Closed);
                    }
                    liveness.heard(self.now());
                    self.read(known)?;
                }
                written = write(&mut gate, &mut writer, &mut self.unwritten), if !self.unwritten.is_empty() => {
                    written.map_err(StreamError::from)?;
                }
                () = shut.shut() => return Err(LinkError::Stopped),
                permit = inbox.reserve(), if !self.backlog.is_empty() => drop(permit),
                count = orders.recv_many(&mut taken, ORDERS_AT_ONCE_MAX), if !self.leaving => {
                    if count == 0 {
                        self.leave()?;
                        leave_by = Some(Instant::now() + GOODBYE_TIME_MAX);
                    }
                    liveness.ordered(self.now());
                    for Order { command, action, connection } in taken.drain(..) {
                        if connection == self.conversation.number() {
                            self.conversation.order(&command, &action, &mut self.outcome);
                        } else {
                            self.outcome.events.push(Event::unknown(command));
                        }
                    }
                    self.settle();
                }
                () = tokio::time::sleep_until(looked_at + LOOK_EVERY) => {}
                () = tokio::time::sleep_until(knocks_at.unwrap_or(silent_at)), if knocks_at.is_some() => {
                    self.conversation.knock(&mut self.outcome);
                    self.settle();
                }
                () = tokio::time::sleep_until(leave_by.unwrap_or(silent_at)) => {
                    // Who stood still finds the time over and something to read at once.
                    let mut byte = [0];
                    let read = timeout_at(Instant::now() + QUIET_MIN, reader.peek(&mut byte));
                    if !was_up || leave_by.is_some() || read.await.is_err() {
                        return Err(LinkError::Silent(liveness.silence(self.now()).into()));
                    }
                }
            }
            let stood_still = std::mem::replace(&mut looked_at, Instant::now()).elapsed();
            let stale = match self.late {
                _ if was_up && Millis::from(stood_still) >= STALE_AFTER => {
                    Some(LinkError::StoodStill(stood_still))
                }
                late => late.map(|late| LinkError::Late(late.into())),
            };
            if let Some(stale) = stale {
                self.catch_up(&mut reader).await?;
                return Err(stale);
            }
            self.hand_on(inbox);
            self.figures.waits(self.backlog.len(), self.conversation.unanswered());
            self.check_limits()?;
            if !was_up && self.conversation.is_up() {
                self.figures.came_up();
                tracing::info!(switch = %self.settings.switch, "link up");
            }
        }
    }

    /// Now, by a clock that begins with the connection.
    fn now(&self) -> time::Instant {
        time::Instant::default() + self.born.elapsed().into()
    }

    /// When it is that by the runtime's clock.
    fn when(&self, at: time::Instant) -> Instant {
        self.born + at.since(time::Instant::default()).into()
    }

    /// Reads what waits, and says nothing to it: another daemon may act by now, and have said so.
    async fn catch_up(&mut self, reader: &mut ReadHalf<'_>) -> Result<(), LinkError> {
        let by = Instant::now() + CATCH_UP_TIME_MAX;
        loop {
            self.unread.reserve(READ_BYTES);
            let known = self.unread.len();
            let quiet = by.min(Instant::now() + QUIET_MIN);
            match timeout_at(quiet, reader.read_buf(&mut self.unread)).await {
                Err(_) | Ok(Ok(0)) => return Ok(()),
                Ok(read) => drop(read.map_err(StreamError::from)?),
            }
            self.read(known)?;
            self.check_limits()?;
        }
    }

    /// The engine is gone. Before the link is up there is nothing left to say; after, to close while the switch
    /// still writes would throw away what it has not yet read.
    fn leave(&mut self) -> Result<(), LinkError> {
        self.leaving = true;
        if !self.conversation.is_up() {
            return Err(LinkError::Stopped);
        }
        self.conversation.leave(&mut self.outcome);
        Ok(())
    }

    fn check_limits(&self) -> Result<(), LinkError> {
        let limits = &self.settings.limits;
        if self.backlog.len() > limits.backlog_max {
            return Err(LinkError::Overrun(self.backlog.len()));
        }
        if self.conversation.unanswered() > limits.unanswered_max {
            return Err(LinkError::Unanswered(self.conversation.unanswered()));
        }
        Ok(())
    }

    /// Every whole message of what has come; `known` bytes of it were there before.
    fn read(&mut self, known: usize) -> Result<(), LinkError> {
        if let Some(tap) = &self.tap {
            tap.record(Direction::FromSwitch, &self.unread[known..]);
        }
        let heard = self.hear();
        self.figures.shed(self.conversation.shed());
        if heard.is_err() {
            self.outcome.requests.clear();
        }
        // What was said before a fault is as true as ever.
        self.settle();
        heard
    }

    fn hear(&mut self) -> Result<(), LinkError> {
        let now = self.now();
        while let Some(message) = self.decoder.decode(&mut self.unread).map_err(StreamError::from)? {
            self.figures.heard();
            if let Message::Event(event) = &message {
                self.late = self.late.max(self.lateness.stale(now, event));
            }
            self.conversation.hear(message, &mut self.outcome)?;
        }
        Ok(())
    }

    /// Requests become bytes, events join the queue to the engine.
    fn settle(&mut self) {
        for request in self.outcome.requests.drain(..) {
            let start = self.unwritten.len();
            request.encode(&mut self.unwritten);
            if let Some(tap) = &self.tap {
                tap.record(Direction::ToSwitch, &self.unwritten[start..]);
            }
        }
        self.backlog.extend(self.outcome.events.drain(..));
    }

    /// As much of the queue as the engine takes at once; nothing of it once the engine is gone, whose last orders
    /// may still be on their way to the switch.
    fn hand_on(&mut self, inbox: &mpsc::Sender<Event>) {
        while let Some(event) = self.backlog.pop_front() {
            match inbox.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.backlog.push_front(event);
                    return;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => self.backlog.clear(),
            }
        }
    }
}
