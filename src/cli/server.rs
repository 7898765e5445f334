//! The HTTP API of a running daemon, as a client.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use reqwest::StatusCode;

use crate::api::desired::ObjectKey;
use crate::api::resource::{Resource, ResourceList};

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
        bail!("there is no ServiceScaling {key}; there are: {}", names.join(", "))
    }

    async fn fetch<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let mut request = client.get(&url);
        if let Some(file) = &self.token_file {
            let token = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            request = request.bearer_auth(token.trim());
        }
        let reply = request.send().await.with_context(|| {
            format!("asking the daemon at {} (is `ecs-scaling run` up? --server names another)", self.server)
        })?;
        match reply.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => bail!("the daemon asks for its API token: --token-file FILE"),
            status if status.is_success() => {
                let body = reply.text().await.context("reading the daemon's answer")?;
                serde_json::from_str(&body).map(Some).with_context(|| format!("{url} is not the API of ecs-scaling"))
            }
            status => bail!("the daemon answered {status} to {url}"),
        }
    }
}

/// `NAME` or `NAMESPACE/NAME`.
pub(super) fn object_key(text: &str, namespace: &str) -> ObjectKey {
    match text.split_once('/') {
        Some((namespace, name)) => ObjectKey::new(namespace, name),
        None => ObjectKey::new(namespace, text),
    }
}
