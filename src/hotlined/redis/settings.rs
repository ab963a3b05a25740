//! Where Redis is, and as which user the daemon connects.

use hotlined_core::time::Millis;
use hotlined_instance::DaemonId;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The longest prefix of keys, in bytes.
pub const PREFIX_BYTES_MAX: usize = 64;
/// The default prefix of keys.
pub const PREFIX: &str = "hotlined";
/// How many servers the settings may name at most. They are the first to connect to; these name the others.
pub const SERVERS_MAX: usize = 64;
/// The highest number of a database.
pub const DATABASE_MAX: u16 = 1_023;

/// How long a lease lasts by default.
pub const LEASE: Millis = Millis(2_000);

/// Everything that is needed to connect to Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// The servers, and how they work together.
    pub servers: RedisServers,
    /// The user; without a password the daemon does not log in.
    pub account: RedisAccount,
    /// TLS, also to the sentinels; `None` for plain connections.
    pub tls: Option<Tls>,
    /// The number of the database; a Cluster has only 0.
    pub database: u16,
    /// The prefix of all keys. Two installations on one Redis need two prefixes.
    pub prefix: Arc<str>,
    /// The name of this daemon; its inbox has this name.
    pub daemon: DaemonId,
    /// How long a lease lasts: after so long without a renewal another daemon may take the switch.
    pub lease: Millis,
}

/// How the servers work together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisServers {
    /// One server.
    Single(RedisAddress),
    /// Sentinels that name the master of a service.
    Sentinel {
        /// The sentinels; one that answers is enough.
        sentinels: Vec<RedisAddress>,
        /// The name of the service: `mymaster`, in most examples.
        service: Arc<str>,
        /// The user at the sentinels, which have users of their own.
        account: RedisAccount,
    },
    /// A Redis Cluster; one node that answers is enough.
    Cluster(Vec<RedisAddress>),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisAddress {
    /// A port of a host.
    Tcp {
        /// The host, by name or number.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket on this machine.
    Unix(PathBuf),
}

/// A user and a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisAccount {
    /// The ACL user; without one, `default`.
    pub user: Option<Arc<str>>,
    /// The password.
    pub password: Option<Password>,
}

/// TLS: the server shows a certificate of its host name or address, and the daemon may show one as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The authority for the server's certificate, as PEM; `None` for the authorities that this machine trusts.
    pub authority: Option<Arc<[u8]>>,
    /// The certificate that the daemon shows.
    pub client: Option<ClientCertificate>,
}

/// A client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and its chain, as PEM.
    pub certificate: Arc<[u8]>,
    /// Its key, as PEM.
    pub key: Password,
}

/// A password or a private key. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<str>);

