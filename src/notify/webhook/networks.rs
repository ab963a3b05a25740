//! Networks that an operator allows although they are not public.

use super::address::is_public;
use std::net::IpAddr;
use std::str::FromStr;

/// Allowed networks, such as `10.0.0.0/8`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    bits: u32,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: 10.0.0.0/8, fd00::/8, or one address; the bits behind the length must be 0")]
pub struct InvalidNetwork(pub String);

impl AllowedNetworks {
    /// Reads networks.
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        networks.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request may go to this address: it is public, or in one of these networks.
    pub fn permits(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    /// An IPv6 address that stands for an IPv4 address is that address.
    fn contains(self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| (a ^ b).checked_shr(width - self.bits).unwrap_or(0) == 0;
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                same(first.to_bits().into(), address.to_bits().into(), 32)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => same(first.to_bits(), address.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.chars().take(64).collect());
        let (first, bits) = text.split_once('/').map_or((text, None), |(first, bits)| (first, Some(bits)));
        let first: IpAddr = first.parse().map_err(|_| invalid())?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let is_number = |bits: &&str| !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits = match bits {
            None => width,
            Some(bits) => {
                Some(bits).filter(is_number).and_then(|bits| bits.parse().ok()).ok_or_else(invalid)?
            }
        };
        let number = match first {
            IpAddr::V4(first) => u128::from(first.to_bits()),
            IpAddr::V6(first) => first.to_bits(),
        };
        let behind = if bits > width { return Err(invalid()) } else { width - bits };
        let mask = 1_u128.checked_shl(behind).map_or(u128::MAX, |bit| bit - 1);
        if number & mask == 0 { Ok(Self { first, bits }) } else { Err(invalid()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_network_has_its_edges() {
        let allowed = AllowedNetworks::parse(["10.1.0.0/16", "127.0.0.1", "fd00::/8"]).unwrap();
        let permits = |address: &str| allowed.permits(address.parse().unwrap());
        for address in ["10.1.0.0", "10.1.255.255", "127.0.0.1", "::ffff:10.1.2.3", "fd12::1", "1.1.1.1"] {
            assert!(permits(address), "{address}");
        }
        for address in ["10.0.255.255", "10.2.0.0", "127.0.0.2", "fc00::1", "169.254.169.254", "::1"] {
            assert!(!permits(address), "{address}");
        }
        let all = AllowedNetworks::parse(["0.0.0.0/0", "::/0"]).unwrap();
        assert!(all.permits("169.254.169.254".parse().unwrap()) && all.permits("ff02::1".parse().unwrap()));
        assert!(!AllowedNetworks::default().permits("10.1.0.0".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "::/129",
            "localhost",
            "10.0.0/8",
            "::1/64",
        ] {
            assert_eq!(AllowedNetworks::parse([text]), Err(InvalidNetwork(text.into())));
        }
    }
}
