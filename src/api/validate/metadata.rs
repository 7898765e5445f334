//! Names and labels, as Kubernetes has them.

use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::Metadata;

const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

pub(super) fn check(metadata: &Metadata, report: &mut Report<'_>) {
    let at = Path::root().key("metadata");
    check_name(&metadata.name, &at.key("name"), report);
    if let Some(namespace) = &metadata.namespace {
        check_namespace(namespace, &at.key("namespace"), report);
    }
    for (key, value) in metadata.labels.iter().flatten() {
        check_label(key, value, &at.key("labels").key(key), report);
    }
}

pub(super) fn check_name(name: &str, path: &Path, report: &mut Report<'_>) {
    let is_subdomain = name.split('.').all(is_dns_label) && name.len() <= NAME_MAX;
    if !is_subdomain {
        let message = format!("`{name}` cannot be an object's name");
        report.error(path, message, dns_hint(name, ", `-` and `.`", NAME_MAX));
    }
}

fn check_namespace(namespace: &str, path: &Path, report: &mut Report<'_>) {
    if !is_dns_label(namespace) || namespace.len() > LABEL_MAX {
        let message = format!("`{namespace}` cannot be a namespace");
        report.error(path, message, dns_hint(namespace, " and `-`", LABEL_MAX));
    }
}

fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn dns_hint(text: &str, punctuation: &str, max: usize) -> String {
    let rule =
        format!("at most {max} lower-case letters, digits{punctuation}, beginning and ending with a letter or digit");
    let lower: String = text.to_ascii_lowercase().chars().map(|c| if c == '_' || c == ' ' { '-' } else { c }).collect();
    match lower.split('.').all(is_dns_label) && lower.len() <= max {
        true => format!("write `{lower}`: {rule}"),
        false => format!("use {rule}"),
    }
}

fn check_label(key: &str, value: &str, path: &Path, report: &mut Report<'_>) {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    let prefix_is_fine = prefix.is_none_or(|prefix| prefix.split('.').all(is_dns_label) && prefix.len() <= NAME_MAX);
    if !prefix_is_fine || name.is_empty() || !is_label_text(name) {
        let hint = "use at most 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit, behind \
                    an optional domain and `/`";
        report.error(path, format!("`{key}` cannot be a label's key"), hint);
    }
    if !is_label_text(value) {
        let hint = "use at most 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit; other \
                    notes go to `annotations`";
        report.error(path, format!("`{value}` cannot be a label's value"), hint);
    }
}

fn is_label_text(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= LABEL_MAX
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && ends(text.chars().next())
        && ends(text.chars().last())
}
