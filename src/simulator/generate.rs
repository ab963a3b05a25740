//! Random setups of a few calls.

use super::world_setup::{Fault, FaultTime, HOTLINE, WorldSetup, agent, hotline_defaults, phone_number};
use crate::redis::DataLoss;
use hotlined_core::hotline::group::Strategy;
use hotlined_core::hotline::{Agent, Shows};
use hotlined_core::prompt::{Prompt, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::event::Format;
use hotlined_sim::actors::{AfterAnswer, Caller, HangsUp, Phone, SoundFiles, UnreachableCause};
use hotlined_sim::rng::Rng;

const OTHER_HOTLINE: &str = "4006660000";
/// How long after the last caller all must be over. Messages are tried for ten minutes.
const QUIET_WITHIN: Millis = Millis::seconds(1_500);
/// The longest talk generated here.
const TALK_MS_MAX: u64 = 12_000;

impl WorldSetup {
    /// A random setup.
    pub fn random(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x0068_6f74_6c69_6e65);
        let phones = 2 + rng.between(0, 4);
        let agents = (1..=phones).map(|index| {
            let lines = if rng.percent(20) { 2 } else { 1 };
            let ring_time = Millis::seconds(rng.between(5, 9));
            Agent { on: !rng.percent(8), ..agent(index, lines, ring_time) }
        });
        let agents: Vec<Agent> = agents.collect();
        let drawn = |number: &str, rng: &mut Rng, agents: &[Agent]| {
            let mut drawn = hotline_defaults();
            drawn.wait = Millis::seconds(rng.between(5, 20));
            drawn.strategy = if rng.percent(50) { Strategy::Random } else { Strategy::Sequential };
            drawn.shows = if rng.percent(20) { Shows::Hotline } else { Shows::Caller };
            if rng.percent(20) {
                drawn.ringback = Prompt::Tone(Tone::Ringing);
            }
            drawn.hotline(number, "Example", agents.to_vec())
        };
        // Both hotlines ring the same telephones, with the same number of lines.
        let hotlines = vec![drawn(HOTLINE, &mut rng, &agents), drawn(OTHER_HOTLINE, &mut rng, &agents[1..])];
        let callers = 1 + rng.between(0, 6);
        let busy_ms = 200 + rng.between(0, 15_000);
        let callers: Vec<Caller> = (0..callers).map(|nth| caller(nth, busy_ms, &mut rng)).collect();
        let phones = (1..=phones)
            .map(|index| (phone_number(index), (0..4).map(|_| phone(&mut rng)).collect()))
            .collect();
        let mut sounds = SoundFiles::default();
        if rng.percent(15) {
            sounds.missing.push("/ring.wav".into());
        }
        if rng.percent(15) {
            sounds.missing.push("/closing.wav".into());
        }
        let mut faults: Vec<(FaultTime, Fault)> =
            (0..rng.between(0, 3)).flat_map(|_| faults(busy_ms, &mut rng)).collect();
        let mut beside = Rng::new(seed ^ 0x0064_6165_6d6f_6e73);
        let daemons = if beside.percent(40) { 2 } else { 1 };
        if daemons > 1 {
            faults =
                (0..beside.between(0, 4)).flat_map(|_| faults_of_several(busy_ms, &mut beside)).collect();
        }
        let slow = rng.percent(30);
        // Every second world sends messages, most of them through gateways that fail now and then.
        let mut sms = Rng::new(seed ^ 0x736d_735f);
        let sms_faults_per_mille = sms.percent(50).then(|| [0, 10, 50][sms.between(0, 2) as usize]);
        Self {
            seed,
            callers,
            phones,
            sounds,
            hotlines,
            daemons,
            live_calls_max: if rng.percent(15) { 2 } else { 100 },
            faults,
            network_delay_ms: if slow { (5, 80) } else { (0, 5) },
            job_start_delay_ms: if rng.percent(20) { (1, 60) } else { (1, 3) },
            channel_list_lag_ms: (0, 274),
            daemon_lag_ms: if rng.percent(20) { 30 } else { 2 },
            reordered_percent: if rng.percent(50) { rng.between(1, 50) } else { 0 },
            format: if rng.percent(50) { Format::Json } else { Format::Plain },
            shadow_engine: seed.is_multiple_of(4),
            check_every: Millis(20),
            quiet_within: QUIET_WITHIN,
            sms_faults_per_mille,
        }
    }
}

fn caller(nth: u64, busy_ms: u64, rng: &mut Rng) -> Caller {
    let dials = match rng.between(0, 19) {
        0 => "4009999999",
        1..=4 => OTHER_HOTLINE,
        5 => "+864008001234",
        _ => HOTLINE,
    };
    let leaves = match rng.between(0, 9) {
        0 => HangsUp::AfterDialling(Millis(rng.between(0, 120))),
        1..=2 => HangsUp::AfterDialling(Millis(rng.between(100, 20_000))),
        3..=4 => HangsUp::AfterAgentAnswer(Millis(rng.between(0, 150))),
        5..=6 => HangsUp::AfterBridge(Millis(rng.between(0, TALK_MS_MAX))),
        _ => HangsUp::Never,
    };
    Caller {
        at: Millis(rng.between(0, busy_ms)),
        number: if rng.percent(10) { String::new() } else { format!("1380000{nth:04}") },
        dialled: dials.into(),
        leg: rng.uuid().parse().ok(),
        hangs_up: leaves,
        sends_bye: rng.percent(20),
        ..Caller::default()
    }
}

