//! The Redis that the daemons share: killed, it comes back nearly as it was.

use crate::support::redis_server::{Server, free_port};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long after it is back nobody need know yet what the others took meanwhile: each daemon looks for it anew, and
/// tells it what its calls have.
const TOLD_AGAIN: Duration = Duration::from_secs(5);

pub struct Redis {
    pub port: u16,
    folder: TempDir,
    server: Mutex<Option<Server>>,
    /// From when to when it was away; of the last, open, if it is.
    away: Mutex<Vec<(Instant, Option<Instant>)>>,
}

impl Redis {
    pub fn start() -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let redis = Self { port, folder, server: Mutex::new(None), away: Mutex::new(Vec::new()) };
        redis.serve();
        redis
    }

    fn serve(&self) {
        let folder = self.folder.path().to_str().unwrap();
        let kept = ["--dir", folder, "--appendonly", "yes", "--appendfsync", "everysec"];
        *self.server.lock().unwrap() = Some(Server::at(self.port, &kept));
    }

    fn goes(&self) {
        self.away.lock().unwrap().push((Instant::now(), None));
    }

    fn is_back(&self) {
        if let Some((_, back)) = self.away.lock().unwrap().last_mut() {
            *back = Some(Instant::now());
        }
    }

    pub fn kill(&self) {
        self.goes();
        if let Some(server) = self.server.lock().unwrap().take() {
            server.kill();
        }
    }

    pub fn start_again(&self) {
        self.serve();
        self.is_back();
    }

    pub fn freeze(&self) {
        self.goes();
        if let Some(server) = &*self.server.lock().unwrap() {
            server.freeze();
        }
    }

    pub fn thaw(&self) {
        if let Some(server) = &*self.server.lock().unwrap() {
            server.thaw();
        }
        self.is_back();
    }

    /// Whether it was away at any time since then, or had only just come back.
    pub fn was_away_since(&self, then: Instant) -> bool {
        self.was_away_between(then, Instant::now())
    }

    /// Whether it was away at any time between the two, or had only just come back.
    pub fn was_away_between(&self, from: Instant, to: Instant) -> bool {
        let away = self.away.lock().unwrap();
        away.iter().any(|(went, back)| *went < to && back.is_none_or(|back| back + TOLD_AGAIN > from))
    }

    /// How many lines it holds for calls; none where it does not answer.
    pub fn held(&self) -> Option<u64> {
        let server = self.server.lock().unwrap();
        let held: Option<u64> = server.as_ref()?.try_say(&["HGET", "hotlined:{calls}", "held"]).ok()?;
        Some(held.unwrap_or(0))
    }

    /// What it knows of lines and calls, for who wonders what was left there.
    pub fn left(&self) -> String {
        let server = self.server.lock().unwrap();
        let Some(server) = &*server else { return String::new() };
        let known: Vec<String> =
            server.try_say(&["ZRANGE", "hotlined:{calls}:known", "0", "-1"]).unwrap_or_default();
        let lines: Vec<String> = server.try_say(&["KEYS", "hotlined:{calls}:line:*"]).unwrap_or_default();
        let held = lines.iter().filter_map(|line| {
            let held: Option<u64> = server.try_say(&["HGET", line, "held"]).ok()?;
            held.filter(|held| *held > 0).map(|held| format!("{line} {held}"))
        });
        format!("held {:?}, calls {known:?}", held.collect::<Vec<_>>())
    }
}
