//! An object as the HTTP API gives it: in its own shape, with its status.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::finding::Finding;
use super::status::Status;
use super::types::API_VERSION;

/// One object with its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// The API version.
    pub api_version: String,
    /// `ServiceScaling`.
    pub kind: String,
    /// Name, namespace, labels, generation.
    pub metadata: Metadata,
    /// As the user wrote it.
    pub spec: Value,
    /// What became of it.
    pub status: Status,
    /// What it manages, once its account is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
}

/// An object's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// `default` when unset.
    pub namespace: String,
    /// The object's name.
    pub name: String,
    /// The object's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Grows with each change of the spec in this process.
    pub generation: u64,
    /// Where the object stands: file, line and column.
    pub source: String,
}

/// What an object manages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
}

/// A list of objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceList {
    /// The API version.
    pub api_version: String,
    /// `ServiceScalingList`.
    pub kind: String,
    /// The objects, by namespace and name.
    pub items: Vec<Resource>,
}

impl ResourceList {
    /// A list of objects.
    pub fn new(items: Vec<Resource>) -> Self {
        Self { api_version: API_VERSION.to_owned(), kind: "ServiceScalingList".to_owned(), items }
    }
}

/// The source of the objects, as it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigStatus {
    /// The API version.
    pub api_version: String,
    /// Where the files are; empty before the first read.
    pub source: String,
    /// Whether the last read was taken without rejecting anything.
    pub successful: bool,
    /// What was taken last: what the source itself calls it, else a short hash of all files.
    pub revision: String,
    /// When a read was last taken; unset before the first.
    pub read_at: Option<Timestamp>,
    /// Why nothing is concluded from an object's absence; unset where what is not in the source is known to be
    /// unwanted.
    pub absence_in_doubt: Option<String>,
    /// Why the source could not be read, or not be taken.
    pub error: Option<String>,
    /// Objects of which the last good version is held, or of which there is none yet, and why.
    pub held: Vec<String>,
    /// What is wrong with the files, or worth saying.
    pub findings: Vec<Finding>,
    /// The lines that the findings stand at, each once.
    pub excerpts: Vec<Excerpt>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Excerpt {
    /// The file, as the source names it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The line as it stands there, its first 200 characters.
    pub text: String,
}
