//! Real Redis servers, started for a test and ended with it: also when the test panics or is killed.
//!
//! A server belongs to a shell that ends it once the test's end of a pipe is closed, by whatever.

use super::needs::REDIS;
use super::wait::{s, until};
use hotlined::redis::{LEASE, RedisAccount, RedisAddress, RedisServers, RedisSettings};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;

/// How long a server may take to answer, or a cluster to be one, on a slow machine.
const UP_TIME_MAX: std::time::Duration = s(30);

/// A server.
pub struct Server {
    shell: Child,
    pid: u32,
    folder: TempDir,
    pub port: Option<u16>,
}

/// A port nobody listens on: below those that the system gives to whoever wants any, and in each process of tests
/// another.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const PROCESSES: u32 = 240;
    const EACH: u16 = 50;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = (std::process::id() % PROCESSES) as u16;
    let port = || FIRST + process * EACH + NEXT.fetch_add(1, Ordering::Relaxed) % EACH;
    let mut ports = (0..EACH).map(|_| port());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("no port is free")
}

fn shell(arguments: &[String], folder: &Path) -> (Child, u32) {
    const OWNER: &str = r#""$@" >/dev/null 2>&1 & echo $!; read _; kill -KILL $! 2>/dev/null; wait"#;
    let program = REDIS.path().expect("the test begins with needs!(REDIS)");
    let mut shell = Command::new("sh")
        .args(["-c", OWNER, "sh"])
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (shell, line.trim().parse().unwrap())
}

impl Server {
    /// A server at a socket of its own, with these arguments more.
    pub fn start(arguments: &[&str]) -> Self {
        let socket = ["--port", "0", "--unixsocket", "socket"];
        Self::begin(None, &[&socket, arguments].concat())
    }

    /// A server at this port of this machine.
    pub fn at(port: u16, arguments: &[&str]) -> Self {
        let text = port.to_string();
        Self::begin(Some(port), &[&["--bind", "127.0.0.1", "--port", &text], arguments].concat())
    }

    fn begin(port: Option<u16>, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Nothing is written to disk: a server that is killed has forgotten everything.
        let mut all = vec!["--save".to_owned(), String::new()];
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let (shell, pid) = shell(&all, folder.path());
        let server = Self { shell, pid, folder, port };
        until("the server answers", UP_TIME_MAX, || server.answers().then_some(()));
        server
    }

