//! File and environment laid over the defaults, with a place for every key that was set.
//!
//! The `config` crate does the laying; it also takes `true` for a number and tells no lines, so keys and
//! types are checked here first.

use super::fault::{SettingsFault, SettingsFaultKind, ValueOrigin};
use super::raw::RawSettings;
use super::{FILE_BYTES_MAX, SETTINGS_VARIABLE, VARIABLE_PREFIX};
use config::{Config, Environment, FileFormat};
use hotlined_config::source_position::{Hint, Lines, Position, kind_of, shortened};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Where what was set was set.
pub(super) struct SettingOrigins {
    file: Option<PathBuf>,
    /// The folder that relative paths begin at.
    folder: PathBuf,
    places: BTreeMap<String, Position>,
    variables: BTreeMap<String, String>,
}

impl SettingOrigins {
    /// Where the value of this key comes from.
    pub(super) fn origin(&self, key: &str) -> ValueOrigin {
        if let Some(variable) = self.variables.get(key) {
            return ValueOrigin::Variable(variable.clone());
        }
        match (&self.file, self.places.get(key)) {
            (Some(file), Some(at)) => ValueOrigin::File { file: file.clone(), at: Some(*at) },
            _ => ValueOrigin::Default,
        }
    }

    /// A path as it is meant.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path).components().collect()
    }
}

/// What a setting may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueType {
    Text,
    Number,
}

const WRITE_NUMBER: &str = "write a whole number, without quotes";
const WRITE_TEXT: &str = "write text in double quotes";

/// All settings there are, as the defaults show them: `switch.port` holds a number.
fn known_settings() -> Result<BTreeMap<String, ValueType>, serde_json::Error> {
    let mut known = BTreeMap::new();
    let Value::Object(defaults) = serde_json::to_value(RawSettings::default())? else { return Ok(known) };
    let kind = |value: &Value| if value.is_number() { ValueType::Number } else { ValueType::Text };
    for (key, value) in defaults {
        match value {
            Value::Object(section) => {
                known.extend(section.iter().map(|(inner, value)| (format!("{key}.{inner}"), kind(value))));
            }
            leaf => {
                known.insert(key, kind(&leaf));
            }
        }
    }
    Ok(known)
}

/// The section of switches by name.
const SWITCHES: &str = "switches";

/// What may stand at this key, if anything: each switch by name has the settings of `switch`, but for the name.
fn type_of_key(known: &BTreeMap<String, ValueType>, key: &str) -> Option<ValueType> {
    let Some(own) = key.strip_prefix(SWITCHES).and_then(|rest| rest.strip_prefix('.')) else {
        return known.get(key).copied();
    };
    let (_, word) = own.split_once('.').filter(|(_, word)| *word != "name")?;
    known.get(&format!("switch.{word}")).copied()
}

pub(super) fn read(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(RawSettings, SettingOrigins), Vec<SettingsFault>> {
    let whole = |why| {
        let origin =
            file.map_or(ValueOrigin::Default, |file| ValueOrigin::File { file: file.to_owned(), at: None });
        vec![SettingsFault { origin, key: String::new(), kind }]
    };
    let known = known_settings().map_err(|error| whole(SettingsFaultKind::Other(error.to_string())))?;
    let folder = folder_of(file).map_err(|error| whole(SettingsFaultKind::Unreadable(error.to_string())))?;
    let text = file.map_or(Ok(String::new()), text_of).map_err(whole)?;
    let mut reader = LayerReader {
        known,
        sources: SettingOrigins {
            file: file.map(Path::to_owned),
            folder,
            places: BTreeMap::new(),
            variables: BTreeMap::new(),
        },
        faults: Vec::new(),
    };
    reader.read_file(&text);
    let overrides = reader.read_variables(env);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    // `separator` alone would be the prefix's separator too, and HOTLINED_SWITCH__PORT silently be ignored.
    let environment = Environment::with_prefix(VARIABLE_PREFIX.trim_end_matches('_'))
        .prefix_separator("_")
        .separator("__")
        .source(Some(overrides.into_iter().collect()));
    let config = Config::builder()
        .add_source(config::File::from_str(&text, FileFormat::Toml))
        .add_source(environment)
        .build();
    match config.and_then(Config::try_deserialize) {
        Ok(raw) => Ok((raw, reader.sources)),
        Err(error) => Err(whole(SettingsFaultKind::Other(error.to_string()))),
    }
}

fn folder_of(file: Option<&Path>) -> std::io::Result<PathBuf> {
    let Some(file) = file else { return std::path::absolute(".") };
    let file = std::path::absolute(file)?;
    Ok(file.parent().map_or_else(|| file.clone(), Path::to_owned))
}

fn text_of(file: &Path) -> Result<String, SettingsFaultKind> {
    let unreadable = |error: std::io::Error| SettingsFaultKind::Unreadable(error.to_string());
    let mut bytes = Vec::new();
    File::open(file)
        .map_err(unreadable)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(SettingsFaultKind::TooBig);
    }
    String::from_utf8(bytes).map_err(|_| SettingsFaultKind::NotUtf8)
}

struct LayerReader {
    known: BTreeMap<String, ValueType>,
    sources: SettingOrigins,
    faults: Vec<SettingsFault>,
}

impl LayerReader {
    fn read_file(&mut self, text: &str) {
        let lines = Lines::of(text);
        match DeTable::parse(text) {
            Ok(document) => self.read_table(&lines, "", document.get_ref()),
            Err(error) => {
                let at = lines.position(error.span().map_or(0, |span| span.start));
                // Only the message: the error's own display would print the line, with a password perhaps.
                self.fault_in_file(at, "", SettingsFaultKind::Syntax(error.message().to_owned()));
            }
        }
    }

