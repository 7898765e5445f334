//! The pages, over a real socket: what they show, and what no text can make of them.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use super::super::{Served, Token, serve};
use crate::api::desired::{Mode, ObjectKey, ServiceScaling};
use crate::api::finding::{Finding, Severity};
use crate::api::fix::{Fix, PolicyEdit};
use crate::api::load::{SourceFile, load};
use crate::api::resource::Excerpt;
use crate::api::status::{
    CapacityStatus, Condition, ConditionStatus, ConditionType, Event, EventReason, EventType, FiringStatus, Reason,
    ResourceStatus, ScheduleStatus, Status,
};
use crate::controller::{Clock, ConfigView, ObjectView, State};
use crate::metrics::Metrics;
use crate::model::names::{AccountId, Region, ScopeId, TargetKey};

const OBJECT: &str = include_str!("../../../deploy/examples/search-api.yaml");
const NOW: &str = "2026-03-02T09:00:00Z";

/// What somebody might put into any text.
const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)></pre>&lt;\u{1b}[2J\u{202e}\u{0}javascript:alert(1)";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn example() -> ServiceScaling {
    static LOADED: LazyLock<ServiceScaling> = LazyLock::new(|| {
        let loaded = load(&[SourceFile { path: "search-api.yaml".into(), bytes: OBJECT.into() }]);
        loaded.desired.services.into_values().next().unwrap()
    });
    LOADED.clone()
}

fn condition(kind: ConditionType, status: ConditionStatus, reason: Reason, message: &str) -> Condition {
    Condition {
        kind,
        status,
        reason,
        message: message.to_owned(),
        hint: String::new(),
        fix: Fix::default(),
        last_transition_time: now() - jiff::SignedDuration::from_mins(5),
        observed_generation: 1,
    }
}

fn object(name: &str, ready: ConditionStatus, desired_count: i32) -> ObjectView {
    let mut desired = example();
    desired.key = ObjectKey::new("default", name);
    let scope = ScopeId { account: AccountId::new("111122223333"), region: Region::new("ap-northeast-2") };
    let key = TargetKey { scope, service: desired.service.clone() };
    let reason = if ready == ConditionStatus::True { Reason::AsWanted } else { Reason::AccessDenied };
    let conditions = ConditionType::ALL.iter().filter(|kind| **kind == ConditionType::Ready || kind.counts());
    let status = Status {
        conditions: conditions.map(|kind| condition(*kind, ready, reason, "as it is")).collect(),
        capacity: Some(CapacityStatus { min: Some(2), max: Some(20), desired: desired_count, running: 2 }),
        ..Status::default()
    };
    ObjectView { desired: Arc::new(desired), key: Some(key), generation: 1, status, plan: None }
}

struct Site {
    base: String,
    state: Arc<State>,
    client: Client,
}

impl Site {
    async fn of(objects: Vec<ObjectView>) -> Self {
        Self::guarded(objects, None).await
    }

    async fn guarded(objects: Vec<ObjectView>, token: Option<Token>) -> Self {
        let interval = Duration::from_secs(60);
        let (state, metrics) = (Arc::new(State::default()), Arc::new(Metrics::new(interval).unwrap()));
        objects.into_iter().for_each(|object| state.put(object));
        let (clock, owner) = (Clock::starting_at(now()), "it".to_owned());
        let served = Served { state: state.clone(), metrics, clock, interval, token, owner, mode: Mode::Apply };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, served, std::future::pending()));
        Self { base, state, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.base));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> String {
        self.ask(Method::GET, path, &[]).await.text().await.unwrap()
    }

    /// The objects of the list, in their order.
    async fn names(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/{query}")).await;
        let links = page.split("href=\"./objects/default/").skip(1);
        links.filter_map(|rest| rest.split('"').next().map(str::to_owned)).collect()
    }
}

fn hostile() -> ObjectView {
    let mut view = object("hostile", ConditionStatus::False, 2);
    let mut desired = (*view.desired).clone();
    desired.key = ObjectKey::new(HOSTILE, HOSTILE);
    desired.labels = [(HOSTILE.to_owned(), HOSTILE.to_owned())].into();
    desired.spec = json!({ HOSTILE: HOSTILE });
    desired.account = HOSTILE.into();
    desired.service = crate::model::names::ServiceId::new(HOSTILE, HOSTILE);
    desired.position.file = HOSTILE.to_owned();
    desired.policies[0].name = HOSTILE.into();
    desired.policies[0].alarms[0].name = HOSTILE.into();
    let key = view.key.as_mut().unwrap();
    (key.service, key.scope.region) = (desired.service.clone(), Region::new(HOSTILE));
    view.desired = Arc::new(desired);
    for condition in &mut view.status.conditions {
        (condition.message, condition.hint) = (HOSTILE.to_owned(), HOSTILE.to_owned());
    }
    view.status.conditions[2].fix = Fix {
        denied: vec![HOSTILE.to_owned()],
        edits: vec![PolicyEdit { edit: HOSTILE.to_owned(), edited_statements: vec![json!({ HOSTILE: HOSTILE })] }],
        notes: vec![HOSTILE.to_owned()],
        command: Some(HOSTILE.to_owned()),
        still_needed: vec![HOSTILE.to_owned()],
        needed: vec![HOSTILE.to_owned()],
    };
    let text = || Some(HOSTILE.to_owned());
    view.status.resources =
        vec![ResourceStatus { kind: "Alarm".into(), name: HOSTILE.into(), arn: text(), state: text(), policy: text() }];
    let firing = FiringStatus {
        scheduled_action_name: HOSTILE.to_owned(),
        time: now(),
        local_time: HOSTILE.to_owned(),
        min_capacity: Some(1),
        max_capacity: None,
    };
    let schedule =
        ScheduleStatus { last: Some(firing.clone()), next: Some(firing), min_set_by: text(), max_set_by: text() };
    view.status.schedule = Some(schedule);
    view.status.together = text();
    let (kind, reason) = (EventType::Warning, EventReason::Failed);
    view.status.events = vec![Event { time: now(), kind, reason, message: HOSTILE.to_owned(), count: 2 }];
    view
}

