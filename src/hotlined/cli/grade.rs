//! `hotlined grade`: the class of 400 numbers by the patterns of their digits (靓号).

use super::output::{fail, print_line};
use anyhow::Context;
use hotlined_core::number::{Grade, Grades, normalise};
use serde::Serialize;
use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `hotlined grade`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The numbers.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
    /// Patterns and classes in TOML, instead of the built-in ones.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// Print one JSON object per line instead of text.
    #[arg(long)]
    json: bool,
}

/// The line of JSON for a number.
#[derive(Serialize)]
struct GradeLine<'a> {
    number: &'a str,
    #[serde(flatten)]
    grade: Grade,
}

/// Prints the grade of each number. The exit code is 0, or 1 if a number is not a 400 number.
pub fn run(args: &Args) -> ExitCode {
    match grade(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn grade(args: &Args) -> anyhow::Result<()> {
    let table = match &args.table {
        None => Cow::Borrowed(Grades::built_in()),
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            Cow::Owned(Grades::parse(&text).with_context(|| file.display().to_string())?)
        }
    };
    let mut others = Vec::new();
    for given in &args.numbers {
        let number = normalise(given, None);
        match table.grade(&number) {
            Some(grade) if args.json => {
                print_line(&serde_json::to_string(&GradeLine { number: number.digits(), grade })?)?;
            }
            Some(grade) => print_line(&describe(number.digits(), &grade))?,
            None => others.push(given.as_str()),
        }
    }
    anyhow::ensure!(others.is_empty(), "only a 400 number has a grade, and not {}", others.join(", "));
    Ok(())
}

fn describe(number: &str, grade: &Grade) -> String {
    let found: Vec<String> = grade
        .found
        .iter()
        .map(|found| {
            let place = if found.at_end { "at the end" } else { "inside" };
            format!("{} {} {place} ({})", found.pattern, found.digits, found.class)
        })
        .collect();
    let found = if found.is_empty() { "no pattern".to_owned() } else { found.join(", ") };
    format!("{number}: {}; {found}", grade.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_names_its_patterns() {
        let line = |number: &str| {
            let grade = Grades::built_in().grade(&normalise(number, None)).unwrap();
            describe(number, &grade)
        };
        assert_eq!(
            line("4008118844"),
            "4008118844: 2A; AABBCC 118844 at the end (2A), ABBA 8118 inside (1A)"
        );
        assert_eq!(line("4007391628"), "4007391628: 普通; no pattern");
    }
}
