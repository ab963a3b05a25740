//! Why a session fails.

use crate::switch::freeswitch::channel_list::InvalidChannelList;
use crate::switch::lease_token::LeaseToken;

/// Why a session fails.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The switch refused the password.
    #[error("the switch refused the password: check [switch] password against event_socket.conf.xml")]
    Password,
    /// The switch does not accept our address.
    #[error("the switch does not let our address in: check apply-inbound-acl in event_socket.conf.xml ({0})")]
    Address(String),
    /// The switch accepted the password and refused the subscription.
    #[error(
        "the switch refused to send events: {0}; what a directory user needs stands beside [switch] user"
    )]
    Subscription(String),
    /// Another daemon is active at the switch, with a newer token.
    #[error("daemon {:?} acts for it by token {}, as it says at the switch", .0.daemon(), .0.number())]
    Superseded(LeaseToken),
    /// Another daemon is active at the switch already, and without leases none of the two has precedence.
    #[error(
        "daemon {:?} acts for this switch already, as it says there: stop it first, or let both share a Redis \
         (see [redis]); `hotlined serve --take-over` takes the switch from it", .0.daemon()
    )]
    Occupied(LeaseToken),
    /// The switch closes the connection.
    #[error("the switch closes the connection: {0}")]
    Closing(String),
    /// A reply does not fit the request that it should answer.
    #[error("the switch answered what nobody asked: {0}")]
    UnexpectedReply(&'static str),
    /// The list of channels cannot be read.
    #[error(transparent)]
    ChannelList(#[from] InvalidChannelList),
}
