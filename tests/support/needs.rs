//! The programs that tests need beside Rust, and the one place where a skip is decided and printed.
//!
//! A test begins with `needs!(REDIS)`. Where the program is missing, the test prints `SKIPPED` and passes. With
//! `HOTLINED_REQUIRE_REDIS=1` it fails instead: whoever installed the program wants to know that the test ran. Each
//! skip also goes into the file that `HOTLINED_SKIPPED` names, since test runners hide what a passing test prints;
//! `tests/run` shows that file at its end.

use std::collections::BTreeSet;
use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A program that is not part of the product.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of its file, which is looked for on the path.
    pub file: &'static str,
    /// Its name in variables: `HOTLINED_REQUIRE_<NAME>=1` makes its absence a failure, `HOTLINED_<NAME>` names a file
    /// that is not on the path.
    pub name: &'static str,
}

pub const REDIS: Program = Program { file: "redis-server", name: "REDIS" };
pub const FREESWITCH: Program = Program { file: "freeswitch", name: "FREESWITCH" };
pub const SIPP: Program = Program { file: "sipp", name: "SIPP" };
pub const LOGROTATE: Program = Program { file: "logrotate", name: "LOGROTATE" };
pub const CHROMIUM: Program = Program { file: "chromium", name: "CHROMIUM" };
/// Until the first test needs it.
pub const ASTERISK: Program = Program { file: "asterisk", name: "ASTERISK" };

impl Program {
    /// Where it is: as `HOTLINED_<NAME>` says, or on the path.
    pub fn path(&self) -> Option<PathBuf> {
        let named = env::var_os(format!("HOTLINED_{}", self.name)).map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).map(|folder| folder.join(self.file));
        named.into_iter().chain(found).find(|file| file.is_file())
    }
}

/// Whether a test is skipped because one of these programs is missing.
///
/// # Panics
/// One is missing that must not be.
pub fn is_skipped(programs: &[Program]) -> bool {
    let missing = programs.iter().find(|program| program.path().is_none());
    missing.is_some_and(|program| {
        let why =
            format!("there is no {} on the path, and HOTLINED_{} names none", program.file, program.name);
        skip(program.name, &why);
        true
    })
}

/// Says that this test shows nothing here, and why. `name` is the variable's part, as of a [`Program`].
///
/// # Panics
/// `HOTLINED_REQUIRE_<NAME>` says that it must not be skipped.
pub fn skip(name: &str, why: &str) {
    let required = format!("HOTLINED_REQUIRE_{name}");
    let is_required = env::var_os(&required).is_some_and(|value| value != "0" && !value.is_empty());
    assert!(!is_required, "{required} is set, and {why}");
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let line = format!("SKIPPED {test}: {why}\n");
    if !SAID.lock().unwrap().insert(line.clone()) {
        return;
    }
    // Past the test harness, which keeps what a passing test prints to itself.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(file) = env::var_os("HOTLINED_SKIPPED") {
        note(Path::new(&file), &line);
    }
}

/// In one write, since tests of several processes write.
fn note(file: &Path, line: &str) {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// Leaves a test that needs a program which is missing. In a test of proptest, the second form gives what it returns.
macro_rules! needs {
    ($($program:ident),+) => {
        if $crate::support::needs::is_skipped(&[$($crate::support::needs::$program),+]) {
            return;
        }
    };
    (of $programs:expr) => {
        if $crate::support::needs::is_skipped($programs) {
            return;
        }
    };
    (of $programs:expr, else $nothing:expr) => {
        if $crate::support::needs::is_skipped($programs) {
            return $nothing;
        }
    };
}
pub(crate) use needs;