/// A random behaviour of a telephone. Every talk ends: an agent never waits for the caller to hang up.
fn phone(rng: &mut Rng) -> Phone {
    let after = Millis(rng.between(0, 6_000));
    match rng.between(0, 19) {
        0..=1 => Phone::Busy,
        2..=3 => Phone::NeverAnswers,
        4 => Phone::Refuses { after: Millis(rng.between(0, 1) * after.0) },
        5 => Phone::Unreachable(UnreachableCause::SwitchedOff),
        6 => Phone::Unreachable(UnreachableCause::NoGateway),
        7 => Phone::Unreachable(UnreachableCause::NetworkFailure),
        8..=10 => Phone::Answers { after, then: AfterAnswer::HangsUpAfter(Millis(rng.between(0, 150))) },
        11 => Phone::Answers { after, then: AfterAnswer::HangsUpAfter(Millis(rng.between(0, TALK_MS_MAX))) },
        _ => Phone::Answers { after, then: AfterAnswer::TalksFor(Millis(rng.between(0, TALK_MS_MAX))) },
    }
}

/// One random fault, and with some faults a second one that shows the effect of the first. Unsaved state and a changed
/// clock have an effect on the daemon that starts after a killed one.
pub(super) fn faults(busy_ms: u64, rng: &mut Rng) -> Vec<(FaultTime, Fault)> {
    let (when, first) = fault(busy_ms, rng);
    let mut all = vec![(when, first)];
    if let (Fault::DiskFull { .. } | Fault::ClockSet { .. }, FaultTime::At(at)) = (first, when)
        && rng.percent(75)
    {
        let soon = FaultTime::At(Millis(at.0 + rng.between(0, 9_000)));
        let back = Millis(rng.between(0, 3_000));
        all.push((
            soon,
            Fault::DaemonKilled { restart_after: back, output_delivered: rng.percent(50), disk_kept: true },
        ));
    }
    all
}

/// One random fault while callers call, or soon after.
pub(super) fn fault(busy_ms: u64, rng: &mut Rng) -> (FaultTime, Fault) {
    let back = match rng.between(0, 3) {
        0 => Millis(rng.between(0, 300)),
        1 => Millis(rng.between(300, 3_000)),
        2 => Millis(rng.between(3_000, 8_000)),
        _ => Millis(rng.between(300, 20_000)),
    };
    let fault = match rng.between(0, 29) {
        0..=8 => Fault::LinkCut { reconnect_after: back },
        9..=13 => Fault::DaemonKilled {
            restart_after: back,
            output_delivered: rng.percent(50),
            disk_kept: rng.percent(75),
        },
        14..=15 => Fault::SwitchCrash,
        16..=17 => Fault::HotlinesChanged,
        18 => Fault::LinkSilent,
        19..=20 => {
            Fault::DaemonDrained { second_stop_after: Millis(rng.between(0, 8_000)), restart_after: back }
        }
        21..=22 => Fault::LinkStalled { span: Millis(rng.between(50, 6_000)) },
        23..=24 => Fault::DaemonPaused { span: Millis(rng.between(50, 8_000)) },
        25..=26 => Fault::DiskFull { span: Millis(rng.between(10, 10_000)) },
        _ => clock_set(rng),
    };
    (FaultTime::At(Millis(rng.between(0, busy_ms + 12_000))), fault)
}

/// Random faults where daemons share a Redis: faults of Redis, of one daemon, or of both.
pub(super) fn faults_of_several(busy_ms: u64, rng: &mut Rng) -> Vec<(FaultTime, Fault)> {
    let at = rng.between(0, busy_ms + 12_000);
    let span = Millis(rng.between(0, 1) * rng.between(0, 9_000) + rng.between(1, 1_500));
    let loss = match rng.between(0, 9) {
        0..=4 => DataLoss::Nothing,
        5..=7 => DataLoss::Recent,
        _ => DataLoss::All,
    };
    let kill = |rng: &mut Rng| Fault::DaemonKilled {
        restart_after: Millis(rng.between(0, 15_000)),
        output_delivered: rng.percent(50),
        disk_kept: true,
    };
    let soon = Millis(at + rng.between(0, span.0 + 2_000));
    match rng.between(0, 13) {
        0..=2 => vec![(FaultTime::At(Millis(at)), kill(rng))],
        3..=4 => {
            vec![(FaultTime::At(Millis(at)), Fault::DaemonPaused { span: Millis(rng.between(50, 9_000)) })]
        }
        5 => vec![(FaultTime::At(Millis(at)), Fault::RedisDown { span, loss })],
        6 => vec![
            (FaultTime::At(Millis(at)), Fault::RedisDown { span, loss }),
            (FaultTime::At(soon), kill(rng)),
        ],
        7 => vec![
            (FaultTime::At(Millis(at)), Fault::RedisDown { span, loss }),
            (FaultTime::At(soon), Fault::DaemonPaused { span: Millis(rng.between(50, 9_000)) }),
        ],
        8 => vec![(FaultTime::At(Millis(at)), Fault::RedisUnreachable { span: Millis(span.0 + 2_000) })],
        // A changed clock has an effect on the daemon that starts after the change.
        9 => vec![(FaultTime::At(Millis(at)), clock_set(rng)), (FaultTime::At(soon), kill(rng))],
        10 => vec![(FaultTime::At(Millis(at)), Fault::RedisHung { span })],
        _ => loop {
            // The other faults are those of a single daemon.
            let (when, fault) = fault(busy_ms, rng);
            if !matches!(fault, Fault::DiskFull { .. } | Fault::ClockSet { .. } | Fault::DaemonKilled { .. })
            {
                break vec![(when, fault)];
            }
        },
    }
}

fn clock_set(rng: &mut Rng) -> Fault {
    let by = match rng.between(0, 2) {
        0 => Millis(rng.between(1, 2_000)),
        1 => Millis(rng.between(2_000, 60_000)),
        _ => Millis::seconds(3_600),
    };
    Fault::ClockSet { forwards: rng.percent(50), by }
}
