//! What is wrong, as a line of text or of JSON.

use crate::daemon::holiday_folder::HolidayFolderError;
use crate::daemon::numbers_file::NumbersFileError;
use crate::daemon::settings::{self, ValueOrigin};
use crate::daemon::whole_file::ReadFileError;
use hotlined_config::source_position::Position;
use serde::Serialize;
use std::path::Path;

/// The line of JSON for a fault or warning, and its text.
#[derive(Serialize)]
pub(super) struct FaultLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) variable: Option<String>,
    #[serde(flatten)]
    pub(super) at: Option<Position>,
    pub(super) key: String,
    pub(super) message: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) warning: bool,
    #[serde(skip)]
    pub(super) text: String,
}

impl From<&hotlined_config::Diagnostic> for FaultLine {
    fn from(diagnostic: &hotlined_config::Diagnostic) -> Self {
        Self {
            file: Some(diagnostic.file.display().to_string()),
            variable: None,
            at: diagnostic.at,
            key: diagnostic.key.clone(),
            message: diagnostic.problem.to_string(),
            warning: false,
            text: diagnostic.to_string(),
        }
    }
}

impl FaultLine {
    /// A fault in a file without keys.
    pub(super) fn in_file(file: &Path, line: Option<(usize, usize)>, message: &str, text: String) -> Self {
        Self {
            file: Some(file.display().to_string()),
            variable: None,
            at: line.map(|(line, column)| Position { line, column }),
            key: String::new(),
            message: message.to_owned(),
            warning: false,
            text,
        }
    }
}

impl From<&ReadFileError> for FaultLine {
    fn from(fault: &ReadFileError) -> Self {
        let text = fault.to_string();
        match fault {
            ReadFileError::Unreadable(file, why) => Self::in_file(file, None, why, text),
            ReadFileError::TooBig(file, _) => Self::in_file(file, None, "is too large", text),
        }
    }
}

impl From<&HolidayFolderError> for FaultLine {
    fn from(fault: &HolidayFolderError) -> Self {
        let text = fault.to_string();
        match fault {
            HolidayFolderError::File(fault) => Self::from(fault),
            HolidayFolderError::TooManyFiles(folder) => {
                Self::in_file(folder, None, "has too many files", text)
            }
            HolidayFolderError::Year(year) => {
                Self::in_file(Path::new(&year.file), Some((year.line, 1)), &year.why, text)
            }
        }
    }
}

impl From<&NumbersFileError> for FaultLine {
    fn from(fault: &NumbersFileError) -> Self {
        let text = fault.to_string();
        match fault {
            NumbersFileError::File(fault) => Self::from(fault),
            NumbersFileError::Table { file, line, column, why } => {
                Self::in_file(file, Some((*line, *column)), why, text)
            }
        }
    }
}

impl From<&settings::SettingsFault> for FaultLine {
    fn from(fault: &settings::SettingsFault) -> Self {
        let (file, variable, at) = match &fault.origin {
            ValueOrigin::File { file, at } => (Some(file.display().to_string()), None, *at),
            ValueOrigin::Variable(name) => (None, Some(name.clone()), None),
            ValueOrigin::Default => (None, None, None),
        };
        Self {
            file,
            variable,
            at,
            key: fault.key.clone(),
            message: fault.kind.to_string(),
            warning: false,
            text: fault.to_string(),
        }
    }
}
