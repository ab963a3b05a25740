//! A telephone with a keypad and an ear: a test presses its keys (RTP events, or SIP INFO), lets it speak or be
//! silent, and asks it which tone it hears. sipp acts by the clock; this one acts when something has happened.

use super::sound::{self, PACKET, Sound};
use super::switch::Switch;
use super::wait::{ms, s, until};
use std::collections::VecDeque;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a handset tells its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keypad {
    /// As events in the sound's own stream (RFC 4733).
    Rtp,
    /// By SIP INFO, and its description of the session knows no events.
    Info,
}

/// What it does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Calls,
    Answers(Duration),
    Rings,
}

/// One telephone, with one call at a time.
pub struct Handset {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    pub port: u16,
}

struct Shared {
    sip: UdpSocket,
    rtp: UdpSocket,
    keypad: Keypad,
    habit: Habit,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    over: bool,
    call: Option<Call>,
    /// What came, in order: methods of requests and statuses of answers to the INVITE.
    came: Vec<String>,
    keys: VecDeque<char>,
    speaks: Option<u32>,
    media: Option<u16>,
    heard: Vec<Heard>,
}

/// The dialogue as this end writes it.
#[derive(Clone)]
struct Call {
    id: String,
    own: String,
    other: String,
    target: String,
    sequence: u32,
    /// The INVITE, where it came from the switch.
    invite: Option<String>,
    answer_at: Option<Instant>,
    is_up: bool,
}

/// A tone that was heard for a while.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub sound: Sound,
    pub since: Instant,
    pub until: Instant,
}

impl Handset {
    /// Calls this number.
    pub fn dials(switch: &Switch, number: &str, keypad: Keypad) -> Self {
        let handset = Self::new(switch, keypad, Habit::Calls);
        let own = handset.port;
        let call = Call {
            id: format!("handset-{number}-{own}"),
            own: format!("<sip:13812345678@127.0.0.1:{own}>;tag=own{own}"),
            other: format!("<sip:{number}@127.0.0.1:{}>", switch.sip),
            target: format!("sip:{number}@127.0.0.1:{}", switch.sip),
            sequence: 1,
            invite: None,
            answer_at: None,
            is_up: false,
        };
        handset.shared.request("INVITE", &call, Some(("application/sdp", handset.shared.sdp())));
        handset.shared.state().call = Some(call);
        handset
    }

    /// An agent's, which is answered so long after it began to ring.
    pub fn answers(switch: &Switch, after: Duration) -> Self {
        Self::new(switch, Keypad::Rtp, Habit::Answers(after))
    }

    /// An agent's, which rings until it is cancelled.
    pub fn rings(switch: &Switch) -> Self {
        Self::new(switch, Keypad::Rtp, Habit::Rings)
    }

    fn new(switch: &Switch, keypad: Keypad, habit: Habit) -> Self {
        let [sip, rtp] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        sip.connect(("127.0.0.1", switch.sip)).unwrap();
        sip.set_read_timeout(Some(ms(5))).unwrap();
        rtp.set_nonblocking(true).unwrap();
        let port = sip.local_addr().unwrap().port();
        let shared = Arc::new(Shared { sip, rtp, keypad, habit, state: Mutex::default() });
        let (talker, player) = (shared.clone(), shared.clone());
        let threads = vec![
            std::thread::spawn(move || talker.converse()),
            std::thread::spawn(move || player.exchange_sound()),
        ];
        Self { shared, threads, port }
    }

    /// The endpoint under which an agent's hotline finds it.
    pub fn endpoint(&self) -> String {
        super::phone::endpoint(self.port)
    }

    /// Presses keys, one after the other.
    pub fn press(&self, keys: &str) {
        match self.shared.keypad {
            Keypad::Rtp => self.shared.state().keys.extend(keys.chars()),
            Keypad::Info => keys.chars().for_each(|key| {
                let relay = format!("Signal={key}\nDuration=160\n");
                self.shared.request_in_call("INFO", Some(("application/dtmf-relay", relay)));
            }),
        }
    }

    /// Speaks: a tone of this pitch, until told to be silent.
    pub fn speaks(&self, hz: u32) {
        self.shared.state().speaks = Some(hz);
    }

    pub fn is_silent(&self) {
        self.shared.state().speaks = None;
    }

    /// Hangs up.
    pub fn hangs_up(&self) {
        self.shared.request_in_call("BYE", None);
        self.shared.state().came.push("hung up".to_owned());
    }

