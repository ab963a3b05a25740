//! Checks the `[redis]` section: the Redis that several daemons share.

use super::check::Checker;
use super::fault::SettingsFaultKind;
use super::raw::RawRedis;
use crate::redis::{
    ClientCertificate, Password, RedisAccount, RedisAddress, RedisServers, RedisSettings, Tls,
};
use hotlined_config::source_position::shortened;
use hotlined_core::time::Millis;
use hotlined_instance::DaemonId;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

/// The largest file of certificates or of a key, in bytes.
const PEM_BYTES_MAX: u64 = 1 << 20;
/// How long a lease lasts, in milliseconds: a daemon that does not run for so long loses its switches.
const LEASE_MS: RangeInclusive<u64> = 1_000..=15_000;
const ADDRESSES: &str = "host:port, or an absolute path of a socket; several with commas between";

/// The kind of Redis installation.
#[derive(Clone, Copy)]
enum RedisKind {
    Single,
    Sentinel,
    Cluster,
}

impl Checker<'_> {
    /// The settings of Redis, if servers are named.
    pub(super) fn redis(&mut self, raw: RawRedis) -> Option<RedisSettings> {
        let kinds = [
            ("single", RedisKind::Single),
            ("sentinel", RedisKind::Sentinel),
            ("cluster", RedisKind::Cluster),
        ];
        let kind = self.choice("redis.kind", &raw.kind, &kinds);
        let user = |user: &Option<String>| user.as_deref().map(Arc::from);
        let keys = ["password", "password_file"].map(|key| format!("redis.{key}"));
        let password = self.password(keys, &raw.password, &raw.password_file);
        let secret = |secret: super::types::Secret| Password::new(secret.reveal());
        let account = RedisAccount { user: user(&raw.user), password: password.map(secret) };
        let keys = ["sentinel_password", "sentinel_password_file"].map(|key| format!("redis.{key}"));
        let password = self.password(keys, &raw.sentinel_password, &raw.sentinel_password_file);
        let sentinels = RedisAccount { user: user(&raw.sentinel_user), password: password.map(secret) };
        let tls = self.tls(&raw);
        let servers = raw.servers.as_deref().filter(|servers| !servers.is_empty())?;
        let mut addresses = Vec::new();
        for text in servers.split(',').map(str::trim) {
            match address(text) {
                Some(address) => addresses.push(address),
                None => self.fault(
                    "redis.servers",
                    SettingsFaultKind::Form { found: shortened(text), expected: ADDRESSES },
                ),
            }
        }
        let daemon = raw.daemon.as_deref().unwrap_or_default();
        let expected = "a name that no other daemon of this Redis has, of letters, digits and - _ .";
        let daemon: Option<DaemonId> = daemon.parse().ok();
        if daemon.is_none() {
            let found = shortened(raw.daemon.as_deref().unwrap_or_default());
            self.fault("redis.daemon", SettingsFaultKind::Form { found, expected });
        }
        let servers = match (kind?, &addresses[..]) {
            (RedisKind::Single, [address]) => RedisServers::Single(address.clone()),
            (RedisKind::Single, [] | [_, _, ..]) => {
                let expected = "one address, or set kind to sentinel or cluster";
                self.fault("redis.servers", SettingsFaultKind::Form { found: shortened(servers), expected });
                return None;
            }
            (RedisKind::Sentinel, _) => {
                let service = raw.service.as_deref().unwrap_or_default().into();
                RedisServers::Sentinel { sentinels: addresses, service, account: sentinels }
            }
            (RedisKind::Cluster, _) => RedisServers::Cluster(addresses),
        };
        let database = u16::try_from(raw.database).unwrap_or(u16::MAX);
        let lease = Millis(self.number("redis.lease_ms", raw.lease_ms, LEASE_MS, "milliseconds"));
        let (prefix, daemon) = (raw.prefix.into(), daemon?);
        let settings = RedisSettings { servers, account, tls, database, prefix, daemon, lease };
        match settings.validate() {
            Ok(()) => Some(settings),
            Err(faults) => {
                for fault in faults {
                    self.fault("redis", SettingsFaultKind::Other(fault.to_string()));
                }
                None
            }
        }
    }

    fn tls(&mut self, raw: &RawRedis) -> Option<Tls> {
        let authority = self.pem("redis.tls_authority_file", raw.tls_authority_file.as_deref());
        let certificate = self.pem("redis.tls_certificate_file", raw.tls_certificate_file.as_deref());
        let key = self.pem("redis.tls_key_file", raw.tls_key_file.as_deref());
        for (here, there, missing) in
            [(&certificate, &key, "redis.tls_key_file"), (&key, &certificate, "redis.tls_certificate_file")]
        {
            if here.is_some() && there.is_none() {
                let expected = "the file beside it: a certificate needs its key, and a key its certificate";
                self.fault(missing, SettingsFaultKind::Form { found: String::new(), expected });
            }
        }
        let text = |pem: Arc<[u8]>| Password::new(String::from_utf8_lossy(&pem).into_owned());
        let client =
            certificate.zip(key).map(|(certificate, key)| ClientCertificate { certificate, key: text(key) });
        let wanted = self.choice("redis.tls", &raw.tls, &[("off", false), ("on", true)]);
        wanted.unwrap_or_default().then_some(Tls { authority, client })
    }

    fn pem(&mut self, key: &str, file: Option<&str>) -> Option<Arc<[u8]>> {
        let path = self.path(key, file?);
        match pem(&path) {
            Ok(bytes) => Some(bytes.into()),
            Err(why) => {
                self.fault(key, SettingsFaultKind::Other(why));
                None
            }
        }
    }
}

fn pem(path: &Path) -> Result<Vec<u8>, String> {
    crate::daemon::whole_file::read(path, PEM_BYTES_MAX).map_err(|bad| bad.to_string())
}

fn address(text: &str) -> Option<RedisAddress> {
    if text.starts_with('/') {
        return Some(RedisAddress::Unix(text.into()));
    }
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (!host.is_empty()).then_some(())?;
    Some(RedisAddress::Tcp { host: host.to_owned(), port: port.parse().ok().filter(|port| *port != 0)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port_or_a_path() {
        let tcp = |host: &str, port| Some(RedisAddress::Tcp { host: host.into(), port });
        assert_eq!(address("redis.example:6379"), tcp("redis.example", 6379));
        assert_eq!(address("[::1]:6379"), tcp("::1", 6379));
        assert_eq!(address("/run/redis.sock"), Some(RedisAddress::Unix("/run/redis.sock".into())));
        for bad in ["", "redis", ":6379", "redis:", "redis:0", "redis:70000", "redis:x"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
