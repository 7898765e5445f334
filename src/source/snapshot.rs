//! One complete read of a source, or why there is none.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::absence::Absence;
use crate::api::finding::{Finding, Severity};
use crate::api::load::{Held, Loaded, SourceFile, load_at};
use crate::model::failure::Failure;
use jiff::Timestamp;

/// A file that is not read for what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it is called, made harmless.
    pub file: String,
    /// What is wrong with it, to stand behind its kind's word.
    pub why: &'static str,
}

/// All files of a source, as they were at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    /// What is there by the name of an object and not read, so that nothing is concluded of it.
    pub refused: Vec<Refused>,
    /// What the source itself calls it; else a short hash of paths and contents.
    pub revision: String,
    /// What it means that an object is not in it, as far as the source can tell: whether a set half written could look
    /// whole. What is rejected of it is not looked at here; [`super::last_good::Merged::absence`] does.
    pub absence: Absence,
}

impl Snapshot {
    /// A snapshot of these files, which are known to be whole.
    pub fn new(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut hash = Sha256::new();
        for file in &files {
            for part in [file.path.as_bytes(), &file.bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        let revision = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { files, refused: Vec::new(), revision, absence: Absence::Unwanted }
    }

    /// What the files say; a refused one is a finding, and holds whatever it may stand for.
    pub fn load_at(&self, now: Option<Timestamp>) -> Loaded {
        let mut loaded = load_at(&self.files, now);
        for Refused { file, why } in &self.refused {
            loaded.findings.push(Finding {
                file: file.clone(),
                line: 1,
                column: 1,
                severity: Severity::Error,
                path: String::new(),
                message: format!("the key {why}, so it is not read"),
                hint: "delete the object, or upload it by another name".to_owned(),
            });
            loaded.held.push(Held { file: file.clone(), object: None });
        }
        loaded.findings.sort();
        loaded.held.sort();
        loaded
    }
}

/// Why a source could not be read completely. It never means that objects are gone: what was good before stays.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file or directory could not be opened or read.
    #[error("reading {}", path.display())]
    Unreadable {
        /// What was to be read.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A symlink leads out of the source, where anything may be.
    #[error("{} is a symlink that leads out of the source, to {}; put the file itself there", path.display(), target.display())]
    LeavesRoot {
        /// The symlink.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A symlink to a directory, which could lead in circles.
    #[error("{} is a symlink to a directory; put the directory itself there", path.display())]
    LinkedDirectory {
        /// The symlink.
        path: PathBuf,
    },
    /// A pipe, socket or device by the name of a YAML file.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// What it is called.
        path: PathBuf,
    },
    /// S3 did not answer, or not with what was asked for.
    #[error("{doing} {what}: {failure}; {hint}")]
    S3 {
        /// What was being done.
        doing: &'static str,
        /// What it was done to.
        what: String,
        /// What S3 said.
        failure: Box<Failure>,
        /// What a person does next.
        hint: String,
    },
    /// A prefix below which there is nothing at all: there are no empty directories in S3, so it may be misspelled.
    #[error("there is nothing below {location}; correct --config, or upload objects")]
    NothingThere {
        /// The prefix.
        location: String,
    },
    /// A prefix with more keys than anybody has objects.
    #[error("there are more than {limit} keys below {location}; give the objects a prefix of their own")]
    TooMany {
        /// The prefix.
        location: String,
        /// What is allowed.
        limit: usize,
    },
    /// The files kept changing, or one of them has no end.
    #[error("the files did not settle within {waited_seconds} s: {reason}")]
    Unsettled {
        /// How long was waited.
        waited_seconds: u64,
        /// What is in the way.
        reason: String,
    },
}
