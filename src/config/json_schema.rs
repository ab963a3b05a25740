//! Makes the JSON Schema of hotline files, from the same schema that the reader uses.
//!
//! Editors use the JSON Schema for completion and checks. `hotlined check` also checks what depends on several keys or
//! on the sound folder.

use super::schema::{HOTLINE, NODES};
use super::schema_types::{KeySchema, TableSchema, ValueSchema};
use serde_json::{Map, Value, json};

/// The text of the JSON Schema.
pub fn schema() -> String {
    let mut defs = Map::new();
    let hotline = object(&HOTLINE, &mut defs);
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("A hotline of hotlined"));
    if let Value::Object(hotline) = hotline {
        schema.extend(hotline);
    }
    schema.insert("$defs".to_owned(), Value::Object(defs));
    // These values can always be serialized.
    let mut text = serde_json::to_string_pretty(&Value::Object(schema)).unwrap_or_default();
    text.push('\n');
    text
}

/// A table with fixed keys.
fn object(table_schema: &TableSchema, defs: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for key in table_schema.all() {
        properties.insert(key.name.to_owned(), property(key, defs));
    }
    let needed: Vec<&str> =
        table_schema.all().filter(|key| key.needed.is_some()).map(|key| key.name).collect();
    json!({
        "description": table_schema.says,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

fn property(key: &KeySchema, defs: &mut Map<String, Value>) -> Value {
    let mut form = form(&key.form, defs);
    if let Value::Object(form) = &mut form {
        form.insert("description".to_owned(), json!(key.says));
    }
    form
}

fn form(form: &ValueSchema, defs: &mut Map<String, Value>) -> Value {
    match form {
        ValueSchema::Text(pattern) => text(*pattern),
        ValueSchema::Texts(pattern) => one_or_several(text(*pattern)),
        ValueSchema::Flag => json!({ "type": "boolean" }),
        ValueSchema::Number(min, max, unit) => {
            json!({ "type": "integer", "minimum": min, "maximum": max, "$comment": unit })
        }
        ValueSchema::Words(words) => json!({ "enum": words }),
        ValueSchema::SomeWords(words) => one_or_several(json!({ "enum": words })),
        ValueSchema::Sound => sound(),
        ValueSchema::SoundOrNone => json!({ "anyOf": [sound(), { "const": false }] }),
        ValueSchema::KeyOrNone => json!({ "anyOf": [text(Some("^[0-9*#]$")), { "const": false }] }),
        ValueSchema::Table(table_schema) => reference(table_schema, table_schema.name, defs),
        ValueSchema::Tables(table_schema) => {
            json!({ "type": "array", "items": reference(table_schema, table_schema.name, defs) })
        }
        ValueSchema::Named(table_schema) => named(reference(table_schema, table_schema.name, defs)),
        ValueSchema::Pairs => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ValueSchema::Sounds => json!({ "type": "object", "additionalProperties": sound() }),
        ValueSchema::Hours => {
            defs.entry("hours_table").or_insert_with(hours);
            let mut main = hours();
            let lines = main["additionalProperties"].take();
            main["additionalProperties"] = json!({ "anyOf": [lines, { "$ref": "#/$defs/hours_table" }] });
            main
        }
        ValueSchema::Nodes => {
            let node = |table_schema: &'static TableSchema| {
                let name = format!("node_{}", table_schema.name);
                (table_schema, name)
            };
            let nodes: Vec<Value> = NODES
                .iter()
                .map(node)
                .map(|(table_schema, name)| reference(table_schema, &name, defs))
                .collect();
            named(json!({ "oneOf": nodes }))
        }
    }
}

fn text(pattern: Option<&str>) -> Value {
    match pattern {
        Some(pattern) => json!({ "type": "string", "pattern": pattern }),
        None => json!({ "type": "string" }),
    }
}

fn one_or_several(item: Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

fn sound() -> Value {
    json!({ "anyOf": [
        { "type": "string", "minLength": 1 },
        { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 },
    ] })
}

fn named(item: Value) -> Value {
    json!({ "type": "object", "additionalProperties": item })
}

/// A reference to the definition of a table, which is added at its first use.
fn reference(table_schema: &'static TableSchema, name: &str, defs: &mut Map<String, Value>) -> Value {
    if !defs.contains_key(name) {
        // The name is reserved before the keys are read, so that a table may contain a table of its own kind.
        defs.insert(name.to_owned(), Value::Null);
        let object = object(table_schema, defs);
        defs.insert(name.to_owned(), object);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The schema of a table of hours, whose keys are states.
fn hours() -> Value {
    let lines = one_or_several(json!({ "type": "string" }));
    let shifts = json!({ "anyOf": [lines, { "const": true }] });
    json!({
        "description": "When each state holds; what no line names is closed.",
        "type": "object",
        "properties": {
            "zone": { "type": "string", "description": "The IANA time zone; Asia/Shanghai if none is written." },
            "except": {
                "description": "Days that have their own lines and no others.",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "date": { "type": "string" } },
                    "required": ["date"],
                    "additionalProperties": shifts,
                },
            },
        },
        "additionalProperties": lines,
    })
}