    /// Until this request or status came.
    pub fn wait(&self, what: &str, limit: Duration) {
        until(&format!("{what} at a handset that got {:?}", self.came()), limit, || {
            self.came().iter().any(|came| came == what).then_some(())
        });
    }

    /// What came so far.
    pub fn came(&self) -> Vec<String> {
        self.shared.state().came.clone()
    }

    /// Until it hears this for at least a tenth of a second, after this instant.
    pub fn hears(&self, sound: Sound, after: Instant, limit: Duration) -> Heard {
        let fits = |heard: &&Heard| {
            heard.sound == sound
                && heard.until > after
                && heard.until.duration_since(heard.since.max(after)) >= ms(100)
        };
        let end = Instant::now() + limit;
        until(&format!("{sound:?}"), limit + s(1), || {
            let heard = self.heard();
            let found = heard.iter().find(fits).copied();
            assert!(found.is_some() || Instant::now() < end, "no {sound:?} but {:?}", self.heard_so_far());
            found
        })
    }

    /// Everything it heard, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.state().heard.clone()
    }

    fn heard_so_far(&self) -> Vec<(Sound, u128)> {
        let heard = self.heard();
        heard.iter().map(|heard| (heard.sound, (heard.until - heard.since).as_millis())).collect()
    }
}

