//! A link that hears at the switch that somebody acts there by a later right than its own.

use super::peer::{
    CALLER, Kept, NO_CHANNELS, Switch, Wire, digit, hang_up, heard_digit, made, settings, within,
};
use hotlined::daemon::link_task::LinkAuthority;
use hotlined_core::event::Event;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::server;
use hotlined_esl::server::ParsedRequest;
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};

fn acts(daemon: &str, token: u64) -> Vec<u8> {
    let event = EventWriter::custom("hotlined::acts").header("Hotlined-Daemon", daemon);
    event.header("Hotlined-Token", token.to_string()).to_plain().to_vec()
}

/// Who the link says acts.
async fn says(wire: &mut Wire) -> (String, String) {
    let Some(ParsedRequest::SendEvent { name, headers }) = wire.asked().await else { panic!() };
    let of = |name: &str| headers.iter().find(|(header, _)| header == name).unwrap().1.clone();
    assert_eq!((name.as_str(), of("Event-Subclass").as_str()), ("CUSTOM", "hotlined::acts"));
    wire.say(server::reply("+OK 9f5f97a2-7970-4ddd-b039-7e96bd04db11")).await;
    (of("Hotlined-Daemon"), of("Hotlined-Token"))
}

/// The link of a daemon `b` with the token 7, as it comes up.
async fn comes_up(switch: &Switch) -> Wire {
    let mut wire = switch.accept().await;
    assert_eq!(wire.subscribe().await, ["hotlined::acts"]);
    assert_eq!(says(&mut wire).await, ("b".into(), "7".into()));
    wire.prove_events().await;
    wire.say(server::api_response(NO_CHANNELS.as_bytes())).await;
    wire
}

/// A link of a daemon `b` with the token 7 that nobody gave a lease, once it has asked who acts.
async fn asks(switch: &Switch, claiming: Activation) -> (Kept, Wire) {
    let right =
        LinkAuthority { claim: Some((LeaseToken::new("b", 7), claiming)), ..LinkAuthority::undisputed() };
    let kept = Kept::by_right(settings(switch.port), 1_024, right);
    let mut wire = switch.accept().await;
    assert_eq!(wire.subscribe().await, ["hotlined::acts"]);
    assert_eq!(says(&mut wire).await, ("b".into(), "0".into()), "a question has no token");
    (kept, wire)
}

fn link(switch: &Switch) -> Kept {
    let right = LinkAuthority {
        claim: Some((LeaseToken::new("b", 7), Activation::Leased)),
        ..LinkAuthority::undisputed()
    };
    Kept::by_right(settings(switch.port), 1_024, right)
}

#[tokio::test]
async fn nothing_more_is_said_once_somebody_with_a_later_right_was_heard() {
    let switch = Switch::open().await;
    let mut kept = link(&switch);
    let mut wire = comes_up(&switch).await;
    kept.is_restored().await;
    kept.order(hang_up(1)).await;
    assert!(matches!(wire.asked().await, Some(ParsedRequest::BgApi { .. })));
    // Our own word, one of who does not know of us, and news: it goes on.
    wire.say([acts("b", 7), acts("a", 6), digit('1')].concat()).await;
    assert_eq!(kept.event().await, heard_digit('1'));
    assert_eq!(says(&mut wire).await, ("b".into(), "7".into()), "who comes late hears of us");
    wire.say([acts("a", 8), digit('2')].concat()).await;
    let error = within("the link to end", &mut kept.ended).await.unwrap().unwrap_err();
    let by = error.superseded_by().unwrap();
    assert_eq!((by.daemon(), by.number()), ("a", 8));
    assert!(wire.asked().await.is_none(), "not a word more");
    // Neither that the link is lost, nor how the order ended: that is the other's now.
    let told: Option<Event> = kept.inbox.recv().await;
    assert_eq!(told, None);
    assert!(switch.is_unvisited().await, "it does not come again");
}

