//! Messages by SMS on their way to the gateways.
//!
//! [`queue`](MessageQueue) holds every message of the calls of this daemon's switches, from the end of the call until
//! its receipt. It decides when a message goes out and through which gateway, and what an answer means:
//! `answers`, `receipt_matching`, `digest`, `orders`. Its messages are saved as deliveries of the outbox, each time
//! their state changes; a request to a gateway goes out only after its state is saved.
//!
//! Absent: HTTP, and the formats of gateways.

mod answers;
mod counts;
mod digest;
mod entry;
mod gateway;
mod limits;
mod orders;
mod queue;
mod receipt_matching;
mod receipts;
mod store;
mod totals;

pub use entry::{MessageState, QueuedMessage, SendRequest};
pub use gateway::GatewayLimits;
pub(crate) use limits::ANSWERS_TIME_MAX;
pub use orders::{LISTED_MAX, ListedMessage, MessageFilter, MessageOrder, OrderRefused};
pub use queue::MessageQueue;
pub use receipt_matching::ReceiptCounts;

#[cfg(test)]
mod tests;
