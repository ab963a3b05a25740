//! Why an operation has no reply, and what the daemon does about it.

/// Why Redis did not do an operation, or why it is unknown whether Redis did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisFailure {
    /// There is no connection, or it was lost.
    #[error("no connection: {0}")]
    Lost(String),
    /// No reply came in time. Redis may have done the operation all the same.
    #[error("no answer in time")]
    TimedOut,
    /// Redis does not know the user, or the password is wrong.
    #[error("user or password is wrong: {0}")]
    Password(String),
    /// The certificate of Redis is not trusted, or Redis wants a client certificate that is not configured.
    #[error("certificates do not fit: {0}")]
    Certificate(String),
    /// The user may not run a command or use a key.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// One of this program's keys holds a value of another type.
    #[error("a key holds something of another kind: {0}")]
    WrongType(String),
    /// Redis has no memory left. Operations that give something back still work.
    #[error("out of memory: {0}")]
    Full(String),
    /// The server is a replica: another server is the master by now.
    #[error("a replica takes no writes: {0}")]
    ReadOnly(String),
    /// Redis starts, fails over, cannot save to disk, or runs a long script.
    #[error("not ready: {0}")]
    NotReady(String),
    /// Another daemon holds the lease of this switch by now.
    #[error("somebody else acts by now, with token {token}")]
    Fenced {
        /// The highest token given out for the switch.
        token: u64,
    },
    /// The reply has a form that this program does not know.
    #[error("not understood: {0}")]
    Garbled(String),
}

/// What a daemon does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Go on without a reply, and repeat once Redis is available. The connection is made anew by itself.
    Reconnect,
    /// Go on without a reply, and repeat after a while. The connection is good, and other operations get replies.
    AskAgain,
    /// As [`AskAgain`](Self::AskAgain), and an operator is needed: it does not come right by itself.
    Operator,
    /// Stop acting for this switch. Repeating is of no use.
    StandBy,
}

impl RedisFailure {
    /// What the daemon does about the failure.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Lost(_) | Self::TimedOut | Self::ReadOnly(_) | Self::Password(_) | Self::Certificate(_) => {
                Remedy::Reconnect
            }
            Self::Full(_) | Self::NotReady(_) => Remedy::AskAgain,
            Self::Forbidden(_) | Self::WrongType(_) | Self::Garbled(_) => Remedy::Operator,
            Self::Fenced { .. } => Remedy::StandBy,
        }
    }

    /// The kind of the failure in one word, as logs and metrics have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Lost(_) => "lost",
            Self::TimedOut => "timed_out",
            Self::Password(_) => "password",
            Self::Certificate(_) => "certificate",
            Self::Forbidden(_) => "forbidden",
            Self::WrongType(_) => "wrong_type",
            Self::Full(_) => "full",
            Self::ReadOnly(_) => "read_only",
            Self::NotReady(_) => "not_ready",
            Self::Fenced { .. } => "fenced",
            Self::Garbled(_) => "garbled",
        }
    }

    /// Whether only an operator can mend the cause, even if the daemon connects anew.
    pub fn needs_operator(&self) -> bool {
        match self {
            Self::Password(_)
            | Self::Certificate(_)
            | Self::Forbidden(_)
            | Self::WrongType(_)
            | Self::Full(_)
            | Self::Garbled(_) => true,
            Self::Lost(_) | Self::TimedOut | Self::ReadOnly(_) | Self::NotReady(_) | Self::Fenced { .. } => {
                false
            }
        }
    }
}
