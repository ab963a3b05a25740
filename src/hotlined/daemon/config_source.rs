//! The configuration that an operator changes while the daemon runs: how each part is loaded, and the event that
//! tells the engine.

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

/// Configuration in a folder that is loaded as a whole.
pub trait ConfigSource: Clone + Send + Sync + 'static {
    /// The loaded configuration.
    type Content: PartialEq + Send + Sync + 'static;
    /// What can be wrong with the files.
    type Fault: Clone + PartialEq + Display + Send + Sync + 'static;
    /// The name in the log and in metrics, in the plural.
    const NAME: &'static str;

    /// The folder of the files.
    fn folder(&self) -> &Path;

    /// The only file of the folder that counts; `None` if all files count.
    fn file(&self) -> Option<&OsStr>;

    /// Loads the files. Blocks on the file system.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    fn load(&self) -> Result<Self::Content, Vec<Self::Fault>>;

    /// The fault that the files cannot be read for this reason.
    fn unreadable(&self, why: &dyn std::error::Error) -> Self::Fault;

    /// The event that gives the loaded configuration to the engine.
    fn event(thing: Arc<Self::Content>) -> Event;
}

/// The hotlines: a folder with a file for each hotline.
#[derive(Clone, Debug)]
pub struct HotlineFolder {
    /// The folder of the hotline files.
    pub folder: PathBuf,
    /// The folder of the sound files.
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

/// The operator's own holidays: a folder with a file for each year.
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

/// The operator's own table of number regions: one file.
#[derive(Clone, Debug)]
pub struct NumbersFile(pub PathBuf);

impl ConfigSource for NumbersFile {
    type Content = NumberRegions;
    type Fault = NumbersFileError;
    const NAME: &'static str = "numbers";

    /// The settings make the path absolute, so the file has a parent folder.
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

    fn event(regions: Arc<NumberRegions>) -> Event {
        Event::NumberRegions(regions)
    }
}
