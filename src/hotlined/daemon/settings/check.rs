//! Checks the values of the settings: limits, allowed words, and values that must fit together.

use super::fault::{SettingsFault, SettingsFaultKind, ValueOrigin};
use super::layers::SettingOrigins;
use super::limits::PASSWORD_BYTES_MAX;
use super::raw::{PASSWORD_KEYS, RawSettings, RawSwitch};
use super::types::{
    CallsSettings, EventFormat, Fallback, LogFormat, LogSettings, Secret, Settings, SwitchKind,
    SwitchSettings,
};
use hotlined_config::SoundFolder;
use hotlined_config::source_position::{Hint, shortened};
use hotlined_core::hotline::Trunk;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::Millis;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// TCP ports.
const PORT: RangeInclusive<u64> = 1..=65_535;
/// After what time without a message the link is dead, in seconds.
const HEARTBEAT_S: RangeInclusive<u64> = 2..=600;
/// After what time without a message the link is dead while a reply is due, in milliseconds.
const ANSWER_MS: RangeInclusive<u64> = 500..=60_000;
/// How long connecting and logging in may take, in seconds.
const CONNECT_TIMEOUT_S: RangeInclusive<u64> = 1..=60;
/// The wait between attempts to connect, in milliseconds.
const RECONNECT_MS: RangeInclusive<u64> = 10..=60_000;
/// The number of live calls.
const LIVE_CALLS: RangeInclusive<u64> = 1..=1_000_000;
/// When the fallback of the switch takes a call that the daemon no longer renews, in seconds.
const FALLBACK_S: RangeInclusive<u64> = 2..=30;
/// How long another daemon may need to become active after a lease ended, plus how early the scheduler of the switch
/// may be.
const TAKE_OVER_TIME: Millis = Millis(2_000);
/// How long calls may go on after a request to stop, in seconds.
const DRAIN_S: RangeInclusive<u64> = 0..=86_400;
/// The longest name of a switch, a host or a user, in bytes.
const NAME_BYTES_MAX: usize = 253;

pub(super) fn check(raw: RawSettings, sources: &SettingOrigins) -> Result<Settings, Vec<SettingsFault>> {
    let mut check = Checker { sources, faults: Vec::new() };
    let settings = check.settings(raw);
    match settings {
        Some(settings) if check.faults.is_empty() => Ok(settings),
        _ => Err(check.faults),
    }
}

pub(super) struct Checker<'s> {
    sources: &'s SettingOrigins,
    faults: Vec<SettingsFault>,
}

