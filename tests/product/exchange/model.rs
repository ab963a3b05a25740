//! Ticks, races, the scheduler and the people, in the pure model.

use hotlined_core::time::{Instant, Millis};
use hotlined_sim::actors::{Actors, AfterAnswer, Caller, HangsUp, Phone, SoundFiles, UnreachableCause};
use hotlined_sim::dialplan::{Dialplan, Extension};
use hotlined_sim::model::{ModelConfig, SwitchInput, SwitchModel, SwitchOutput};
use std::sync::Arc;

const CALLER: &str = "a0000000-0000-4000-8000-000000000001";
const AGENT: &str = "b0000000-0000-4000-8000-000000000001";
/// A whole second of the wall clock.
const BEGAN: u64 = 1_795_296_000_000;

/// A model that is told things, and what it said.
struct Stage {
    model: SwitchModel,
    now: u64,
    events: Vec<(u64, String)>,
}

impl Stage {
    fn new(setup: ModelConfig) -> Self {
        Self { model: SwitchModel::new(setup, Instant(BEGAN)), now: 0, events: Vec::new() }
    }

    fn with_phone(phone: Phone) -> Self {
        Self::new(ModelConfig { phones: [("86001".into(), vec![phone])].into(), ..ModelConfig::default() })
    }

    fn tell(&mut self, input: SwitchInput) -> String {
        let outputs = self.model.handle(Instant(BEGAN + self.now), input);
        let mut answer = String::new();
        for output in outputs {
            match output {
                SwitchOutput::Event(event) => {
                    let get = |name| event.header(name).unwrap_or("-");
                    let at = get("Event-Date-Timestamp").parse::<u64>().unwrap() / 1_000 - BEGAN;
                    let words = [get("Unique-ID").get(..1).unwrap_or("-"), event.name(), get("Application")];
                    let extra = [get("Hangup-Cause"), event.body.as_deref().unwrap_or("-").trim()];
                    let words: Vec<_> = words.into_iter().chain(extra).filter(|word| *word != "-").collect();
                    self.events.push((at, words.join(" ")));
                }
                SwitchOutput::Reply { text, .. } | SwitchOutput::Api(text) => answer = text,
                SwitchOutput::Timeline(_) => {}
            }
        }
        answer
    }

    /// Lets so much time pass, deadline by deadline.
    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(due) = self.model.next_deadline().filter(|due| due.0 <= BEGAN + end) {
            self.now = due.0 - BEGAN;
            self.tell(SwitchInput::Due);
        }
        self.now = end;
        self.tell(SwitchInput::Due);
    }

    fn dial(&mut self, leaves: HangsUp) {
        let leg = Some(CALLER.parse().unwrap());
        let caller = Caller {
            number: "138".into(),
            dialled: "4008001234".into(),
            leg,
            hangs_up: leaves,
            ..Caller::default()
        };
        self.tell(SwitchInput::Dial(caller));
    }

    fn api(&mut self, line: &str) -> String {
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        self.tell(SwitchInput::Api { command: command.into(), argument: argument.into() })
    }

    fn ring(&mut self) -> String {
        let argument = format!(
            "{{origination_uuid={AGENT},originate_timeout=20,hotlined_call={CALLER}}}sofia/trunk/86001@gw &park()"
        );
        self.tell(SwitchInput::BgApi { job: Some("job".into()), command: "originate".into(), argument })
    }

    fn execute(&mut self, leg: &str, app: &str, data: &str) -> String {
        let headers = [("call-command", "execute"), ("execute-app-name", app), ("execute-app-arg", data)];
        let headers = headers.map(|(name, value)| (name.into(), value.into())).into();
        self.tell(SwitchInput::SendMsg { leg: leg.into(), headers, body: None })
    }

    /// When each event of this text came.
    fn times(&self, text: &str) -> Vec<u64> {
        self.events.iter().filter(|(_, event)| event == text).map(|(at, _)| *at).collect()
    }

    fn has(&self, text: &str) -> bool {
        !self.times(text).is_empty()
    }
}

