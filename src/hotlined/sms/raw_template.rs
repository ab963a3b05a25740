//! The form of a gateway's template in `gateways.toml`.

use hotlined_notify::sms::{TemplateMapping, TemplateParams};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A gateway's template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTemplate {
    id: String,
    #[serde(default)]
    params: RawParams,
}

/// The variables of a template: a list of our names, or a table from the gateway's names to ours.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "params is a list such as [\"time\"], or a table such as { time = \"time\" }")]
pub(super) enum RawParams {
    InOrder(Vec<String>),
    ByName(BTreeMap<String, String>),
}

impl Default for RawParams {
    fn default() -> Self {
        Self::InOrder(Vec::new())
    }
}

pub(super) fn templates(raw: BTreeMap<String, RawTemplate>) -> BTreeMap<String, TemplateMapping> {
    let mapping = |RawTemplate { id, params }| TemplateMapping {
        id,
        params: match params {
            RawParams::InOrder(names) => TemplateParams::Ordered(names),
            RawParams::ByName(names) => TemplateParams::Named(names.into_iter().collect()),
        },
    };
    raw.into_iter().map(|(name, raw)| (name, mapping(raw))).collect()
}
