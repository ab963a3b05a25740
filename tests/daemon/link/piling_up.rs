//! One side does not keep up with the other.

use super::peer::{
    Changes, Kept, Log, Switch, command, digit, hang_up, heard_digit, leased, settings, within,
};
use hotlined_core::event::{CommandResult, Event};
use hotlined_instance::switch::freeswitch::link::{LinkLimits, LinkSettings};
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_switch_that_does_not_read_is_still_listened_to() {
    let switch = Switch::narrow().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    // Far more than the link's own socket holds, too.
    for number in 1..40_000 {
        kept.order(hang_up(number)).await;
    }
    for _ in 0..100 {
        wire.say(digit('1')).await;
        assert_eq!(kept.event().await, heard_digit('1'));
    }
    // When it reads again, nothing is missing.
    for number in 1..40_000 {
        let Some(hotlined_esl::server::ParsedRequest::BgApi { job, .. }) = wire.asked().await else {
            panic!()
        };
        assert_eq!(job, Some(command(number).to_string()));
    }
}

/// What lies unread when the link ends, by itself or because somebody else acts, never arrives: the system would go on
/// for minutes to get it through.
async fn is_taken_back(end: impl AsyncFnOnce(&mut Kept, Changes)) {
    let switch = Switch::narrow().await;
    let (changes, right) = leased();
    let settings = LinkSettings { liveness: LivenessTimeouts::default(), ..settings(switch.port) };
    let mut kept = Kept::by_right(settings, 1_024, right);
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    // More than its socket takes in.
    for number in 1..1_000 {
        kept.order(hang_up(number)).await;
    }
    assert!(wire.asked().await.is_some());
    end(&mut kept, changes).await;
    let ended = within("an end", wire.stream.read_to_end(&mut Vec::new())).await;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn what_a_silent_switch_has_not_read_does_not_arrive_once_it_is_given_up() {
    is_taken_back(async |kept, _changes| kept.is_lost().await).await;
}

#[tokio::test]
async fn what_a_switch_has_not_read_does_not_arrive_once_we_may_not_speak() {
    is_taken_back(async |_kept, changes| changes.send(None).await.unwrap()).await;
}

#[tokio::test]
async fn a_switch_that_never_answers_is_given_up() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let limits = LinkLimits { unanswered_max: 1_000, ..LinkLimits::default() };
    let mut kept = Kept::start(LinkSettings { limits, ..settings(switch.port) });
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    for number in 1..=1_001 {
        kept.order(hang_up(number)).await;
    }
    kept.is_lost().await;
    for number in 1..=1_001 {
        let result = CommandResult::Unknown;
        assert_eq!(kept.event().await, Event::Done { command: command(number), result });
    }
    assert!(wire.closes().await);
    assert!(log.text().contains("1001 requests wait for an answer"), "{}", log.text());
}

#[tokio::test]
async fn an_engine_that_does_not_keep_up_loses_nothing_until_the_limit_and_then_begins_anew() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let limits = LinkLimits { backlog_max: 5_000, ..LinkLimits::default() };
    let mut kept = Kept::with_inbox(LinkSettings { limits, ..settings(switch.port) }, 10);
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    let keys: Vec<char> = "0123456789*#".chars().collect();
    // As many as may wait: the link reads on, and the engine gets them all.
    let sent: Vec<u8> = keys.iter().cycle().take(5_000).flat_map(|key| digit(*key)).collect();
    wire.say(sent).await;
    for key in keys.iter().cycle().take(5_000) {
        assert_eq!(kept.event().await, heard_digit(*key));
    }
    // More than may wait: what has come is heard, then that the link was lost.
    let more: Vec<u8> = keys.iter().cycle().take(20_000).flat_map(|key| digit(*key)).collect();
    let writing = tokio::spawn(async move {
        let _ = wire.stream.write_all(&more).await;
        assert!(wire.closes().await);
    });
    super::peer::within("the link to close", writing).await.unwrap();
    let mut heard = 0;
    loop {
        match kept.event().await {
            Event::LinkLost { .. } => break,
            event => assert_eq!(event, heard_digit(keys[heard % keys.len()])),
        }
        heard += 1;
    }
    assert!(heard > 5_000, "{heard}");
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
    assert!(log.text().contains("events wait for the engine"), "{}", log.text());
}
