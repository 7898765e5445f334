//! One complete read of a source, or why there is none.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::api::absence::Completeness;
use crate::api::load::SourceFile;

/// All files of a source, as they were at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Sorted by path.
    pub files: Vec<SourceFile>,
    /// A short hash of paths and contents: equal revisions are equal files.
    pub revision: String,
    /// Whether these are all the files that there are.
    pub completeness: Completeness,
}

impl Snapshot {
    /// A snapshot of these files, which are all that there are.
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
        Self { files, revision, completeness: Completeness::Complete }
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
    /// The files kept changing, or one of them has no end.
    #[error("the files did not settle within {waited_seconds} s: {reason}")]
    Unsettled {
        /// How long was waited.
        waited_seconds: u64,
        /// What is in the way.
        reason: String,
    },
}
