//! What is shipped to deploy the daemon fits the daemon: settings are known and valid, files exist, times fit.

use crate::support::{needs, needs::LOGROTATE};
use hotlined::daemon::settings::Settings;
use hotlined::redis::{RedisAddress, RedisServers};
use hotlined_instance::health::BEAT_AGE_MAX;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The lines that say something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with('#'))
}

/// Every variable of ours that is set, as `NAME: value` or `NAME=value`, wherever on a line it stands.
fn variables(text: &str, divider: &str) -> BTreeMap<String, String> {
    let of_line = |line: &str| {
        let (name, value) = line[line.find("HOTLINED_")?..].split_once(divider)?;
        Some((name.to_owned(), value.trim_end_matches('\\').trim().to_owned()))
    };
    lines(text).filter_map(of_line).collect()
}

/// The shipped settings under these variables.
fn load(env: BTreeMap<String, String>) -> Settings {
    let settings = Settings::load(Some(&root().join("deploy/hotlined.toml")), env);
    settings.unwrap_or_else(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
}

#[test]
fn containers_are_given_settings_that_there_are() {
    let mut env = variables(&text("deploy/Containerfile"), "=");
    assert_eq!(env.len(), 4, "{env:?}");
    assert_eq!(env.remove("HOTLINED_SETTINGS").as_deref(), Some("/etc/hotlined/hotlined.toml"));
    let compose = text("deploy/compose.yaml");
    let given = variables(&compose, ":");
    // What stands for something that the operator says.
    let filled = given.into_iter().map(|(name, value)| {
        let value = if value.starts_with("${") { "said".to_owned() } else { value };
        (name, value)
    });
    env.extend(filled);
    assert!(env.len() >= 8, "{env:?}");
    let settings = load(env);
    assert!(settings.admin.unwrap().ip().is_loopback());
    assert!(
        settings.snapshot_file.starts_with("/var/lib/hotlined")
            && settings.records.starts_with("/var/lib/hotlined")
    );
    // Each daemon has an address and a state of its own, and its health is asked for where it shows it.
    for (port, state) in [("9401", "state-1"), ("9402", "state-2")] {
        assert!(compose.contains(&format!("HOTLINED_ADMIN__ADDRESS: 127.0.0.1:{port}")));
        assert!(compose.contains(&format!("/dev/tcp/127.0.0.1/{port} ")));
        assert!(compose.contains(&format!("- {state}:/var/lib/hotlined")));
    }
    // Both name one Redis, each as another.
    let redis = settings.redis.unwrap();
    assert_eq!(
        redis.servers,
        RedisServers::Single(RedisAddress::Tcp { host: "127.0.0.1".into(), port: 6379 })
    );
    for name in ["hotlined-1", "hotlined-2"] {
        assert_eq!(compose.matches(&format!("HOTLINED_REDIS__DAEMON: {name}\n")).count(), 1, "{name}");
    }
}

/// As `hotlined check` sees them, beside a hotline that tells its owner of missed calls.
#[test]
fn the_example_of_each_kind_of_gateway_is_a_gateway() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
    ["hotlines", "sounds"].iter().for_each(|name| fs::create_dir(home.path().join(name)).unwrap());
    let examples = text("deploy/gateways.toml");
    write("gateways.toml", &examples);
    write("hotlined.toml", "[sms]\ngateways = \"gateways.toml\"\n");
    write(
        "hotlines/shop.toml",
        "number = \"4008001234\"\nname = \"Shop\"\n[[agents]]\nid = \"01\"\nphone = \"13900000001\"\n[sms]\nsign = \"示例商店\"\nowner = \"13900000009\"\n",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    command.arg("check").current_dir(home.path()).env_clear();
    let variables = examples.split("{ env = \"").skip(1).map(|rest| rest.split('"').next().unwrap());
    // The comment at the top has dots where a name stands.
    let variables: Vec<&str> = variables.filter(|name| name.is_ascii()).collect();
    assert_eq!(variables.len(), 6);
    command.envs(variables.iter().map(|name| (*name, "s3cret")));
    let done = command.output().unwrap();
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success() && !told.contains("s3cret"), "{told}");
    let gateways: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix("gateway ")).collect();
    let kinds = [
        "main: generic",
        "yunpian: yunpian",
        "mas: mas",
        "ali: alibaba",
        "tencent: tencent",
        "huawei: huawei",
    ];
    assert_eq!(gateways.len(), kinds.len(), "{told}");
    for (line, kind) in gateways.iter().zip(kinds) {
        assert!(line.starts_with(kind) && line.contains("10 a second"), "{line}");
    }
    assert!(told.ends_with("1 hotline, 1 agent: all valid\n"), "{told}");
    // Without one of the variables, the gateway that needs it is named with its line.
    command.env_remove(variables[3]);
    let told = String::from_utf8(command.output().unwrap().stdout).unwrap();
    // The line above the name: the section begins there.
    let line = examples[..examples.find("name = \"ali\"").unwrap()].matches('\n').count();
    assert!(told.contains(&format!("line {line}, gateway \"ali\"")) && told.contains(variables[3]), "{told}");
}

