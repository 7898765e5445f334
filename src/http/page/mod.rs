//! The status page: what the API gives, for people with a browser. Read-only, and whole without JavaScript.
//!
//! Owns how things look; what they are is read from the one state. Every text that comes from AWS or YAML is escaped
//! because it is no markup by its type (`maud`), and [`document`] makes what cannot be seen visible, for the whole page at
//! once. Must not hold inline style or script: the policy of `guard` refuses both.

mod accounts;
mod chart;
mod conditions;
mod config;
mod document;
mod links;
mod list;
mod object;
mod parts;
mod policies;

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query, State as Extract};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::html;

use self::document::{Document, Here, Root};
use self::list::View;
use super::Served;
use crate::api::desired::ObjectKey;
use crate::api::finding::nearest;

/// The page and what it is made of.
pub(super) fn routes() -> Router<Served> {
    Router::new()
        .route("/", get(objects))
        .route("/objects/{namespace}/{name}", get(one))
        .route("/accounts", get(show_accounts))
        .route("/config", get(show_config))
        .route("/page.css", get(|| asset("text/css; charset=utf-8", include_str!("page.css"))))
        .route("/page.js", get(|| asset("text/javascript; charset=utf-8", include_str!("page.js"))))
        .route("/page.svg", get(|| asset("image/svg+xml", include_str!("page.svg"))))
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn objects(Extract(served): Extract<Served>, Query(query): Query<HashMap<String, String>>) -> Response {
    let shown = list::page(&served, &View::read(&query));
    Document { title: shown.title, here: Here::Objects, root: Root::top() }.response(
        StatusCode::OK,
        &served,
        shown.form,
        shown.content,
    )
}

async fn one(Extract(served): Extract<Served>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let (key, root) = (ObjectKey::new(namespace, name), Root::below(2));
    let (status, content) = match served.state.object(&key) {
        Some(view) => (StatusCode::OK, object::content(&view, &root, served.clock.now())),
        None => (StatusCode::NOT_FOUND, no_object(&served, &key, &root)),
    };
    Document { title: key.name, here: Here::Object, root }.response(status, &served, html! {}, content)
}

async fn show_accounts(Extract(served): Extract<Served>) -> Response {
    let content = accounts::content(&served);
    Document { title: "Accounts".into(), here: Here::Accounts, root: Root::top() }.response(
        StatusCode::OK,
        &served,
        html! {},
        content,
    )
}

async fn show_config(Extract(served): Extract<Served>) -> Response {
    let content = config::content(&served);
    Document { title: "Configuration".into(), here: Here::Config, root: Root::top() }.response(
        StatusCode::OK,
        &served,
        html! {},
        content,
    )
}

/// The object that is not there, and the one that was meant.
fn no_object(served: &Served, key: &ObjectKey, root: &Root) -> maud::Markup {
    let known = served.state.map_objects(|view| view.desired.key.clone());
    let written = key.to_string();
    let names: Vec<String> = known.iter().map(ObjectKey::to_string).collect();
    let meant = nearest(&written, names.iter().map(String::as_str))
        .and_then(|name| known.iter().find(|key| key.to_string() == name));
    html! {
        h1 { "There is no object " code { (written) } }
        @if let Some(meant) = meant {
            p { "Was " a href=(links::object(root, meant)) { (meant) } " meant?" }
        }
        p {
            "An object that was taken out of the files is no longer shown; one that was refused is on the "
            a href=(root.to("config")) { "configuration" } " page. "
            a href=(root.to("")) { "All " (known.len()) " objects" } "."
        }
    }
}

/// Whatever has no other answer. It tells nothing of the state, so it asks for no token.
pub(super) async fn nothing_here(uri: Uri) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") {
        let text = "nothing is here; the API is at /api/v1/servicescalings, /api/v1/accounts and /api/v1/config\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    let root = Root::below(path.matches('/').count().saturating_sub(1));
    let content = html! {
        h1 { "Nothing is at " code { (path) } }
        p { "What there is: "
            a href=(root.to("")) { "objects" } ", " a href=(root.to("accounts")) { "accounts" } ", "
            a href=(root.to("config")) { "configuration" } "."
        }
    };
    document::plain(StatusCode::NOT_FOUND, "Nothing here", &root, content)
}

#[cfg(test)]
mod tests;
