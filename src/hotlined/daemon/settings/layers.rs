//! Reads the settings file and the environment variables over the defaults, and remembers where each key was set.
//!
//! The `config` crate merges the layers. It accepts `true` as a number and reports no line numbers, so keys and types
//! are checked here first.

use super::fault::{SettingsFault, SettingsFaultKind, ValueOrigin};
use super::limits::{FILE_BYTES_MAX, SETTINGS_VARIABLE, VARIABLE_PREFIX};
use super::raw::RawSettings;
use super::raw_hooks::{RawHook, RawToken};
use config::{Config, Environment, FileFormat};
use hotlined_config::source_position::{Hint, Lines, Position, kind_of, shortened};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Where each setting was set.
pub(super) struct SettingOrigins {
    file: Option<PathBuf>,
    /// The folder that relative paths are relative to.
    folder: PathBuf,
    places: BTreeMap<String, Position>,
    variables: BTreeMap<String, String>,
}

impl SettingOrigins {
    /// The origin of the value of this key.
    pub(super) fn origin(&self, key: &str) -> ValueOrigin {
        if let Some(variable) = self.variables.get(key) {
            return ValueOrigin::Variable(variable.clone());
        }
        match (&self.file, self.places.get(key)) {
            (Some(file), Some(at)) => ValueOrigin::File { file: file.clone(), at: Some(*at) },
            _ => ValueOrigin::Default,
        }
    }

    /// The absolute path of a path in the settings.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder.join(path).components().collect()
    }
}

/// The type of a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueType {
    Text,
    Number,
    Flag,
    List,
}

impl ValueType {
    fn of(value: &Value) -> Self {
        match value {
            Value::Number(_) => Self::Number,
            Value::Bool(_) => Self::Flag,
            Value::Array(_) => Self::List,
            Value::Null | Value::String(_) | Value::Object(_) => Self::Text,
        }
    }

    /// What to write in the file.
    fn expected(self) -> &'static str {
        match self {
            Self::Text => WRITE_TEXT,
            Self::Number => WRITE_NUMBER,
            Self::Flag => WRITE_FLAG,
            Self::List => WRITE_LIST,
        }
    }
}

const WRITE_NUMBER: &str = "write a whole number, without quotes";
const WRITE_TEXT: &str = "write text in double quotes";
const WRITE_FLAG: &str = "write true or false, without quotes";
const WRITE_LIST: &str = "write a list of texts, such as [\"a\", \"b\"]";

/// All settings with their types, taken from the defaults: `switch.port` holds a number. `*` stands for a name that the
/// operator chooses.
fn known_settings() -> Result<BTreeMap<String, ValueType>, serde_json::Error> {
    let mut known = BTreeMap::new();
    let sections = [
        ("", serde_json::to_value(RawSettings::default())?),
        ("hooks.*.", serde_json::to_value(RawHook::default())?),
        ("api.tokens.*.", serde_json::to_value(RawToken::default())?),
    ];
    for (prefix, defaults) in sections {
        for (key, value) in defaults.as_object().into_iter().flatten() {
            match value {
                Value::Object(section) => {
                    let inner = section.iter().map(|(word, value)| (format!("{key}.{word}"), value));
                    known.extend(inner.map(|(key, value)| (key, ValueType::of(value))));
                }
                leaf => {
                    known.insert(format!("{prefix}{key}"), ValueType::of(leaf));
                }
            }
        }
    }
    // Each switch in `[switches]` has the settings of `[switch]`, except the name.
    let of_switch = |(key, kind): (&String, &ValueType)| {
        let word = key.strip_prefix("switch.").filter(|word| *word != "name")?;
        Some((format!("{SWITCHES}.*.{word}"), *kind))
    };
    let of_switches: Vec<_> = known.iter().filter_map(of_switch).collect();
    known.extend(of_switches);
    Ok(known)
}

/// The section with the switches by name.
const SWITCHES: &str = "switches";
/// The sections that contain sections with names that the operator chooses.
const NAMED: [&str; 3] = [SWITCHES, "hooks", "api.tokens"];

/// The key with `*` in place of a name that the operator chose: `hooks.*.url` of `hooks.crm.url`.
fn general(key: &str) -> String {
    let inside = |section: &&str| key.strip_prefix(*section).and_then(|rest| rest.strip_prefix('.'));
    let Some((section, rest)) = NAMED.iter().find_map(|section| Some((section, inside(section)?))) else {
        return key.to_owned();
    };
    match rest.split_once('.') {
        Some((_, word)) => format!("{section}.*.{word}"),
        None => format!("{section}.*"),
    }
}

