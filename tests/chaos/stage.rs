//! Everything there is: switches, Redis, daemons; and since when somebody looks after a switch.

use crate::known;
use crate::ledger::Ledger;
use crate::people;
use crate::redis::Redis;
use crate::site::{Care, Site, switch_name};
use crate::wire::Wire;
use hotlined_core::time::Millis;
use hotlined_sim::actors::SoundFiles;
use hotlined_sim::model::ModelConfig;
use hotlined_sim::rng::Rng;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

/// The daemons, by their names.
pub const DAEMONS: [&str; 2] = ["one", "other"];
/// How many switches there are, each looked after by whichever daemon.
pub const SWITCHES: usize = 2;

pub struct Stage {
    pub exchanges: Vec<SimulatedSwitch>,
    pub redis: Redis,
    pub sites: Vec<Site>,
    ledger: Mutex<Ledger>,
}

impl Stage {
    pub async fn build(seed: u64) -> Self {
        let redis = Redis::start();
        let mut exchanges = Vec::new();
        for switch in 0..SWITCHES {
            let seed = seed ^ (0x7377_6974_6368 + switch as u64);
            let sounds = SoundFiles { default_length: Millis(1_200), ..SoundFiles::default() };
            let phones = people::phones(&mut Rng::new(seed));
            let heartbeat = Millis::seconds(1);
            let setup = ModelConfig {
                seed,
                sounds,
                phones,
                heartbeat,
                channel_list_lag_ms: (0, 274),
                ..ModelConfig::default()
            };
            exchanges.push(
                SimulatedSwitch::start(SwitchOptions { model: setup, ..SwitchOptions::default() })
                    .await
                    .unwrap(),
            );
        }
        let mut sites = Vec::new();
        for name in DAEMONS {
            let mut wires = Vec::new();
            for exchange in &exchanges {
                wires.push(Wire::to(exchange.address()).await);
            }
            sites.push(Site::new(name, wires, redis.port));
        }
        Self { exchanges, redis, sites, ledger: Mutex::new(Ledger::new(Instant::now(), SWITCHES)) }
    }

    /// What is known of everybody.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Something goes wrong, or right again.
    pub fn fault(&self, kind: &'static str, what: String) {
        self.ledger().fault(kind, what);
    }

    /// How well the switch is looked after.
    pub fn care(&self, switch: usize) -> Care {
        self.sites.iter().map(|site| site.cares(switch)).max().unwrap_or(Care::None)
    }

    /// Why not all is quiet yet.
    pub fn unquiet(&self) -> Vec<String> {
        let mut why = Vec::new();
        for (switch, exchange) in self.exchanges.iter().enumerate() {
            let legs = exchange.channels();
            if !legs.is_empty() {
                why.push(format!("{} has legs {legs:?}", switch_name(switch)));
            }
        }
        match self.redis.held() {
            Some(0) => {}
            held => why.push(format!("Redis holds {held:?} lines: {}", self.redis.left())),
        }
        for site in &self.sites {
            match site.ready() {
                Some((200, _)) => {}
                other => why.push(format!("{} is not ready: {other:?}", site.name)),
            }
        }
        let recorded = self.recorded().unwrap_or_default();
        let ledger = self.ledger();
        let mut missing = ledger.without_record(&recorded);
        missing.retain(|leg| !(known::counted_apart() && ledger.lived_without(&self.redis, leg)));
        why.extend((!missing.is_empty()).then(|| format!("no record of {missing:?}")));
        why
    }

    /// Every record, by its call, with the daemon that wrote it.
    pub fn recorded(&self) -> Result<Recorded, String> {
        let mut all = Recorded::new();
        for (nth, site) in self.sites.iter().enumerate() {
            for record in site.records().map_err(|why| format!("records of {}: {why}", site.name))? {
                all.entry(record.call.to_string()).or_default().push((nth, record));
            }
        }
        Ok(all)
    }
}

pub type Recorded = BTreeMap<String, Vec<(usize, hotlined_core::record::CallRecord)>>;
