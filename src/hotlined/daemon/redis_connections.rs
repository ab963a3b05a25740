//! The connections to Redis. Each connection carries out one request at a time and decides nothing.

use super::clock::Clock;
use super::record_deliverer;
use crate::redis::Inbox;
use crate::redis::RedisClient;
use crate::redis::RedisSettings;
use crate::redis::within;
use crate::redis::{ConnectorError, RedisConnector};
use hotlined_core::id::SwitchId;
use hotlined_core::time::Millis;
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::inbox_position::InboxPosition;
use hotlined_instance::cluster::lease_policy::{LeaseRequest, Presence};
use hotlined_instance::cluster::limits::COMMAND_TIME_MAX;
use hotlined_instance::cluster::loaded_calls::LoadedSwitch;
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_instance::{RedisChannel, RedisChannelQuery, RedisChannelReply, RedisChannelRequest};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A request in progress. Its result comes with the connection, which is then idle again.
type PendingRequest =
    Pin<Box<dyn Future<Output = (Connection, Result<RedisChannelReply, RedisFailure>)> + Send>>;

/// One connection for each [`RedisChannel`].
pub struct RedisConnections {
    idle: BTreeMap<RedisChannel, Connection>,
    pending: BTreeMap<RedisChannel, PendingRequest>,
}

/// One connection.
struct Connection {
    connector: RedisConnector,
    store: Option<RedisClient>,
    settings: RedisSettings,
    /// The file of this daemon's call records.
    records: PathBuf,
    clock: Clock,
}

impl RedisConnections {
    /// All connections, not connected yet.
    ///
    /// # Errors
    /// If the settings cannot be used, such as a certificate that cannot be read.
    pub fn new(
        settings: &RedisSettings,
        records: &std::path::Path,
        clock: Clock,
    ) -> Result<Self, ConnectorError> {
        let connection = |channel| {
            let (connector, settings) = (RedisConnector::new(settings)?, settings.clone());
            Ok((channel, Connection { connector, store: None, settings, records: records.into(), clock }))
        };
        let idle = RedisChannel::ALL.into_iter().map(connection).collect::<Result<_, ConnectorError>>()?;
        Ok(Self { idle, pending: BTreeMap::new() })
    }

    /// Begins to carry out a request.
    pub fn send(&mut self, channel: RedisChannel, request: RedisChannelRequest) {
        let Some(mut connection) = self.idle.remove(&channel) else { return };
        let RedisChannelRequest { query, time_max } = request;
        let doing = Box::pin(async move {
            let answer = connection.execute(channel, query);
            let reply = match time_max {
                Some(time_max) => {
                    within(time_max.into(), answer).await.unwrap_or(Err(RedisFailure::TimedOut))
                }
                None => answer.await,
            };
            (connection, reply)
        });
        self.pending.insert(channel, doing);
    }

    /// Waits for the next reply. The future may be dropped before it is ready.
    ///
    /// # Errors
    /// The `Result` in the pair is the failure of the request.
    pub async fn next_reply(&mut self) -> (RedisChannel, Result<RedisChannelReply, RedisFailure>) {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context) -> Poll<(RedisChannel, Result<RedisChannelReply, RedisFailure>)> {
        for (channel, doing) in &mut self.pending {
            if let Poll::Ready((connection, reply)) = doing.as_mut().poll(cx) {
                let channel = *channel;
                self.pending.remove(&channel);
                self.idle.insert(channel, connection);
                return Poll::Ready((channel, reply));
            }
        }
        Poll::Pending
    }
}

impl Connection {
    async fn execute(
        &mut self,
        channel: RedisChannel,
        query: RedisChannelQuery,
    ) -> Result<RedisChannelReply, RedisFailure> {
        if let RedisChannelQuery::Connect = query {
            return self.connect(channel).await;
        }
        let lost = || RedisFailure::Lost("there is no connection".to_owned());
        let store = self.store.as_mut().ok_or_else(lost)?;
        let lease = self.settings.lease;
        match query {
            RedisChannelQuery::Connect => Err(lost()),
            RedisChannelQuery::RunOps(ops) => Ok(RedisChannelReply::OpReplies(store.ask(&ops).await)),
            RedisChannelQuery::FindInboxEnd => {
                let key = store.keys().inbox(store.daemon());
                let inbox = Inbox::open(store.link(), key).await?;
                Ok(RedisChannelReply::InboxEnd(inbox.position()))
            }
            RedisChannelQuery::ReadInbox(position) => read_inbox(store, position).await,
            RedisChannelQuery::Lease(question, presence) => {
                ask_lease(store, &question, &presence, lease).await
            }
            RedisChannelQuery::LoadSwitch(fence) => {
                let loaded = store.load(self.clock.now(), &fence).await?;
                let done = self.recent_record_ids(&fence.switch, &loaded).await;
                Ok(RedisChannelReply::SwitchLoaded(Box::new(loaded), done))
            }
        }
    }

    async fn connect(&mut self, channel: RedisChannel) -> Result<RedisChannelReply, RedisFailure> {
        self.store = None;
        let link = match channel {
            RedisChannel::Acd | RedisChannel::Lease => self.connector.connect(COMMAND_TIME_MAX).await?,
            RedisChannel::Inbox => Inbox::connect(&mut self.connector).await?,
        };
        let mut store = RedisClient::new(link, &self.settings);
        if channel == RedisChannel::Acd
            && let Ok(Some(policy)) = store.link().eviction_policy().await
        {
            tracing::warn!(
                policy,
                "Redis may throw keys of ours away: its maxmemory-policy should be noeviction"
            );
        }
        self.store = Some(store);
        Ok(RedisChannelReply::Connected)
    }

    /// The ids of the records that are in the file already. Without loaded calls and deliveries nothing can be written
    /// twice, and the file is not read.
    async fn recent_record_ids(&self, switch: &SwitchId, loaded: &LoadedSwitch) -> BTreeSet<DeliveryId> {
        if loaded.kept.deliveries.is_empty() && loaded.kept.calls.is_empty() {
            return BTreeSet::new();
        }
        let file = self.records.clone();
        match tokio::task::spawn_blocking(move || record_deliverer::recent_record_ids(&file)).await {
            Ok(Ok(recorded)) => recorded,
            Ok(Err(error)) => {
                tracing::warn!(%switch, %error, "records of a daemon before us may be written twice");
                BTreeSet::new()
            }
            Err(_) => BTreeSet::new(),
        }
    }
}

async fn read_inbox(
    store: &mut RedisClient,
    position: InboxPosition,
) -> Result<RedisChannelReply, RedisFailure> {
    let mut inbox = Inbox::behind(store.keys().inbox(store.daemon()), position);
    let events = inbox.wait(store.link()).await?;
    Ok(RedisChannelReply::InboxEvents(events, inbox.position()))
}

async fn ask_lease(
    store: &mut RedisClient,
    question: &LeaseRequest,
    presence: &Presence,
    span: Millis,
) -> Result<RedisChannelReply, RedisFailure> {
    Ok(match question {
        LeaseRequest::Announce => RedisChannelReply::View(store.announce(presence, span).await?),
        LeaseRequest::Acquire(switch) => RedisChannelReply::Lease(store.acquire(switch, span).await?),
        LeaseRequest::Renew(fence) => RedisChannelReply::Lease(store.renew(fence, span).await?),
        LeaseRequest::GiveUp(fence) => {
            store.give_up(fence).await?;
            RedisChannelReply::LeaseGivenUp
        }
    })
}
