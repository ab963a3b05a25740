//! The SMS gateways of the settings, a line each, and what cannot work between them and the hotlines.

use super::fault_line::FaultLine;
use crate::sms::gateways_file::{self, ConfiguredGateway, GatewaysFileError};
use crate::sms::parts::mismatches;
use hotlined_core::hotline::Hotlines;
use serde::Serialize;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A gateway. No secret is in it.
#[derive(Debug, Serialize)]
pub(super) struct GatewayLine {
    gateway: Arc<str>,
    kind: &'static str,
    /// The templates that the gateway has, if it takes nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    templates: Option<Vec<String>>,
    rate_per_s: u32,
    in_flight_max: usize,
    timeout_s: u64,
}

impl fmt::Display for GatewayLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, kind, templates, rate_per_s, in_flight_max, timeout_s } = self;
        let takes = match templates {
            Some(templates) => format!("takes the templates {}", templates.join(", ")),
            None => "takes any text".to_owned(),
        };
        write!(
            f,
            "gateway {gateway}: {kind}, {takes}, {rate_per_s} a second, {in_flight_max} at a time, \
             waits {timeout_s} s"
        )
    }
}

/// What the file of gateways comes to.
#[derive(Default)]
pub(super) struct CheckedGateways {
    pub(super) lines: Vec<GatewayLine>,
    pub(super) fault: Option<FaultLine>,
    pub(super) warnings: Vec<FaultLine>,
}

/// Reads the file of gateways, and holds it against the hotlines.
pub(super) fn check(file: &Path, hotlines: &Hotlines) -> CheckedGateways {
    match gateways_file::read(file) {
        Ok(gateways) => CheckedGateways {
            lines: gateways.iter().map(line).collect(),
            fault: None,
            warnings: mismatches(hotlines, &gateways).iter().map(|found| warning(file, found)).collect(),
        },
        Err(error) => CheckedGateways { fault: Some(FaultLine::from(&error)), ..CheckedGateways::default() },
    }
}

fn line(gateway: &ConfiguredGateway) -> GatewayLine {
    let ConfiguredGateway { name, gateway, limits, timeout } = gateway;
    GatewayLine {
        gateway: name.clone(),
        kind: gateway.kind(),
        templates: gateway.templates().map(|templates| templates.keys().cloned().collect()),
        rate_per_s: limits.rate_per_s,
        in_flight_max: limits.in_flight_max,
        timeout_s: timeout.as_secs(),
    }
}

fn warning(file: &Path, found: &str) -> FaultLine {
    let text = format!("{}: {found}", file.display());
    FaultLine { warning: true, ..FaultLine::in_file(file, None, found, text) }
}

/// The hotlines have messages, and nothing can send them.
pub(super) fn warning_without_gateways(hotlines: &Hotlines) -> Option<FaultLine> {
    const KEY: &str = "sms.gateways";
    let hotline = hotlines.iter().find(|hotline| hotline.sms.is_some())?;
    let message = format!("is not set: no message can be sent, such as those of {}", hotline.number);
    Some(FaultLine {
        file: None,
        variable: None,
        at: None,
        key: KEY.to_owned(),
        text: format!("{KEY}: {message}"),
        message,
        warning: true,
    })
}

impl From<&GatewaysFileError> for FaultLine {
    fn from(error: &GatewaysFileError) -> Self {
        let text = error.to_string();
        match error {
            GatewaysFileError::Read { path, error } => Self::in_file(path, None, &error.to_string(), text),
            GatewaysFileError::Form { path, error } => Self::in_file(path, None, error, text),
            GatewaysFileError::Gateway { path, line, name, fault } => {
                let message = format!("gateway {name:?}: {fault}");
                Self::in_file(path, Some((*line, 1)), &message, text)
            }
        }
    }
}
