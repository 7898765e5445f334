//! Objects from S3 when S3 fails, moves or changes under the read: a bucket within the process, in virtual time.
//!
//! What S3's own protocol asks for is tested on another implementation, in tests/clients.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use ecs_scaling::aws::{Aws, AwsOptions, Limits};
use ecs_scaling::model::names::Region;
use ecs_scaling::source::Source;
use ecs_scaling::source::absence::{Absence, Doubt};
use ecs_scaling::source::directory::Timing;
use ecs_scaling::source::location::Location;
use serde_json::json;

use crate::estate::{Item, check, plant};
use crate::harness::REGION;
use crate::harness_daemon::{Dice, Field, Running};

const SUCCESSFUL: &str = "ecs_scaling_config_last_reload_successful";
const MINUTE: Duration = Duration::from_secs(60);

/// How the bucket answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Well,
    /// This status and code to every request.
    Refuses(u16, &'static str),
    /// This status and code to reads of objects alone.
    RefusesReads(u16, &'static str),
    /// Never.
    Silent,
}

/// Changes what is there, and is told what was asked for.
type Meanwhile = Box<dyn FnMut(&mut BTreeMap<String, String>, &str) + Send>;

struct Inner {
    objects: BTreeMap<String, String>,
    mood: Mood,
    region: &'static str,
    /// `LIST`, or the name that was read.
    log: Vec<String>,
    /// Done before each answer.
    meanwhile: Meanwhile,
}

/// A bucket with the prefix `p`, as far as the source asks.
#[derive(Clone)]
struct Bucket(Arc<Mutex<Inner>>);

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bucket")
    }
}

fn etag(text: &str) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hash = DefaultHasher::new();
    text.hash(&mut hash);
    format!("{:016x}", hash.finish())
}

impl Bucket {
    fn new() -> Self {
        let (objects, log) = (BTreeMap::new(), Vec::new());
        let meanwhile = Box::new(|_: &mut BTreeMap<String, String>, _: &str| {});
        Self(Arc::new(Mutex::new(Inner { objects, mood: Mood::Well, region: REGION, log, meanwhile })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn put(&self, name: &str, text: impl Into<String>) {
        self.with(|inner| inner.objects.insert(name.to_owned(), text.into()));
    }

    fn put_all(&self, items: &[Item]) {
        items.iter().for_each(|item| self.put(&format!("{}.yaml", item.name), item.yaml()));
    }

    /// `revision.json`, as it fits what is there.
    fn revise(&self, called: &str) {
        let etags = self.with(|inner| {
            let objects = inner.objects.iter().filter(|(name, _)| name.ends_with(".yaml"));
            objects.map(|(name, text)| (name.clone(), etag(text))).collect::<BTreeMap<_, _>>()
        });
        self.put("revision.json", json!({"revision": called, "objects": etags}).to_string());
    }

    fn reads(&self) -> Vec<String> {
        self.with(|inner| std::mem::take(&mut inner.log)).into_iter().filter(|line| line != "LIST").collect()
    }

    /// A source on it, whose credentials and clock are its own.
    async fn source(&self) -> Source {
        let aws = Aws::load(AwsOptions {
            http_client: Some(SharedHttpClient::new(self.clone())),
            credentials: Some(("test".to_owned(), "test".to_owned())),
            region: Some(Region::new(REGION)),
            limits: Limits::none(),
            ..AwsOptions::default()
        })
        .await;
        Source::at(Location::parse("s3://config-bucket/p").unwrap(), Timing::default(), &aws)
    }

    fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let uri: http::Uri = request.uri().parse().unwrap();
        let host = uri.host().unwrap().to_owned();
        let is_list = request.uri().contains("list-type=2");
        let name = uri.path().trim_start_matches("/p/").to_owned();
        self.with(|inner| {
            let Inner { objects, mood, region, log, meanwhile } = inner;
            let asked = if is_list { "LIST".to_owned() } else { name.clone() };
            meanwhile(objects, &asked);
            log.push(asked);
            if !host.contains(&format!(".s3.{region}.")) {
                let moved = reply(301, error("PermanentRedirect"));
                return Some(with_header(moved, "x-amz-bucket-region", region));
            }
            match mood {
                Mood::Silent => return None,
                Mood::Refuses(status, code) => return Some(reply(*status, error(code))),
                Mood::RefusesReads(status, code) if !is_list => return Some(reply(*status, error(code))),
                Mood::Well | Mood::RefusesReads(..) => {}
            }
            if is_list {
                return Some(reply(200, listing(objects)));
            }
            let wanted = request.headers().get("if-match").unwrap_or_default().trim_matches('"').to_owned();
            Some(match objects.get(&name) {
                None => reply(404, error("NoSuchKey")),
                Some(text) if etag(text) != wanted => reply(412, error("PreconditionFailed")),
                Some(text) => with_header(reply(200, text.clone()), "etag", &format!("\"{wanted}\"")),
            })
        })
    }
}

fn listing(objects: &BTreeMap<String, String>) -> String {
    let entry = |(name, text): (&String, &String)| {
        let (etag, size) = (etag(text), text.len());
        format!("<Contents><Key>p/{name}</Key><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size></Contents>")
    };
    let entries: String = objects.iter().map(entry).collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>")
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>said by the bucket</Message></Error>")
}

fn reply(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

fn with_header(mut response: HttpResponse, name: &'static str, value: &str) -> HttpResponse {
    response.headers_mut().insert(name, value.to_owned());
    response
}

impl HttpClient for Bucket {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Bucket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            match this.answer(&request) {
                Some(reply) => Ok(reply),
                None => std::future::pending().await,
            }
        })
    }
}

