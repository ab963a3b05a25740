//! What goes wrong, drawn by chance: a row of faults for each thing that can fail, each with its end.

use crate::people;
use crate::site::DRAIN_S;
use crate::stage::Stage;
use hotlined_sim::rng::Rng;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How much longer than its calls may go on a daemon takes to stop: its last words to the switch and to Redis.
const STOP_TIME_MAX: Duration = Duration::from_secs(DRAIN_S + 12);

/// What can fail.
#[derive(Clone, Copy, Debug)]
pub enum Thing {
    Daemon(usize),
    Wire { site: usize, switch: usize },
    Redis,
    Switch(usize),
    Hotlines,
}

impl Thing {
    pub fn all(stage: &Stage) -> Vec<Self> {
        let (sites, switches) = (0..stage.sites.len(), 0..stage.exchanges.len());
        let wires = sites.clone().flat_map(|site| {
            let switches = 0..stage.exchanges.len();
            switches.map(move |switch| Self::Wire { site, switch })
        });
        sites
            .clone()
            .map(Self::Daemon)
            .chain(wires)
            .chain(switches.map(Self::Switch))
            .chain([Self::Redis, Self::Hotlines])
            .collect()
    }

    /// How long it is well between two faults, in milliseconds.
    const fn well_ms(self) -> (u64, u64) {
        match self {
            Self::Daemon(_) => (3_000, 12_000),
            Self::Wire { .. } => (4_000, 25_000),
            Self::Redis => (5_000, 16_000),
            Self::Switch(_) => (8_000, 60_000),
            Self::Hotlines => (2_000, 8_000),
        }
    }

    /// Lets it fail until the end, and leaves it well.
    pub async fn fails(self, stage: &Stage, mut chance: Rng, end: Instant) {
        let (least, most) = self.well_ms();
        let mut changes = 0;
        loop {
            let wait = Duration::from_millis(chance.between(least, most));
            if Instant::now() + wait > end {
                return;
            }
            sleep(wait).await;
            match self {
                Self::Daemon(site) => daemon(stage, site, &mut chance).await,
                Self::Wire { site, switch } => wire(stage, site, switch, &mut chance).await,
                Self::Redis => redis(stage, &mut chance).await,
                Self::Switch(switch) => {
                    stage.fault("switch crashed", format!("switch {switch} crashes"));
                    stage.exchanges[switch].crash();
                }
                Self::Hotlines => {
                    changes += 1;
                    hotlines(stage, changes, &mut chance);
                }
            }
        }
    }
}

/// How long something is down: often a moment, sometimes longer than the switch waits for us.
fn down(chance: &mut Rng) -> Duration {
    let (least, most) = *chance.pick(&[(0, 300), (300, 2_500), (300, 2_500), (2_500, 8_000)]).unwrap();
    Duration::from_millis(chance.between(least, most))
}

/// How long something stands still.
fn pause(chance: &mut Rng) -> Duration {
    let (least, most) = *chance.pick(&[(100, 1_000), (1_000, 4_000), (4_000, 8_000)]).unwrap();
    Duration::from_millis(chance.between(least, most))
}

async fn daemon(stage: &Stage, nth: usize, chance: &mut Rng) {
    let site = &stage.sites[nth];
    let name = site.name;
    match chance.between(0, 9) {
        0..=4 => {
            let time = down(chance);
            stage.fault("daemon killed", format!("{name} is killed for {time:?}"));
            blocking(|| site.kill());
            sleep(time).await;
        }
        5..=8 => {
            let time = pause(chance);
            stage.fault("daemon paused", format!("{name} is paused for {time:?}"));
            site.pause();
            sleep(time).await;
            site.go_on();
            stage.ledger().tell(format!("{name} goes on"));
            return;
        }
        _ => {
            let time = down(chance);
            stage.fault("daemon stopped", format!("{name} is told to stop, for {time:?}"));
            stage.ledger().stops(Instant::now() + STOP_TIME_MAX);
            site.tell_to_stop();
            let ended = within(STOP_TIME_MAX, || site.ended()).await;
            match ended {
                Some(status) if status.success() => {}
                other => {
                    stage.ledger().broken(None, "a daemon stops when told", format!("{name}: {other:?}"))
                }
            }
            let heard = site.wires.iter().all(crate::wire::Wire::is_whole);
            stage.ledger().stopped(heard);
            stage.ledger().tell(format!("{name} has stopped"));
            sleep(time).await;
        }
    }
    site.start();
    stage.ledger().tell(format!("{name} starts"));
}

async fn wire(stage: &Stage, site: usize, switch: usize, chance: &mut Rng) {
    let wire = &stage.sites[site].wires[switch];
    let which = format!("the wire from {} to switch {switch}", stage.sites[site].name);
    match chance.between(0, 9) {
        0..=4 => {
            let time = down(chance);
            stage.fault("wire cut", format!("{which} is cut for {time:?}"));
            wire.cut();
            sleep(time).await;
        }
        5..=7 => {
            let (time, both) = (pause(chance), chance.percent(60));
            let what = if both { "all" } else { "events" };
            stage.fault("wire stalled", format!("{which} lets {what} wait for {time:?}"));
            wire.stall(both);
            sleep(time).await;
            stage.ledger().orders_arrive(switch);
        }
        _ => {
            stage.fault("wire half open", format!("{which} is lost without a word"));
            wire.lose();
            return;
        }
    }
    wire.mend();
    stage.ledger().tell(format!("{which} is mended"));
}

async fn redis(stage: &Stage, chance: &mut Rng) {
    let redis = &stage.redis;
    if chance.percent(50) {
        let time = down(chance);
        stage.fault("Redis killed", format!("Redis is killed for {time:?}"));
        blocking(|| redis.kill());
        sleep(time).await;
        blocking(|| redis.start_again());
    } else {
        let time = pause(chance);
        stage.fault("Redis paused", format!("Redis is paused for {time:?}"));
        redis.freeze();
        sleep(time).await;
        redis.thaw();
    }
    stage.ledger().tell("Redis is back".into());
}

/// A good change only: a daemon that starts while a hotline is broken refuses to, as it should.
fn hotlines(stage: &Stage, change: u64, chance: &mut Rng) {
    let nth = chance.between(0, people::HOTLINES.len() as u64 - 1) as usize;
    stage.fault("hotline changed", format!("hotline {nth} changes"));
    for site in &stage.sites {
        site.put(nth, &people::hotline(nth, change));
    }
}

/// Waits until there is something, or the time is over.
pub async fn within<T>(time: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
    let end = Instant::now() + time;
    let mut looking = tokio::time::interval(Duration::from_millis(20));
    loop {
        looking.tick().await;
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() > end {
            return None;
        }
    }
}

fn blocking<T>(doing: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(doing)
}
