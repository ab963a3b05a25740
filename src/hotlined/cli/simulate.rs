//! `hotlined simulate`: plays one call through the hotlines of a folder, from its arrival to its call record. It needs
//! no telephone and no switch, and runs in virtual time.

mod arguments;

use super::call_timeline::CallTimeline;
use super::load_config::load_settings;
use super::output::{fail, join_faults};
use crate::daemon::settings::Settings;
use crate::daemon::{holiday_folder, numbers_file};
use crate::journal::Journal;
use crate::jsonl_writer::{JsonlWriter, SlowDiskPolicy};
use anyhow::bail;
use arguments::{AgentArgument, CallerArgument, KeysArgument, PhoneArgument, StartTime};
use hotlined_config;
use hotlined_config::SoundFolder;
use hotlined_config::source_position::Hint;
use hotlined_core::call::Limits;
use hotlined_core::command::Command;
use hotlined_core::engine::{Engine, TraceEntry};
use hotlined_core::event::Event;
use hotlined_core::hotline::{Hotline, Hotlines};
use hotlined_core::id::{CallId, LegId};
use hotlined_core::prompt::SoundPath;
use hotlined_core::time::{Instant, Millis};
use hotlined_sim::dry_run::{
    CallerStep, DryRun, KEY_PRESS_DELAY, SOUND_LENGTH_DEFAULT, Script, ScriptedCaller, ScriptedPhone,
    SoundLengths, wav_length,
};
use hotlined_sim::rng::Rng;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// How long a call may last: longer than any wait for a call back and the talk after it.
const CALL_TIME_MAX: Millis = Millis::seconds(6 * 3600);
/// The other calls arrive within this time before and after the call.
const BACKGROUND_SPREAD: Millis = Millis::seconds(30);
/// The most other calls.
const BACKGROUND_CALLS_MAX: u64 = 1_000;
/// How much of a sound file is read to find its length, in bytes.
const HEAD_BYTES_MAX: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  hotlined simulate --to 4008001234 --keys 1
  hotlined simulate --hotlines hotlines --to 4008001234 --from 02161234567 --at 2026-10-01T10:00+08:00 \\
      --keys 2,802#,wait:20s,9 --agent 01=busy,02=answer:20s+talk:40s --caller after-talk:30s";

/// The arguments of `hotlined simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The folder of the hotlines, instead of the one in the settings.
    #[arg(long, value_name = "DIR")]
    hotlines: Option<PathBuf>,
    /// The folder of the sound files, instead of the one in the settings.
    #[arg(long, value_name = "DIR")]
    sounds: Option<PathBuf>,
    /// The hotline that the caller dials.
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// The caller's number; empty if it is withheld.
    #[arg(long, value_name = "NUMBER", default_value = "13800138000")]
    from: String,
    /// The time of the call; without a zone, China's time [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<StartTime>,
    /// The caller's input at each question: keys; `none` for no input; `wait:5s` to press the next keys after this
    /// time, with or without a question.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    keys: Vec<KeysArgument>,
    /// What the telephone of an agent does, by agent id or telephone number: busy, reject:5s, no-answer, unreachable,
    /// answer:20s, press-1:4s (answers and accepts the call with a key), mailbox:20s; an answer may have +talk:40s,
    /// +no-press. An agent that is named twice does the first at the first call and the second at the second call. All
    /// other agents answer after 3 s and talk for 60 s.
    #[arg(long = "agent", value_name = "AGENT=DOES", value_delimiter = ',')]
    agents: Vec<AgentArgument>,
    /// What else the caller does: hangs-up:15s, after-talk:30s, speaks:10s (a voicemail message),
    /// called-back:no-answer.
    #[arg(long, value_name = "DOES", value_delimiter = ',')]
    caller: Vec<CallerArgument>,
    /// The number of other calls to the same hotline around the same time.
    #[arg(long = "with", value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=BACKGROUND_CALLS_MAX))]
    others: u64,
    /// The seed of the random numbers: the same seed gives the same call.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a journal like the daemon's, for `explain` and `replay`.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
}

