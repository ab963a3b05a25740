//! Daemons that could act for the same switch hear of each other there: one connection of one of them, without a
//! socket. What others say is as a FreeSWITCH 1.10.12 handed it on.

use super::all;
use bytes::BytesMut;
use hotlined_core::hotline::Trunk;
use hotlined_core::id::SwitchId;
use hotlined_core::prompt::SoundPath;
use hotlined_esl::argument::Endpoint;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::server;
use hotlined_esl::vocabulary::Secret;
use hotlined_instance::switch::freeswitch::encode_command::{DialplanConfig, Fallback};
use hotlined_instance::switch::freeswitch::session::{Credentials, EslSession, SessionError, SessionOutput};
use hotlined_instance::switch::lease_token::{Activation, LeaseToken};

const SAID: &str = "sendevent CUSTOM\nEvent-Subclass: hotlined::acts\nHotlined-Daemon: ours\nHotlined-Token: 1795344198738\n\n";

fn connection(claim: Option<LeaseToken>) -> EslSession {
    let word = |text| Endpoint::new(text).unwrap();
    let fallback = Fallback { extension: word("fallback"), dialplan: word("XML"), context: word("public") };
    let trunk: Trunk = "sofia/gateway/carrier/{number}".parse().unwrap();
    let site = DialplanConfig { trunk, fallback, recordings: SoundPath::new("/rec").unwrap() };
    let account = Credentials { user: None, password: Secret::new("ClueCon").unwrap() };
    let conversation = EslSession::new(SwitchId("fs1".into()), site, account, Format::Plain, 1);
    match claim {
        Some(claim) => conversation.with_token(claim, Activation::Leased),
        None => conversation,
    }
}

fn ours() -> LeaseToken {
    LeaseToken::new("ours", 1_795_344_198_738)
}

/// What the connection says to that.
fn answer(conversation: &mut EslSession, heard: impl AsRef<[u8]>) -> Result<Vec<String>, SessionError> {
    let mut outcome = SessionOutput::default();
    for message in all(heard.as_ref()) {
        conversation.receive(message, &mut outcome)?;
    }
    let texts = outcome.requests.iter().map(|request| {
        let mut bytes = BytesMut::new();
        request.encode(&mut bytes);
        String::from_utf8(bytes.to_vec()).unwrap()
    });
    Ok(texts.collect())
}

/// Up to the subscription; gives what is said then.
fn subscribed(conversation: &mut EslSession) -> (String, Vec<String>) {
    answer(conversation, server::auth_request()).unwrap();
    let events = answer(conversation, server::reply("+OK accepted")).unwrap().remove(0);
    (events, answer(conversation, server::reply("+OK event listener enabled plain")).unwrap())
}

fn acts(daemon: &str, token: &str) -> EventWriter {
    EventWriter::custom("hotlined::acts")
        .header("Command", "sendevent CUSTOM")
        .header("Hotlined-Daemon", daemon)
        .header("Hotlined-Token", token)
}

#[test]
fn whoever_acts_by_a_right_says_so_before_it_asks_for_any_call() {
    let (events, then) = subscribed(&mut connection(Some(ours())));
    // Every word behind CUSTOM is a subclass.
    assert!(events.ends_with(" HEARTBEAT CUSTOM hotlined::acts\n\n"), "{events}");
    assert_eq!(then.len(), 2);
    assert_eq!(then[0], SAID);
    assert!(then[1].starts_with("bgapi msleep"), "{then:?}");
}

#[test]
fn without_a_right_that_others_could_have_nothing_is_said_or_heard() {
    let mut alone = connection(None);
    let (events, then) = subscribed(&mut alone);
    assert!(!events.contains("CUSTOM"), "{events}");
    assert_eq!(then.len(), 1, "{then:?}");
    let other = acts("other", "1795344198739").to_plain();
    assert_eq!(answer(&mut alone, other).unwrap(), [""; 0]);
    assert_eq!(alone.ignored(), 0);
}

#[test]
fn our_own_word_comes_back_and_means_nothing() {
    let mut conversation = connection(Some(ours()));
    subscribed(&mut conversation);
    assert_eq!(
        answer(&mut conversation, server::reply("+OK 9f5f97a2-7970-4ddd-b039-7e96bd04db11")).unwrap(),
        [""; 0]
    );
    let own = acts("ours", "1795344198738");
    for heard in [own.to_plain(), own.to_json()] {
        assert_eq!(answer(&mut conversation, heard).unwrap(), [""; 0]);
    }
}

#[test]
fn who_has_an_earlier_right_is_told_of_ours() {
    let mut conversation = connection(Some(ours()));
    subscribed(&mut conversation);
    for heard in [acts("other", "1795344198737").to_plain(), acts("other", "0").to_json()] {
        assert_eq!(answer(&mut conversation, heard).unwrap(), [SAID]);
    }
}

#[test]
fn who_has_a_later_right_ends_the_connection() {
    for heard in [acts("other", "1795344198739").to_plain(), acts("other", "1795344198739").to_json()] {
        let mut conversation = connection(Some(ours()));
        subscribed(&mut conversation);
        match answer(&mut conversation, heard) {
            Err(SessionError::Superseded(by)) => {
                assert_eq!((by.daemon(), by.number()), ("other", 1_795_344_198_739));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Whatever else may stand in an event of that name: nobody stops acting for it.
#[test]
fn what_cannot_be_read_is_nobodys_right() {
    let mut conversation = connection(Some(ours()));
    subscribed(&mut conversation);
    let higher = || acts("other", "1795344198739");
    let other_class = EventWriter::custom("somebody::acts").header("Hotlined-Daemon", "other");
    let broken = [
        acts("other", ""),
        acts("other", "-1"),
        acts("other", "99999999999999999999999"),
        acts("other", "1795344198739x"),
        EventWriter::custom("hotlined::acts").header("Hotlined-Daemon", "other"),
        EventWriter::custom("hotlined::acts").header("Hotlined-Token", "1795344198739"),
        EventWriter::new("API").header("Event-Subclass", "hotlined::acts").header("Hotlined-Token", "9"),
        other_class.header("Hotlined-Token", "1795344198739"),
    ];
    for event in &broken {
        assert_eq!(answer(&mut conversation, event.to_plain()).unwrap(), [""; 0], "{event:?}");
    }
    assert_eq!(conversation.ignored(), broken.len() as u64);
    assert!(answer(&mut conversation, higher().to_plain()).is_err());
}
