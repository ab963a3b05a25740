//! Where Redis is, and as whom we come.

use hotlined_core::time::Millis;
use hotlined_instance::DaemonId;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The longest prefix of keys, in bytes.
pub const PREFIX_BYTES_MAX: usize = 64;
/// The prefix of keys where nothing else is said.
pub const PREFIX: &str = "hotlined";
/// The most servers that may be named: they are where to begin, the others make themselves known.
pub const SERVERS_MAX: usize = 64;
/// The highest number of a database.
pub const DATABASE_MAX: u16 = 1_023;

/// How long a lease lasts where nothing else is said.
pub const LEASE: Millis = Millis(2_000);

/// All that is needed to come to Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// Which servers there are, and how they stand to each other.
    pub servers: Servers,
    /// Who we are; without a password, nobody in particular.
    pub account: Account,
    /// How the wire is kept secret, to the sentinels, too; without it, it is not.
    pub tls: Option<Tls>,
    /// The number of the database; a Cluster has only 0.
    pub database: u16,
    /// What all our keys begin with: two installations on one Redis have two.
    pub prefix: Arc<str>,
    /// The name under which later answers come to us.
    pub daemon: DaemonId,
    /// How long a daemon that says nothing acts for a switch: then another one may.
    pub lease: Millis,
}

/// How the servers stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Servers {
    /// There is one.
    Single(Address),
    /// Sentinels say which is the master of a service.
    Sentinel {
        /// The sentinels; one that answers is enough.
        sentinels: Vec<Address>,
        /// The name of the service: `mymaster`, in most examples.
        service: Arc<str>,
        /// Who we are to the sentinels, which have users of their own.
        account: Account,
    },
    /// A Cluster; one node that answers is enough.
    Cluster(Vec<Address>),
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a port of a host.
    Tcp {
        /// The host, by name or number.
        host: String,
        /// The port.
        port: u16,
    },
    /// At a socket on this machine.
    Unix(PathBuf),
}

/// A user and a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The ACL user; without one, `default`.
    pub user: Option<Arc<str>>,
    /// The password.
    pub password: Option<Password>,
}

/// TLS: the server shows a certificate of its host's name, or of its address, and perhaps we show one as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whose word is good for the server's certificate, as PEM; without it, whom this machine trusts.
    pub authority: Option<Arc<[u8]>>,
    /// What we show.
    pub client: Option<ClientCertificate>,
}

/// A certificate of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and those that vouch for it, as PEM.
    pub certificate: Arc<[u8]>,
    /// Its key, as PEM.
    pub key: Password,
}

/// A password, or a key: what is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<str>);

