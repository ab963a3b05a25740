//! The real daemon, with settings and hotlines of its own.

use super::sound::write_wave;
use super::switch::{PASSWORD, REWRITE_VARIABLE, Switch};
use super::wait::{s, until};
use hotlined_core::record::CallRecord;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The sounds every daemon finds in its folder: name, length and pitch, each told apart by its pitch.
const SOUNDS: [(&str, u32, u32); 10] = [
    ("short", 400, 500),
    ("ask", 3_000, 600),
    ("hold", 1_000, 700),
    ("survey", 3_000, 800),
    ("whisper", 800, 900),
    ("thanks", 600, 1_100),
    ("greeting", 800, 1_200),
    ("zh/agent/incoming_call", 300, 850),
    ("zh/agent/to_take_press", 300, 850),
    ("zh/digits/1", 300, 850),
];

/// A hotline to be written down.
#[derive(Clone, Debug)]
pub struct Hotline {
    pub number: String,
    text: String,
}

impl Hotline {
    /// One whose agents are at these endpoints, called 01, 02 and so on.
    pub fn new<T: AsRef<str>>(number: &str, endpoints: &[T]) -> Self {
        let head = format!("number = \"{number}\"\nname = \"Laboratory\"\n");
        let agents = (1..).zip(endpoints).map(|(id, endpoint)| {
            let endpoint = endpoint.as_ref();
            format!("[[agents]]\nid = \"{id:02}\"\nname = \"Agent {id}\"\nendpoint = \"{endpoint}\"\n")
        });
        Self { number: number.to_owned(), text: head + &agents.collect::<String>() }
    }

    /// With this section, behind the agents.
    pub fn section(mut self, section: &str) -> Self {
        self.text += section;
        self.text += "\n";
        self
    }

    /// With this line more for each agent.
    pub fn each(mut self, line: &str) -> Self {
        self.text = self.text.replace("[[agents]]\n", &format!("[[agents]]\n{line}\n"));
        self
    }

    /// With this line of its file more.
    pub fn with(mut self, line: &str) -> Self {
        self.text = format!("{line}\n{}", self.text);
        self
    }
}

/// How to start one.
pub struct Plan<'a> {
    switch: &'a Switch,
    hotlines: Vec<Hotline>,
    port: u16,
    password: &'a str,
    capture: Option<&'a str>,
    drain_s_max: u32,
    redis: Option<(u16, &'a str)>,
}

/// A running daemon.
pub struct Daemon {
    child: Child,
    pub folder: PathBuf,
    log: Arc<Mutex<Vec<String>>>,
    capture: Option<String>,
}

impl<'a> Plan<'a> {
    pub fn new(switch: &'a Switch, hotlines: &[Hotline]) -> Self {
        let hotlines = hotlines.to_vec();
        Self {
            switch,
            hotlines,
            port: switch.socket,
            password: PASSWORD,
            capture: None,
            drain_s_max: 60,
            redis: None,
        }
    }

