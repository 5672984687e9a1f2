//! The same table as JSON Schema 2020-12.

use serde_json::{Map, Value, json};

use super::{Kind, Member};

/// The schema of a body with these members, closed; `required` ones may not be `null`.
#[must_use]
pub fn schema(members: &[Member], required: &[&str]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|member| {
            let schema = kind(member.kind);
            let schema = match required.contains(&member.name) {
                true => schema,
                false => or_null(schema),
            };
            (member.name.to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn kind(wanted: Kind) -> Value {
    match wanted {
        Kind::Text(max) => json!({"type": "string", "maxLength": max}),
        Kind::WebAddress => json!({"type": "string", "format": "uri", "maxLength": 2048}),
        Kind::Mail => json!({"type": "string", "format": "email", "maxLength": 254}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Whole(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Number(max) => {
            json!({"type": "number", "exclusiveMinimum": 0, "maximum": max})
        }
        Kind::OneOf(all) => json!({"type": "string", "enum": all}),
        Kind::List(item, max) => {
            json!({"type": "array", "items": kind(*item), "maxItems": max})
        }
        Kind::Object(members) => schema(members, &[]),
        Kind::Map(item, max) => json!({
            "type": "object",
            "additionalProperties": kind(*item),
            "maxProperties": max,
        }),
        Kind::Free => json!({"type": "object"}),
        Kind::TextOr(members) => json!({"anyOf": [
            {"type": "string", "maxLength": 2048},
            schema(members, &[]),
        ]}),
    }
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}
