//! `hotlined hooks`: tries a web hook, and prints the JSON Schema of the events.

use super::load_config::load_settings;
use super::output::fail;
use super::start::runtime;
use crate::daemon::ServeError;
use crate::daemon::settings::SETTINGS_VARIABLE;
use crate::hooks::event_body::{EventBody, examples, rfc3339, schema};
use crate::hooks::hook_request::{HookAnswer, HookClient, RawAnswer};
use anyhow::{Context, bail};
use hotlined_core::time::Instant;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How much of an answer is printed, in characters.
const ANSWER_CHARS_MAX: usize = 2_000;

/// The subcommands of `hotlined hooks`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Send one signed test event to a web hook of the settings, and print the answer.
    Test {
        /// The name of the hook.
        name: String,
        /// The type of the event.
        #[arg(long, value_name = "TYPE", default_value = "call.ended")]
        event: String,
        /// The settings file; without it, hotlined.toml in the working folder if there is one.
        #[arg(long, value_name = "FILE", env = SETTINGS_VARIABLE)]
        settings: Option<PathBuf>,
    },
    /// Print the JSON Schema of the events.
    Schema,
}

/// Runs the subcommand. The exit code is 0, or 1 if the hook did not take the event.
pub fn run(args: &Args) -> ExitCode {
    match args {
        Args::Schema => {
            // A closed standard output is not an error.
            let _ = write!(io::stdout(), "{}", schema());
            ExitCode::SUCCESS
        }
        Args::Test { name, event, settings } => match test(name, event, settings.as_deref()) {
            Ok(text) => {
                let _ = write!(io::stdout(), "{text}");
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        },
    }
}

fn test(name: &str, event: &str, settings: Option<&std::path::Path>) -> anyhow::Result<String> {
    let settings = load_settings(settings).map_err(ServeError::Settings)?;
    let hooks = &settings.hooks;
    let names = || hooks.iter().map(|hook| &*hook.name).collect::<Vec<_>>().join(", ");
    let hook = hooks.iter().find(|hook| *hook.name == *name);
    let hook = hook.with_context(|| format!("there is no [hooks.{name}]; there are: {}", names()))?;
    let mut body = examples()
        .into_iter()
        .find(|example| example.kind.name() == event)
        .with_context(|| format!("no event has the type {event}"))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    body.timestamp = rfc3339(Instant(millis));
    let client = HookClient::new(Arc::new(hook.clone()))?;
    let text = body_text(&client, body)?;
    let id = format!("msg_test_{millis:x}");
    println!("POST {} with webhook-id {id}\n{text}", hook.origin());
    let answer = runtime()?.block_on(client.try_once(&id, text));
    let answer = answer.map_err(|why| anyhow::anyhow!("no answer: {why}"))?;
    let shown = shown(&answer);
    match client.meaning(&answer) {
        HookAnswer::Taken => Ok(shown),
        HookAnswer::Later { .. } => bail!("{shown}the event would be sent again: only 2xx takes it"),
        HookAnswer::Gone => bail!("{shown}410: the hook would get no more events"),
    }
}

fn body_text(client: &HookClient, body: EventBody) -> anyhow::Result<String> {
    match &client.hook.body {
        Some(template) => Ok(template.render(&body)?),
        None => Ok(body.to_json()),
    }
}

/// The status, and of the body what a terminal can show.
fn shown(answer: &RawAnswer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let printable = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    let body: String = text.chars().take(ANSWER_CHARS_MAX).map(printable).collect();
    let wait = answer.retry_after.map(|wait| format!("retry-after: {} s\n", wait.whole_seconds_up()));
    format!("status {}\n{}{body}\n", answer.status, wait.unwrap_or_default())
}
