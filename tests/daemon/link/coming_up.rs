//! Before the link is up: who is there, if anybody, and whether we are welcome.

use super::peer::{Kept, Log, Switch, settings, within};
use hotlined_esl::server;
use hotlined_instance::switch::freeswitch::link::LinkError;
use hotlined_instance::switch::freeswitch::session::SessionError;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn a_wrong_password_ends_it_and_names_the_setting() {
    let switch = Switch::open().await;
    let kept = Kept::start(settings(switch.port));
    let mut wire = switch.accept().await;
    wire.say(server::auth_request()).await;
    wire.asked().await;
    wire.say(server::reply("-ERR invalid")).await;
    wire.say(server::disconnect_notice()).await;
    let error = kept.refusal().await;
    assert!(matches!(error, LinkError::Refused(SessionError::Password)), "{error}");
    assert!(error.to_string().contains("[switch] password"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_not_welcome_ends_it_and_names_the_access_list() {
    let switch = Switch::open().await;
    let kept = Kept::start(settings(switch.port));
    switch.accept().await.say(server::rude_rejection()).await;
    let error = kept.refusal().await;
    assert!(error.to_string().contains("apply-inbound-acl"), "{error}");
    assert!(error.to_string().contains("Access Denied, go away."), "{error}");
}

#[tokio::test]
async fn what_is_refused_after_having_been_welcome_is_tried_again() {
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    drop(switch.bring_up().await);
    kept.is_restored().await;
    kept.is_lost().await;
    let mut wire = switch.accept().await;
    wire.say(server::auth_request()).await;
    wire.asked().await;
    wire.say(server::reply("-ERR invalid")).await;
    assert!(wire.closes().await);
    let mut wire = switch.accept().await;
    wire.say(server::rude_rejection()).await;
    assert!(wire.closes().await);
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
}

/// What the log says about a peer that says this and then waits, or closes.
async fn told_about(said: &[u8], closes: bool) -> String {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let limit = if closes { Duration::from_secs(30) } else { Duration::from_millis(100) };
    let _kept = Kept::start(hotlined_instance::switch::freeswitch::link::LinkSettings {
        setup_time_max: limit,
        ..settings(switch.port)
    });
    let mut wire = switch.accept().await;
    wire.say(said).await;
    if closes {
        drop(wire);
    } else {
        assert!(wire.closes().await);
    }
    // That it comes again is part of it.
    switch.accept().await;
    log.lines("link down").into_iter().next().unwrap()
}

#[tokio::test]
async fn a_peer_that_is_no_event_socket_is_told_as_such_and_tried_again() {
    let http = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n400";
    let told = told_about(http, false).await;
    assert!(told.contains("does not speak as an event socket"), "{told}");
    let random: Vec<u8> = (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let told = told_about(&random, false).await;
    assert!(told.contains("does not speak as an event socket"), "{told}");
}

#[tokio::test]
async fn a_peer_that_closes_at_once_is_tried_again() {
    let told = told_about(b"", true).await;
    assert!(told.contains("the switch closed the connection"), "{told}");
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_given_up_after_its_time_and_tried_again() {
    let told = told_about(b"", false).await;
    assert!(told.contains("accepts connections and then says nothing for 100ms"), "{told}");
}

#[tokio::test]
async fn a_peer_that_drips_does_not_keep_the_link_half_up_for_ever() {
    let switch = Switch::open().await;
    let limit = Duration::from_millis(500);
    let began = Instant::now();
    let _kept = Kept::start(hotlined_instance::switch::freeswitch::link::LinkSettings {
        setup_time_max: limit,
        ..settings(switch.port)
    });
    let mut wire = switch.accept().await;
    let mut every = tokio::time::interval(Duration::from_millis(20));
    within("the link to lose patience", async {
        while tokio::io::AsyncWriteExt::write_all(&mut wire.stream, b"C").await.is_ok() {
            every.tick().await;
        }
    })
    .await;
    assert!(began.elapsed() >= limit);
}

#[tokio::test(start_paused = true)]
async fn attempts_to_connect_come_ever_more_seldom_up_to_a_limit() {
    let (log, _guard) = Log::listen();
    // A port that was free a moment ago and is closed now: connecting is refused at once.
    let port = Switch::open().await.port;
    let (min, max) = (Duration::from_millis(20), Duration::from_secs(1));
    let began = Instant::now();
    let kept = Kept::start(hotlined_instance::switch::freeswitch::link::LinkSettings {
        reconnect_wait_min: min,
        reconnect_wait_max: max,
        ..settings(port)
    });
    tokio::time::sleep(Duration::from_secs(12)).await;
    kept.stop().await.unwrap();
    let waits: Vec<f64> = log.lines("link down").iter().map(|line| retry_in(line)).collect();
    assert!(waits.len() > 12, "{waits:?}");
    let mut wait = min.as_secs_f64();
    for (at, waited) in waits.iter().enumerate() {
        assert!(
            (wait / 2.0..=wait).contains(waited),
            "wait {at} of {waits:?} is not between {} and {wait}",
            wait / 2.0
        );
        wait = (wait * 2.0).min(max.as_secs_f64());
    }
    // Many daemons must not come back at the same instant.
    let late: Vec<f64> = waits[7..].to_vec();
    assert!(late.iter().any(|wait| (wait - late[0]).abs() > 0.001), "{late:?}");
    let waited: f64 = waits[..waits.len() - 1].iter().sum();
    assert!(waited <= began.elapsed().as_secs_f64(), "{waited} s were said, {:?} passed", began.elapsed());
    assert!(log.text().contains("cannot connect to 127.0.0.1:"), "{}", log.text());
}

/// The wait that a line of the log announces, in seconds.
fn retry_in(line: &str) -> f64 {
    let text = line.split("retry_in=").nth(1).unwrap().split_whitespace().next().unwrap();
    match text.strip_suffix("ms") {
        Some(millis) => millis.parse::<f64>().unwrap() / 1_000.0,
        None => text.strip_suffix('s').unwrap().parse().unwrap(),
    }
}
