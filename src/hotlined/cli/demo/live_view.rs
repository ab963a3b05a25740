//! Shows the calls of the demo while they run: a row for each call on a terminal, else a line for each event.

use super::record_table::{json_word, print_records, seconds};
use super::setup::{DemoSetup, QUIET_TIME_MAX};
use crate::cli::output::print_line;
use hotlined_core::number::masked;
use hotlined_core::record::CallRecord;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::actors::Actors;
use hotlined_sim::stats::{TimelineEntry, TimelineEvent};
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// The time that one character of a row stands for.
const CELL: Millis = Millis(400);
/// How often the rows are drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// The state of a caller, as a row shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallerState {
    /// The caller hears the ringback; no telephone rings.
    Waits,
    /// The caller hears the ringback; an agent's telephone rings.
    Rings,
    /// The caller talks with an agent.
    Talks,
    /// The caller hears the closing announcement.
    Closing,
    /// The dialplan's fallback serves the caller.
    Fallback,
    /// The call has ended.
    Gone,
}

impl CallerState {
    fn cell(self) -> char {
        match self {
            Self::Waits => '~',
            Self::Rings => 'r',
            Self::Talks => '=',
            Self::Closing => 'c',
            Self::Fallback => 'f',
            Self::Gone => ' ',
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Self::Waits => "\x1b[36m",
            Self::Rings => "\x1b[33m",
            Self::Talks => "\x1b[32m",
            Self::Closing => "\x1b[35m",
            Self::Fallback => "\x1b[31m",
            Self::Gone => "",
        }
    }
}

struct Row {
    title: String,
    states: Vec<(Instant, CallerState)>,
    end: String,
}

struct LiveView {
    plain: bool,
    began: Instant,
    rows: Vec<Row>,
    /// The row of each caller's leg.
    callers: BTreeMap<String, usize>,
    /// The row of each agent's leg.
    agents: BTreeMap<String, usize>,
    drawn: usize,
}

/// Runs the calls, shows their state, and then prints their call records.
pub(super) async fn show(mut stage: DemoSetup, cast: Actors, plain: bool) -> anyhow::Result<()> {
    let expected = cast.callers.len();
    let mut happenings = stage.exchange.subscribe_timeline();
    let mut timeline = LiveView::new(stage.exchange.now(), plain);
    print_line(
        &"~ ringback   r an agent's telephone rings   = talk   c closing announcement   f fallback"
            .to_owned(),
    )?;
    stage.exchange.add_actors(cast);
    let mut records: Vec<CallRecord> = Vec::new();
    let mut clock = tokio::time::interval(DRAW_EVERY);
    let enough = tokio::time::sleep(QUIET_TIME_MAX);
    tokio::pin!(enough);
    while records.len() < expected {
        tokio::select! {
            biased;
            happening = happenings.recv() => match happening {
                Ok(happening) => timeline.add_happening(&happening)?,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => anyhow::bail!("the simulated exchange died"),
            },
            record = stage.records.recv() => {
                let record = record.ok_or_else(|| anyhow::anyhow!("the daemon died"))?;
                timeline.record_written(&record)?;
                records.push(record);
            }
            _ = clock.tick() => timeline.draw(stage.exchange.now())?,
            () = &mut enough => anyhow::bail!("{} of {expected} calls have no record", expected - records.len()),
        }
    }
    timeline.draw(stage.exchange.now())?;
    print_line(&String::new())?;
    records.sort_by_key(|record| record.arrived);
    print_records(&records)?;
    print_line(&String::new())?;
    let due = stage.messages_due();
    stage.sms.settle(due.len()).await?;
    stage.sms.print(timeline.began).await?;
    stage.stop().await
}

impl LiveView {
    fn new(began: Instant, plain: bool) -> Self {
        let (callers, agents) = (BTreeMap::new(), BTreeMap::new());
        Self { plain, began, rows: Vec::new(), callers, agents, drawn: 0 }
    }

