//! The connections to Redis: each carries out one request at a time, and decides nothing.

use super::clock::Clock;
use super::records;
use crate::redis::Inbox;
use crate::redis::RedisSettings;
use crate::redis::RedisStore;
use crate::redis::within;
use crate::redis::{BadConnector, Connector};
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::failure::Failure;
use hotlined_instance::cluster::inbox_position::Position;
use hotlined_instance::cluster::kept_call::Loaded;
use hotlined_instance::cluster::lease_policy::{Presence, Question};
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::{Channel, RedisQuestion, RedisReply, RedisRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What comes of a request, and the connection given back.
type UnderWay = Pin<Box<dyn Future<Output = (Connection, Result<RedisReply, Failure>)> + Send>>;

/// All connections.
pub struct RedisConnections {
    idle: BTreeMap<Channel, Connection>,
    under_way: BTreeMap<Channel, UnderWay>,
}

/// One of them.
struct Connection {
    connector: Connector,
    store: Option<RedisStore>,
    settings: RedisSettings,
    /// The file of this daemon's own records.
    records: PathBuf,
    clock: Clock,
}

impl RedisConnections {
    /// Nothing is connected.
    pub fn new(
        settings: &RedisSettings,
        records: &std::path::Path,
        clock: Clock,
    ) -> Result<Self, BadConnector> {
        let connection = |channel| {
            let (connector, settings) = (Connector::new(settings)?, settings.clone());
            Ok((channel, Connection { connector, store: None, settings, records: records.into(), clock }))
        };
        let idle = Channel::ALL.into_iter().map(connection).collect::<Result<_, BadConnector>>()?;
        Ok(Self { idle, under_way: BTreeMap::new() })
    }

    /// Begins with a request.
    pub fn ask(&mut self, channel: Channel, request: RedisRequest) {
        let Some(mut connection) = self.idle.remove(&channel) else { return };
        let RedisRequest { what, time_max } = request;
        let doing = Box::pin(async move {
            let answer = connection.answer(channel, what);
            let reply = match time_max {
                Some(time_max) => within(time_max.into(), answer).await.unwrap_or(Err(Failure::TimedOut)),
                None => answer.await,
            };
            (connection, reply)
        });
        self.under_way.insert(channel, doing);
    }

    /// Waits until a request is answered. Safe to be dropped in between.
    pub async fn next(&mut self) -> (Channel, Result<RedisReply, Failure>) {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context) -> Poll<(Channel, Result<RedisReply, Failure>)> {
        for (channel, doing) in &mut self.under_way {
            if let Poll::Ready((connection, reply)) = doing.as_mut().poll(cx) {
                let channel = *channel;
                self.under_way.remove(&channel);
                self.idle.insert(channel, connection);
                return Poll::Ready((channel, reply));
            }
        }
        Poll::Pending
    }
}

impl Connection {
    async fn answer(&mut self, channel: Channel, what: RedisQuestion) -> Result<RedisReply, Failure> {
        if let RedisQuestion::Connect = what {
            return self.connect(channel).await;
        }
        let lost = || Failure::Lost("there is no connection".to_owned());
        let store = self.store.as_mut().ok_or_else(lost)?;
        let lease = self.settings.lease;
        match what {
            RedisQuestion::Connect => Err(lost()),
            RedisQuestion::Ask(asked) => Ok(RedisReply::Answered(store.ask(&asked).await)),
            RedisQuestion::EndOfInbox => {
                let key = store.keys().inbox(store.daemon());
                let inbox = Inbox::open(store.link(), key).await?;
                Ok(RedisReply::EndOfInbox(inbox.position()))
            }
            RedisQuestion::ReadInbox(position) => read_inbox(store, position).await,
            RedisQuestion::Lease(question, presence) => ask_lease(store, &question, &presence, lease).await,
            RedisQuestion::Load(fence) => {
                let loaded = store.load(self.clock.now(), &fence).await?;
                let done = self.recorded(&fence.switch, &loaded).await;
                Ok(RedisReply::Loaded(Box::new(loaded), done))
            }
        }
    }

    async fn connect(&mut self, channel: Channel) -> Result<RedisReply, Failure> {
        self.store = None;
        let link = match channel {
            Channel::Store | Channel::Lease => self.connector.connect(COMMAND_TIME_MAX).await?,
            Channel::Inbox => Inbox::connect(&mut self.connector).await?,
        };
        let mut store = RedisStore::new(link, &self.settings);
        if channel == Channel::Store
            && let Ok(Some(policy)) = store.link().evicts().await
        {
            tracing::warn!(
                policy,
                "Redis may throw keys of ours away: its maxmemory-policy should be noeviction"
            );
        }
        self.store = Some(store);
        Ok(RedisReply::Connected)
    }

    /// What stands in the file of records already, where anything of that could be kept still.
    async fn recorded(&self, switch: &SwitchId, loaded: &Loaded) -> BTreeSet<DeliveryId> {
        if loaded.kept.deliveries.is_empty() && loaded.kept.calls.is_empty() {
            return BTreeSet::new();
        }
        let file = self.records.clone();
        match tokio::task::spawn_blocking(move || records::recorded(&file)).await {
            Ok(Ok(recorded)) => recorded,
            Ok(Err(error)) => {
                tracing::warn!(%switch, %error, "records of a daemon before us may be written twice");
                BTreeSet::new()
            }
            Err(_) => BTreeSet::new(),
        }
    }
}

async fn read_inbox(store: &mut RedisStore, position: Position) -> Result<RedisReply, Failure> {
    let mut inbox = Inbox::behind(store.keys().inbox(store.daemon()), position);
    let events = inbox.wait(store.link()).await?;
    Ok(RedisReply::Mail(events, inbox.position()))
}

async fn ask_lease(
    store: &mut RedisStore,
    question: &Question,
    presence: &Presence,
    span: Millis,
) -> Result<RedisReply, Failure> {
    Ok(match question {
        Question::Look => RedisReply::Saw(store.look(presence, span).await?),
        Question::Acquire(switch) => RedisReply::Taken(store.acquire(switch, span).await?),
        Question::Renew(fence) => RedisReply::Taken(store.renew(fence, span).await?),
        Question::GiveUp(fence) => {
            store.give_up(fence).await?;
            RedisReply::GivenUp
        }
    })
}
