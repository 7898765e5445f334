//! The JSON Schema of the objects: for editors, and for the check of every document's shape.
//!
//! Made from the types alone, so that the three cannot differ.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::types::{API_VERSION, AwsAccountSpec, Kind, Object, ServiceScalingSpec};

/// Where editors know the schema by.
pub const SCHEMA_ID: &str = "https://ecs-scaling.dev/schema/v1alpha1.json";

/// The JSON Schema of all objects: one of the kinds.
pub fn schema() -> Value {
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "ecs-scaling objects",
        "description": "What ecs-scaling makes AWS match: one object a document.",
        "type": "object",
        "required": ["apiVersion", "kind"],
    });
    let kinds: Vec<Value> = Kind::ALL.into_iter().map(kind_schema).collect();
    if let Some(root) = root.as_object_mut() {
        root.insert("oneOf".into(), kinds.into());
    }
    root
}

/// The JSON Schema of one kind, without references.
pub fn kind_schema(kind: Kind) -> Value {
    let mut schema = match kind {
        Kind::ServiceScaling => generate::<Object<ServiceScalingSpec>>(),
        Kind::AwsAccount => generate::<Object<AwsAccountSpec>>(),
        Kind::ScalingProfile => generate::<Object<ServiceScalingSpec>>(),
    };
    without_null(&mut schema);
    if let Some(spec) = schema.pointer_mut("/properties/spec").and_then(Value::as_object_mut) {
        match kind {
            Kind::ServiceScaling => ease(spec),
            Kind::ScalingProfile => keep_shared(spec),
            Kind::AwsAccount => {}
        }
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.insert("title".into(), kind.as_str().into());
    }
    for (name, value) in [("apiVersion", API_VERSION), ("kind", kind.as_str())] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{name}")).and_then(Value::as_object_mut) {
            property.retain(|key, _| key == "description");
            property.insert("const".into(), value.into());
        }
    }
    schema
}

/// What a `ServiceScaling` needs that a profile may give.
const NEEDED: [&str; 2] = ["minCapacity", "maxCapacity"];

/// What each object says for itself: which service it scales, and what lifts a safety or removes something. One line
/// of a profile must not do that to many services at once.
const NOT_SHARED: [&str; 8] =
    ["profile", "account", "region", "cluster", "service", "adoption", "allowCapacityMove", "state"];

/// With a profile, what it may give is not needed; nor is it by what is to be absent.
fn ease(spec: &mut Map<String, Value>) {
    let absent = json!({ "required": ["state"], "properties": { "state": { "const": "Absent", "description": "Nothing is to be there." } } });
    spec.insert("anyOf".into(), json!([{ "required": ["profile"] }, { "required": NEEDED }, absent]));
}

/// A profile has what objects may share, and needs none of it.
fn keep_shared(spec: &mut Map<String, Value>) {
    spec.remove("required");
    spec.insert("description".into(), "What the objects that name this profile take from it.".into());
    if let Some(Value::Object(properties)) = spec.get_mut("properties") {
        properties.retain(|name, _| !NOT_SHARED.contains(&name.as_str()));
        for name in NEEDED {
            // What stands of the profile in the description is for the object that takes it.
            if let Some(Value::Object(property)) = properties.get_mut(name) {
                property.entry("description").and_modify(|text| {
                    let first = text.as_str().and_then(|text| text.split(". ").next()).unwrap_or_default();
                    *text = format!("{first}. Default: none.").into();
                });
            }
        }
    }
}

/// The schemas of all kinds, made once for a run.
#[derive(Clone, Debug)]
pub struct Schemas(Vec<(Kind, Value)>);

impl Schemas {
    /// Makes all schemas.
    pub fn new() -> Self {
        Self(Kind::ALL.into_iter().map(|kind| (kind, kind_schema(kind))).collect())
    }

    /// The schema of a kind.
    pub fn of(&self, kind: Kind) -> &Value {
        self.0.iter().find(|(of, _)| *of == kind).map_or(&Value::Null, |(_, schema)| schema)
    }

    /// What a `ServiceScaling` needs from itself or its profile, with its schemas.
    pub fn needed_beside_profile(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let properties = self.of(Kind::ServiceScaling).pointer("/properties/spec/properties");
        NEEDED.into_iter().filter_map(move |name| Some((name, properties?.get(name)?)))
    }
}

impl Default for Schemas {
    fn default() -> Self {
        Self::new()
    }
}

fn generate<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Takes `null` out: a field that is not wanted is left out, and one without a value is a mistake.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(map) => {
            map.values_mut().for_each(without_null);
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(values)) = map.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            unwrap_any_of(map);
        }
        _ => {}
    }
}

/// `anyOf: [X, null]` becomes X; the field's own description wins over the type's.
fn unwrap_any_of(map: &mut Map<String, Value>) {
    let Some(Value::Array(options)) = map.get("anyOf") else { return };
    let mut rest = options.iter().filter(|option| option.get("type") != Some(&Value::from("null")));
    let (Some(Value::Object(inner)), None) = (rest.next().cloned(), rest.next()) else { return };
    map.remove("anyOf");
    for (key, value) in inner {
        map.entry(key).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `visit` with every property of every object schema, and its path.
    fn properties(schema: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
        match schema {
            Value::Object(map) => {
                for (name, property) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    visit(&format!("{path}.{name}"), property);
                }
                map.iter().for_each(|(key, value)| properties(value, &format!("{path}.{key}"), visit));
            }
            Value::Array(items) => items.iter().for_each(|item| properties(item, path, visit)),
            _ => {}
        }
    }

    #[test]
    fn every_field_has_a_description_and_none_may_be_null() {
        let schema = schema();
        let mut count = 0;
        properties(&schema, "", &mut |path, property| {
            count += 1;
            assert!(property.get("description").is_some(), "{path} has no description");
        });
        assert!(count > 50, "{count}");
        assert!(!schema.to_string().contains("null"), "{schema:#}");
        assert!(!schema.to_string().contains("$ref"));
    }

    #[test]
    fn optional_fields_say_their_default() {
        for kind in Kind::ALL {
            let schema = kind_schema(kind);
            let spec = &schema["properties"]["spec"];
            let required: Vec<&str> =
                spec["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (name, property) in spec["properties"].as_object().unwrap() {
                let says = property["description"].as_str().unwrap().contains("Default");
                assert_ne!(says, required.contains(&name.as_str()), "{kind} {name}");
            }
        }
    }
}
