//! The body of a hook in the form that its receiver wants: JSON with placeholders.
//!
//! A placeholder stands for JSON, not for text: `{"phone": {{ caller | json }}}`. What a caller sends may contain
//! quotes and line breaks, so a template that writes it without the filter is refused when the settings are read.

use super::event_body::{BODY_BYTES_MAX, EventBody, examples};
use hotlined_core::call_event::CallEventKind;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// The only template of an environment.
const NAME: &str = "body";
/// A text that breaks JSON wherever it stands without the filter.
const HOSTILE: &str = "\"\\\n{{ }}</script>\u{1}";

/// A template of bodies.
#[derive(Clone)]
pub struct BodyTemplate {
    text: Arc<str>,
    environment: Arc<Environment<'static>>,
}

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BodyTemplateError {
    /// It is no template, or names something that an event does not have.
    #[error("{0}")]
    Template(String),
    /// What it gives for an event is no JSON.
    #[error(
        "gives no JSON for {kind}: {why}: write each placeholder as {{{{ caller | json }}}}, without quotes"
    )]
    NoJson {
        /// The type of the event.
        kind: &'static str,
        /// The error of the JSON parser.
        why: String,
    },
    /// What it gives is too long.
    #[error("gives more than {BODY_BYTES_MAX} bytes")]
    TooLong,
}

impl BodyTemplate {
    /// Reads a template and tries it with an event of each type that `wants` names, also with hostile text.
    ///
    /// # Errors
    /// If it is no template, names what an event does not have, or gives no JSON.
    pub fn new(text: &str, wants: impl Fn(&str) -> bool) -> Result<Self, BodyTemplateError> {
        let with = |filter: fn(&Value) -> Result<String, Error>, undefined| {
            let mut environment = Environment::new();
            environment.set_undefined_behavior(undefined);
            environment.add_filter("json", filter);
            environment.add_template_owned(NAME, text.to_owned()).map_err(template_error)?;
            Ok(Self { text: text.into(), environment: Arc::new(environment) })
        };
        let strict = with(json_of_known, UndefinedBehavior::Strict)?;
        // An event may have less than an example, such as a record without attempts. That must not cost the event.
        let template = with(json, UndefinedBehavior::Chainable)?;
        for example in examples().into_iter().filter(|example| wants(example.kind.name())) {
            strict.render(&example)?;
            template.render(&hostile(example))?;
        }
        Ok(template)
    }

    /// The body of an event. What another type of event has in `data` is null.
    ///
    /// # Errors
    /// If the template gives no JSON, or too much of it.
    pub fn render(&self, event: &EventBody) -> Result<String, BodyTemplateError> {
        let template = self.environment.get_template(NAME).map_err(template_error)?;
        let text = template.render(Value::from(Serde(values_of(event)))).map_err(template_error)?;
        if text.len() > BODY_BYTES_MAX {
            return Err(BodyTemplateError::TooLong);
        }
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(text),
            Err(why) => Err(BodyTemplateError::NoJson { kind: event.kind.name(), why: why.to_string() }),
        }
    }
}

/// The fields of all data, each null.
static DATA_FIELDS: LazyLock<Map<String, Json>> = LazyLock::new(|| {
    let data = examples().into_iter().filter_map(|example| match serde_json::to_value(example) {
        Ok(Json::Object(mut fields)) => fields.remove("data"),
        Ok(_) | Err(_) => None,
    });
    let fields =
        data.filter_map(|data| data.as_object().map(|data| data.keys().cloned().collect::<Vec<_>>()));
    fields.flatten().map(|name| (name, Json::Null)).collect()
});

/// The placeholders of an event.
fn values_of(event: &EventBody) -> Json {
    let mut values = serde_json::to_value(event).unwrap_or_default();
    if let Some(Json::Object(data)) = values.get_mut("data") {
        let own = std::mem::replace(data, DATA_FIELDS.clone());
        data.extend(own);
    }
    values
}