    fn add_happening(&mut self, happening: &TimelineEntry) -> std::io::Result<()> {
        let at = happening.at;
        match &happening.event {
            TimelineEvent::Dialled { leg, number, dialled } => {
                self.callers.insert(leg.to_string(), self.rows.len());
                let title = format!("{} -> {dialled}", masked(number));
                self.rows.push(Row { title, states: vec![(at, CallerState::Waits)], end: String::new() });
                self.print_event(leg, at, "dials", "")
            }
            TimelineEvent::SoundStarted { leg, sound } => {
                let Some(&row) = self.callers.get(&**leg) else { return Ok(()) };
                // The closing announcement of the demo's hotlines is the busy tone.
                if sound.contains("350,350") && self.state(row) != Some(CallerState::Fallback) {
                    self.enter(row, at, CallerState::Closing);
                }
                self.print_event(leg, at, "hears", sound)
            }
            TimelineEvent::AgentCalled { leg, number, caller: Some(caller) } => {
                let Some(&row) = self.callers.get(&**caller) else { return Ok(()) };
                self.agents.insert(leg.to_string(), row);
                self.print_event(caller, at, "agent is called:", &masked(number))
            }
            TimelineEvent::Ringing { leg } => {
                let Some(&row) = self.agents.get(&**leg) else { return Ok(()) };
                if self.state(row) == Some(CallerState::Waits) {
                    self.enter(row, at, CallerState::Rings);
                }
                self.print_event(leg, at, "agent's telephone rings", "")
            }
            TimelineEvent::Bridged { leg, peer } => {
                let row = [leg, peer].iter().find_map(|leg| self.callers.get(&***leg)).copied();
                let Some(row) = row else { return Ok(()) };
                self.enter(row, at, CallerState::Talks);
                self.print_event(leg, at, "talks with an agent", "")
            }
            TimelineEvent::FallbackStarted { leg } => {
                let Some(&row) = self.callers.get(&**leg) else { return Ok(()) };
                self.enter(row, at, CallerState::Fallback);
                self.print_event(leg, at, "is served by the dialplan's fallback", "")
            }
            TimelineEvent::HungUp { leg, cause, by_far_end: _ } => {
                let is_caller = self.callers.get(&**leg).copied();
                let rang_for = self.agents.get(&**leg).copied();
                let rang_for = rang_for.filter(|row| self.state(*row) == Some(CallerState::Rings));
                match (is_caller, rang_for) {
                    (Some(row), _) => self.enter(row, at, CallerState::Gone),
                    (None, Some(row)) => self.enter(row, at, CallerState::Waits),
                    (None, None) => {}
                }
                self.print_event(leg, at, "leg is gone:", cause)
            }
            TimelineEvent::AgentCalled { caller: None, .. }
            | TimelineEvent::Answered { .. }
            | TimelineEvent::KeyPressed { .. } => Ok(()),
            TimelineEvent::LinkUp | TimelineEvent::LinkDown | TimelineEvent::Crashed => Ok(()),
        }
    }

    fn state(&self, row: usize) -> Option<CallerState> {
        self.rows.get(row)?.states.last().map(|(_, state)| *state)
    }

    fn enter(&mut self, row: usize, at: Instant, state: CallerState) {
        if let Some(row) = self.rows.get_mut(row) {
            row.states.push((at, state));
        }
    }

    /// Prints an event as a line, unless rows are drawn.
    fn print_event(&self, leg: &str, at: Instant, what: &str, detail: &str) -> std::io::Result<()> {
        let row = self.callers.get(leg).or_else(|| self.agents.get(leg)).and_then(|row| self.rows.get(*row));
        let Some(row) = row.filter(|_| self.plain) else { return Ok(()) };
        print_line(
            &format!("{:>7.3}  {}  {what} {detail}", self.seconds(at), row.title).trim_end().to_owned(),
        )
    }

    fn seconds(&self, at: Instant) -> f64 {
        seconds(at.since(self.began))
    }

    fn record_written(&mut self, record: &CallRecord) -> std::io::Result<()> {
        let caller = record.call.to_string();
        let outcome = json_word(&record.outcome);
        if let Some(row) = self.callers.get(&caller).and_then(|row| self.rows.get_mut(*row)) {
            row.end = outcome.clone();
        }
        self.print_event(&caller, record.ended, "is over:", &outcome)
    }

    /// Draws the rows over the rows that were drawn before.
    fn draw(&mut self, now: Instant) -> std::io::Result<()> {
        if self.plain {
            return Ok(());
        }
        let mut frame = String::new();
        if self.drawn > 0 {
            frame.push_str(&format!("\x1b[{}A", self.drawn));
        }
        for row in &self.rows {
            frame.push_str(&format!("\x1b[2K{}  {}\x1b[0m {}\n", row.title, self.cells(row, now), row.end));
        }
        self.drawn = self.rows.len();
        let mut out = std::io::stdout().lock();
        out.write_all(frame.as_bytes())?;
        out.flush()
    }

    fn cells(&self, row: &Row, now: Instant) -> String {
        let count = now.since(self.began).0 / CELL.0;
        let mut colour = "";
        let mut cells = String::new();
        for cell in 0..=count {
            let from = self.began + Millis(cell * CELL.0);
            let to = from + CELL;
            // A cell shows the last state within its time, but the end of a call only if no other state was within it.
            let states = row.states.iter().take_while(|(at, _)| *at < to);
            let state = states.filter(|(at, state)| *state != CallerState::Gone || *at < from).last();
            let state = state.map_or(CallerState::Gone, |(_, state)| *state);
            if state.colour() != colour {
                colour = state.colour();
                cells.push_str(if colour.is_empty() { "\x1b[0m" } else { colour });
            }
            cells.push(state.cell());
        }
        cells
    }
}
