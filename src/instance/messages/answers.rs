//! The answers of gateways.

use super::entry::MessageState;
use super::limits::{ASKED_PAUSE_MAX, REASON_CHARS_MAX, RETRY_PAUSES, SLOW_RETRY_PAUSE};
use super::queue::MessageQueue;
use super::totals::count_request;
use crate::persist::outbox::DeliveryId;
use hotlined_core::message::sending::{Refusal, RefusalClass, SendOutcome};
use hotlined_core::time::{Instant, Millis};
use std::sync::Arc;

impl MessageQueue {
    /// What became of a request to a gateway. An answer that comes too late still tells what became of the message.
    pub fn on_outcome(&mut self, now: Instant, id: &DeliveryId, attempt: u32, outcome: SendOutcome) {
        self.now = now;
        let Some(entry) = self.store.get(id).filter(|entry| entry.attempts == attempt) else { return };
        let (gateway, since) = match &entry.state {
            MessageState::Sending { gateway, since } => {
                let (gateway, since) = (gateway.clone(), *since);
                if let Some(state) = self.gateways.get_mut(&gateway) {
                    state.end();
                }
                (gateway, since)
            }
            MessageState::Unknown { gateway, since } => (gateway.clone(), *since),
            MessageState::Waiting
            | MessageState::Gathered
            | MessageState::Sent { .. }
            | MessageState::Dead { .. } => {
                return;
            }
        };
        count_request(&gateway, &outcome);
        match outcome {
            SendOutcome::Accepted { id: gateway_id } => {
                self.gateway_answered(&gateway);
                self.set_sent(now, id, gateway.clone(), gateway_id);
                self.use_early_receipts(now, id, &gateway);
            }
            SendOutcome::Refused(refusal) => {
                if refusal.class != RefusalClass::Balance {
                    self.gateway_answered(&gateway);
                }
                self.on_refusal(now, id, &gateway, refusal);
            }
            SendOutcome::NotSent { reason } => {
                tracing::warn!(%gateway, reason, "the gateway cannot be reached");
                self.gateway_failed(now, &gateway);
                let pause = now + self.pause_after(id);
                self.retry(now, id, pause, plain(&reason));
            }
            SendOutcome::Unknown { reason } => {
                self.set_unknown(id, gateway.clone(), since, plain(&reason));
                self.use_early_receipts(now, id, &gateway);
            }
        }
    }

    fn gateway_answered(&mut self, gateway: &Arc<str>) {
        if let Some(state) = self.gateways.get_mut(gateway) {
            state.answered();
        }
    }

    fn gateway_failed(&mut self, now: Instant, gateway: &Arc<str>) {
        if let Some(state) = self.gateways.get_mut(gateway) {
            state.failed(now);
        }
    }

    fn on_refusal(&mut self, now: Instant, id: &DeliveryId, gateway: &Arc<str>, refusal: Refusal) {
        let Refusal { class, code, text, retry_after } = refusal;
        let reason = plain(&format!("{}: {code} {text}", class.as_str()));
        let asked = retry_after.map(|pause| pause.min(ASKED_PAUSE_MAX));
        match class {
            RefusalClass::Rejected => return self.set_dead(now, id, reason),
            RefusalClass::Retry => {}
            RefusalClass::Throttled => self.pause_gateway(now, gateway, asked),
            // The account is empty for every message; a wrong template is one message's.
            RefusalClass::Balance => {
                tracing::error!(%gateway, reason, "the gateway's account is empty");
                self.gateway_failed(now, gateway);
            }
            RefusalClass::Configuration => {
                tracing::error!(%gateway, id = id.masked(), reason, "the gateway's settings are wrong");
            }
        }
        let pause = match class {
            RefusalClass::Retry | RefusalClass::Rejected => asked.unwrap_or_else(|| self.pause_after(id)),
            RefusalClass::Throttled | RefusalClass::Balance | RefusalClass::Configuration => {
                asked.unwrap_or(SLOW_RETRY_PAUSE).max(self.pause_after(id))
            }
        };
        self.retry(now, id, now + pause, reason);
    }

    fn pause_gateway(&mut self, now: Instant, gateway: &Arc<str>, pause: Option<Millis>) {
        if let (Some(state), Some(pause)) = (self.gateways.get_mut(gateway), pause) {
            state.pause(now + pause);
        }
    }

    /// How long a message waits until all of its gateways are tried again.
    fn pause_after(&self, id: &DeliveryId) -> Millis {
        let rounds = self.store.get(id).map_or(0, |entry| {
            let gateways = self.gateways_of(entry).count().max(1);
            (entry.attempts as usize).saturating_sub(1) / gateways
        });
        RETRY_PAUSES[rounds.min(RETRY_PAUSES.len() - 1)]
    }
}

/// Text of a gateway: short, and without characters that could change a page or a log.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(REASON_CHARS_MAX).collect()
}
