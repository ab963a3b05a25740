//! A switch that says recorded events and answers every request at once. It has no channels, only a score that
//! each call goes through; what it is told decides only how the score goes on.

use super::template::{Names, Score, Template};
use bytes::BytesMut;
use hotlined_esl::frame::WireLimits;
use hotlined_esl::server;
use hotlined_esl::server::{ParsedRequest, RequestDecoder};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// What to put on the daemon.
pub struct Load {
    pub rate: u64,
    pub live: usize,
    pub time: Duration,
}

/// What was measured.
#[derive(Default)]
pub struct Measured {
    /// By what was measured: nanoseconds.
    pub times: BTreeMap<&'static str, Vec<u64>>,
    pub events: u64,
    pub event_bytes: u64,
    pub requests: u64,
    pub unanswered: usize,
    pub live: usize,
}

/// What an event is to cause.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Anything,
    Bridge,
    Originate,
    Kill,
}

struct Pending {
    name: &'static str,
    wanted: Wanted,
    since: Instant,
}

/// What both threads know.
struct Shared {
    writing: Mutex<TcpStream>,
    pending: Mutex<HashMap<u64, Pending>>,
    times: Mutex<BTreeMap<&'static str, Vec<u64>>>,
    requests: AtomicU64,
}

/// What the reader heard of a call.
enum Asked {
    Ready,
    Play { call: u64, command: String },
    Originate { call: u64, agent: String, command: String },
    Bridge { call: u64 },
    Kill { call: u64, command: String },
}

/// What is to be said next of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Arrives,
    Created,
    Rings,
    Busy,
    CallerLeaves,
    Answers,
    Ready,
    Joined,
    AgentLeaves,
    CallerEnds,
    AgentCancelled,
    Next,
}

/// How a call is to go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Talks,
    BusyFirst,
    Leaves,
}

struct Call {
    caller: String,
    agent: String,
    fate: Fate,
    play: String,
    ring: String,
    kill: String,
}

pub struct Switch {
    listener: TcpListener,
    pub port: u16,
}

impl Switch {
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        Self { listener, port }
    }

    /// Waits for the daemon, brings the load up, tells when it stands, and measures.
    pub fn run(self, load: &Load, stands: impl FnOnce()) -> Measured {
        let (stream, _) = self.listener.accept().expect("a daemon");
        stream.set_nodelay(true).expect("no delay");
        let reading = stream.try_clone().expect("a second handle");
        let shared = Arc::new(Shared {
            writing: Mutex::new(stream),
            pending: Mutex::default(),
            times: Mutex::default(),
            requests: AtomicU64::new(0),
        });
        let (tell, told) = mpsc::channel();
        let reader = shared.clone();
        let thread = std::thread::Builder::new().name("switch-reads".into());
        thread.spawn(move || read(reading, &reader, &tell)).expect("a thread");
        say_all(&shared, &server::auth_request());
        Player::new(shared, told, load).play(load, stands)
    }
}

fn say_all(shared: &Shared, bytes: &[u8]) {
    shared.writing.lock().expect("no panic").write_all(bytes).expect("the daemon reads");
}

/// The call that a leg or a command belongs to: the last digits of the caller's name.
fn call_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.split('/').next()?.rsplit('-').next()?, 16).ok()
}

