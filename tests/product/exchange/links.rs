//! Links to the exchange over real TCP: passwords, subscriptions, events, and everything that can go wrong.

use bytes::BytesMut;
use hotlined_core::time::Millis;
use hotlined_esl::event::EslEvent;
use hotlined_esl::frame::WireLimits;
use hotlined_esl::message::{Message, MessageDecoder};
use hotlined_sim::actors::{Actors, AfterAnswer, Caller, Phone, Scenario, ScenarioFault, SwitchFault};
use hotlined_sim::stats::TimelineEvent;
use hotlined_sim::switch::{SimulatedSwitch, SwitchOptions};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Client {
    stream: TcpStream,
    decoder: MessageDecoder,
    buffer: BytesMut,
}

impl Client {
    async fn connect(exchange: &SimulatedSwitch) -> Self {
        let stream = TcpStream::connect(exchange.address()).await.unwrap();
        Self { stream, decoder: MessageDecoder::new(WireLimits::default()), buffer: BytesMut::new() }
    }

    /// Connects, gives the password, and listens.
    async fn listening(exchange: &SimulatedSwitch, what: &str) -> Self {
        let mut client = Self::connect(exchange).await;
        assert!(matches!(client.next().await, Some(Message::AuthRequest)));
        assert_eq!(client.ask("auth ClueCon").await, "+OK accepted");
        assert!(client.ask(what).await.starts_with("+OK event listener enabled"));
        client
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next message; none when the link has ended or nothing comes for two seconds.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.decoder.decode(&mut self.buffer).unwrap() {
                return Some(message);
            }
            let read = tokio::time::timeout(Duration::from_secs(2), self.stream.read_buf(&mut self.buffer));
            if !matches!(read.await, Ok(Ok(1..))) {
                return None;
            }
        }
    }

    /// Sends a command, passes over events, and gives the answer.
    async fn ask(&mut self, command: &str) -> String {
        self.send(&format!("{command}\n\n")).await;
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        loop {
            match self.next().await.expect("an answer") {
                Message::Reply(reply) => return reply.text().into_owned(),
                Message::ApiResponse { body, .. } => return String::from_utf8_lossy(&body).into_owned(),
                _ => {}
            }
        }
    }

    /// Passes over everything until an event of this name, or until nothing comes.
    async fn event(&mut self, name: &str) -> Option<EslEvent> {
        loop {
            match self.next().await? {
                Message::Event(event) if event.name() == name.as_bytes() => return Some(event),
                _ => {}
            }
        }
    }

    /// Whether the link ends now, whatever still comes before.
    async fn ends(&mut self) -> bool {
        while self.next().await.is_some() {}
        let read = tokio::time::timeout(Duration::from_millis(100), self.stream.read_buf(&mut self.buffer));
        matches!(read.await, Ok(Ok(0) | Err(_)))
    }
}

fn caller() -> Caller {
    Caller { number: "13800138000".into(), dialled: "4008001234".into(), ..Caller::default() }
}

async fn exchange() -> SimulatedSwitch {
    SimulatedSwitch::start(SwitchOptions::default()).await.unwrap()
}

#[tokio::test]
async fn a_wrong_password_ends_the_link() {
    let exchange = exchange().await;
    let mut client = Client::connect(&exchange).await;
    client.next().await;
    assert_eq!(client.ask("api status").await, "-ERR command not found");
    assert_eq!(client.ask("auth ClueConn").await, "-ERR invalid");
    assert!(matches!(client.next().await, Some(Message::Disconnect { .. })));
    assert!(client.ends().await);
    assert_eq!(exchange.link_count(), 0);
}

#[tokio::test]
async fn whoever_the_access_list_forbids_hears_so_and_whoever_is_refused_hears_nothing() {
    let exchange = exchange().await;
    exchange.set_rude_rejection(true);
    let mut client = Client::connect(&exchange).await;
    assert!(matches!(client.next().await, Some(Message::Rejected { .. })));
    exchange.set_refusing(true);
    let mut client = Client::connect(&exchange).await;
    assert!(client.next().await.is_none());
    exchange.set_refusing(false);
    Client::listening(&exchange, "event plain all").await;
}

