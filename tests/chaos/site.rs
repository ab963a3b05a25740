//! A daemon: its folder, its process, its log, its wires to the switches.

use crate::people;
use crate::wire::Wire;
use hotlined_core::record::CallRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_hotlined");
/// How long the page of a daemon that lives may take.
const PAGE_TIME_MAX: Duration = Duration::from_secs(2);
/// After so many seconds without a word from the switch a daemon gives its link up.
pub const SILENCE_S: u64 = 4;
/// After so many seconds without a word from a daemon the switch serves a caller itself.
pub const FALLBACK_S: u64 = 6;
/// How long calls may go on after SIGTERM, in seconds.
pub const DRAIN_S: u64 = 3;

pub struct Site {
    pub name: &'static str,
    folder: TempDir,
    child: Mutex<Option<Child>>,
    state: Arc<Mutex<State>>,
    /// To each switch.
    pub wires: Vec<Wire>,
}

#[derive(Default)]
struct State {
    /// How many processes there were: what an earlier one says late is of no moment.
    process: u64,
    paused: bool,
    told_to_stop: bool,
    /// Which links are up, as it says.
    linked: BTreeMap<String, bool>,
    /// For which switches it waits to hear whether somebody else acts, as it says.
    waiting: BTreeSet<String>,
    admin: Option<String>,
    log: Vec<(Instant, String)>,
}

impl Site {
    /// A folder for a daemon of this name.
    pub fn new(name: &'static str, wires: Vec<Wire>, redis: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Self { name, folder, child: Mutex::default(), state: Arc::default(), wires };
        fs::create_dir(site.path("hotlines")).unwrap();
        fs::create_dir(site.path("sounds")).unwrap();
        let spoken = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sounds/zh");
        std::os::unix::fs::symlink(spoken, site.path("sounds/zh")).unwrap();
        for sound in ["ring", "closing", "menu", "before"] {
            fs::write(site.path(&format!("sounds/{sound}.wav")), "RIFF").unwrap();
        }
        for nth in 0..people::HOTLINES.len() {
            site.put(nth, &people::hotline(nth, 0));
        }
        let mut settings = format!(
            "[switch]\npassword = \"ClueCon\"\nheartbeat_s_max = {SILENCE_S}\nconnect_timeout_s = 2\n\
             reconnect_ms_max = 500\n[calls]\nfallback_s = {FALLBACK_S}\ndrain_s_max = {DRAIN_S}\n\
             [redis]\nservers = \"127.0.0.1:{redis}\"\ndaemon = \"{name}\"\n\
             [journal]\nfile = \"journal.jsonl\"\n[admin]\naddress = \"127.0.0.1:0\"\n",
        );
        for (switch, wire) in site.wires.iter().enumerate() {
            settings += &format!("[switches.{}]\nport = {}\n", switch_name(switch), wire.port);
        }
        fs::write(site.path("hotlined.toml"), settings).unwrap();
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a hotline's file into place, whole.
    pub fn put(&self, nth: usize, text: &str) {
        fs::write(self.path("hotlines/.new"), text).unwrap();
        fs::rename(self.path("hotlines/.new"), self.path(&format!("hotlines/{nth}.toml"))).unwrap();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn start(&self) {
        let mut command = Command::new(BINARY);
        command.arg("serve").current_dir(self.folder.path()).env_clear();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut state = self.state();
        state.process += 1;
        let (process, shared) = (state.process, self.state.clone());
        drop(state);
        *self.child.lock().unwrap() = Some(child);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                shared.lock().unwrap().hears(process, line);
            }
        });
    }

    fn signal(&self, name: &str) {
        let child = self.child.lock().unwrap();
        let pid = child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Nothing that it said before counts any more.
    fn is_gone(&self) {
        let mut state = self.state();
        state.process += 1;
        state.linked.clear();
        state.waiting.clear();
        state.paused = false;
        state.told_to_stop = false;
        state.admin = None;
    }

    pub fn kill(&self) {
        self.signal("KILL");
        self.is_gone();
        let ended = self.child.lock().unwrap().take().unwrap().wait().unwrap();
        assert_eq!(ended.signal(), Some(9), "{} had ended by itself: {ended}", self.name);
    }

    pub fn pause(&self) {
        self.state().paused = true;
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
        self.state().paused = false;
    }

    pub fn tell_to_stop(&self) {
        self.state().told_to_stop = true;
        self.signal("TERM");
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock().unwrap();
        let status = child.as_mut()?.try_wait().unwrap()?;
        *child = None;
        drop(child);
        self.is_gone();
        Some(status)
    }

    /// How it ended, if it did and nobody wanted it to.
    pub fn ended_by_itself(&self) -> Option<ExitStatus> {
        if self.state().told_to_stop {
            return None;
        }
        self.child.lock().unwrap().as_mut()?.try_wait().unwrap()
    }

    /// How well it looks after the calls of a switch.
    pub fn cares(&self, switch: usize) -> Care {
        let state = self.state();
        let name = switch_name(switch);
        let linked = state.linked.get(&name).is_some_and(|up| *up) && !state.waiting.contains(&name);
        let wire = &self.wires[switch];
        match (linked && !state.paused, wire.carries(), wire.carries_orders()) {
            (true, true, _) => Care::Full,
            (true, false, true) => Care::Deaf,
            (false, _, _) | (true, false, false) => Care::None,
        }
    }

    /// What it says of itself: none where it does not answer.
    pub fn ready(&self) -> Option<(u16, String)> {
        let address = self.state().admin.clone()?;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PAGE_TIME_MAX)).ok()?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some((status, answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()))
    }

    /// The whole lines of its records.
    pub fn records(&self) -> Result<Vec<CallRecord>, String> {
        let text = match fs::read_to_string(self.path("records.jsonl")) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let record = |line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"));
        whole.lines().map(record).collect()
    }

    /// Looks at its log.
    pub fn log<T>(&self, look: impl FnOnce(&[(Instant, String)]) -> T) -> T {
        look(&self.state().log)
    }
}

impl State {
    fn hears(&mut self, process: u64, line: String) {
        if process == self.process {
            let named = |field: &str| {
                let rest = line.split_once(&format!("{field}="))?.1;
                Some(rest.split(' ').next().unwrap_or_default().to_owned())
            };
            for (said, up) in [("link up", true), ("link down", false), ("link closed", false)] {
                if line.contains(said) {
                    self.linked.insert(named("switch").unwrap_or_default(), up);
                }
            }
            if line.contains("we wait to hear of it") {
                self.waiting.extend(named("switch"));
            } else if ["we go on", "link closed", "acting for the switch"].iter().any(|it| line.contains(it))
            {
                self.waiting.remove(&named("switch").unwrap_or_default());
            }
            if line.contains("figures at /metrics") {
                self.admin = named("address");
            }
        }
        self.log.push((Instant::now(), line));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let Ok(Some(child)) = self.child.get_mut().map(Option::as_mut) else { return };
        // Already ended, as a rule.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// How well a switch is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// Not at all.
    None,
    /// Somebody keeps the fallback off, and hears nothing, and does not know that yet.
    Deaf,
    /// As it should be.
    Full,
}

/// What a daemon calls a switch.
pub fn switch_name(switch: usize) -> String {
    format!("fs{}", switch + 1)
}