/// Simulates and prints the call. The exit code is 0 if the call ended, and 1 if an argument is wrong.
pub fn run(args: &Args) -> ExitCode {
    let account = match simulate(args) {
        Ok(account) => account,
        Err(error) => return fail(&error),
    };
    // A closed standard output is not an error.
    let _ = account.print(args.json, &mut io::stdout().lock());
    if account.is_over() {
        return ExitCode::SUCCESS;
    }
    eprintln!("hotlined: the call had not ended after {}", account.duration());
    ExitCode::FAILURE
}

fn simulate(args: &Args) -> anyhow::Result<CallTimeline> {
    let LoadedConfig { hotlines, sounds, tables } = load_config(args)?;
    let mut first = vec![Event::Hotlines(hotlines.clone())];
    first.extend(tables);
    let hotline = find_hotline(&hotlines, &args.to)?;
    let at = args.at.map_or_else(now, |StartTime(at)| at);
    let mut chance = Rng::new(args.seed);
    let leg = leg(&mut chance);
    let call = CallId(leg.clone());
    let mut caller = ScriptedCaller::new(at, &args.from, &args.to, leg);
    caller.steps = args.keys.iter().map(|KeysArgument(deed)| deed.clone()).collect();
    args.caller.iter().for_each(|said| said.apply(&mut caller));
    let mut cast = Script { callers: vec![caller], ..build_cast(&hotline, &args.agents)? };
    cast.callers.extend((0..args.others).map(|_| background_caller(&args.to, at, &mut chance)));
    play(cast, at, &first, sounds, &call, args.journal.as_deref())
}

/// Runs the simulation until the call is over.
fn play(
    cast: Script,
    at: Instant,
    first: &[Event],
    sounds: SoundFolder,
    call: &CallId,
    journal: Option<&Path>,
) -> anyhow::Result<CallTimeline> {
    let limits = Limits::default();
    let file = journal.map(|path| JsonlWriter::create(path, SlowDiskPolicy::Wait)).transpose()?;
    let mut journal = file.clone().map(|file| Journal::new(file, limits));
    let mut account = CallTimeline::new(call.clone());
    let mut watch = |at, entry: TraceEntry| {
        journal.iter_mut().for_each(|journal| journal.record(at, entry));
        account.add(at, entry);
    };
    let mut rehearsal = DryRun::new(Engine::new(limits), at - BACKGROUND_SPREAD, cast, lengths(sounds));
    first.iter().for_each(|event| rehearsal.inject(event, &mut watch));
    let mut over = false;
    while !over && rehearsal.next_deadline().is_some_and(|next| next <= at + CALL_TIME_MAX) {
        let mut watch = |at, entry: TraceEntry| {
            watch(at, entry);
            over |= matches!(entry, TraceEntry::Out(Command::Record(record)) if record.call == *call);
        };
        rehearsal.step(&mut watch);
    }
    file.iter().for_each(JsonlWriter::close);
    Ok(account)
}

/// The configuration that a daemon with these settings would load.
struct LoadedConfig {
    hotlines: Arc<Hotlines>,
    sounds: SoundFolder,
    /// The events with the operator's own calendar and table of numbers.
    tables: Vec<Event>,
}

fn load_config(args: &Args) -> anyhow::Result<LoadedConfig> {
    let own = args.sounds.as_deref().map(std::path::absolute).transpose()?;
    let own = own.map(|sounds| SoundFolder::new(sounds.clone(), sounds));
    let (folder, sounds, tables) = match (&args.hotlines, own) {
        (Some(folder), Some(sounds)) => (folder.clone(), sounds, Vec::new()),
        (folder, own) => {
            let settings = load_settings(None).map_err(join_faults)?;
            let tables = load_tables(&settings)?;
            (folder.clone().unwrap_or(settings.hotlines), own.unwrap_or(settings.sounds), tables)
        }
    };
    let hotlines = Arc::new(hotlined_config::load(&folder, &sounds).map_err(join_faults)?);
    Ok(LoadedConfig { hotlines, sounds, tables })
}