async fn started(bucket: &Bucket, items: &[Item]) -> (Field, Running) {
    let field = Field::new();
    plant(&field, items);
    bucket.put_all(items);
    let running = field.start_daemon_on(bucket.source().await).await;
    running.until_ready(MINUTE).await;
    (field, running)
}

#[tokio::test(start_paused = true)]
async fn a_change_is_written_within_one_poll_and_only_what_changed_is_fetched() {
    let bucket = Bucket::new();
    let mut items = Item::many(20);
    let (field, running) = started(&bucket, &items).await;
    assert_eq!(bucket.reads().len(), 20);
    running.run(5 * MINUTE).await;
    assert_eq!(bucket.reads(), [""; 0], "what has not changed is not fetched again");
    items[3].max = 17;
    bucket.put_all(&items[3..4]);
    let took = running.until(MINUTE, |_| check(&field, &items).is_ok()).await;
    println!("a change in S3 is written within {took:?} (a poll of 30 s, settling in 1 s)");
    assert!(took <= Duration::from_secs(33), "{took:?}");
    assert_eq!(bucket.reads(), ["s-3.yaml"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_the_last_good_objects_are_kept_and_it_is_said_what_to_do() {
    let bucket = Bucket::new();
    let items = Item::many(3);
    let (field, running) = started(&bucket, &items).await;
    let before = field.tap.writes();
    let moods: [(Mood, &[&str]); 6] = [
        (
            Mood::Refuses(403, "AccessDenied"),
            &["listing s3://config-bucket/p", "s3:ListBucket on arn:aws:s3:::config-bucket (", "iam-policy --config"],
        ),
        (
            Mood::RefusesReads(403, "AccessDenied"),
            &["reading s3://config-bucket/p/s-0.yaml", "s3:GetObject on arn:aws:s3:::config-bucket/p/*", "kms:Decrypt"],
        ),
        (Mood::Refuses(404, "NoSuchBucket"), &["NoSuchBucket", "make the bucket config-bucket, or correct --config"]),
        (Mood::Refuses(503, "SlowDown"), &["SlowDown", "read again at the next poll"]),
        (Mood::RefusesReads(500, "InternalError"), &["InternalError", "read again at the next poll"]),
        (Mood::Silent, &["no answer in time", "VPC endpoint for S3"]),
    ];
    for (mood, said) in moods {
        bucket.put("s-0.yaml", items[0].yaml() + "# changed\n"); // so that there is something to fetch
        bucket.with(|inner| inner.mood = mood);
        running.until(2 * MINUTE, |running| running.metric(SUCCESSFUL) == 0.0).await;
        running.run(3 * MINUTE).await;
        let error = running.state.config().error.expect("it is said why");
        assert!(said.iter().all(|said| error.contains(said)), "{mood:?}: {error}");
        assert_eq!((running.state.objects().len(), running.metric(SUCCESSFUL)), (3, 0.0), "{mood:?}");
        assert_eq!(running.state.config().absence, Absence::InDoubt(Doubt::Unreadable), "{mood:?}");
        assert!(running.is_ready(), "{mood:?}: the last good objects go on");
        bucket.with(|inner| inner.mood = Mood::Well);
        bucket.put("s-0.yaml", items[0].yaml());
        running.until(2 * MINUTE, |running| running.metric(SUCCESSFUL) > 0.0).await;
    }
    assert_eq!(field.tap.writes(), before, "nothing was written");
    check(&field, &items).unwrap();
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_read_is_the_version_that_was_listed() {
    let bucket = Bucket::new();
    let item = |max| Item { max, ..Item::new("s-0") };
    bucket.put_all(&[item(11)]);
    // Whenever it is read it is another, and back before the next listing: no listing shows it.
    let mut left = 3;
    bucket.with(|inner| {
        inner.meanwhile = Box::new(move |objects, asked| {
            let is_other = asked != "LIST" && left > 0;
            left -= i32::from(is_other);
            objects.insert("s-0.yaml".to_owned(), item(if is_other { 99 } else { 11 }).yaml());
        });
    });
    let loaded = bucket.source().await.next().await.unwrap().load_at(None);
    let tops: Vec<i32> = loaded.desired.services.values().map(|object| object.range.max()).collect();
    assert_eq!((tops, bucket.reads().len()), (vec![11], 4));
}

/// 200 publications of pairs that belong together, written object by object with pauses of any length.
#[tokio::test(start_paused = true)]
async fn a_half_written_publication_is_never_applied() {
    let bucket = Bucket::new();
    let mut items = Item::many(3);
    plant(&Field::new(), &items);
    bucket.put_all(&items);
    bucket.revise("0");
    let mut source = bucket.source().await;
    let mut dice = Dice::new(5);
    let writer = async {
        for round in 1..=200 {
            for item in &mut items {
                item.max = 100 + round;
                bucket.put_all(std::slice::from_ref(item));
                tokio::time::sleep(Duration::from_millis(dice.next() % 20_000)).await;
            }
            bucket.revise(&round.to_string());
            tokio::time::sleep(Duration::from_millis(dice.next() % 40_000)).await;
        }
    };
    let reader = async {
        let (mut seen, mut waited) = (Vec::new(), 0);
        while seen.last().is_none_or(|last| *last != 200) {
            let Ok(snapshot) = source.next().await else {
                waited += 1;
                continue;
            };
            let loaded = snapshot.load_at(None);
            let tops: Vec<i32> = loaded.desired.services.values().map(|o| o.range.max()).collect();
            let round: i32 = snapshot.revision.parse().unwrap();
            let wanted = if round == 0 { tops[0] } else { 100 + round };
            assert_eq!(tops, [wanted; 3], "revision {round} is mixed with another");
            assert_eq!(snapshot.absence, Absence::Unwanted);
            seen.push(round);
        }
        (seen.len(), waited)
    };
    let ((), (seen, waited)) = tokio::join!(writer, reader);
    println!("200 publications: {seen} read, all whole; {waited} times it was said that they did not settle");
    assert!(seen > 50, "{seen}");
}

#[tokio::test(start_paused = true)]
async fn without_a_revision_nothing_is_concluded_from_absence() {
    let bucket = Bucket::new();
    bucket.put_all(&Item::many(1));
    let snapshot = bucket.source().await.next().await.unwrap();
    assert_eq!(snapshot.absence, Absence::InDoubt(Doubt::NoRevision));
    bucket.revise("v1");
    let snapshot = bucket.source().await.next().await.unwrap();
    assert_eq!((snapshot.absence, snapshot.revision.as_str()), (Absence::Unwanted, "v1"));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_in_another_region_is_found() {
    let bucket = Bucket::new();
    bucket.with(|inner| inner.region = "eu-west-1");
    bucket.put_all(&Item::many(2));
    let snapshot = bucket.source().await.next().await.unwrap();
    assert_eq!(snapshot.files.len(), 2);
    let lists = bucket.with(|inner| inner.log.iter().filter(|line| *line == "LIST").count());
    assert_eq!(lists, 3, "asked once in the wrong region, and not again");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_too_large_is_refused_without_being_fetched() {
    let bucket = Bucket::new();
    bucket.put_all(&Item::many(1));
    bucket.put("large.yaml", "#".repeat(11 * 1024 * 1024));
    let loaded = bucket.source().await.next().await.unwrap().load_at(None);
    let said: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].starts_with("s3://config-bucket/p/large.yaml:1:1: error"), "{said:?}");
    assert_eq!((loaded.desired.services.len(), bucket.reads()), (1, vec!["s-0.yaml".to_owned()]));
}
