//! A link that hears at the switch that somebody acts there by a later right than its own.

use crate::peer::{
    CALLER, Kept, NO_CHANNELS, Switch, Wire, digit, hang_up, heard_digit, made, settings, within,
};
use hotlined::event::Event;
use hotlined::switch::claim::Claim;
use hotlined::switch::esl::event_writer::EventWriter;
use hotlined::switch::esl::server::{self, ClientRequest};
use hotlined::switch::gate::{Gate, Right};

fn acts(daemon: &str, token: u64) -> Vec<u8> {
    let event = EventWriter::custom("hotlined::acts").header("Hotlined-Daemon", daemon);
    event.header("Hotlined-Token", token.to_string()).plain().to_vec()
}

/// Who the link says acts.
async fn says(wire: &mut Wire) -> (String, String) {
    let Some(ClientRequest::SendEvent { name, headers }) = wire.asked().await else { panic!() };
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

fn link(switch: &Switch) -> Kept {
    let right = Right { gate: Gate::always_open(), claim: Some(Claim::new("b", 7)) };
    Kept::by_right(settings(switch.port), 1_024, right)
}

#[tokio::test]
async fn nothing_more_is_said_once_somebody_with_a_later_right_was_heard() {
    let switch = Switch::open().await;
    let mut kept = link(&switch);
    let mut wire = comes_up(&switch).await;
    kept.is_restored().await;
    kept.order(hang_up(1)).await;
    assert!(matches!(wire.asked().await, Some(ClientRequest::BgApi { .. })));
    // Our own word, one of who does not know of us, and news: it goes on.
    wire.say([acts("b", 7), acts("a", 6), digit('1')].concat()).await;
    assert_eq!(kept.event().await, heard_digit('1'));
    assert_eq!(says(&mut wire).await, ("b".into(), "7".into()), "who comes late hears of us");
    wire.say([acts("a", 8), digit('2')].concat()).await;
    let error = within("the link to end", &mut kept.ended).await.unwrap().unwrap_err();
    let by = error.superseded_by().unwrap();
    assert_eq!((by.daemon(), by.token()), ("a", 8));
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
