//! What a prefix held at one moment, and when what was read of it counts. Pure.
//!
//! Single objects of S3 are written whole; what can be half done is a set of them. A read counts when two listings,
//! some time apart, are equal and every object was fetched by the ETag that is listed. Where there is a `revision.json`, it
//! says which ETags belong together, and a read that differs from it in anything never counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name;

/// The name of the object that is written last.
pub const REVISION: &str = "revision.json";

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Without its quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
}

/// What a complete listing held that matters here. Names are without the prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The YAML objects.
    pub objects: BTreeMap<String, Listed>,
    /// `revision.json`.
    pub revision: Option<Listed>,
    /// YAML objects whose names are refused, and why.
    pub refused: BTreeMap<String, &'static str>,
    /// There was nothing whatever, not even something else: the prefix does not exist.
    pub is_nothing: bool,
}

impl Listing {
    /// Sorts out what was listed.
    pub fn of(listed: impl IntoIterator<Item = (String, Listed)>) -> Self {
        let mut listing = Self { is_nothing: true, ..Self::default() };
        for (name, object) in listed {
            listing.is_nothing = false;
            if name == REVISION {
                listing.revision = Some(object);
            } else if !name::is_yaml(&name) {
                continue;
            } else if let Some(why) = name::objection(&name) {
                listing.refused.insert(name, why);
            } else if !name::is_hidden(&name) {
                listing.objects.insert(name, object);
            }
        }
        listing
    }
}

/// `revision.json`: the names and ETags that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// What it is called, such as a commit.
    pub revision: String,
    /// ETags, without their quotes, by the names below the prefix.
    pub objects: BTreeMap<String, String>,
}

impl Revision {
    /// Reads `revision.json`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut revision: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("{REVISION} is not understood: {error}"))?;
        revision.revision = Self::name(&revision.revision).map_err(|error| format!("{REVISION}: {error}"))?;
        for etag in revision.objects.values_mut() {
            *etag = unquoted(etag).to_owned();
        }
        Ok(revision)
    }

    /// A revision's name, as it may stand in a log line.
    ///
    /// # Errors
    /// One that is empty, longer than 128 characters, or not of printable ASCII.
    pub fn name(text: &str) -> Result<String, String> {
        let is_name = !text.is_empty() && text.len() <= 128 && text.chars().all(|c| c.is_ascii_graphic());
        is_name
            .then(|| text.to_owned())
            .ok_or_else(|| "a revision's name has 1 to 128 characters of printable ASCII".into())
    }
}

/// An ETag without its quotes.
pub fn unquoted(etag: &str) -> &str {
    etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"')).unwrap_or(etag)
}

/// Why what was listed and fetched does not count yet; `None` when it does.
pub fn unsettled(before: Option<&Listing>, now: &Listing, revision: Option<&Revision>) -> Option<String> {
    if let Some(reason) = revision.and_then(|revision| incomplete(now, revision)) {
        return Some(reason);
    }
    (before != Some(now)).then(|| "the objects keep changing".to_owned())
}

/// What keeps a listing from being just what the revision says.
pub fn incomplete(listing: &Listing, revision: &Revision) -> Option<String> {
    let called = &revision.revision;
    for (name, etag) in &revision.objects {
        let shown = name::shown(name);
        match listing.objects.get(name) {
            None => {
                return Some(format!("{REVISION} ({called}) says that there is {shown}, and there is not; {AGAIN}"));
            }
            Some(listed) if listed.etag != *etag => {
                return Some(format!("{shown} is not as {REVISION} ({called}) says; {AGAIN}"));
            }
            Some(_) => {}
        }
    }
    let strangers = listing.objects.keys().chain(listing.refused.keys());
    let stranger = strangers.into_iter().find(|name| !revision.objects.contains_key(*name))?;
    Some(format!("{} is not in {REVISION} ({called}); {AGAIN}", name::shown(stranger)))
}

const AGAIN: &str = "publish again, or wait for who is publishing";

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