    fn answers(&self) -> bool {
        let Ok(mut connection) = self.client().get_connection() else { return false };
        match redis::cmd("PING").query::<String>(&mut connection) {
            Ok(_) => true,
            // It answers, but not to just anybody.
            Err(error) => error.code() == Some("NOAUTH"),
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn client(&self) -> redis::Client {
        let address = match self.port {
            Some(port) => redis::ConnectionAddr::Tcp("127.0.0.1".into(), port),
            None => redis::ConnectionAddr::Unix(self.socket()),
        };
        redis::Client::open(address).unwrap()
    }

    /// Says something to the server, as an operator would, and what it answers.
    pub fn try_say<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let mut connection = self.client().get_connection()?;
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    pub fn say<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_say(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The same, where it wants a password.
    pub fn say_as<T: redis::FromRedisValue>(&self, password: &str, words: &[&str]) -> T {
        let mut connection = self.client().get_connection().unwrap();
        redis::cmd("AUTH").arg(password).exec(&mut connection).unwrap();
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection).unwrap()
    }

    /// Waits until a replica has all that was written.
    pub fn wait_for_replica(&self) {
        let replicas: u32 = self.say(&["WAIT", "1", "20000"]);
        assert_eq!(replicas, 1);
    }

    pub fn address(&self) -> RedisAddress {
        match self.port {
            Some(port) => RedisAddress::Tcp { host: "127.0.0.1".into(), port },
            None => RedisAddress::Unix(self.socket()),
        }
    }

    /// What a daemon of this name is told to use this server.
    pub fn settings(&self, daemon: &str) -> RedisSettings {
        settings(RedisServers::Single(self.address()), daemon)
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid.to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Stands still, with all its connections open, until it goes on.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Dies at once.
    pub fn kill(self) {
        self.signal("-KILL");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let ended = self.shell.wait();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

/// Settings as simple as can be.
pub fn settings(servers: RedisServers, daemon: &str) -> RedisSettings {
    let daemon = daemon.parse().unwrap();
    let (account, prefix) = (RedisAccount::default(), "hotlined".into());
    RedisSettings { servers, account, tls: None, database: 0, prefix, daemon, lease: LEASE }
}

/// Three masters that are a Cluster.
pub struct Cluster {
    pub nodes: Vec<Server>,
}

impl Cluster {
    pub fn start() -> Self {
        let node = |_| {
            let (port, bus) = (free_port(), free_port().to_string());
            let clustered = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"];
            Server::at(port, &[&clustered[..], &["--cluster-port", &bus]].concat())
        };
        let nodes: Vec<Server> = (0..3).map(node).collect();
        let first = &nodes[0];
        for (node, slots) in nodes.iter().zip([["0", "5460"], ["5461", "10922"], ["10923", "16383"]]) {
            node.say::<()>(&["CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1]]);
            let bus: Vec<String> = node.say(&["CONFIG", "GET", "cluster-port"]);
            let port = node.port.unwrap().to_string();
            first.say::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus[1]]);
        }
        let is_one = |node: &Server| {
            let info: String = node.say(&["CLUSTER", "INFO"]);
            let slots: Vec<redis::Value> = node.say(&["CLUSTER", "SLOTS"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3") && slots.len() == 3
        };
        until("the nodes are a cluster", UP_TIME_MAX, || nodes.iter().all(is_one).then_some(()));
        Self { nodes }
    }

    pub fn settings(&self, daemon: &str) -> RedisSettings {
        settings(RedisServers::Cluster(self.nodes.iter().map(Server::address).collect()), daemon)
    }
}

/// A master, a replica, and a sentinel that lets the replica take over.
pub struct Watched {
    pub master: Option<Server>,
    pub replica: Server,
    pub sentinel: Server,
}

impl Watched {
    pub const SERVICE: &str = "hotlines";

    pub fn start() -> Self {
        let master = Server::at(free_port(), &[]);
        let of = master.port.unwrap().to_string();
        let replica = Server::at(free_port(), &["--replicaof", "127.0.0.1", &of]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sentinel.conf");
        let service = Self::SERVICE;
        let conf = format!(
            "sentinel monitor {service} 127.0.0.1 {of} 1\nsentinel down-after-milliseconds {service} 500\n\
             sentinel failover-timeout {service} 2000\n"
        );
        fs::write(&file, conf).unwrap();
        let sentinel = Server::sentinel(free_port(), &file, folder);
        let knows_both = || {
            let replicas: Vec<std::collections::HashMap<String, String>> =
                sentinel.say(&["SENTINEL", "REPLICAS", service]);
            let linked = |replica: &std::collections::HashMap<String, String>| {
                replica.get("master-link-status").is_some_and(|status| status == "ok")
                    && replica.get("flags").is_some_and(|flags| flags == "slave")
            };
            replicas.iter().any(linked).then_some(())
        };
        until("the sentinel knows master and replica", UP_TIME_MAX, knows_both);
        Self { master: Some(master), replica, sentinel }
    }

    pub fn settings(&self, daemon: &str) -> RedisSettings {
        let servers = RedisServers::Sentinel {
            sentinels: vec![self.sentinel.address()],
            service: Self::SERVICE.into(),
            account: RedisAccount::default(),
        };
        settings(servers, daemon)
    }
}

impl Server {
    /// A sentinel, which writes into its file: that must stay as long as it does.
    fn sentinel(port: u16, file: &Path, folder: TempDir) -> Self {
        let text = port.to_string();
        let path = file.to_str().unwrap().to_owned();
        let arguments = [&path, "--sentinel", "--bind", "127.0.0.1", "--port", &text].map(str::to_owned);
        let (shell, pid) = shell(&arguments, folder.path());
        let server = Self { shell, pid, folder, port: Some(port) };
        until("the sentinel answers", UP_TIME_MAX, || server.answers().then_some(()));
        server
    }
}
