//! All hotlines of a folder: which files count, and what only several of them together show.
//!
//! Blocks on the file system: not for an async task. Nothing is remembered between two loads.

use super::Sounds;
use super::hotline_file;
use super::hotline_file::{LineSaid, Outline};
use super::limits::{FILE_BYTES_MAX, FILES_MAX};
use super::load_cache::Shelf;
use super::{Fault, Why};
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

/// The most threads that read a folder.
const THREADS_MAX: usize = 8;
/// How many files there must be for each thread.
const FILES_A_THREAD_MIN: usize = 64;

/// Reads every `*.toml` of the folder, in the order of their names. Hidden files, editors' backups and
/// subfolders are passed over. Either all files are good, or every fault of every file comes back: hotlines
/// are never taken by halves.
pub fn load(folder: &Path, sounds: &Sounds) -> Result<Hotlines, Vec<Fault>> {
    let Inspected { hotlines, faults, .. } = read_all(folder, sounds, false);
    if faults.is_empty() { Ok(hotlines) } else { Err(faults) }
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inspected {
    /// The hotlines of all files that have no fault.
    pub hotlines: Hotlines,
    /// What must be repaired before any of them is taken.
    pub faults: Vec<Fault>,
    /// What somebody should look at.
    pub warnings: Vec<Fault>,
}

/// As [`load`], with everything there is to say.
pub fn inspect(folder: &Path, sounds: &Sounds) -> Inspected {
    read_all(folder, sounds, true)
}

/// The text of one hotline with every default and every short form as what it comes to. It reads back to the
/// same hotline, where the lists and sounds are that it names.
pub fn expand(file: &Path, sounds: &Sounds) -> Result<String, Vec<Fault>> {
    let outline = read(file, &mut Shelf::new(sounds, Arc::default()))?;
    match outline.hotline {
        Some(hotline) => Ok(super::expand::write(&hotline, &outline.source, sounds)),
        None => Err(outline.faults),
    }
}

fn read_all(folder: &Path, sounds: &Sounds, with_warnings: bool) -> Inspected {
    let mut load = Load::default();
    let files = match files_of(folder) {
        Ok(files) => files,
        Err(faults) => return Inspected { faults, ..Inspected::default() },
    };
    let outlines = read_files(&files, sounds, with_warnings);
    for (file, (outline, warnings)) in files.into_iter().zip(outlines) {
        load.warnings.extend(warnings);
        load.add(file, outline);
    }
    load.refuse_circles();
    Inspected { hotlines: load.hotlines, faults: load.faults, warnings: load.warnings }
}

/// What one file gave, and its warnings.
type Read = (Outline, Vec<Fault>);

/// Reads the files on as many threads as are worth it; what they gave comes back in the order of the files.
fn read_files(files: &[PathBuf], sounds: &Sounds, with_warnings: bool) -> Vec<Read> {
    let lists = Arc::default();
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut shelf = Shelf::new(sounds, Arc::clone(&lists));
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return done };
            done.push((at, read_one(file, &mut shelf, with_warnings)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = cores.min(THREADS_MAX).min(files.len().div_ceil(FILES_A_THREAD_MIN));
    let mut done: Vec<(usize, Read)> = std::thread::scope(|scope| {
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

fn read_one(file: &Path, shelf: &mut Shelf, with_warnings: bool) -> Read {
    let mut outline = read(file, shelf).unwrap_or_else(|faults| Outline { faults, ..Outline::default() });
    let source = std::mem::take(&mut outline.source);
    let hotline = outline.hotline.as_ref().filter(|_| with_warnings);
    let warnings = hotline.map(|hotline| super::lint::warnings(file, hotline, &source)).unwrap_or_default();
    (outline, warnings)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Vec<Fault>> {
    let fault = |why| vec![Fault { file: folder.to_owned(), at: None, key: String::new(), why }];
    let unreadable = |error: std::io::Error| vec![Fault::unreadable(folder, &error)];
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.ends_with(b".toml") && !bytes.starts_with(b".") {
            files.push(folder.join(name));
        }
    }
    match files.len() {
        0 => Err(fault(Why::NoFiles)),
        1..=FILES_MAX => {
            files.sort();
            Ok(files)
        }
        many => Err(fault(Why::TooManyFiles(many))),
    }
}

fn read(file: &Path, shelf: &mut Shelf) -> Result<Outline, Vec<Fault>> {
    let fault = |at, why| vec![Fault { file: file.to_owned(), at, key: String::new(), why }];
    let unreadable = |error: std::io::Error| vec![Fault::unreadable(file, &error)];
    // Asked before opening: opening a pipe would wait for its other end.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(fault(None, Why::NotAFile));
    }
    let mut bytes = Vec::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(fault(None, Why::TooBig));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(hotline_file::read(file, text, shelf)),
        Err(error) => {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            Err(fault(Some(Lines::of(good).position(good.len())), Why::NotUtf8))
        }
    }
}

/// The files read so far.
#[derive(Default)]
struct Load {
    hotlines: Hotlines,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    /// The lists whose faults were told.
    lists_told: BTreeSet<PathBuf>,
    numbers: BTreeMap<Arc<str>, Place>,
    /// Looked up and never walked.
    lines: HashMap<LineId, (u16, Place)>,
    /// Every telephone that is called, and the place and key of the agent.
    called: Vec<(LineId, Place, String)>,
}

#[derive(Clone)]
struct Place {
    file: Arc<Path>,
    at: Position,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.at)
    }
}

impl Load {
    fn add(&mut self, file: PathBuf, outline: Outline) {
        let file: Arc<Path> = file.into();
        self.add_faults(outline.faults, &file);
        if let Some((number, at)) = outline.number {
            self.add_number(number, Place { file: file.clone(), at });
        }
        for said in outline.lines {
            self.add_line(said, &file);
        }
        if let Some(hotline) = outline.hotline {
            self.hotlines.insert(Arc::new(hotline));
        }
    }

    /// A list may be named by many files: its faults are told with the first of them.
    fn add_faults(&mut self, faults: Vec<Fault>, file: &Path) {
        let before = self.faults.len();
        let is_new = |fault: &Fault| fault.file == file || !self.lists_told.contains(&fault.file);
        self.faults.extend(faults.into_iter().filter(is_new));
        let lists = self.faults[before..].iter().filter(|fault| fault.file != file);
        self.lists_told.extend(lists.map(|fault| fault.file.clone()));
    }

    fn add_number(&mut self, number: Arc<str>, place: Place) {
        match self.numbers.get(&number) {
            Some(first) => {
                let why = Why::NumberTwice { number: number.to_string(), first: first.to_string() };
                let fault = Fault {
                    file: place.file.to_path_buf(),
                    at: Some(place.at),
                    key: "number".to_owned(),
                    why,
                };
                self.faults.push(fault);
            }
            None => {
                self.numbers.insert(number, place);
            }
        }
    }

    /// One telephone may be bound to many hotlines, but it has only so many lines: if two tables disagreed,
    /// it could be rung beyond what it can take.
    fn add_line(&mut self, said: LineSaid, file: &Arc<Path>) {
        // Only a hotline's number can be a hotline's.
        if hotlined_core::number::hotline(&said.line.0).is_some() {
            let place = Place { file: file.clone(), at: said.agent_at };
            self.called.push((said.line.clone(), place, [&said.agent, ".phone"].concat()));
        }
        match self.lines.get(&said.line) {
            Some((lines, first)) if *lines != said.lines => {
                let why =
                    Why::LinesDiffer { lines: said.lines, first_lines: *lines, first: first.to_string() };
                let fault = Fault {
                    file: file.to_path_buf(),
                    at: Some(said.at),
                    key: [&said.agent, ".lines"].concat(),
                    why,
                };
                self.faults.push(fault);
            }
            Some(_) => {}
            None => {
                let place = Place { file: file.clone(), at: said.at };
                self.lines.insert(said.line, (said.lines, place));
            }
        }
    }
}

impl Load {
    /// An agent whose telephone is one of our own hotlines would make a call that calls itself, without end.
    fn refuse_circles(&mut self) {
        for (line, place, key) in std::mem::take(&mut self.called) {
            if let Some(hotline) = self.numbers.get(&line.0) {
                let why = Why::CallsHotline { number: line.0.to_string(), hotline: hotline.to_string() };
                self.faults.push(Fault { file: place.file.to_path_buf(), at: Some(place.at), key, why });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shorthand::Plain;
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

    fn load_text(text: &[u8]) -> Result<Hotlines, Vec<Fault>> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.toml"), text).unwrap();
        load(folder.path(), &Sounds::new("/", "/"))
    }

    fn version(text: &str) -> hotlined_core::hotline::Version {
        load_text(text.as_bytes()).unwrap().iter().next().unwrap().version
    }

    #[test]
    fn a_short_file_has_its_defaults() {
        let hotlines = load_text(SHOP.as_bytes()).unwrap();
        let hotline = hotlines.get("4008001234").unwrap();
        let agents = hotline.agents.clone();
        assert_eq!(hotline.flow, Plain::default().hotline("4008001234", "Shop", agents).flow);
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
        assert_eq!(load_text(&text).unwrap_err()[0].why, Why::TooBig);
    }

    #[test]
    fn a_folder_of_too_many_files_is_refused_before_any_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let sounds = Sounds::new(folder.path(), folder.path());
        assert_eq!(load(folder.path(), &sounds).unwrap_err()[0].why, Why::NoFiles);
        for index in 0..=FILES_MAX {
            fs::write(folder.path().join(format!("{index}.toml")), "").unwrap();
        }
        assert_eq!(load(folder.path(), &sounds).unwrap_err()[0].why, Why::TooManyFiles(FILES_MAX + 1));
        assert!(matches!(
            load(&folder.path().join("nowhere"), &sounds).unwrap_err()[0].why,
            Why::Unreadable(_)
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
        assert_eq!(load(folder.path(), &Sounds::new("/", "/")).unwrap().len(), 1);
    }

    #[test]
    fn a_thousand_hotlines_load() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..1_000 {
            let text =
                SHOP.replace("4008001234", &format!("400{index:07}")).replace("0001", &format!("{index:04}"));
            fs::write(folder.path().join(format!("{index}.toml")), text).unwrap();
        }
        let hotlines = load(folder.path(), &Sounds::new("/", "/")).unwrap();
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
        let faults = load(folder.path(), &Sounds::new("/", "/")).unwrap_err();
        let told: Vec<String> = faults.iter().map(|fault| fault.file.display().to_string()).collect();
        let lists: Vec<usize> = (0..told.len()).filter(|at| told[*at].ends_with("black.txt")).collect();
        assert_eq!((lists.len(), told.len()), (1, 501), "{}", faults[0]);
        let with = usize::from(lists[0] == 0);
        assert!(lists[0] <= 1 && told[with].ends_with("000.toml"), "{told:?}");
        assert_eq!(
            load(folder.path(), &Sounds::new("/", "/")).unwrap_err(),
            faults,
            "whichever thread was first"
        );
    }

    #[test]
    fn a_file_full_of_faults_is_cut_short() {
        let text: String = (0..1_000).map(|index| format!("key{index} = 1\n")).collect();
        let faults = load_text(text.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), crate::limits::FILE_FAULTS_MAX + 1);
        assert!(matches!(faults.last().unwrap().why, Why::More(_)));
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
            let faults = load_text(nonsense.repeat(10_000).as_bytes()).unwrap_err();
            assert!(faults.len() <= crate::limits::FILE_FAULTS_MAX + 1, "{nonsense:?}");
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
            if let Err(faults) = load_text(format!("{before}{slip}{}", &after[1..]).as_bytes()) {
                prop_assert!(faults.iter().all(|fault| fault.at.is_some()), "{faults:?}");
            }
        }
    }
}
