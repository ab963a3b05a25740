//! The store in Redis by itself, beside no daemon: its two clients, and the connections that carry out what they ask.

use hotlined::daemon::clock::Clock;
use hotlined::daemon::redis_connections::RedisConnections;
use hotlined::redis::RedisSettings;
use hotlined_core::time::Instant;
use hotlined_instance::AcdClient;
use hotlined_instance::InboxClient;
use hotlined_instance::RedisChannel;
use hotlined_instance::cluster::redis_event::RedisEvent;
use hotlined_instance::cluster::redis_op::FencedOp;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender};

/// Tells what time it is, as the daemon counts it: never going back.
pub type WakeClock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Works until nobody can ask any more and all that was asked is answered, or nobody hears.
pub async fn serve(
    settings: RedisSettings,
    clock: WakeClock,
    mut requests: Receiver<Vec<FencedOp>>,
    hears: Sender<RedisEvent>,
) {
    let mut connections = RedisConnections::new(&settings, Path::new("none"), Clock::start()).unwrap();
    let (mut store, mut inbox) = (AcdClient::new(clock()), InboxClient::default());
    let (mut heard, mut is_over) = (Vec::new(), false);
    while !(is_over && store.is_idle()) {
        while let Some(request) = store.advance(clock(), &mut heard) {
            connections.send(RedisChannel::Acd, request);
        }
        if let Some(position) = store.inbox_end() {
            inbox.start_at(clock(), position);
        }
        while let Some(request) = inbox.advance(clock()) {
            connections.send(RedisChannel::Inbox, request);
        }
        for heard in heard.drain(..) {
            if hears.send(heard).await.is_err() {
                return;
            }
        }
        let deadline = [store.deadline(), inbox.deadline()].into_iter().flatten().min();
        let wait = deadline.map_or(std::time::Duration::MAX, |at| at.since(clock()).into());
        tokio::select! {
            (channel, reply) = connections.next_reply() => match channel {
                RedisChannel::Acd => store.reply(clock(), reply, &mut heard),
                RedisChannel::Inbox => {
                    let mail = inbox.reply(clock(), reply);
                    store.add_inbox_events(mail);
                }
                RedisChannel::Lease => unreachable!("nobody asks for a lease"),
            },
            turn = requests.recv(), if !is_over => match turn {
                Some(turn) => store.send(turn).unwrap(),
                None => is_over = true,
            },
            () = tokio::time::sleep(wait) => {}
        }
    }
}
