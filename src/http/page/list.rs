//! `/`: every object, filtered, sorted and paged by the query alone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use maud::{Markup, html};

use super::super::Served;
use super::conditions::is_troubled;
use super::document::Root;
use super::links::{encoded, object};
use super::parts::{Standing, ago, badge, boxed};
use crate::api::desired::ObjectKey;
use crate::api::status::{CapacityStatus, ConditionType, Reason};
use crate::controller::ObjectView;

/// Rows on one page: what a browser and a reader take in at once. It keeps a page of 3,000 objects as light as one of 200.
const ROWS: usize = 200;

/// What is shown of the objects, as the query says it; what it does not say, or says wrongly, has a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    text: String,
    ready: Option<Filter>,
    account: String,
    sort: Sort,
    descending: bool,
    page: usize,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum $name { $($variant),+ }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            fn read(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

words! {
    /// Which objects, by Ready.
    Filter { Ready = "True", NotReady = "False", Unknown = "Unknown" }
}

words! {
    /// What rows are sorted by.
    Sort { Status = "status", Object = "object", Service = "service", Place = "place", Desired = "desired", Since = "since" }
}

impl View {
    /// Takes the query: `q`, `ready`, `account`, `sort` (with `-` before it: the other way round) and `page`.
    pub(super) fn read(query: &HashMap<String, String>) -> Self {
        let word = |name: &str| query.get(name).map(|text| text.trim()).unwrap_or_default();
        let (descending, sort) = word("sort").strip_prefix('-').map_or((false, word("sort")), |sort| (true, sort));
        Self {
            text: word("q").to_owned(),
            ready: Filter::read(word("ready")),
            account: word("account").to_owned(),
            sort: Sort::read(sort).unwrap_or(Sort::Status),
            descending,
            page: word("page").parse().unwrap_or(1).max(1),
        }
    }

    fn sort_word(&self) -> String {
        format!("{}{}", if self.descending { "-" } else { "" }, self.sort.word())
    }

    /// The query that leads here; what is as it would be anyway is left out.
    fn link(&self) -> String {
        let sort = Some(self.sort_word()).filter(|sort| sort != Sort::Status.word());
        let page = (self.page > 1).then(|| self.page.to_string());
        let parts = [
            ("q", Some(self.text.clone())),
            ("ready", self.ready.map(|ready| ready.word().to_owned())),
            ("account", Some(self.account.clone())),
            ("sort", sort),
            ("page", page),
        ];
        let part = |(name, value): &(&str, Option<String>)| {
            value.as_ref().filter(|value| !value.is_empty()).map(|value| format!("{name}={}", encoded(value)))
        };
        format!("./?{}", parts.iter().filter_map(part).collect::<Vec<_>>().join("&"))
    }

    fn takes(&self, row: &Row) -> bool {
        let is_ready = match self.ready {
            None => true,
            Some(Filter::Ready) => row.standing == Standing::Ready,
            Some(Filter::Unknown) => row.standing == Standing::Unknown,
            Some(Filter::NotReady) => !matches!(row.standing, Standing::Ready | Standing::Unknown),
        };
        let wanted = self.text.to_lowercase();
        let has_text = || row.texts().any(|text| text.to_lowercase().contains(&wanted));
        is_ready && (self.account.is_empty() || row.account == self.account) && (wanted.is_empty() || has_text())
    }

    fn sort(&self, rows: &mut [Row]) {
        match self.sort {
            Sort::Status => rows.sort_by_key(|row| row.standing),
            Sort::Object => {} // they come in this order
            Sort::Service => rows.sort_by(|a, b| (&a.cluster, &a.service).cmp(&(&b.cluster, &b.service))),
            Sort::Place => rows.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region))),
            Sort::Desired => rows.sort_by_key(|row| Reverse(row.capacity.map(|capacity| capacity.desired))),
            Sort::Since => rows.sort_by_key(|row| Reverse(row.since)),
        }
        if self.descending {
            rows.reverse();
        }
    }
}

