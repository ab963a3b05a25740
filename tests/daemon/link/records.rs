//! Call records of the real binary whose file is moved away, or has no room: none is lost, and the daemon says so
//! meanwhile.

use super::admin::{house, serve};
use super::house::{AGENT, Daemon, House, caller, complains, exchange};
use super::peer::within;
use super::scrape::{Answer, Figures, figures, get, until};
use crate::support::needs;
use hotlined_core::time::Millis;
use hotlined_sim::actors::{AfterAnswer, HangsUp, Phone};
use hotlined_sim::switch::SimulatedSwitch;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const TALKS: Phone = Phone::Answers { after: Millis(50), then: AfterAnswer::TalksFor(Millis(50)) };
/// How soon after there is room everything is in the file.
const ROOM_TO_RECORDS_MAX: Duration = Duration::from_secs(1);
const CALLS: usize = 12;

/// A daemon whose records go to this file, as many calls as it likes, and the legs of the callers so far.
struct Site {
    exchange: SimulatedSwitch,
    house: House,
    daemon: Daemon,
    address: String,
    file: String,
    legs: Vec<String>,
}

impl Site {
    async fn new(file: &str, prepare: impl FnOnce(&House)) -> Self {
        let exchange = exchange(TALKS).await;
        let house = house(exchange.address().port());
        house.set("[journal]", &format!("[records]\nfile = \"{file}\"\n[journal]"));
        house.put(&format!(
            "number = \"4008001234\"\nname = \"Shop\"\nringback = \"ring.wav\"\n[[agents]]\nid = \"01\"\n\
             phone = \"{AGENT}\"\nlines = 30\n"
        ));
        prepare(&house);
        let (daemon, address) = serve(&house).await;
        Self { exchange, house, daemon, address, file: file.to_owned(), legs: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.house.path(&self.file)
    }

    fn call(&mut self) {
        self.legs.push(self.exchange.place_call(caller(HangsUp::Never)).to_string());
    }

    /// The calls end, and their records wait.
    async fn calls_end_without_records(&mut self, calls: usize) {
        (0..calls).for_each(|_| self.call());
        let waiting = format!("hotlined_file_lines_waiting{{file=\"records\"}} {calls}\n");
        until(&self.address, "/metrics", |page| page.body.contains(&waiting)).await;
    }

    async fn is_not_ready_because(&self, why: &str) {
        let sentence = format!("call records cannot be written: {}: {why}\n", self.path().display());
        let answer = until(&self.address, "/readyz", |answer| answer.status == 503).await;
        assert_eq!(answer.body, sentence);
        assert_eq!(get(&self.address, "/healthz").await.body, "alive\n");
    }

    /// There is room: every record of the calls but the first ones, which are elsewhere, is in the file in time, once,
    /// and the daemon is ready.
    async fn has_room(&self, elsewhere: usize) {
        let began = Instant::now();
        let calls = &self.legs[elsewhere..];
        let records = self.house.records_in(&self.file, calls.len()).await;
        until(&self.address, "/readyz", |answer| answer.body == "ready\n").await;
        let took = began.elapsed();
        assert!(took < ROOM_TO_RECORDS_MAX, "{took:?}");
        println!("{} records and ready {took:?} after there was room", calls.len());
        assert_eq!(records.len(), calls.len());
        let recorded: BTreeSet<String> = records.iter().map(|record| record.call.to_string()).collect();
        assert_eq!(recorded, calls.iter().cloned().collect());
        let figures = figures(&self.address).await;
        assert_eq!(figures.get("hotlined_file_lines_waiting{file=\"records\"}"), 0.0);
        assert_eq!(
            figures.get("hotlined_file_lines_written_total{file=\"records\"}"),
            self.legs.len() as f64
        );
    }

    /// The log has one line for the beginning and one for the end, and the next daemon writes nothing again.
    async fn ends_having_told(mut self, lines: usize) {
        self.daemon.signal("TERM");
        assert_eq!(self.daemon.ends().await.code(), Some(0), "{}", self.daemon.told);
        let told = |what: &str| self.daemon.told.matches(what).count();
        assert_eq!(told("lines cannot be written"), 1, "{}", self.daemon.told);
        assert_eq!(told("every line is in the file again"), 1, "{}", self.daemon.told);
        assert_eq!(told(&format!(" lines={lines}\n")), 1, "{}", self.daemon.told);
        let before = fs::read_to_string(self.path()).unwrap();
        self.house.serve().await.stop().await;
        assert_eq!(fs::read_to_string(self.path()).unwrap(), before);
    }
}

async fn appears(path: &Path) {
    let mut looking = tokio::time::interval(Duration::from_millis(10));
    within("a file", async {
        while !path.exists() {
            looking.tick().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_opened_anew() {
    let mut site = Site::new("records.jsonl", |_| ()).await;
    let journal = site.house.path("journal.jsonl");
    site.call();
    site.house.records(1).await;
    // By itself.
    fs::rename(site.path(), site.house.path("records.jsonl.1")).unwrap();
    site.call();
    assert_eq!(site.house.records(1).await[0].call.to_string(), site.legs[1]);
    assert_eq!(site.house.records_in("records.jsonl.1", 1).await[0].call.to_string(), site.legs[0]);
    // As logrotate does it, all of them.
    fs::rename(site.path(), site.house.path("records.jsonl.2")).unwrap();
    fs::rename(&journal, site.house.path("journal.jsonl.1")).unwrap();
    site.daemon.signal("HUP");
    appears(&site.path()).await;
    appears(&journal).await;
    site.call();
    assert_eq!(site.house.records(1).await[0].call.to_string(), site.legs[2]);
    assert_eq!(site.house.records_in("records.jsonl.2", 1).await[0].call.to_string(), site.legs[1]);
    let parts = ["journal.jsonl.1", "journal.jsonl"].map(|name| site.house.path(name));
    let log = site.daemon.stop().await;
    assert!(!complains(&log), "{log}");
    // Nothing of the journal is missing.
    let whole: String = parts.iter().map(|part| fs::read_to_string(part).unwrap()).collect();
    fs::write(&journal, whole).unwrap();
    site.house.replays_itself().await;
}

#[tokio::test]
async fn sighup_leaves_a_device_for_the_file_that_has_its_name_now() {
    let full = |house: &House| symlink("/dev/full", house.path("records.jsonl")).unwrap();
    let mut site = Site::new("records.jsonl", full).await;
    site.calls_end_without_records(CALLS).await;
    site.is_not_ready_because("No space left on device (os error 28)").await;
    fs::remove_file(site.path()).unwrap();
    site.daemon.signal("HUP");
    site.has_room(0).await;
    site.ends_having_told(CALLS).await;
}

#[tokio::test]
async fn records_wait_for_a_folder_that_is_gone() {
    let mut site = Site::new("kept/records.jsonl", |house| fs::create_dir(house.path("kept")).unwrap()).await;
    site.call();
    site.house.records_in("kept/records.jsonl", 1).await;
    fs::rename(site.house.path("kept"), site.house.path("elsewhere")).unwrap();
    site.calls_end_without_records(CALLS).await;
    site.is_not_ready_because("No such file or directory (os error 2)").await;
    fs::create_dir(site.house.path("kept")).unwrap();
    site.has_room(1).await;
    site.ends_having_told(CALLS).await;
}

/// A file system of sixteen pages.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(at).output();
        match mounted {
            Ok(done) if done.status.success() => Some(Self(at.to_owned())),
            why => {
                needs::skip("MOUNT", &format!("no small file system can be mounted: {why:?}"));
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon may hold a file open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn records_wait_for_a_full_disk() {
    let mut disk = None;
    let mount = |house: &House| disk = SmallDisk::mount(&house.path("small"));
    let mut site = Site::new("small/records.jsonl", mount).await;
    if disk.is_none() {
        return;
    }
    site.call();
    site.house.records_in("small/records.jsonl", 1).await;
    let filler = site.house.path("small/filler");
    fs::write(&filler, vec![0; 1 << 20]).unwrap_err();
    // The last page has room for some of them, and for a part of one.
    (0..CALLS * 2).for_each(|_| site.call());
    site.is_not_ready_because("No space left on device (os error 28)").await;
    let calls = site.legs.len();
    let ended = |page: &Answer| Figures::parse(&page.body).sum("hotlined_calls_ended_total") == calls as f64;
    until(&site.address, "/metrics", ended).await;
    let written = fs::read_to_string(site.path()).unwrap();
    assert!(written.ends_with('\n') && written.lines().count() < CALLS, "{written}");
    fs::remove_file(&filler).unwrap();
    site.has_room(0).await;
    site.ends_having_told(calls - written.lines().count()).await;
}
