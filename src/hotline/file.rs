//! The text of one hotline file, made a [`Hotline`] or faults. The whole format stands here.
//!
//! What only several files together show (a number used twice) is left to [`load`](super::load()).

use super::fault::Why;
use super::group::Strategy;
use super::sheet::{Found, Sheet, Table};
use super::short::Plain;
use super::{
    AGENT_ID_CHARS_MAX, AGENTS_MAX, Agent, Dial, Fault, Hotline, LINES_DEFAULT, LINES_MAX, NAME_CHARS_MAX,
    RING_TIME_S_DEFAULT, RING_TIME_S_MAX, RING_TIME_S_MIN, Shows, Sounds, Version, WAIT_S_DEFAULT,
    WAIT_S_MAX, WAIT_S_MIN,
};
use crate::id::LineId;
use crate::place::{Position, shortened};
use crate::prompt::{Prompt, Tone};
use crate::time::Millis;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const HOTLINE_KEYS: [&str; 9] =
    ["number", "name", "ringback", "closing", "order", "ring_time_s", "wait_s", "shows", "agents"];
const AGENT_KEYS: [&str; 7] = ["id", "name", "phone", "endpoint", "lines", "ring_time_s", "on"];
const AGENTS_FORM: &str = "write each agent below a line [[agents]], with two brackets";

/// What one file says; parts of it also when the rest is faulty, so that files can still be compared.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) number: Option<(Arc<str>, Position)>,
    pub(super) lines: Vec<LineSaid>,
    pub(super) hotline: Option<Hotline>,
    pub(super) faults: Vec<Fault>,
}

/// How many lines a telephone has, as one agent's table says.
pub(super) struct LineSaid {
    pub(super) line: LineId,
    pub(super) lines: u16,
    pub(super) at: Position,
    pub(super) key: String,
    /// The agent's table.
    pub(super) agent_at: Position,
    pub(super) agent: String,
}

/// Reads the text of a file.
pub(super) fn read(file: &Path, text: &str, sounds: &Sounds) -> Outline {
    let mut sheet = Sheet::new(file, text);
    let mut outline = Outline::default();
    if let Some(document) = sheet.parse() {
        let table = Table::new(document.span().start, String::new(), document.get_ref());
        outline.hotline = hotline(&table, &mut sheet, sounds, &mut outline);
    }
    if !sheet.is_clean() {
        outline.hotline = None;
    }
    outline.faults = sheet.into_faults();
    outline
}

fn hotline(
    table: &Table<'_>,
    sheet: &mut Sheet<'_>,
    sounds: &Sounds,
    outline: &mut Outline,
) -> Option<Hotline> {
    table.refuse_unknown(sheet, &HOTLINE_KEYS, |word| {
        let of_agent = AGENT_KEYS.contains(&word);
        of_agent.then_some("it is an agent's, so put it below a line [[agents]]")
    });
    let number = table.required(sheet, "number", "write number = \"400…\", ten digits", |t, sheet| {
        hotline_number(t, sheet)
    });
    outline.number = number.as_ref().map(|found| (Arc::from(found.value), sheet.position(found.at)));
    let number: Option<Arc<str>> = number.map(|found| found.value.into());
    let name = table.required(sheet, "name", "write name = \"…\", what the business is called", name);
    let ringback =
        prompt(table, sheet, sounds, "ringback", number.as_deref()).unwrap_or(Prompt::Tone(Tone::Ringing));
    let closing =
        prompt(table, sheet, sounds, "closing", number.as_deref()).unwrap_or(Prompt::Tone(Tone::Busy));
    let orders = [("sequential", Strategy::Sequential), ("random", Strategy::Random)];
    let strategy = table.choice(sheet, "order", &orders).unwrap_or_default();
    let shows = table.choice(sheet, "shows", &[("caller", Shows::Caller), ("hotline", Shows::Hotline)]);
    let ring_time_s = ring_time_s(table, sheet).unwrap_or(RING_TIME_S_DEFAULT);
    let wait_s = table.number(sheet, "wait_s", WAIT_S_MIN..=WAIT_S_MAX, "seconds");
    let agents = agents(table, sheet, ring_time_s, &mut outline.lines);
    let wait = Millis::seconds(wait_s.map_or(WAIT_S_DEFAULT, |found| found.value));
    let plain = Plain { ringback, closing, strategy, wait, shows: shows.unwrap_or_default() };
    let mut hotline = plain.hotline(&number?, &name?, agents);
    hotline.version = Version::of(&hotline);
    Some(hotline)
}

fn hotline_number<'d>(table: &Table<'d>, sheet: &mut Sheet<'_>) -> Option<Found<&'d str>> {
    let found = table.text(sheet, "number")?;
    let good = found.value.len() == 10
        && found.value.starts_with("400")
        && found.value.bytes().all(|byte| byte.is_ascii_digit());
    if !good {
        sheet.fault(found.at, found.key, Why::HotlineNumber(shortened(found.value)));
        return None;
    }
    Some(found)
}

fn name(table: &Table<'_>, sheet: &mut Sheet<'_>) -> Option<Arc<str>> {
    let found = table.text(sheet, "name")?;
    let name = found.value.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        sheet.fault(found.at, found.key, Why::Name);
        return None;
    }
    Some(name.into())
}