    /// Through this port instead of the switch's own.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    pub fn password(self, password: &'a str) -> Self {
        Self { password, ..self }
    }

    /// Beside others, by this name, at the Redis of this port.
    pub fn shares(self, redis: u16, name: &'a str) -> Self {
        Self { redis: Some((redis, name)), ..self }
    }

    /// A capture of this name is taken, where captures are taken anew.
    pub fn capture(self, name: &'a str) -> Self {
        Self { capture: Some(name), ..self }
    }

    /// Starts it; it may not be up yet.
    pub fn start(self) -> Daemon {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = self.switch.folder.join(format!("daemon-{number}"));
        std::fs::create_dir_all(folder.join("hotlines")).unwrap();
        std::fs::create_dir_all(folder.join("sounds")).unwrap();
        let redis = self
            .redis
            .map(|(port, name)| format!("[redis]\nservers = \"127.0.0.1:{port}\"\ndaemon = \"{name}\"\n"));
        let settings = format!(
            "[switch]\nport = {}\npassword = \"{}\"\ntrunk = \"sofia/lab/{{number}}@127.0.0.1:9\"\n\
             recordings = \"{}\"\n[calls]\ndrain_s_max = {}\n[journal]\nfile = \"journal.jsonl\"\n[log]\nfilter = \"debug\"\n{}",
            self.port,
            self.password,
            self.switch.folder.join("rec").display(),
            self.drain_s_max,
            redis.unwrap_or_default()
        );
        std::fs::write(folder.join("hotlined.toml"), settings).unwrap();
        for (name, ms, hz) in SOUNDS {
            let file = folder.join(format!("sounds/{name}.wav"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            write_wave(&file, ms, hz);
        }
        for hotline in &self.hotlines {
            put_hotline(&folder, hotline);
        }
        let is_rewritten = std::env::var_os(REWRITE_VARIABLE).is_some();
        let capture = self.capture.filter(|_| is_rewritten).map(str::to_owned);
        Daemon::in_folder(folder, capture)
    }

    /// Starts it and waits until it serves.
    pub fn up(self) -> Daemon {
        let daemon = self.start();
        daemon.wait_for_link(1);
        daemon
    }
}

impl Daemon {
    fn in_folder(folder: PathBuf, capture: Option<String>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
        command.arg("serve").arg("--settings").arg(folder.join("hotlined.toml"));
        if capture.is_some() {
            command.arg("--capture").arg(folder.join("capture.jsonl"));
        }
        command.env_clear().env("NO_COLOR", "1").current_dir(&folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, stderr) = (log.clone(), BufReader::new(child.stderr.take().unwrap()));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        Self { child, folder, log, capture }
    }

    /// Kills it, and gives the one that comes after it, once that serves.
    pub fn killed_and_followed(mut self) -> Self {
        self.signal("KILL");
        assert_eq!(self.wait_for_end(s(5)), None, "it was killed");
        let next = Self::in_folder(self.folder.clone(), None);
        next.wait_for_link(1);
        next
    }
}

fn put_hotline(folder: &Path, hotline: &Hotline) {
    let new = folder.join(".new");
    std::fs::write(&new, &hotline.text).unwrap();
    std::fs::rename(new, folder.join(format!("hotlines/{}.toml", hotline.number))).unwrap();
}

impl Daemon {
    /// Its log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self, text: &str) -> usize {
        self.log().iter().filter(|line| line.contains(text)).count()
    }

    /// Until so many lines of the log have the text.
    pub fn wait_for_log(&self, text: &str, times: usize, limit: Duration) {
        let end = std::time::Instant::now() + limit;
        until(text, limit + s(1), || {
            let is_there = self.count(text) >= times;
            let is_late = std::time::Instant::now() > end;
            assert!(is_there || !is_late, "{times} x {text:?} is not in\n{}", self.log().join("\n"));
            is_there.then_some(())
        });
    }

    /// Until the link is up for the so-and-so-many-th time.
    pub fn wait_for_link(&self, times: usize) {
        self.wait_for_log("link up", times, s(10));
    }

    /// Changes or adds a hotline as an operator does: the file is there at once and whole.
    pub fn put(&self, hotline: &Hotline) {
        put_hotline(&self.folder, hotline);
    }

    /// All records so far.
    pub fn records(&self) -> Vec<CallRecord> {
        lines(&self.folder.join("records.jsonl"))
    }

    /// How many orders of this kind its journal shows so far.
    pub fn orders(&self, kind: &str) -> usize {
        let text = std::fs::read_to_string(self.folder.join("journal.jsonl")).unwrap_or_default();
        text.matches(&format!("\"action\":{{\"{kind}\"")).count()
    }

    /// The only record of this dialled number, as soon as there is one.
    pub fn record(&self, dialled: &str) -> CallRecord {
        let of = || self.records().into_iter().filter(|record| record.dialled == dialled).collect::<Vec<_>>();
        let end = std::time::Instant::now() + s(10);
        let mut found = until("a call record", s(11), || {
            let found = of();
            let is_late = std::time::Instant::now() > end;
            assert!(!found.is_empty() || !is_late, "no record of {dialled} in\n{}", self.log().join("\n"));
            (!found.is_empty()).then_some(found)
        });
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Until it has ended: its exit code.
    pub fn wait_for_end(&mut self, limit: Duration) -> Option<i32> {
        until("the daemon to end", limit, || self.child.try_wait().unwrap()).code()
    }

    /// Stops it in order. There are exactly so many records, and nobody has to be woken.
    pub fn stop(mut self, records: usize) {
        self.signal("TERM");
        assert_eq!(self.wait_for_end(s(20)), Some(0), "{}", self.log().join("\n"));
        let log = self.log().join("\n");
        assert_eq!(self.records().len(), records, "{:#?}\n{log}", self.records());
        assert!(!log.contains("ERROR"), "{log}");
        if let Some(name) = &self.capture {
            super::capture::keep(name, &self.folder);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log().join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole lines of a file, read.
fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Vec<T> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
