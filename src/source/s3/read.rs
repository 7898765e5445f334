//! Reading a prefix until what was read counts.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::{Instant, sleep};

use super::listing::{Listed, Listing, REVISION, Revision, unsettled};
use crate::api::load::SourceFile;
use crate::api::yaml::MAX_BYTES;
use crate::aws::Bucket;
use crate::model::arn::partition;
use crate::model::failure::{Failure, Origin};
use crate::source::absence::{Absence, Doubt};
use crate::source::directory::Timing;
use crate::source::location::S3Prefix;
use crate::source::{Refused, Snapshot, SourceError};

/// More keys than this below a prefix are somebody else's.
const MAX_KEYS: usize = 50_000;
/// Objects that are fetched at the same time.
const AT_ONCE: usize = 16;

/// One version of an object.
#[derive(Debug)]
struct Fetched {
    etag: String,
    bytes: Vec<u8>,
}

/// A prefix of a bucket, read again and again.
#[derive(Debug)]
pub struct S3Source {
    prefix: S3Prefix,
    bucket: Bucket,
    timing: Timing,
    /// What was listed when the last snapshot was given; none after an error, so that the recovery is seen.
    given: Option<Listing>,
    given_at: Instant,
    /// Whether the next call waits before it reads.
    waits: bool,
    /// What was fetched, so that only what changed is fetched again.
    fetched: BTreeMap<String, Fetched>,
}

/// Lists a prefix.
///
/// # Errors
/// Where it could not be listed to its end.
pub async fn listed(bucket: &mut Bucket, prefix: &S3Prefix) -> Result<Listing, SourceError> {
    let listed = bucket.list(prefix.prefix(), MAX_KEYS).await;
    let objects = listed.map_err(|failure| failed(failure, "listing", &prefix.to_string(), prefix, bucket))?;
    if objects.len() > MAX_KEYS {
        return Err(SourceError::TooMany { location: prefix.to_string(), limit: MAX_KEYS });
    }
    Ok(Listing::of(objects.into_iter().filter_map(|object| {
        let name = object.key.strip_prefix(prefix.prefix())?.to_owned();
        Some((name, Listed { etag: object.etag, size: object.size }))
    })))
}

impl S3Source {
    /// A source at a prefix. Nothing is read yet.
    pub fn new(prefix: S3Prefix, bucket: Bucket, timing: Timing) -> Self {
        Self { prefix, bucket, timing, given: None, given_at: Instant::now(), waits: false, fetched: BTreeMap::new() }
    }

    /// The prefix.
    pub fn prefix(&self) -> &S3Prefix {
        &self.prefix
    }

    /// Waits for a settled snapshot that differs from the one given last, or for the time to give that one again; the first
    /// call gives the first.
    ///
    /// May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Where the prefix cannot be read completely. The next call tries again after the poll's time, and gives the first
    /// snapshot that settles, even if it is the one from before.
    pub async fn next(&mut self) -> Result<Snapshot, SourceError> {
        loop {
            if self.waits {
                sleep(self.timing.poll).await;
            }
            let settled = self.settle().await;
            self.waits = true;
            match settled {
                Ok(None) if self.timing.again.is_some_and(|again| self.given_at.elapsed() >= again) => {
                    (self.given, self.waits) = (None, false); // what was fetched is kept
                }
                Ok(None) => {}
                Ok(Some((listing, snapshot))) => {
                    (self.given, self.given_at) = (Some(listing), Instant::now());
                    return Ok(snapshot);
                }
                Err(error) => {
                    self.given = None;
                    return Err(error);
                }
            }
        }
    }

    /// Reads until a reading counts. `None`: nothing has changed.
    async fn settle(&mut self) -> Result<Option<(Listing, Snapshot)>, SourceError> {
        // Unrest is counted from the end of the first read, which may take its time.
        let (mut before, mut since): (Option<Listing>, Option<Instant>) = (None, None);
        loop {
            let listing = listed(&mut self.bucket, &self.prefix).await?;
            if listing.is_nothing {
                return Err(SourceError::NothingThere { location: self.prefix.to_string() });
            }
            if self.given.as_ref() == Some(&listing) {
                return Ok(None);
            }
            let reason = match self.fetch(&listing).await? {
                Err(reason) => reason,
                Ok(revision) => match unsettled(before.as_ref(), &listing, revision.as_ref()) {
                    Some(reason) => reason,
                    None => return Ok(Some((listing.clone(), self.snapshot(listing, revision)))),
                },
            };
            before = Some(listing);
            let waited = since.get_or_insert_with(Instant::now).elapsed();
            if waited >= self.timing.give_up {
                return Err(SourceError::Unsettled { waited_seconds: waited.as_secs(), reason });
            }
            sleep(self.timing.settle).await;
        }
    }

