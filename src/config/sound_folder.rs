//! The folder of sound files, under the path of the daemon and under the path of the switch.
//!
//! Daemon and switch may run in two containers that mount one folder under two paths. The daemon's path is used to
//! check that a file exists; a [`Prompt`](hotlined_core::prompt::Prompt) carries the switch's path. No file is decoded.

use hotlined_core::phrases::Piece;
use hotlined_core::prompt::{BadSoundPath, SoundPath};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The folder, below the sound folder, that holds a folder for each hotline with sounds of its own.
const OWN: &str = "hotlines";

/// The sound folder, with its path for the daemon and its path for the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundFolder {
    folder: PathBuf,
    switch_folder: PathBuf,
}

/// Why a sound cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// The name is empty.
    #[error("is empty: name a file, or leave the key out to have a tone")]
    Empty,
    /// The name leads out of the folder.
    #[error("may not contain `.` or `..` folders: write the path without them")]
    Dots,
    /// The file does not exist.
    #[error("{name:?} is not there: put it at {looked}", looked = looked.join(" or "))]
    Missing {
        /// The name in the hotline file.
        name: String,
        /// The paths that were tried, as the daemon sees them.
        looked: Vec<String>,
    },
    /// The name is a folder, or something else that cannot be played.
    #[error("{0} is no regular file: name a sound file")]
    NotAFile(String),
    /// The file is empty: the caller would hear dead air.
    #[error("{0} is an empty file: record it again")]
    EmptyFile(String),
    /// The path has characters that the switch cannot be given.
    #[error("{0}")]
    Path(#[from] BadSoundPath),
    /// The path is not UTF-8.
    #[error("the sound folder's path is not UTF-8: move it")]
    NotUtf8,
}

impl SoundFolder {
    /// A sound folder with these two paths. Both should be absolute.
    pub fn new(folder: impl Into<PathBuf>, switch_folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), switch_folder: switch_folder.into() }
    }

    /// The folder as the daemon sees it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder as the switch sees it.
    pub fn switch_folder(&self) -> &Path {
        &self.switch_folder
    }

    /// The path under which the switch plays a sound of a hotline. A relative name is looked up in `hotlines/<number>/`
    /// and then in the sound folder itself. An absolute name is a path of the daemon; if the file is in the sound
    /// folder, the switch gets its own path of the file.
    ///
    /// # Errors
    ///
    /// The name is invalid, or no playable file has this name.
    pub fn find(&self, number: Option<&str>, name: &str) -> Result<SoundPath, SoundError> {
        if name.is_empty() {
            return Err(SoundError::Empty);
        }
        if name.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(SoundError::Dots);
        }
        // An invalid name is reported as invalid, not as missing.
        SoundPath::new(&format!("/{name}"))?;
        let candidates: Vec<PathBuf> = if Path::new(name).is_absolute() {
            vec![PathBuf::from(name)]
        } else {
            let own = number.map(|number| self.folder.join(OWN).join(number).join(name));
            own.into_iter().chain([self.folder.join(name)]).collect()
        };
        for path in &candidates {
            let Ok(meta) = std::fs::metadata(path) else { continue };
            if !meta.is_file() {
                return Err(SoundError::NotAFile(path.display().to_string()));
            }
            if meta.len() == 0 {
                return Err(SoundError::EmptyFile(path.display().to_string()));
            }
            return self.as_the_switch_sees(path);
        }
        let looked = candidates.iter().map(|path| path.display().to_string()).collect();
        Err(SoundError::Missing { name: name.to_owned(), looked })
    }

    /// The folder of the hotline's own sounds, below the sound folder.
    pub(super) fn own(number: &str) -> PathBuf {
        Path::new(OWN).join(number)
    }

    /// The numbers of the hotlines that have a folder of their own. `None` if this cannot be read.
    pub(super) fn owners(&self) -> Option<BTreeSet<String>> {
        let entries = match std::fs::read_dir(self.folder.join(OWN)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(BTreeSet::new()),
            Err(_) => return None,
        };
        entries.map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }

    /// The pieces that have a recording in this folder below the sound folder, sorted.
    pub(super) fn recordings(&self, folder: &Path) -> Vec<Piece> {
        let folder = self.folder.join(folder);
        if !folder.is_dir() {
            return Vec::new();
        }
        let is_sound = |piece: &&Piece| {
            std::fs::metadata(folder.join(piece.file())).is_ok_and(|meta| meta.is_file() && meta.len() > 0)
        };
        let mut pieces: Vec<Piece> = Piece::ALL.iter().filter(is_sound).copied().collect();
        pieces.sort_unstable();
        pieces
    }

    /// The shortest name for which [`find`](Self::find) returns this path for this hotline.
    pub(super) fn name_of(&self, number: &str, path: &SoundPath) -> String {
        let seen = Path::new(path.as_str());
        let inside = seen.strip_prefix(&self.switch_folder).ok();
        let own = inside.and_then(|inside| inside.strip_prefix(Self::own(number)).ok());
        let here = inside.map(|inside| self.folder.join(inside));
        let names = [own, inside, here.as_deref()].into_iter().flatten().filter_map(Path::to_str);
        let good = |name: &&str| self.find(Some(number), name).is_ok_and(|found| found == *path);
        names.clone().find(good).unwrap_or(path.as_str()).to_owned()
    }

    fn as_the_switch_sees(&self, path: &Path) -> Result<SoundPath, SoundError> {
        let seen = match path.strip_prefix(&self.folder) {
            Ok(inside) => self.switch_folder.join(inside),
            Err(_) => path.to_owned(),
        };
        // Built from its components: without doubled slashes and without a slash at the end.
        let seen: PathBuf = seen.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        Ok(SoundPath::new(seen.to_str().ok_or(SoundError::NotUtf8)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_hotlines_own_sound_comes_first_and_the_switch_gets_its_own_path() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join("hotlines/4008001234");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("a.wav"), "RIFF").unwrap();
        fs::write(home.path().join("a.wav"), "RIFF").unwrap();
        fs::write(home.path().join("empty.wav"), "").unwrap();
        let sounds = SoundFolder::new(home.path(), "/usr/share/sounds");
        let find = |name: &str| sounds.find(Some("4008001234"), name);
        assert_eq!(find("a.wav").unwrap().as_str(), "/usr/share/sounds/hotlines/4008001234/a.wav");
        assert_eq!(sounds.find(Some("4008005678"), "a.wav").unwrap().as_str(), "/usr/share/sounds/a.wav");
        let absolute = home.path().join("a.wav");
        assert_eq!(find(absolute.to_str().unwrap()).unwrap().as_str(), "/usr/share/sounds/a.wav");
        assert!(matches!(find("b.wav"), Err(SoundError::Missing { looked, .. }) if looked.len() == 2));
        assert!(matches!(find("hotlines"), Err(SoundError::NotAFile(_))));
        assert!(matches!(find("empty.wav"), Err(SoundError::EmptyFile(_))));
        assert_eq!(find("../a.wav"), Err(SoundError::Dots));
        assert_eq!(find(""), Err(SoundError::Empty));
        assert_eq!(find("a b.wav"), Err(SoundError::Path(BadSoundPath::Character(' '))));
    }
}