fn read(mut stream: TcpStream, shared: &Shared, tell: &mpsc::Sender<Asked>) {
    let mut decoder = RequestDecoder::new(WireLimits::default());
    let (mut buffer, mut piece) = (BytesMut::new(), vec![0; 256 * 1024]);
    let job_done = Template::of_job();
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        let now = Instant::now();
        buffer.extend_from_slice(&piece[..length]);
        let mut answers = Vec::new();
        let mut leaving = false;
        while let Some(request) = decoder.decode(&mut buffer).expect("requests") {
            shared.requests.fetch_add(1, Ordering::Relaxed);
            let (wanted, call, asked) = match request.parse() {
                ParsedRequest::Auth { .. } => {
                    answers.extend_from_slice(&server::reply("+OK accepted"));
                    continue;
                }
                ParsedRequest::Api { command, .. } if command == "show" => {
                    answers.extend_from_slice(&server::api_response(b"{\"row_count\": 0}\n"));
                    let _ = tell.send(Asked::Ready);
                    continue;
                }
                ParsedRequest::Api { command, job: Some(job), .. } if command == "uuid_bridge" => {
                    answers.extend_from_slice(&server::api_response(b"+OK\n"));
                    let call = call_of(&job);
                    (Wanted::Bridge, call, Some(Asked::Bridge { call: call.unwrap_or_default() }))
                }
                ParsedRequest::Api { argument, .. } => {
                    answers.extend_from_slice(&server::api_response(b"+OK\n"));
                    let leg = argument.split(' ').find(|word| word.len() == 36);
                    (Wanted::Anything, leg.and_then(call_of), None)
                }
                ParsedRequest::BgApi { command, job: Some(job), .. } if command == "msleep" => {
                    answers.extend_from_slice(&server::reply_job(&job));
                    let names = Names { caller: "", agent: "", command: &job };
                    answers.extend_from_slice(&job_done.event(names));
                    continue;
                }
                ParsedRequest::BgApi { command, argument, job: Some(job) } => {
                    answers.extend_from_slice(&server::reply_job(&job));
                    let call = call_of(&job);
                    let named = call.unwrap_or_default();
                    match command.as_str() {
                        "originate" => {
                            let agent =
                                argument.split("origination_uuid=").nth(1).expect("a name")[..36].to_owned();
                            let asked = Asked::Originate { call: named, agent, command: job };
                            (Wanted::Originate, call, Some(asked))
                        }
                        _ => (Wanted::Kill, call, Some(Asked::Kill { call: named, command: job })),
                    }
                }
                ParsedRequest::Execute { leg, event_uuid, .. } => {
                    answers.extend_from_slice(&server::reply("+OK"));
                    let call = leg.as_deref().and_then(call_of);
                    let command = event_uuid.unwrap_or_default();
                    (Wanted::Anything, call, call.map(|call| Asked::Play { call, command }))
                }
                ParsedRequest::Exit => {
                    answers.extend_from_slice(&server::reply("+OK bye"));
                    leaving = true;
                    continue;
                }
                _ => {
                    answers.extend_from_slice(&server::reply("+OK"));
                    continue;
                }
            };
            if let Some(call) = call {
                settle(shared, call, wanted, now);
            }
            if let Some(asked) = asked {
                let _ = tell.send(asked);
            }
        }
        say_all(shared, &answers);
        if leaving {
            return;
        }
    }
}

/// A request came: if an event waits for it, that is its time.
fn settle(shared: &Shared, call: u64, wanted: Wanted, now: Instant) {
    let mut pending = shared.pending.lock().expect("no panic");
    let fits = |pending: &Pending| pending.wanted == Wanted::Anything || pending.wanted == wanted;
    if pending.get(&call).is_some_and(fits)
        && let Some(found) = pending.remove(&call)
    {
        drop(pending);
        let took = now.saturating_duration_since(found.since).as_nanos() as u64;
        shared.times.lock().expect("no panic").entry(found.name).or_default().push(took);
    }
}

/// The thread that says events.
struct Player {
    shared: Arc<Shared>,
    told: mpsc::Receiver<Asked>,
    score: Score,
    calls: HashMap<u64, Call>,
    talking: VecDeque<u64>,
    due: BinaryHeap<Reverse<(Instant, Step, u64)>>,
    next_call: u64,
    chance: u64,
    live: usize,
    gap: Duration,
    is_measured: bool,
    /// While the load is brought up, telephones are answered at once.
    hurried: bool,
    measured: Measured,
}

