//! `hotlined explain`: prints the timeline of a past call from a journal, with the reason of each step.

use super::call_timeline::{CallTimeline, china_time};
use super::output::fail;
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

/// The most other calls that are listed if the call is not found.
const NEAREST_MAX: usize = 5;

/// The arguments of `hotlined explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The id of the call, as in logs and call records; the beginning is enough if no other id begins with it.
    call: String,
    /// The journal of the daemon that served the call.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
}

/// Prints the call. The exit code is 0, or 1 if there is no such call or the journal is broken.
pub fn run(args: &Args) -> ExitCode {
    match explain(args) {
        Ok(timeline) => {
            // A closed standard output is not an error.
            let _ = timeline.print(args.json, &mut io::stdout().lock());
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// How a call in the journal arrived.
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
    let mut timeline = CallTimeline::new(call);
    for_each_line(&bytes, |line| {
        if let Some(event) = &line.event {
            timeline.add(line.t, TraceEntry::In(event));
        }
        if let Some(command) = &line.command {
            timeline.add(line.t, TraceEntry::Out(command));
        }
    })?;
    Ok(timeline)
}

/// Calls `visit` with every line of a journal. A last line that is incomplete is left out.
fn for_each_line(bytes: &[u8], mut visit: impl FnMut(JournalLine)) -> anyhow::Result<()> {
    let (lines, _) = replay::lines(bytes);
    for (number, text) in lines {
        visit(serde_json::from_slice(text).with_context(|| format!("line {number}: no line of a journal"))?);
    }
    Ok(())
}

fn find_calls(bytes: &[u8]) -> anyhow::Result<Vec<JournalCall>> {
    let mut calls: Vec<JournalCall> = Vec::new();
    for_each_line(bytes, |line| {
        let mut comes = |arrival: &Arrival| {
            let call = CallId(arrival.leg.clone());
            if !calls.iter().rev().any(|journal_call| journal_call.call == call) {
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

/// Finds the call by its name or by the unique beginning of its name.
fn find(text: &str, calls: &[JournalCall]) -> anyhow::Result<CallId> {
    let names: Vec<(String, &JournalCall)> =
        calls.iter().map(|journal_call| (journal_call.call.to_string(), journal_call)).collect();
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
        // The most similar names first, and of equally similar ones the latest call.
        begin.sort_by_key(|(name, journal_call)| {
            (std::cmp::Reverse(shared(name)), std::cmp::Reverse(journal_call.at))
        });
    }
    let what = if several { "begins the names of several calls" } else { "is no call of this journal" };
    let mut message = format!("{text:?} {what}; it has {} calls", calls.len());
    for (name, journal_call) in begin.iter().take(NEAREST_MAX) {
        let _ = write!(
            message,
            "\n  {name}  {}  {} to {}",
            china_time(journal_call.at),
            journal_call.caller,
            journal_call.dialled
        );
    }
    bail!(message)
}