#[tokio::test]
async fn a_link_hears_of_a_later_right_before_it_is_up() {
    let switch = Switch::open().await;
    let kept = link(&switch);
    let mut wire = switch.accept().await;
    wire.subscribe().await;
    says(&mut wire).await;
    wire.say(acts("a", 8)).await;
    assert!(kept.refusal().await.superseded_by().is_some());
}

/// Behind so much old news that it is read in several pieces.
#[tokio::test]
async fn a_later_right_is_heard_behind_news_that_come_late() {
    let switch = Switch::open().await;
    let mut kept = link(&switch);
    let mut wire = comes_up(&switch).await;
    kept.is_restored().await;
    let parked = || EventWriter::new("CHANNEL_PARK").header("Unique-ID", CALLER);
    wire.say(made(parked(), 5_000)).await;
    assert!(matches!(kept.event().await, Event::Leg { .. }));
    let old: Vec<u8> = (1_000..4_000).flat_map(|at| made(parked().body([b'x'; 200]), at)).collect();
    wire.say([old, acts("a", 8)].concat()).await;
    let error = within("the link to end", &mut kept.ended).await.unwrap().unwrap_err();
    assert!(error.superseded_by().is_some(), "{error}");
    assert!(switch.is_unvisited().await, "it does not come again");
}

/// Each time the link comes up whoever acts says so: others may have come meanwhile.
#[tokio::test]
async fn a_link_that_comes_back_says_again_who_acts() {
    let switch = Switch::open().await;
    let mut kept = link(&switch);
    drop(comes_up(&switch).await);
    kept.is_restored().await;
    kept.is_lost().await;
    comes_up(&switch).await;
    kept.is_restored().await;
    assert!(kept.stop().await.is_ok());
}

#[tokio::test]
async fn where_nobody_gives_leases_a_daemon_asks_who_acts_before_it_does() {
    let switch = Switch::open().await;
    let (mut kept, mut wire) = asks(&switch, Activation::Asking).await;
    // Its own question comes back, and that of another one that has only just come, too.
    wire.say([acts("b", 0), acts("a", 0)].concat()).await;
    wire.prove_events().await;
    wire.say(server::api_response(NO_CHANNELS.as_bytes())).await;
    assert_eq!(says(&mut wire).await, ("b".into(), "7".into()), "nobody has answered");
    kept.is_restored().await;
    wire.say(acts("a", 0)).await;
    assert_eq!(says(&mut wire).await, ("b".into(), "7".into()), "who asks now is answered");
    wire.say(acts("a", 9)).await;
    assert!(kept.refusal().await.superseded_by().is_some());
}

#[tokio::test]
async fn where_a_daemon_acts_already_another_one_refuses_to_whoever_came_first() {
    for token in [6, 8] {
        let switch = Switch::open().await;
        let (kept, mut wire) = asks(&switch, Activation::Asking).await;
        wire.say(acts("a", token)).await;
        let error = kept.refusal().await.to_string();
        assert!(error.contains("daemon \"a\" acts for this switch already"), "{error}");
        assert!(wire.asked().await.is_some_and(|asked| matches!(asked, ParsedRequest::BgApi { .. })));
        assert!(wire.asked().await.is_none(), "not a word more");
    }
}

#[tokio::test]
async fn a_daemon_that_is_told_to_takes_over_by_a_right_that_goes_before() {
    let switch = Switch::open().await;
    let (mut kept, mut wire) = asks(&switch, Activation::TakingOver).await;
    wire.say(acts("a", 8)).await;
    wire.prove_events().await;
    wire.say(server::api_response(NO_CHANNELS.as_bytes())).await;
    assert_eq!(says(&mut wire).await, ("b".into(), "9".into()));
    kept.is_restored().await;
    // The one before does not know it yet.
    wire.say(acts("a", 8)).await;
    assert_eq!(says(&mut wire).await, ("b".into(), "9".into()));
    assert!(kept.stop().await.is_ok());
}