impl Password {
    /// A password with this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(****)")
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why settings cannot be used. Keys are named like the fields above.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisSettingsError {
    /// No server, or too many.
    #[error("{key}: expected 1 to {SERVERS_MAX} addresses, got {count}")]
    RedisServers {
        /// The list.
        key: &'static str,
        /// How many there are.
        count: usize,
    },
    /// An address without a host or a port.
    #[error("{key}: {address:?} is no address")]
    RedisAddress {
        /// The key of the setting.
        key: &'static str,
        /// As it was written.
        address: String,
    },
    /// A Unix socket for a Cluster node or a sentinel, which need a host and a port.
    #[error("{key}: {address:?} is a socket of this machine, which a Cluster and sentinels cannot have")]
    Socket {
        /// The key of the setting.
        key: &'static str,
        /// As it was written.
        address: String,
    },
    /// TLS over a Unix socket.
    #[error("tls: {address:?} is a socket of this machine, where there is none")]
    TlsOnSocket {
        /// As it was written.
        address: String,
    },
    /// A required name is empty.
    #[error("{key} is empty")]
    Empty {
        /// The key of the setting.
        key: &'static str,
    },
    /// A user without a password.
    #[error("{key}.user is set and {key}.password is not")]
    NoPassword {
        /// The key of the account.
        key: &'static str,
    },
    /// A database number out of range, or not 0 for a Redis Cluster.
    #[error("database: expected 0 to {DATABASE_MAX}, and 0 for a Cluster, got {0}")]
    Database(u16),
    /// A prefix with characters that separate the parts of a key.
    #[error("prefix: {0:?} is none: expected 1 to {PREFIX_BYTES_MAX} letters, digits or -_.:")]
    Prefix(String),
}

impl RedisSettings {
    /// Checks the settings without asking any server.
    ///
    /// # Errors
    /// Everything that is wrong with the settings.
    pub fn validate(&self) -> Result<(), Vec<RedisSettingsError>> {
        let mut faults = Vec::new();
        match &self.servers {
            RedisServers::Single(address) => {
                check_address("servers", address, &mut faults);
                if self.tls.is_some() && matches!(address, RedisAddress::Unix(_)) {
                    faults.push(RedisSettingsError::TlsOnSocket { address: address.to_string() });
                }
            }
            RedisServers::Sentinel { sentinels, service, account } => {
                check_list("sentinels", sentinels, &mut faults);
                if service.is_empty() {
                    faults.push(RedisSettingsError::Empty { key: "service" });
                }
                check_account("sentinel_account", account, &mut faults);
            }
            RedisServers::Cluster(nodes) => check_list("servers", nodes, &mut faults),
        }
        check_account("account", &self.account, &mut faults);
        let is_cluster = matches!(self.servers, RedisServers::Cluster(_));
        if self.database > DATABASE_MAX || (is_cluster && self.database != 0) {
            faults.push(RedisSettingsError::Database(self.database));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
        let fits = !self.prefix.is_empty() && self.prefix.len() <= PREFIX_BYTES_MAX;
        if !fits || !self.prefix.bytes().all(plain) {
            faults.push(RedisSettingsError::Prefix(self.prefix.chars().take(PREFIX_BYTES_MAX).collect()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn check_list(key: &'static str, addresses: &[RedisAddress], faults: &mut Vec<RedisSettingsError>) {
    if addresses.is_empty() || addresses.len() > SERVERS_MAX {
        faults.push(RedisSettingsError::RedisServers { key, count: addresses.len() });
    }
    for address in addresses {
        if matches!(address, RedisAddress::Unix(_)) {
            faults.push(RedisSettingsError::Socket { key, address: address.to_string() });
        }
        check_address(key, address, faults);
    }
}

fn check_address(key: &'static str, address: &RedisAddress, faults: &mut Vec<RedisSettingsError>) {
    let good = match address {
        RedisAddress::Tcp { host, port } => {
            *port != 0 && !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control())
        }
        RedisAddress::Unix(path) => path.is_absolute(),
    };
    if !good {
        faults.push(RedisSettingsError::RedisAddress { key, address: address.to_string() });
    }
}

fn check_account(key: &'static str, account: &RedisAccount, faults: &mut Vec<RedisSettingsError>) {
    if account.user.is_some() && account.password.is_none() {
        faults.push(RedisSettingsError::NoPassword { key });
    }
    if account.user.as_ref().is_some_and(|user| user.is_empty()) {
        faults.push(RedisSettingsError::Empty { key: "user" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(servers: RedisServers) -> RedisSettings {
        let daemon = "a".parse().unwrap();
        let (account, prefix) = (RedisAccount::default(), PREFIX.into());
        RedisSettings { servers, account, tls: None, database: 0, prefix, daemon, lease: LEASE }
    }

    fn tcp(host: &str, port: u16) -> RedisAddress {
        RedisAddress::Tcp { host: host.into(), port }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        assert_eq!(settings(RedisServers::Single(tcp("redis", 6_379))).validate(), Ok(()));
        assert_eq!(
            settings(RedisServers::Single(RedisAddress::Unix("/run/redis.sock".into()))).validate(),
            Ok(())
        );
        let user = RedisAccount { user: Some("hotlined".into()), password: None };
        let wrong = RedisSettings {
            account: user.clone(),
            database: 1,
            prefix: "a{b}".into(),
            ..settings(RedisServers::Cluster(vec![tcp("", 1), RedisAddress::Unix("/x".into())]))
        };
        let said: Vec<String> = wrong.validate().unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "servers: \":1\" is no address",
                "servers: \"/x\" is a socket of this machine, which a Cluster and sentinels cannot have",
                "account.user is set and account.password is not",
                "database: expected 0 to 1023, and 0 for a Cluster, got 1",
                "prefix: \"a{b}\" is none: expected 1 to 64 letters, digits or -_.:",
            ]
        );
        let sentinel = RedisServers::Sentinel { sentinels: vec![], service: "".into(), account: user };
        assert_eq!(settings(sentinel).validate().unwrap_err().len(), 3);
        let socket = RedisServers::Single(RedisAddress::Unix("/run/redis.sock".into()));
        let secret = RedisSettings { tls: Some(Tls::default()), ..settings(socket) };
        assert!(matches!(secret.validate().unwrap_err()[..], [RedisSettingsError::TlsOnSocket { .. }]));
    }

    #[test]
    fn a_password_is_never_printed() {
        let account = RedisAccount { user: None, password: Some(Password::new("geheim")) };
        assert!(!format!("{account:?}").contains("geheim"));
    }
}