#[tokio::test]
async fn names_that_are_not_known_are_passed_over() {
    let exchange = exchange().await;
    let mut client =
        Client::listening(&exchange, "event plain NO_SUCH channel_park CUSTOM a::b CHANNEL_CREATE").await;
    assert_eq!(client.ask("event plain NO_SUCH").await, "-ERR no keywords supplied");
    assert_eq!(client.ask("filter Unique-ID x").await, "+OK filter added. [Unique-ID]=[x]");
    let leg = exchange.place_call(caller());
    // Behind CUSTOM every word is a subclass, so the first event is the park.
    let Some(Message::Event(event)) = client.next().await else { panic!() };
    assert_eq!(event.name().as_ref(), b"CHANNEL_PARK");
    assert_eq!(event.text("Unique-ID").as_deref(), Some(&*leg));
    assert_eq!(client.ask("noevents").await, "+OK no longer listening for events");
}

/// As seen on 1.10.12: it comes back to who sent it, too.
#[tokio::test]
async fn what_a_client_sends_is_heard_by_all_who_asked_for_its_subclass() {
    let exchange = exchange().await;
    let mut sender = Client::listening(&exchange, "event plain HEARTBEAT CUSTOM a::b").await;
    let mut plain = Client::listening(&exchange, "event plain CUSTOM x::y a::b").await;
    let mut json = Client::listening(&exchange, "event json CUSTOM a::b").await;
    let mut other = Client::listening(&exchange, "event plain CHANNEL_PARK CUSTOM x::y").await;
    let answer = sender.ask("sendevent CUSTOM\nEvent-Subclass: a::b\nToken: 1: 7%20").await;
    let uuid = answer.strip_prefix("+OK ").unwrap().to_owned();
    for client in [&mut sender, &mut plain, &mut json] {
        let event = client.event("CUSTOM").await.unwrap();
        let first = event.headers().next().unwrap();
        assert_eq!((&*first.0, &*first.1), (&b"Event-Subclass"[..], &b"a::b"[..]));
        assert_eq!(event.text("Command").as_deref(), Some("sendevent CUSTOM"));
        assert_eq!(event.text("Event-UUID").as_deref(), Some(&*uuid));
        // What looks coded already is not coded again in a plain event (hazard 1).
        let token = event.text("Token").unwrap();
        assert!(matches!(&*token, "1: 7%20" | "1: 7 "), "{token}");
    }
    // One that names no subclass is for everybody who asked for any.
    assert!(sender.ask("sendevent custom\nToken: 8").await.starts_with("+OK "));
    for client in [&mut sender, &mut plain, &mut json, &mut other] {
        assert_eq!(client.event("CUSTOM").await.unwrap().text("Token").as_deref(), Some("8"));
    }
}

#[tokio::test]
async fn plain_and_json_tell_the_same() {
    let exchange = exchange().await;
    let mut plain = Client::listening(&exchange, "event plain all").await;
    let mut json = Client::listening(&exchange, "event json all").await;
    exchange.place_call(caller());
    let (plain, json) =
        (plain.event("CHANNEL_PARK").await.unwrap(), json.event("CHANNEL_PARK").await.unwrap());
    let told = |event: &EslEvent| -> Vec<(Vec<u8>, Vec<u8>)> {
        event.headers().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    };
    assert_eq!(told(&plain), told(&json));
    assert!(plain.len() > 80, "{}", plain.len());
    assert!(plain.text("variable_switch_r_sdp").unwrap().contains("\r\n"));
}

