//! The one seam: a source of either kind, by its location.

use std::fmt;

use super::directory::{DirectorySource, Timing, read_files};
use super::location::Location;
use super::s3::S3Source;
use super::{Snapshot, SourceError};
use crate::aws::Aws;

/// Where objects come from.
pub enum Source {
    /// A directory or one file.
    Directory(DirectorySource),
    /// A prefix of a bucket.
    S3(Box<S3Source>),
}

impl Source {
    /// A source at a location. Nothing is read yet.
    pub fn at(location: Location, timing: Timing, aws: &Aws) -> Self {
        match location {
            Location::Path(path) => Self::Directory(DirectorySource::new(path, timing)),
            Location::S3(prefix) => {
                let bucket = aws.bucket(prefix.bucket());
                Self::S3(Box::new(S3Source::new(prefix, bucket, timing)))
            }
        }
    }

    /// Waits for a settled snapshot that differs from the one given last; the first call gives the first. May be
    /// dropped and called again.
    ///
    /// # Errors
    /// Where the source cannot be read completely; the next call tries again.
    pub async fn next(&mut self) -> Result<Snapshot, SourceError> {
        match self {
            Self::Directory(directory) => directory.next().await,
            Self::S3(s3) => Box::pin(s3.next()).await,
        }
    }

    /// Reads once, for commands: a directory as it is, whose user knows that the files are whole; a prefix when it is
    /// settled, since others may be writing to it.
    ///
    /// # Errors
    /// Where the source cannot be read completely.
    pub async fn once(&mut self) -> Result<Snapshot, SourceError> {
        match self {
            Self::Directory(directory) => read_files(directory.root()).map(Snapshot::new),
            Self::S3(s3) => Box::pin(s3.next()).await,
        }
    }
}

/// Where it is, for people.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.root().display().fmt(f),
            Self::S3(s3) => s3.prefix().fmt(f),
        }
    }
}