/// One object, as far as a row shows it.
struct Row {
    key: ObjectKey,
    labels: Vec<String>,
    cluster: String,
    service: String,
    account: String,
    region: String,
    standing: Standing,
    reason: Option<Reason>,
    message: String,
    since: Option<Timestamp>,
    troubled: Vec<ConditionType>,
    capacity: Option<CapacityStatus>,
}

impl Row {
    fn of(view: &ObjectView) -> Self {
        let (desired, status) = (&view.desired, &view.status);
        let ready = status.condition(ConditionType::Ready);
        let region = view.key.as_ref().map(|key| &key.scope.region).or(desired.region.as_ref());
        let troubled = status.conditions.iter().filter(|condition| is_troubled(condition));
        let apart = |kind: &ConditionType| !matches!(kind, ConditionType::Ready | ConditionType::Stalled);
        Self {
            key: desired.key.clone(),
            labels: desired.labels.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            cluster: desired.service.cluster.to_string(),
            service: desired.service.service.to_string(),
            account: desired.account.to_string(),
            region: region.map(ToString::to_string).unwrap_or_default(),
            standing: Standing::of(status),
            reason: ready.map(|ready| ready.reason),
            message: ready.map(|ready| ready.message.clone()).unwrap_or_default(),
            since: ready.map(|ready| ready.last_transition_time),
            troubled: troubled.map(|condition| condition.kind).filter(apart).collect(),
            capacity: status.capacity,
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let own = [&self.key.namespace, &self.key.name, &self.cluster, &self.service, &self.account, &self.region];
        own.into_iter().chain(&self.labels).map(String::as_str).chain(self.reason.map(Reason::as_str))
    }
}

/// The parts of the page.
pub(super) struct Shown {
    pub(super) title: String,
    pub(super) form: Markup,
    pub(super) content: Markup,
}

/// The page as the query wants it.
pub(super) fn page(served: &Served, view: &View) -> Shown {
    let now = served.clock.now();
    let mut rows = served.state.map_objects(Row::of);
    let total = rows.len();
    let mut standings: BTreeMap<Standing, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *standings.entry(row.standing).or_default() += 1);
    let not_ready = total - standings.get(&Standing::Ready).copied().unwrap_or(0);
    let accounts: Vec<String> = served.state.accounts().iter().map(|account| account.name.to_string()).collect();
    rows.retain(|row| view.takes(row));
    view.sort(&mut rows);
    let (found, pages) = (rows.len(), rows.len().div_ceil(ROWS).max(1));
    let page = view.page.min(pages);
    let shown: Vec<Row> = rows.into_iter().skip((page - 1) * ROWS).take(ROWS).collect();
    let content = html! {
        (summary(served, &standings, accounts.len(), now))
        @if total == 0 {
            p { "There is no object yet: " a href="./config" { "what was read of the source" } "." }
        } @else if found == 0 {
            p { "None of the " (total) " objects is like that. " a href="./" { "All objects" } }
        } @else {
            (boxed("objects", "Objects", table(view, &shown, now)))
            (pager(view, page, pages, found))
        }
    };
    let title = if not_ready == 0 { "Objects".to_owned() } else { format!("{not_ready} not ready") };
    Shown { title, form: form(view, &accounts), content }
}

fn summary(served: &Served, standings: &BTreeMap<Standing, usize>, accounts: usize, now: Timestamp) -> Markup {
    let config = served.state.config();
    html! {
        h1.sr { "Objects" }
        ul.summary {
            @for (standing, count) in standings { li { (standing.badge()) " " strong { (count) } } }
            li { strong { (accounts) } " " a href="./accounts" { (if accounts == 1 { "account" } else { "accounts" }) } }
            li {
                @match config.read_at {
                    Some(at) => { "source read " (ago(now, at)) }
                    None => { "the source was not read yet" }
                }
                @if config.read_at.is_some() && !config.successful {
                    " " a href="./config" { (badge("bad", "✕", "not all of it was taken")) }
                }
            }
        }
    }
}