    /// Fetches what changed, each object by the ETag that is listed, and reads `revision.json`. The inner error says
    /// what is no longer as it was listed.
    async fn fetch(&mut self, listing: &Listing) -> Result<Result<Option<Revision>, String>, SourceError> {
        let revision = listing.revision.iter().map(|listed| (REVISION, listed));
        let objects = listing.objects.iter().map(|(name, listed)| (name.as_str(), listed));
        let all: BTreeMap<&str, &Listed> = objects.chain(revision).collect();
        self.fetched.retain(|name, held| all.get(name.as_str()).is_some_and(|listed| listed.etag == held.etag));
        let missing = all.into_iter().filter(|(name, _)| !self.fetched.contains_key(*name));
        let gets = missing.map(|(name, listed)| self.get(name, listed)).collect::<Vec<_>>();
        let got: Vec<(String, Option<Fetched>)> = stream::iter(gets).buffer_unordered(AT_ONCE).try_collect().await?;
        let mut gone = None;
        for (name, fetched) in got {
            match fetched {
                Some(fetched) => drop(self.fetched.insert(name, fetched)),
                None => gone = Some(name),
            }
        }
        if let Some(name) = gone {
            return Ok(Err(format!("{} was written or deleted while it was read", self.prefix.shown(&name))));
        }
        let held = listing.revision.as_ref().and_then(|_| self.fetched.get(REVISION));
        Ok(held.map(|held| Revision::parse(&held.bytes)).transpose())
    }

    async fn get(&self, name: &str, listed: &Listed) -> Result<(String, Option<Fetched>), SourceError> {
        let etag = listed.etag.clone();
        if listed.size > MAX_BYTES as u64 {
            // Refused by its size alone, without being fetched.
            return Ok((name.to_owned(), Some(Fetched { etag, bytes: vec![b'\n'; MAX_BYTES + 1] })));
        }
        let got = self.bucket.get(&self.prefix.key(name), &listed.etag).await;
        let shown = self.prefix.shown(name);
        let bytes = got.map_err(|failure| failed(failure, "reading", &shown, &self.prefix, &self.bucket))?;
        Ok((name.to_owned(), bytes.map(|bytes| Fetched { etag, bytes })))
    }

    fn snapshot(&self, listing: Listing, revision: Option<Revision>) -> Snapshot {
        let is_published = revision.is_some();
        let file = |name: &String| {
            let mut bytes = self.fetched.get(name)?.bytes.clone();
            if is_published && !bytes.ends_with(b"\n") {
                bytes.push(b'\n'); // its ETag is the one that was meant, so that it was not cut short
            }
            Some(SourceFile { path: self.prefix.shown(name), bytes })
        };
        let files = listing.objects.keys().filter_map(file).collect();
        let refused = listing.refused.into_iter().map(|(name, why)| Refused { file: self.prefix.shown(&name), why });
        // A revision that does not fit what is listed never gets here.
        let absence = if is_published { Absence::Unwanted } else { Absence::InDoubt(Doubt::NoRevision) };
        let snapshot = Snapshot { refused: refused.collect(), absence, ..Snapshot::new(files) };
        match revision {
            Some(revision) => Snapshot { revision: revision.revision, ..snapshot },
            None => snapshot,
        }
    }
}

fn failed(failure: Failure, doing: &'static str, what: &str, prefix: &S3Prefix, bucket: &Bucket) -> SourceError {
    let hint = hint(&failure, prefix, partition(bucket.region()));
    SourceError::S3 { doing, what: what.to_owned(), hint, failure: Box::new(failure) }
}

/// What a person does about a failed read.
fn hint(failure: &Failure, place: &S3Prefix, partition: &str) -> String {
    let (bucket, prefix) = (place.bucket(), place.prefix());
    match &failure.origin {
        Origin::Service { code, .. } if code == "NoSuchBucket" => {
            format!("make the bucket {bucket}, or correct --config")
        }
        Origin::Service { status: 401 | 403, .. } => {
            let (action, resource) = match failure.operation.as_str() {
                "ListObjectsV2" => ("s3:ListBucket", format!("arn:{partition}:s3:::{bucket}")),
                _ => ("s3:GetObject", format!("arn:{partition}:s3:::{bucket}/{prefix}*")),
            };
            format!(
                "let the controller's own role do {action} on {resource} (`ecs-scaling iam-policy --config {place}` \
                 prints the statement), and look at the bucket's policy; of a bucket encrypted by a KMS key, kms:Decrypt too"
            )
        }
        Origin::Service { status: 429 | 500.., .. } => "nothing: it is read again at the next poll".to_owned(),
        Origin::Timeout | Origin::Connection => {
            "see that S3 can be reached from here: by the internet, or by a VPC endpoint for S3".to_owned()
        }
        Origin::Credentials(_) => "give the controller credentials".to_owned(),
        _ => "look at the bucket and at --config; it is read again at the next poll".to_owned(),
    }
}
