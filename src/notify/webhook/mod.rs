//! Web hooks by Standard Webhooks 1.0.0: signatures, when an event is sent again, what an answer means, and which
//! addresses may be asked.

mod address;
mod networks;
mod outcome;
mod schedule;
mod signature;

pub use address::is_public;
pub use networks::{AllowedNetworks, InvalidNetwork};
pub use outcome::{HookOutcome, read_answer};
pub use schedule::{ATTEMPTS_MAX, next_attempt};
pub use signature::{
    HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, InvalidSecret, InvalidSignature, TOLERANCE, WebhookSecret,
    sign, verify,
};
