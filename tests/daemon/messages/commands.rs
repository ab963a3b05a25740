//! `hotlined sms test`, and what `hotlined check` says of gateways, as an operator runs them.

use super::site::{OWNER, SIGN, failing, hotline, name, prompt, secret, section, serve};
use crate::link::house::House;
use hotlined_sim::gateway::{FakeAccount, FakeGatewayServer, Fault};
use std::fs;
use std::process::Command;

/// A folder with these gateways.
fn house(sections: &str) -> House {
    let house = House::new(1);
    house.put(&hotline(""));
    house.set("[journal]", "[sms]\ngateways = \"gateways.toml\"\n[journal]");
    fs::write(house.path("gateways.toml"), sections).unwrap();
    for account in FakeAccount::ALL {
        fs::write(house.path(&format!("{}.key", name(account))), secret(account)).unwrap();
    }
    house
}

/// Whether a subcommand succeeded, and what it printed. No secret is in it.
fn run(house: &House, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotlined"));
    let done = command.args(args).current_dir(house.path(".")).env_clear().output().unwrap();
    let told = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
    assert!(FakeAccount::ALL.iter().all(|account| !told.contains(secret(*account))), "{told}");
    (done.status.success(), told)
}

fn test(house: &House, gateway: FakeAccount, number: &str) -> (bool, String) {
    run(house, &["sms", "test", name(gateway), number])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_message_goes_to_each_kind_of_gateway() {
    let mut sections = String::new();
    let mut gateways: Vec<(FakeAccount, FakeGatewayServer)> = Vec::new();
    for account in FakeAccount::ALL {
        let gateway = serve(account, prompt()).await;
        sections += &section(account, &gateway.url());
        gateways.push((account, gateway));
    }
    let house = house(&sections);
    for (account, gateway) in &gateways {
        let (succeeds, told) = test(&house, *account, OWNER);
        let accepted = gateway.with_fake(|fake| fake.accepted().to_vec());
        assert!(succeeds && accepted.len() == 1 && accepted[0].to == OWNER, "{account:?}: {told}");
        let id = format!("{} took it under the id {}\n", name(*account), accepted[0].gateway_id);
        assert!(
            told.contains(&id) && told.starts_with("to 139*****009: ") && !told.contains(OWNER),
            "{told}"
        );
        if let Some(text) = &accepted[0].text {
            assert!(text.contains("主叫138********拨打过您的电话。"), "{text}");
            assert!(told.contains(&format!("【{SIGN}】漏话通知:")), "{told}");
        }
        assert!(gateway.with_fake(|fake| fake.wrong().is_empty()), "{account:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_is_wrong() {
    let account = FakeAccount::Generic;
    let gateway = serve(account, prompt()).await;
    let refused = "http://127.0.0.1:1/";
    let sections = [section(account, &gateway.url()), section(FakeAccount::Yunpian, refused)].concat();
    let house = house(&sections);
    for (fault, told_is) in [
        (Fault::Balance, "generic did not take it: balance: 105 fake\n"),
        (Fault::ResetAfterAccepting, "nobody knows whether generic took it: "),
    ] {
        gateway.with_fake(|fake| fake.set_behaviour(failing(fault)));
        let (succeeds, told) = test(&house, account, OWNER);
        assert!(!succeeds && told.contains(told_is), "{told}");
    }
    let (succeeds, told) = test(&house, FakeAccount::Yunpian, OWNER);
    assert!(!succeeds && told.contains("nothing was sent to yunpian: "), "{told}");
    let (succeeds, told) = test(&house, FakeAccount::Mas, OWNER);
    assert!(!succeeds && told.contains("there is no gateway \"mas\", but generic, yunpian"), "{told}");
    let (succeeds, told) = test(&house, account, "010-88886666");
    assert!(!succeeds && told.contains("no mobile number"), "{told}");
}

#[test]
fn check_shows_gateways_and_what_they_cannot_send() {
    let sections = [
        section(FakeAccount::Generic, "http://127.0.0.1:1/"),
        section(FakeAccount::Alibaba, "http://127.0.0.1:1/").replace("templates.missed", "templates.other"),
    ];
    let house = house(&sections.concat());
    let (succeeds, told) = run(&house, &["check"]);
    assert!(succeeds, "{told}");
    for line in [
        "gateway generic: generic, takes any text, 10 a second, 16 at a time, waits 2 s",
        "gateway alibaba: alibaba, takes the templates other, 10 a second, 16 at a time, waits 2 s",
    ] {
        assert!(told.lines().any(|told| told == line), "{told}");
    }
    let warning = "gateways.toml: 4008001234 [sms] missed: gateway \"alibaba\" has no template of this name";
    assert!(told.lines().any(|line| line.starts_with("warning: ") && line.ends_with(warning)), "{told}");

    house.put(&hotline("gateways = [\"generic\", \"third\"]\n"));
    let (succeeds, told) = run(&house, &["check", "--json"]);
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let warnings: Vec<_> = lines.iter().filter(|line| line["warning"] == true).collect();
    assert!(succeeds && warnings.len() == 1, "{told}");
    assert_eq!(warnings[0]["message"], "4008001234 [sms] gateways: there is no gateway \"third\"");
    assert!(lines.iter().any(|line| line["gateway"] == "generic" && line["rate_per_s"] == 10), "{told}");

    house.put(&hotline(""));
    house.set("gateways = \"gateways.toml\"", "");
    let (_, told) = run(&house, &["check"]);
    let warning = "warning: sms.gateways: is not set: no message can be sent, such as those of 4008001234";
    assert!(told.lines().any(|line| line == warning), "{told}");

    house.set("[sms]", "[sms]\ngateways = \"gateways.toml\"");
    fs::write(house.path("gateways.toml"), sections.concat().replace("kind = \"alibaba\"", "kind = \"ali\""))
        .unwrap();
    let (succeeds, told) = run(&house, &["check"]);
    assert!(!succeeds && told.contains("gateway \"alibaba\": kind: \"ali\" is no kind of gateway"), "{told}");
    assert!(told.contains("1 fault in 1 file"), "{told}");
}
