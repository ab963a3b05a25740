//! One real FreeSWITCH, started for this test run with ports and folders of its own, and gone with it.

use super::esl::{Channel, EventSocket};
use super::wait::{s, until};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

pub const PASSWORD: &str = "lab";
/// Set: captures are taken anew, and the switch runs under a host name that is nobody's.
pub const REWRITE_VARIABLE: &str = "HOTLINED_REWRITE_CAPTURES";
/// How many ports the switch may use for sound.
const RTP_PORTS: u16 = 400;

pub struct Switch {
    pub folder: PathBuf,
    pub sip: u16,
    pub socket: u16,
    asking: Mutex<EventSocket>,
    /// Its standard input is held open by us: when we are gone, however that came, it ends the switch and
    /// clears the folder away.
    _keeper: Child,
}

/// A port that is free for UDP and TCP, and was not given out before. Not one of those the system gives to
/// connections: whoever tries to connect to such a port before anybody listens there may reach itself.
pub fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 6_000;
    /// sipp takes some ports above the one it is given.
    const APART: u16 = 6;
    static NEXT: Mutex<Option<u16>> = Mutex::new(None);
    let mut next = NEXT.lock().unwrap();
    let begin = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    for _ in 0..COUNT / APART {
        let at = next.unwrap_or(begin);
        *next = Some((at + APART) % COUNT);
        let port = FIRST + at;
        let sip = UdpSocket::bind(("127.0.0.1", port));
        if sip.is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free from {FIRST} on");
}

/// The first of a row of free ports.
fn free_row() -> u16 {
    let start = u16::try_from(std::process::id() % 40).unwrap() * RTP_PORTS;
    let mut rows = (0..40).map(|row| 16_400 + (start + row * RTP_PORTS) % (40 * RTP_PORTS));
    let is_free =
        |first: &u16| (*first..first + RTP_PORTS).all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok());
    rows.find(is_free).expect("a row of free ports")
}

impl Switch {
    pub fn start(program: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("hotlined-lab-").tempdir().unwrap().keep();
        for part in ["conf", "log", "db", "run", "rec", "sounds", "scripts", "here"] {
            std::fs::create_dir(folder.join(part)).unwrap();
        }
        let (sip, socket, rtp) = (free_port(), free_port(), free_row());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let filled = [
            ("@RTP_FIRST@", rtp.to_string()),
            ("@RTP_LAST@", (rtp + RTP_PORTS - 1).to_string()),
            ("@SOCKET_PORT@", socket.to_string()),
            ("@SIP_PORT@", sip.to_string()),
            ("@PASSWORD@", PASSWORD.to_owned()),
            ("@DIALPLAN@", root.join("dialplan/freeswitch/hotlined.xml").display().to_string()),
        ];
        let blank = std::fs::read_to_string(root.join("tests/real_freeswitch/freeswitch.xml")).unwrap();
        let conf = filled.iter().fold(blank, |text, (blank, value)| text.replace(blank, value));
        std::fs::write(folder.join("conf/freeswitch.xml"), conf).unwrap();

        let keeper = keep(program, &folder);
        let began = std::time::Instant::now();
        let asking = until("the switch to be ready", s(60), || {
            if began.elapsed() > s(50) {
                let log = std::fs::read_to_string(folder.join("log/freeswitch.log")).unwrap_or_default();
                panic!("the switch does not start; its log:\n{log}");
            }
            let mut socket = EventSocket::connect(socket, PASSWORD).ok()?;
            let is_ready =
                socket.api("status").contains("is ready") && socket.api("sofia status").contains("RUNNING");
            is_ready.then_some(socket)
        });
        Self { folder, sip, socket, asking: Mutex::new(asking), _keeper: keeper }
    }

    pub fn api(&self, command: &str) -> String {
        self.asking.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).api(command)
    }

    pub fn channels(&self) -> Vec<Channel> {
        self.asking.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).channels()
    }

    pub fn connect(&self) -> EventSocket {
        EventSocket::connect(self.socket, PASSWORD).unwrap()
    }

    /// No leg may be left three seconds after a call.
    pub fn is_empty_soon(&self) {
        let mut left = Vec::new();
        let end = std::time::Instant::now() + s(3);
        until("the switch to have no channel any more", s(4), || {
            left = self.channels();
            let is_late = std::time::Instant::now() > end;
            assert!(left.is_empty() || !is_late, "channels are left: {left:#?}");
            left.is_empty().then_some(())
        });
    }
}

/// Starts the switch under a shell that ends it as soon as nobody holds the shell's input open.
fn keep(program: &Path, folder: &Path) -> Child {
    const SCRIPT: &str = r#"
        "$@" >out.txt 2>&1 </dev/null &
        switch=$!
        cat >/dev/null
        kill -KILL $switch
        wait $switch
        cd / && rm -rf "$LAB""#;
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "sh"]);
    if std::env::var_os(REWRITE_VARIABLE).is_some() {
        command.args(["unshare", "--uts", "--", "sh", "-c", "hostname lab && exec \"$@\"", "sh"]);
    }
    command.arg(program).args(["-nf", "-nc", "-nonat", "-np"]);
    for (option, part) in [
        ("-conf", "conf"),
        ("-log", "log"),
        ("-db", "db"),
        ("-run", "run"),
        ("-sounds", "sounds"),
        ("-recordings", "rec"),
        ("-scripts", "scripts"),
    ] {
        command.arg(option).arg(folder.join(part));
    }
    // What a caller could make the switch run would leave its traces here.
    command.current_dir(folder.join("here")).env("LAB", folder);
    // What interrupts the tests at a terminal must not interrupt the clearing up.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
