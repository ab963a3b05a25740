//! A switch that does exactly what a test tells it to, the link under test, and the log it writes.

use bytes::BytesMut;
use hotlined::daemon::clock::Clock;
use hotlined::daemon::link_task::{LinkAuthority, run_link};
use hotlined_core::command::Action;
use hotlined_core::event::{Cause, Event, LegEvent};
use hotlined_core::hotline::Trunk;
use hotlined_core::id::{CommandId, LegId, SwitchId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::frame;
use hotlined_esl::server;
use hotlined_esl::server::{ParsedRequest, RequestDecoder};
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::link::{
    LinkError, LinkLimits, LinkSettings, SwitchCommand, WritePermit,
};
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use hotlined_instance::switch::freeswitch::session::Credentials;
use std::future::Future;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// How long anything may take before its test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const CALLER: &str = "a0000000-0000-4000-8000-000000000001";
pub const NO_CHANNELS: &str = r#"{"row_count": 0}"#;

pub async fn within<T>(what: &str, doing: impl Future<Output = T>) -> T {
    timeout(PATIENCE, doing).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// The switch.
pub struct Switch {
    listener: TcpListener,
    pub port: u16,
}

impl Switch {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// One whose sockets take in little before it reads.
    pub async fn narrow() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(16).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    pub async fn accept(&self) -> Wire {
        let (stream, _) = within("a connection", self.listener.accept()).await.unwrap();
        Wire { stream, decoder: RequestDecoder::new(frame::WireLimits::default()), buffer: BytesMut::new() }
    }

    /// Accepts, and does all that a link needs to come up.
    pub async fn bring_up(&self) -> Wire {
        let mut wire = self.accept().await;
        wire.bring_up(NO_CHANNELS).await;
        wire
    }

    /// Whether nobody has connected that was not yet accepted.
    pub async fn is_unvisited(&self) -> bool {
        timeout(Duration::ZERO, self.listener.accept()).await.is_err()
    }
}

/// The switch's end of a connection.
pub struct Wire {
    pub stream: TcpStream,
    decoder: RequestDecoder,
    buffer: BytesMut,
}

impl Wire {
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        within("the link to read", self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// The next request; none when the link has closed.
    pub async fn asked(&mut self) -> Option<ParsedRequest> {
        loop {
            if let Some(request) = self.decoder.decode(&mut self.buffer).unwrap() {
                return Some(request.parse());
            }
            let read = within("a request", self.stream.read_buf(&mut self.buffer)).await;
            if !matches!(read, Ok(1..)) {
                return None;
            }
        }
    }

    /// The next request, but for what is said or asked of who acts for the switch.
    pub async fn asked_but_who_acts(&mut self) -> Option<ParsedRequest> {
        loop {
            match self.asked().await {
                Some(ParsedRequest::SendEvent { .. }) => self.say(server::reply("+OK")).await,
                request => return request,
            }
        }
    }

    pub async fn log_in(&mut self) {
        self.say(server::auth_request()).await;
        let Some(ParsedRequest::Auth { password }) = self.asked().await else { panic!() };
        assert!(password.matches("ClueCon"));
        self.say(server::reply("+OK accepted")).await;
    }

    /// Up to the question for the list of channels.
    pub async fn set_up(&mut self) {
        self.subscribe().await;
        self.prove_events().await;
    }

    /// Up to the answer to the subscription; gives the subclasses it asks for.
    pub async fn subscribe(&mut self) -> Vec<String> {
        self.log_in().await;
        let Some(ParsedRequest::Events { custom, .. }) = self.asked().await else { panic!() };
        self.say(server::reply("+OK event listener enabled plain")).await;
        custom
    }

    /// From there up to the question for the list of channels.
    pub async fn prove_events(&mut self) {
        let Some(ParsedRequest::BgApi { command, job: Some(job), .. }) = self.asked_but_who_acts().await
        else {
            panic!()
        };
        assert_eq!(command, "msleep");
        self.say(server::reply_job(&job)).await;
        self.say(job_done(&job, "+OK\n")).await;
        let Some(ParsedRequest::Api { command, .. }) = self.asked().await else { panic!() };
        assert_eq!(command, "show");
    }

    pub async fn bring_up(&mut self, list: &str) {
        self.set_up().await;
        self.say(server::api_response(list.as_bytes())).await;
    }

    /// Whether the link closes, whatever it still says.
    pub async fn closes(&mut self) -> bool {
        while self.asked().await.is_some() {}
        true
    }
}

pub fn job_done(job: &str, printed: &str) -> Vec<u8> {
    EventWriter::new("BACKGROUND_JOB").header("Job-UUID", job).body(printed).to_plain().to_vec()
}

/// When an event was made, in milliseconds by the switch's clock.
pub fn made(event: EventWriter, at: u64) -> Vec<u8> {
    event.header("Event-Date-Timestamp", format!("{at}000")).to_plain().to_vec()
}

/// An event that means something to a call.
pub fn digit(key: char) -> Vec<u8> {
    let event = EventWriter::new("DTMF").header("Unique-ID", CALLER);
    event.header("DTMF-Digit", key.to_string()).to_plain().to_vec()
}

/// What the calls hear of [`digit`].
pub fn heard_digit(key: char) -> Event {
    Event::Leg { leg: leg(CALLER), event: LegEvent::Digit(key) }
}

pub fn leg(name: &str) -> LegId {
    name.parse().unwrap()
}

pub fn command(number: u32) -> CommandId {
    format!("{CALLER}/{number}").parse().unwrap()
}

/// An order that is carried out as a background job.
pub fn hang_up(number: u32) -> (CommandId, Action) {
    (command(number), Action::HangUp { leg: leg(CALLER), cause: Cause::Normal })
}

pub fn settings(port: u16) -> LinkSettings {
    let word = |text| Endpoint::new(text).unwrap();
    let fallback = Fallback { extension: word("fallback"), dialplan: word("XML"), context: word("public") };
    let trunk: Trunk = "sofia/gateway/carrier/{number}".parse().unwrap();
    LinkSettings {
        switch: SwitchId("fs1".into()),
        host: "127.0.0.1".into(),
        port,
        credentials: Credentials { user: None, password: Secret::new("ClueCon").unwrap() },
        dialplan: DialplanConfig { trunk, fallback, recordings: SoundPath::new("/rec").unwrap() },
        format: Format::Plain,
        setup_time_max: Duration::from_secs(30),
        // These switches answer when their test tells them to.
        liveness: LivenessTimeouts { answer_max: Millis::seconds(60), ..LivenessTimeouts::default() },
        reconnect_wait_min: Duration::from_millis(2),
        reconnect_wait_max: Duration::from_millis(20),
        limits: LinkLimits::default(),
    }
}

/// Changes whether the link may write.
pub type Changes = mpsc::Sender<Option<WritePermit>>;

/// A right that is good for an hour, unless it changes.
pub fn leased() -> (Changes, LinkAuthority) {
    let (tell, changes) = mpsc::channel(4);
    let permit = WritePermit::Until(Clock::start().now() + Millis::seconds(3_600));
    (tell, LinkAuthority { claim: None, permit, permit_changes: changes })
}

/// The link under test, and the ends of it that the engine holds.
pub struct Kept {
    pub orders: Option<mpsc::Sender<SwitchCommand>>,
    /// The connection that was heard of last.
    pub connection: u64,
    pub inbox: mpsc::Receiver<Event>,
    pub ended: JoinHandle<Result<(), LinkError>>,
}

impl Kept {
    pub fn start(settings: LinkSettings) -> Self {
        Self::with_inbox(settings, 1_024)
    }

    pub fn with_inbox(settings: LinkSettings, events_max: usize) -> Self {
        Self::by_right(settings, events_max, LinkAuthority::undisputed())
    }

    pub fn by_right(settings: LinkSettings, events_max: usize, right: LinkAuthority) -> Self {
        let (orders, orders_out) = mpsc::channel(1_024);
        let (inbox_in, inbox) = mpsc::channel(events_max);
        let ended = tokio::spawn(run_link(settings, orders_out, inbox_in, None, right));
        Self { orders: Some(orders), connection: 0, inbox, ended }
    }

    pub async fn order(&self, (command, action): (CommandId, Action)) {
        let order = SwitchCommand { id: command, action, connection: self.connection };
        let sent = self.orders.as_ref().unwrap().send(order);
        within("the link to take orders", sent).await.unwrap();
    }

    pub async fn event(&mut self) -> Event {
        let event = within("an event", self.inbox.recv()).await.expect("the link has ended");
        if let Event::LinkRestored { connection, .. } = &event {
            self.connection = *connection;
        }
        event
    }

    pub async fn is_restored(&mut self) {
        assert!(matches!(self.event().await, Event::LinkRestored { .. }));
    }

    pub async fn is_lost(&mut self) {
        assert!(matches!(self.event().await, Event::LinkLost { .. }));
    }

    /// Lets go of the link as an engine that has stopped does, and gives how it ended.
    pub async fn stop(mut self) -> Result<(), LinkError> {
        drop(self.orders.take());
        drop(self.inbox);
        within("the link to end", self.ended).await.unwrap()
    }

    pub async fn refusal(self) -> LinkError {
        within("the link to end", self.ended).await.unwrap().unwrap_err()
    }
}

/// What this test's thread logs.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Logs of this thread come here until the guard is dropped.
    pub fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines that hold this.
    pub fn lines(&self, with: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(with)).map(Into::into).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
