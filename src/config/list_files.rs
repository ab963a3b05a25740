//! Reads the list files beside a hotline file: black lists, white lists and sets of codes. Each line is one entry; `#`
//! begins a comment.

use super::limits::{CODES_MAX, LIST_BYTES_MAX};
use super::{Diagnostic, Problem};
use crate::source_position::{Lines, Position, shortened};
use hotlined_core::hotline::Codes;
use hotlined_core::number::{AreaCode, Prefixes};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads a black or white list.
pub(super) fn prefixes(file: &Path, home: Option<AreaCode>) -> Result<Prefixes, Vec<Diagnostic>> {
    let text = text(file)?;
    Prefixes::parse(text.lines(), home).map_err(|bad| {
        let diagnostic = |bad: hotlined_core::number::BadLine| {
            at_line(file, bad.line, Problem::Entry { found: bad.text, problem: bad.why })
        };
        bad.into_iter().map(diagnostic).collect()
    })
}

/// Reads a set of codes.
pub(super) fn codes(file: &Path) -> Result<Codes, Vec<Diagnostic>> {
    let text = text(file)?;
    let code = |line: &'_ str| line.split('#').next().unwrap_or_default().trim().to_owned();
    let lines: Vec<String> = text.trim_start_matches('\u{feff}').lines().map(code).collect();
    let codes = lines.iter().map(String::as_str).filter(|code| !code.is_empty());
    let count = codes.clone().count();
    if count > CODES_MAX {
        return Err(vec![at_line(file, 1, Problem::TooManyCodes(count))]);
    }
    Codes::new(codes).map_err(|bad| {
        let line = lines.iter().position(|line| line == bad).unwrap_or_default();
        vec![at_line(file, line + 1, Problem::Code(shortened(bad)))]
    })
}

fn at_line(file: &Path, line: usize, problem: Problem) -> Diagnostic {
    Diagnostic { file: file.to_owned(), at: Some(Position { line, column: 1 }), key: String::new(), problem }
}

fn text(file: &Path) -> Result<String, Vec<Diagnostic>> {
    let diagnostic =
        |at, problem| vec![Diagnostic { file: file.to_owned(), at, key: String::new(), problem }];
    let unreadable = |error: std::io::Error| vec![Diagnostic::unreadable(file, &error)];
    // Checked before the file is opened: opening a pipe would wait for a writer.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(diagnostic(None, Problem::NotAList));
    }
    let mut bytes = Vec::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LIST_BYTES_MAX {
        return Err(diagnostic(None, Problem::ListTooBig(LIST_BYTES_MAX)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let good = std::str::from_utf8(&error.as_bytes()[..valid]).unwrap_or_default();
        diagnostic(Some(Lines::of(good).position(good.len())), Problem::NotUtf8)
    })
}
