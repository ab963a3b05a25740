//! Why Redis did not do what it was asked, and what is to be done about it.

/// Why a request was not carried out, or nobody knows whether it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisFailure {
    /// There is no connection, or it was lost.
    #[error("no connection: {0}")]
    Lost(String),
    /// No answer came in time. It may have been done all the same.
    #[error("no answer in time")]
    TimedOut,
    /// It does not know us, or not by this password.
    #[error("user or password is wrong: {0}")]
    Password(String),
    /// It shows a certificate that nobody vouches for, or wants one of us that we do not have.
    #[error("certificates do not fit: {0}")]
    Certificate(String),
    /// It does not let us: the user lacks a command or keys.
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// At one of our keys stands something that is none of ours.
    #[error("a key holds something of another kind: {0}")]
    WrongType(String),
    /// It has no memory left. Giving back is still possible.
    #[error("out of memory: {0}")]
    Full(String),
    /// It is a replica: the master is somewhere else by now.
    #[error("a replica takes no writes: {0}")]
    ReadOnly(String),
    /// It starts, is being taken over, cannot save, or runs a long script.
    #[error("not ready: {0}")]
    NotReady(String),
    /// Somebody else acts for this switch by now.
    #[error("somebody else acts by now, with token {token}")]
    Fenced {
        /// The highest token given out.
        token: u64,
    },
    /// It said something that nobody expects of it.
    #[error("not understood: {0}")]
    Garbled(String),
}

/// What a daemon does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The connection is made anew by itself. Meanwhile go on without an answer; once it is back, ask again.
    Reconnect,
    /// The connection is good and others are answered. Go on without an answer, and ask again in a while.
    AskAgain,
    /// As before, and an operator is needed: it will not come right by itself.
    Operator,
    /// Act for this switch no more. To ask again is of no use.
    StandBy,
}

impl RedisFailure {
    /// What to do about it.
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

    /// What kind it is, in a word.
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

    /// Whether only an operator can bring it right, also where the connection is made anew.
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