/// One script, our own; no tag, no attribute and no invisible character of anybody else.
fn assert_harmless(page: &str, path: &str) {
    assert_eq!(page.matches("<script").count(), 1, "{path}: {page}");
    for forbidden in
        ["<img", "</pre>&lt;", "\u{1b}", "\u{202e}", "\u{0}", "href=\"javascript", "style=\"", " onerror=\""]
    {
        assert!(!page.contains(forbidden), "{path}: {forbidden:?} in {page}");
    }
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{path}: it is shown as text: {page}");
}

#[tokio::test]
async fn text_from_yaml_and_aws_stays_text_wherever_it_stands() {
    let site = Site::of(vec![hostile()]).await;
    let finding = Finding {
        file: HOSTILE.to_owned(),
        line: 1,
        column: 3,
        severity: Severity::Error,
        path: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        hint: HOSTILE.to_owned(),
    };
    site.state.set_config(ConfigView {
        source: HOSTILE.to_owned(),
        revision: HOSTILE.to_owned(),
        findings: vec![finding],
        error: Some(HOSTILE.to_owned()),
        held: vec![HOSTILE.to_owned()],
        excerpts: vec![Excerpt { file: HOSTILE.to_owned(), line: 1, text: HOSTILE.to_owned() }],
        ..ConfigView::default()
    });
    let name = super::links::encoded(HOSTILE);
    let query = format!("/?q={name}&account={name}&sort={name}&ready={name}");
    for path in ["/", "/config", &format!("/objects/{name}/{name}"), &query, &format!("/objects/x/{name}")] {
        assert_harmless(&site.get(path).await, path);
    }
}

#[tokio::test]
async fn every_answer_keeps_the_browser_in_its_bounds() {
    let site =
        Site::guarded(vec![object("a", ConditionStatus::True, 2)], Some(Token::of("a-secret-of-16-chars"))).await;
    for path in ["/", "/page.js", "/api/v1/config", "/metrics", "/nothing/here"] {
        let answer = site.ask(Method::GET, path, &[]).await;
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        let others = ["x-content-type-options", "referrer-policy", "cache-control"].map(header);
        assert_eq!(others, ["nosniff", "no-referrer", "no-store"], "{path}");
    }
}

