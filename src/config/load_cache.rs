//! The cache that the files of one load share: sounds, lists, and words.
//!
//! Ten thousand hotlines name the same ringback, the same black list and the same exit `invalid`. Each thread looks up
//! each sound and keeps each word once; all threads together read each list once. Every load has a new cache.

use super::{Diagnostic, Problem};
use super::{SoundError, SoundFolder};
use hotlined_core::hotline::Codes;
use hotlined_core::hotline::voice::{OwnRecordings, Voice};
use hotlined_core::number::{AreaCode, Prefixes};
use hotlined_core::phrases::{Language, Piece};
use hotlined_core::prompt::SoundPath;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The lists that all threads of a load share.
#[derive(Default)]
pub(super) struct ListCache {
    prefixes: OncePerKey<(PathBuf, Option<AreaCode>), Result<Prefixes, Vec<Diagnostic>>>,
    codes: OncePerKey<PathBuf, Result<Arc<Codes>, Vec<Diagnostic>>>,
}

/// Values that are made once for each key: the first thread makes the value, and the others wait for it.
struct OncePerKey<K, V>(Mutex<BTreeMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for OncePerKey<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> OncePerKey<K, V> {
    fn get(&self, key: K, make: impl FnOnce() -> V) -> V {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone();
        value.get_or_init(make).clone()
    }
}

/// The cache of one thread.
pub(super) struct LoadCache {
    pub(super) sounds: SoundFolder,
    /// The numbers of the hotlines that have sounds of their own. `None` if this cannot be read.
    owners: Option<BTreeSet<String>>,
    found: BTreeMap<String, SoundPath>,
    standard: BTreeMap<Language, Arc<BTreeSet<Piece>>>,
    words: BTreeSet<Arc<str>>,
    lists: Arc<ListCache>,
    /// The list files whose diagnostics are already reported.
    lists_reported: BTreeSet<PathBuf>,
}

impl LoadCache {
    pub(super) fn new(sounds: &SoundFolder, lists: Arc<ListCache>) -> Self {
        Self {
            sounds: sounds.clone(),
            owners: sounds.owners(),
            found: BTreeMap::new(),
            standard: BTreeMap::new(),
            words: BTreeSet::new(),
            lists,
            lists_reported: BTreeSet::new(),
        }
    }

    /// The shared copy of a word.
    pub(super) fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return known.clone();
        }
        let word: Arc<str> = word.into();
        self.words.insert(word.clone());
        word
    }

    /// The path of a sound of this hotline, as [`SoundFolder::find`] returns it.
    pub(super) fn sound(&mut self, number: Option<&str>, name: &str) -> Result<SoundPath, SoundError> {
        let shared = number.is_none_or(|number| !self.has_own(number));
        if let Some(path) = self.found.get(name).filter(|_| shared) {
            return Ok(path.clone());
        }
        let path = self.sounds.find(number, name)?;
        if shared {
            self.found.insert(name.to_owned(), path.clone());
        }
        Ok(path)
    }

    fn has_own(&self, number: &str) -> bool {
        self.owners.as_ref().is_none_or(|owners| owners.contains(number))
    }

    /// The language and the recordings of this hotline.
    pub(super) fn voice(&self, number: Option<&str>, language: Language) -> Voice {
        let folder = language.folder();
        let own = number.filter(|number| self.has_own(number)).and_then(|number| {
            let folder = SoundFolder::own(number).join(folder);
            let pieces = self.sounds.recordings(&folder);
            let folder = self.sounds.switch_folder().join(folder).to_str()?.into();
            (!pieces.is_empty()).then(|| Arc::new(OwnRecordings { folder, pieces }))
        });
        let standard = self.sounds.switch_folder().join(folder);
        // A path that is not UTF-8 cannot be given to a switch: all recordings in it count as missing.
        Voice { language, folder: standard.to_str().unwrap_or_default().into(), own }
    }

    /// The first of these pieces without a recording.
    pub(super) fn unrecorded(&mut self, voice: &Voice, pieces: &[Piece]) -> Option<Piece> {
        let sounds = &self.sounds;
        let standard = self.standard.entry(voice.language).or_insert_with(|| {
            Arc::new(sounds.recordings(Path::new(voice.language.folder())).into_iter().collect())
        });
        let own = voice.own.as_deref().map_or(&[][..], |own| &own.pieces);
        let has = |piece: &Piece| standard.contains(piece) || own.binary_search(piece).is_ok();
        pieces.iter().find(|piece| !has(piece)).copied()
    }

    /// The numbers in this list file. The area code `home` completes local numbers.
    pub(super) fn prefixes(&self, file: &Path, home: Option<AreaCode>) -> Result<Prefixes, Vec<Diagnostic>> {
        self.lists.prefixes.get((file.to_owned(), home), || super::list_files::prefixes(file, home))
    }

    /// Whether the diagnostics of this list file are not reported yet.
    pub(super) fn is_new_list_error(&mut self, file: &Path) -> bool {
        self.lists_reported.insert(file.to_owned())
    }

    /// The codes in this list file.
    pub(super) fn codes(&self, file: &Path) -> Result<Arc<Codes>, Vec<Diagnostic>> {
        self.lists.codes.get(file.to_owned(), || super::list_files::codes(file).map(Arc::new))
    }
}

/// The problem that a recording is missing.
pub(super) fn unrecorded(voice: &Voice, sounds: &SoundFolder, piece: Piece, remedy: &'static str) -> Problem {
    let folder = sounds.folder().join(voice.language.folder());
    Problem::NoRecording { file: folder.join(piece.file()).display().to_string(), remedy }
}
