//! `hotlined notices`: the messages by SMS of the running daemon, and orders about them.

use super::load_config::load_settings;
use super::output::{fail, join_faults, print_line};
use super::start::runtime;
use crate::api::api_settings::ApiSettings;
use crate::daemon::settings::SETTINGS_VARIABLE;
use crate::sms::notice_pages::{NoticeId, NoticeList};
use anyhow::{Context, bail};
use clap::Subcommand;
use hotlined_core::number::masked;
use hotlined_instance::messages::{ListedMessage, MessageFilter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long the daemon may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Args {
    /// List messages: without --state all that are not sent.
    List {
        /// Only those in this state: waiting, gathered, sending, unknown, sent, delivered or dead.
        #[arg(long)]
        state: Option<String>,
        /// Only those of this hotline.
        #[arg(long)]
        hotline: Option<String>,
        /// Only those to this number.
        #[arg(long)]
        to: Option<String>,
        /// Print JSON, with whole numbers.
        #[arg(long)]
        json: bool,
        /// The daemon.
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Show one message with its text and the whole number.
    Show {
        /// The id, as `list` prints it.
        id: String,
        /// The daemon.
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Send a message again that is dead or unknown. An unknown one may then arrive twice.
    Retry {
        /// The id, as `list` prints it.
        id: String,
        /// The daemon.
        #[command(flatten)]
        daemon: Daemon,
    },
    /// Forget a message.
    Drop {
        /// The id, as `list` prints it.
        id: String,
        /// The daemon.
        #[command(flatten)]
        daemon: Daemon,
    },
}

/// Which daemon, and by which token.
#[derive(Debug, clap::Args)]
pub struct Daemon {
    /// The settings file of the daemon; without it, hotlined.toml in the working folder if there is one.
    #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
    settings: Option<PathBuf>,
    /// The API address of the daemon, instead of the one in the settings.
    #[arg(long, value_name = "ADDRESS")]
    api: Option<SocketAddr>,
    /// A file with a token that has notices = true; without it, the first such file of the settings.
    #[arg(long, value_name = "FILE", env = "HOTLINED_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

/// Asks the daemon. The exit code is 0, or 1 if the daemon refuses or cannot be reached.
pub fn run(args: &Args) -> ExitCode {
    match runtime().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(ask(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn ask(args: &Args) -> anyhow::Result<()> {
    match args {
        Args::List { state, hotline, to, json, daemon } => {
            let filter =
                MessageFilter { state: state.clone(), hotline: hotline.clone(), to: to.clone(), id: None };
            let NoticeList { messages, count } = daemon.list(&filter).await?;
            let shown = messages.len();
            for message in messages {
                let line = if *json { serde_json::to_string(&message)? } else { one_line(&message) };
                print_line(&line)?;
            }
            if shown < count {
                eprintln!("{count} messages, of which the first {shown} are shown");
            }
            Ok(())
        }
        Args::Show { id, daemon } => {
            let filter = MessageFilter { id: Some(id.clone()), ..MessageFilter::default() };
            let messages = daemon.list(&filter).await?.messages;
            let Some(message) = messages.first() else { bail!("there is no message {id:?}") };
            Ok(print_line(&serde_json::to_string_pretty(message)?)?)
        }
        Args::Retry { id, daemon } => daemon.order("retry", id).await,
        Args::Drop { id, daemon } => daemon.order("drop", id).await,
    }
}

impl Daemon {
    /// The address of a page. A daemon that listens everywhere is asked on this machine.
    fn url(&self, page: &str) -> anyhow::Result<String> {
        let address = match self.api {
            Some(address) => address,
            None => self.api_settings()?.address,
        };
        let here = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        Ok(format!("http://{}{page}", SocketAddr::new(here, address.port())))
    }

    fn api_settings(&self) -> anyhow::Result<ApiSettings> {
        let settings = load_settings(self.settings.as_deref()).map_err(join_faults)?;
        settings.api.context("the settings have no [api] address")
    }

    /// The token of the file that was named, or of the settings.
    fn token(&self) -> anyhow::Result<String> {
        let file = match &self.token_file {
            Some(file) => file.clone(),
            None => {
                let tokens = self.api_settings()?.tokens;
                let file = tokens.into_iter().filter(|token| token.notices).find_map(|token| token.file);
                file.context("no token of [api.tokens] has notices = true and a token_file: name one with --token-file")?
            }
        };
        let token =
            std::fs::read_to_string(&file).with_context(|| format!("the token in {}", file.display()))?;
        Ok(token.trim().to_owned())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let request = request.bearer_auth(self.token()?).timeout(TIMEOUT);
        let response = request.send().await.context("the daemon cannot be reached")?;
        let status = response.status();
        let body = response.bytes().await.context("the daemon's answer broke off")?;
        if !status.is_success() {
            bail!("{}", String::from_utf8_lossy(&body).trim_end());
        }
        Ok(body.to_vec())
    }

    async fn list(&self, filter: &MessageFilter) -> anyhow::Result<NoticeList> {
        let request = client()?.get(self.url("/notices")?).query(filter);
        Ok(serde_json::from_slice(&self.send(request).await?)?)
    }

    async fn order(&self, order: &str, id: &str) -> anyhow::Result<()> {
        let request = client()?.post(self.url(&format!("/notices/{order}"))?);
        let body = serde_json::to_vec(&NoticeId { id: id.to_owned() })?;
        let request = request.header("content-type", "application/json").body(body);
        let answer = self.send(request).await?;
        Ok(print_line(&String::from_utf8_lossy(&answer).trim_end().to_owned())?)
    }
}

/// A client that asks the daemon itself, and no proxy.
fn client() -> anyhow::Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

/// A message in one line, with its number masked.
fn one_line(message: &ListedMessage) -> String {
    let ListedMessage { id, state, hotline, template, to, decided, attempts, gateway, reason, text: _ } =
        message;
    let to = masked(to);
    let gateway = if gateway.is_empty() { "-" } else { gateway };
    let reason = if reason.is_empty() { String::new() } else { format!("  {reason}") };
    format!(
        "{decided}  {state:<9}  {hotline}  {template} → {to}  {gateway}  {attempts} requests{reason}\n    {id}"
    )
}
