//! Loads all hotlines of a folder: finds the files, reads them on several threads, and checks what only several
//! files together show, such as a number that two hotlines use.
//!
//! Loading blocks on the file system: do not call it in an async task. Nothing is remembered between two loads.

use super::SoundFolder;
use super::hotline_file;
use super::hotline_file::ParsedFile;
use super::limits::{FILE_BYTES_MAX, FILES_MAX};
use super::load_cache::LoadCache;
use super::reader::DeclaredLines;
use super::{Diagnostic, Problem};
use crate::source_position::{Lines, Position};
use hotlined_core::hotline::Hotlines;
use hotlined_core::id::LineId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most threads that read one folder.
const THREADS_MAX: usize = 8;
/// The least number of files for each thread: fewer are not worth a thread.
const FILES_A_THREAD_MIN: usize = 64;

/// Reads every `*.toml` of the folder, in the order of the file names. Hidden files, editors' backups and
/// subfolders are ignored.
///
/// # Errors
///
/// If any file has an error, the diagnostics of all files come back and no hotline is loaded.
pub fn load(folder: &Path, sounds: &SoundFolder) -> Result<Hotlines, Vec<Diagnostic>> {
    let Inspected { hotlines, errors, .. } = read_all(folder, sounds, false);
    if errors.is_empty() { Ok(hotlines) } else { Err(errors) }
}

/// The content of a folder, with all diagnostics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspected {
    /// The hotlines of all files without an error.
    pub hotlines: Hotlines,
    /// The errors. Any of them keeps [`load`] from loading the folder.
    pub errors: Vec<Diagnostic>,
    /// The warnings, which keep nothing from being loaded.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a folder as [`load`] does, and returns all hotlines, errors and warnings.
pub fn inspect(folder: &Path, sounds: &SoundFolder) -> Inspected {
    read_all(folder, sounds, true)
}

/// The text of one hotline file with every default written out and every short form as the nodes it stands for. The
/// text reads back to the same hotline, as long as the lists and sounds that it names exist.
///
/// # Errors
///
/// The diagnostics of the file, if the file is not a valid hotline.
pub fn expand(file: &Path, sounds: &SoundFolder) -> Result<String, Vec<Diagnostic>> {
    let parsed = read(file, &mut LoadCache::new(sounds, Arc::default()))?;
    match parsed.hotline {
        Some(hotline) => Ok(super::expand::write(&hotline, &parsed.source, sounds)),
        None => Err(parsed.diagnostics),
    }
}

fn read_all(folder: &Path, sounds: &SoundFolder, with_warnings: bool) -> Inspected {
    let mut load = FolderLoad::default();
    let files = match files_of(folder) {
        Ok(files) => files,
        Err(errors) => return Inspected { errors, ..Inspected::default() },
    };
    let parsed_files = read_files(&files, sounds, with_warnings);
    for (file, (parsed, warnings)) in files.into_iter().zip(parsed_files) {
        load.warnings.extend(warnings);
        load.add(file, parsed);
    }
    load.refuse_self_calls();
    Inspected { hotlines: load.hotlines, errors: load.errors, warnings: load.warnings }
}

/// One parsed file and its warnings.
type ParsedWithWarnings = (ParsedFile, Vec<Diagnostic>);

/// Reads the files on as many threads as are worth it. The result is in the order of the files.
fn read_files(files: &[PathBuf], sounds: &SoundFolder, with_warnings: bool) -> Vec<ParsedWithWarnings> {
    let lists = Arc::default();
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut cache = LoadCache::new(sounds, Arc::clone(&lists));
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return done };
            done.push((at, read_one(file, &mut cache, with_warnings)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = cores.min(THREADS_MAX).min(files.len().div_ceil(FILES_A_THREAD_MIN));
    let mut done: Vec<(usize, ParsedWithWarnings)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(read_some)).collect();
        let mut done = read_some();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, read)| read).collect()
}

