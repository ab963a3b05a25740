//! Settings as an operator writes them.

use super::*;
use hotlined_config::SoundFolder;
use hotlined_core::time::Millis;
use proptest::prelude::*;
use std::fs;

fn load(text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<SettingsFault>> {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), text, env)
}

fn load_in(folder: &Path, text: &str, env: &[(&str, &str)]) -> Result<Settings, Vec<SettingsFault>> {
    let file = folder.join("hotlined.toml");
    fs::write(&file, text).unwrap();
    Settings::load(Some(&file), env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Each fault as it is printed, without the folder.
fn faults(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let faults = load_in(folder.path(), text, env).unwrap_err();
    let prefix = format!("{}/", folder.path().display());
    faults.iter().map(|fault| fault.to_string().replace(&prefix, "")).collect()
}

#[test]
fn the_annotated_file_holds_every_default() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/hotlined.toml");
    let text = fs::read_to_string(shipped).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load_in(folder.path(), &text, &[]), load_in(folder.path(), "", &[]));
    let Ok(serde_json::Value::Object(defaults)) = serde_json::to_value(raw::RawSettings::default()) else {
        panic!()
    };
    let sections = defaults.values().filter_map(serde_json::Value::as_object);
    let alone = defaults.iter().filter(|(_, value)| !value.is_object()).map(|(key, _)| key);
    for key in sections.flat_map(serde_json::Map::keys).chain(alone) {
        let expected_text =
            text.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")));
        assert!(expected_text, "{key} is not in deploy/hotlined.toml");
    }
}

#[test]
fn a_variable_wins_over_the_file() {
    // The `config` crate ignores the section form silently unless its prefix has a separator of its own.
    let env = [("HOTLINED_SWITCH__PORT", "9021"), ("HOTLINED_HOTLINES", "/srv/hotlines"), ("PATH", "/bin")];
    let settings = load("hotlines = \"a\"\n[switch]\nport = 8022\nname = \"b\"", &env).unwrap();
    assert_eq!(settings.switches[0].port, 9021);
    assert_eq!(settings.hotlines, Path::new("/srv/hotlines"));
    assert_eq!(settings.switches[0].name.to_string(), "b");
}

#[test]
fn a_variable_keeps_its_text() {
    for text in ["007", "true", "1e3", "a,b", " x "] {
        let settings = load("", &[("HOTLINED_SWITCH__PASSWORD", text)]).unwrap();
        assert_eq!(settings.switches[0].password().unwrap().reveal(), text);
    }
}

#[test]
fn a_variable_that_is_no_setting_is_a_fault_unless_it_is_somebody_elses() {
    assert_eq!(
        faults("", &[("HOTLINED_SWITCH_PORT", "1")]),
        ["HOTLINED_SWITCH_PORT: is no setting: did you mean `HOTLINED_SWITCH__PORT`?"]
    );
    assert_eq!(
        faults("", &[("HOTLINED_MUSIC", "1")]),
        [
            "HOTLINED_MUSIC: is no setting here: write HOTLINED_SECTION__KEY, with two underscores between the two"
        ]
    );
    assert_eq!(
        faults("", &[("HOTLINED_SWITCH__PORT", "+1")]),
        ["HOTLINED_SWITCH__PORT: switch.port: is no whole number: write digits only"]
    );
    let theirs = [
        ("HOTLINED_SETTINGS", "x"),
        ("HOTLINED_PORT", "tcp://10.0.0.1:80"),
        ("HOTLINED_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("HOTLINED_SERVICE_HOST", "10.0.0.1"),
    ];
    assert!(load("", &theirs).is_ok());
}

#[test]
fn relative_paths_begin_at_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = "holidays = \"days\"\n[journal]\nfile = \"./logs/j\"";
    let settings = load_in(folder.path(), text, &[("HOTLINED_NUMBERS", "numbers.json")]).unwrap();
    assert_eq!(settings.holidays, Some(folder.path().join("days")));
    assert_eq!(settings.numbers, Some(folder.path().join("numbers.json")));
    assert_eq!(settings.hotlines, folder.path().join("hotlines"));
    assert_eq!(settings.sounds, SoundFolder::new(folder.path().join("sounds"), folder.path().join("sounds")));
    assert_eq!(settings.journal, Some(folder.path().join("logs/j")));
    let settings = Settings::load(None, []).unwrap();
    assert!(settings.records.is_absolute());
}

