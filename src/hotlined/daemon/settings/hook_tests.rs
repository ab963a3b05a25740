//! Settings of web hooks, of the API address and of the screen pop, as an operator writes them.

use super::*;
use std::fs;
use std::time::Duration;

const HOOK: &str = "[hooks.crm]\nurl = \"https://crm.example.com/in?key=k3y\"\n\
                    secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn load(text: &str, env: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hotlined.toml");
    fs::write(&file, text).unwrap();
    fs::write(folder.path().join("secret"), "whsec_b2xkIHNlY3JldCBvbGQgc2VjcmV0IG9sZA==\n").unwrap();
    fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(Some(&file), env).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        lines.join("\n").replace(&format!("{}/", folder.path().display()), "")
    })
}

#[test]
fn a_hook_has_defaults_and_its_secrets_come_from_anywhere() {
    assert_eq!(load("", &[]).unwrap().hooks, []);
    let hook = load(HOOK, &[]).unwrap().hooks.remove(0);
    assert_eq!((&*hook.name, hook.timeout, hook.secrets.len()), ("crm", Duration::from_secs(20), 1));
    assert!(hook.events.is_empty() && hook.hotlines.is_none() && hook.body.is_none());

    let rest = "secret_old_file = \"secret\"\nevents = [\"call.*\", \"recording.ready\"]\nhotlines = [\"4008001234\"]\n\
                allow = [\"10.0.0.0/8\"]\ntimeout_s = 5\nbody = '{\"n\": {{ sequence }}}'\n";
    let hook = load(&format!("{HOOK}{rest}"), &[]).unwrap().hooks.remove(0);
    assert_eq!((hook.secrets.len(), hook.events.len(), hook.timeout), (2, 2, Duration::from_secs(5)));
    assert!(hook.allow.permits("10.1.1.1".parse().unwrap()) && hook.body.is_some());

    // All of it from variables; a list has commas there.
    let env = [
        ("HOTLINED_HOOKS__CRM__URL", "https://crm.example.com/"),
        ("HOTLINED_HOOKS__CRM__SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("HOTLINED_HOOKS__CRM__EVENTS", "call.ended, survey.given"),
        ("HOTLINED_HOOKS__CRM__TIMEOUT_S", "7"),
    ];
    let hook = load("", &env).unwrap().hooks.remove(0);
    assert_eq!((hook.events.len(), hook.timeout), (2, Duration::from_secs(7)));
}

#[test]
fn a_hook_that_cannot_be_meant_is_refused_with_its_key_and_without_its_secret() {
    for (from, to, fault) in [
        ("https:", "ftp:", "hotlined.toml:2:7: hooks.crm.url: is no URL"),
        ("https://", "https://user:pa55@", "hooks.crm.url: is no URL such as"),
        (
            "https://crm.example.com",
            "http://192.168.1.1",
            "hooks.crm.url: cannot be taken: has only addresses",
        ),
        ("https://crm.example.com", "http://0x7f.1", "hooks.crm.url: cannot be taken: has only addresses"),
        (
            "whsec_",
            "whsek_",
            "hotlined.toml:3:10: hooks.crm.secret: cannot be taken: a secret of a web hook is whsec_",
        ),
        (
            "secret = ",
            "# ",
            "hooks.crm.secret: is missing: set secret_file, or the variable HOTLINED_HOOKS__CRM__SECRET",
        ),
        (
            "secret = ",
            "events = [\"call.*\", \"call.end\"]\nsecret = ",
            "hooks.crm.events: is \"call.end\": write an event",
        ),
        ("secret = ", "events = []\nsecret = ", "hooks.crm.events: is empty: leave it out for all"),
        ("secret = ", "events = \"call.*\"\nsecret = ", "hooks.crm.events: is text: write a list of texts"),
        ("secret = ", "events = [1]\nsecret = ", "hooks.crm.events: is a list: write a list of texts"),
        (
            "secret = ",
            "allow = [\"10.0.0.1/8\"]\nsecret = ",
            "hooks.crm.allow: cannot be taken: \"10.0.0.1/8\"",
        ),
        ("secret = ", "timeout_s = 61\nsecret = ", "hooks.crm.timeout_s: is 61: it must be 1 to 60 seconds"),
        (
            "secret = ",
            "body = '{\"a\": {{ caler | json }}}'\nsecret = ",
            "hooks.crm.body: cannot be taken: line 1:",
        ),
        (
            "secret = ",
            "secrets = \"x\"\nsecret = ",
            "hooks.crm.secrets: is no setting: did you mean `secret`?",
        ),
        ("secret = ", "secret_file = \"secret\"\nsecret = ", "hooks.crm.secret_file: is set beside secret"),
        ("[hooks.crm]", "[hooks.\"c m\"]", "hooks.c m: is \"c m\": write a name of small letters"),
        ("[hooks.crm]", "[hooks.CRM]", "write a name of small letters"),
    ] {
        let text = HOOK.replace(from, to);
        assert_ne!(text, HOOK);
        let faults = load(&text, &[]).unwrap_err();
        assert!(faults.contains(fault), "{fault}\n{faults}");
        for secret in ["MfKQ9r8G", "pa55", "k3y"] {
            assert!(!faults.contains(secret), "{faults}");
        }
    }
    let settings = load(HOOK, &[]).unwrap();
    assert!(!format!("{settings:?}").contains("MfKQ9r8G"));
}

#[test]
fn tokens_and_the_screen_pop_are_checked() {
    let api = format!(
        "[api]\naddress = \"127.0.0.1:8082\"\n[api.tokens.desk]\ntoken_file = \"token\"\nagents = [\"01\"]\n\
         [api.tokens.boss]\ntoken = \"{TOKEN}x\"\nnotices = true\n[screen_pop]\nurl = \"https://crm/?phone={{caller}}\"\n"
    );
    let settings = load(&api, &[]).unwrap();
    assert!(!format!("{settings:?}").contains(TOKEN));
    let found = settings.api.unwrap();
    let tokens: Vec<_> = found.tokens.iter().map(|token| (&*token.name, token.notices)).collect();
    assert_eq!(tokens, [("boss", true), ("desk", false)]);
    assert!(found.screen_pop.is_some());
    let notices = [("HOTLINED_API__TOKENS__DESK__NOTICES", "true")];
    assert!(load(&api, &notices).unwrap().api.unwrap().tokens[1].notices);
    for (from, to, fault) in [
        ("127.0.0.1:8082", "localhost:8082", "hotlined.toml:2:11: api.address: is \"localhost:8082\""),
        ("agents = [\"01\"]", "agents = []", "api.tokens.desk.agents: is empty"),
        (&format!("{TOKEN}x"), TOKEN, "api.tokens.desk.token: is the token of boss, too"),
        (&format!("{TOKEN}x"), "short", "api.tokens.boss.token: must have 32 characters or more"),
        ("notices = true", "notices = \"yes\"", "api.tokens.boss.notices: is text: write true or false"),
        ("token_file = \"token\"", "", "api.tokens.desk.token: is missing"),
        ("https://crm/", "javascript:x", "screen_pop.url: must begin with http:// or https://"),
        ("{caller}", "{phone}", "screen_pop.url: has a placeholder that is none of {caller}, {call}"),
    ] {
        let text = api.replace(from, to);
        assert_ne!(text, api);
        let faults = load(&text, &[]).unwrap_err();
        assert!(faults.contains(fault), "{fault}\n{faults}");
        assert!(!faults.contains(TOKEN) && !faults.contains("short"), "{faults}");
    }
    let wrong = [("HOTLINED_API__TOKENS__DESK__NOTICES", "yes")];
    assert!(load(&api, &wrong).unwrap_err().contains("is neither true nor false: write true or false"));
}