fn read_one(file: &Path, cache: &mut LoadCache, with_warnings: bool) -> ParsedWithWarnings {
    let mut parsed =
        read(file, cache).unwrap_or_else(|diagnostics| ParsedFile { diagnostics, ..ParsedFile::default() });
    let source = std::mem::take(&mut parsed.source);
    let hotline = parsed.hotline.as_ref().filter(|_| with_warnings);
    let warnings = hotline.map(|hotline| super::lint::warnings(file, hotline, &source)).unwrap_or_default();
    (parsed, warnings)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let diagnostic =
        |problem| vec![Diagnostic { file: folder.to_owned(), at: None, key: String::new(), problem }];
    let unreadable = |error: std::io::Error| vec![Diagnostic::unreadable(folder, &error)];
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(b".toml") && !bytes.starts_with(b".") {
            files.push(folder.join(name));
        }
    }
    match files.len() {
        0 => Err(diagnostic(Problem::NoFiles)),
        1..=FILES_MAX => {
            files.sort();
            Ok(files)
        }
        many => Err(diagnostic(Problem::TooManyFiles(many))),
    }
}

fn read(file: &Path, cache: &mut LoadCache) -> Result<ParsedFile, Vec<Diagnostic>> {
    let diagnostic =
        |at, problem| vec![Diagnostic { file: file.to_owned(), at, key: String::new(), problem }];
    let unreadable = |error: std::io::Error| vec![Diagnostic::unreadable(file, &error)];
    // Checked before the file is opened: opening a pipe would wait for a writer.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(diagnostic(None, Problem::NotAFile));
    }
    let mut bytes = Vec::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(diagnostic(None, Problem::TooBig));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(hotline_file::read(file, text, cache)),
        Err(error) => {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            Err(diagnostic(Some(Lines::of(good).position(good.len())), Problem::NotUtf8))
        }
    }
}

/// The files of a folder that are loaded so far.
#[derive(Default)]
struct FolderLoad {
    hotlines: Hotlines,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// The list files whose diagnostics are already among the errors.
    lists_reported: BTreeSet<PathBuf>,
    /// The hotline numbers and the position of each.
    numbers: BTreeMap<Arc<str>, FilePosition>,
    /// The number of lines of each telephone and the position that declares it. Looked up, never iterated.
    lines: HashMap<LineId, (u16, FilePosition)>,
    /// Every agent telephone that is a hotline number, with the position and the key of the agent.
    hotlines_called: Vec<(LineId, FilePosition, String)>,
}

/// A position in one of the files.
#[derive(Clone)]
struct FilePosition {
    file: Arc<Path>,
    at: Position,
}

impl std::fmt::Display for FilePosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.at)
    }
}

impl FolderLoad {
    fn add(&mut self, file: PathBuf, parsed: ParsedFile) {
        let file: Arc<Path> = file.into();
        self.add_diagnostics(parsed.diagnostics, &file);
        if let Some((number, at)) = parsed.number {
            self.add_number(number, FilePosition { file: file.clone(), at });
        }
        for declared in parsed.lines {
            self.add_line(declared, &file);
        }
        if let Some(hotline) = parsed.hotline {
            self.hotlines.insert(Arc::new(hotline));
        }
    }

    /// Many hotlines may use one list: its diagnostics are reported once, with the first of these hotlines.
    fn add_diagnostics(&mut self, diagnostics: Vec<Diagnostic>, file: &Path) {
        let before = self.errors.len();
        let is_new = |diagnostic: &Diagnostic| {
            diagnostic.file == file || !self.lists_reported.contains(&diagnostic.file)
        };
        self.errors.extend(diagnostics.into_iter().filter(is_new));
        let lists = self.errors[before..].iter().filter(|diagnostic| diagnostic.file != file);
        self.lists_reported.extend(lists.map(|diagnostic| diagnostic.file.clone()));
    }

    fn add_number(&mut self, number: Arc<str>, position: FilePosition) {
        match self.numbers.get(&number) {
            Some(first) => {
                let problem = Problem::NumberTwice { number: number.to_string(), first: first.to_string() };
                let diagnostic = Diagnostic {
                    file: position.file.to_path_buf(),
                    at: Some(position.at),
                    key: "number".to_owned(),
                    problem,
                };
                self.errors.push(diagnostic);
            }
            None => {
                self.numbers.insert(number, position);
            }
        }
    }

