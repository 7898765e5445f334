//! The API's token.

use std::path::Path;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A token file that cannot be used.
#[derive(Debug, Error)]
pub enum TokenError {
    /// It cannot be read.
    #[error("the token file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// It holds too little to be a secret.
    #[error("the token file {0} holds fewer than 16 characters")]
    TooShort(String),
}

/// A token, kept as its digest: neither a log nor a dump can show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Reads a token from a file; white space around it does not count.
    pub fn from_file(path: &Path) -> Result<Self, TokenError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| TokenError::Unreadable { path: shown.clone(), source })?;
        let token = text.trim();
        if token.len() < 16 { Err(TokenError::TooShort(shown)) } else { Ok(Self::of(token)) }
    }

    /// A token from its text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Compares digests, so that the time it takes tells nothing about the token.
    fn admits(&self, offered: &str) -> bool {
        *self == Self::of(offered)
    }
}

/// Lets a request through that carries the token, where one is asked for.
pub(super) async fn check(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    let offered = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match (&token, offered) {
        (None, _) => next.run(request).await,
        (Some(token), Some(offered)) if token.admits(offered) => next.run(request).await,
        _ => {
            let text = "send the API token: Authorization: Bearer TOKEN (get and describe: --token-file)\n";
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], text).into_response()
        }
    }
}
