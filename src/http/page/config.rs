//! `/config`: the source as it was last read, what was refused and what is held.

use maud::{Markup, html};

use super::super::Served;
use super::parts::{ago, badge};
use crate::api::finding::{Finding, Severity};
use crate::api::resource::Excerpt;

/// The page below its frame.
pub(super) fn content(served: &Served) -> Markup {
    let (config, now) = (served.state.config(), served.clock.now());
    let standing = match config.read_at {
        None if config.error.is_none() => badge("doubt", "?", "not read yet"),
        _ if config.successful => badge("good", "✓", "taken whole"),
        _ => badge("bad", "✕", "not all of it was taken"),
    };
    html! {
        h1 { "Configuration " (standing) }
        @if let Some(error) = &config.error { p { (error) } p.hint { "The last good objects are kept until the source can be read and taken." } }
        dl.facts {
            @if !config.source.is_empty() { dt { "Source" } dd { code { (config.source) } } }
            @if !config.revision.is_empty() { dt { "Revision" } dd { code { (config.revision) } } }
            @if let Some(at) = config.read_at { dt { "Read" } dd { (ago(now, at)) } }
        }
        @if !config.held.is_empty() {
            section {
                h2 { "Held" }
                p.muted { "What is done for these follows their last good version, or waits for the first one." }
                ul { @for held in &config.held { li { (held) } } }
            }
        }
        (group("Refused", Severity::Error, &config.findings, &config.excerpts))
        (group("Warnings", Severity::Warning, &config.findings, &config.excerpts))
        @if config.findings.is_empty() && config.read_at.is_some() { p.muted { "Nothing is wrong with the files." } }
    }
}

fn group(title: &str, severity: Severity, findings: &[Finding], excerpts: &[Excerpt]) -> Markup {
    let of_group: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == severity).collect();
    html! {
        @if !of_group.is_empty() {
            section { h2 { (title) " " span.muted { (of_group.len()) } } @for finding in of_group { (one(finding, excerpts)) } }
        }
    }
}

fn one(finding: &Finding, excerpts: &[Excerpt]) -> Markup {
    let line = excerpts.iter().find(|excerpt| excerpt.file == finding.file && excerpt.line == finding.line);
    let (class, shape) = match finding.severity {
        Severity::Error => ("bad", "✕"),
        Severity::Warning => ("doubt", "!"),
    };
    html! {
        article.finding {
            p {
                (badge(class, shape, if finding.severity == Severity::Error { "error" } else { "warning" })) " "
                code { (finding.file) ":" (finding.line) ":" (finding.column) }
                @if !finding.path.is_empty() { " " span.muted { (finding.path) } }
            }
            p { (finding.message) }
            @if let Some(line) = line { pre tabindex="0" { (pointed(line, finding.column)) } }
            @if !finding.hint.is_empty() { p.hint { (finding.hint) } }
        }
    }
}

/// The line, and below it a mark at the column.
fn pointed(line: &Excerpt, column: usize) -> String {
    let number = line.line.to_string();
    let text = line.text.replace('\t', " ");
    if column > text.chars().count() + 1 {
        return format!("{number} | {text}");
    }
    format!("{number} | {text}\n{} | {}^", " ".repeat(number.len()), " ".repeat(column.saturating_sub(1)))
}
