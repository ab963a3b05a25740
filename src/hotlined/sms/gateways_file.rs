//! `gateways.toml`: the SMS gateways in the order in which they are tried.

use super::raw_gateway::gateway;
use hotlined_instance::messages::GatewayLimits;
use hotlined_notify::sms::Gateway;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of the file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The most gateways.
const GATEWAYS_MAX: usize = 32;
/// Requests a second.
const RATE_PER_S: RangeInclusive<u64> = 1..=1_000;
const RATE_PER_S_DEFAULT: u64 = 10;
/// Requests at a time.
const IN_FLIGHT: RangeInclusive<u64> = 1..=1_000;
const IN_FLIGHT_DEFAULT: u64 = 16;
/// How long a request may take, in seconds. The queue gives up after a minute.
const TIMEOUT_S: RangeInclusive<u64> = 1..=50;
const TIMEOUT_S_DEFAULT: u64 = 10;
/// The longest name.
const NAME_CHARS_MAX: usize = 32;

/// A gateway of the file.
#[derive(Clone, Debug)]
pub struct ConfiguredGateway {
    /// The name.
    pub name: Arc<str>,
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// How much it may be given.
    pub limits: GatewayLimits,
    /// How long a request may take.
    pub timeout: Duration,
}

/// Why the file cannot be used. No secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum GatewaysFileError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no TOML, or not of this form.
    #[error("{path}: {error}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        error: String,
    },
    /// A gateway is wrong.
    #[error("{path}, line {line}, gateway {name:?}: {fault}")]
    Gateway {
        /// The file.
        path: PathBuf,
        /// The line where the gateway begins.
        line: usize,
        /// The name of the gateway.
        name: String,
        /// What is wrong.
        fault: String,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    gateways: Vec<toml::Spanned<toml::Table>>,
}

/// Reads the file. Paths of secrets begin at its folder.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn read(path: &Path) -> Result<Vec<ConfiguredGateway>, GatewaysFileError> {
    let cannot = |error| GatewaysFileError::Read { path: path.to_owned(), error };
    if std::fs::metadata(path).map_err(cannot)?.len() > FILE_BYTES_MAX {
        return Err(cannot(std::io::Error::other(format!("more than {FILE_BYTES_MAX} bytes"))));
    }
    parse(path, &std::fs::read_to_string(path).map_err(cannot)?)
}

