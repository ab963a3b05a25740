//! Captures of the live runs, kept for `tests/product/replay.rs`.

use std::path::Path;

/// What stands in a kept journal for the daemon's own folder, which has another name in each run.
const FOLDER: &str = "/lab/daemon";

/// Keeps a capture, the hotlines it was taken with, and what the daemon did: the outgoing lines of its journal.
pub fn keep(name: &str, folder: &Path) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/real");
    let hotlines = kept.join("hotlines").join(name);
    let _ = std::fs::remove_dir_all(&hotlines);
    std::fs::create_dir_all(&hotlines).unwrap();
    for file in std::fs::read_dir(folder.join("hotlines")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), hotlines.join(file.file_name())).unwrap();
    }
    std::fs::copy(folder.join("capture.jsonl"), kept.join(format!("{name}.jsonl"))).unwrap();
    let journal = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let journal = journal.replace(&folder.display().to_string(), FOLDER);
    let done = journal.lines().filter(|line| line.contains("\"out\":")).map(|line| format!("{line}\n"));
    std::fs::write(kept.join(format!("{name}.live")), done.collect::<String>()).unwrap();
}
