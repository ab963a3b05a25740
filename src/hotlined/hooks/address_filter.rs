//! Which addresses a hook may reach. A receiver in the internet has a public address; a private one must be allowed.
//!
//! The name of a receiver is resolved here at each connection, and only addresses that the hook may reach are
//! connected to. So a name that changes its address after the check (DNS rebinding) gains nothing.

use hotlined_notify::webhook::AllowedNetworks;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// The name resolves to no address that the hook may reach.
#[derive(Debug, thiserror::Error)]
#[error("has only addresses that are not public, such as {0}: add its network to `allow` if that is meant")]
pub struct NotAllowed(pub IpAddr);

/// Checks an address that stands in the URL itself. A name is checked when it is resolved.
///
/// # Errors
/// If the hook may not reach the address.
pub fn check_literal(url: &Url, allow: &AllowedNetworks) -> Result<(), NotAllowed> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if allow.permits(address) { Ok(()) } else { Err(NotAllowed(address)) }
}

/// A resolver that gives only addresses that the hook may reach.
#[derive(Clone, Debug)]
pub struct AddressFilter {
    /// The private networks that may be reached.
    pub allow: AllowedNetworks,
}

impl AddressFilter {
    fn filter(&self, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, NotAllowed> {
        let (good, bad): (Vec<_>, Vec<_>) = found.partition(|address| self.allow.permits(address.ip()));
        match bad.first() {
            Some(bad) if good.is_empty() => Err(NotAllowed(bad.ip())),
            Some(_) | None => Ok(good),
        }
    }
}

impl Resolve for AddressFilter {
    fn resolve(&self, name: Name) -> Resolving {
        let filter = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(filter.filter(found)?.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_one_public_address_is_reached_there_and_only_there() {
        let filter = AddressFilter { allow: AllowedNetworks::default() };
        let of = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let both = of(&["127.0.0.1:0", "1.1.1.1:0", "[::1]:0"]);
        assert_eq!(filter.filter(both.into_iter()).unwrap(), of(&["1.1.1.1:0"]));
        let private = of(&["10.0.0.1:0", "[::ffff:127.0.0.1]:0", "169.254.169.254:0"]);
        let error = filter.filter(private.into_iter()).unwrap_err().to_string();
        assert!(error.contains("10.0.0.1") && error.contains("allow"), "{error}");
    }

    #[test]
    fn an_address_in_the_url_is_checked_in_every_spelling() {
        let none = AllowedNetworks::default();
        for url in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://10.1.2.3:8080/",
            "http://169.254.169.254/latest/meta-data",
        ] {
            assert!(check_literal(&url.parse().unwrap(), &none).is_err(), "{url}");
        }
        for url in ["http://1.1.1.1/", "https://crm.example.com/"] {
            assert!(check_literal(&url.parse().unwrap(), &none).is_ok(), "{url}");
        }
    }
}
