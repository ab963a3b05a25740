//! The codecs on a stream that may cut anywhere.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hotlined_esl::codec::StreamError;
use hotlined_esl::event::Format;
use hotlined_esl::event_writer::EventWriter;
use hotlined_esl::frame::FrameError;
use hotlined_esl::message::{Message, MessageDecoder};
use hotlined_esl::request::Request;
use hotlined_esl::server;
use hotlined_esl::server::{ParsedRequest, RequestDecoder};
use hotlined_esl::vocabulary::{EventName, Secret};
use tokio_util::codec::Framed;

#[tokio::test]
async fn a_client_and_a_simulated_exchange_talk() {
    // So narrow that every message comes in pieces.
    let (ours, theirs) = tokio::io::duplex(16);
    let exchange = tokio::spawn(async move {
        let mut client = Framed::new(theirs, RequestDecoder::default());
        client.send(server::auth_request()).await.unwrap();
        let auth = client.next().await.unwrap().unwrap().parse();
        assert!(matches!(auth, ParsedRequest::Auth { password } if password.matches("ClueCon")));
        client.send(server::reply("+OK accepted")).await.unwrap();
        let events = client.next().await.unwrap().unwrap().parse();
        let ParsedRequest::Events { format, names, .. } = events else { panic!("{events:?}") };
        assert_eq!(names, ["CHANNEL_PARK"]);
        client.send(server::reply("+OK event listener enabled json")).await.unwrap();
        client.send(EventWriter::new(&names[0]).encode(format)).await.unwrap();
        client.send(Bytes::from_static(b"Content-Type: api/resp")).await.unwrap();
    });
    let mut switch = Framed::new(ours, MessageDecoder::default());
    assert!(matches!(switch.next().await, Some(Ok(Message::AuthRequest))));
    let password = Secret::new("ClueCon").unwrap();
    switch.send(&Request::Auth { password }).await.unwrap();
    assert!(matches!(switch.next().await, Some(Ok(Message::Reply(reply))) if reply.is_ok()));
    let names = vec![EventName::CHANNEL_PARK];
    switch.send(&Request::Events { format: Format::Json, names, custom: vec![] }).await.unwrap();
    assert!(matches!(switch.next().await, Some(Ok(Message::Reply(reply))) if reply.is_ok()));
    let Some(Ok(Message::Event(event))) = switch.next().await else { panic!() };
    assert_eq!((event.format(), &*event.name()), (Format::Json, &b"CHANNEL_PARK"[..]));
    exchange.await.unwrap();
    let end = switch.next().await.unwrap().unwrap_err();
    assert!(matches!(end, StreamError::Frame(FrameError::CutOff { .. })), "{end}");
}