fn parse(path: &Path, text: &str) -> Result<Vec<ConfiguredGateway>, GatewaysFileError> {
    let form = |error: String| GatewaysFileError::Form { path: path.to_owned(), error };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Without the line itself, which the error would show: a secret may stand in it by mistake.
    let place =
        |error: &toml::de::Error| text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1;
    let file: RawFile =
        toml::from_str(text).map_err(|error| form(format!("line {}: {}", place(&error), error.message())))?;
    if file.gateways.is_empty() || file.gateways.len() > GATEWAYS_MAX {
        return Err(form(format!("write 1 to {GATEWAYS_MAX} sections [[gateways]]")));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let mut gateways: Vec<ConfiguredGateway> = Vec::new();
    for raw in file.gateways {
        let line = 1 + text[..raw.span().start].matches('\n').count();
        let mut keys = raw.into_inner();
        let name = keys.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let fault = |fault: String| GatewaysFileError::Gateway {
            path: path.to_owned(),
            line,
            name: name.clone(),
            fault,
        };
        let configured = one(&mut keys, folder).map_err(fault)?;
        if gateways.iter().any(|other| other.name == configured.name) {
            return Err(fault("name: another gateway has it".to_owned()));
        }
        gateways.push(configured);
    }
    Ok(gateways)
}

fn one(keys: &mut toml::Table, folder: &Path) -> Result<ConfiguredGateway, String> {
    let name = text(keys, "name")?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(is_name) {
        return Err(format!("name: write 1 to {NAME_CHARS_MAX} letters, digits, _ and -"));
    }
    let kind = text(keys, "kind")?;
    let rate_per_s = number(keys, "rate_per_s", RATE_PER_S_DEFAULT, RATE_PER_S)?;
    let in_flight_max = number(keys, "in_flight_max", IN_FLIGHT_DEFAULT, IN_FLIGHT)?;
    let timeout_s = number(keys, "timeout_s", TIMEOUT_S_DEFAULT, TIMEOUT_S)?;
    let gateway = gateway(&kind, std::mem::take(keys), folder).map_err(|fault| fault.to_string())?;
    let name: Arc<str> = name.into();
    let limits = GatewayLimits {
        name: name.clone(),
        // Both are checked to be small.
        rate_per_s: u32::try_from(rate_per_s).unwrap_or(u32::MAX),
        in_flight_max: usize::try_from(in_flight_max).unwrap_or(usize::MAX),
    };
    let timeout = Duration::from_secs(timeout_s);
    Ok(ConfiguredGateway { name, gateway: Arc::new(gateway), limits, timeout })
}

fn text(keys: &mut toml::Table, key: &str) -> Result<String, String> {
    match keys.remove(key) {
        Some(toml::Value::String(text)) => Ok(text),
        Some(_) => Err(format!("{key}: write text in double quotes")),
        None => Err(format!("{key} is missing")),
    }
}

fn number(
    keys: &mut toml::Table,
    key: &str,
    default: u64,
    limits: RangeInclusive<u64>,
) -> Result<u64, String> {
    let (min, max) = (limits.start(), limits.end());
    match keys.remove(key) {
        None => Ok(default),
        Some(toml::Value::Integer(number)) => {
            let number = u64::try_from(number).ok().filter(|number| limits.contains(number));
            number.ok_or_else(|| format!("{key}: write a whole number from {min} to {max}"))
        }
        Some(_) => Err(format!("{key}: write a whole number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERIC: &str = r#"
[[gateways]]
name = "main"
kind = "generic"
url = "https://sms.example.com/send"
secrets = { key = { file = "gateway.key" } }
body = { json = '{"to": {{ to | json }}, "text": {{ signed_text | json }}, "key": {{ secret.key | json }}}' }
success = { pointer = "/code", equals = "0" }
message_id = "/id"
errors = { "4" = "throttled" }
"#;

    fn parsed(text: &str) -> Result<Vec<ConfiguredGateway>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gateway.key"), "s3cret\n").unwrap();
        let path = folder.path().join("gateways.toml");
        parse(&path, text).map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn gateways_are_read_in_their_order_with_their_secrets() {
        let yunpian = "[[gateways]]\nname = \"b\"\nkind = \"yunpian\"\napi_key = { file = \"gateway.key\" }\nrate_per_s = 5\n";
        let gateways = parsed(&format!("{GENERIC}{yunpian}")).unwrap();
        let names: Vec<(&str, &str)> = gateways.iter().map(|one| (&*one.name, one.gateway.kind())).collect();
        assert_eq!(names, [("main", "generic"), ("b", "yunpian")]);
        assert_eq!((gateways[0].limits.rate_per_s, gateways[1].limits.rate_per_s), (10, 5));
        assert!(!format!("{gateways:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_without_secrets() {
        let bad = [
            ("", "FILE: write 1 to 32 sections"),
            ("[[gateways]\n", "FILE: line 1: "),
            ("[[gateways]]\nkind = \"mas\"", "FILE, line 1, gateway \"\": name is missing"),
            (
                "\n[[gateways]]\nname = \"a\"\nkind = \"pigeon\"",
                "FILE, line 2, gateway \"a\": kind: \"pigeon\" is no kind",
            ),
            ("[[gateways]]\nname = \"a b\"\nkind = \"mas\"", "name: write 1 to 32 letters"),
            ("[[gateways]]\nname = \"a\"\nkind = \"yunpian\"\napi_key = \"s3cret\"", "a secret is { file"),
            ("[[gateways]]\napi_key = \"s3cret", "FILE: line 2: "),
            (
                "[[gateways]]\nname = \"a\"\nkind = \"yunpian\"\napi_key = { file = \"none\" }",
                "api_key: the file",
            ),
            (
                "[[gateways]]\nname = \"a\"\nkind = \"yunpian\"\napi_key = { env = \"HOTLINED_NO_SUCH\" }",
                "HOTLINED_NO_SUCH is not set",
            ),
            (
                "[[gateways]]\nname = \"a\"\nkind = \"yunpian\"\napi_key = { file = \"gateway.key\" }\nrate = 1",
                "unknown field `rate`",
            ),
            (
                "[[gateways]]\nname = \"a\"\nkind = \"yunpian\"\nrate_per_s = 0",
                "rate_per_s: write a whole number from 1 to 1000",
            ),
        ];
        for (text, why) in bad {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(why) && !error.contains("s3cret"), "{text}\n{error}");
        }
        let twice = format!("{GENERIC}{GENERIC}");
        assert!(
            parsed(&twice).unwrap_err().contains("line 12, gateway \"main\": name: another gateway has it")
        );
        let body = GENERIC.replace("{{ to | json }}", "{{ to | json ");
        assert!(parsed(&body).unwrap_err().contains("gateway \"main\""));
    }
}
