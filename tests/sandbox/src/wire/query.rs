//! awsQuery: form-encoded requests, XML replies with `<member>` lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ecs_scaling::model::failure::AwsService;

use crate::error::AwsError;
use crate::message::Response;
use crate::value::{Map, Value};

const NAMESPACES: [(AwsService, &str, &str); 4] = [
    (AwsService::CloudWatch, "2010-08-01", "http://monitoring.amazonaws.com/doc/2010-08-01/"),
    (AwsService::ElasticLoadBalancing, "2015-12-01", "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"),
    (AwsService::Iam, "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"),
    (AwsService::Sts, "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"),
];

/// How deep names may nest: no operation comes near it, and the tree is walked by recursion.
const MAX_DEPTH: usize = 32;

/// The service, by its API version, and the operation.
pub(super) fn address(body: &[u8]) -> Option<(AwsService, String)> {
    let mut action = None;
    let mut service = None;
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "Action" => action = Some(value.into_owned()),
            "Version" => service = NAMESPACES.iter().find(|(_, version, _)| *version == value).map(|(s, ..)| *s),
            _ => {}
        }
    }
    Some((service?, action?))
}

pub(super) fn decode(body: &[u8]) -> Result<Value, AwsError> {
    let mut root = Node::default();
    for (name, value) in form_urlencoded::parse(body) {
        if name.split('.').count() > MAX_DEPTH {
            let message = format!("a parameter's name has more than {MAX_DEPTH} parts");
            return Err(AwsError::sender("MalformedInput", message));
        }
        if !matches!(name.as_ref(), "Action" | "Version") {
            root.insert(&name, value.into_owned());
        }
    }
    root.into_value()
}

/// One segment of the dotted names, before it is known to be a list or a structure.
#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, name: &str, text: String) {
        let mut node = self;
        for segment in name.split('.') {
            node = node.children.entry(segment.to_owned()).or_default();
        }
        node.text = Some(text);
    }

    fn into_value(mut self) -> Result<Value, AwsError> {
        if let Some(members) = self.children.remove("member") {
            return members.into_list();
        }
        match self.text {
            Some(text) => Ok(Value::Text(text)),
            None => {
                let members: Result<Map, _> =
                    self.children.into_iter().map(|(name, node)| Ok((name, node.into_value()?))).collect();
                members.map(Value::Map)
            }
        }
    }

    fn into_list(self) -> Result<Value, AwsError> {
        let mut items = Vec::new();
        for (index, node) in self.children {
            let index: u32 = index.parse().map_err(|_| {
                AwsError::sender("MalformedQueryString", format!("a list's index must be a number, not {index}"))
            })?;
            items.push((index, node.into_value()?));
        }
        items.sort_by_key(|(index, _)| *index);
        Ok(Value::List(items.into_iter().map(|(_, value)| value).collect()))
    }
}

pub(super) fn encode(
    service: AwsService,
    operation: &str,
    result: Result<&Value, &AwsError>,
    request_id: &str,
) -> Response {
    let namespace = NAMESPACES.iter().find(|(s, ..)| *s == service).map_or("", |(_, _, namespace)| namespace);
    let (status, body) = match result {
        Ok(value) => (200, success(namespace, operation, value, request_id)),
        Err(error) => (error.query_status(), failure(namespace, error, request_id)),
    };
    Response { status, headers: vec![("content-type".into(), "text/xml".into())], body: body.into_bytes() }
}

fn success(namespace: &str, operation: &str, value: &Value, request_id: &str) -> String {
    let mut xml = format!(r#"<{operation}Response xmlns="{namespace}">"#);
    write_element(&mut xml, &format!("{operation}Result"), value);
    let _ =
        write!(xml, "<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>");
    xml
}

fn failure(namespace: &str, error: &AwsError, request_id: &str) -> String {
    let mut xml = format!(r#"<ErrorResponse xmlns="{namespace}">"#);
    let body = [("Type", error.fault()), ("Code", error.query_code()), ("Message", &error.message)];
    xml.push_str("<Error>");
    for (name, text) in body {
        write_element(&mut xml, name, &text.into());
    }
    let _ = write!(xml, "</Error><RequestId>{request_id}</RequestId></ErrorResponse>");
    xml
}

fn write_element(xml: &mut String, name: &str, value: &Value) {
    let _ = write!(xml, "<{name}>");
    match value {
        Value::Null => {}
        Value::Bool(value) => xml.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => xml.push_str(&value.to_string()),
        Value::Float(value) => xml.push_str(&value.to_string()),
        Value::Text(text) => escape(xml, text),
        Value::Time(time) => xml.push_str(&time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()),
        Value::List(items) => items.iter().for_each(|item| write_element(xml, "member", item)),
        Value::Map(map) => map.iter().for_each(|(name, value)| write_element(xml, name, value)),
    }
    let _ = write!(xml, "</{name}>");
}

fn escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\r' => xml.push_str("&#xD;"),
            c => xml.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nests_without_end_is_refused() {
        let deep = |parts: usize| decode(format!("{}=1", vec!["a"; parts].join(".")).as_bytes());
        assert!(deep(MAX_DEPTH).is_ok());
        assert!(deep(100_000).is_err());
    }

    #[test]
    fn lists_and_structures_come_out_of_dotted_names() {
        let body = b"Action=X&Version=1&AlarmName=a&Dimensions.member.2.Name=B&Dimensions.member.2.Value=2\
                     &Dimensions.member.1.Name=A&Dimensions.member.1.Value=1&OKActions=&T.member.10=j&T.member.9=i";
        let value = decode(body).unwrap();
        let dimension = |n: &str, v: &str| Value::map([("Name", n.into()), ("Value", v.into())]);
        assert_eq!(value.get("Dimensions"), &Value::List(vec![dimension("A", "1"), dimension("B", "2")]));
        assert_eq!(value.texts("T").unwrap(), ["i", "j"]);
        assert!(value.list("OKActions").unwrap().is_empty());
        assert!(!value.has("Action"));
    }

    #[test]
    fn a_reply_is_escaped_xml() {
        let value = Value::map([("Names", vec!["a<b&c".to_owned()].into()), ("Empty", Value::List(vec![]))]);
        let body = String::from_utf8(encode(AwsService::Sts, "Op", Ok(&value), "id").body).unwrap();
        assert!(
            body.contains("<OpResult><Empty></Empty><Names><member>a&lt;b&amp;c</member></Names></OpResult>"),
            "{body}"
        );
    }
}