#[test]
fn every_wrong_key_and_type_has_its_place() {
    let text =
        "hotline = \"a\"\n[switch]\nprot = 1\nport = \"8021\"\ncalls = 1\n[logs]\n[calls]\nlive_max = -1\n";
    assert_eq!(
        faults(text, &[]),
        [
            "hotlined.toml:1:1: hotline: is no setting: did you mean `hotlines`?",
            "hotlined.toml:3:1: switch.prot: is no setting: did you mean `port`?",
            "hotlined.toml:4:8: switch.port: is text: write a whole number, without quotes",
            "hotlined.toml:5:1: switch.calls: is no setting: write one of answer_ms_max, connect_timeout_s, fallback, \
             format, heartbeat_s_max, host, kind, name, password, password_file, port, reconnect_ms_max, \
             reconnect_ms_min, recordings, trunk, user",
            "hotlined.toml:6:2: logs: is no setting: did you mean `log`?",
            "hotlined.toml:8:12: calls.live_max: is below zero or beyond counting: write a whole number, without quotes",
        ]
    );
    assert_eq!(
        faults("switch = 1", &[]),
        ["hotlined.toml:1:1: switch: is a whole number: write it as a section in brackets"]
    );
}

#[test]
fn every_wrong_value_has_its_place() {
    let text = "[switch]\nport = 0\ntrunk = \"sofia/x\"\nfallback = \"a b\"\nformat = \"xml\"\nkind = \"asterisk\"\n\
                name = \"\"\nreconnect_ms_min = 6000\n[log]\nfilter = \"hotlined=loud\"\n\
                [sounds]\nswitch_folder = \"sounds\"\n[admin]\naddress = \"localhost:9400\"";
    let env = [("HOTLINED_CALLS__FALLBACK_S", "31")];
    assert_eq!(
        faults(text, &env),
        [
            "hotlined.toml:2:8: switch.port: is 0: it must be 1 to 65535 as a port",
            "hotlined.toml:3:9: switch.trunk: a trunk must contain {number} exactly once, not 0 times: such as \
             sofia/gateway/carrier/{number}",
            "hotlined.toml:4:12: switch.fallback: is \"a b\": write extension, dialplan and context: three words of \
             letters, digits and _ . -",
            "hotlined.toml:5:10: switch.format: is \"xml\": write one of plain, json",
            "hotlined.toml:6:8: switch.kind: is \"asterisk\": write one of freeswitch",
            "hotlined.toml:7:8: switch.name: is \"\": write letters, digits and _ . -",
            "hotlined.toml:8:20: switch.reconnect_ms_min: is 6000, more than reconnect_ms_max, which is 5000: \
             turn them round",
            "hotlined.toml:10:10: log.filter: is no log filter: error parsing level filter: expected one of \
             \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\", or a number 0-5: write such as info, or \
             warn,hotlined::switch=debug",
            "hotlined.toml:12:17: sounds.switch_folder: is \"sounds\": write an absolute path of letters, digits and \
             / . _ - +, as the switch sees the sound folder",
            "hotlined.toml:14:11: admin.address: is \"localhost:9400\": write an IP address and a port, such as \
             127.0.0.1:9400 or [::1]:9400",
            "HOTLINED_CALLS__FALLBACK_S: calls.fallback_s: is 31: it must be 2 to 30 seconds",
        ]
    );
}

#[test]
fn a_password_is_never_printed() {
    let settings = load("[switch]\npassword = \"sesame\"", &[]).unwrap();
    assert!(!format!("{settings:?}").contains("sesame"));
    for (text, env) in [
        ("[switch]\npassword = \"sesame\" oops", [("A", "")]),
        ("[switch]\npassword = [\"sesame\"]", [("A", "")]),
        ("[switch]\npassword = \"sesame\\n\"", [("A", "")]),
        ("", [("HOTLINED_SWITCH__PASSWORD", "sesame\n")]),
        ("", [("HOTLINED_SWITCH__PASSWROD", "sesame")]),
    ] {
        let faults = load(text, &env).unwrap_err();
        assert!(!format!("{faults:?}").contains("sesame"), "{faults:?}");
        assert!(!faults[0].to_string().contains("sesame"), "{}", faults[0]);
    }
}