#[test]
fn the_unit_gives_settings_that_there_are_and_time_enough() {
    let unit = text("deploy/hotlined.service");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("event_socket"), "ClueCon").unwrap();
    let credentials = folder.path().to_str().unwrap();
    let env = variables(&unit, "=");
    let env = env.into_iter().map(|(name, value)| (name, value.replace("%d", credentials))).collect();
    let settings = load(env);
    assert_eq!(settings.switches[0].password().unwrap().reveal(), "ClueCon");
    assert!(
        settings.snapshot_file.starts_with("/var/lib/hotlined")
            && settings.records.starts_with("/var/lib/hotlined")
    );
    let value = |key: &str| lines(&unit).find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap();
    assert_eq!((value("Type"), value("StateDirectory")), ("notify", "hotlined"));
    let seconds = |key: &str| value(key).parse::<u64>().unwrap();
    assert!(seconds("TimeoutStopSec") * 1_000 > settings.calls.drain_max.0);
    // Whoever watches by /healthz is told before the daemon is started anew.
    assert!(seconds("WatchdogSec") > BEAT_AGE_MAX.as_secs());
}

#[test]
fn records_are_rotated_where_the_unit_has_them_and_the_daemon_is_told() {
    let env = variables(&text("deploy/hotlined.service"), "=");
    let rotation = text("deploy/hotlined.logrotate");
    let said: Vec<&str> = lines(&rotation).filter(|line| !line.is_empty()).collect();
    assert_eq!(said[0], format!("{} {{", env["HOTLINED_RECORDS__FILE"]));
    assert_eq!(said[said.len() - 1], "}");
    let script = said.iter().position(|line| *line == "postrotate").unwrap();
    let command = "systemctl kill -s HUP hotlined.service || true";
    assert_eq!(said[script..said.len() - 1], ["postrotate", command, "endscript"]);
    // Whoever has the old file open may write to it until it hears of the new one.
    for directive in ["missingok", "notifempty", "delaycompress", "nocreate"] {
        assert!(said[1..script].contains(&directive), "{directive}");
    }
}

/// By logrotate itself, where there is one: what it does not understand it says and leaves out.
#[test]
fn logrotate_understands_the_rotation() {
    needs!(LOGROTATE);
    let folder = tempfile::tempdir().unwrap();
    let [file, records] = ["rotation", "records.jsonl"].map(|name| folder.path().join(name));
    let rotation = text("deploy/hotlined.logrotate");
    let rotation = rotation.replace("/var/lib/hotlined/records.jsonl", records.to_str().unwrap());
    fs::write(&file, rotation).unwrap();
    fs::write(&records, "{}\n").unwrap();
    // Others must not be able to write either, or it does nothing.
    for (path, mode) in [(&file, 0o644), (&records, 0o640), (&folder.path().to_owned(), 0o750)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut logrotate = Command::new(LOGROTATE.path().unwrap());
    logrotate.args(["--debug", "--force", "--state"]).arg(folder.path().join("state")).arg(&file);
    let done = logrotate.output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success() && !told.contains("error:"), "{told}");
    let renames = format!("renaming {0} to {0}.1", records.display());
    assert!(told.contains(&renames) && told.contains("running postrotate script"), "{told}");
}

#[test]
fn every_file_that_is_deployed_exists() {
    let copied = text("deploy/Containerfile");
    let copied =
        lines(&copied).filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    let mut files: Vec<PathBuf> = Vec::new();
    for line in copied {
        let words: Vec<&str> = line.split_whitespace().collect();
        files.extend(words[..words.len() - 1].iter().map(|word| root().join(word)));
    }
    let compose = text("deploy/compose.yaml");
    for line in lines(&compose) {
        if let Some(mount) = line.strip_prefix("- ../") {
            files.push(root().join(mount.split(':').next().unwrap()));
        }
        if let Some(file) = line.strip_prefix("dockerfile: ") {
            files.push(root().join(file));
        }
    }
    assert!(files.len() >= 9, "{files:?}");
    files.iter().for_each(|file| assert!(file.exists(), "{}", file.display()));
}
