//! Append-only files of lines: call records, journals, captures.
//!
//! Each file has a thread that writes, so a slow disk never delays a call. Lines wait in memory while the disk is slow
//! or full. A file whose lines may be dropped counts the dropped lines. A file that was moved away is opened again
//! under its path, as after a log rotation.

mod error;
mod open_file;
mod writer_thread;

pub use error::JsonlError;

use open_file::OpenFile;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use writer_thread::{WriterMessage, WriterProgress, WriterThread};

/// The most lines that wait for the disk if lines may be dropped.
pub const WAITING_LINES_MAX: u64 = 200_000;

/// What happens to lines when the disk is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowDiskPolicy {
    /// All lines wait in memory, without a limit: a slow disk never loses a call record.
    Wait,
    /// Lines beyond [`WAITING_LINES_MAX`] are dropped and counted.
    Drop,
}

/// An append-only file of lines. Clones write to the same file.
#[derive(Clone, Debug)]
pub struct JsonlWriter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    messages: Mutex<Option<mpsc::Sender<WriterMessage>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    progress: Arc<WriterProgress>,
    dropped: AtomicU64,
    slow_disk_policy: SlowDiskPolicy,
}

impl JsonlWriter {
    /// Opens the file to append lines; creates the file if it does not exist.
    ///
    /// # Errors
    /// If the file cannot be opened or the thread cannot be started.
    pub fn append(path: &Path, when_slow: SlowDiskPolicy) -> Result<Self, JsonlError> {
        Self::of(path, when_slow, OpenFile::append)
    }

    /// Creates the file, or empties the file that exists.
    ///
    /// # Errors
    /// If the file cannot be opened or the thread cannot be started.
    pub fn create(path: &Path, when_slow: SlowDiskPolicy) -> Result<Self, JsonlError> {
        Self::of(path, when_slow, OpenFile::create)
    }