#[tokio::test]
async fn a_call_is_taken_rung_and_joined_over_the_wire() {
    let exchange = exchange().await;
    exchange.set_phone(
        "86001",
        vec![Phone::Answers { after: Millis(100), then: AfterAnswer::TalksFor(Millis(300)) }],
    );
    let mut happenings = exchange.subscribe_timeline();
    let mut client = Client::listening(&exchange, "event plain all").await;
    let leg = exchange.place_call(caller());
    client.event("CHANNEL_PARK").await.unwrap();
    assert_eq!(client.ask(&format!("api sched_del {leg}")).await, "+OK Deleted: 1\n");
    let play = format!(
        "sendmsg {leg}\ncall-command: execute\nexecute-app-name: endless_playback\nEvent-UUID: my/1\n\
         content-type: text/plain\ncontent-length: 9\n\n/ring.wav"
    );
    client.send(&play).await;
    assert_eq!(client.answer().await, "+OK");
    let started = client.event("PLAYBACK_START").await.unwrap();
    assert_eq!(started.text("Playback-File-Path").as_deref(), Some("/ring.wav"));
    let agent = "b0000000-0000-4000-8000-000000000001";
    let ring =
        format!("bgapi originate {{origination_uuid={agent}}}sofia/trunk/86001@gw &park()\nJob-UUID: j/1");
    assert_eq!(client.ask(&ring).await, "+OK Job-UUID: j/1");
    let job = client.event("BACKGROUND_JOB").await.unwrap();
    assert_eq!(job.text("Job-UUID").as_deref(), Some("j/1"));
    assert_eq!(job.body().as_ref(), format!("+OK {agent}\n").as_bytes());
    for one in [&*leg, agent] {
        client.ask(&format!("api uuid_setvar_multi {one} hangup_after_bridge=true;park_after_bridge=")).await;
    }
    assert_eq!(client.ask(&format!("api uuid_bridge {leg} {agent}")).await, format!("+OK {agent}\n"));
    let mut done = client.event("CHANNEL_EXECUTE_COMPLETE").await.unwrap();
    while done.text("Application").as_deref() != Some("endless_playback") {
        done = client.event("CHANNEL_EXECUTE_COMPLETE").await.unwrap();
    }
    assert_eq!(done.text("Application-UUID").as_deref(), Some("my/1"));
    assert_eq!(
        client.event("CHANNEL_BRIDGE").await.unwrap().text("Bridge-B-Unique-ID").as_deref(),
        Some(agent)
    );
    let ended = client.event("CHANNEL_HANGUP_COMPLETE").await.unwrap();
    assert_eq!(ended.get_all("Hangup-Cause").count(), 2);
    client.event("CHANNEL_DESTROY").await.unwrap();
    client.event("CHANNEL_DESTROY").await.unwrap();
    let stats = exchange.stats();
    assert_eq!(stats.calls[&*leg].bridged_with, ["86001"]);
    assert_eq!((stats.channels, stats.orphan_legs.len()), (0, 0));
    let mut joined = false;
    while let Ok(happening) = happenings.try_recv() {
        joined |= matches!(happening.event, TimelineEvent::Bridged { .. });
    }
    assert!(joined);
}

#[tokio::test]
async fn commands_that_come_in_one_write_keep_their_race() {
    let exchange = exchange().await;
    exchange.set_phone("86001", vec![Phone::NeverAnswers]);
    let mut client = Client::listening(&exchange, "event plain all").await;
    let agent = "b0000000-0000-4000-8000-000000000002";
    let both = format!(
        "bgapi originate {{origination_uuid={agent}}}sofia/trunk/86001@gw &park()\n\napi uuid_kill {agent}\n\n"
    );
    client.send(&both).await;
    assert!(client.answer().await.starts_with("+OK Job-UUID: "));
    assert_eq!(client.answer().await, "-ERR No such channel!\n");
    assert!(client.event("CHANNEL_PROGRESS").await.is_some());
}

#[tokio::test]
async fn exit_is_answered_and_the_link_ends() {
    let exchange = exchange().await;
    let mut client = Client::listening(&exchange, "event plain all").await;
    assert_eq!(client.ask("make_coffee").await, "-ERR command not found");
    assert_eq!(client.ask("exit").await, "+OK bye");
    assert!(matches!(client.next().await, Some(Message::Disconnect { .. })));
    assert!(client.ends().await);
}

