//! The processors' time of processes and of our own threads, and children that end with the bench.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Linux counts in `/proc/PID/stat` by hundredths of a second, on every machine (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// A child that is killed when it is dropped.
pub struct Process(Child);

impl Process {
    /// Starts it, with its words in this file. It ends as well where the bench is killed: `setpriv` sees to that
    /// and becomes the child.
    pub fn start(command: &Command, words: &std::path::Path) -> std::io::Result<Self> {
        let out = fs::File::create(words)?;
        let mut child = Command::new("setpriv");
        child.args(["--pdeathsig", "KILL"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
        child.current_dir(command.get_current_dir().unwrap_or(std::path::Path::new(".")));
        child.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        child.spawn().map(Self)
    }

    pub fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    pub fn processor_time(&self) -> Duration {
        processor_time_of(self.0.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is as good as killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a process has had so far with all its threads, also those that ended.
pub fn processor_time_of(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in brackets may hold anything; utime and stime are the 14th and 15th field.
    let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
    let ticks = behind.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok());
    TICK * ticks.sum::<u32>()
}

/// What the bench's own threads of each name have had so far.
pub fn own_processor_time() -> BTreeMap<String, Duration> {
    let mut used: BTreeMap<String, Duration> = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").expect("Linux").flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|nanos| nanos.parse().ok());
        *used.entry(read("comm").trim().to_owned()).or_default() += Duration::from_nanos(nanos.unwrap_or(0));
    }
    used
}
