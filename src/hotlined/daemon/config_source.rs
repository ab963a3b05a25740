//! What an operator changes while the daemon runs, each with the way it is read and what the engine hears of it.

use super::holiday_folder::{self, HolidayFolderError};
use super::numbers_file::{self, NumbersFileError};
use super::whole_file::ReadFileError;
use hotlined_config;
use hotlined_config::SoundFolder;
use hotlined_core::event::Event;
use hotlined_core::hotline::Hotlines;
use hotlined_core::hours::Calendar;
use hotlined_core::number::NumberRegions;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that lies in a folder and is read as a whole.
pub trait ConfigSource: Clone + Send + Sync + 'static {
    /// What it is read as.
    type Content: PartialEq + Send + Sync + 'static;
    /// What can be wrong with it.
    type Fault: Clone + PartialEq + Display + Send + Sync + 'static;
    /// What it is called in a log, in the plural.
    const NAME: &'static str;

    /// The folder it lies in.
    fn folder(&self) -> &Path;

    /// The one file of the folder that it is; without one it is every file.
    fn file(&self) -> Option<&OsStr>;

    /// Reads it, or says everything that is wrong with it. Blocks on the file system.
    fn load(&self) -> Result<Self::Content, Vec<Self::Fault>>;

    /// The fault that it cannot be read for this reason.
    fn unreadable(&self, why: &dyn std::error::Error) -> Self::Fault;

    /// How the engine hears of it.
    fn event(thing: Arc<Self::Content>) -> Event;
}

/// The hotlines: a folder with a file each.
#[derive(Clone, Debug)]
pub struct HotlineFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Where their sounds lie.
    pub sounds: SoundFolder,
}

impl ConfigSource for HotlineFolder {
    type Content = Hotlines;
    type Fault = hotlined_config::Diagnostic;
    const NAME: &'static str = "hotlines";

    fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self) -> Option<&OsStr> {
        None
    }

    fn load(&self) -> Result<Hotlines, Vec<hotlined_config::Diagnostic>> {
        hotlined_config::load(&self.folder, &self.sounds)
    }

    fn unreadable(&self, why: &dyn std::error::Error) -> hotlined_config::Diagnostic {
        hotlined_config::Diagnostic::unreadable(&self.folder, why)
    }

    fn event(hotlines: Arc<Hotlines>) -> Event {
        Event::Hotlines(hotlines)
    }
}

/// The operator's own years: a folder with a file each.
#[derive(Clone, Debug)]
pub struct HolidayFolder(pub PathBuf);

impl ConfigSource for HolidayFolder {
    type Content = Calendar;
    type Fault = HolidayFolderError;
    const NAME: &'static str = "holidays";

    fn folder(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> Option<&OsStr> {
        None
    }

    fn load(&self) -> Result<Calendar, Vec<HolidayFolderError>> {
        holiday_folder::load(&self.0)
    }

    fn unreadable(&self, why: &dyn std::error::Error) -> HolidayFolderError {
        ReadFileError::unreadable(&self.0, &why).into()
    }

    fn event(calendar: Arc<Calendar>) -> Event {
        Event::Calendar(calendar)
    }
}

/// The operator's own table of numbers: one file.
#[derive(Clone, Debug)]
pub struct NumbersFile(pub PathBuf);

impl ConfigSource for NumbersFile {
    type Content = NumberRegions;
    type Fault = NumbersFileError;
    const NAME: &'static str = "numbers";

    /// A settings file names it by an absolute path, so it has one.
    fn folder(&self) -> &Path {
        self.0.parent().unwrap_or(&self.0)
    }

    fn file(&self) -> Option<&OsStr> {
        self.0.file_name()
    }

    fn load(&self) -> Result<NumberRegions, Vec<NumbersFileError>> {
        numbers_file::load(&self.0).map_err(|fault| vec![fault])
    }

    fn unreadable(&self, why: &dyn std::error::Error) -> NumbersFileError {
        ReadFileError::unreadable(&self.0, &why).into()
    }

    fn event(atlas: Arc<NumberRegions>) -> Event {
        Event::NumberRegions(atlas)
    }
}