/// The same event with texts in it that no caller should send.
fn hostile(mut event: EventBody) -> EventBody {
    event.caller = HOSTILE.to_owned();
    event.agent = Some(HOSTILE.into());
    match &mut event.kind {
        CallEventKind::Offered(offered) | CallEventKind::Ringing(offered) => {
            HOSTILE.clone_into(&mut offered.dialled);
            offered.hotline_name = HOSTILE.into();
        }
        CallEventKind::Ended(record) => {
            HOSTILE.clone_into(&mut record.dialled);
            HOSTILE.clone_into(&mut record.caller);
            record.entered.insert(HOSTILE.into(), HOSTILE.to_owned());
        }
        CallEventKind::MessageSent(result) | CallEventKind::MessageFailed(result) => {
            HOSTILE.clone_into(&mut result.reason);
        }
        CallEventKind::Answered(_)
        | CallEventKind::RecordingReady(_)
        | CallEventKind::VoicemailLeft(_)
        | CallEventKind::SurveyGiven(_) => {}
    }
    event
}

/// The filter `json`: any value as JSON, a text with its quotes. What an event does not have is null.
fn json(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Ok("null".to_owned());
    }
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// As [`json`], but what no event has is an error.
fn json_of_known(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "an event has no such placeholder"));
    }
    json(value)
}

fn template_error(error: Error) -> BodyTemplateError {
    let line = error.line().map_or(String::new(), |line| format!("line {line}: "));
    BodyTemplateError::Template(format!("{line}{error}"))
}

/// Two templates are the same if their texts are.
impl PartialEq for BodyTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for BodyTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BodyTemplate").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_puts_what_a_receiver_wants_where_it_wants_it() {
        let text = r#"{"phone": {{ caller | json }}, "who": {{ agent | json }}, "all": {{ data | json }}, "n": {{ sequence }},
            "title": {{ (type ~ " of " ~ hotline) | json }}}"#;
        let template = BodyTemplate::new(text, |_| true).unwrap();
        let offered = hostile(examples().remove(0));
        let body: serde_json::Value = serde_json::from_str(&template.render(&offered).unwrap()).unwrap();
        assert_eq!(body["phone"], HOSTILE);
        assert_eq!(body["all"]["area"], "北京");
        assert_eq!(body["title"], "call.offered of 4008001234");
        assert_eq!(body["n"], 1);
        let body = template.render(&examples().remove(0)).unwrap();
        assert!(body.contains(r#""who": null"#), "{body}");
    }

    #[test]
    fn what_an_event_does_not_have_is_null_and_what_no_event_has_is_a_fault() {
        let text = r#"[{{ data.outcome | json }}, {{ data.attempts[0].agent | json }}]"#;
        let ended = |kind: &str| kind == "call.ended";
        let template = BodyTemplate::new(text, ended).unwrap();
        let mut examples = examples().into_iter();
        assert_eq!(template.render(&examples.next().unwrap()).unwrap(), "[null, null]");
        let mut record = examples.find(|example| ended(example.kind.name())).unwrap();
        assert_eq!(template.render(&record).unwrap(), r#"["answered", "01"]"#);
        let CallEventKind::Ended(call) = &mut record.kind else { panic!() };
        call.attempts.clear();
        assert_eq!(template.render(&record).unwrap(), r#"["answered", null]"#);
        let error = BodyTemplate::new(r#"[{{ data.outcom | json }}]"#, ended).unwrap_err().to_string();
        assert!(error.contains("no such placeholder"), "{error}");
    }

    #[test]
    fn a_template_that_could_give_no_json_is_refused() {
        let error = |text: &str| BodyTemplate::new(text, |_| true).unwrap_err().to_string();
        assert!(error("{{ caller").contains("line 1: syntax error"), "{}", error("{{ caller"));
        assert!(error(r#"{"a": {{ calller | json }}}"#).contains("no such placeholder"));
        assert!(error(r#"{"a": "{{ caller }}"}"#).contains("| json"));
        assert!(error(r#"{"a": {{ caller }}}"#).contains("gives no JSON for call.offered"));
        assert!(error("").contains("gives no JSON"));
        assert!(error(r#"[{% for n in range(9999) %}{{ n }},{% endfor %}0]"#).contains("more than"));
    }
}
