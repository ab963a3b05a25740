//! The way between the event loop and the SMS gateways: requests go out on other threads, answers come back as inputs.

use hotlined_core::message::sending::{Receipt, SendOutcome};
use hotlined_instance::messages::{
    ListedMessage, MessageFilter, MessageOrder, OrderRefused, ReceiptCounts, SendRequest,
};
use hotlined_instance::persist::outbox::DeliveryId;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The most inputs that wait for the loop.
const INPUTS_WAITING_MAX: usize = 4_096;

/// What the event loop learns about messages.
#[derive(Debug)]
pub(crate) enum MessageInput {
    /// What became of a request to a gateway.
    Outcome {
        /// The message.
        id: DeliveryId,
        /// The number of the attempt.
        attempt: u32,
        /// What became of it.
        outcome: SendOutcome,
    },
    /// A gateway posted receipts.
    Receipts {
        /// The gateway.
        gateway: Arc<str>,
        /// The receipts.
        receipts: Vec<Receipt>,
        /// Gets whose they are.
        counted: oneshot::Sender<ReceiptCounts>,
    },
    /// An operator wants to see messages.
    List {
        /// Which.
        filter: MessageFilter,
        /// Gets the messages, and how many there are.
        listed: oneshot::Sender<(Vec<ListedMessage>, usize)>,
    },
    /// An operator orders something about a message.
    Order {
        /// The message.
        id: String,
        /// The order.
        order: MessageOrder,
        /// Gets the result.
        result: oneshot::Sender<Result<(), OrderRefused>>,
    },
}

/// Sends requests to gateways. No method waits: the answer comes as [`MessageInput::Outcome`].
pub(crate) trait MessageSender: Send {
    /// Begins a request.
    fn send(&mut self, request: SendRequest);
}

/// The gateways as the event loop sees them.
pub(crate) struct MessageGateways {
    sender: Option<Box<dyn MessageSender>>,
    inputs: mpsc::Receiver<MessageInput>,
    /// Keeps the channel open, and answers for a sender that is not there.
    to_loop: mpsc::Sender<MessageInput>,
}

impl MessageGateways {
    /// The gateways behind this sender; `None` if the settings have no gateway.
    pub(super) fn new(
        sender: Option<Box<dyn MessageSender>>,
        (to_loop, inputs): (mpsc::Sender<MessageInput>, mpsc::Receiver<MessageInput>),
    ) -> Self {
        Self { sender, inputs, to_loop }
    }

    /// The channel of inputs.
    pub(crate) fn channel() -> (mpsc::Sender<MessageInput>, mpsc::Receiver<MessageInput>) {
        mpsc::channel(INPUTS_WAITING_MAX)
    }

    /// Begins a request.
    pub(super) fn send(&mut self, request: SendRequest) {
        if let Some(sender) = &mut self.sender {
            sender.send(request);
            return;
        }
        // Without gateways the instance gives out no request. If the channel is full, the request ends by its time.
        let outcome = SendOutcome::NotSent { reason: "the settings have no gateway".to_owned() };
        let SendRequest { id, attempt, .. } = request;
        let _ = self.to_loop.try_send(MessageInput::Outcome { id, attempt, outcome });
    }

    /// The next input; never ready while there is none.
    pub(super) async fn next_input(&mut self) -> Option<MessageInput> {
        self.inputs.recv().await
    }
}
