//! The daemon's settings: one TOML file, with environment variables over it.
//!
//! Every setting of the file has a variable: `HOTLINED_SWITCH__PORT` is `port` in `[switch]`, and
//! `HOTLINED_HOTLINES` is the `hotlines` at the top. Relative paths, also in variables, are relative to the folder of
//! the settings file, or to the working folder if there is no file. Everything that can be checked without opening a
//! port is checked here. The settings of a business are not here but in its [hotline file](hotlined_config).
//!
//! - `layers`: reads the file and the variables over the defaults.
//! - `raw`, `raw_hooks`: the form of the file, and every default.
//! - `check`, `redis`, `hooks`: turn the raw values into [`Settings`].
//! - `types`: [`Settings`] and its sections; `fault`: what can be wrong; `limits`: the maximum sizes.

mod check;
mod fault;
mod hooks;
mod layers;
mod limits;
mod raw;
mod raw_hooks;
mod redis;
mod sms;
mod types;

pub use fault::{SettingsFault, SettingsFaultKind, ValueOrigin};
pub use limits::{FILE_BYTES_MAX, PASSWORD_BYTES_MAX, SETTINGS_VARIABLE, VARIABLE_PREFIX};
pub use types::{
    CallsSettings, EventFormat, Fallback, LogFormat, LogSettings, Secret, Settings, SmsSettings, SwitchKind,
    SwitchSettings,
};

use std::path::Path;

impl Settings {
    /// Reads the settings from this file and from these environment variables. Blocks on the file system.
    ///
    /// # Errors
    /// Everything that is wrong. If a key or a type is wrong, only keys and types are reported: the values are checked
    /// when those are repaired.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<SettingsFault>> {
        let mut settings = layers::read(file, env).and_then(|(raw, sources)| check::check(raw, &sources));
        if let Err(faults) = &mut settings {
            faults.sort_by(|one, other| one.origin.cmp(&other.origin));
        }
        settings
    }
}

#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod tests;