impl Checker<'_> {
    /// Checks all sections before a missing value ends the check, so that all faults are found.
    fn settings(&mut self, raw: RawSettings) -> Option<Settings> {
        let hotlines = self.path("hotlines", &raw.hotlines);
        let holidays = raw.holidays.map(|folder| self.path("holidays", &folder));
        let numbers = raw.numbers.map(|file| self.path("numbers", &file));
        let folder = self.path("sounds.folder", &raw.sounds.folder);
        let switch_folder = self.switch_folder(raw.sounds.switch_folder.as_deref());
        let switches = self.switches(raw.switch, raw.switches);
        let redis = self.redis(raw.redis);
        let lease = redis.as_ref().map(|redis| redis.lease);
        let calls = CallsSettings {
            live_max: usize::try_from(self.number("calls.live_max", raw.calls.live_max, LIVE_CALLS, "calls"))
                .unwrap_or(usize::MAX),
            fallback: self.fallback_after(raw.calls.fallback_s, lease),
            drain_max: self.seconds("calls.drain_s_max", raw.calls.drain_s_max, DRAIN_S),
        };
        let live = self.path("live.file", &raw.live.file);
        let records = self.path("records.file", &raw.records.file);
        let journal = raw.journal.file.map(|file| self.path("journal.file", &file));
        let admin = raw.admin.address.and_then(|address| self.address("admin.address", &address));
        let hooks = self.hooks(raw.hooks);
        let api = self.api(raw.api, raw.screen_pop);
        let sms = self.sms(raw.sms, api.is_some());
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let format = self.choice("log.format", &raw.log.format, &formats);
        self.filter(&raw.log.filter);
        let sounds = SoundFolder::new(folder.clone(), switch_folder.unwrap_or(folder));
        let log = LogSettings { format: format?, filter: raw.log.filter };
        Some(Settings {
            hotlines,
            holidays,
            numbers,
            sounds,
            switches: switches?,
            calls,
            snapshot_file: live,
            redis,
            records,
            journal,
            admin,
            sms,
            hooks,
            api,
            log,
        })
    }

    /// The only switch, or the switches by name.
    fn switches(
        &mut self,
        common: RawSwitch,
        named: BTreeMap<String, BTreeMap<String, config::Value>>,
    ) -> Option<Vec<SwitchSettings>> {
        if named.is_empty() {
            self.form("switch.name", &common.name, "letters, digits and _ . -", is_word);
            return self.switch(&|word| format!("switch.{word}"), common).map(|switch| vec![switch]);
        }
        if self.sources.origin("switch.name") != ValueOrigin::Default {
            let why = "beside [switches] each section there has the name of its switch";
            self.fault("switch.name", SettingsFaultKind::Other(why.to_owned()));
        }
        let mut switches: Vec<SwitchSettings> = Vec::new();
        let mut all = true;
        for (name, set) in named {
            let section = format!("switches.{name}");
            self.form(&section, &name, "letters, digits, _ and -", |name| {
                is_word(name) && !name.contains('.')
            });
            let raw = match common.with_overrides(&name, set) {
                Ok(raw) => raw,
                Err(error) => {
                    self.fault(&section, SettingsFaultKind::Other(error.to_string()));
                    continue;
                }
            };
            let sources = self.sources;
            // A setting that this switch does not have itself is reported at the common section.
            let key = |word: &str| {
                let own = format!("{section}.{word}");
                if sources.origin(&own) == ValueOrigin::Default { format!("switch.{word}") } else { own }
            };
            let Some(switch) = self.switch(&key, raw) else {
                all = false;
                continue;
            };
            let is_same = |other: &&SwitchSettings| (&other.host, other.port) == (&switch.host, switch.port);
            if let Some(other) = switches.iter().find(is_same) {
                let why = format!("{} is there already: set host or port", other.name);
                self.fault(&key("host"), SettingsFaultKind::Other(why));
            }
            switches.push(switch);
        }
        all.then_some(switches)
    }

    /// A switch; `key` gives the full key of each of its settings.
    fn switch(&mut self, key: &dyn Fn(&str) -> String, raw: RawSwitch) -> Option<SwitchSettings> {
        let password = self.password(PASSWORD_KEYS.map(key), &raw.password, &raw.password_file);
        let kind = self.choice(&key("kind"), &raw.kind, &[("freeswitch", SwitchKind::Freeswitch)]);
        let formats = [("plain", EventFormat::Plain), ("json", EventFormat::Json)];
        let format = self.choice(&key("format"), &raw.format, &formats);
        let fallback = self.fallback(&key("fallback"), &raw.fallback);
        let recordings = self.recordings(&key("recordings"), &raw.recordings);
        let trunk = raw.trunk.parse::<Trunk>().map_err(|bad| self.fault(&key("trunk"), bad)).ok();
        self.form(&key("host"), &raw.host, "a host name or address", |host| {
            host.bytes().all(|b| b.is_ascii_graphic())
        });
        if let Some(user) = &raw.user {
            // The switch splits `userauth user:password` at the colon (mod_event_socket.c).
            let fits = |user: &str| user.bytes().all(|b| b.is_ascii_graphic() && b != b':');
            self.form(&key("user"), user, "a user such as 100@example.com, without colon or space", fits);
        }
        let port = self.number(&key("port"), raw.port, PORT, "as a port");
        let reconnect_min =
            self.number(&key("reconnect_ms_min"), raw.reconnect_ms_min, RECONNECT_MS, "milliseconds");
        let reconnect_max =
            self.number(&key("reconnect_ms_max"), raw.reconnect_ms_max, RECONNECT_MS, "milliseconds");
        if reconnect_min > reconnect_max {
            let why = SettingsFaultKind::ReconnectOrder { min: reconnect_min, max: reconnect_max };
            self.fault(&key("reconnect_ms_min"), why);
        }
        let silence_max = self.seconds(&key("heartbeat_s_max"), raw.heartbeat_s_max, HEARTBEAT_S);
        let answer_max = self.number(&key("answer_ms_max"), raw.answer_ms_max, ANSWER_MS, "milliseconds");
        let connect_timeout =
            self.seconds(&key("connect_timeout_s"), raw.connect_timeout_s, CONNECT_TIMEOUT_S);
        Some(SwitchSettings {
            name: SwitchId(raw.name.into()),
            kind: kind?,
            host: raw.host,
            port: u16::try_from(port).ok()?,
            user: raw.user,
            password,
            format: format?,
            trunk: trunk?,
            fallback: fallback?,
            recordings: recordings?,
            silence_max,
            answer_max: Millis(answer_max),
            connect_timeout,
            reconnect_min: Millis(reconnect_min),
            reconnect_max: Millis(reconnect_max),
        })
    }

    /// The password, or the content of the password file. An operator who sets the variable may leave the other key in
    /// the settings file: environment variables win over the file here as everywhere.
    pub(super) fn password(
        &mut self,
        [key, file_key]: [String; 2],
        password: &Option<String>,
        file: &Option<String>,
    ) -> Option<Secret> {
        let (from, text) = match (password, file) {
            (None, None) => return None,
            (Some(_), Some(_)) if self.in_variable(&key) == self.in_variable(&file_key) => {
                self.fault(&file_key, SettingsFaultKind::TwoPasswords(last_word(&key).to_owned()));
                return None;
            }
            (Some(password), file) if file.is_none() || self.in_variable(&key) => (&key, password.clone()),
            (_, file) => {
                let path = self.path(&file_key, file.as_deref().unwrap_or_default());
                match password_in(&path) {
                    Ok(text) => (&file_key, text),
                    Err(why) => {
                        self.fault(&file_key, why);
                        return None;
                    }
                }
            }
        };
        // A line break would end the command that carries the password.
        if text.is_empty() || text.len() as u64 > PASSWORD_BYTES_MAX || text.contains(char::is_control) {
            self.fault(from, SettingsFaultKind::BadPassword);
            return None;
        }
        Some(Secret::new(&text))
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.sources.origin(key) != ValueOrigin::Default
    }

    fn in_variable(&self, key: &str) -> bool {
        matches!(self.sources.origin(key), ValueOrigin::Variable(_))
    }

    /// The time until the fallback. With Redis it must leave another daemon time to take over: in the worst case a third
    /// of it has passed since the last renewal, and the scheduler of the switch may be a second early.
    fn fallback_after(&mut self, fallback_s: u64, lease: Option<Millis>) -> Millis {
        const KEY: &str = "calls.fallback_s";
        let fallback = self.seconds(KEY, fallback_s, FALLBACK_S);
        let Some(lease) = lease else { return fallback };
        let least = Millis((lease.0 + TAKE_OVER_TIME.0) * 3 / 2);
        if fallback >= least {
            return fallback;
        }
        let least_s = least.0.div_ceil(1_000);
        if self.sources.origin(KEY) != ValueOrigin::Default {
            let why = format!(
                "beside [redis] it must be at least {least_s} s, or the fallback takes callers before another daemon \
                 can: lease_ms and 2 s, and half as much again"
            );
            self.fault(KEY, SettingsFaultKind::Other(why));
        }
        Millis::seconds(least_s)
    }

    fn fallback(&mut self, key: &str, text: &str) -> Option<Fallback> {
        let words: Vec<&str> = text.split(' ').collect();
        if let [extension, dialplan, context] = words[..]
            && words.iter().all(|word| is_word(word) && !word.is_empty())
        {
            return Some(Fallback {
                extension: extension.into(),
                dialplan: dialplan.into(),
                context: context.into(),
            });
        }
        let expected = "extension, dialplan and context: three words of letters, digits and _ . -";
        self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected });
        None
    }

    /// The folder of recordings. The switch writes there, not the daemon: so the path must be absolute.
    fn recordings(&mut self, key: &str, text: &str) -> Option<SoundPath> {
        let folder = SoundPath::new(text.trim_end_matches('/')).ok();
        if folder.is_none() {
            let expected =
                "an absolute path of letters, digits and / . _ - +, into which the switch may write";
            self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected });
        }
        folder
    }

    /// The folder of sounds as the switch sees it: so the path must be absolute.
    fn switch_folder(&mut self, text: Option<&str>) -> Option<PathBuf> {
        let text = text?;
        if SoundPath::new(text).is_err() {
            let expected =
                "an absolute path of letters, digits and / . _ - +, as the switch sees the sound folder";
            self.fault("sounds.switch_folder", SettingsFaultKind::Form { found: shortened(text), expected });
            return None;
        }
        Some(PathBuf::from(text))
    }

    fn filter(&mut self, text: &str) {
        if let Err(error) = EnvFilter::builder().parse(text) {
            self.fault("log.filter", SettingsFaultKind::Filter(error.to_string()));
        }
    }

    /// An IP address and a port. A host name is refused: it could one day resolve to all interfaces.
    pub(super) fn address(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            let expected = "an IP address and a port, such as 127.0.0.1:9400 or [::1]:9400";
            self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected });
        }
        address
    }

    pub(super) fn path(&mut self, key: &str, text: &str) -> PathBuf {
        if text.is_empty() || text.contains('\0') {
            self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected: "a path" });
        }
        self.sources.resolve(text)
    }

    pub(super) fn form(
        &mut self,
        key: &str,
        text: &str,
        expected: &'static str,
        fits: impl Fn(&str) -> bool,
    ) {
        if text.is_empty() || text.len() > NAME_BYTES_MAX || !fits(text) {
            self.fault(key, SettingsFaultKind::Form { found: shortened(text), expected });
        }
    }

    pub(super) fn choice<T: Copy>(&mut self, key: &str, text: &str, words: &[(&str, T)]) -> Option<T> {
        let chosen = words.iter().find(|(word, _)| *word == text);
        if chosen.is_none() {
            let hint = Hint::of(text, words.iter().map(|(word, _)| *word));
            self.fault(key, SettingsFaultKind::Choice { found: shortened(text), hint });
        }
        chosen.map(|(_, value)| *value)
    }

    pub(super) fn seconds(&mut self, key: &str, found: u64, limits: RangeInclusive<u64>) -> Millis {
        Millis::seconds(self.number(key, found, limits, "seconds"))
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        found: u64,
        limits: RangeInclusive<u64>,
        unit: &'static str,
    ) -> u64 {
        if !limits.contains(&found) {
            let (min, max) = limits.into_inner();
            self.fault(key, SettingsFaultKind::OutOfRange { found, min, max, unit });
        }
        found
    }

    pub(super) fn fault(&mut self, key: &str, why: impl Into<SettingsFaultKind>) {
        self.faults.push(SettingsFault {
            origin: self.sources.origin(key),
            key: key.to_owned(),
            kind: why.into(),
        });
    }
}

/// The last part of a key.
fn last_word(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// The text of a password file, without the line break at its end that editors add.
fn password_in(path: &Path) -> Result<String, SettingsFaultKind> {
    let unreadable =
        |error: std::io::Error| SettingsFaultKind::Unreadable(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(PASSWORD_BYTES_MAX + 3).read_to_end(&mut bytes).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| SettingsFaultKind::BadPassword)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
