//! `hotlined sms`: tries an SMS gateway. No daemon is needed, and none notices.

use super::load_config::load_settings;
use super::output::{fail, join_faults, print_line};
use super::start::runtime;
use crate::daemon::clock::Clock;
use crate::daemon::settings::{SETTINGS_VARIABLE, Settings};
use crate::sms::gateways_file::{self, ConfiguredGateway};
use crate::sms::http_client::client;
use crate::sms::sender::ask;
use anyhow::{Context, bail};
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::{CallId, LegId, SwitchId};
use hotlined_core::message::sending::SendOutcome;
use hotlined_core::message::{MISSED_TEXT, Message, MessageLimits, MessageText, Value, china_time};
use hotlined_core::number::{Kind, masked, normalise};
use hotlined_core::time::{Instant, Millis};
use hotlined_instance::messages::{QueuedMessage, SendRequest};
use std::path::PathBuf;
use std::process::ExitCode;

/// The template of the default message.
const MISSED: &str = "missed";

/// The subcommands of `hotlined sms`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Send one message now, with made-up values, and print what the gateway said. The message is paid for.
    Test(TestArgs),
}

/// The arguments of `hotlined sms test`.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// The name of the gateway in the file of gateways.
    #[arg(value_name = "GATEWAY")]
    gateway: String,
    /// The mobile that gets the message.
    #[arg(value_name = "NUMBER")]
    number: String,
    /// The name of the template: at a gateway that takes text, the text of the first message of this name.
    #[arg(long, value_name = "T", default_value = MISSED)]
    template: String,
    /// The settings file; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
}

/// Sends and prints. The exit code is 0 if the gateway took the message, and else 1.
pub fn run(args: &Args) -> ExitCode {
    let Args::Test(args) = args;
    match test(args) {
        Ok(outcome) => {
            // A closed standard output is not an error.
            let _ = print_line(&in_words(&args.gateway, &outcome));
            match outcome {
                SendOutcome::Accepted { .. } => ExitCode::SUCCESS,
                SendOutcome::Refused(_) | SendOutcome::NotSent { .. } | SendOutcome::Unknown { .. } => {
                    ExitCode::FAILURE
                }
            }
        }
        Err(error) => fail(&error),
    }
}

fn test(args: &TestArgs) -> anyhow::Result<SendOutcome> {
    let settings = load_settings(args.settings.as_deref()).map_err(join_faults)?;
    let file = settings.sms.gateways.as_deref().context("[sms] gateways names no file of gateways")?;
    let gateways = gateways_file::read(file)?;
    let Some(gateway) = gateways.iter().find(|gateway| *gateway.name == args.gateway) else {
        let names: Vec<&str> = gateways.iter().map(|gateway| &*gateway.name).collect();
        bail!("{}: there is no gateway {:?}, but {}", file.display(), args.gateway, names.join(", "));
    };
    let to = normalise(&args.number, None);
    if to.kind() != Kind::Mobile {
        bail!("{:?} is no mobile number, such as 13900000001", args.number);
    }
    let request = request(args, &settings, gateway, to.digits())?;
    let message = &request.message;
    let what = match gateway.gateway.templates() {
        Some(_) => format!("template {}", message.template),
        None => message.signed_text(),
    };
    // A closed standard output is not an error.
    let _ = print_line(&format!("to {}: {what}", masked(&message.to)));
    let receipt_url = settings.sms.receipt_base().map(|base| format!("{base}/{}", gateway.name));
    let client = client().context("no HTTP client for SMS gateways")?;
    Ok(runtime()?.block_on(ask(&client, gateway, &request, receipt_url.as_deref())))
}

/// The first message of this template in the hotlines, or a missed call as it is told by default.
fn request(
    args: &TestArgs,
    settings: &Settings,
    gateway: &ConfiguredGateway,
    to: &str,
) -> anyhow::Result<SendRequest> {
    let now = Clock::start().now();
    let hotlines = hotlined_config::inspect(&settings.hotlines, &settings.sounds).hotlines;
    let rules = || hotlines.iter().filter_map(|hotline| hotline.sms.as_deref());
    let rule = rules().flat_map(|rules| &rules.rules).find(|rule| *rule.template == *args.template);
    let text: MessageText = match rule {
        Some(rule) => rule.text.clone(),
        None => MISSED_TEXT.parse()?,
    };
    let sign = rules().map(|rules| rules.sign.clone()).find(|sign| !sign.is_empty());
    let value = |value: &Value| sample_value(value, &hotlines, now);
    let values = Value::PLAIN.iter().map(|name| (name.to_string().into(), value(name)));
    let message = Message {
        call: CallId(LegId::from_bits(0)),
        switch: SwitchId("".into()),
        hotline: sample_value(&Value::Hotline, &hotlines, now).into(),
        template: args.template.as_str().into(),
        to: to.into(),
        sign: sign.unwrap_or_default(),
        text: text.render(value),
        values: values.collect(),
        decided: now,
        lifetime: Millis::seconds(3_600),
        quiet: None,
        limits: MessageLimits::default(),
        gateways: Vec::new(),
        digest: None,
        sequence: 0,
    };
    let id = QueuedMessage::id(&message);
    // Two tests within a millisecond would have one id; nobody types so fast.
    let attempt = now.0 as u32;
    let our_id = QueuedMessage::our_id(&id, attempt);
    Ok(SendRequest { id, attempt, gateway: gateway.name.clone(), our_id, message })
}

/// The value of a variable in a message of no call.
fn sample_value(value: &Value, hotlines: &Hotlines, now: Instant) -> String {
    let hotline = hotlines.iter().find(|hotline| hotline.sms.is_some());
    match value {
        Value::Caller => "13800138000".to_owned(),
        Value::CallerMasked => "138********".to_owned(),
        Value::Time | Value::Since => china_time(now),
        Value::Hotline => hotline.map_or("4008001234", |hotline| &hotline.number).to_owned(),
        Value::Name => hotline.map_or("示例商店", |hotline| &hotline.name).to_owned(),
        Value::Agent => "01".to_owned(),
        Value::Area => "北京".to_owned(),
        Value::Outcome => "未接听".to_owned(),
        Value::Wait => "5秒".to_owned(),
        Value::Score | Value::Count | Value::Entered(_) => "1".to_owned(),
    }
}

fn in_words(gateway: &str, outcome: &SendOutcome) -> String {
    match outcome {
        SendOutcome::Accepted { id: Some(id) } => format!("{gateway} took it under the id {id}"),
        SendOutcome::Accepted { id: None } => format!("{gateway} took it, and gave no id"),
        SendOutcome::Refused(refusal) => {
            let (class, code, text) = (refusal.class.as_str(), &refusal.code, &refusal.text);
            format!("{gateway} did not take it: {class}: {code} {text}").trim_end().to_owned()
        }
        SendOutcome::NotSent { reason } => format!("nothing was sent to {gateway}: {reason}"),
        SendOutcome::Unknown { reason } => {
            format!("nobody knows whether {gateway} took it: {reason}; a daemon would not send it again")
        }
    }
}