fn prompt(
    table: &Table<'_>,
    sheet: &mut Sheet<'_>,
    sounds: &Sounds,
    key: &str,
    number: Option<&str>,
) -> Option<Prompt> {
    let found = table.text(sheet, key)?;
    match sounds.find(number, found.value) {
        Ok(path) => Some(Prompt::File(path)),
        // Without its number nobody knows the hotline's own folder; the file may well be there.
        Err(super::BadSound::Missing { .. }) if number.is_none() => None,
        Err(bad) => {
            sheet.fault(found.at, found.key, bad);
            None
        }
    }
}

fn ring_time_s(table: &Table<'_>, sheet: &mut Sheet<'_>) -> Option<u64> {
    table.number(sheet, "ring_time_s", RING_TIME_S_MIN..=RING_TIME_S_MAX, "seconds").map(|found| found.value)
}

fn agents(
    table: &Table<'_>,
    sheet: &mut Sheet<'_>,
    ring_time_s: u64,
    said: &mut Vec<LineSaid>,
) -> Vec<Agent> {
    let place = table.place_of("agents");
    let tables = match table.tables(sheet, "agents", AGENTS_FORM) {
        Some(tables) => tables,
        // Of another type: that is said already.
        None if place.is_some() => return Vec::new(),
        None => Vec::new(),
    };
    let at = place.unwrap_or(table.at);
    if place.is_none() || table.is_empty_list("agents") {
        sheet.fault(at, "agents", Why::NoAgents);
    }
    if tables.len() > AGENTS_MAX {
        sheet.fault(at, "agents", Why::TooManyAgents(tables.len()));
        return Vec::new();
    }
    let mut lines_of_ids = BTreeMap::new();
    let mut any_on = false;
    let mut agents = Vec::with_capacity(tables.len());
    for table in &tables {
        // Asked before the rest, so that an agent who is faulty otherwise still counts as on.
        let on = table.flag(sheet, "on");
        any_on |= on.unwrap_or(true);
        agents.extend(agent(table, sheet, on.unwrap_or(true), ring_time_s, &mut lines_of_ids, said));
    }
    if !tables.is_empty() && !any_on {
        sheet.fault(at, "agents", Why::NoneOn);
    }
    agents
}

fn agent(
    table: &Table<'_>,
    sheet: &mut Sheet<'_>,
    on: bool,
    ring_time_s_of_all: u64,
    lines_of_ids: &mut BTreeMap<Arc<str>, usize>,
    said: &mut Vec<LineSaid>,
) -> Option<Agent> {
    table.refuse_unknown(sheet, &AGENT_KEYS, |word| {
        let of_hotline = HOTLINE_KEYS.contains(&word);
        of_hotline.then_some("it is the hotline's, so put it above the first [[agents]]")
    });
    let id = table.required(sheet, "id", "write id = \"01\", the agent number", |t, sheet| {
        agent_id(t, sheet, lines_of_ids)
    });
    let name = name(table, sheet).or_else(|| id.clone());
    let lines = table.number(sheet, "lines", 1..=u64::from(LINES_MAX), "lines");
    let ring_time_s = ring_time_s(table, sheet).unwrap_or(ring_time_s_of_all);
    let dial = dial(table, sheet);
    let (lines_at, lines_key, lines) = match lines {
        Some(found) => (found.at, found.key, u16::try_from(found.value).unwrap_or(LINES_MAX)),
        None => (table.at, table.path("lines"), LINES_DEFAULT),
    };
    let dial = dial?;
    let line = dial.line();
    said.push(LineSaid {
        line: line.clone(),
        lines,
        at: sheet.position(lines_at),
        key: lines_key,
        agent_at: sheet.position(table.at),
        agent: table.path("phone"),
    });
    let ring_time = Millis::seconds(ring_time_s);
    Some(Agent { name: name?, line, lines, ring_time, on, ..Agent::new(&id?, dial) })
}

fn agent_id(
    table: &Table<'_>,
    sheet: &mut Sheet<'_>,
    lines_of_ids: &mut BTreeMap<Arc<str>, usize>,
) -> Option<Arc<str>> {
    let found = table.text(sheet, "id")?;
    let good = (1..=AGENT_ID_CHARS_MAX).contains(&found.value.len())
        && found.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !good {
        sheet.fault(found.at, found.key, Why::AgentId(shortened(found.value)));
        return None;
    }
    let id: Arc<str> = found.value.into();
    let line = sheet.position(found.at).line;
    if let Some(first) = lines_of_ids.get(&id) {
        sheet.fault(found.at, found.key, Why::AgentTwice { id: found.value.to_owned(), first: *first });
        return None;
    }
    lines_of_ids.insert(id.clone(), line);
    Some(id)
}

fn dial(table: &Table<'_>, sheet: &mut Sheet<'_>) -> Option<Dial> {
    let phone = table.text(sheet, "phone").map(|found| (Dial::phone(found.value), found));
    let endpoint = table.text(sheet, "endpoint").map(|found| (Dial::endpoint(found.value), found));
    match (table.place_of("phone"), table.place_of("endpoint")) {
        (None, None) => sheet.fault(table.at, table.path("phone"), Why::NoDial),
        (Some(_), Some(at)) => sheet.fault(at, table.path("endpoint"), Why::TwoDials),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let mut good = None;
    for (dial, found) in [phone, endpoint].into_iter().flatten() {
        match dial {
            Ok(dial) => good = Some(dial),
            Err(bad) => sheet.fault(found.at, found.key, bad),
        }
    }
    good
}
