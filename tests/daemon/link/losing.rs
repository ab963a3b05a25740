//! The link is lost, and comes back.

use super::peer::{
    CALLER, Kept, Log, NO_CHANNELS, Switch, command, digit, hang_up, heard_digit, leased, leg, made, settings,
};
use hotlined::daemon::clock::Clock;
use hotlined_core::command::Action;
use hotlined_core::event::{Cause, CommandResult, Event, LegEvent};
use hotlined_core::prompt::{Prompt, Tone};
use hotlined_core::time::Millis;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::server;
use hotlined_esl::server::ParsedRequest;
use hotlined_instance::switch::freeswitch::link::{LinkSettings, WritePermit};
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use std::time::Duration;

fn unknown(number: u32) -> Event {
    Event::Done { command: command(number), result: CommandResult::Unknown }
}

#[tokio::test]
async fn a_switch_that_falls_silent_is_given_up() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let liveness = LivenessTimeouts { silence_max: Millis(300), ..settings(switch.port).liveness };
    let mut kept = Kept::start(LinkSettings { liveness, ..settings(switch.port) });
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    kept.is_lost().await;
    assert!(wire.closes().await);
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
    assert!(log.text().contains("not even a heartbeat"), "{}", log.text());
}

/// Is there nothing to be told, or does nothing come?
#[tokio::test]
async fn a_switch_that_falls_quiet_after_an_order_is_asked_whether_it_is_there() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept =
        Kept::start(LinkSettings { liveness: LivenessTimeouts::default(), ..settings(switch.port) });
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    kept.order(hang_up(1)).await;
    assert!(matches!(wire.asked().await, Some(ParsedRequest::BgApi { .. })));
    wire.say(server::reply_job("x")).await;
    for _ in 0..2 {
        assert_eq!(wire.asked().await, Some(ParsedRequest::NoLog));
        wire.say(server::reply(server::NOT_LOGGING)).await;
    }
    assert_eq!(wire.asked().await, Some(ParsedRequest::NoLog));
    kept.is_lost().await;
    assert_eq!(kept.event().await, unknown(1));
    assert!(wire.closes().await);
    let told = log.lines("link down").into_iter().next().unwrap();
    assert!(told.contains("the switch said nothing for "), "{told}");
}

/// Whoever may not speak, since somebody else may act by now, has not asked anything either.
#[tokio::test]
async fn a_switch_that_we_may_not_ask_owes_no_answer() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let liveness = LivenessTimeouts { silence_max: Millis::seconds(2), answer_max: Millis(100) };
    let (changes, right) = leased();
    let settings = LinkSettings { liveness, ..settings(switch.port) };
    let mut kept = Kept::by_right(settings, 1_024, right);
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
    changes.send(Some(WritePermit::Until(Clock::start().now()))).await.unwrap();
    kept.order(hang_up(1)).await;
    kept.is_lost().await;
    let told = log.lines("link down").into_iter().next().unwrap();
    let silence = told.split("the switch said nothing for ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(silence.parse::<f64>().unwrap() >= 2.0, "{told}");
}

/// What the switch said was held up for three seconds: who came meanwhile may be with the fallback by now.
#[tokio::test]
async fn news_that_come_late_begin_the_link_again_and_no_caller_is_taken_by_them() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    let of_caller = |name| EventWriter::new(name).header("Unique-ID", CALLER);
    let arrives = || {
        let parked = of_caller("CHANNEL_PARK").header("Call-Direction", "inbound");
        parked.header("Caller-Destination-Number", "4008001234")
    };
    // The clock of the switch may be anywhere, and a second is nothing.
    wire.say(made(of_caller("CHANNEL_ANSWER"), 5_000)).await;
    assert_eq!(kept.event().await, Event::Leg { leg: leg(CALLER), event: LegEvent::Answered });
    wire.say(made(arrives(), 4_000)).await;
    assert!(matches!(kept.event().await, Event::Arrived(_)));
    let hangs_up = of_caller("CHANNEL_HANGUP").header("Hangup-Cause", "NORMAL_CLEARING");
    wire.say([made(arrives(), 2_000), made(hangs_up, 2_500), made(arrives(), 5_000)].concat()).await;
    let gone = LegEvent::HungUp { cause: Cause::Normal, far_end: false };
    assert_eq!(kept.event().await, Event::Leg { leg: leg(CALLER), event: gone });
    kept.is_lost().await;
    assert!(wire.closes().await);
    assert!(log.text().contains("what the switch says is 3."), "{}", log.text());
    // A new connection has a measure of its own.
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    wire.say(made(arrives(), 1_000)).await;
    assert!(matches!(kept.event().await, Event::Arrived(_)));
}

