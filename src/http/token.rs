//! The token of the API and the status page.
//!
//! Programs send it as `Authorization: Bearer TOKEN`; a browser asks for a user name and a password, of which the
//! password is the token and the name is of no account.

use std::path::Path;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{AppendHeaders, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What makes a browser ask for the token.
const BASIC: &str = "Basic realm=\"ecs-scaling\", charset=\"UTF-8\"";

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

/// The token that a request carries.
fn offered(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest.trim()).ok()).flatten()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

/// Lets a request through that carries the token, where one is asked for.
pub(super) async fn check(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    match (&token, offered(request.headers())) {
        (None, _) => next.run(request).await,
        (Some(token), Some(offered)) if token.admits(&offered) => next.run(request).await,
        _ => {
            let text = "the API token is needed. In a browser: as the password, with any user name. \
                        get and describe: --token-file FILE. Others: Authorization: Bearer TOKEN\n";
            let ask = AppendHeaders([(header::WWW_AUTHENTICATE, BASIC), (header::WWW_AUTHENTICATE, "Bearer")]);
            (StatusCode::UNAUTHORIZED, ask, text).into_response()
        }
    }
}
