//! `hotlined day` as an operator runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn day(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.arg("day").args(args).current_dir(folder).env_clear().output().unwrap()
}

fn told(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn every_kind_of_day_is_told_with_its_reason() {
    let dates = ["2026-10-01", "2026-10-10", "2026-10-12", "2026-10-17", "2031-10-01"];
    let output = day(Path::new("/"), &dates);
    assert_eq!(
        told(&output),
        "2026-10-01  Thursday   holiday  a day off for 国庆节\n\
         2026-10-10  Saturday   make-up  worked in place of a day off for 国庆节\n\
         2026-10-12  Monday     workday  the notice of 2026 does not name it\n\
         2026-10-17  Saturday   weekend  the notice of 2026 does not name it\n\
         2031-10-01  Wednesday  workday  the notice of 2031 is not known, so only the weekday counts\n"
    );
    assert_eq!(output.status.code(), Some(0));
    let output = day(Path::new("/"), &["--json", "2026-10-10", "2031-10-04"]);
    assert_eq!(
        told(&output),
        "{\"date\":\"2026-10-10\",\"kind\":\"make-up\",\"worked\":true,\"holiday\":\"国庆节\",\"year_known\":true}\n\
         {\"date\":\"2031-10-04\",\"kind\":\"weekend\",\"worked\":false,\"year_known\":false}\n"
    );
    assert_eq!(day(Path::new("/"), &["2026-02-30"]).status.code(), Some(2));
}

#[test]
fn a_folder_of_years_is_laid_over_what_is_known_or_refused_with_its_places() {
    let folder = tempfile::tempdir().unwrap();
    let year = |name: &str| {
        format!(
            "{{\"year\": 2027,\n \"days\": [\n  {{\"name\": \"{name}\", \"date\": \"2027-10-01\", \"isOffDay\": true}}]}}"
        )
    };
    fs::write(folder.path().join("2027.json"), year("国庆节")).unwrap();
    fs::write(folder.path().join(".2028.json"), "no").unwrap();
    fs::write(folder.path().join("README.md"), "no").unwrap();
    let output = day(folder.path(), &["--holidays", ".", "2027-10-01"]);
    assert_eq!(told(&output), "2027-10-01  Friday     holiday  a day off for 国庆节\n");

    fs::write(folder.path().join("2027.json"), year("")).unwrap();
    fs::write(folder.path().join("2028.json"), "{").unwrap();
    fs::create_dir(folder.path().join("2029.json")).unwrap();
    let output = day(folder.path(), &["--holidays", ".", "2027-10-01"]);
    assert_eq!((told(&output), output.status.code()), ("", Some(1)));
    let faults = String::from_utf8(output.stderr).unwrap();
    let faults: Vec<&str> = faults.lines().collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].starts_with("hotlined: ./2027.json:3: the name of 2027-10-01 must have"), "{faults:?}");
    assert!(faults[1].starts_with("hotlined: ./2028.json:1: is not JSON: "), "{faults:?}");
    assert_eq!(faults[2], "hotlined: ./2029.json: cannot be read: it is no regular file");
}
