//! Anything may be asked at any time: seeded storms of orders, and what must hold through all of them.

use hotlined_core::time::{Instant, Millis};
use hotlined_sim::actors::{Actors, Caller, HangsUp};
use hotlined_sim::dialplan::Dialplan;
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel, SwitchOutput};
use hotlined_sim::rng::Rng;
use std::collections::BTreeMap;

const BEGAN: u64 = 1_795_296_000_000;
const STORMS: u64 = 40;
const ORDERS_A_STORM: u64 = 400;

/// What was said of one leg.
#[derive(Debug, Default)]
struct Leg {
    counts: BTreeMap<String, u32>,
    running: BTreeMap<String, u32>,
    ended: bool,
}

fn order(chance: &mut Rng, legs: &[String], made: &mut u64) -> SwitchInput {
    let nobody = "nobody".to_owned();
    let leg = chance.pick(legs).unwrap_or(&nobody).clone();
    let other = chance.pick(legs).unwrap_or(&nobody).clone();
    let api = |command: &str, argument: String| SwitchInput::Api { command: command.into(), argument };
    match chance.between(0, 16) {
        0..=1 => {
            *made += 1;
            let name = format!("b{made:07}-0000-4000-8000-000000000000");
            let number = 86_001 + chance.between(0, 19);
            let timeout = chance.between(1, 6);
            let argument = format!(
                "{{origination_uuid={name},originate_timeout={timeout},x={leg}}}sofia/t/{number}@gw &park()"
            );
            SwitchInput::BgApi { job: Some(name), command: "originate".into(), argument }
        }
        2 => api("uuid_kill", leg),
        3..=4 => api("uuid_bridge", format!("{leg} {other}")),
        5 => api("uuid_break", format!("{leg} all")),
        6 => api("uuid_setvar", format!("{leg} park_after_bridge {}", chance.percent(50))),
        7 => api("uuid_setvar", format!("{leg} hangup_after_bridge {}", chance.percent(50))),
        8 => api("uuid_transfer", format!("{leg} hotlined_fallback XML public")),
        9 => api("sched_transfer", format!("+{} {leg} hotlined_fallback", chance.between(0, 3))),
        10 => api("uuid_setvar", format!("{leg} park_timeout 1")),
        11 => SwitchInput::Press { leg: leg.as_str().into(), key: '5' },
        _ => {
            let apps = [
                ("playback", "/a.wav"),
                ("endless_playback", "/ring.wav"),
                ("play_and_get_digits", "1 2 2 1000 # /menu.wav silence_stream://100 x [0-9]+ 1000"),
                ("record", "/rec.wav 3 200 2"),
                ("answer", ""),
                ("sleep", "700"),
                ("park", ""),
                ("hangup", ""),
                ("make_coffee", ""),
            ];
            let (app, data) = *chance.pick(&apps).unwrap();
            let headers = [("call-command", "execute"), ("execute-app-name", app), ("execute-app-arg", data)];
            let headers = headers.map(|(name, value)| (name.into(), value.into())).into();
            SwitchInput::SendMsg { leg, headers, body: None }
        }
    }
}

/// Every leg begins and ends once, in order, and every application that began ends exactly once, before it.
fn account(legs: &mut BTreeMap<String, Leg>, outputs: Vec<SwitchOutput>, by_hand: bool) {
    for output in outputs {
        let SwitchOutput::Event(event) = output else { continue };
        let Some(name) = event.header("Unique-ID") else { continue };
        let leg = legs.entry(name.into()).or_default();
        assert!(!leg.ended || event.name() == "CHANNEL_STATE", "{name}: {} after its end", event.name());
        *leg.counts.entry(event.name().into()).or_default() += 1;
        let run = event.header("Application-UUID").unwrap_or_default();
        match event.name() {
            "CHANNEL_EXECUTE" if !run.is_empty() => {
                assert_eq!(leg.running.insert(run.into(), 1), None);
            }
            "CHANNEL_EXECUTE_COMPLETE" => assert_eq!(leg.running.remove(run), Some(1), "{name}: {run}"),
            "CHANNEL_DESTROY" => {
                leg.ended = true;
                assert_eq!(leg.running, BTreeMap::new(), "{name}: never completed");
                for once in ["CHANNEL_CREATE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"]
                {
                    assert_eq!(leg.counts.get(once), Some(&1), "{name}: {once}");
                }
                for (starts, stops) in [
                    ("CHANNEL_PARK", "CHANNEL_UNPARK"),
                    ("PLAYBACK_START", "PLAYBACK_STOP"),
                    ("RECORD_START", "RECORD_STOP"),
                ] {
                    // A dialplan that says `CHANNEL_PARK` by hand parks nobody.
                    if by_hand && starts == "CHANNEL_PARK" {
                        continue;
                    }
                    assert_eq!(leg.counts.get(starts), leg.counts.get(stops), "{name}: {starts}");
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_leg_ends_once_whatever_is_asked() {
    for seed in 0..STORMS {
        let mut chance = Rng::new(seed);
        let cast = Actors::seeded(seed, 15, 3.0);
        let by_hand = seed % 2 == 0;
        let dialplan = if by_hand { Dialplan::product(4) } else { Dialplan::parking(4, "/fallback.wav") };
        let setup = ModelConfig { seed, dialplan, phones: cast.phones, ..ModelConfig::default() };
        let mut model = SwitchModel::new(setup, Instant(BEGAN));
        let (mut now, mut made, mut legs) = (BEGAN, 0, BTreeMap::new());
        for caller in cast.callers {
            let leaves = match caller.hangs_up {
                HangsUp::Never => HangsUp::AfterDialling(Millis(30_000)),
                other => other,
            };
            account(
                &mut legs,
                model.handle(Instant(now), SwitchInput::Dial(Caller { hangs_up: leaves, ..caller })),
                by_hand,
            );
        }
        for _ in 0..ORDERS_A_STORM {
            now += chance.between(0, 60);
            let live: Vec<String> = model.channels().iter().map(ToString::to_string).collect();
            let input = order(&mut chance, &live, &mut made);
            account(&mut legs, model.handle(Instant(now), input), by_hand);
        }
        // Jobs that were just given make their legs first.
        now += 10;
        account(&mut legs, model.handle(Instant(now), SwitchInput::Due), by_hand);
        for leg in model.channels() {
            now += 5;
            account(&mut legs, model.handle(Instant(now), SwitchInput::HangUp { leg }), by_hand);
        }
        account(&mut legs, model.handle(Instant(now + 120_000), SwitchInput::Due), by_hand);
        assert_eq!(model.channel_count(), 0, "seed {seed}: {:?}", model.channels());
        assert!(legs.values().all(|leg| leg.ended), "seed {seed}");
        let stats = model.stats();
        assert!(stats.phones.values().all(|phone| phone.live == 0), "seed {seed}: {:?}", stats.phones);
        assert!(stats.calls.values().all(|call| call.ended.is_some()), "seed {seed}");
        assert_eq!(stats.orphan_legs, [], "seed {seed}");
    }
}
