//! Names by template: `{service}-scale-out` in an object or a profile becomes the name in each service.
//!
//! Owns which fields are templates (the names of policies, alarms and scheduled actions, and the values of dimensions)
//! and what may stand in them. Works on the whole spec before it is read into its types, so that every name is full
//! wherever a rule sees it.

use serde_json::Value;

use super::finding::{Report, nearest};
use super::path::Path;
use crate::model::arn;
use crate::model::names::Region;

/// The fields whose text is a template.
const NAMES: [&str; 3] = ["policyName", "alarmName", "scheduledActionName"];

/// The field whose values are templates.
const DIMENSIONS: &str = "dimensions";

/// What the placeholders stand for.
#[derive(Clone, Debug)]
pub(super) struct Placeholders {
    /// Each with its value; `None` is one that the files do not tell.
    values: [(&'static str, Option<String>); 5],
}

impl Placeholders {
    /// Reads an object; `account_region` gives the only region of an account.
    pub(super) fn of(object: &Value, account_region: impl Fn(&str) -> Option<Region>) -> Self {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str);
        let cluster = text("/spec/cluster").and_then(arn::cluster);
        let service = text("/spec/service").and_then(arn::service).map(|(service, _)| service);
        let account = text("/spec/account").unwrap_or("default");
        let of_arns =
            [cluster.as_ref().and_then(|c| c.region.clone()), service.as_ref().and_then(|s| s.region.clone())];
        let region = text("/spec/region").map(Region::new).or_else(|| of_arns.into_iter().flatten().next());
        Self {
            values: [
                ("service", service.map(|service| service.name.to_string())),
                ("cluster", cluster.map(|cluster| cluster.name.to_string())),
                ("region", region.or_else(|| account_region(account)).map(|region| region.to_string())),
                ("account", Some(account.to_owned())),
                ("name", text("/metadata/name").map(str::to_owned)),
            ],
        }
    }

    /// Fills every template of an object; reports what cannot be filled, at its place.
    pub(super) fn fill(&self, object: &mut Value, report: &mut Report<'_>) {
        if let Some(spec) = object.get_mut("spec") {
            self.fill_in(spec, &Path::root().key("spec"), report);
        }
    }

    fn fill_in(&self, value: &mut Value, at: &Path, report: &mut Report<'_>) {
        match value {
            Value::Array(items) => {
                items.iter_mut().enumerate().for_each(|(index, item)| self.fill_in(item, &at.index(index), report));
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = at.key(name);
                    match value {
                        Value::String(text) if NAMES.contains(&name.as_str()) => self.fill_text(text, &at, report),
                        Value::Object(values) if name == DIMENSIONS => {
                            for (name, value) in values {
                                if let Value::String(text) = value {
                                    self.fill_text(text, &at.key(name), report);
                                }
                            }
                        }
                        value => self.fill_in(value, &at, report),
                    }
                }
            }
            _ => {}
        }
    }

    fn fill_text(&self, text: &mut String, at: &Path, report: &mut Report<'_>) {
        match self.filled(text) {
            Ok(filled) => *text = filled,
            Err((message, hint)) => report.error(at, message, hint),
        }
    }

    /// The text with its placeholders filled in; `{{` and `}}` are braces.
    fn filled(&self, template: &str) -> Result<String, (String, String)> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            filled.push_str(before);
            rest = if let Some(after) = brace.strip_prefix("{{") {
                filled.push('{');
                after
            } else if let Some(after) = brace.strip_prefix("}}") {
                filled.push('}');
                after
            } else {
                let (name, after) =
                    brace.strip_prefix('{').and_then(|inner| inner.split_once('}')).ok_or_else(alone)?;
                filled.push_str(self.value(name)?);
                after
            };
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str) -> Result<&str, (String, String)> {
        let names = || self.values.iter().map(|(name, _)| *name);
        let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) else {
            let hint = match nearest(name, names()) {
                Some(near) => format!("did you mean `{{{near}}}`?"),
                None => {
                    let all: Vec<String> = names().map(|name| format!("{{{name}}}")).collect();
                    format!("write one of {}, or double the braces for braces: {{{{{name}}}}}", all.join(", "))
                }
            };
            return Err((format!("there is no placeholder `{{{name}}}`"), hint));
        };
        value.as_deref().ok_or_else(|| {
            let hint = match name {
                "region" => "write `region` in the object, or give its AwsAccount exactly one region".to_owned(),
                _ => format!("correct `{name}` in the object"),
            };
            (format!("what `{{{name}}}` stands for is not known from the files"), hint)
        })
    }
}

fn alone() -> (String, String) {
    let hint = "write a placeholder such as {service}, or double the brace for a brace: {{ or }}";
    ("a brace stands alone here".to_owned(), hint.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn placeholders() -> Placeholders {
        let object = json!({"metadata": {"name": "api"}, "spec": {
            "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/B", "service": "search-api", "account": "prod",
        }});
        Placeholders::of(&object, |_| None)
    }

    #[test]
    fn every_placeholder_is_filled_and_doubled_braces_are_braces() {
        for (template, expected) in [
            ("{service}-scale-out", "search-api-scale-out"),
            ("{account}/{region}/{cluster}/{name}", "prod/eu-west-1/B/api"),
            ("{{service}}-{{{name}}}", "{service}-{api}"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(placeholders().filled(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_cannot_be_filled_says_what_to_write() {
        let hint = |template: &str| placeholders().filled(template).unwrap_err().1;
        assert_eq!(hint("{servce}"), "did you mean `{service}`?");
        assert!(hint("{x}").starts_with("write one of {service}, {cluster}"), "{}", hint("{x}"));
        for alone in ["{service", "a}", "{{service}", "{"] {
            assert!(hint(alone).starts_with("write a placeholder"), "{alone}");
        }
    }

    #[test]
    fn an_accounts_only_region_is_a_services_region() {
        let object =
            json!({"metadata": {"name": "api"}, "spec": {"cluster": "B", "service": "api", "account": "prod"}});
        let known = Placeholders::of(&object, |account| (account == "prod").then(|| Region::new("eu-west-1")));
        assert_eq!(known.filled("{region}").as_deref(), Ok("eu-west-1"));
        let unknown = Placeholders::of(&object, |_| None).filled("{region}").unwrap_err();
        assert!(unknown.1.starts_with("write `region` in the object"), "{unknown:?}");
    }

    #[test]
    fn only_names_and_dimensions_are_templates() {
        let root = crate::api::yaml::documents("{}").remove(0).root.unwrap();
        let mut report = Report::new("a.yaml", &root);
        let mut object = json!({"spec": {
            "tags": {"a": "{service}"},
            "scheduledActions": [{"scheduledActionName": "{name}-night"}],
            "stepScaling": [{"alarm": {"alarmName": "{name}", "alarmDescription": "{name}", "dimensions": {"Q": "{name}"}}}],
        }});
        placeholders().fill(&mut object, &mut report);
        let expected = json!({"spec": {
            "tags": {"a": "{service}"},
            "scheduledActions": [{"scheduledActionName": "api-night"}],
            "stepScaling": [{"alarm": {"alarmName": "api", "alarmDescription": "{name}", "dimensions": {"Q": "api"}}}],
        }});
        assert_eq!(object, expected);
        assert!(!report.has_errors());
    }
}