#[test]
fn a_channel_does_what_it_is_told_at_its_next_tick() {
    let mut stage = Stage::new(ModelConfig::default());
    stage.dial(HangsUp::Never);
    stage.pass(33);
    assert_eq!(stage.execute(CALLER, "playback", "/a.wav"), "+OK");
    stage.pass(3_100);
    assert_eq!(stage.times("a CHANNEL_EXECUTE playback"), [40]);
    assert_eq!(stage.times("a CHANNEL_EXECUTE_COMPLETE playback"), [3_040]);
}

#[test]
fn without_media_a_channel_takes_one_order_a_tick() {
    let dialplan = Dialplan(vec![Extension::new("^400", &[("park", "")])]);
    let mut stage = Stage::new(ModelConfig { dialplan, ..ModelConfig::default() });
    stage.dial(HangsUp::Never);
    stage.pass(5);
    for app in ["set", "unset", "answer"] {
        stage.execute(CALLER, app, "x=1");
    }
    stage.pass(100);
    let first = |app| stage.times(&format!("a CHANNEL_EXECUTE {app}"))[0];
    assert_eq!([first("set"), first("unset"), first("answer")], [20, 40, 60]);
}

#[test]
fn an_agent_killed_before_the_job_has_its_thread_rings_all_the_same() {
    let mut stage = Stage::with_phone(Phone::NeverAnswers);
    stage.dial(HangsUp::Never);
    assert_eq!(stage.ring(), "+OK Job-UUID: job");
    assert_eq!(stage.api(&format!("uuid_kill {AGENT} ORIGINATOR_CANCEL")), "-ERR No such channel!\n");
    stage.pass(500);
    assert!(stage.has("b CHANNEL_PROGRESS"));
    assert_eq!(stage.api(&format!("uuid_kill {AGENT} ORIGINATOR_CANCEL")), "+OK\n");
    stage.pass(100);
    assert!(stage.has("BACKGROUND_JOB -ERR ORIGINATOR_CANCEL"));
    assert_eq!(stage.model.channels(), [Arc::<str>::from(CALLER)]);
}

#[test]
fn whoever_is_told_to_kill_too_early_can_be_found_out() {
    let mut stage = Stage::with_phone(Phone::NeverAnswers);
    stage.dial(HangsUp::AfterDialling(Millis(1)));
    stage.ring();
    stage.pass(1_000);
    let left: Vec<_> = stage.model.stats().orphan_legs;
    assert_eq!(left.len(), 1);
    assert_eq!((&*left[0].leg, &*left[0].caller), (AGENT, CALLER));
    assert!(left[0].since.0 >= 990);
    stage.api(&format!("uuid_kill {AGENT}"));
    stage.pass(100);
    assert_eq!(stage.model.stats().orphan_legs, []);
    assert!(stage.model.stats().calls[CALLER].agent_leg_outlived.0 >= 990);
}

#[test]
fn nobody_takes_the_call_so_the_dialplan_does() {
    let mut stage = Stage::new(ModelConfig::default());
    stage.now = 700;
    stage.dial(HangsUp::Never);
    stage.pass(10_000);
    let transferred = stage.times("a CHANNEL_UNPARK")[0] - 700;
    // Whole seconds of the wall clock, a poll of a tenth, and a tick: dialled at 0.7 s, due at 4 s.
    assert!((3_300..=3_420).contains(&transferred), "{transferred}");
    let call = &stage.model.stats().calls[CALLER];
    assert!(call.fell_back);
    assert_eq!(call.cause.as_deref(), Some("NORMAL_TEMPORARY_FAILURE"));
    assert_eq!((call.first_sound, call.longest_silence), (Some(Millis(0)), Millis(0)));
    assert_eq!(stage.model.channel_count(), 0);
}