#[tokio::test]
async fn it_is_read_and_nothing_else() {
    let site = Site::of(vec![object("a", ConditionStatus::True, 2)]).await;
    for path in ["/", "/objects/default/a", "/accounts", "/config", "/page.css", "/api/v1/accounts"] {
        let head = site.ask(Method::HEAD, path, &[]).await;
        assert_eq!(head.status(), StatusCode::OK, "{path}");
        assert!(head.text().await.unwrap().is_empty(), "{path}");
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(site.ask(method, path, &[]).await.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
    }
}

#[tokio::test]
async fn the_query_filters_and_sorts() {
    let (good, bad, unknown) = (ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown);
    let mut labelled = object("b", good, 9);
    Arc::make_mut(&mut labelled.desired).labels = [("team".to_owned(), "Payments".to_owned())].into();
    Arc::make_mut(&mut labelled.desired).account = "prod".into();
    let site = Site::of(vec![object("a", good, 2), labelled, object("c", unknown, 5), object("d", bad, 1)]).await;
    for (query, names) in [
        ("", "dcab"),
        ("?sort=-status", "bacd"),
        ("?sort=object", "abcd"),
        ("?sort=-object", "dcba"),
        ("?sort=desired", "bcad"),
        ("?ready=False", "d"),
        ("?ready=Unknown", "c"),
        ("?ready=True", "ab"),
        ("?q=payments", "b"),
        ("?q=AccessDenied", "dc"),
        ("?account=prod", "b"),
        ("?q=nothing+like+it", ""),
        ("?sort=nonsense&ready=nonsense&page=-1", "dcab"),
        ("?page=9", "dcab"),
    ] {
        assert_eq!(site.names(query).await.concat(), names, "{query}");
    }
    let page = site.get("/?q=payments&sort=object").await;
    assert!(page.contains("value=\"payments\"") && page.contains("aria-sort=\"ascending\""), "{page}");
    assert!(page.contains("href=\"./?q=payments&amp;sort=-object\""), "the link keeps the filter: {page}");
    assert!(site.get("/").await.contains("<title>2 not ready · ecs-scaling</title>"));
}

#[tokio::test]
async fn an_object_shows_both_forms_of_its_steps_and_its_edit() {
    let mut view = object("search-api", ConditionStatus::False, 4);
    let statement = json!({"Sid": "S", "Effect": "Allow"});
    view.status.conditions[2].fix.edits =
        vec![PolicyEdit { edit: "In statement S: add x.".into(), edited_statements: vec![statement] }];
    view.status.conditions[0].message = "PermissionsGranted: as it is".to_owned();
    let page = Site::of(vec![view]).await.get("/objects/default/search-api").await;
    for part in [
        "<td>30 to 40</td><td>0 to +10</td><td>+2 tasks</td>",
        "<td>50 and up</td><td>+20 and up</td><td>+4 tasks</td>",
        "threshold 30</text>",
        "min 2, max 20, desired 4, running 2",
        "In statement S: add x.",
        "{\n  &quot;Sid&quot;: &quot;S&quot;,\n  &quot;Effect&quot;: &quot;Allow&quot;\n}</pre>",
        "https://ap-northeast-2.console.aws.amazon.com/ecs/v2/clusters/B/services/search-api/health",
        "href=\"../../accounts\"",
        "Because of <strong>PermissionsGranted</strong>, below.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_what_was_meant() {
    let site = Site::of(vec![object("search-api", ConditionStatus::True, 2)]).await;
    let absent = site.ask(Method::GET, "/objects/default/serch-api", &[]).await;
    assert_eq!(absent.status(), StatusCode::NOT_FOUND);
    assert!(absent.text().await.unwrap().contains("<a href=\"../../objects/default/search-api\">"));
    let nowhere = site.ask(Method::GET, "/objects/<b>", &[]).await;
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert!(nowhere.text().await.unwrap().contains("<a href=\"../accounts\">"));
    assert!(site.get("/api/v2").await.contains("/api/v1/accounts"));
}

#[tokio::test]
async fn a_browser_gives_the_token_as_its_password() {
    let site = Site::guarded(vec![], Some(Token::of("a-secret-of-16-chars"))).await;
    let site = &site;
    let status =
        |header: &'static str| async move { site.ask(Method::GET, "/accounts", &[("authorization", header)]).await };
    // anybody:a-secret-of-16-chars, :a-secret-of-16-chars; then a wrong one, and what is no Basic header at all.
    for right in ["Basic YW55Ym9keTphLXNlY3JldC1vZi0xNi1jaGFycw==", "basic OmEtc2VjcmV0LW9mLTE2LWNoYXJz"] {
        assert_eq!(status(right).await.status(), StatusCode::OK, "{right}");
    }
    assert_eq!(status("Bearer a-secret-of-16-chars").await.status(), StatusCode::OK);
    for wrong in ["Basic YW55Ym9keTp3cm9uZw==", "Basic %%%", "Basic", "Basic /w==", "Digest a-secret-of-16-chars"] {
        let refused = status(wrong).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        let asks: BTreeSet<_> = refused.headers().get_all("www-authenticate").iter().collect();
        assert!(asks.iter().any(|ask| ask.to_str().unwrap().starts_with("Basic ")), "{asks:?}");
    }
}

#[tokio::test]
async fn a_foreign_name_for_our_address_is_refused_unless_a_token_is_asked_for() {
    let evil = [("host", "evil.example:8080")];
    let open = Site::of(vec![]).await;
    for path in ["/", "/api/v1/servicescalings", "/config"] {
        assert_eq!(open.ask(Method::GET, path, &evil).await.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    assert_eq!(open.ask(Method::GET, "/metrics", &evil).await.status(), StatusCode::OK);
    let guarded = Site::guarded(vec![], Some(Token::of("a-secret-of-16-chars"))).await;
    assert_eq!(guarded.ask(Method::GET, "/", &evil).await.status(), StatusCode::UNAUTHORIZED);
}

// Many objects cost what one page of them costs.
#[tokio::test]
async fn a_page_has_its_weight_however_many_objects_there_are() {
    for (count, rows, most) in [(10, 10, 16_000), (200, 200, 240_000), (3_000, 200, 240_000)] {
        let objects = (0..count).map(|i| object(&format!("o-{i:04}"), ConditionStatus::False, i));
        let site = Site::of(objects.collect()).await;
        let page = site.get("/").await;
        println!("{count} objects: {} bytes", page.len());
        assert!(page.len() < most, "{count}: {}", page.len());
        assert_eq!(site.names("").await.len(), rows);
    }
    let objects = (0..401).map(|i| object(&format!("o-{i:04}"), ConditionStatus::True, i));
    let site = Site::of(objects.collect()).await;
    assert_eq!(site.names("?page=3").await, ["o-0400"]);
    assert!(site.get("/?page=2&sort=-object").await.contains("rel=\"next\" href=\"./?sort=-object&amp;page=3\""));
}