#[tokio::test]
async fn a_cut_link_ends_and_the_calls_go_on() {
    let exchange = exchange().await;
    let mut client = Client::listening(&exchange, "event plain all").await;
    let leg = exchange.place_call(caller());
    client.event("CHANNEL_PARK").await.unwrap();
    exchange.cut_links();
    assert!(client.ends().await);
    let mut client = Client::listening(&exchange, "event json all").await;
    let shown: serde_json::Value =
        serde_json::from_str(&client.ask("api show channels as json").await).unwrap();
    assert_eq!((shown["row_count"].as_u64(), shown["rows"][0]["uuid"].as_str()), (Some(1), Some(&*leg)));
    let dump = client.ask(&format!("api uuid_dump {leg}")).await;
    assert!(
        dump.starts_with("Event-Name: CHANNEL_DATA\n")
            && dump.contains("variable_sip_req_uri: 4008001234%40")
    );
    assert!(
        client.ask(&format!("api uuid_dump {leg} plain")).await.contains("variable_sip_req_uri: 4008001234@")
    );
    assert_eq!(client.ask(&format!("api uuid_exists {leg}")).await, "true");
}

#[tokio::test]
async fn a_crash_takes_the_links_and_the_calls() {
    let exchange = exchange().await;
    let mut client = Client::listening(&exchange, "event plain all").await;
    exchange.place_call(caller());
    client.event("CHANNEL_PARK").await.unwrap();
    exchange.crash();
    assert!(client.ends().await);
    assert_eq!(exchange.channel_count(), 0);
    let mut client = Client::listening(&exchange, "event plain all").await;
    assert_eq!(client.ask("api show channels as json").await, "{\"row_count\": 0}\n");
}

#[tokio::test]
async fn a_silent_exchange_says_nothing_and_then_everything() {
    let exchange = exchange().await;
    let mut client = Client::listening(&exchange, "event plain all").await;
    exchange.set_silent(true);
    exchange.place_call(caller());
    client.send("api status\n\n").await;
    let waited = tokio::time::timeout(Duration::from_millis(300), client.next()).await;
    assert!(waited.is_err());
    exchange.set_silent(false);
    assert!(client.answer().await.starts_with("UP "));
    assert!(client.event("CHANNEL_PARK").await.is_some());
}

#[tokio::test]
async fn a_stalled_exchange_does_not_hear_and_goes_on_telling() {
    let exchange = exchange().await;
    let mut client = Client::listening(&exchange, "event plain all").await;
    exchange.set_stalled(true);
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.send("api status\n\n").await;
    exchange.place_call(caller());
    assert!(client.event("CHANNEL_PARK").await.is_some());
    let waited = tokio::time::timeout(Duration::from_millis(300), client.answer()).await;
    assert!(waited.is_err());
    exchange.set_stalled(false);
    assert!(client.answer().await.starts_with("UP "));
}

#[tokio::test]
async fn a_scene_is_played_faster_than_life_with_its_faults() {
    let mut cast = Actors::seeded(11, 20, 4.0);
    cast.callers.iter_mut().for_each(|caller| caller.dialled = "4008001234".into());
    let scene = Scenario {
        seed: 11,
        actors: cast,
        faults: vec![ScenarioFault { at: Millis(3_000), fault: SwitchFault::CutLinks }],
        ..Scenario::default()
    };
    let exchange =
        SimulatedSwitch::start_scenario(scene, SwitchOptions { speed: 20.0, ..SwitchOptions::default() })
            .await
            .unwrap();
    let mut client = Client::listening(&exchange, "event plain all").await;
    assert!(client.ends().await);
    tokio::time::timeout(Duration::from_secs(10), async {
        while exchange.stats().calls.len() < 20 || exchange.channel_count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert!(exchange.stats().calls.values().any(|call| call.fell_back));
}
