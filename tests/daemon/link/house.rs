//! The real binary at work beside a simulated exchange: its folder, its process, its log.

use super::peer::{PATIENCE, within};
use hotlined_core::record::CallRecord;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{Caller, HangsUp, Phone, SoundFiles};
use hotlined_sim::model::ModelConfig;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;

const BINARY: &str = env!("CARGO_BIN_EXE_hotlined");
pub const HOTLINE: &str = "4008001234";
pub const AGENT: &str = "13900000001";

/// A folder with settings and one hotline.
pub struct House {
    folder: TempDir,
}

fn shop(agent: &str, phone: &str, ring_time_s: u64) -> String {
    format!(
        "number = \"{HOTLINE}\"\nname = \"Shop\"\nringback = \"ring.wav\"\nclosing = \"sorry.wav\"\n\
         ring_time_s = {ring_time_s}\n[[agents]]\nid = \"{agent}\"\nphone = \"{phone}\"\n"
    )
}

impl House {
    /// Settings for a switch at this port; `more` are further lines, each with its section's name before it.
    pub fn new(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let house = Self { folder };
        fs::create_dir(house.path("hotlines")).unwrap();
        fs::create_dir(house.path("sounds")).unwrap();
        fs::write(house.path("sounds/sorry.wav"), "RIFF").unwrap();
        fs::write(house.path("sounds/ring.wav"), "RIFF").unwrap();
        house.hotline("01", AGENT);
        let text = format!(
            "[switch]\nport = {port}\npassword = \"ClueCon\"\nreconnect_ms_min = 10\nconnect_timeout_s = 60\n\
             [calls]\ndrain_s_max = 60\nfallback_s = 3\n[journal]\nfile = \"journal.jsonl\"\n"
        );
        fs::write(house.path("hotlined.toml"), text).unwrap();
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes a line of the settings.
    pub fn set(&self, from: &str, to: &str) {
        let file = self.path("hotlined.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(file, text.replace(from, to)).unwrap();
    }

    /// The daemon has this name, and shares the Redis at this port. The fallback comes late: it is not what is tried.
    pub fn shares(&self, redis: u16, name: &str) {
        self.set("fallback_s = 3", "fallback_s = 30");
        let section = format!(
            "[redis]\nservers = \"127.0.0.1:{redis}\"\ndaemon = \"{name}\"\n\
                               lease_ms = 1000\n[journal]"
        );
        self.set("[journal]", &section);
    }

    /// The hotline has this one agent from now on.
    pub fn hotline(&self, agent: &str, phone: &str) {
        self.put(&shop(agent, phone, 5));
    }

    /// Its agent may ring for so long from now on, that no slow machine lets the time run out.
    pub fn rings_for_minutes(&self) {
        self.put(&shop("01", AGENT, 120));
    }

    /// Puts a text into the hotline's file, whole.
    pub fn put(&self, text: &str) {
        fs::write(self.path("hotlines/.new"), text).unwrap();
        fs::rename(self.path("hotlines/.new"), self.path("hotlines/shop.toml")).unwrap();
    }

    /// Runs a subcommand with nothing of the tester's own environment.
    pub fn run(&self, args: &[&str]) -> Daemon {
        self.run_with(args, &[])
    }

    /// Runs a subcommand with these environment variables alone.
    pub fn run_with(&self, args: &[&str], env: &[(&str, PathBuf)]) -> Daemon {
        let mut command = Command::new(BINARY);
        command.args(args);
        Daemon::start(self.folder.path(), command, env)
    }

    /// Serves where no file can grow beyond a kilobyte: there is room to begin, and none for a call.
    pub fn serve_with_a_full_disk(&self) -> Daemon {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" serve", BINARY]);
        Daemon::start(self.folder.path(), command, &[])
    }

    /// Serves until the link is up.
    pub async fn serve(&self) -> Daemon {
        let mut daemon = self.run(&["serve"]);
        daemon.says("link up").await;
        daemon
    }

    /// The call records, once there are so many.
    pub async fn records(&self, count: usize) -> Vec<CallRecord> {
        self.records_in("records.jsonl", count).await
    }

