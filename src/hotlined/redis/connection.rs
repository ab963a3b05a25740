//! A connection to Redis: to a single server, to a server behind sentinels, or to a Redis Cluster.
//!
//! A lost connection is not made anew by itself: its user must know that replies may be lost with it, and asks the
//! [`RedisConnector`] for the next one. The connection to a Redis Cluster follows a key that moved by itself and asks again
//! there, so its operations must bear being repeated. Every wait has a limit.

use super::classify_error::{classify, unreadable_reply};
use super::deadline::within;
use super::settings::{RedisAccount, RedisAddress, RedisServers, RedisSettings, RedisSettingsError, Tls};
use hotlined_instance::cluster::failure::RedisFailure;
use hotlined_instance::cluster::limits::CONNECT_TIME_MAX;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, RedisConnectionInfo, TlsCertificates, TlsMode, Value,
};
use std::time::Duration;

/// How long one server among several may take to accept a connection.
const SERVER_TIME_MAX: Duration = Duration::from_secs(1);
/// How often the client asks a Redis Cluster again by itself, when keys moved or a node failed.
const CLUSTER_RETRIES_MAX: u32 = 3;
/// How long the client waits before it asks a Redis Cluster again.
const CLUSTER_RETRY_WAIT_MS_MAX: u64 = 100;

/// Connects to the Redis of given settings.
pub struct RedisConnector {
    source: Source,
}

enum Source {
    Single(Client),
    Sentinel(Box<SentinelClient>),
    Cluster { nodes: Vec<ConnectionInfo>, account: RedisAccount, tls: Option<TlsCertificates> },
}

/// A connection to Redis. A clone is the same connection.
#[derive(Clone)]
pub struct RedisConnection {
    wire: Wire,
    time_max: Duration,
}

#[derive(Clone)]
enum Wire {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Why a connector cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The settings are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<RedisSettingsError>),
    /// The client library refuses the settings all the same.
    #[error("Redis cannot be reached by these settings: {0}")]
    Client(#[from] redis::RedisError),
}

fn info(account: &RedisAccount, database: u16) -> RedisConnectionInfo {
    let mut info = RedisConnectionInfo::default().set_db(i64::from(database));
    if let Some(user) = &account.user {
        info = info.set_username(user);
    }
    if let Some(password) = &account.password {
        info = info.set_password(password.reveal());
    }
    info
}

fn address(address: &RedisAddress, tls: bool) -> ConnectionAddr {
    match address {
        RedisAddress::Tcp { host, port } if tls => {
            ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None }
        }
        RedisAddress::Tcp { host, port } => ConnectionAddr::Tcp(host.clone(), *port),
        RedisAddress::Unix(path) => ConnectionAddr::Unix(path.clone()),
    }
}

fn certificates(tls: &Tls) -> TlsCertificates {
    let client = tls.client.as_ref().map(|client| ClientTlsConfig {
        client_cert: client.certificate.to_vec(),
        client_key: client.key.reveal().as_bytes().to_vec(),
    });
    TlsCertificates { client_tls: client, root_cert: tls.authority.as_ref().map(|pem| pem.to_vec()) }
}

/// Chooses one provider of ciphers for the whole process: if two are built in and none is chosen, the first connection
/// panics. A provider that was chosen before stays.
fn choose_ciphers() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("the provider of ciphers was chosen before");
    }
}

