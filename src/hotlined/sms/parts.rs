//! The SMS gateways as parts of a daemon.

use super::gateways_file::{self, ConfiguredGateway, GatewaysFileError};
use super::sender::SmsSender;
use crate::daemon::message_gateways::{MessageGateways, MessageInput, MessageSender};
use crate::daemon::settings::SmsSettings;
use hotlined_core::hotline::Hotlines;
use hotlined_instance::messages::GatewayLimits;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// The SMS gateways: how much each may be given, and what sends the requests.
#[derive(Default)]
pub struct SmsParts {
    /// The gateways, in the order in which they are tried.
    pub(crate) gateways: Vec<GatewayLimits>,
    /// What sends the requests.
    pub(crate) sender: Option<Box<dyn MessageSender>>,
    /// The channel of answers, receipts and orders.
    pub(crate) inputs: Option<(mpsc::Sender<MessageInput>, mpsc::Receiver<MessageInput>)>,
}

/// Why there are no gateways.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// Their file is wrong.
    #[error(transparent)]
    File(#[from] GatewaysFileError),
    /// There is no HTTP client.
    #[error("no HTTP client for SMS gateways (are the certificates of authorities installed?): {0}")]
    Client(#[from] reqwest::Error),
}

impl SmsParts {
    /// The gateways of the settings. Requests run on this runtime.
    ///
    /// # Errors
    /// If the file of gateways is wrong.
    pub fn open(settings: &SmsSettings, runtime: Handle) -> Result<(Self, Vec<ConfiguredGateway>), SmsError> {
        let configured = match &settings.gateways {
            Some(file) => gateways_file::read(file)?,
            None => Vec::new(),
        };
        let parts = Self::of(configured.clone(), settings.receipt_base().map(Into::into), runtime)?;
        Ok((parts, configured))
    }

    /// These gateways. `receipt_base` is the address of receipts without the name of the gateway.
    ///
    /// # Errors
    /// If there is no HTTP client.
    pub fn of(
        configured: Vec<ConfiguredGateway>,
        receipt_base: Option<Arc<str>>,
        runtime: Handle,
    ) -> Result<Self, SmsError> {
        let inputs = MessageGateways::channel();
        let gateways = configured.iter().map(|gateway| gateway.limits.clone()).collect();
        // A machine without certificates of authorities has no HTTP client, and without gateways needs none.
        if configured.is_empty() {
            return Ok(Self { gateways, sender: None, inputs: Some(inputs) });
        }
        let sender = SmsSender::new(configured, receipt_base, runtime, inputs.0.clone())?;
        Ok(Self { gateways, sender: Some(Box::new(sender)), inputs: Some(inputs) })
    }

    /// The channel of receipts and orders, for the pages.
    pub(crate) fn inputs(&self) -> Option<mpsc::Sender<MessageInput>> {
        self.inputs.as_ref().map(|(sender, _)| sender.clone())
    }
}

/// What cannot work between hotlines and gateways, a sentence each.
pub fn mismatches(hotlines: &Hotlines, gateways: &[ConfiguredGateway]) -> Vec<String> {
    let mut found = Vec::new();
    for hotline in hotlines.iter() {
        let Some(sms) = &hotline.sms else { continue };
        let number = &hotline.number;
        for name in &sms.gateways {
            if !gateways.iter().any(|gateway| gateway.name == *name) {
                found.push(format!("{number} [sms] gateways: there is no gateway {name:?}"));
            }
        }
        let is_used =
            |gateway: &&ConfiguredGateway| sms.gateways.is_empty() || sms.gateways.contains(&gateway.name);
        let used: Vec<_> = gateways.iter().filter(is_used).collect();
        if used.is_empty() {
            found.push(format!("{number} [sms]: no gateway can send its messages"));
        }
        for gateway in used {
            let Some(templates) = gateway.gateway.templates() else { continue };
            for rule in &sms.rules {
                let digest = rule.digest.as_ref().map(|digest| &digest.template);
                for template in std::iter::once(&rule.template).chain(digest) {
                    if !templates.contains_key(&**template) {
                        let name = &gateway.name;
                        found.push(format!(
                            "{number} [sms] {template}: gateway {name:?} has no template of this name"
                        ));
                    }
                }
            }
        }
    }
    found
}
