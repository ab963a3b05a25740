//! `hotlined explain`: a past call told from the journal, with the reason of every turn it took.

use super::call_timeline::{CallTimeline, china_time};
use super::fail;
use crate::journal::JournalLine;
use crate::replay;
use anyhow::{Context, bail};
use hotlined_core::engine::TraceEntry;
use hotlined_core::event::{Arrival, Event};
use hotlined_core::id::CallId;
use hotlined_core::time::Instant;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// The most other calls that are named when one is not found.
const NEAREST_MAX: usize = 5;

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The call, by its name in logs and call records; the beginning of the name is enough if no other call's
    /// begins like it.
    call: String,
    /// The journal of the daemon that had it.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// One JSON object a line, in place of text.
    #[arg(long)]
    json: bool,
}

/// Explains and prints: 0 is well, 1 is no such call or a broken journal.
pub fn run(args: &Args) -> ExitCode {
    match explain(args) {
        Ok(account) => {
            // A reader who has seen enough is no fault of the call.
            let _ = account.print(args.json, &mut io::stdout().lock());
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// A call of the journal, by how it came.
struct JournalCall {
    call: CallId,
    at: Instant,
    caller: String,
    dialled: String,
}

fn explain(args: &Args) -> anyhow::Result<CallTimeline> {
    let file = || args.journal.display().to_string();
    let bytes = std::fs::read(&args.journal).with_context(file)?;
    let calls = find_calls(&bytes).with_context(file)?;
    let call = find(&args.call, &calls).with_context(file)?;
    let mut account = CallTimeline::new(call);
    for_each_line(&bytes, |line| {
        if let Some(event) = &line.event {
            account.add(line.t, TraceEntry::In(event));
        }
        if let Some(command) = &line.command {
            account.add(line.t, TraceEntry::Out(command));
        }
    })?;
    Ok(account)
}

/// Lets every line of a journal be seen; the last one before a kill may be cut off.
fn for_each_line(bytes: &[u8], mut see: impl FnMut(JournalLine)) -> anyhow::Result<()> {
    let (lines, _) = replay::lines(bytes);
    for (number, text) in lines {
        see(serde_json::from_slice(text).with_context(|| format!("line {number}: no line of a journal"))?);
    }
    Ok(())
}

fn find_calls(bytes: &[u8]) -> anyhow::Result<Vec<JournalCall>> {
    let mut calls: Vec<JournalCall> = Vec::new();
    for_each_line(bytes, |line| {
        let mut comes = |arrival: &Arrival| {
            let call = CallId(arrival.leg.clone());
            if !calls.iter().rev().any(|came| came.call == call) {
                let (caller, dialled) = (arrival.caller.clone(), arrival.dialled.clone());
                calls.push(JournalCall { call, at: line.t, caller, dialled });
            }
        };
        match &line.event {
            Some(Event::Arrived(arrival)) => comes(arrival),
            Some(Event::LinkRestored { legs, .. }) => {
                legs.iter().filter_map(|live| live.arrival.as_ref()).for_each(comes);
            }
            Some(_) | None => {}
        }
    })?;
    Ok(calls)
}

/// The one call that is meant.
fn find(text: &str, calls: &[JournalCall]) -> anyhow::Result<CallId> {
    let names: Vec<(String, &JournalCall)> = calls.iter().map(|came| (came.call.to_string(), came)).collect();
    if let Some((_, exact)) = names.iter().find(|(name, _)| name == text) {
        return Ok(exact.call.clone());
    }
    let shared = |name: &str| name.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    let mut begin: Vec<&(String, &JournalCall)> =
        names.iter().filter(|(name, _)| name.starts_with(text)).collect();
    if let ([(_, only)], false) = (&begin[..], text.is_empty()) {
        return Ok(only.call.clone());
    }
    let several = !begin.is_empty();
    if !several {
        begin = names.iter().collect();
        // The likeliest first; of equals the latest, which is what people ask about.
        begin.sort_by_key(|(name, came)| (std::cmp::Reverse(shared(name)), std::cmp::Reverse(came.at)));
    }
    let what = if several { "begins the names of several calls" } else { "is no call of this journal" };
    let mut told = format!("{text:?} {what}; it has {} calls", calls.len());
    for (name, came) in begin.iter().take(NEAREST_MAX) {
        let _ = write!(told, "\n  {name}  {}  {} to {}", china_time(came.at), came.caller, came.dialled);
    }
    bail!(told)
}
