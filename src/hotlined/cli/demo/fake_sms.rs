//! The SMS gateway of the demo: a fake on a real socket that takes text, and what became of each message.

use super::record_table::seconds;
use crate::cli::output::print_line;
use crate::daemon::message_gateways::MessageInput;
use crate::sms::gateways_file::ConfiguredGateway;
use crate::sms::parts::SmsParts;
use anyhow::Context;
use hotlined_core::message::{
    CallOutcome, MISSED_TEXT, Mask, Message, MessageLimits, MessageRule, MessageText, Recipient, SmsRules,
};
use hotlined_core::number::masked;
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::messages::{GatewayLimits, ListedMessage, MessageFilter, QueuedMessage};
use hotlined_instance::persist::outbox::DeliveryId;
use hotlined_sim::gateway::{
    AcceptedMessage, FakeAccount, FakeBehaviour, FakeGateway, FakeGatewayServer, FakeServerOptions,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

const NAME: &str = "fake";
const SIGN: &str = "示例商店";
/// The owner of the demo's hotlines.
const OWNER: &str = "13900009999";
/// How much the gateway may be given: as much as a load test needs.
const RATE_PER_S: u32 = 1_000;
const IN_FLIGHT_MAX: usize = 64;
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often to look whether the last messages have arrived, and how long they may take.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LAST_MESSAGES_TIME_MAX: Duration = Duration::from_secs(20);

/// The gateway, and the way to ask the daemon about messages.
pub(super) struct FakeSms {
    server: FakeGatewayServer,
    daemon: mpsc::Sender<MessageInput>,
}

/// The messages of the demo: how often the gateway took each message that was due, and what it took beside.
#[derive(Debug, Default)]
pub(super) struct MessageTally {
    pub(super) due: usize,
    pub(super) missing: usize,
    pub(super) twice: usize,
    pub(super) not_due: usize,
}

/// Who is told what by the demo's hotlines. No limit holds a message back.
pub(super) fn rules() -> anyhow::Result<SmsRules> {
    let rule = |template: &str, on: &[CallOutcome], to, text: &str| -> anyhow::Result<MessageRule> {
        let text: MessageText = text.parse()?;
        let on = on.iter().copied().collect();
        let lifetime = Millis::seconds(24 * 3_600);
        Ok(MessageRule { template: template.into(), on, to: vec![to], text, lifetime, digest: None })
    };
    let missed = [CallOutcome::Busy, CallOutcome::NoAnswer, CallOutcome::Abandoned];
    let thanks = "感谢您致电{name},工号{agent}为您服务。";
    Ok(SmsRules {
        sign: SIGN.into(),
        owner: vec![OWNER.into()],
        mask: Mask::default(),
        quiet: None,
        limits: MessageLimits { number_hour_max: u32::MAX, number_day_max: u32::MAX, day_max: u32::MAX },
        gateways: Vec::new(),
        rules: vec![
            rule("missed", &missed, Recipient::Owner, MISSED_TEXT)?,
            rule("thanks", &[CallOutcome::Answered], Recipient::Caller, thanks)?,
        ],
    })
}

impl FakeSms {
    /// Starts the gateway. The parts are for the daemon.
    pub(super) async fn start(seed: u64) -> anyhow::Result<(Self, SmsParts)> {
        // Its text shows, and its receipts would need a page of the daemon that the demo does not open.
        let account = FakeAccount::Yunpian;
        let fake = FakeGateway::new(account, FakeBehaviour::default(), seed);
        let server = FakeGatewayServer::start(fake, FakeServerOptions::default());
        let server = server.await.context("the fake SMS gateway")?;
        let name: Arc<str> = NAME.into();
        let gateway = ConfiguredGateway {
            name: name.clone(),
            gateway: Arc::new(account.gateway(&server.url(), &[])),
            limits: GatewayLimits { name, rate_per_s: RATE_PER_S, in_flight_max: IN_FLIGHT_MAX },
            timeout: TIMEOUT,
        };
        let parts = SmsParts::of(vec![gateway], None, Handle::current())?;
        let daemon = parts.inputs().context("the daemon has no way for messages")?;
        Ok((Self { server, daemon }, parts))
    }

    fn accepted(&self) -> Vec<AcceptedMessage> {
        self.server.with_fake(|fake| fake.accepted().to_vec())
    }

    /// Waits until nothing is on its way any more, for so long as the last messages may take.
    pub(super) async fn settle(&self, due: usize) -> anyhow::Result<()> {
        let enough = tokio::time::Instant::now() + LAST_MESSAGES_TIME_MAX;
        while tokio::time::Instant::now() < enough {
            let (_, sent) = self.list("sent").await?;
            if sent >= due {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn list(&self, state: &str) -> anyhow::Result<(Vec<ListedMessage>, usize)> {
        let (listed, answer) = oneshot::channel();
        let filter = MessageFilter { state: Some(state.to_owned()), ..MessageFilter::default() };
        self.daemon.send(MessageInput::List { filter, listed }).await.context("the daemon died")?;
        answer.await.context("the daemon died")
    }

    /// How often the gateway took each of these messages.
    pub(super) fn tally(&self, due: &[Message]) -> MessageTally {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for message in self.accepted() {
            *taken.entry(message.our_id.unwrap_or_default()).or_default() += 1;
        }
        // The fake refuses nothing, so that each message has one attempt.
        let our_id = |message: &Message| QueuedMessage::our_id(&QueuedMessage::id(message), 1);
        let mut tally = MessageTally { due: due.len(), ..MessageTally::default() };
        for message in due {
            match taken.remove(&our_id(message)) {
                None => tally.missing += 1,
                Some(1) => {}
                Some(_) => tally.twice += 1,
            }
        }
        tally.not_due = taken.len();
        tally
    }

    /// Prints the messages that the gateway took, and what the daemon knows of each.
    pub(super) async fn print(&self, began: Instant) -> anyhow::Result<()> {
        let mut states: BTreeMap<String, String> = BTreeMap::new();
        for state in ["sent", "unknown"] {
            for listed in self.list(state).await?.0 {
                let id: DeliveryId = listed.id.parse()?;
                states.insert(QueuedMessage::our_id(&id, listed.attempts), listed.state);
            }
        }
        print_line(&format!("{:>7} {:<11} {:<8} {}", "after", "to", "state", "message"))?;
        for message in self.accepted() {
            let state = message.our_id.as_ref().and_then(|id| states.get(id));
            print_line(&format!(
                "{:>7.1} {:<11} {:<8} {}",
                seconds(message.at.since(began)),
                masked(&message.to),
                state.map_or("lost", String::as_str),
                message.text.unwrap_or_default()
            ))?;
        }
        Ok(())
    }
}
