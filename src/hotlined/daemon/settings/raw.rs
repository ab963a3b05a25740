//! The raw settings: the form of the settings file, and every default, once, with its unit.

use super::raw_hooks::{RawApi, RawHook, RawScreenPop};
use crate::redis::{LEASE, PREFIX};
use config::Config;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The two keys for a password.
pub(super) const PASSWORD_KEYS: [&str; 2] = ["password", "password_file"];

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSettings {
    pub(super) hotlines: String,
    /// Absent: only the years that are compiled in.
    pub(super) holidays: Option<String>,
    /// Absent: only the table that is compiled in.
    pub(super) numbers: Option<String>,
    pub(super) sounds: RawSounds,
    pub(super) switch: RawSwitch,
    /// The settings of each switch by name, if they differ from `switch`. If empty, `switch` is the only switch.
    #[serde(skip_serializing)]
    pub(super) switches: BTreeMap<String, BTreeMap<String, config::Value>>,
    pub(super) calls: RawCalls,
    pub(super) live: RawLive,
    pub(super) redis: RawRedis,
    pub(super) records: RawRecords,
    pub(super) journal: RawJournal,
    pub(super) admin: RawAdmin,
    pub(super) sms: RawSms,
    /// The web hooks by name.
    #[serde(skip_serializing)]
    pub(super) hooks: BTreeMap<String, RawHook>,
    pub(super) api: RawApi,
    pub(super) screen_pop: RawScreenPop,
    pub(super) log: RawLog,
}

impl Default for RawSettings {
    fn default() -> Self {
        Self {
            hotlines: "hotlines".to_owned(),
            holidays: None,
            numbers: None,
            sounds: RawSounds::default(),
            switch: RawSwitch::default(),
            switches: BTreeMap::new(),
            calls: RawCalls::default(),
            live: RawLive::default(),
            redis: RawRedis::default(),
            records: RawRecords::default(),
            journal: RawJournal::default(),
            admin: RawAdmin::default(),
            sms: RawSms::default(),
            hooks: BTreeMap::new(),
            api: RawApi::default(),
            screen_pop: RawScreenPop::default(),
            log: RawLog::default(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSounds {
    pub(super) folder: String,
    /// Absent: the same as `folder`.
    pub(super) switch_folder: Option<String>,
}

impl Default for RawSounds {
    fn default() -> Self {
        Self { folder: "sounds".to_owned(), switch_folder: None }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSwitch {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) port: u64,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<String>,
    pub(super) format: String,
    pub(super) trunk: String,
    pub(super) fallback: String,
    pub(super) recordings: String,
    pub(super) heartbeat_s_max: u64,
    pub(super) answer_ms_max: u64,
    pub(super) connect_timeout_s: u64,
    pub(super) reconnect_ms_min: u64,
    pub(super) reconnect_ms_max: u64,
}

impl Default for RawSwitch {
    fn default() -> Self {
        Self {
            name: "fs1".to_owned(),
            kind: "freeswitch".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: 8021,
            user: None,
            password: None,
            password_file: None,
            format: "plain".to_owned(),
            trunk: "sofia/gateway/carrier/{number}".to_owned(),
            fallback: "hotlined_fallback XML public".to_owned(),
            recordings: "/var/lib/freeswitch/recordings".to_owned(),
            // FreeSWITCH sends a heartbeat every 20 s (switch.conf.xml: event-heartbeat-interval): two may be lost.
            heartbeat_s_max: 45,
            answer_ms_max: 2_000,
            connect_timeout_s: 5,
            reconnect_ms_min: 100,
            reconnect_ms_max: 5_000,
        }
    }
}

impl RawSwitch {
    /// The settings of the switch of this name: these settings, overridden with `set`.
    pub(super) fn with_overrides(
        &self,
        name: &str,
        set: BTreeMap<String, config::Value>,
    ) -> Result<Self, config::ConfigError> {
        let mut builder = Config::builder().add_source(Config::try_from(self)?);
        // A password or a password file of this switch replaces both common keys.
        if PASSWORD_KEYS.iter().any(|key| set.contains_key(*key)) {
            for key in PASSWORD_KEYS {
                builder = builder.set_override(key, None::<String>)?;
            }
        }
        for (key, value) in set {
            builder = builder.set_override(key, value)?;
        }
        builder.set_override("name", name)?.build()?.try_deserialize()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawCalls {
    pub(super) live_max: u64,
    pub(super) fallback_s: u64,
    pub(super) drain_s_max: u64,
}

/// With Redis, the default of `fallback_s` is longer, so that another daemon has time to take over.
impl Default for RawCalls {
    fn default() -> Self {
        Self { live_max: 20_000, fallback_s: 4, drain_s_max: 600 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLive {
    pub(super) file: String,
}

impl Default for RawLive {
    fn default() -> Self {
        Self { file: "hotlined.live".to_owned() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRedis {
    /// Absent: there is no Redis.
    pub(super) servers: Option<String>,
    pub(super) kind: String,
    pub(super) service: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<String>,
    pub(super) sentinel_user: Option<String>,
    pub(super) sentinel_password: Option<String>,
    pub(super) sentinel_password_file: Option<String>,
    pub(super) tls: String,
    pub(super) tls_authority_file: Option<String>,
    pub(super) tls_certificate_file: Option<String>,
    pub(super) tls_key_file: Option<String>,
    pub(super) database: u64,
    pub(super) prefix: String,
    pub(super) daemon: Option<String>,
    pub(super) lease_ms: u64,
}

impl Default for RawRedis {
    fn default() -> Self {
        Self {
            servers: None,
            kind: "single".to_owned(),
            service: None,
            user: None,
            password: None,
            password_file: None,
            sentinel_user: None,
            sentinel_password: None,
            sentinel_password_file: None,
            tls: "off".to_owned(),
            tls_authority_file: None,
            tls_certificate_file: None,
            tls_key_file: None,
            database: 0,
            prefix: PREFIX.to_owned(),
            daemon: None,
            lease_ms: LEASE.0,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRecords {
    pub(super) file: String,
}

impl Default for RawRecords {
    fn default() -> Self {
        Self { file: "records.jsonl".to_owned() }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawJournal {
    pub(super) file: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAdmin {
    /// Absent: there is no admin server.
    pub(super) address: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSms {
    /// The file with the gateways. Absent: no message can be sent.
    pub(super) gateways: Option<String>,
    /// Where gateways send receipts to, for those that are told with each message.
    pub(super) receipts_url: Option<String>,
    /// Absent: no receipts are taken.
    pub(super) receipt_token_file: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLog {
    pub(super) format: String,
    pub(super) filter: String,
}

impl Default for RawLog {
    fn default() -> Self {
        Self { format: "text".to_owned(), filter: "info".to_owned() }
    }
}
