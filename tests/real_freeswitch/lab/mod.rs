//! A laboratory on this machine's loopback: a real switch, the real daemon, callers and agents.
//!
//! There is one switch for all tests of a process, and one test at a time uses it.

pub mod capture;
pub mod daemon;
pub mod esl;
pub mod handset;
pub mod hasty;
pub mod phone;
pub mod sound;
pub mod switch;

pub use crate::support::{proxy, wait};

use crate::support::needs::{FREESWITCH, SIPP, is_skipped};
use std::io::Write;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard};
use switch::Switch;

static SWITCH: Mutex<Option<Switch>> = Mutex::new(None);

/// The laboratory, for one test.
pub struct Lab(MutexGuard<'static, Option<Switch>>);

impl Deref for Lab {
    type Target = Switch;
    fn deref(&self) -> &Switch {
        self.0.as_ref().unwrap()
    }
}

/// The laboratory, empty; none where there is no switch on this machine.
pub fn open() -> Option<Lab> {
    if is_skipped(&[FREESWITCH, SIPP]) {
        return None;
    }
    let program = FREESWITCH.path()?;
    // A test that failed leaves the switch as good as it was.
    let mut switch = SWITCH.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let running = switch.get_or_insert_with(|| Switch::start(&program));
    if !running.channels().is_empty() {
        running.api("hupall");
        running.is_empty_soon();
    }
    Some(Lab(switch))
}

/// Tells a figure to whoever runs the tests.
pub fn tell(figure: &str) {
    let _ = writeln!(std::io::stderr(), "    {figure}");
}
