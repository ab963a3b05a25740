//! The controllers that are compared, and how each is started as a process of its own.

use super::process::Process;
use crate::redis_server::Server;
use hotlined_sim::dialplan::{Dialplan, Extension};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The hotline that everybody calls.
pub const HOTLINE: &str = "4008001234";
/// The telephones of the agents, of which the peers call the first alone.
pub const AGENTS: [&str; 4] = ["13900000001", "13900000002", "13900000003", "13900000004"];

const MODESL: &str = "modesl@1.2.1";
const DRACHTIO: &str = "drachtio-modesl@1.3.1";
const GENESIS: &str = "genesis==2026.10.18";

/// What controls the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    File,
    Redis,
    EslTokio,
    Modesl,
    Drachtio,
    Genesis,
}

/// A controller that runs.
pub struct Running {
    pub process: Process,
    pub redis: Option<Server>,
    /// Where hotlined writes its records.
    pub records: Option<PathBuf>,
    /// What the controller printed.
    pub words: PathBuf,
}

/// What the controllers are run with.
pub struct Tools {
    hotlined: PathBuf,
    esl_tokio: PathBuf,
    /// Where the packages are installed.
    packages: PathBuf,
    /// For what a run leaves.
    scratch: PathBuf,
}

impl Contender {
    pub const ALL: [Self; 6] =
        [Self::File, Self::Redis, Self::EslTokio, Self::Modesl, Self::Drachtio, Self::Genesis];

    pub fn name(self) -> &'static str {
        match self {
            Self::File => "hotlined, calls in a file",
            Self::Redis => "hotlined, calls in Redis",
            Self::EslTokio => "freeswitch-esl-tokio 2.8",
            Self::Modesl => MODESL,
            Self::Drachtio => DRACHTIO,
            Self::Genesis => GENESIS,
        }
    }

    pub fn is_hotlined(self) -> bool {
        matches!(self, Self::File | Self::Redis)
    }

    /// hotlined's callers come by its own dialplan; those of the others are parked, with no fallback that a
    /// controller would have to take back.
    pub fn dialplan(self) -> Dialplan {
        if self.is_hotlined() {
            return Dialplan::default();
        }
        let actions = [("set", "hangup_after_bridge=true"), ("pre_answer", ""), ("park", "")];
        Dialplan(vec![Extension::new("^400", &actions)])
    }
}

impl Tools {
    /// Builds and installs what is needed.
    pub fn prepare() -> Self {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = std::env::current_exe().expect("a path").parent().expect("a folder").to_owned();
        let hotlined = std::env::var_os("HOTLINED_BIN").map_or_else(
            || build(benches.parent().expect("the repository"), "hotlined", &built),
            PathBuf::from,
        );
        let esl_tokio = build(benches, "esl_tokio", &built);
        let packages = built.join("controllers-packages");
        let scratch = std::env::temp_dir().join(format!("hotlined-controllers-{}", std::process::id()));
        for folder in [&packages, &scratch] {
            fs::create_dir_all(folder).expect("a folder");
        }
        Self { hotlined, esl_tokio, packages, scratch }
    }