    /// Records how many lines a telephone has. Many hotlines may use one telephone, but it has one number of lines: if
    /// two declarations differed, the telephone could be rung beyond its capacity.
    fn add_line(&mut self, declared: DeclaredLines, file: &Arc<Path>) {
        // Which hotlines exist is known only after the last file; a number that is no 400 number is none of them.
        if hotlined_core::number::hotline(&declared.line.0).is_some() {
            let position = FilePosition { file: file.clone(), at: declared.agent_at };
            self.hotlines_called.push((
                declared.line.clone(),
                position,
                [&declared.agent, ".phone"].concat(),
            ));
        }
        match self.lines.get(&declared.line) {
            Some((lines, first)) if *lines != declared.lines => {
                let problem = Problem::LinesDiffer {
                    lines: declared.lines,
                    first_lines: *lines,
                    first: first.to_string(),
                };
                let diagnostic = Diagnostic {
                    file: file.to_path_buf(),
                    at: Some(declared.at),
                    key: [&declared.agent, ".lines"].concat(),
                    problem,
                };
                self.errors.push(diagnostic);
            }
            Some(_) => {}
            None => {
                let position = FilePosition { file: file.clone(), at: declared.at };
                self.lines.insert(declared.line, (declared.lines, position));
            }
        }
    }
}