    /// As [`House::records`], in this file.
    pub async fn records_in(&self, name: &str, count: usize) -> Vec<CallRecord> {
        let file = self.path(name);
        let read = || -> Vec<CallRecord> {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let mut looking = tokio::time::interval(Duration::from_millis(10));
        within("a call record", async {
            while read().len() < count {
                looking.tick().await;
            }
        })
        .await;
        read()
    }

    /// That the journal, replayed, gives the very commands it holds.
    pub async fn replays_itself(&self) {
        let mut replay = self.run(&["replay", "journal.jsonl", "--expect", "journal.jsonl"]);
        let status = replay.ends().await;
        assert!(status.success(), "{}", replay.told);
        assert!(replay.told.contains("0 lines differ"), "{}", replay.told);
    }
}

/// A process of the binary.
pub struct Daemon {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    /// All that was read of its log so far.
    pub told: String,
}

impl Daemon {
    fn start(folder: &Path, mut command: Command, env: &[(&str, PathBuf)]) -> Self {
        command.current_dir(folder).env_clear().envs(env.iter().cloned());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Self { child, lines, told: String::new() }
    }

    async fn line(&mut self) -> Option<String> {
        let line = self.lines.recv().await?;
        self.told.push_str(&line);
        self.told.push('\n');
        Some(line)
    }

    /// Waits for a line of the log that holds this.
    pub async fn says(&mut self, what: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                match self.line().await {
                    Some(line) if line.contains(what) => return Some(line),
                    Some(_) => {}
                    None => return None,
                }
            }
        });
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("it never said {what:?}, but:\n{}", self.told))
    }

    /// Waits for two lines, in whichever order they come.
    pub async fn says_both(&mut self, one: &str, other: &str) {
        let heard = |told: &str, what: &str| told.lines().any(|line| line.contains(what));
        let both = tokio::time::timeout(PATIENCE, async {
            while !(heard(&self.told, one) && heard(&self.told, other)) {
                if self.line().await.is_none() {
                    return;
                }
            }
        });
        let ended = both.await.is_err();
        let both = heard(&self.told, one) && heard(&self.told, other);
        assert!(both && !ended, "it never said {one:?} and {other:?}, but:\n{}", self.told);
    }

    pub fn signal(&self, name: &str) {
        signal(self.process(), name);
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends, and reads the rest of its log.
    pub async fn ends(&mut self) -> ExitStatus {
        // The log ends when the process does.
        let told = tokio::time::timeout(PATIENCE, async { while self.line().await.is_some() {} });
        if told.await.is_err() {
            panic!("it did not end, but said:\n{}", self.told);
        }
        self.child.wait().unwrap()
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.ends().await;
        assert_eq!(status.code(), Some(0), "{}", self.told);
        std::mem::take(&mut self.told)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already ended, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(process: u32, name: &str) {
    let arguments = [format!("-{name}"), process.to_string()];
    assert!(Command::new("kill").args(arguments).status().unwrap().success());
}

/// Whether a log has a warning or worse. That a year's holidays are not known yet depends on the day of the test.
pub fn complains(log: &str) -> bool {
    let reminder = "make-up days of a year are not known";
    log.lines().any(|line| (line.contains("WARN") || line.contains("ERROR")) && !line.contains(reminder))
}

/// An exchange with short sounds where the agent's telephone does this.
pub async fn exchange(phone: Phone) -> SimulatedSwitch {
    one_of_several(phone, 0).await
}

/// As [`exchange`], with names of its own for legs: no two switches have the same.
pub async fn one_of_several(phone: Phone, seed: u64) -> SimulatedSwitch {
    let sounds = SoundFiles { default_length: Millis(100), ..SoundFiles::default() };
    let setup =
        ModelConfig { seed, sounds, phones: [(AGENT.into(), vec![phone])].into(), ..ModelConfig::default() };
    SimulatedSwitch::start(SwitchOptions { model: setup, ..SwitchOptions::default() }).await.unwrap()
}

pub fn caller(leaves: HangsUp) -> Caller {
    Caller { number: "13800138000".into(), dialled: HOTLINE.into(), hangs_up: leaves, ..Caller::default() }
}
