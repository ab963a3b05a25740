//! The daemon: its settings.

pub mod settings;