#[test]
fn a_password_may_stand_in_a_file_and_a_variable_wins() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "ClueCon\r\n").unwrap();
    let text = "[switch]\npassword_file = \"secret\"";
    let password = |env: &[(&str, &str)]| {
        load_in(folder.path(), text, env).map(|s| s.switches[0].password.clone().unwrap())
    };
    assert_eq!(password(&[]).unwrap().reveal(), "ClueCon");
    assert_eq!(password(&[("HOTLINED_SWITCH__PASSWORD", "other")]).unwrap().reveal(), "other");
    fs::write(folder.path().join("secret"), "two\nlines").unwrap();
    assert_eq!(password(&[]).unwrap_err()[0].kind, SettingsFaultKind::BadPassword);
    fs::remove_file(folder.path().join("secret")).unwrap();
    assert!(matches!(password(&[]).unwrap_err()[0].kind, SettingsFaultKind::Unreadable(_)));
    let both = load("[switch]\npassword = \"a\"\npassword_file = \"b\"", &[]).unwrap_err();
    assert_eq!(both[0].kind, SettingsFaultKind::TwoPasswords("password".to_owned()));
    let none = load("", &[]).unwrap().switches[0].password().unwrap_err();
    assert_eq!(none[0].kind, SettingsFaultKind::NoPassword);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let faults = Settings::load(Some(Path::new("/nowhere/hotlined.toml")), []).unwrap_err();
    assert_eq!(
        faults[0].to_string(),
        "/nowhere/hotlined.toml: cannot be read: No such file or directory (os error 2)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_and_variable_are_settings_or_faults(text in "\\PC{0,60}", key in "[A-Z_]{0,12}", value in "\\PC{0,12}") {
        let name = format!("HOTLINED_{key}");
        let _ = load(&text, &[(&name, &value)]);
    }
}

#[test]
fn several_switches_have_what_is_set_of_all_and_what_is_set_of_each() {
    let text = "[switch]\nport = 8022\npassword = \"both\"\n[switches.fs1]\nhost = \"10.0.0.1\"\n\
                [switches.fs2]\nhost = \"10.0.0.2\"\nport = 8023\npassword_file = \"own\"\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("own"), "its own\n").unwrap();
    let settings = load_in(folder.path(), text, &[("HOTLINED_SWITCHES__FS1__PORT", "9000")]).unwrap();
    let expected_text = |switch: &SwitchSettings| {
        let password = switch.password().unwrap().reveal().to_owned();
        (switch.name.to_string(), switch.host.clone(), switch.port, password)
    };
    let expected = [("fs1", "10.0.0.1", 9000, "both"), ("fs2", "10.0.0.2", 8023, "its own")]
        .map(|(name, host, port, password)| (name.to_owned(), host.to_owned(), port, password.to_owned()));
    assert_eq!(settings.switches.iter().map(expected_text).collect::<Vec<_>>(), expected);
}

#[test]
fn faults_of_one_of_several_switches_stand_where_they_were_made() {
    let cases = [
        ("[switches.fs1]\nprot = 1\n", ":2:1: switches.fs1.prot: is no setting: did you mean `port`?"),
        ("[switches.fs1]\nport = \"x\"\n", ":2:8: switches.fs1.port: is text"),
        ("[switches.fs1]\nport = 70000\n", ":2:8: switches.fs1.port: is 70000"),
        ("[switch]\nport = 70000\n[switches.fs1]\n", ":2:8: switch.port: is 70000"),
        ("[switches.fs1]\nname = \"x\"\n", ":2:1: switches.fs1.name: is no setting"),
        ("[switch]\nname = \"x\"\n[switches.fs1]\n", ":2:8: switch.name: cannot be taken: beside [switches]"),
        ("[switches.\"a b\"]\n", "switches.a b: is \"a b\": write letters"),
        ("[switches]\nfs1 = 3\n", ":2:1: switches.fs1: is a whole number: write it as a section in brackets"),
        (
            "[switches.a]\n[switches.b]\nhost = \"127.0.0.1\"\n",
            ":3:8: switches.b.host: cannot be taken: a is there already",
        ),
    ];
    for (text, expected_text) in cases {
        let faults = load(text, &[]).unwrap_err();
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(all.len() == 1 && all[0].contains(expected_text), "{text}: {all:?}");
    }
}

#[test]
fn beside_redis_the_fallback_leaves_another_daemon_time_to_take_over() {
    let redis = "[redis]\nservers = \"127.0.0.1:6379\"\ndaemon = \"one\"\n";
    let of = |text: &str| load(&format!("{redis}{text}"), &[]);
    assert_eq!(load("", &[]).unwrap().calls.fallback, Millis::seconds(4));
    let settings = of("").unwrap();
    assert_eq!((settings.calls.fallback, settings.redis.unwrap().lease), (Millis::seconds(6), Millis(2_000)));
    assert_eq!(of("lease_ms = 5000\n").unwrap().calls.fallback, Millis::seconds(11));
    assert_eq!(of("[calls]\nfallback_s = 8\n").unwrap().calls.fallback, Millis::seconds(8));
    let faults = of("[calls]\nfallback_s = 5\n").unwrap_err();
    assert!(
        faults[0]
            .to_string()
            .contains(":5:14: calls.fallback_s: cannot be taken: beside [redis] it must be at least 6 s"),
        "{faults:?}"
    );
    let faults = of("lease_ms = 999\n").unwrap_err();
    assert!(faults[0].to_string().contains("redis.lease_ms: is 999: it must be 1000 to 15000"), "{faults:?}");
}