#[tokio::test]
async fn heartbeats_keep_a_link_and_what_nobody_needs_is_counted() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let liveness = LivenessTimeouts { silence_max: Millis::seconds(2), ..settings(switch.port).liveness };
    let mut kept = Kept::start(LinkSettings { liveness, ..settings(switch.port) });
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    let heartbeat = EventWriter::new("HEARTBEAT").header("Event-Info", "System Ready").to_plain();
    // These have no legs of ours or no meaning: a log line, an event nobody asked for, a leg without a name.
    let unneeded = [
        EventWriter::new("CHANNEL_STATE").header("Unique-ID", CALLER).to_plain(),
        EventWriter::new("CHANNEL_ANSWER").header("Unique-ID", "a; system rm").to_plain(),
        EventWriter::new("BACKGROUND_JOB").header("Job-UUID", "somebody-else's").body("+OK\n").to_plain(),
    ];
    let mut every = tokio::time::interval(Duration::from_millis(250));
    for _ in 0..12 {
        every.tick().await;
        wire.say(&heartbeat).await;
    }
    wire.say(unneeded.concat()).await;
    wire.say(digit('1')).await;
    assert_eq!(kept.event().await, heard_digit('1'));
    drop(wire);
    kept.is_lost().await;
    switch.accept().await;
    let told = log.lines("link down").into_iter().next().unwrap();
    assert!(told.contains("heartbeats=12") && told.contains("shed=3"), "{told}");
}

#[tokio::test]
async fn a_broken_frame_in_the_middle_closes_the_link_and_what_was_before_it_counts() {
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    // The tail of a body that a slow client gets in place of a head (MES:1452).
    wire.say([digit('1'), b"y_undef_\nvariable_x%3A y\n\n".to_vec(), digit('2')].concat()).await;
    assert_eq!(kept.event().await, heard_digit('1'));
    kept.is_lost().await;
    assert!(wire.closes().await);
    switch.accept().await.bring_up(NO_CHANNELS).await;
    kept.is_restored().await;
}

#[tokio::test]
async fn orders_that_have_no_answer_when_the_link_is_lost_end_as_unknown() {
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    // A job that was answered, a job that was begun, a sound that plays, a job that was refused.
    let play = Action::Play { leg: leg(CALLER), prompt: Prompt::Tone(Tone::Ringing), repeat: true };
    for order in [hang_up(1), hang_up(2), (command(3), play), hang_up(4)] {
        kept.order(order).await;
    }
    for number in [1, 2, 4] {
        let request = loop {
            match wire.asked().await {
                Some(ParsedRequest::BgApi { job, .. }) => break job,
                Some(ParsedRequest::Execute { event_uuid, .. }) => {
                    assert_eq!(event_uuid, Some(command(3).to_string()));
                    wire.say(server::reply("+OK")).await;
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(request, Some(command(number).to_string()));
        let answer = if number == 4 { server::reply("-ERR memory error") } else { server::reply_job("x") };
        wire.say(answer).await;
    }
    wire.say(super::peer::job_done(&command(1).to_string(), "+OK\n")).await;
    let mut done = [kept.event().await, kept.event().await];
    done.sort_by_key(|event| format!("{event:?}"));
    assert!(matches!(&done[0], Event::Done { command: id, result: CommandResult::Ok } if *id == command(1)));
    assert!(
        matches!(&done[1], Event::Done { command: id, result: CommandResult::Failed(_) } if *id == command(4))
    );
    drop(wire);
    kept.is_lost().await;
    assert_eq!([kept.event().await, kept.event().await], [unknown(2), unknown(3)]);
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
}

#[tokio::test]
async fn an_order_by_a_connection_that_is_lost_is_not_carried_out_by_the_next() {
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let wire = switch.bring_up().await;
    kept.is_restored().await;
    let before = kept.connection;
    drop(wire);
    kept.is_lost().await;
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    let now = std::mem::replace(&mut kept.connection, before);
    kept.order(hang_up(1)).await;
    assert_eq!(kept.event().await, unknown(1));
    kept.connection = now;
    kept.order(hang_up(2)).await;
    let Some(ParsedRequest::BgApi { job, .. }) = wire.asked().await else { panic!("no order") };
    assert_eq!(job, Some(command(2).to_string()), "the first was never said");
}

#[tokio::test]
async fn orders_while_there_is_no_link_end_as_unknown_at_once() {
    // Nobody listens; then somebody listens and says nothing; then the set-up begins.
    let port = Switch::open().await.port;
    let waits_long = LinkSettings {
        reconnect_wait_min: Duration::from_secs(600),
        reconnect_wait_max: Duration::from_secs(600),
        ..settings(port)
    };
    let mut kept = Kept::start(waits_long);
    kept.order(hang_up(1)).await;
    assert_eq!(kept.event().await, unknown(1));

    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.accept().await;
    kept.order(hang_up(2)).await;
    assert_eq!(kept.event().await, unknown(2));
    wire.log_in().await;
    kept.order(hang_up(3)).await;
    assert_eq!(kept.event().await, unknown(3));
}
