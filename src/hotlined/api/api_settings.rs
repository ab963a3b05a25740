//! The settings of the API address.

use super::access_token::AccessToken;
use super::screen_pop::ScreenPopUrl;
use std::net::SocketAddr;

/// The settings of the API address.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiSettings {
    /// The address.
    pub address: SocketAddr,
    /// The tokens.
    pub tokens: Vec<AccessToken>,
    /// The address that the screen pop opens, if any.
    pub screen_pop: Option<ScreenPopUrl>,
}
