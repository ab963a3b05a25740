//! A controller on the crate freeswitch-esl-tokio: parked caller, ringback, agent, bridge. It keeps nothing.
//!
//! `esl_tokio PORT`. The queue of events is larger than the crate's own 1,000, so that a burst loses no event.

use freeswitch_esl_tokio::{
    EslClient, EslConnectOptions, EslError, EslEventType, EventFormat, EventHeader, HeaderLookup,
};
use std::collections::HashMap;

#[tokio::main]
async fn main() -> Result<(), EslError> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let options = EslConnectOptions::new().with_event_queue_size(100_000);
    let (link, mut events) = EslClient::connect_with_options("127.0.0.1", port, "ClueCon", options).await?;
    let names = [EslEventType::ChannelPark, EslEventType::ChannelAnswer, EslEventType::ChannelHangup];
    link.subscribe_events(EventFormat::Plain, &names).await?;

    let mut caller_of = HashMap::new();
    let mut agents = 0_u64;
    while let Some(event) = events.try_next().await? {
        let leg = event.unique_id().unwrap_or_default().to_owned();
        match event.event_type() {
            Some(EslEventType::ChannelPark)
                if event.header(EventHeader::CallDirection) == Some("inbound") =>
            {
                agents += 1;
                let agent = format!("a0000000-0000-4000-8000-{agents:012x}");
                // A refusal means that the leg has just gone, which its own event says.
                drop(link.execute("endless_playback", Some("/sounds/ringback.wav"), Some(&leg)).await?);
                let variables = format!("origination_uuid={agent},caller={leg}");
                let dial = "sofia/gateway/carrier/13900000001";
                drop(link.bgapi(&format!("originate {{{variables}}}{dial} &park()")).await?);
                caller_of.insert(agent, leg);
            }
            Some(EslEventType::ChannelAnswer) => {
                if let Some(caller) = caller_of.get(&leg) {
                    drop(link.api(&format!("uuid_bridge {caller} {leg}")).await?);
                }
            }
            Some(EslEventType::ChannelHangup) => drop(caller_of.remove(&leg)),
            _ => {}
        }
    }
    Ok(())
}
