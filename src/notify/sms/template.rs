//! The templates that are registered at a gateway, and which values of a message they take.

use super::request::{RequestError, SmsRequest};
use hotlined_core::message::MessageText;
use std::collections::BTreeMap;

/// A template as a gateway has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateMapping {
    /// The gateway's id of the template, such as `SMS_123456789`.
    pub id: String,
    /// The values that it takes.
    pub params: TemplateParams,
}

/// The variables of a gateway's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateParams {
    /// Their values in order: names of ours, such as `time`. Alibaba Cloud takes each under the same name.
    Ordered(Vec<String>),
    /// The gateway's name and ours of each. Alibaba Cloud and generic gateways only.
    Named(Vec<(String, String)>),
}

impl TemplateParams {
    /// The gateway's name and the value of each.
    pub(crate) fn named<'a>(
        &'a self,
        sms: &'a SmsRequest<'_>,
    ) -> Result<Vec<(&'a str, &'a str)>, RequestError> {
        match self {
            Self::Ordered(names) => names.iter().map(|name| Ok((name.as_str(), sms.value(name)?))).collect(),
            Self::Named(names) => {
                names.iter().map(|(theirs, ours)| Ok((theirs.as_str(), sms.value(ours)?))).collect()
            }
        }
    }

    /// The values in order.
    pub(crate) fn ordered<'a>(&self, sms: &'a SmsRequest<'_>) -> Result<Vec<&'a str>, RequestError> {
        match self {
            Self::Ordered(names) => names.iter().map(|name| sms.value(name)).collect(),
            Self::Named(_) => Err(RequestError::NoOrder(sms.message.template.to_string())),
        }
    }
}

/// Whether messages may have a value of this name, such as `time` or `entered.order`.
pub(crate) fn is_value(name: &str) -> bool {
    !name.contains(['{', '}']) && format!("{{{name}}}").parse::<MessageText>().is_ok()
}

/// The first template that takes a value which no message has, and that value.
pub(crate) fn unknown_value(templates: &BTreeMap<String, TemplateMapping>) -> Option<(&str, &str)> {
    templates.iter().find_map(|(template, mapping)| {
        let names: Vec<&str> = match &mapping.params {
            TemplateParams::Ordered(names) => names.iter().map(String::as_str).collect(),
            TemplateParams::Named(names) => names.iter().map(|(_, ours)| ours.as_str()).collect(),
        };
        names.into_iter().find(|name| !is_value(name)).map(|name| (template.as_str(), name))
    })
}

/// The template of this message.
pub(crate) fn mapping<'a>(
    templates: &'a BTreeMap<String, TemplateMapping>,
    sms: &SmsRequest<'_>,
) -> Result<&'a TemplateMapping, RequestError> {
    let name = &*sms.message.template;
    templates.get(name).ok_or_else(|| RequestError::NoTemplate(name.to_owned()))
}
