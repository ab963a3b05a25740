//! Where the secrets of gateways stand: in files or in variables.

use hotlined_notify::Secret;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::path::Path;

/// What stands in `gateways.toml` where a secret is wanted.
const EXPECTED: &str = "a secret is { file = \"…\" } or { env = \"…\" }, and stands not here";
/// The most bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 4_096;

/// Why a secret cannot be had. The secret is not in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("a secret is {{ file = \"…\" }} or {{ env = \"…\" }}: one of them")]
    Source,
    #[error("the variable {0} is not set")]
    Variable(String),
    #[error("the file {file} cannot be read: {error}")]
    File { file: String, error: std::io::Error },
    #[error("the file {0} is empty, too long, or has more than one line")]
    Content(String),
}

/// Where a secret stands: in a file or in a variable, never in `gateways.toml`.
#[derive(Debug)]
pub(super) struct SecretSource {
    file: Option<String>,
    env: Option<String>,
}

/// The table of a secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    file: Option<String>,
    env: Option<String>,
}

/// Reads the table. What stands in its place may be the secret itself: no error shows it.
impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretSource, A::Error> {
        let RawSource { file, env } = RawSource::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SecretSource { file, env })
    }

    fn visit_str<E: Error>(self, _secret: &str) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_i64<E: Error>(self, _secret: i64) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_f64<E: Error>(self, _secret: f64) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }
}

impl SecretSource {
    /// Reads the secret. A relative path begins at `folder`.
    pub(super) fn read(&self, folder: &Path) -> Result<Secret, SecretError> {
        match (&self.file, &self.env) {
            (None, Some(name)) => {
                let value = std::env::var(name).ok().filter(|value| !value.is_empty());
                value.map(Secret::from).ok_or_else(|| SecretError::Variable(name.clone()))
            }
            (Some(file), None) => read_secret_file(&folder.join(file)),
            (Some(_), Some(_)) | (None, None) => Err(SecretError::Source),
        }
    }
}

/// The secret in a file: its first line.
pub(super) fn read_secret_file(path: &Path) -> Result<Secret, SecretError> {
    let file = path.display().to_string();
    let size =
        std::fs::metadata(path).map_err(|error| SecretError::File { file: file.clone(), error })?.len();
    if size > SECRET_BYTES_MAX {
        return Err(SecretError::Content(file));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| SecretError::File { file: file.clone(), error })?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains('\n') {
        return Err(SecretError::Content(file));
    }
    Ok(Secret::from(line))
}
