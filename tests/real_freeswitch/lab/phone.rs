//! Callers and agents: sipp with a scenario of ours, and what it wrote down of its messages.

use super::switch::{Switch, free_port};
use super::wait::{s, until};
use crate::support::needs::SIPP;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Longer than any scenario.
const FOR_EVER: Duration = s(600);

/// A running sipp.
pub struct Phone {
    child: Child,
    trace: PathBuf,
    pub port: u16,
}

/// A message as sipp wrote it down: when, by the seconds of its clock, and whether sipp sent it.
#[derive(Clone, Debug)]
pub struct Message {
    pub at: f64,
    pub sent: bool,
    pub text: String,
}

impl Message {
    /// The first line.
    pub fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The status, where it is an answer.
    pub fn status(&self) -> Option<u16> {
        self.line().strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    fn answers(&self, method: &str) -> bool {
        self.text.lines().any(|line| line.starts_with("CSeq:") && line.trim_end().ends_with(method))
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    pub number: &'a str,
    /// Talks so long and hangs up; without it, waits for BYE.
    pub talks: Option<Duration>,
    /// Gives up so long after the first sound.
    pub gives_up: Option<Duration>,
    pub name: &'a str,
    pub user: &'a str,
}

impl<'a> Caller<'a> {
    pub fn to(number: &'a str) -> Self {
        Self { number, talks: None, gives_up: None, name: "Caller", user: "13812345678" }
    }

    pub fn talks(self, talks: Duration) -> Self {
        Self { talks: Some(talks), ..self }
    }

    pub fn gives_up(self, after: Duration) -> Self {
        Self { gives_up: Some(after), ..self }
    }

    /// Dials.
    pub fn call(&self, switch: &Switch) -> Phone {
        let name = if self.gives_up.is_some() { "caller_gives_up" } else { "caller" };
        let patience = self.gives_up.or(self.talks).unwrap_or(FOR_EVER);
        let target = format!("127.0.0.1:{}", switch.sip);
        let mut phone = Phone::builder(switch, name, patience);
        let command = &mut phone.1;
        command.args(["-m", "1", "-s", self.number, "-key", "name", self.name, "-key", "user", self.user]);
        command.arg(target);
        Phone::start(phone)
    }
}

/// An agent's telephone.
#[derive(Clone, Copy, Debug)]
pub enum Agent {
    /// Answers after so long, and waits for BYE.
    Answers(Duration),
    /// Answers after so long, and hangs up so long after that.
    Leaves(Duration, Duration),
    /// Rings until it is cancelled.
    Rings,
    /// Refuses at once.
    Refuses(&'static str),
}

impl Agent {
    /// Switches it on: it takes any number of calls.
    pub fn ready(self, switch: &Switch) -> Phone {
        let mut phone = match self {
            Self::Answers(after) => Phone::builder(switch, "agent", after),
            Self::Rings => Phone::builder(switch, "agent", FOR_EVER),
            Self::Leaves(after, talk) => {
                let mut phone = Phone::builder(switch, "agent_hangs_up", after);
                phone.1.args(["-d", &talk.as_millis().to_string()]);
                phone
            }
            Self::Refuses(status) => {
                let file = scenario("agent_refuses");
                let text = std::fs::read_to_string(file).unwrap().replace("@STATUS@", status);
                let own = switch.folder.join(format!("agent_refuses_{}.xml", &status[..3]));
                std::fs::write(&own, text).unwrap();
                Phone::with(switch, &own, FOR_EVER)
            }
        };
        phone.1.args(["-max_socket", "1000"]);
        let port = phone.2;
        let phone = Phone::start(phone);
        until("an agent's telephone to listen", s(20), || listens(port).then_some(()));
        phone
    }
}

/// Whether somebody listens on this UDP port, by the system's own table: to try it by binding would take it away
/// from a sipp that is about to.
fn listens(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    let local =
        |line: &str| line.split_whitespace().nth(1)?.rsplit_once(':').map(|(_, port)| port.to_owned());
    let ports = table.lines().skip(1).filter_map(local);
    ports.filter_map(|hex| u16::from_str_radix(&hex, 16).ok()).any(|taken| taken == port)
}

type Builder = (PathBuf, Command, u16);

impl Phone {
    fn builder(switch: &Switch, name: &str, patience: Duration) -> Builder {
        Self::with(switch, &scenario(name), patience)
    }

    fn with(switch: &Switch, file: &Path, patience: Duration) -> Builder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = file.file_stem().unwrap().to_string_lossy();
        let trace = switch.folder.join(format!("{name}-{number}.messages"));
        let (port, media) = (free_port(), free_port());
        let mut command = Command::new(SIPP.path().unwrap());
        command.arg("-sf").arg(file);
        command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-mp", &media.to_string(), "-nostdin"]);
        command.args(["-timer_resol", "1", "-recv_timeout", &patience.as_millis().to_string()]);
        command.arg("-trace_msg").arg("-message_file").arg(&trace);
        command.arg("-trace_err").arg("-error_file").arg(trace.with_extension("errors"));
        (trace, command, port)
    }

    fn start((trace, mut command, port): Builder) -> Self {
        let said = std::fs::File::create(trace.with_extension("screen")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let child = command.spawn().unwrap();
        Self { child, trace, port }
    }

    /// The endpoint under which an agent's hotline finds it.
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// All messages so far.
    pub fn messages(&self) -> Vec<Message> {
        let text = std::fs::read(&self.trace).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).replace("\r\n", "\n");
        let parts = text.split("----------------------------------------------- ").skip(1);
        parts.filter_map(message).collect()
    }

    /// The first message that fits.
    pub fn wait(&self, what: &str, limit: Duration, fits: impl Fn(&Message) -> bool) -> Message {
        until(what, limit, || self.messages().into_iter().find(|message| fits(message)))
    }

    /// A request that came.
    pub fn wait_for_request(&self, method: &str, limit: Duration) -> Message {
        self.wait(method, limit, |m| !m.sent && m.line().starts_with(method))
    }

    /// Until this answer to its own INVITE came.
    pub fn wait_for_status(&self, status: u16, limit: Duration) -> Message {
        let fits = |m: &Message| !m.sent && m.status() == Some(status) && m.answers("INVITE");
        self.wait(&format!("{status} to a caller"), limit, fits)
    }

    /// The end of the call, and the final answer to its INVITE.
    pub fn wait_for_end(&mut self, limit: Duration) -> Option<u16> {
        until("a caller's call to end", limit, || self.child.try_wait().unwrap());
        self.final_status()
    }

    /// The final answer to its own INVITE, if one came.
    pub fn final_status(&self) -> Option<u16> {
        let finals = |m: &Message| m.status().filter(|s| *s >= 200 && !m.sent && m.answers("INVITE"));
        self.messages().iter().find_map(finals)
    }

    /// The requests of this method that came.
    pub fn requests(&self, method: &str) -> usize {
        self.messages().iter().filter(|m| !m.sent && m.line().starts_with(method)).count()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for part in ["messages", "errors", "screen"] {
                let text = std::fs::read(self.trace.with_extension(part)).unwrap_or_default();
                eprintln!("{} {part}:\n{}", self.trace.display(), String::from_utf8_lossy(&text));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/real_freeswitch/sipp/{name}.xml"))
}

pub fn endpoint(port: u16) -> String {
    format!("sofia/lab/agent@127.0.0.1:{port}")
}

/// `2030-01-31 12:00:00.123456`, a line about the transport, an empty one, the message.
fn message(part: &str) -> Option<Message> {
    let (stamp, rest) = part.split_once('\n')?;
    let mut clock = stamp.split_whitespace().nth(1)?.split(':').map(|number| number.parse::<f64>());
    let at = clock.next()?.ok()? * 3_600.0 + clock.next()?.ok()? * 60.0 + clock.next()?.ok()?;
    let (transport, text) = rest.split_once("\n\n")?;
    Some(Message { at, sent: transport.contains(" sent "), text: text.to_owned() })
}
