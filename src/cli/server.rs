//! The HTTP API of a running daemon, as a client.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use reqwest::StatusCode;

use super::terminal::{self, counted, plain};
use crate::api::desired::ObjectKey;
use crate::api::finding::Severity;
use crate::api::resource::{ConfigStatus, Resource, ResourceList};

/// The most that a daemon answers with, in bytes: thousands of objects take a tenth of it.
const LONGEST_ANSWER: usize = 128 * 1024 * 1024;

/// How the daemon is reached.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// The daemon's address
    #[arg(long, env = "ECS_SCALING_SERVER", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// File with the API token, where the daemon asks for one
    #[arg(long, env = "ECS_SCALING_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl ServerArgs {
    /// Every object.
    pub(super) async fn list(&self) -> Result<Vec<Resource>> {
        let list: Option<ResourceList> = self.fetch("/api/v1/servicescalings").await?;
        Ok(list.map(|list| list.items).unwrap_or_default())
    }

    /// One object; an error that names those there are when it is not among them.
    pub(super) async fn one(&self, key: &ObjectKey) -> Result<Resource> {
        let path = format!("/api/v1/servicescalings/{}/{}", key.namespace, key.name);
        if let Some(found) = self.fetch(&path).await? {
            return Ok(found);
        }
        let names: Vec<String> =
            self.list().await?.iter().map(|r| format!("{}/{}", r.metadata.namespace, r.metadata.name)).collect();
        let there_are =
            if names.is_empty() { "there are none".to_owned() } else { format!("there are: {}", names.join(", ")) };
        bail!("there is no ServiceScaling {key}; {there_are}")
    }

    /// Says on standard error where what is served is not what the files say.
    pub(super) async fn warn_of_source(&self) -> Result<()> {
        let config: Option<ConfigStatus> = self.fetch("/api/v1/config").await?;
        if let Some(config) = config {
            terminal::complain(&warning(&config));
        }
        Ok(())
    }

    async fn fetch<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let mut request = client.get(&url);
        if let Some(file) = &self.token_file {
            let token = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            request = request.bearer_auth(token.trim());
        }
        let reply = match request.send().await {
            Err(error) if error.is_connect() => bail!(
                "no daemon answers at {}: {}; start one with `ecs-scaling run`, or name another with --server URL",
                self.server,
                root_cause(&error)
            ),
            reply => reply.with_context(|| format!("asking the daemon at {}", self.server))?,
        };
        match reply.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => bail!("the daemon asks for its API token: --token-file FILE"),
            status if status.is_success() => {
                let body = body(reply, &url).await?;
                serde_json::from_slice(&body).map(Some).with_context(|| format!("{url} is not the API of ecs-scaling"))
            }
            status => bail!("the daemon answered {status} to {url}"),
        }
    }
}

async fn body(mut reply: reqwest::Response, url: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.context("reading the daemon's answer")? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            bail!("{url} answers with more than {LONGEST_ANSWER} bytes: it is not the API of ecs-scaling");
        }
    }
    Ok(body)
}

/// What the connection itself says, without the layers around it.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// What keeps the files from being taken whole; nothing where nothing does.
fn warning(config: &ConfigStatus) -> String {
    if config.successful || (config.read_at.is_none() && config.error.is_none()) {
        return String::new();
    }
    let mut text = String::from("warning: the files are not taken as they are; what is shown may be an older state\n");
    for line in config.error.iter().chain(&config.held) {
        text += &format!("    {}\n", plain(line));
    }
    let errors = config.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        text += &format!("    {} in the files: `ecs-scaling validate PATH` shows them\n", counted(errors, "error"));
    }
    text
}

/// `NAME` or `NAMESPACE/NAME`.
pub(super) fn object_key(text: &str, namespace: &str) -> ObjectKey {
    match text.split_once('/') {
        Some((namespace, name)) => ObjectKey::new(namespace, name),
        None => ObjectKey::new(namespace, text),
    }
}
