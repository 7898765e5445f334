//! The user's own tags for scalable targets and alarms.

use std::collections::BTreeMap;

use super::has_length;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::model::observed::Tags;

/// AWS takes 50 tags a resource (S-069); ten are kept for ownership.
const MAX_TAGS: usize = 40;
const RESERVED: &str = "ecs-scaling.dev/";

/// Checks keys and values (S-007) and the reserved prefixes.
pub(super) fn check(tags: Option<&BTreeMap<String, String>>, path: &Path, report: &mut Report<'_>) -> Tags {
    let tags = tags.cloned().unwrap_or_default();
    if tags.len() > MAX_TAGS {
        let message = format!("there are {} tags; at most {MAX_TAGS} may be set here", tags.len());
        report.error(path, message, "AWS takes 50 a resource, of which 10 are kept to note who owns it: remove some");
    }
    for (key, value) in &tags {
        check_tag(key, value, &path.key(key), report);
    }
    tags
}

fn check_tag(key: &str, value: &str, path: &Path, report: &mut Report<'_>) {
    has_length(key, 128, "the tag's key", path, report);
    if value.chars().count() > 256 {
        report.error(path, "the tag's value has more than 256 characters", "shorten it");
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        report.error(path, "keys that begin with `aws:` are AWS's own", "choose another key");
    }
    if key.starts_with(RESERVED) {
        let hint = "choose another key: these tags say who owns a resource, and are set by the controller";
        report.error(path, format!("keys that begin with `{RESERVED}` are reserved"), hint);
    }
    if !key.chars().chain(value.chars()).all(is_tag_char) {
        let hint = "use letters, digits, spaces and _ . : / = + - @";
        report.error(path, "the tag has a character that AWS does not take", hint);
    }
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}
