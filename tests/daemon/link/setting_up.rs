//! While the link is being set up: what the switch answers to the subscription and to the question for its
//! channels, and what happens meanwhile.

use super::peer::{CALLER, Kept, Log, NO_CHANNELS, Switch, digit, heard_digit, job_done, leg, settings};
use hotlined_core::event::{Event, LegState};
use hotlined_esl::server;
use hotlined_esl::server::ParsedRequest;
use hotlined_instance::switch::freeswitch::link::LinkSettings;
use std::time::Duration;

#[tokio::test]
async fn events_that_come_before_the_list_are_heard_behind_it() {
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.accept().await;
    wire.log_in().await;
    wire.asked().await;
    // The first may come before the answer to the subscription.
    wire.say(digit('1')).await;
    wire.say(server::reply("+OK event listener enabled plain")).await;
    let Some(ParsedRequest::BgApi { job: Some(job), .. }) = wire.asked().await else { panic!() };
    wire.say([digit('2'), server::reply_job(&job).to_vec(), digit('3'), job_done(&job, "+OK\n")].concat())
        .await;
    assert!(matches!(wire.asked().await, Some(ParsedRequest::Api { .. })));
    let row = format!(
        r#"{{"uuid":"{CALLER}","direction":"inbound","dest":"4008001234","initial_dest":"4008001234",
            "cid_num":"13800138000","callstate":"EARLY","state":"CS_EXECUTE","application":"park"}}"#
    );
    let list = format!(r#"{{"row_count":1,"rows":[{row}]}}"#);
    wire.say([digit('4'), server::api_response(list.as_bytes()).to_vec(), digit('5')].concat()).await;
    let Event::LinkRestored { legs, .. } = kept.event().await else { panic!() };
    assert_eq!((&legs[0].leg, &legs[0].state), (&leg(CALLER), &LegState::Parked));
    for key in '1'..='5' {
        assert_eq!(kept.event().await, heard_digit(key));
    }
}

/// What the log says when the switch answers like this once it is asked for events.
async fn told_after(answer: &[u8]) -> String {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.accept().await;
    wire.log_in().await;
    wire.asked().await;
    wire.say(answer).await;
    assert!(wire.closes().await);
    // It is no fault that lasts: the switch may be reloading.
    let _wire = switch.bring_up().await;
    kept.is_restored().await;
    log.lines("link down").into_iter().next().unwrap()
}

#[tokio::test]
async fn a_refused_subscription_is_told_and_tried_again() {
    let told = told_after(&server::reply("-ERR no keywords supplied")).await;
    assert!(told.contains("refused to send events: -ERR no keywords supplied"), "{told}");
}

#[tokio::test]
async fn an_answer_to_another_question_begins_the_link_anew() {
    let told = told_after(&server::api_response(b"+OK\n")).await;
    assert!(told.contains("answered what nobody asked"), "{told}");
    let told = told_after(&server::auth_request()).await;
    assert!(told.contains("asks for the password again"), "{told}");
    let told = told_after(&server::disconnect_notice()).await;
    assert!(told.contains("closes the connection: Disconnected, goodbye."), "{told}");
}

/// What the log says when the switch lists its channels like this.
async fn told_of_list(list: &[u8]) -> String {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let mut kept = Kept::start(settings(switch.port));
    let mut wire = switch.accept().await;
    wire.set_up().await;
    wire.say(list).await;
    assert!(wire.closes().await);
    switch.accept().await.bring_up(NO_CHANNELS).await;
    kept.is_restored().await;
    log.lines("link down").into_iter().next().unwrap()
}

#[tokio::test]
async fn a_list_of_channels_that_cannot_be_read_begins_the_link_anew() {
    for body in [
        &b"-ERR show Command not found!\n"[..],
        b"",
        b"[]",
        b"{}",
        b"{\"row_count\":1,\"rows\":[{\"direction\":\"inbound\"}]}",
    ] {
        let told = told_of_list(&server::api_response(body)).await;
        assert!(told.contains("list of channels cannot be read"), "{told}");
    }
    let told = told_of_list(&server::reply("-ERR command not found")).await;
    assert!(told.contains("in place of the list of channels"), "{told}");
}

#[tokio::test]
async fn a_switch_that_sends_no_events_is_told_as_such() {
    let (log, _guard) = Log::listen();
    let switch = Switch::open().await;
    let _kept =
        Kept::start(LinkSettings { setup_time_max: Duration::from_millis(300), ..settings(switch.port) });
    let mut wire = switch.accept().await;
    wire.log_in().await;
    wire.asked().await;
    wire.say(server::reply("+OK event listener enabled plain")).await;
    wire.asked().await;
    wire.say(server::reply_job("hotlined-probe")).await;
    assert!(wire.closes().await);
    switch.accept().await;
    let told = log.lines("link down").into_iter().next().unwrap();
    assert!(told.contains("did not let us work within 300ms: we still waited for a first event"), "{told}");
}
