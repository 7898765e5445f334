//! What may be concluded from an object's absence. Pure.

use std::fmt;

/// What it means that a read holds no such object. Whoever removes anything acts on [`Absence::Unwanted`] alone.
///
/// A source says it of what it read ([`Snapshot::absence`](super::Snapshot)), and
/// [`Merged::absence`](super::last_good::Merged::absence) of what is wanted now, where nothing may be rejected either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The read is known to be the whole of what is wanted: what is not in it is not wanted.
    Unwanted,
    /// It may be wanted all the same.
    InDoubt(Doubt),
}

/// Why absence says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing was read yet.
    NotRead,
    /// The last read failed.
    Unreadable,
    /// The source was emptied, which changes nothing.
    Emptied,
    /// Something was rejected, and it is not known which objects that is.
    Rejected,
    /// A prefix in S3 without a `revision.json` that fits it: half of an upload can look whole.
    NoRevision,
}

impl Absence {
    /// Why nothing may be concluded; `None` where something may.
    pub fn doubt(&self) -> Option<&Doubt> {
        match self {
            Self::Unwanted => None,
            Self::InDoubt(doubt) => Some(doubt),
        }
    }
}

impl Default for Absence {
    /// Before the first read.
    fn default() -> Self {
        Self::InDoubt(Doubt::NotRead)
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRead => "the source was not read yet",
            Self::Unreadable => "the source could not be read the last time",
            Self::Emptied => "the source holds no ServiceScaling any more",
            Self::Rejected => "something in the source is rejected, or held at its last good version; mend it",
            Self::NoRevision => {
                "there is no revision.json, so that half of an upload could look whole; upload the objects by \
                 `ecs-scaling publish`, which writes it"
            }
        })
    }
}