impl Password {
    /// This password.
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Why settings cannot be used, whoever wrote them. The key is named as the fields above are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSettings {
    /// No server, or too many.
    #[error("{key}: expected 1 to {SERVERS_MAX} addresses, got {count}")]
    Servers {
        /// Of which list.
        key: &'static str,
        /// How many there are.
        count: usize,
    },
    /// An address without a host or a port.
    #[error("{key}: {address:?} is no address")]
    Address {
        /// Where it stands.
        key: &'static str,
        /// As it was written.
        address: String,
    },
    /// Cluster nodes and sentinels have names and ports.
    #[error("{key}: {address:?} is a socket of this machine, which a Cluster and sentinels cannot have")]
    Socket {
        /// Where it stands.
        key: &'static str,
        /// As it was written.
        address: String,
    },
    /// TLS over a socket of this machine.
    #[error("tls: {address:?} is a socket of this machine, where there is none")]
    TlsOnSocket {
        /// As it was written.
        address: String,
    },
    /// A name that is needed is empty.
    #[error("{key} is empty")]
    Empty {
        /// Which.
        key: &'static str,
    },
    /// A user without a password.
    #[error("{key}.user is set and {key}.password is not")]
    NoPassword {
        /// Whose.
        key: &'static str,
    },
    /// A database that cannot be.
    #[error("database: expected 0 to {DATABASE_MAX}, and 0 for a Cluster, got {0}")]
    Database(u16),
    /// A prefix that would take keys apart in the wrong place.
    #[error("prefix: {0:?} is none: expected 1 to {PREFIX_BYTES_MAX} letters, digits or -_.:")]
    Prefix(String),
}

impl RedisSettings {
    /// Everything that is wrong with them, without asking any server.
    pub fn validate(&self) -> Result<(), Vec<BadSettings>> {
        let mut faults = Vec::new();
        match &self.servers {
            Servers::Single(address) => {
                check_address("servers", address, &mut faults);
                if self.tls.is_some() && matches!(address, Address::Unix(_)) {
                    faults.push(BadSettings::TlsOnSocket { address: address.to_string() });
                }
            }
            Servers::Sentinel { sentinels, service, account } => {
                check_list("sentinels", sentinels, &mut faults);
                if service.is_empty() {
                    faults.push(BadSettings::Empty { key: "service" });
                }
                check_account("sentinel_account", account, &mut faults);
            }
            Servers::Cluster(nodes) => check_list("servers", nodes, &mut faults),
        }
        check_account("account", &self.account, &mut faults);
        let clustered = matches!(self.servers, Servers::Cluster(_));
        if self.database > DATABASE_MAX || (clustered && self.database != 0) {
            faults.push(BadSettings::Database(self.database));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
        let fits = !self.prefix.is_empty() && self.prefix.len() <= PREFIX_BYTES_MAX;
        if !fits || !self.prefix.bytes().all(plain) {
            faults.push(BadSettings::Prefix(self.prefix.chars().take(PREFIX_BYTES_MAX).collect()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

fn check_list(key: &'static str, addresses: &[Address], faults: &mut Vec<BadSettings>) {
    if addresses.is_empty() || addresses.len() > SERVERS_MAX {
        faults.push(BadSettings::Servers { key, count: addresses.len() });
    }
    for address in addresses {
        if matches!(address, Address::Unix(_)) {
            faults.push(BadSettings::Socket { key, address: address.to_string() });
        }
        check_address(key, address, faults);
    }
}

fn check_address(key: &'static str, address: &Address, faults: &mut Vec<BadSettings>) {
    let good = match address {
        Address::Tcp { host, port } => {
            *port != 0 && !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control())
        }
        Address::Unix(path) => path.is_absolute(),
    };
    if !good {
        faults.push(BadSettings::Address { key, address: address.to_string() });
    }
}

fn check_account(key: &'static str, account: &Account, faults: &mut Vec<BadSettings>) {
    if account.user.is_some() && account.password.is_none() {
        faults.push(BadSettings::NoPassword { key });
    }
    if account.user.as_ref().is_some_and(|user| user.is_empty()) {
        faults.push(BadSettings::Empty { key: "user" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(servers: Servers) -> RedisSettings {
        let daemon = "a".parse().unwrap();
        let (account, prefix) = (Account::default(), PREFIX.into());
        RedisSettings { servers, account, tls: None, database: 0, prefix, daemon, lease: LEASE }
    }

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp { host: host.into(), port }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        assert_eq!(settings(Servers::Single(tcp("redis", 6_379))).validate(), Ok(()));
        assert_eq!(settings(Servers::Single(Address::Unix("/run/redis.sock".into()))).validate(), Ok(()));
        let user = Account { user: Some("hotlined".into()), password: None };
        let wrong = RedisSettings {
            account: user.clone(),
            database: 1,
            prefix: "a{b}".into(),
            ..settings(Servers::Cluster(vec![tcp("", 1), Address::Unix("/x".into())]))
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
        let sentinel = Servers::Sentinel { sentinels: vec![], service: "".into(), account: user };
        assert_eq!(settings(sentinel).validate().unwrap_err().len(), 3);
        let socket = Servers::Single(Address::Unix("/run/redis.sock".into()));
        let secret = RedisSettings { tls: Some(Tls::default()), ..settings(socket) };
        assert!(matches!(secret.validate().unwrap_err()[..], [BadSettings::TlsOnSocket { .. }]));
    }

    #[test]
    fn a_password_is_never_printed() {
        let account = Account { user: None, password: Some(Password::new("geheim")) };
        assert!(!format!("{account:?}").contains("geheim"));
    }
}
