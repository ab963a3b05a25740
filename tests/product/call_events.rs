//! The events for other systems: their schema is shipped as the code makes it, their page shows each of them as it is
//! sent, and a body that the schema does not have is found.

use crate::schema::Validator;
use hotlined::hooks::event_body::{EventBody, examples, schema};
use hotlined_core::call_event::CallEventKind;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn values() -> Vec<Value> {
    examples().into_iter().map(|body| serde_json::from_str(&body.to_json()).unwrap()).collect()
}

#[test]
fn the_schema_of_events_is_shipped_as_the_code_makes_it() {
    let file = root().join("deploy/call_event.schema.json");
    if std::env::var_os("HOTLINED_REWRITE").is_some() {
        fs::write(&file, schema()).unwrap();
    }
    let shipped = fs::read_to_string(&file).unwrap_or_default();
    assert!(shipped == schema(), "HOTLINED_REWRITE=1 rewrites {}; read the diff", file.display());
}

#[test]
fn an_event_of_each_type_fits_the_schema_and_a_wrong_one_does_not() {
    let mut validator = Validator::of(&schema());
    for value in values() {
        validator.check(&value).unwrap();
        for (key, wrong) in [
            ("type", Value::from("call.lost")),
            ("sequence", 0.into()),
            ("caller", 1.into()),
            ("data", 7.into()),
        ] {
            let mut other = value.clone();
            other[key] = wrong;
            assert!(validator.check(&other).is_err(), "{key}: {other}");
            assert!(key == "sequence" || serde_json::from_value::<EventBody>(other).is_err(), "{key}");
        }
        for key in ["type", "data", "timestamp", "sequence", "call", "switch", "hotline", "caller"] {
            let mut other = value.clone();
            other.as_object_mut().unwrap().remove(key);
            assert!(validator.check(&other).is_err(), "{key}: {other}");
        }
    }
}

#[test]
fn the_page_of_hooks_shows_each_event_as_it_is_sent() {
    let page = fs::read_to_string(root().join("docs/hooks.md")).unwrap();
    let mut shown: BTreeMap<&str, Value> = BTreeMap::new();
    for section in page.split("\n### `").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let Some((_, block)) = rest.split_once("```json\n") else { continue };
        shown.insert(name, serde_json::from_str(block.split("```").next().unwrap()).unwrap());
    }
    let sent: BTreeMap<&str, Value> = CallEventKind::NAMES.iter().copied().zip(values()).collect();
    assert_eq!(shown, sent);
}