#[test]
fn the_daemon_is_offered_the_call_by_hand_and_hears_when_the_fallback_has_it() {
    let mut model = SwitchModel::new(ModelConfig::default(), Instant(BEGAN));
    let leg = Some(CALLER.parse().unwrap());
    let caller = Caller { number: "138".into(), dialled: "+864008001234".into(), leg, ..Caller::default() };
    let mut outputs = model.handle(Instant(BEGAN), SwitchInput::Dial(caller));
    outputs.extend(model.handle(Instant(BEGAN + 10_000), SwitchInput::Due));
    let said: Vec<_> = outputs
        .iter()
        .filter_map(|output| match output {
            SwitchOutput::Event(event) if event.name().ends_with("PARK") => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(said.iter().map(|event| event.name()).collect::<Vec<_>>(), ["CHANNEL_PARK", "CHANNEL_UNPARK"]);
    assert_eq!(said[0].header("Hotlined-Offer"), Some("true"));
    assert_eq!(said[0].header("variable_hotlined_number"), Some("4008001234"));
    assert_eq!(said[0].header("Caller-Destination-Number"), Some("+864008001234"));
    assert_eq!(said[1].header("Hotlined-Fallback"), Some("true"));
    assert_eq!(said[1].header("Caller-Destination-Number"), Some("hotlined_fallback"));
}

#[test]
fn nobody_dials_the_fallback_from_outside() {
    let mut stage = Stage::new(ModelConfig::default());
    let leg = Some(CALLER.parse().unwrap());
    stage.tell(SwitchInput::Dial(Caller {
        number: "138".into(),
        dialled: "hotlined_fallback".into(),
        leg,
        ..Caller::default()
    }));
    assert!(stage.has("a CHANNEL_HANGUP NO_ROUTE_DESTINATION"));
}

#[test]
fn a_job_that_sleeps_ends_when_it_has_slept() {
    let mut stage = Stage::new(ModelConfig::default());
    stage.tell(SwitchInput::BgApi {
        job: Some("nap".into()),
        command: "msleep".into(),
        argument: "500".into(),
    });
    stage.pass(1_000);
    let at = stage.times("BACKGROUND_JOB +OK")[0];
    assert!((501..=503).contains(&at), "{at}");
}

#[test]
fn only_the_leg_whose_far_end_left_says_so() {
    let term = |stage: &Stage, leg| stage.model.variable(leg, "sip_term_status").map(str::to_owned);
    let mut stage = Stage::with_phone(Phone::NeverAnswers);
    stage.dial(HangsUp::Never);
    stage.ring();
    stage.pass(100);
    stage.api(&format!("uuid_kill {AGENT}"));
    assert_eq!(term(&stage, AGENT), None);
    let mut outputs = stage.model.handle(Instant(BEGAN + 200), SwitchInput::HangUp { leg: CALLER.into() });
    outputs.retain(|output| matches!(output, SwitchOutput::Event(event) if event.name() == "CHANNEL_HANGUP"));
    let [SwitchOutput::Event(event)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(event.header("variable_sip_term_status"), Some("487"));
    assert_eq!(event.header("Hangup-Cause"), Some("ORIGINATOR_CANCEL"));
}

#[test]
fn a_fallback_that_is_renewed_never_comes() {
    let mut stage = Stage::new(ModelConfig::default());
    stage.dial(HangsUp::Never);
    for _ in 0..5 {
        stage.pass(2_000);
        assert_eq!(stage.api(&format!("sched_del {CALLER}")), "+OK Deleted: 1\n");
        assert_eq!(stage.api(&format!("sched_transfer +4 {CALLER} hotlined_fallback XML public")), "+OK\n");
    }
    assert_eq!(stage.api(&format!("sched_del {CALLER}")), "+OK Deleted: 1\n");
    assert_eq!(stage.api(&format!("sched_del {CALLER}")), "+OK Deleted: 0\n");
    stage.pass(20_000);
    assert!(!stage.has("a CHANNEL_UNPARK"));
}

#[test]
fn a_file_that_is_not_there_ends_at_once_and_says_so() {
    let sounds = SoundFiles { missing: vec!["/gone.wav".into()], ..SoundFiles::default() };
    let dialplan = Dialplan::parking(4, "/fallback.wav");
    let mut stage = Stage::new(ModelConfig { sounds, dialplan, ..ModelConfig::default() });
    stage.dial(HangsUp::Never);
    stage.execute(CALLER, "endless_playback", "/gone.wav");
    stage.pass(100);
    assert!(!stage.has("a PLAYBACK_START"));
    assert_eq!(stage.model.variable(CALLER, "current_application_response"), Some("FILE NOT FOUND"));
    assert_eq!(stage.model.stats().calls[CALLER].first_sound, None);
}

#[test]
fn an_unknown_application_hangs_the_channel_up() {
    let mut stage = Stage::new(ModelConfig::default());
    stage.dial(HangsUp::Never);
    assert_eq!(stage.execute(CALLER, "make_coffee", ""), "+OK");
    stage.pass(100);
    assert!(stage.has("a CHANNEL_HANGUP DESTINATION_OUT_OF_ORDER"));
    assert_eq!(stage.execute(CALLER, "playback", ""), format!("-ERR invalid session id [{CALLER}]"));
    assert_eq!(stage.api("make_coffee now"), "-ERR make_coffee Command not found!\n");
}

#[test]
fn telephones_fail_as_the_network_says() {
    for (phone, cause) in [
        (Phone::Busy, "USER_BUSY"),
        (Phone::Refuses { after: Millis(0) }, "CALL_REJECTED"),
        (Phone::Refuses { after: Millis(2_000) }, "CALL_REJECTED"),
        (Phone::Unreachable(UnreachableCause::NoSuchNumber), "UNALLOCATED_NUMBER"),
        (Phone::Unreachable(UnreachableCause::SwitchedOff), "NO_USER_RESPONSE"),
        (Phone::Unreachable(UnreachableCause::NetworkFailure), "NORMAL_TEMPORARY_FAILURE"),
        (Phone::Unreachable(UnreachableCause::NoGateway), "INVALID_GATEWAY"),
        (Phone::NeverAnswers, "NO_ANSWER"),
    ] {
        let mut stage = Stage::with_phone(phone);
        stage.dial(HangsUp::Never);
        stage.ring();
        stage.pass(3_000);
        stage.pass(if phone == Phone::NeverAnswers { 20_000 } else { 0 });
        assert!(stage.has(&format!("BACKGROUND_JOB -ERR {cause}")), "{phone:?} {:?}", stage.events);
        let made = phone != Phone::Unreachable(UnreachableCause::NoGateway);
        assert_eq!(stage.has(&format!("b CHANNEL_HANGUP {cause}")), made);
    }
}

/// An agent who answers after a second, and a caller, joined.
fn joined(leaves: HangsUp, then: AfterAnswer) -> Stage {
    let mut stage = Stage::with_phone(Phone::Answers { after: Millis(1_000), then });
    stage.dial(leaves);
    stage.execute(CALLER, "endless_playback", "/ring.wav");
    stage.api(&format!("sched_del {CALLER}"));
    stage.ring();
    stage.pass(1_100);
    assert!(stage.has(&format!("BACKGROUND_JOB +OK {AGENT}")));
    for leg in [CALLER, AGENT] {
        assert_eq!(stage.api(&format!("uuid_setvar {leg} hangup_after_bridge true")), "+OK\n");
    }
    assert_eq!(stage.api(&format!("uuid_bridge {CALLER} {AGENT}")), format!("+OK {AGENT}\n"));
    stage
}

#[test]
fn when_one_of_two_who_talk_leaves_the_other_is_hung_up() {
    for (leaves, then) in [
        (HangsUp::AfterBridge(Millis(5_000)), AfterAnswer::Waits),
        (HangsUp::Never, AfterAnswer::TalksFor(Millis(5_000))),
    ] {
        let mut stage = joined(leaves, then);
        stage.pass(4_000);
        assert_eq!(stage.model.channel_count(), 2);
        stage.pass(2_000);
        assert_eq!(stage.model.channel_count(), 0);
        assert_eq!(
            stage.times("a CHANNEL_UNBRIDGE").len() + stage.times("a CHANNEL_UNBRIDGE NORMAL_CLEARING").len(),
            1
        );
        let stats = stage.model.stats();
        assert_eq!(stats.calls[CALLER].bridged_with, ["86001"]);
        assert_eq!(stats.phones["86001"].live, 0);
        assert!(stats.calls[CALLER].longest_silence.0 < 200, "{:?}", stats.calls[CALLER]);
    }
}

#[test]
fn a_caller_who_leaves_in_the_instant_of_the_bridge_leaves_an_agent_whom_nobody_wakes() {
    let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
    stage.tell(SwitchInput::HangUp { leg: CALLER.into() });
    stage.pass(5_000);
    assert_eq!(stage.model.stats().orphan_legs.len(), 1);
    assert_eq!(stage.api(&format!("uuid_kill {AGENT}")), "+OK\n");
    stage.pass(100);
    assert_eq!(stage.model.channel_count(), 0);

    let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
    stage.pass(30);
    stage.tell(SwitchInput::HangUp { leg: CALLER.into() });
    stage.pass(5_000);
    assert_eq!(stage.model.stats().orphan_legs.len(), 1);
}

#[test]
fn an_agent_who_leaves_in_the_instant_of_the_bridge_takes_the_caller_along() {
    for (wait, cause) in [(0, "DESTINATION_OUT_OF_ORDER"), (30, "ORIGINATOR_CANCEL")] {
        let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
        stage.pass(wait);
        stage.tell(SwitchInput::HangUp { leg: AGENT.into() });
        stage.pass(100);
        assert!(stage.has(&format!("a CHANNEL_HANGUP {cause}")), "{:?}", stage.events);
        assert!(!stage.has("a CHANNEL_BRIDGE"));
        assert_eq!(stage.model.channel_count(), 0);
    }
}

#[test]
fn an_agent_who_drops_at_once_leaves_a_caller_who_can_be_served_on() {
    let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
    stage.api(&format!("uuid_setvar {CALLER} park_after_bridge true"));
    stage.tell(SwitchInput::HangUp { leg: AGENT.into() });
    stage.pass(1_000);
    assert_eq!(stage.model.channels(), [Arc::<str>::from(CALLER)]);
    assert_eq!(stage.execute(CALLER, "playback", "/sorry.wav"), "+OK");
    stage.pass(100);
    assert!(stage.has("a CHANNEL_EXECUTE playback"));
}

#[test]
fn legs_without_media_or_name_are_not_joined() {
    let mut stage = Stage::with_phone(Phone::NeverAnswers);
    stage.dial(HangsUp::Never);
    stage.ring();
    stage.pass(100);
    assert_eq!(stage.api(&format!("uuid_bridge {CALLER} nobody")), "-ERR Invalid uuid\n");
    assert_eq!(stage.api(&format!("uuid_bridge {CALLER} {CALLER}")), "-ERR Invalid uuid\n");
}

#[test]
fn the_hang_up_cause_appears_twice_where_it_does_on_the_real_wire() {
    let mut model = SwitchModel::new(ModelConfig::default(), Instant(BEGAN));
    let leg = Some(CALLER.parse().unwrap());
    let caller = Caller { number: "138".into(), dialled: "4008001234".into(), leg, ..Caller::default() };
    model.handle(Instant(BEGAN), SwitchInput::Dial(caller));
    let outputs = model.handle(Instant(BEGAN + 100), SwitchInput::HangUp { leg: CALLER.into() });
    let count = |wanted: &str| {
        let events = outputs.iter().filter_map(|output| match output {
            SwitchOutput::Event(event) if event.name() == wanted => Some(event),
            _ => None,
        });
        events.flat_map(|event| &event.headers).filter(|(name, _)| name == "Hangup-Cause").count()
    };
    assert_eq!((count("CHANNEL_HANGUP"), count("CHANNEL_HANGUP_COMPLETE")), (1, 2));
    let sizes = outputs.iter().filter_map(|output| match output {
        SwitchOutput::Event(event) if event.name() == "CHANNEL_HANGUP_COMPLETE" => Some(event.headers.len()),
        _ => None,
    });
    assert!(sizes.into_iter().all(|size| (80..280).contains(&size)));
}

#[test]
fn the_same_seed_and_inputs_give_the_same_events() {
    let run = || {
        let cast = Actors::seeded(5, 30, 10.0);
        let setup = ModelConfig { seed: 5, phones: cast.phones, ..ModelConfig::default() };
        let mut model = SwitchModel::new(setup, Instant(BEGAN));
        let mut said = Vec::new();
        for caller in cast.callers {
            said.extend(model.handle(Instant(BEGAN), SwitchInput::Dial(caller)));
        }
        said.extend(model.handle(Instant(BEGAN + 60_000), SwitchInput::Due));
        (said, model.stats())
    };
    let (one, other) = (run(), run());
    assert_eq!(one, other);
    assert_eq!(one.1.calls.len(), 30);
    assert!(one.1.calls.values().all(|call| call.ended.is_some()));
}

#[test]
fn a_fallback_that_comes_during_the_talk_takes_the_caller_and_frees_the_agent() {
    let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
    stage.pass(500);
    assert_eq!(stage.api(&format!("sched_transfer +2 {CALLER} hotlined_fallback XML public")), "+OK\n");
    stage.pass(3_000);
    assert_eq!(stage.model.channels(), [Arc::<str>::from(CALLER)]);
    assert!(stage.has("a CHANNEL_UNBRIDGE") && stage.has("b CHANNEL_HANGUP_COMPLETE NORMAL_CLEARING"));
    assert!(stage.model.call_report(CALLER).unwrap().fell_back);
    stage.pass(10_000);
    let ended = stage.model.take_ended_calls();
    assert_eq!((ended.len(), stage.model.call_report(CALLER)), (1, None));
}

#[test]
fn keys_pressed_during_a_ringback_are_dropped_by_a_menu_and_heard_by_a_playback() {
    let press = |stage: &mut Stage| {
        stage.dial(HangsUp::Never);
        stage.api(&format!("sched_del {CALLER}"));
        stage.execute(CALLER, "endless_playback", "/ring.wav");
        stage.pass(50);
        stage.tell(SwitchInput::Press { leg: CALLER.into(), key: '7' });
        stage.pass(50);
        assert!(!stage.has("a DTMF"));
    };
    let mut stage = Stage::new(ModelConfig::default());
    press(&mut stage);
    stage.execute(CALLER, "playback", "/a.wav");
    stage.pass(100);
    assert!(stage.has("a DTMF"));
    let mut stage = Stage::new(ModelConfig::default());
    press(&mut stage);
    stage.execute(CALLER, "play_and_get_digits", "1 1 1 1000 # /a.wav silence_stream://250 x [0-9] 1000");
    stage.pass(100);
    assert!(!stage.has("a DTMF"));
    stage.tell(SwitchInput::Press { leg: CALLER.into(), key: '8' });
    stage.pass(100);
    assert_eq!(stage.model.variable(CALLER, "x"), Some("8"));
}

#[test]
fn a_crash_takes_every_channel_without_a_word() {
    let mut stage = joined(HangsUp::Never, AfterAnswer::Waits);
    let said = stage.events.len();
    stage.tell(SwitchInput::Crash);
    stage.pass(1_000);
    assert_eq!(stage.model.channel_count(), 0);
    assert_eq!(stage.events.len(), said);
    assert_eq!(stage.api("show channels as json"), "{\"row_count\": 0}\n");
}
