//! The maximum sizes of settings, and the names of environment variables.

/// The largest settings file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: u64 = 1 << 10;
/// The prefix of the environment variables.
pub const VARIABLE_PREFIX: &str = "HOTLINED_";
/// The variable that names the settings file.
pub const SETTINGS_VARIABLE: &str = "HOTLINED_SETTINGS";