impl Player {
    fn new(shared: Arc<Shared>, told: mpsc::Receiver<Asked>, load: &Load) -> Self {
        Self {
            shared,
            told,
            score: Score::read(),
            calls: HashMap::new(),
            talking: VecDeque::new(),
            due: BinaryHeap::new(),
            next_call: 1,
            chance: 7,
            live: load.live,
            gap: Duration::from_millis(1),
            is_measured: false,
            hurried: true,
            measured: Measured::default(),
        }
    }

    fn play(mut self, load: &Load, stands: impl FnOnce()) -> Measured {
        assert!(matches!(self.told.recv(), Ok(Asked::Ready)));
        self.after(Duration::ZERO, Step::Next, 0);
        while self.talking.len() < load.live {
            self.turn();
        }
        self.hurried = false;
        self.gap = Duration::from_secs(1) / u32::try_from(load.rate.max(1)).expect("a rate");
        // Until as many ring as at this rate always do.
        self.turn_until(Instant::now() + Duration::from_secs(4));
        stands();
        self.is_measured = true;
        let requests = self.shared.requests.load(Ordering::Relaxed);
        self.turn_until(Instant::now() + load.time);
        self.is_measured = false;
        self.measured.requests = self.shared.requests.load(Ordering::Relaxed) - requests;
        self.measured.live = self.calls.len();
        self.turn_until(Instant::now() + Duration::from_millis(500));
        self.measured.unanswered = self.shared.pending.lock().expect("no panic").len();
        self.measured.times = std::mem::take(&mut *self.shared.times.lock().expect("no panic"));
        self.measured
    }

    fn turn_until(&mut self, end: Instant) {
        while Instant::now() < end {
            self.turn();
        }
    }

    fn turn(&mut self) {
        let next = self.due.peek().map_or(Duration::from_millis(10), |Reverse((at, ..))| {
            at.saturating_duration_since(Instant::now())
        });
        if let Ok(asked) = self.told.recv_timeout(next) {
            self.asked(asked);
        }
        while let Some(Reverse((at, ..))) = self.due.peek()
            && *at <= Instant::now()
            && let Some(Reverse((_, step, call))) = self.due.pop()
        {
            self.step(step, call);
        }
    }

    fn after(&mut self, wait: Duration, step: Step, call: u64) {
        self.due.push(Reverse((Instant::now() + wait, step, call)));
    }