impl Drop for Handset {
    fn drop(&mut self) {
        self.shared.state().over = true;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn own_port(&self) -> u16 {
        self.sip.local_addr().unwrap().port()
    }

    fn sdp(&self) -> String {
        let port = self.rtp.local_addr().unwrap().port();
        let (kinds, events) = match self.keypad {
            Keypad::Rtp => ("8 101", "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n"),
            Keypad::Info => ("8", ""),
        };
        format!(
            "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP {kinds}\n\
             a=rtpmap:8 PCMA/8000\n{events}a=ptime:20\n"
        )
    }

    /// The SIP side: hears what the switch says and answers it.
    fn converse(&self) {
        let mut bytes = [0; 8_192];
        while !self.state().over {
            if let Ok(count) = self.sip.recv(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).replace("\r\n", "\n");
                match text.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok()) {
                    Some(status) => self.on_answer(status, &text),
                    None => self.on_request(&text),
                }
            }
            let now = Instant::now();
            let due = self
                .state()
                .call
                .as_mut()
                .and_then(|call| call.answer_at.take_if(|at| *at <= now).and(call.invite.clone()));
            if let Some(invite) = due {
                self.answer(&invite, "200 OK", Some(self.sdp()));
            }
        }
    }

    fn on_answer(&self, status: u16, text: &str) {
        if !header(text, "CSeq").ends_with("INVITE") {
            return;
        }
        let mut state = self.state();
        state.came.push(status.to_string());
        state.media = media(text).or(state.media);
        let Some(call) = state.call.as_mut().filter(|_| status >= 200) else { return };
        call.other = header(text, "To").to_owned();
        call.is_up = status < 300;
        if let Some(target) = contact(text).filter(|_| status < 300) {
            call.target = target;
        }
        let call = Call { sequence: 1, ..call.clone() };
        drop(state);
        self.request("ACK", &call, None);
    }

    fn on_request(&self, text: &str) {
        let method = text.split(' ').next().unwrap_or_default();
        let habit = self.habit;
        let mut state = self.state();
        state.came.push(method.to_owned());
        match method {
            "INVITE" if state.call.as_ref().is_some_and(|call| call.id == header(text, "Call-ID")) => return,
            "INVITE" => {
                let answer_at =
                    if let Habit::Answers(after) = habit { Some(Instant::now() + after) } else { None };
                state.media = media(text);
                state.call = Some(Call {
                    id: header(text, "Call-ID").to_owned(),
                    own: format!("{};tag=own{}", header(text, "To"), self.own_port()),
                    other: header(text, "From").to_owned(),
                    target: contact(text).unwrap_or_default(),
                    sequence: 1,
                    invite: Some(text.to_owned()),
                    answer_at,
                    is_up: false,
                });
                drop(state);
                return self.answer(text, "180 Ringing", None);
            }
            "ACK" => {
                if let Some(call) = &mut state.call {
                    call.is_up = true;
                }
                return;
            }
            "CANCEL" => {
                let invite = state.call.take().and_then(|call| call.invite);
                drop(state);
                self.answer(text, "200 OK", None);
                if let Some(invite) = invite {
                    self.answer(&invite, "487 Request Terminated", None);
                }
                return;
            }
            "BYE" => {
                state.media = None;
                state.call = None;
            }
            _ => {}
        }
        drop(state);
        self.answer(text, "200 OK", None);
    }

    fn request_in_call(&self, method: &str, body: Option<(&str, String)>) {
        let mut state = self.state();
        let call = state.call.as_mut().filter(|call| call.is_up).expect("a call that is up");
        call.sequence += 1;
        let call = call.clone();
        if method == "BYE" {
            state.call = None;
            state.media = None;
        }
        drop(state);
        self.request(method, &call, body);
    }

    fn request(&self, method: &str, call: &Call, body: Option<(&str, String)>) {
        let Call { id, own, other, target, sequence, .. } = call;
        let (port, branch) = (self.own_port(), format!("z9hG4bK{method}{sequence}{}", self.own_port()));
        let (kind, body) = body
            .map_or((String::new(), String::new()), |(kind, body)| (format!("Content-Type: {kind}\n"), body));
        let length = body.len() + body.lines().count();
        self.send(&format!(
            "{method} {target} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch={branch}\nMax-Forwards: 70\n\
             From: {own}\nTo: {other}\nCall-ID: {id}\nCSeq: {sequence} {method}\n\
             Contact: <sip:handset@127.0.0.1:{port}>\n{kind}Content-Length: {length}\n\n{body}"
        ));
    }

    fn answer(&self, request: &str, status: &str, body: Option<String>) {
        let port = self.own_port();
        let kept = ["Via:", "From:", "Call-ID:", "CSeq:", "Record-Route:"];
        let lines = request.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
        let headers: String = lines.map(|line| format!("{line}\n")).collect();
        let to = header(request, "To");
        let tag = if to.contains("tag=") { String::new() } else { format!(";tag=own{port}") };
        let (kind, body) = body.map_or(("", String::new()), |body| ("Content-Type: application/sdp\n", body));
        let length = body.len() + body.lines().count();
        self.send(&format!(
            "SIP/2.0 {status}\n{headers}To: {to}{tag}\nContact: <sip:handset@127.0.0.1:{port}>\n{kind}\
             Content-Length: {length}\n\n{body}"
        ));
    }

    fn send(&self, text: &str) {
        let _ = self.sip.send(text.replace('\n', "\r\n").as_bytes());
    }

    /// The sound: a packet every 20 ms, of speech, silence or a key, and an ear for what comes.
    fn exchange_sound(&self) {
        let (mut voice, mut next) = (sound::Voice::default(), Instant::now());
        loop {
            let (media, key, speaks) = {
                let mut state = self.state();
                if state.over {
                    return;
                }
                let free = voice.may_press() && state.media.is_some();
                (state.media, free.then(|| state.keys.pop_front()).flatten(), state.speaks)
            };
            let packet = voice.packet(key, speaks);
            if let Some(port) = media {
                let _ = self.rtp.send_to(&packet, ("127.0.0.1", port));
            }
            let mut bytes = [0; 2_048];
            while let Ok(count) = self.rtp.recv(&mut bytes) {
                if let Some(sound) = sound::heard(&bytes[..count]) {
                    self.hear(sound);
                }
            }
            next += PACKET;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    fn hear(&self, sound: Sound) {
        const GAP_MAX: Duration = ms(100);
        let now = Instant::now();
        let mut state = self.state();
        match state.heard.last_mut() {
            Some(last) if last.sound == sound && now - last.until < GAP_MAX => last.until = now,
            _ => state.heard.push(Heard { sound, since: now, until: now }),
        }
    }
}

fn header<'t>(text: &'t str, name: &str) -> &'t str {
    let value = |line: &'t str| line.strip_prefix(name)?.strip_prefix(':').map(str::trim);
    text.lines().find_map(value).unwrap_or_default()
}

/// Where the other end wants its requests.
fn contact(text: &str) -> Option<String> {
    let contact = header(text, "Contact");
    let inner = contact.split_once('<').map_or(contact, |(_, rest)| rest);
    let target = inner.split_once('>').map_or(inner, |(target, _)| target);
    (!target.is_empty()).then(|| target.to_owned())
}

/// The port of the other end's sound.
fn media(text: &str) -> Option<u16> {
    let line = text.lines().find_map(|line| line.strip_prefix("m=audio "))?;
    line.split(' ').next()?.parse().ok()
}