    fn of(
        path: &Path,
        when_slow: SlowDiskPolicy,
        open: fn(&Path) -> io::Result<OpenFile>,
    ) -> Result<Self, JsonlError> {
        let cannot = |error| JsonlError { path: path.into(), error };
        let (messages, inbox) = mpsc::channel();
        let progress = Arc::new(WriterProgress::default());
        let writer = WriterThread::new(path.into(), open(path).map_err(cannot)?, progress.clone());
        let thread = std::thread::Builder::new().name("line-file".into());
        let thread = thread.spawn(move || writer.run(&inbox)).map_err(cannot)?;
        let shared = Shared {
            messages: Mutex::new(Some(messages)),
            writer: Mutex::new(Some(thread)),
            progress,
            dropped: AtomicU64::new(0),
            slow_disk_policy: when_slow,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Appends a line. The text must not contain a line break.
    pub fn write(&self, line: String) {
        let waiting = &self.shared.progress.waiting;
        if self.shared.slow_disk_policy == SlowDiskPolicy::Drop
            && waiting.load(Ordering::Relaxed) >= WAITING_LINES_MAX
        {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.send(WriterMessage::Line(line));
    }

    /// Checks at once whether the path names another file now, and opens that file before the next line is written;
    /// creates it if it does not exist. Without this call the check happens before the next line, or within a second.
    /// A pipe or a device is only given up on this request.
    pub fn reopen(&self) {
        self.send(WriterMessage::Reopen);
    }

    fn send(&self, message: WriterMessage) {
        let Ok(messages) = self.shared.messages.lock() else { return };
        if let Some(messages) = &*messages {
            if let WriterMessage::Line(_) = message {
                self.shared.progress.waiting.fetch_add(1, Ordering::Relaxed);
            }
            // The receiver lives until `close` drops the sender.
            let _ = messages.send(message);
        }
    }

    /// How many lines are in the file. They are the first lines that were appended: after a line that could not be
    /// written no later line is written.
    pub fn lines_written(&self) -> u64 {
        self.shared.progress.written.load(Ordering::Acquire)
    }

    /// How many lines wait for the disk.
    pub fn lines_waiting(&self) -> u64 {
        self.shared.progress.waiting.load(Ordering::Relaxed)
    }

    /// How many lines were dropped because the disk was too slow.
    pub fn lines_dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// The path and the reason, if lines cannot be written at the moment.
    pub fn failure(&self) -> Option<String> {
        self.shared.progress.failure()
    }

    /// Waits until every line is in the file, or until the disk has taken no line for two seconds. In that case the
    /// log says how many lines are missing, and so does [`JsonlWriter::lines_waiting`].
    pub fn close(&self) {
        self.shared.messages.lock().ok().and_then(|mut messages| messages.take());
        let writer = self.shared.writer.lock().ok().and_then(|mut writer| writer.take());
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn every_line_is_in_the_file_after_close() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        for round in 0..2 {
            let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
            let other = file.clone();
            (0..1_000).for_each(|n| if n % 2 == 0 { &file } else { &other }.write(format!("{round} {n}")));
            file.close();
            other.write("too late".into());
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2_000);
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::fs::write(&path, "whole\ncut o").unwrap();
        for _ in 0..2 {
            let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
            file.write("whole".into());
            file.close();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole\ncut o\nwhole\nwhole\n");
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let error =
            JsonlWriter::append(Path::new("/nonexistent/records.jsonl"), SlowDiskPolicy::Wait).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/records.jsonl: "), "{error}");
    }

    const PATIENCE: Duration = Duration::from_secs(10);

    fn wait_until(what: &str, is_so: impl Fn() -> bool) {
        let by = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < by, "never: {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until all that was added is in a file.
    fn written(file: &JsonlWriter, count: u64) {
        wait_until(&format!("{count} lines written"), || file.lines_written() == count);
        assert_eq!(file.lines_waiting(), 0);
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_file_that_was_moved_removed_or_replaced_is_opened_anew_before_the_next_line() {
        let folder = tempfile::tempdir().unwrap();
        let [path, moved, other] = ["lines", "lines.1", "other"].map(|name| folder.path().join(name));
        for open in [JsonlWriter::append, JsonlWriter::create] {
            let file = open(&path, SlowDiskPolicy::Wait).unwrap();
            file.write("one".into());
            written(&file, 1);
            std::fs::rename(&path, &moved).unwrap();
            file.write("two".into());
            written(&file, 2);
            assert_eq!([read(&moved), read(&path)], ["one\n", "two\n"]);
            std::fs::remove_file(&path).unwrap();
            file.write("three".into());
            written(&file, 3);
            assert_eq!(read(&path), "three\n");
            std::fs::write(&other, "theirs, cut o").unwrap();
            std::fs::rename(&other, &path).unwrap();
            file.write("four".into());
            file.close();
            assert_eq!(read(&path), "theirs, cut o\nfour\n");
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_file_is_opened_anew_while_no_line_comes_and_emptied_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let file = JsonlWriter::create(&path, SlowDiskPolicy::Wait).unwrap();
        file.write("one".into());
        written(&file, 1);
        std::fs::remove_file(&path).unwrap();
        wait_until("made again", || path.exists());
        file.write("two".into());
        written(&file, 2);
        std::fs::write(&path, "").unwrap();
        file.write("three".into());
        file.close();
        assert_eq!(read(&path), "three\n");
    }

    #[test]
    fn a_file_is_opened_anew_on_request_and_nothing_is_lost_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let [path, moved] = ["lines", "lines.1"].map(|name| folder.path().join(name));
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        let mut all = String::new();
        for round in 0..5 {
            (0..100).for_each(|n| file.write(format!("{round} {n}")));
            std::fs::rename(&path, &moved).unwrap();
            file.reopen();
            wait_until("made again", || path.exists());
            wait_until("all written", || file.lines_waiting() == 0);
            all += &read(&moved);
        }
        file.close();
        file.reopen();
        all += &read(&path);
        let expected: String = (0..500).map(|n| format!("{} {}\n", n / 100, n % 100)).collect();
        assert_eq!((file.lines_written(), all), (500, expected));
    }

    #[test]
    fn lines_wait_for_a_full_disk_and_are_all_written_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        file.write("0".into());
        wait_until("a failure", || file.failure().is_some());
        (1..1_000).for_each(|n| file.write(n.to_string()));
        let why = file.failure().unwrap();
        assert_eq!(why, format!("{}: No space left on device (os error 28)", path.display()));
        assert_eq!((file.lines_written(), file.lines_waiting(), file.lines_dropped()), (0, 1_000, 0));
        std::fs::remove_file(&path).unwrap();
        file.reopen();
        written(&file, 1_000);
        wait_until("well again", || file.failure().is_none());
        file.close();
        let expected: String = (0..1_000).map(|n| format!("{n}\n")).collect();
        assert_eq!(read(&path), expected);
    }

    #[test]
    fn lines_wait_for_a_folder_that_is_gone_and_no_line_goes_to_a_removed_file() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        let path = inner.join("lines");
        std::fs::create_dir(&inner).unwrap();
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        std::fs::remove_dir_all(&inner).unwrap();
        // Without any line, too.
        wait_until("a failure", || file.failure().is_some());
        file.write("one".into());
        file.reopen();
        file.write("two".into());
        assert!(file.failure().unwrap().ends_with("No such file or directory (os error 2)"));
        assert_eq!(file.lines_written(), 0);
        std::fs::create_dir(&inner).unwrap();
        let began = Instant::now();
        written(&file, 2);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!(read(&path), "one\ntwo\n");
    }

    #[test]
    fn a_device_in_place_of_the_file_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let [path, device] = ["lines", "device"].map(|name| folder.path().join(name));
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        std::fs::rename(&device, &path).unwrap();
        file.write("one".into());
        wait_until("a failure", || file.failure().is_some());
        assert!(file.failure().unwrap().ends_with("it is not a regular file any more"));
        std::fs::remove_file(&path).unwrap();
        written(&file, 1);
        assert_eq!(read(&path), "one\n");
    }

    #[test]
    fn closing_does_not_wait_for_ever_for_a_full_disk() {
        let file = JsonlWriter::append(Path::new("/dev/full"), SlowDiskPolicy::Drop).unwrap();
        (0..3).for_each(|n| file.write(n.to_string()));
        let began = Instant::now();
        file.close();
        let took = began.elapsed();
        assert!(took >= writer_thread::CLOSE_WAIT_MAX && took < PATIENCE, "{took:?}");
        assert_eq!((file.lines_written(), file.lines_waiting()), (0, 3));
    }

    #[test]
    fn lines_that_may_be_lost_are_no_more_than_the_limit_while_the_disk_is_full() {
        let file = JsonlWriter::append(Path::new("/dev/full"), SlowDiskPolicy::Drop).unwrap();
        (0..WAITING_LINES_MAX + 5).for_each(|_| file.write(String::new()));
        assert_eq!((file.lines_waiting(), file.lines_dropped()), (WAITING_LINES_MAX, 5));
    }

    /// A file system of a few pages, which are given out whole.
    struct SmallDisk(tempfile::TempDir);

    impl SmallDisk {
        fn mount() -> Option<Self> {
            let folder = tempfile::tempdir().unwrap();
            let mut mount = std::process::Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(folder.path());
            match mount.output() {
                Ok(done) if done.status.success() => Some(Self(folder)),
                why => {
                    eprintln!("SKIPPED: no small file system can be mounted: {why:?}");
                    None
                }
            }
        }
    }

    impl Drop for SmallDisk {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
        }
    }

    #[test]
    fn a_disk_that_is_full_within_a_line_has_no_half_line() {
        let Some(disk) = SmallDisk::mount() else { return };
        let [path, filler] = ["lines", "filler"].map(|name| disk.0.path().join(name));
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        let line = |n: usize| format!("{n} {}", "x".repeat(3_000));
        file.write(line(0));
        written(&file, 1);
        assert!(std::fs::write(&filler, vec![0; 1 << 20]).is_err());
        (1..20).for_each(|n| file.write(line(n)));
        wait_until("a failure", || file.failure().is_some());
        assert_eq!((file.lines_written(), read(&path)), (1, line(0) + "\n"));
        // Room for five lines in all, and for half of the sixth.
        let four_pages_less = std::fs::OpenOptions::new().write(true).open(&filler).unwrap();
        four_pages_less.set_len(12 * 4_096).unwrap();
        let whole = |count: usize| (0..count).map(|n| line(n) + "\n").collect::<String>();
        wait_until("five lines and no half one", || file.lines_written() == 5 && read(&path) == whole(5));
        assert!(file.failure().unwrap().contains("No space left"));
        std::fs::remove_file(&filler).unwrap();
        let began = Instant::now();
        drop(four_pages_less);
        written(&file, 20);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!(read(&path), whole(20));
        wait_until("well again", || file.failure().is_none());
    }

    #[test]
    fn a_line_that_lacks_only_its_break_is_not_in_the_file() {
        let Some(disk) = SmallDisk::mount() else { return };
        let [path, filler] = ["lines", "filler"].map(|name| disk.0.path().join(name));
        let file = JsonlWriter::append(&path, SlowDiskPolicy::Wait).unwrap();
        std::fs::write(&filler, vec![0; 15 * 4_096]).unwrap();
        // A page of it, and there is no other.
        let line = "x".repeat(4_096);
        file.write(line.clone());
        wait_until("a failure", || file.failure().is_some());
        assert_eq!((file.lines_written(), read(&path)), (0, String::new()));
        std::fs::remove_file(&filler).unwrap();
        written(&file, 1);
        assert_eq!(read(&path), line + "\n");
    }
}