    /// Installs what this controller needs of npm or PyPI; says why where it cannot.
    pub fn install(&self, contender: Contender) -> Result<(), String> {
        let (modules, python) = (self.packages.join("node_modules"), self.packages.join("python"));
        match contender {
            Contender::File | Contender::EslTokio => Ok(()),
            Contender::Redis => run(Command::new("redis-server").arg("--version")),
            Contender::Modesl | Contender::Drachtio => {
                run(Command::new("node").arg("--version"))?;
                let name = contender.name();
                if modules.join(name.split('@').next().unwrap_or(name)).exists() {
                    return Ok(());
                }
                let mut npm = Command::new("npm");
                npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&self.packages);
                run(npm.args([MODESL, DRACHTIO]))
            }
            Contender::Genesis => {
                if python.join("installed").exists() {
                    return Ok(());
                }
                run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
                run(Command::new(python.join("bin/pip")).args(["install", "--quiet", GENESIS]))?;
                fs::write(python.join("installed"), GENESIS).map_err(|error| error.to_string())
            }
        }
    }

    /// Starts the controller of a switch at this port.
    pub fn start(&self, contender: Contender, port: u16) -> Running {
        let words = self.scratch.join("words");
        let script = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("src/controllers").join(name);
        let port_word = port.to_string();
        let node = |name| {
            let mut node = Command::new("node");
            node.env("NODE_PATH", self.packages.join("node_modules")).arg(script(name));
            node
        };
        let redis = (contender == Contender::Redis).then(Server::start);
        let mut records = None;
        let mut command = match contender {
            Contender::File | Contender::Redis => {
                records = Some(self.scratch.join("records.jsonl"));
                let settings = self.write_settings(port, redis.as_ref());
                let mut hotlined = Command::new(&self.hotlined);
                // It takes every variable of this kind for a setting.
                for (name, _) in std::env::vars_os() {
                    if name.to_string_lossy().starts_with("HOTLINED_") {
                        hotlined.env_remove(name);
                    }
                }
                hotlined.current_dir(&self.scratch).arg("serve").arg("--settings").arg(settings);
                hotlined
            }
            Contender::EslTokio => Command::new(&self.esl_tokio),
            Contender::Modesl => node("modesl.js"),
            Contender::Drachtio => node("drachtio.js"),
            Contender::Genesis => {
                let mut python = Command::new(self.packages.join("python/bin/python"));
                python.arg(script("genesis_controller.py"));
                python
            }
        };
        if !contender.is_hotlined() {
            command.arg(port_word);
        }
        let process = Process::start(&command, &words).expect("the controller starts");
        Running { process, redis, records, words }
    }

    /// One simple hotline, its agents called in the order of the file, each with as many lines as there can be.
    fn write_settings(&self, port: u16, redis: Option<&Server>) -> PathBuf {
        for old in ["records.jsonl", "hotlined.live"] {
            // There is none before the first run.
            let _ = fs::remove_file(self.scratch.join(old));
        }
        let mut hotline = format!(
            "number = \"{HOTLINE}\"\nname = \"Bench\"\nringback = \"ringback.wav\"\norder = \"sequential\"\n"
        );
        for (index, phone) in AGENTS.iter().enumerate() {
            let agent = format!("[[agents]]\nid = \"{index:02}\"\nphone = \"{phone}\"\nlines = 1000\n");
            hotline.push_str(&agent);
        }
        let sounds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sounds");
        let mut settings = format!(
            "[sounds]\nfolder = {sounds:?}\nswitch_folder = \"/sounds\"\n\
             [switch]\nport = {port}\npassword = \"ClueCon\"\n[log]\nfilter = \"warn\"\n"
        );
        if let Some(redis) = redis {
            let address = redis.address();
            write!(settings, "[redis]\nservers = \"{address}\"\ndaemon = \"bench\"\n")
                .expect("a string grows");
        }
        let file = self.scratch.join("hotlined.toml");
        fs::create_dir_all(self.scratch.join("hotlines")).expect("a folder");
        fs::write(self.scratch.join("hotlines/bench.toml"), hotline).expect("a file");
        fs::write(&file, settings).expect("a file");
        file
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        // What cannot be removed is in the temporary folder still.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// Builds a binary of a package where this one was built, and gives its path.
fn build(package: &Path, binary: &str, built: &Path) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--bin", binary, "--target-dir"]);
    cargo.arg(built.parent().expect("a folder")).current_dir(package);
    assert!(cargo.status().is_ok_and(|status| status.success()), "{binary} cannot be built");
    built.join(binary)
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let ended = command.stdin(Stdio::null()).output().map_err(|error| format!("{program}: {error}"))?;
    let words = String::from_utf8_lossy(&ended.stderr);
    let last = words.lines().last().unwrap_or_default();
    if ended.status.success() { Ok(()) } else { Err(format!("{program}: {last}")) }
}