fn sentinel_client(
    settings: &RedisSettings,
    (sentinels, service, account): (&[RedisAddress], &str, &RedisAccount),
) -> redis::RedisResult<SentinelClient> {
    let master = SentinelServerType::Master;
    let addresses = sentinels.iter().map(|sentinel| address(sentinel, settings.tls.is_some()));
    let mut builder = SentinelClientBuilder::new(addresses, service, master)?
        .set_client_to_redis_db(i64::from(settings.database));
    if let Some(tls) = &settings.tls {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(certificates(tls))
            .set_client_to_sentinel_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_certificates(certificates(tls));
    }
    if let Some(user) = &settings.account.user {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = &settings.account.password {
        builder = builder.set_client_to_redis_password(password.reveal());
    }
    if let Some(user) = &account.user {
        builder = builder.set_client_to_sentinel_username(user);
    }
    if let Some(password) = &account.password {
        builder = builder.set_client_to_sentinel_password(password.reveal());
    }
    builder.build()
}

impl RedisConnector {
    /// A connector with these settings. It does not connect yet.
    ///
    /// # Errors
    /// The settings are wrong, or the client library refuses them.
    pub fn new(settings: &RedisSettings) -> Result<Self, ConnectorError> {
        settings.validate().map_err(ConnectorError::Settings)?;
        let tls = settings.tls.as_ref().map(certificates);
        if tls.is_some() {
            choose_ciphers();
        }
        let source = match &settings.servers {
            RedisServers::Single(server) => {
                let info = info(&settings.account, settings.database);
                let info = address(server, tls.is_some()).into_connection_info()?.set_redis_settings(info);
                Source::Single(match tls {
                    Some(certificates) => Client::build_with_tls(info, certificates)?,
                    None => Client::open(info)?,
                })
            }
            RedisServers::Sentinel { sentinels, service, account } => {
                Source::Sentinel(Box::new(sentinel_client(settings, (sentinels, service, account))?))
            }
            RedisServers::Cluster(nodes) => {
                let node = |node: &RedisAddress| address(node, tls.is_some()).into_connection_info();
                let nodes = nodes.iter().map(node).collect::<redis::RedisResult<_>>()?;
                Source::Cluster { nodes, account: settings.account.clone(), tls }
            }
        };
        Ok(Self { source })
    }

    /// Connects. Each reply over the new connection may take `time_max`.
    ///
    /// # Errors
    /// Redis cannot be reached in time, or refuses the connection.
    pub async fn connect(&mut self, time_max: Duration) -> Result<RedisConnection, RedisFailure> {
        let wire = tokio::time::timeout(CONNECT_TIME_MAX, self.wire(time_max));
        Ok(RedisConnection { wire: wire.await.map_err(|_| RedisFailure::TimedOut)??, time_max })
    }

    async fn wire(&mut self, time_max: Duration) -> Result<Wire, RedisFailure> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(SERVER_TIME_MAX))
            // `within` limits how long a reply may take: it knows whether this process stood still.
            .set_response_timeout(None);
        Ok(match &mut self.source {
            Source::Single(client) => Wire::Single(
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
                    .map_err(|error| classify(&error))?,
            ),
            Source::Sentinel(client) => Wire::Single(
                client.get_async_connection_with_config(&config).await.map_err(|error| classify(&error))?,
            ),
            Source::Cluster { nodes, account, tls } => {
                let mut builder = ClusterClientBuilder::new(nodes.iter().cloned())
                    .connection_timeout(SERVER_TIME_MAX)
                    .response_timeout(time_max)
                    .overall_response_timeout(None)
                    .retries(CLUSTER_RETRIES_MAX)
                    .max_retry_wait(CLUSTER_RETRY_WAIT_MS_MAX);
                if let Some(user) = &account.user {
                    builder = builder.username(user);
                }
                if let Some(password) = &account.password {
                    builder = builder.password(password.reveal());
                }
                if let Some(certificates) = tls {
                    builder = builder.tls(TlsMode::Secure).certs(certificates.clone());
                }
                Wire::Cluster(
                    builder
                        .build()
                        .map_err(|error| classify(&error))?
                        .get_async_connection()
                        .await
                        .map_err(|error| classify(&error))?,
                )
            }
        })
    }
}

impl RedisConnection {
    /// Whether keys are on several nodes, so that one pipeline may use keys of one hash tag only.
    pub fn is_cluster(&self) -> bool {
        matches!(self.wire, Wire::Cluster(_))
    }

    /// Runs one command and returns its reply.
    ///
    /// # Errors
    /// The connection is lost, the reply takes too long, or Redis refuses the command.
    pub async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisFailure> {
        self.run_raw(command).await?.map_err(|error| classify(&error))
    }

    /// As [`ask`](Self::ask), with the error of the server if it refuses the command.
    pub(super) async fn run_raw(&mut self, command: &Cmd) -> Result<redis::RedisResult<Value>, RedisFailure> {
        let answer = async {
            match &mut self.wire {
                Wire::Single(wire) => command.query_async(wire).await,
                Wire::Cluster(wire) => command.query_async(wire).await,
            }
        };
        within(self.time_max, answer).await.ok_or(RedisFailure::TimedOut)
    }

    /// Runs the commands in one round trip and returns the reply to each.
    pub(super) async fn run_pipeline_raw(
        &mut self,
        commands: &mut Pipeline,
    ) -> Result<Vec<redis::RedisResult<Value>>, RedisFailure> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        commands.ignore_errors();
        let answers = async {
            match &mut self.wire {
                Wire::Single(wire) => commands.query_async(wire).await,
                Wire::Cluster(wire) => commands.query_async(wire).await,
            }
        };
        let answers: redis::RedisResult<Vec<redis::RedisResult<Value>>> =
            within(self.time_max, answers).await.ok_or(RedisFailure::TimedOut)?;
        let answers = answers.map_err(|error| classify(&error))?;
        if answers.len() == commands.len() {
            return Ok(answers);
        }
        Err(RedisFailure::Garbled(format!("{} answers to {} commands", answers.len(), commands.len())))
    }

    /// The policy by which Redis evicts keys when its memory is full, if it evicts any: then keys may be gone that the
    /// daemon relies on. `None` for `noeviction`, and for a Redis Cluster, where it is not asked.
    ///
    /// # Errors
    /// The connection is lost, the reply takes too long, or Redis refuses the command.
    pub async fn eviction_policy(&mut self) -> Result<Option<String>, RedisFailure> {
        if self.is_cluster() {
            return Ok(None);
        }
        let info = self.ask(redis::cmd("INFO").arg("memory")).await?;
        let info: String = redis::from_redis_value(info).map_err(|error| unreadable_reply(&error))?;
        let policy = info.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"));
        Ok(policy.map(str::trim).filter(|policy| *policy != "noeviction").map(str::to_owned))
    }
}
