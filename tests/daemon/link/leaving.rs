//! The engine stops, and the link with it: quickly, and not before its last words were read.

use super::peer::{Kept, Log, Switch, command, digit, hang_up, settings, within};
use hotlined_esl::server;
use hotlined_esl::server::ParsedRequest;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use hotlined_instance::switch::freeswitch::liveness::LivenessTimeouts;
use std::time::Duration;
use tokio::time::Instant;

/// A link that would wait for ever if it did not hear that the engine stopped.
fn patient(port: u16) -> LinkSettings {
    let ever = Duration::from_secs(3_600);
    let patience = LivenessTimeouts { silence_max: ever.into(), answer_max: ever.into() };
    LinkSettings {
        setup_time_max: ever,
        liveness: patience,
        reconnect_wait_min: ever,
        reconnect_wait_max: ever,
        ..settings(port)
    }
}

#[tokio::test]
async fn a_stop_ends_the_wait_for_the_next_attempt() {
    let port = Switch::open().await.port;
    let kept = Kept::start(patient(port));
    kept.order(hang_up(1)).await;
    kept.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_an_attempt_to_connect() {
    // A listener whose queue is full answers no further attempt to connect.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
    {
        filling.push(stream);
    }
    let mut kept = Kept::start(patient(address.port()));
    // An order that is refused shows that the link is at it.
    kept.order(hang_up(1)).await;
    kept.event().await;
    kept.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_the_set_up() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let kept = Kept::start(patient(switch.port));
    let mut wire = switch.accept().await;
    wire.log_in().await;
    kept.stop().await.unwrap();
    assert!(wire.closes().await);
    assert!(!log.text().contains("WARN"), "{}", log.text());
}

#[tokio::test]
async fn the_last_orders_are_read_before_the_link_closes() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept = Kept::start(patient(switch.port));
    let mut wire = switch.bring_up().await;
    kept.is_restored().await;
    for number in 1..=100 {
        kept.order(hang_up(number)).await;
    }
    let stopping = tokio::spawn(kept.stop());
    // The switch speaks while the engine is already gone: that must not keep back its last words.
    for number in 1..=100 {
        wire.say(digit('1')).await;
        let Some(ParsedRequest::BgApi { job, .. }) = wire.asked().await else { panic!() };
        assert_eq!(job, Some(command(number).to_string()));
        wire.say(server::reply_job(&command(number).to_string())).await;
    }
    assert!(matches!(wire.asked().await, Some(ParsedRequest::Exit)));
    wire.say(server::reply("+OK bye")).await;
    wire.say(server::disconnect_notice()).await;
    within("the link to end", stopping).await.unwrap().unwrap();
    assert!(!log.text().contains("WARN"), "{}", log.text());
    assert!(log.text().contains("link closed"), "{}", log.text());
}

#[tokio::test]
async fn a_switch_that_does_not_say_goodbye_is_left_all_the_same_and_it_is_told() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept = Kept::start(patient(switch.port));
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
    kept.order(hang_up(1)).await;
    let began = Instant::now();
    kept.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(log.text().contains("our last words may be lost"), "{}", log.text());
}