pub(super) fn read(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(RawSettings, SettingOrigins), Vec<SettingsFault>> {
    let whole_file = |kind| {
        let origin =
            file.map_or(ValueOrigin::Default, |file| ValueOrigin::File { file: file.to_owned(), at: None });
        vec![SettingsFault { origin, key: String::new(), kind }]
    };
    let known = known_settings().map_err(|error| whole_file(SettingsFaultKind::Other(error.to_string())))?;
    let folder =
        folder_of(file).map_err(|error| whole_file(SettingsFaultKind::Unreadable(error.to_string())))?;
    let text = file.map_or(Ok(String::new()), text_of).map_err(whole_file)?;
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
    // Without `prefix_separator`, `separator` would also separate the prefix, and HOTLINED_SWITCH__PORT would silently
    // be ignored.
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
        Err(error) => Err(whole_file(SettingsFaultKind::Other(error.to_string()))),
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
                // Only the message: the full text of the error contains the line, perhaps with a password.
                self.fault_in_file(at, "", SettingsFaultKind::Syntax(error.message().to_owned()));
            }
        }
    }

    /// Checks the top-level table or a section, also the sections of switches by name.
    fn read_table(&mut self, lines: &Lines<'_>, section: &str, table: &DeTable<'_>) {
        for (word, value) in table {
            let at = lines.position(word.span().start);
            let key = match section {
                "" => word.get_ref().to_string(),
                section => format!("{section}.{}", word.get_ref()),
            };
            let is_section = self.words(&key).next().is_some();
            match (value.get_ref(), self.type_of(&key)) {
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
                (DeValue::String(_), Some(ValueType::Text))
                | (DeValue::Boolean(_), Some(ValueType::Flag)) => {
                    self.sources.places.insert(key, lines.position(value.span().start));
                }
                (DeValue::Array(items), Some(ValueType::List))
                    if items.iter().all(|item| item.get_ref().is_str()) =>
                {
                    self.sources.places.insert(key, lines.position(value.span().start));
                }
                (other, Some(kind)) => {
                    let why =
                        SettingsFaultKind::WrongType { found: kind_of(other), expected: kind.expected() };
                    self.fault_in_file(lines.position(value.span().start), &key, why);
                }
            }
        }
    }

    /// The variables that are settings. A variable with our prefix that is not a setting is a fault: a misspelt setting
    /// must not be ignored.
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
            match self.type_of(&key) {
                None => self.fault_in_variable(name, &key),
                Some(ValueType::Number) if !is_digits(&value) => {
                    let why = SettingsFaultKind::WrongType {
                        found: "no whole number",
                        expected: "write digits only",
                    };
                    self.faults.push(SettingsFault { origin: ValueOrigin::Variable(name), key, kind: why });
                }
                Some(ValueType::Flag) if !matches!(&*value, "true" | "false") => {
                    let why = SettingsFaultKind::WrongType {
                        found: "neither true nor false",
                        expected: "write true or false",
                    };
                    self.faults.push(SettingsFault { origin: ValueOrigin::Variable(name), key, kind: why });
                }
                Some(ValueType::Number | ValueType::Text | ValueType::Flag | ValueType::List) => {
                    overrides.insert(name.clone(), value);
                    self.sources.variables.insert(key, name);
                }
            }
        }
        overrides
    }

    fn fault_in_variable(&mut self, name: String, key: &str) {
        let chosen = |key: &&String| key.contains('*');
        let known = self.known.keys().filter(|key| !chosen(key));
        let variables = known.map(|key| key.replace('.', "__")).collect::<Vec<_>>();
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

    /// The type of the setting with this key, if there is one.
    fn type_of(&self, key: &str) -> Option<ValueType> {
        self.known.get(&general(key)).copied()
    }

    /// The keys of a section.
    fn words(&self, section: &str) -> impl Iterator<Item = &str> {
        let section = format!("{}.", general(section));
        self.known.keys().filter_map(move |key| {
            let word = key.strip_prefix(&*section)?;
            Some(word.split('.').next().unwrap_or(word))
        })
    }

    fn hint(&self, section: &str, word: &str) -> Hint {
        let mut words: Vec<&str> = match section {
            "" => self.known.keys().map(|key| key.split('.').next().unwrap_or(key)).collect(),
            section => self.words(section).collect(),
        };
        words.sort_unstable();
        words.dedup();
        Hint::of(word, words)
    }
}

/// Whether a variable with our prefix is not a setting: the variable that names the settings file, the variable of our
/// tests, and the variables that Kubernetes sets for a service named `hotlined`.
fn is_foreign(name: &str) -> bool {
    matches!(name, SETTINGS_VARIABLE | "HOTLINED_REWRITE" | "HOTLINED_SERVICE_HOST" | "HOTLINED_PORT")
        || name.starts_with("HOTLINED_SERVICE_PORT")
        || name.starts_with("HOTLINED_PORT_")
}

/// Whether this is a whole number without a sign; `u64` alone would accept a leading `+`.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<i64>().is_ok()
}
