//! The JSON Schema of a hotline file, and what tests of schemas share: that it is shipped as the code makes it, takes what the reader takes, and
//! has no key that the reader does not know.

use hotlined_config::schema;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The parts of JSON Schema that ours uses. Anything else in it fails the test.
pub struct Validator {
    schema: Value,
    /// The keys that some fixture has, by the place of the table in the schema.
    used: BTreeSet<(String, String)>,
}

impl Validator {
    fn new() -> Self {
        Self::of(&schema())
    }

    pub fn of(schema: &str) -> Self {
        Self { schema: serde_json::from_str(schema).unwrap(), used: BTreeSet::new() }
    }

    pub fn check(&mut self, value: &Value) -> Result<(), String> {
        let schema = self.schema.clone();
        self.fits("", &schema, value)
    }

    fn fits(&mut self, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let fields = schema.as_object().unwrap();
        for (word, wants) in fields {
            let good = match word.as_str() {
                "$schema"
                | "title"
                | "description"
                | "$comment"
                | "$defs"
                | "additionalProperties"
                | "format"
                | "default" => true,
                "$ref" => {
                    let name = wants.as_str().unwrap().strip_prefix("#/$defs/").unwrap().to_owned();
                    let inner = self.schema["$defs"][&name].clone();
                    self.fits(&name, &inner, value)?;
                    true
                }
                "type" => match wants {
                    Value::Array(types) => types.iter().any(|one| is_of(one.as_str().unwrap(), value)),
                    one => is_of(one.as_str().unwrap(), value),
                },
                "enum" => wants.as_array().unwrap().contains(value),
                "const" => wants == value,
                "minimum" => value.as_u64().is_some_and(|number| number >= wants.as_u64().unwrap()),
                "maximum" => value.as_u64().is_some_and(|number| number <= wants.as_u64().unwrap()),
                "minLength" => value.as_str().is_some_and(|text| !text.is_empty()),
                "minItems" => value.as_array().is_some_and(|list| !list.is_empty()),
                "pattern" => value.as_str().is_some_and(|text| matches(wants.as_str().unwrap(), text)),
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        self.fits(name, wants, item)?;
                    }
                    true
                }
                "required" => {
                    wants.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
                }
                "properties" => {
                    for (key, value) in value.as_object().into_iter().flatten() {
                        match wants.get(key) {
                            Some(wants) => {
                                self.fits(&format!("{name}.{key}"), wants, value)?;
                                self.used.insert((name.to_owned(), key.clone()));
                            }
                            None => self.another(name, fields.get("additionalProperties"), key, value)?,
                        }
                    }
                    true
                }
                "anyOf" => wants.as_array().unwrap().iter().any(|one| self.fits(name, one, value).is_ok()),
                "oneOf" => {
                    let fit = |one: &&Value| self.fits(name, one, value).is_ok();
                    wants.as_array().unwrap().iter().filter(fit).count() == 1
                }
                other => panic!("{other} is no word this test knows"),
            };
            if !good {
                return Err(format!("{name}: {value} does not have {word} {wants}"));
            }
        }
        if !fields.contains_key("properties") {
            for (key, value) in value.as_object().into_iter().flatten() {
                self.another(name, fields.get("additionalProperties"), key, value)?;
            }
        }
        Ok(())
    }

    fn another(&mut self, name: &str, wants: Option<&Value>, key: &str, value: &Value) -> Result<(), String> {
        match wants {
            Some(Value::Bool(false)) => Err(format!("{name}: {key} is no key")),
            Some(wants) => self.fits(name, wants, value),
            None => Ok(()),
        }
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("a type {other}"),
    }
}

/// The few patterns of ours.
fn matches(pattern: &str, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match pattern {
        "^400[0-9]{7}$" => text.len() == 10 && text.starts_with("400") && digits(text),
        "^0[0-9]{2,3}$" => matches!(text.len(), 3 | 4) && text.starts_with('0') && digits(text),
        "^[0-9A-Za-z]{1,12}$" => {
            (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
        }
        "^[0-9a-f]{16}$" => text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        "^[0-9*#]$" => text.len() == 1 && (digits(text) || matches!(text, "*" | "#")),
        other => panic!("a pattern {other}"),
    }
}

fn hotlines(folder: &str) -> Vec<(PathBuf, Value)> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let tomls = files.filter(|file| file.extension().is_some_and(|e| e == "toml") && file.is_file());
    let value = |file: PathBuf| {
        let text = String::from_utf8(fs::read(&file).unwrap()).ok()?;
        Some((file, serde_json::to_value(text.parse::<toml::Table>().ok()?).unwrap()))
    };
    tomls.filter_map(value).collect()
}

#[test]
fn the_schema_is_shipped_as_the_code_makes_it() {
    let file = root().join("deploy/hotline.schema.json");
    if std::env::var_os("HOTLINED_REWRITE").is_some() {
        fs::write(&file, schema()).unwrap();
    }
    let shipped = fs::read_to_string(&file).unwrap_or_default();
    assert!(shipped == schema(), "HOTLINED_REWRITE=1 rewrites {}; read the diff", file.display());
}

#[test]
fn good_hotlines_fit_the_schema_and_use_every_key_of_it() {
    let mut validator = Validator::new();
    for folder in
        ["tests/hotlines/services", "tests/hotlines/valid", "tests/hotlines/warnings", "dialplan/hotlines"]
    {
        for (file, value) in hotlines(folder) {
            validator.check(&value).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        }
    }
    // A key that no fixture uses may be one that the reader does not know.
    let defs = validator.schema["$defs"].as_object().unwrap();
    let tables = defs.iter().map(|(name, table)| (name.as_str(), table)).chain([("", &validator.schema)]);
    let keys = tables.flat_map(|(name, table)| {
        table["properties"].as_object().unwrap().keys().map(move |key| (name.to_owned(), key.clone()))
    });
    let unused: Vec<_> = keys.filter(|key| !validator.used.contains(key)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn a_hotline_with_a_wrong_key_or_type_does_not_fit() {
    let mut validator = Validator::new();
    let bad = ["01-unknown-keys", "02-wrong-types", "21-menu", "11-empty", "20-groups", "23-nodes"];
    let mut found = 0;
    for (file, value) in hotlines("tests/hotlines/mistakes") {
        if bad.contains(&file.file_stem().unwrap().to_str().unwrap()) {
            found += 1;
            assert!(validator.check(&value).is_err(), "{}", file.display());
        }
    }
    assert_eq!(found, bad.len());
}