    /// A number from 0 to 1.
    fn chance(&mut self) -> f64 {
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn asked(&mut self, asked: Asked) {
        let ms = Duration::from_millis;
        match asked {
            Asked::Ready => {}
            Asked::Play { call, command } => {
                self.calls.entry(call).and_modify(|call| call.play = command);
            }
            Asked::Originate { call: id, agent, command } => {
                let wait = if self.hurried { ms(1) } else { ms(200) + ms(1_800).mul_f64(self.chance()) };
                let Some(call) = self.calls.get_mut(&id) else { return };
                (call.agent, call.ring) = (agent, command);
                let fate = call.fate;
                self.after(ms(2), Step::Created, id);
                match fate {
                    Fate::BusyFirst => self.after(ms(40), Step::Busy, id),
                    Fate::Leaves => {
                        self.after(ms(20), Step::Rings, id);
                        self.after(wait.max(ms(21)), Step::CallerLeaves, id);
                    }
                    Fate::Talks => {
                        self.after(ms(20), Step::Rings, id);
                        self.after(wait.max(ms(21)), Step::Answers, id);
                    }
                }
            }
            Asked::Bridge { call: id } => self.after(ms(20), Step::Joined, id),
            Asked::Kill { call: id, command } => {
                self.calls.entry(id).and_modify(|call| call.kill = command);
                self.after(ms(1), Step::AgentCancelled, id);
            }
        }
    }

    fn step(&mut self, step: Step, id: u64) {
        let ms = Duration::from_millis;
        match step {
            Step::Next => {
                // Independent callers: the gaps between them are exponential.
                let gap = self.gap.mul_f64(-(1.0 - self.chance()).ln());
                self.after(gap, Step::Next, 0);
                self.call_comes();
                while self.talking.len() > self.live {
                    let Some(oldest) = self.talking.pop_front() else { break };
                    self.step(Step::AgentLeaves, oldest);
                }
            }
            Step::Arrives => {
                self.cause(id, |score| &score.arrived, "caller arrives -> first order", Wanted::Anything);
            }
            Step::Created => self.say(id, |score| &score.created),
            Step::Rings => self.say(id, |score| &score.ringing),
            Step::Busy => {
                self.done(id, |score| &score.job_done, |call| &call.ring);
                self.calls.entry(id).and_modify(|call| call.fate = Fate::Talks);
                self.cause(id, |score| &score.busy, "agent is busy -> next originate", Wanted::Originate);
            }
            Step::CallerLeaves => {
                self.cause(id, |score| &score.caller_left, "caller leaves -> uuid_kill", Wanted::Kill);
            }
            Step::AgentCancelled => {
                self.done(id, |score| &score.job_done, |call| &call.kill);
                self.say(id, |score| &score.agent_cancelled);
                self.calls.remove(&id);
            }
            Step::Answers => {
                self.say(id, |score| &score.answered);
                self.done(id, |score| &score.job_done, |call| &call.ring);
                self.after(ms(1), Step::Ready, id);
            }
            Step::Ready => {
                self.cause(id, |score| &score.ready, "agent is ready -> uuid_bridge", Wanted::Bridge);
            }
            Step::Joined => {
                self.done(id, |score| &score.sound_ended, |call| &call.play);
                self.say(id, |score| &score.joined);
                self.talking.push_back(id);
            }
            Step::AgentLeaves => {
                self.say(id, |score| &score.agent_left);
                self.after(ms(1), Step::CallerEnds, id);
            }
            Step::CallerEnds => {
                self.say(id, |score| &score.caller_ended);
                self.calls.remove(&id);
            }
        }
    }

    /// Says an event that needs no answer.
    fn say(&mut self, id: u64, template: fn(&Score) -> &Template) {
        self.write(id, template, |_| "", None);
    }

    /// Says that a command of ours has ended.
    fn done(&mut self, id: u64, template: fn(&Score) -> &Template, command: fn(&Call) -> &str) {
        self.write(id, template, command, None);
    }

    /// Says an event that is to cause a request.
    fn cause(&mut self, id: u64, template: fn(&Score) -> &Template, name: &'static str, wanted: Wanted) {
        self.write(id, template, |_| "", Some((name, wanted)));
    }

    fn write(
        &mut self,
        id: u64,
        template: fn(&Score) -> &Template,
        command: fn(&Call) -> &str,
        causes: Option<(&'static str, Wanted)>,
    ) {
        let Some(call) = self.calls.get(&id) else { return };
        let names = Names { caller: &call.caller, agent: &call.agent, command: command(call) };
        let event = template(&self.score).event(names);
        let mut stream = self.shared.writing.lock().expect("no panic");
        if let Some((name, wanted)) = causes.filter(|_| self.is_measured) {
            // The clock starts before the event is written, in one go: the write counts, too.
            let pending = Pending { name, wanted, since: Instant::now() };
            self.shared.pending.lock().expect("no panic").insert(id, pending);
        }
        stream.write_all(&event).expect("the daemon reads");
        if self.is_measured {
            self.measured.events += 1;
            self.measured.event_bytes += event.len() as u64;
        }
    }

    fn call_comes(&mut self) {
        let id = self.next_call;
        self.next_call += 1;
        let fate = match id % 20 {
            _ if self.hurried => Fate::Talks,
            0 | 10 => Fate::BusyFirst,
            5 => Fate::Leaves,
            _ => Fate::Talks,
        };
        // Names as random as the switch's own; the last digits tell the call.
        let random = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let caller = format!("{:08x}-{:04x}-4000-8000-{id:012x}", random >> 32, random & 0xffff);
        let none = String::new;
        let call = Call { caller, agent: none(), fate, play: none(), ring: none(), kill: none() };
        self.calls.insert(id, call);
        self.step(Step::Arrives, id);
    }
}