impl FolderLoad {
    /// Reports every agent whose telephone is a hotline of this folder: such a call would call itself without end.
    fn refuse_self_calls(&mut self) {
        for (line, position, key) in std::mem::take(&mut self.hotlines_called) {
            if let Some(hotline) = self.numbers.get(&line.0) {
                let problem =
                    Problem::CallsHotline { number: line.0.to_string(), hotline: hotline.to_string() };
                self.errors.push(Diagnostic {
                    file: position.file.to_path_buf(),
                    at: Some(position.at),
                    key,
                    problem,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shorthand::SimpleHotline;
    use hotlined_core::prompt::{Prompt, Tone};
    use hotlined_core::time::Millis;
    use proptest::prelude::*;
    use std::fs;

    const SHOP: &str = r#"
number = "4008001234"
name = "Example Shop"
ring_time_s = 25
[[agents]]
id = "01"
phone = "139 0000-0001"
[[agents]]
id = "02"
name = "Li"
endpoint = "user/1002"
lines = 30
ring_time_s = 15
on = false
"#;

    fn load_text(text: &[u8]) -> Result<Hotlines, Vec<Diagnostic>> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.toml"), text).unwrap();
        load(folder.path(), &SoundFolder::new("/", "/"))
    }

    fn version(text: &str) -> hotlined_core::hotline::Version {
        load_text(text.as_bytes()).unwrap().iter().next().unwrap().version
    }

    #[test]
    fn a_short_file_has_its_defaults() {
        let hotlines = load_text(SHOP.as_bytes()).unwrap();
        let hotline = hotlines.get("4008001234").unwrap();
        let agents = hotline.agents.clone();
        assert_eq!(hotline.flow, SimpleHotline::default().hotline("4008001234", "Shop", agents).flow);
        assert_eq!(hotline.closing, Prompt::Tone(Tone::Busy));
        let [first, second] = &hotline.agents[..] else { panic!("two agents") };
        assert_eq!(
            (&*first.name, first.lines, first.ring_time, first.on),
            ("01", 1, Millis::seconds(25), true)
        );
        assert_eq!(first.dial, hotlined_core::hotline::Dial::Phone("13900000001".into()));
        assert_eq!((&*second.line.0, second.lines, second.on), ("user/1002", 30, false));
        assert_eq!(second.ring_time, Millis::seconds(15));
    }

    #[test]
    fn a_version_changes_with_what_matters_only() {
        let same =
            format!("# A comment\n{}", SHOP.replace(" = ", "=").replace("139 0000-0001", "13900000001"));
        assert_eq!(version(SHOP), version(&same));
        assert_eq!(version(SHOP), version(&SHOP.replace("name = \"Ex", "wait_s = 120\nname = \"Ex")));
        for (from, to) in
            [("Example", "Sample"), ("= 25", "= 26"), ("0001", "0002"), ("false", "true"), ("30", "31")]
        {
            assert_ne!(version(SHOP), version(&SHOP.replace(from, to)), "{from}");
        }
    }

    #[test]
    fn a_file_beyond_a_megabyte_is_not_read() {
        let mut text = SHOP.as_bytes().to_vec();
        text.resize(usize::try_from(FILE_BYTES_MAX).unwrap(), b'\n');
        assert!(load_text(&text).is_ok());
        text.push(b'\n');
        assert_eq!(load_text(&text).unwrap_err()[0].problem, Problem::TooBig);
    }

    #[test]
    fn a_folder_of_too_many_files_is_refused_before_any_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let sounds = SoundFolder::new(folder.path(), folder.path());
        assert_eq!(load(folder.path(), &sounds).unwrap_err()[0].problem, Problem::NoFiles);
        for index in 0..=FILES_MAX {
            fs::write(folder.path().join(format!("{index}.toml")), "").unwrap();
        }
        assert_eq!(
            load(folder.path(), &sounds).unwrap_err()[0].problem,
            Problem::TooManyFiles(FILES_MAX + 1)
        );
        assert!(matches!(
            load(&folder.path().join("nowhere"), &sounds).unwrap_err()[0].problem,
            Problem::Unreadable(_)
        ));
    }

    #[test]
    fn other_files_in_the_folder_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.toml"), SHOP).unwrap();
        for name in
            [".shop.toml", "shop.toml~", "#shop.toml#", "shop.toml.bak", ".shop.toml.swp", "README.md"]
        {
            fs::write(folder.path().join(name), "not = a hotline").unwrap();
        }
        assert_eq!(load(folder.path(), &SoundFolder::new("/", "/")).unwrap().len(), 1);
    }

    #[test]
    fn a_thousand_hotlines_load() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..1_000 {
            let text =
                SHOP.replace("4008001234", &format!("400{index:07}")).replace("0001", &format!("{index:04}"));
            fs::write(folder.path().join(format!("{index}.toml")), text).unwrap();
        }
        let hotlines = load(folder.path(), &SoundFolder::new("/", "/")).unwrap();
        assert_eq!(hotlines.len(), 1_000);
        assert_eq!(&*hotlines.get("4000000999").unwrap().agents[0].line.0, "13900000999");
    }

    #[test]
    fn a_faulty_list_of_many_hotlines_is_told_with_the_first_of_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("black.txt"), "139*\nnobody\n").unwrap();
        for index in 0..500 {
            let text = SHOP.replace("4008001234", &format!("400{index:07}")).replacen(
                "[[agents]]",
                "[access]\nblack_file = \"black.txt\"\n[[agents]]",
                1,
            );
            fs::write(folder.path().join(format!("{index:03}.toml")), text).unwrap();
        }
        let diagnostics = load(folder.path(), &SoundFolder::new("/", "/")).unwrap_err();
        let told: Vec<String> =
            diagnostics.iter().map(|diagnostic| diagnostic.file.display().to_string()).collect();
        let lists: Vec<usize> = (0..told.len()).filter(|at| told[*at].ends_with("black.txt")).collect();
        assert_eq!((lists.len(), told.len()), (1, 501), "{}", diagnostics[0]);
        let with = usize::from(lists[0] == 0);
        assert!(lists[0] <= 1 && told[with].ends_with("000.toml"), "{told:?}");
        assert_eq!(
            load(folder.path(), &SoundFolder::new("/", "/")).unwrap_err(),
            diagnostics,
            "whichever thread was first"
        );
    }

    #[test]
    fn a_file_full_of_faults_is_cut_short() {
        let text: String = (0..1_000).map(|index| format!("key{index} = 1\n")).collect();
        let diagnostics = load_text(text.as_bytes()).unwrap_err();
        assert_eq!(diagnostics.len(), crate::limits::FILE_DIAGNOSTICS_MAX + 1);
        assert!(matches!(diagnostics.last().unwrap().problem, Problem::More(_)));
    }

    #[test]
    fn a_deeply_nested_file_is_refused() {
        let text = format!("agents = {}", "[".repeat(200_000));
        assert!(load_text(text.as_bytes()).is_err());
        let text = format!("a{} = 1", ".a".repeat(200_000));
        assert!(load_text(text.as_bytes()).is_err());
    }

    #[test]
    fn a_long_file_of_nonsense_is_told_briefly() {
        for nonsense in ["=\n", "[[", "\"", "a=[", "a.", "[a]\n", "{", "'''\n", "a=1\n", "a={b="] {
            let diagnostics = load_text(nonsense.repeat(10_000).as_bytes()).unwrap_err();
            assert!(diagnostics.len() <= crate::limits::FILE_DIAGNOSTICS_MAX + 1, "{nonsense:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_bytes_are_a_hotline_or_faults(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = load_text(&bytes);
        }

        #[test]
        fn a_hotline_with_a_slip_is_a_hotline_or_has_a_placed_fault(at in 0..SHOP.len(), slip in "\\PC{0,3}|[\\[\\]{}\"=\n.]") {
            let (before, after) = SHOP.split_at(at);
            if let Err(diagnostics) = load_text(format!("{before}{slip}{}", &after[1..]).as_bytes()) {
                prop_assert!(diagnostics.iter().all(|diagnostic| diagnostic.at.is_some()), "{diagnostics:?}");
            }
        }
    }
}
