//! Loads the settings and the operator's tables for a subcommand.

use super::output::join_faults;
use crate::daemon::settings::{Settings, SettingsFault};
use crate::daemon::{holiday_folder, numbers_file};
use hotlined_core::hours::Calendar;
use hotlined_core::number::NumberRegions;
use std::path::Path;
use std::sync::Arc;

/// The settings file that is read if no other file is named and this file exists.
pub const SETTINGS_FILE: &str = "hotlined.toml";

/// The settings of this file, or of [`SETTINGS_FILE`] if it exists, overridden by the environment.
pub(super) fn load_settings(file: Option<&Path>) -> Result<Settings, Vec<SettingsFault>> {
    Settings::load(settings_file(file), environment())
}

/// Whether the settings are those of a file.
pub(super) fn has_settings_file(file: Option<&Path>) -> bool {
    settings_file(file).is_some()
}

fn settings_file(file: Option<&Path>) -> Option<&Path> {
    let default = Path::new(SETTINGS_FILE);
    file.or_else(|| default.exists().then_some(default))
}

/// The calendar with the holidays of this folder, or of the folder in the settings.
pub(super) fn load_calendar(settings: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<Calendar> {
    let folder = match folder {
        Some(folder) => Some(folder.to_owned()),
        None => load_settings(settings).map_err(join_faults)?.holidays,
    };
    folder.map_or_else(|| Ok(Calendar::known()), |folder| holiday_folder::load(&folder).map_err(join_faults))
}

/// The built-in table of number regions, overlaid with this file, or with the file in the settings.
pub(super) fn load_numbers(
    settings: Option<&Path>,
    file: Option<&Path>,
) -> anyhow::Result<Arc<NumberRegions>> {
    let file = match file {
        Some(file) => Some(file.to_owned()),
        None => load_settings(settings).map_err(join_faults)?.numbers,
    };
    Ok(file.map_or_else(
        || Ok(NumberRegions::built_in().clone()),
        |file| numbers_file::load(&file).map(Arc::new),
    )?)
}

/// The environment variables of this process. A value that is not UTF-8 gets replacement characters: in one of our
/// variables it is then refused as an invalid value, and other variables do not matter.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}