    /// Reads the outermost table or a section, among them one for each switch by name.
    fn read_table(&mut self, lines: &Lines<'_>, section: &str, table: &DeTable<'_>) {
        for (word, value) in table {
            let at = lines.position(word.span().start);
            let key = match section {
                "" => word.get_ref().to_string(),
                section => format!("{section}.{}", word.get_ref()),
            };
            let is_section = match section {
                "" => key == SWITCHES || self.words(&key).next().is_some(),
                section => section == SWITCHES,
            };
            match (value.get_ref(), type_of_key(&self.known, &key)) {
                (DeValue::Table(inner), None) if is_section => self.read_table(lines, &key, inner),
                (other, None) if is_section => {
                    let why = SettingsFaultKind::WrongType {
                        found: kind_of(other),
                        expected: "write it as a section in brackets",
                    };
                    self.fault_in_file(at, &key, why);
                }
                (_, None) => {
                    let why = SettingsFaultKind::UnknownKey(self.hint(section, word.get_ref()));
                    self.fault_in_file(at, &shortened(&key), why);
                }
                (DeValue::Integer(number), Some(ValueType::Number))
                    if i64::from_str_radix(number.as_str(), number.radix())
                        .is_ok_and(|number| number >= 0) =>
                {
                    self.sources.places.insert(key, lines.position(value.span().start));
                }
                (DeValue::Integer(_), Some(ValueType::Number)) => {
                    let why = SettingsFaultKind::WrongType {
                        found: "below zero or beyond counting",
                        expected: WRITE_NUMBER,
                    };
                    self.fault_in_file(lines.position(value.span().start), &key, why);
                }
                (DeValue::String(_), Some(ValueType::Text)) => {
                    self.sources.places.insert(key, lines.position(value.span().start));
                }
                (other, Some(kind)) => {
                    let expected = if kind == ValueType::Number { WRITE_NUMBER } else { WRITE_TEXT };
                    let why = SettingsFaultKind::WrongType { found: kind_of(other), expected };
                    self.fault_in_file(lines.position(value.span().start), &key, why);
                }
            }
        }
    }

    /// The variables that are settings. A name that only begins like ours is a fault: a setting somebody
    /// believes in must not be ignored.
    fn read_variables(
        &mut self,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> BTreeMap<String, String> {
        let mut overrides = BTreeMap::new();
        for (name, value) in env {
            let Some(word) = name.strip_prefix(VARIABLE_PREFIX).filter(|_| !is_foreign(&name)) else {
                continue;
            };
            let key = word.to_ascii_lowercase().replace("__", ".");
            match type_of_key(&self.known, &key) {
                None => self.fault_in_variable(name, &key),
                Some(ValueType::Number) if !is_digits(&value) => {
                    let why = SettingsFaultKind::WrongType {
                        found: "no whole number",
                        expected: "write digits only",
                    };
                    self.faults.push(SettingsFault { origin: ValueOrigin::Variable(name), key, kind: why });
                }
                Some(ValueType::Number | ValueType::Text) => {
                    overrides.insert(name.clone(), value);
                    self.sources.variables.insert(key, name);
                }
            }
        }
        overrides
    }

    fn fault_in_variable(&mut self, name: String, key: &str) {
        let variables = self.known.keys().map(|key| key.replace('.', "__")).collect::<Vec<_>>();
        let hint = match Hint::of(&key.replace('.', "__"), variables.iter().map(String::as_str)) {
            Hint::Near(near) => Hint::Near(format!("{VARIABLE_PREFIX}{}", near.to_uppercase())),
            Hint::OneOf(_) | Hint::Elsewhere(_) => {
                Hint::Elsewhere("write HOTLINED_SECTION__KEY, with two underscores between the two")
            }
        };
        self.faults.push(SettingsFault {
            origin: ValueOrigin::Variable(name),
            key: String::new(),
            kind: SettingsFaultKind::UnknownKey(hint),
        });
    }

    fn fault_in_file(&mut self, at: Position, key: &str, why: SettingsFaultKind) {
        let file = self.sources.file.clone().unwrap_or_default();
        self.faults.push(SettingsFault {
            origin: ValueOrigin::File { file, at: Some(at) },
            key: key.to_owned(),
            kind: why,
        });
    }

    /// The words that may stand in a section.
    fn words<'k>(&'k self, section: &'k str) -> impl Iterator<Item = &'k str> {
        let is_switch = section.strip_prefix(SWITCHES).is_some_and(|rest| rest.starts_with('.'));
        let section = if is_switch { "switch" } else { section };
        self.known.keys().filter_map(move |key| key.strip_prefix(section)?.strip_prefix('.'))
    }

    fn hint(&self, section: &str, word: &str) -> Hint {
        if section.is_empty() {
            let firsts = self.known.keys().map(|key| key.split('.').next().unwrap_or(key));
            let mut firsts: Vec<&str> = firsts.chain([SWITCHES]).collect();
            firsts.sort_unstable();
            firsts.dedup();
            return Hint::of(word, firsts);
        }
        Hint::of(word, self.words(section))
    }
}

/// Variables of our prefix that others set: the one that names the settings file, the one our tests read, and
/// those Kubernetes makes for a service called `hotlined`.
fn is_foreign(name: &str) -> bool {
    matches!(name, SETTINGS_VARIABLE | "HOTLINED_REWRITE" | "HOTLINED_SERVICE_HOST" | "HOTLINED_PORT")
        || name.starts_with("HOTLINED_SERVICE_PORT")
        || name.starts_with("HOTLINED_PORT_")
}

/// Whether this is a number that every later step can read; `u64` alone would take a leading `+`.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<i64>().is_ok()
}
