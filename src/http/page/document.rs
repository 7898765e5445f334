//! The frame of every page, and the one way out of here.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::super::Served;
use super::parts::mode;
use crate::api::desired::Mode;
use crate::diagnose::parse::sanitise;

/// The way from a page up to `/`, relative, so that the page may stand behind a proxy's prefix.
#[derive(Clone, Debug)]
pub(super) struct Root(String);

impl Root {
    /// Of a page that stands beside `/`.
    pub(super) fn top() -> Self {
        Self("./".to_owned())
    }

    /// Of a page so many segments further down.
    pub(super) fn below(depth: usize) -> Self {
        if depth == 0 { Self::top() } else { Self("../".repeat(depth)) }
    }

    /// A link to a path below `/`.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// Which of the pages it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    Objects,
    Object,
    Accounts,
    Config,
}

/// A page without its content.
pub(super) struct Document {
    pub(super) title: String,
    pub(super) here: Here,
    pub(super) root: Root,
}

impl Document {
    /// The answer: `form` stays as it is while the script replaces `content`.
    pub(super) fn response(self, status: StatusCode, served: &Served, form: Markup, content: Markup) -> Response {
        let Self { title, here, root } = self;
        let body = html! {
            header.top {
                a.brand href=(root.to("")) { "ecs-scaling" }
                nav aria-label="Pages" {
                    (entry(&root, "", "Objects", here == Here::Objects))
                    (entry(&root, "accounts", "Accounts", here == Here::Accounts))
                    (entry(&root, "config", "Configuration", here == Here::Config))
                }
                @if served.mode == Mode::Observe { (mode(Mode::Observe)) }
                span #said role="status" {}
            }
            main #main { (form) div #live { (content) } }
            footer {
                "Version " (env!("CARGO_PKG_VERSION")) " · owner " code { (served.owner) } " · as JSON: "
                a href=(root.to("api/v1/servicescalings")) { "objects" } ", "
                a href=(root.to("api/v1/accounts")) { "accounts" } ", "
                a href=(root.to("api/v1/config")) { "configuration" } " · "
                a href=(root.to("metrics")) { "metrics" }
            }
        };
        send(status, &title, &root, body)
    }
}

/// A page that shows nothing of the state.
pub(super) fn plain(status: StatusCode, title: &str, root: &Root, content: Markup) -> Response {
    let body = html! {
        header.top { a.brand href=(root.to("")) { "ecs-scaling" } }
        main #main { (content) }
    };
    send(status, title, root, body)
}

fn entry(root: &Root, path: &str, name: &str, is_here: bool) -> Markup {
    html! { a href=(root.to(path)) aria-current=[is_here.then_some("page")] { (name) } }
}

fn send(status: StatusCode, title: &str, root: &Root, body: Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · ecs-scaling" }
                link rel="icon" type="image/svg+xml" href=(root.to("page.svg"));
                link rel="stylesheet" href=(root.to("page.css"));
                script src=(root.to("page.js")) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    };
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], visible(&page.into_string())).into_response()
}

/// The page with every character written out that would move, hide or reverse what is beside it, wherever it came from;
/// line breaks stay.
fn visible(page: &str) -> String {
    page.split('\n').map(sanitise).collect::<Vec<_>>().join("\n")
}
