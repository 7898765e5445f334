//! `validate`: all findings of all files; AWS is asked for nothing but objects in S3.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::terminal::{self, counted};
use super::{Done, Output, objects};
use crate::api::finding::{Finding, Severity};
use crate::api::types::API_VERSION;
use crate::controller::Clock;
use crate::settings::location;
use crate::source::Snapshot;
use crate::source::location::Location;

#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Directories and files with objects, and s3://BUCKET/PREFIX
    #[arg(required = true, value_name = "PATH", value_parser = location())]
    paths: Vec<Location>,
    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

pub(super) async fn run(args: ValidateArgs) -> Result<Done> {
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    for path in &args.paths {
        let read = objects::snapshot(path, None).await?;
        files.extend(read.files);
        refused.extend(read.refused);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    let files_read = files.len();
    let loaded = Snapshot { refused, ..Snapshot::new(files) }.load_at(Some(Clock::system().now()));
    let findings: Vec<Finding> = loaded.findings.into_iter().map(|finding| promote(finding, args.strict)).collect();
    let errors = objects::count(&findings, Severity::Error);
    let objects: usize =
        [loaded.desired.services.len(), loaded.desired.accounts.len(), loaded.desired.profiles.len()].iter().sum();
    match args.output {
        Output::Json => {
            let body = json!({ "apiVersion": API_VERSION, "findings": findings });
            terminal::print(&super::json(&body)?)?;
        }
        Output::Text => {
            let found: String = findings.iter().map(terminal::finding).collect();
            let warnings = objects::count(&findings, Severity::Warning);
            terminal::print(&format!(
                "{found}{}, {}: {}, {}.\n",
                counted(files_read, "file"),
                counted(objects, "valid object"),
                counted(errors, "error"),
                counted(warnings, "warning"),
            ))?;
        }
    }
    Ok(if errors > 0 { Done::Wrong } else { Done::Well })
}

fn promote(finding: Finding, strict: bool) -> Finding {
    if strict { Finding { severity: Severity::Error, ..finding } } else { finding }
}
