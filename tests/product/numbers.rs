//! `hotlined numbers` as an operator runs it, with files of their own and with broken ones.

use crate::support::needs;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const CSV: &str =
    "号段,省份,城市,运营商\n1990000,新疆,巴州,中国电信\n1380013,上海,上海,中国移动\n1990001,火星,,中国电信\n";

fn hotlined(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.args(args).current_dir(folder).env_clear().output().unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What was said of a fault; nothing may have been printed as an answer.
fn refused(output: &Output) -> String {
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_was_imported_is_what_is_located_by() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("new.csv"), CSV).unwrap();
    assert_eq!(
        told(&hotlined(folder, &["locate", "19900001234"])),
        "19900001234: mobile; place unknown: nobody publishes where its beginning was sold; originally 中国电信\n"
    );
    let said = refused(&hotlined(folder, &["numbers", "import", "new.csv"]));
    assert!(said.contains("Name the file by --to, or by `numbers` in the settings"), "{said}");
    fs::write(folder.join("hotlined.toml"), "numbers = \"numbers.json\"\n").unwrap();
    let said = told(&hotlined(folder, &["numbers", "import", "--check", "new.csv"]));
    assert!(said.ends_with("nothing was written\n") && !folder.join("numbers.json").exists(), "{said}");
    let said = told(&hotlined(folder, &["numbers", "import", "new.csv"]));
    let (report, written) = said.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(
        report,
        "new.csv: CSV, 3 rows\n\
         3 prefixes: 2 with a city, 0 with a province only, 1 with an operator only, 0 with nothing\n\
         beside the built-in table, where both say something:\n\
         \x20 province: 1 of 1 differ, 0.00 % agree\n\
         \x20 city: 1 of 1 differ, 0.00 % agree\n\
         \x20 operator: 0 of 3 differ, 100.00 % agree\n\
         \x20 placed only now: 1\n\
         names of places that GB/T 2260 does not have: 1\n\
         \x20      1  火星, first at line 4"
    );
    assert!(
        written.starts_with("written into ") && written.contains("/numbers.json, fingerprint "),
        "{written}"
    );
    assert_eq!(
        told(&hotlined(folder, &["locate", "19900001234", "13800138000", "13800100500"])),
        "19900001234: mobile; 新疆维吾尔自治区巴音郭楞蒙古自治州; area code 0996; originally 中国电信; by its first seven \
         digits in new.csv\n\
         13800138000: mobile; 上海市; area code 021; originally 中国移动; by its first seven digits in new.csv\n\
         13800100500: mobile; 北京市; area code 010; originally 中国移动; by its first seven digits\n"
    );
    let json = told(&hotlined(folder, &["locate", "--json", "--numbers", "numbers.json", "13800138000"]));
    assert!(json.contains("\"source\":\"imported\"") && json.contains("\"table\":\"new.csv\""), "{json}");
    let report = told(&hotlined(folder, &["numbers", "report"]));
    assert!(report.starts_with("the built-in table under new.csv ("), "{report}");
    assert!(report.contains("  199  10000 prefixes    0.01 %  中国电信\n"), "{report}");
}

#[test]
fn a_broken_file_is_refused_with_its_place_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("good.csv"), CSV).unwrap();
    let import = |file: &str| hotlined(folder, &["numbers", "import", file, "--to", "numbers.json"]);
    told(&import("good.csv"));
    let before = fs::read(folder.join("numbers.json")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    fs::create_dir(folder.join("folder")).unwrap();
    let files: [(&str, &[u8], &str); 4] = [
        (
            "bad.csv",
            "prefix,province\n1380013,北京\n138,北京\n".as_bytes(),
            "bad.csv: line 3: \"138\" is no prefix",
        ),
        ("gbk.csv", b"\xba\xc5\xb6\xce,\xca\xa1\n", "gbk.csv: line 1: is not UTF-8"),
        ("phone.dat", b"2401\x09\0\0\0", "phone.dat: byte 4: the index"),
        ("empty.csv", b"", "empty.csv: line 1: holds no prefix"),
    ];
    for (name, bytes, fault) in files {
        fs::write(folder.join(name), bytes).unwrap();
        let said = refused(&import(name));
        assert!(said.contains(fault) && said.ends_with("nothing was changed\n"), "{said}");
    }
    for (name, fault) in [
        ("pipe", "pipe: cannot be read: it is no regular file"),
        ("folder", "folder: cannot be read: it is no regular file"),
        ("nowhere", "nowhere: cannot be read: No such file"),
        ("numbers.json", "numbers.json: is read and would be written"),
    ] {
        assert!(refused(&import(name)).contains(fault), "{name}");
    }
    assert_eq!(fs::read(folder.join("numbers.json")).unwrap(), before);
    for (to, fault) in [
        ("pipe", "pipe: cannot be written, and is as it was: it is no regular file"),
        ("nowhere/numbers.json", "nowhere/numbers.json: cannot be written, and is as it was: No such file"),
    ] {
        let said = refused(&hotlined(folder, &["numbers", "import", "good.csv", "--to", to]));
        assert!(said.contains(fault), "{said}");
    }
    // Nothing was left behind.
    assert!(
        fs::read_dir(folder).unwrap().all(|entry| !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains(".new"))
    );
}

#[test]
fn a_folder_that_may_not_be_written_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::write(folder.path().join("new.csv"), CSV).unwrap();
    fs::write(locked.join("numbers.json"), "old").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    // Whoever may do anything, may do this, too: the test then shows nothing.
    let mighty = fs::write(locked.join("probe"), "").is_ok();
    let output = hotlined(folder.path(), &["numbers", "import", "new.csv", "--to", "locked/numbers.json"]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    if mighty {
        needs::skip("PLAIN_USER", "this user may write everywhere");
        return;
    }
    assert!(refused(&output).contains("Permission denied"));
    assert_eq!(fs::read_to_string(locked.join("numbers.json")).unwrap(), "old");
}

#[test]
fn settings_name_the_table_and_the_holidays_and_check_looks_at_both() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir_all(folder.join("hotlines")).unwrap();
    fs::create_dir_all(folder.join("days")).unwrap();
    fs::write(folder.join("hotlined.toml"), "holidays = \"days\"\nnumbers = \"numbers.json\"\n").unwrap();
    fs::write(folder.join("numbers.json"), "{}").unwrap();
    let year =
        "{\"year\": 2027,\n \"days\": [{\"name\": \"元旦\", \"date\": \"2027-01-01\", \"isOffDay\": true}]}";
    fs::write(folder.join("days/2027.json"), year).unwrap();
    let said = told(&hotlined(folder, &["day", "2027-01-01"]));
    assert_eq!(said, "2027-01-01  Friday     holiday  a day off for 元旦\n");
    let elsewhere = hotlined(
        Path::new("/"),
        &["day", "--settings", folder.join("hotlined.toml").to_str().unwrap(), "2027-01-01"],
    );
    assert_eq!(told(&elsewhere), said);
    fs::write(folder.join("days/2028.json"), "{\n\"year\": 2028,\n\"days\": 1}").unwrap();
    let said = hotlined(folder, &["check"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("days/2028.json:3: invalid type"), "{said}");
    assert!(said.contains("numbers.json:1:2: missing field"), "{said}");
    assert!(
        refused(&hotlined(folder, &["locate", "13800138000"])).contains("numbers.json:1:2: missing field")
    );
    assert!(refused(&hotlined(folder, &["day", "2027-01-01"])).contains("days/2028.json:3: "));
}
