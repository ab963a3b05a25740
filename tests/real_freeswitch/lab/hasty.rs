//! A caller who gives up to the millisecond. sipp falls over an answer that crosses its CANCEL; a telephone does
//! not: it acknowledges and says BYE.

use super::switch::Switch;
use super::wait::s;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

struct Dialogue {
    socket: UdpSocket,
    number: String,
    port: u16,
    own: u16,
}

/// Calls, cancels so long after the first sound, and sees the call to its end: the final answer to its INVITE.
pub fn call(switch: &Switch, number: &str, gives_up: Duration) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(("127.0.0.1", switch.sip)).unwrap();
    let own = socket.local_addr().unwrap().port();
    let dialogue = Dialogue { socket, number: number.to_owned(), port: switch.sip, own };
    let target = format!("<{}>", dialogue.target());
    dialogue.say("INVITE", 1, &target);
    let end = Instant::now() + s(20);
    let (mut cancel_at, mut status) = (None::<Instant>, None);
    while Instant::now() < end {
        let wait = cancel_at.map_or(s(1), |at| at.saturating_duration_since(Instant::now()));
        let Some(text) = dialogue.hear(wait.max(Duration::from_micros(1))) else {
            if cancel_at.take_if(|at| *at <= Instant::now()).is_some() {
                dialogue.say("CANCEL", 1, &target);
            }
            continue;
        };
        let to = text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_default();
        match (text.get(8..11).and_then(|code| code.parse::<u16>().ok()), method(&text)) {
            (Some(183), "INVITE") if cancel_at.is_none() && status.is_none() => {
                cancel_at = Some(Instant::now() + gives_up);
            }
            (Some(200), "INVITE") => {
                (cancel_at, status) = (None, Some(200));
                dialogue.say("ACK", 1, to);
                dialogue.say("BYE", 2, to);
            }
            (Some(code @ 300..), "INVITE") => {
                dialogue.say("ACK", 1, to);
                return code;
            }
            (Some(200 | 481), "BYE") => return status.unwrap_or(0),
            (None, "BYE") => {
                dialogue.answer(&text);
                return status.unwrap_or(0);
            }
            _ => {}
        }
    }
    panic!("the call of a caller to {number} does not end");
}

/// Of a request, or of the request that an answer answers.
fn method(text: &str) -> &str {
    let line = text.lines().find_map(|line| line.strip_prefix("CSeq: ")).unwrap_or_default();
    line.split_whitespace().nth(1).unwrap_or_default()
}

impl Dialogue {
    fn target(&self) -> String {
        format!("sip:{}@127.0.0.1:{}", self.number, self.port)
    }

    fn hear(&self, wait: Duration) -> Option<String> {
        let mut bytes = [0; 4_096];
        self.socket.set_read_timeout(Some(wait)).unwrap();
        let count = self.socket.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..count]).replace("\r\n", "\n"))
    }

    fn send(&self, text: &str) {
        self.socket.send(text.replace('\n', "\r\n").as_bytes()).unwrap();
    }

    fn say(&self, method: &str, sequence: u8, to: &str) {
        let (own, number) = (self.own, &self.number);
        // A CANCEL carries its INVITE's branch, and so does the acknowledgement of a refusal.
        let branch = if method == "BYE" { "bye" } else { "call" };
        let body = if method == "INVITE" {
            "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 8\n"
        } else {
            ""
        };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\n" };
        // Every line of the body gets a second byte at its end.
        let length = body.len() + body.lines().count();
        self.send(&format!(
            "{method} {target} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{branch}{number}\n\
             Max-Forwards: 70\nFrom: <sip:13812345678@127.0.0.1:{own}>;tag=hasty\nTo: {to}\n\
             Call-ID: hasty-{number}-{own}\nCSeq: {sequence} {method}\nContact: <sip:hasty@127.0.0.1:{own}>\n\
             {kind}Content-Length: {length}\n\n{body}",
            target = self.target(),
        ));
    }

    fn answer(&self, request: &str) {
        let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
        let headers = request.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
        let headers: String = headers.map(|line| format!("{line}\n")).collect();
        self.send(&format!("SIP/2.0 200 OK\n{headers}Content-Length: 0\n\n"));
    }
}
