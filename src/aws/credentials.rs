//! The controller's own credentials: from one source, and never from another when that one fails.
//!
//! The SDK's default chain goes on to the next source where a profile is not found, or a role's ARN is not set, and so
//! takes what nobody meant. Here the source is chosen once, in the order of the SDK's chain, by what is configured; how it
//! then fails names it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use super::call::causes;
use crate::model::credentials::{CredentialFault, CredentialSource, Refused};

/// A little less than an attempt, so that what took too long has a name.
const PATIENCE: Duration = Duration::from_millis(4500);
const CONTAINER_HOST: &str = "http://169.254.170.2";
const DEFAULT_PROFILE: &str = "default";

/// Credentials from one source, whose failures name it.
#[derive(Debug)]
pub(super) struct Named {
    source: CredentialSource,
    inner: SharedCredentialsProvider,
}

impl Named {
    pub(super) fn new(source: CredentialSource, inner: impl ProvideCredentials + 'static) -> Self {
        Self { source, inner: SharedCredentialsProvider::new(inner) }
    }

    pub(super) fn source(&self) -> &CredentialSource {
        &self.source
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let loaded = tokio::time::timeout(PATIENCE, self.inner.provide_credentials()).await;
        let failed =
            |text| CredentialsError::provider_error(Unusable { source: self.source.clone(), text, error: None });
        match loaded {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => {
                let (source, text) = (self.source.clone(), said(&error));
                Err(CredentialsError::provider_error(Unusable { source, text, error: Some(error) }))
            }
            Err(_) => Err(failed(format!("no answer within {PATIENCE:?}"))),
        }
    }
}

impl ProvideCredentials for Named {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

/// A source that gave no credentials.
#[derive(Debug, thiserror::Error)]
#[error("{source}: {text}")]
struct Unusable {
    #[source]
    error: Option<CredentialsError>,
    text: String,
    source: CredentialSource,
}

/// The controller's own credentials, by what is configured.
pub(super) async fn own(config: &ProviderConfig) -> Named {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    if set("AWS_ACCESS_KEY_ID").or_else(|| set("AWS_SECRET_ACCESS_KEY")).is_some() {
        return Named::new(CredentialSource::Environment, EnvironmentVariableCredentialsProvider::new());
    }
    let profile = |name: &str| {
        let provider = ProfileFileCredentialsProvider::builder().configure(config).profile_name(name).build();
        Named::new(CredentialSource::Profile(name.to_owned()), provider)
    };
    if let Some(name) = set("AWS_PROFILE") {
        return profile(&name);
    }
    if is_there(&set, "AWS_CONFIG_FILE", "config") || is_there(&set, "AWS_SHARED_CREDENTIALS_FILE", "credentials") {
        // Only the SDK knows whether the default profile speaks of credentials; it says so without a cause.
        let default = profile(DEFAULT_PROFILE);
        let tried = tokio::time::timeout(PATIENCE, default.inner.provide_credentials()).await;
        let is_silent =
            matches!(&tried, Ok(Err(e @ CredentialsError::CredentialsNotLoaded(_))) if e.source().is_none());
        if !is_silent {
            return default;
        }
    }
    if let Some(token_file) = set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        let provider = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
        return Named::new(CredentialSource::WebIdentity { token_file, role_arn: set("AWS_ROLE_ARN") }, provider);
    }
    // The path of a task's URL is a secret of the task.
    let relative = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|_| CONTAINER_HOST.to_owned());
    if let Some(url) = relative.or_else(|| set("AWS_CONTAINER_CREDENTIALS_FULL_URI").map(|url| without_secrets(&url))) {
        let provider = EcsCredentialsProvider::builder().configure(config).build();
        let token_file = set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        return Named::new(CredentialSource::Container { url, token_file }, provider);
    }
    Named::new(CredentialSource::Instance, ImdsCredentialsProvider::builder().configure(config).build())
}

/// Whether a file of the shared configuration exists: where its variable says, or in its usual place.
fn is_there(set: &impl Fn(&str) -> Option<String>, variable: &str, usual: &str) -> bool {
    let usual = || set("HOME").map(|home| Path::new(&home).join(".aws").join(usual));
    set(variable).map(PathBuf::from).or_else(usual).is_some_and(|path| path.exists())
}

/// A URL without user, query and fragment.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{}", path.map_or_else(String::new, |path| format!("/{path}")))
        }
        None => url.to_owned(),
    }
}

/// How credentials failed: of a chain of sources the first link that did, which is the innermost.
pub(super) fn fault(error: &(dyn Error + 'static)) -> (CredentialFault, String) {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    let unusable = chain.filter_map(|error| error.downcast_ref::<Unusable>()).last();
    let refused = unusable.and_then(|unusable| refusal(unusable.error.as_ref()?));
    let fault = |refused| CredentialFault { source: unusable.map(|unusable| unusable.source.clone()), refused };
    match (refused, unusable) {
        (Some((refused, message)), _) => (fault(Some(refused)), message),
        (None, Some(unusable)) => (fault(None), unusable.text.clone()),
        (None, None) => (fault(None), causes(error)),
    }
}

/// What AWS refused within an error.
fn refusal(error: &(dyn Error + 'static)) -> Option<(Refused, String)> {
    let said = |operation: &str, error: &dyn ProvideErrorMetadata| {
        let refused = Refused { operation: operation.to_owned(), code: error.code()?.to_owned() };
        Some((refused, error.message().unwrap_or("AWS gave no message").to_owned()))
    };
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| {
        let role = error.downcast_ref::<AssumeRoleError>().and_then(|error| said("AssumeRole", error));
        let web = || error.downcast_ref::<AssumeRoleWithWebIdentityError>();
        role.or_else(|| web().and_then(|error| said("AssumeRoleWithWebIdentity", error)))
    })
}

/// What the SDK wraps around a cause, which says nothing.
const WRAPPINGS: [&str; 6] = [
    "an error occurred while loading credentials: ",
    "the credential provider was not enabled: ",
    "the credentials provider was not properly configured: ",
    "unexpected credentials error: ",
    "ProfileFile provider could not be built: ",
    "dispatch failure: ",
];

/// The causes of an error, without what may be a secret: what a process wrote, and a URL's user and query.
fn said(error: &CredentialsError) -> String {
    let mut text = causes(error);
    if let Some(uri) = std::env::var("AWS_CONTAINER_CREDENTIALS_FULL_URI").ok().filter(|uri| !uri.is_empty()) {
        text = text.replace(&uri, &without_secrets(&uri));
    }
    for wrapping in WRAPPINGS {
        text = text.replace(wrapping, "");
    }
    match text.split_once(". Stderr:") {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_and_query() {
        for (url, shown) in [
            ("http://127.0.0.1:80/v1/credentials", "http://127.0.0.1:80/v1/credentials"),
            ("http://me:secret@localhost/x?token=secret#secret", "http://localhost/x"),
            ("https://localhost?secret", "https://localhost"),
            ("nonsense?secret", "nonsense"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
