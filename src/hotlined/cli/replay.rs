//! `hotlined replay`: replays a recording and prints the commands that the daemon would send.

use super::output::{fail, print_line};
use crate::replay::{self, RecordingKind, ReplayOptions, ReplayReport};
use anyhow::Context;
use hotlined_config;
use hotlined_config::SoundFolder;
use hotlined_core::call::Limits;
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::SwitchId;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments of `hotlined replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The recording: a capture, a journal, raw socket bytes or JSON events. The kind is detected.
    file: PathBuf,
    /// The folder of the hotlines; a journal contains its own.
    #[arg(long)]
    hotlines: Option<PathBuf>,
    /// The folder of their sound files.
    #[arg(long, default_value = "sounds")]
    sounds: PathBuf,
    /// The name of the switch.
    #[arg(long, default_value = "fs1")]
    switch: String,
    /// Compare with the output of an earlier run, or with a journal. Differences are printed, and then the exit code
    /// is 1.
    #[arg(long)]
    expect: Option<PathBuf>,
    /// Cut the bytes of the switch into chunks of this size. This must not change the result.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    chunk: Option<u32>,
}

/// Replays the file. The exit code is 0, or 1 if there is a difference or the recording is broken.
pub fn run(args: &Args) -> ExitCode {
    match replay_file(args) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn replay_file(args: &Args) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let options = ReplayOptions {
        hotlines: Arc::new(hotlines(args, replay::detect_kind(&bytes))?),
        switch: SwitchId(args.switch.as_str().into()),
        limits: Limits::default(),
        chunk_bytes: args.chunk.map(|bytes| bytes as usize),
    };
    let replayed = replay::replay(&bytes, &options).with_context(|| args.file.display().to_string())?;
    let Some(expected) = &args.expect else {
        replayed.lines.iter().try_for_each(print_line)?;
        print_summary(&replayed);
        return Ok(ExitCode::SUCCESS);
    };
    let earlier = std::fs::read_to_string(expected).with_context(|| expected.display().to_string())?;
    let differing = replay::difference(&earlier, &replayed.lines);
    differing.iter().try_for_each(print_line)?;
    print_summary(&replayed);
    eprintln!("{} lines differ from {}", differing.len(), expected.display());
    Ok(if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn hotlines(args: &Args, kind: RecordingKind) -> anyhow::Result<Hotlines> {
    match (&args.hotlines, kind) {
        (None, RecordingKind::Journal) => Ok(Hotlines::default()),
        (None, RecordingKind::Capture | RecordingKind::Events | RecordingKind::Raw) => {
            anyhow::bail!("this record holds no hotlines: name their folder with --hotlines DIR")
        }
        (Some(folder), _) => {
            let sounds = std::path::absolute(&args.sounds)?;
            hotlined_config::load(folder, &SoundFolder::new(sounds.clone(), sounds)).map_err(|faults| {
                anyhow::anyhow!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            })
        }
    }
}

fn print_summary(replayed: &ReplayReport) {
    let commands: Vec<String> =
        replayed.commands.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if replayed.cut_off > 0 {
        eprintln!("{} lines were cut off in the middle by a kill and are left out", replayed.cut_off);
    }
    eprintln!("{} events; {}; {} calls still live", replayed.events, commands.join(", "), replayed.live);
}
