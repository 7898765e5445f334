//! What stands before every answer: the headers that keep a browser in its bounds, and a check of the name that was
//! asked for.

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Token;

/// No script, style or image but our own, no request but to us, no frame around us; inline code never runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Puts the headers on whatever the answer is, refusals included.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Where no token is asked for, only `localhost` and addresses are answered to. A page from elsewhere can give its own
/// name our address (DNS rebinding), and then read what we say in the reader's browser; it cannot do that with an
/// address. With a token it would not have it.
pub(super) async fn host(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    if token.is_some() || is_own_name(request.headers()) {
        return next.run(request).await;
    }
    let text = "without a token this answers to localhost and to IP addresses alone: ask by one of these, or start the \
                controller with --api-token-file FILE\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

/// No name at all is none of a browser's.
fn is_own_name(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_our_own_names_and_no_other() {
        let own =
            |host: &'static str| is_own_name(&HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]));
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "10.2.3.4", "[::1]:8080", "[::1]"] {
            assert!(own(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "", "a b", "1.2.3"] {
            assert!(!own(host), "{host}");
        }
        assert!(is_own_name(&HeaderMap::new()));
    }
}
