//! Sends messages to gateways, on the threads of the runtime.

use super::gateways_file::ConfiguredGateway;
use super::http_client::{Exchange, client, exchange};
use crate::daemon::clock::Clock;
use crate::daemon::message_gateways::{MessageInput, MessageSender};
use hotlined_core::message::sending::SendOutcome;
use hotlined_instance::messages::SendRequest;
use hotlined_notify::sms::{RequestContext, SmsRequest};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Sends messages to the gateways of a file.
pub(crate) struct SmsSender {
    gateways: BTreeMap<Arc<str>, ConfiguredGateway>,
    client: reqwest::Client,
    runtime: Handle,
    answers: mpsc::Sender<MessageInput>,
    /// The address of receipts, without the gateway's name.
    receipts_url: Option<Arc<str>>,
}

impl SmsSender {
    /// A sender. Requests run on this runtime; what became of them goes to `answers`.
    ///
    /// # Errors
    /// If there can be no HTTP client.
    pub(crate) fn new(
        gateways: impl IntoIterator<Item = ConfiguredGateway>,
        receipts_url: Option<Arc<str>>,
        runtime: Handle,
        answers: mpsc::Sender<MessageInput>,
    ) -> reqwest::Result<Self> {
        let gateways = gateways.into_iter().map(|gateway| (gateway.name.clone(), gateway)).collect();
        Ok(Self { gateways, client: client()?, runtime, answers, receipts_url })
    }
}

impl MessageSender for SmsSender {
    fn send(&mut self, request: SendRequest) {
        let gateway = self.gateways.get(&request.gateway).cloned();
        let (client, answers) = (self.client.clone(), self.answers.clone());
        let receipt_url = self.receipts_url.as_ref().map(|base| format!("{base}/{}", request.gateway));
        self.runtime.spawn(async move {
            let outcome = match &gateway {
                Some(gateway) => ask(&client, gateway, &request, receipt_url.as_deref()).await,
                None => SendOutcome::NotSent { reason: "the gateway is not in the file".to_owned() },
            };
            let SendRequest { id, attempt, .. } = request;
            // The event loop may have ended.
            let _ = answers.send(MessageInput::Outcome { id, attempt, outcome }).await;
        });
    }
}

/// Asks a gateway to send a message.
pub(crate) async fn ask(
    client: &reqwest::Client,
    gateway: &ConfiguredGateway,
    request: &SendRequest,
    receipt_url: Option<&str>,
) -> SendOutcome {
    let now = Clock::start().now();
    let nonce = format!("{:032x}", u128::from(crate::daemon::sockets::random()) << 64 | u128::from(now.0));
    let sms = SmsRequest { id: request.our_id.clone(), message: &request.message, receipt_url };
    let http = match gateway.gateway.request(&sms, &RequestContext { now, nonce }) {
        Ok(http) => http,
        Err(error) => return SendOutcome::Refused(error.refusal()),
    };
    match exchange(client, &http, gateway.timeout, now).await {
        Exchange::Answered(answer) => gateway.gateway.read_answer(&answer),
        Exchange::NotSent(reason) => SendOutcome::NotSent { reason },
        Exchange::Lost(reason) => SendOutcome::Unknown { reason },
    }
}