fn form(view: &View, accounts: &[String]) -> Markup {
    html! {
        form.filter role="search" action="./" method="get" {
            label { span { "Text" } input type="search" name="q" value=(view.text) placeholder="name, service, label"; }
            label { span { "Ready" }
                select name="ready" {
                    option value="" { "any" }
                    @for filter in Filter::ALL {
                        option value=(filter.word()) selected[view.ready == Some(*filter)] { (filter.word()) }
                    }
                }
            }
            label { span { "Account" }
                select name="account" {
                    option value="" { "any" }
                    @for account in accounts {
                        option value=(account) selected[view.account == *account] { (account) }
                    }
                }
            }
            @if view.sort_word() != Sort::Status.word() { input type="hidden" name="sort" value=(view.sort_word()); }
            button { "Filter" }
        }
    }
}

fn table(view: &View, rows: &[Row], now: Timestamp) -> Markup {
    html! {
        table.objects {
            thead { tr {
                (head(view, Sort::Status, "Status"))
                (head(view, Sort::Object, "Object"))
                th scope="col" { "What is so" }
                (head(view, Sort::Service, "Service"))
                (head(view, Sort::Place, "Account, region"))
                (head(view, Sort::Desired, "Tasks"))
                (head(view, Sort::Since, "Since"))
            } }
            tbody { @for row in rows { (line(row, now)) } }
        }
    }
}

/// A column's head: the link sorts by it, and the other way round where it is sorted by already.
fn head(view: &View, sort: Sort, name: &str) -> Markup {
    let is_here = view.sort == sort;
    let link = View { sort, descending: is_here && !view.descending, page: 1, ..view.clone() }.link();
    let order = match (is_here, view.descending) {
        (false, _) => None,
        (true, false) => Some("ascending"),
        (true, true) => Some("descending"),
    };
    html! {
        th scope="col" aria-sort=[order] {
            a href=(link) { (name) @if is_here { span aria-hidden="true" { (if view.descending { " ↑" } else { " ↓" }) } } }
        }
    }
}

fn line(row: &Row, now: Timestamp) -> Markup {
    let bounds = |capacity: CapacityStatus| capacity.min.zip(capacity.max);
    html! {
        tr {
            td { (row.standing.badge()) }
            th.name scope="row" {
                a href=(object(&Root::top(), &row.key)) { (row.key.name) }
                @if row.key.namespace != "default" { div.muted { (row.key.namespace) } }
            }
            td.what {
                @if row.standing != Standing::Ready {
                    @if let Some(reason) = row.reason { span.reason { (reason) } " " }
                    div.message { (row.message) }
                }
                @for kind in &row.troubled { span.chip { (kind) } " " }
            }
            td.name { (row.service) div.muted { (row.cluster) } }
            td.name { (row.account) div.muted { (row.region) } }
            td.number {
                @if let Some(capacity) = row.capacity {
                    (capacity.desired)
                    @if let Some((min, max)) = bounds(capacity) { div.muted { (min) "–" (max) } }
                }
            }
            td.since { @if let Some(since) = row.since { (ago(now, since)) } }
        }
    }
}

fn pager(view: &View, page: usize, pages: usize, found: usize) -> Markup {
    let link = |page: usize| View { page, ..view.clone() }.link();
    html! {
        nav.pager aria-label="Pages of objects" {
            span.muted { (found) " " (if found == 1 { "object" } else { "objects" }) }
            @if pages > 1 {
                @if page > 1 { a rel="prev" href=(link(page - 1)) { "Previous" } }
                span { "Page " (page) " of " (pages) }
                @if page < pages { a rel="next" href=(link(page + 1)) { "Next" } }
            }
        }
    }
}