fn load_tables(settings: &Settings) -> anyhow::Result<Vec<Event>> {
    let calendar = settings.holidays.as_deref().map(holiday_folder::load).transpose().map_err(join_faults)?;
    let atlas = settings.numbers.as_deref().map(numbers_file::load).transpose()?;
    let calendar = calendar.map(|calendar| Event::Calendar(Arc::new(calendar)));
    Ok(calendar.into_iter().chain(atlas.map(|atlas| Event::NumberRegions(Arc::new(atlas)))).collect())
}

fn find_hotline(hotlines: &Hotlines, to: &str) -> anyhow::Result<Arc<Hotline>> {
    let known: Vec<&str> = hotlines.iter().map(|hotline| &*hotline.number).collect();
    let Some(number) = hotlined_core::number::hotline(to) else {
        bail!("--to {to}: is no 400 number: write ten digits that begin with 400");
    };
    match hotlines.get(number) {
        Some(hotline) => Ok(hotline.clone()),
        None => bail!("--to {to}: no hotline of the folder has this number{}", Hint::of(number, known)),
    }
}

fn now() -> Instant {
    let millis = jiff::Timestamp::now().as_millisecond();
    Instant(u64::try_from(millis).unwrap_or_default())
}

fn leg(chance: &mut Rng) -> LegId {
    LegId::from_bits(u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64()))
}

/// The telephones of the hotline's agents.
fn build_cast(hotline: &Hotline, said: &[AgentArgument]) -> anyhow::Result<Script> {
    let mut cast = Script { default_phone: ScriptedPhone::answers(Millis::seconds(3)), ..Script::default() };
    for AgentArgument { agent, .. } in said {
        if !hotline.agents.iter().any(|a| a.id.as_ref() == agent.as_str() || *a.line.0 == **agent) {
            let known = hotline.agents.iter().map(|agent| &*agent.id);
            bail!("--agent {agent}=…: the hotline has no such agent{}", Hint::of(agent, known));
        }
    }
    for agent in &hotline.agents {
        let presses = agent.confirm.then_some(KEY_PRESS_DELAY);
        let mine = |said: &&AgentArgument| *agent.id == *said.agent || *agent.line.0 == *said.agent;
        let mut habits: Vec<ScriptedPhone> =
            said.iter().filter(mine).map(|said| said.habit.habit(presses)).collect();
        if habits.is_empty() {
            habits.push(PhoneArgument::default().habit(presses));
        }
        let (hotlined_core::hotline::Dial::Phone(place) | hotlined_core::hotline::Dial::Endpoint(place)) =
            &agent.dial;
        cast.phones.insert(place.to_string(), habits);
    }
    Ok(cast)
}

/// The caller of one of the other calls.
fn background_caller(to: &str, at: Instant, chance: &mut Rng) -> ScriptedCaller {
    let number = format!("137{:08}", chance.between(0, 99_999_999));
    let at = at - BACKGROUND_SPREAD + Millis(chance.between(0, 2 * BACKGROUND_SPREAD.0));
    let leg = leg(chance);
    // Key 1 is a likely input at any menu.
    let deeds = (0..3).map(|_| CallerStep::PressKeys("1".into())).collect();
    ScriptedCaller { steps: deeds, ..ScriptedCaller::new(at, &number, to, leg) }
}

/// The length of each sound file; a file that cannot be read has the default length.
fn lengths(sounds: SoundFolder) -> SoundLengths {
    Box::new(move |path: &SoundPath| {
        let seen = Path::new(path.as_str());
        let here = seen
            .strip_prefix(sounds.switch_folder())
            .map_or_else(|_| seen.to_owned(), |inside| sounds.folder().join(inside));
        Some(length_of(&here).unwrap_or(SOUND_LENGTH_DEFAULT))
    })
}

fn length_of(path: &Path) -> Option<Millis> {
    let file = File::open(path).ok()?;
    let bytes = file.metadata().ok()?.len();
    let mut head = Vec::new();
    file.take(HEAD_BYTES_MAX).read_to_end(&mut head).ok()?;
    wav_length(&head, bytes)
}
