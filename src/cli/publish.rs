//! `publish`: from files to a prefix of a bucket, so that no reader ever sees a part of it.
//!
//! Files are checked first. Then what differs is uploaded, what was published before and is gone is deleted, and
//! `revision.json` comes last: until then it fits nothing, and a controller keeps what it had.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::terminal::{self, counted, plain};
use super::{Done, objects};
use crate::api::finding::Severity;
use crate::aws::{Aws, AwsOptions, Bucket, Expected};
use crate::controller::Clock;
use crate::settings::location;
use crate::source::Snapshot;
use crate::source::directory::read_files;
use crate::source::location::{Location, S3Prefix};
use crate::source::s3::listed;
use crate::source::s3::listing::{Listed, Listing, REVISION, Revision};
use crate::source::s3::publication::{Publication, publication, refused};

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// Directory with the objects' YAML files
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Where they go: s3://BUCKET/PREFIX, as the controller's --config has it
    #[arg(long, value_name = "LOCATION", value_parser = location())]
    to: Location,
    /// What the revision is called in the controller's log, such as a commit [default: a hash of the files]
    #[arg(long, value_name = "NAME", value_parser = Revision::name)]
    revision: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The prefix as it is, and as the last publication left it.
struct There {
    prefix: S3Prefix,
    bucket: Bucket,
    listing: Listing,
    last: Option<Revision>,
}

pub(super) async fn run(args: PublishArgs) -> Result<Done> {
    let Location::S3(prefix) = args.to else { bail!("--to names no bucket; write s3://BUCKET/PREFIX") };
    if !args.directory.is_dir() {
        bail!("{} is not a directory", args.directory.display());
    }
    let snapshot = Snapshot::new(read_files(&args.directory)?);
    check(&snapshot)?;
    let called = args.revision.unwrap_or_else(|| snapshot.revision.clone());
    let files: BTreeMap<String, Vec<u8>> = snapshot.files.into_iter().map(|file| (file.path, file.bytes)).collect();
    let bucket = Aws::load(AwsOptions::default()).await.bucket(prefix.bucket());
    let there = There::read(prefix, bucket).await?;
    let same = there.same(&files).await?;
    let names: BTreeSet<String> = files.keys().cloned().collect();
    let made = publication(&names, &same, &there.listing, there.last.as_ref(), &called).map_err(|strangers| {
        anyhow::anyhow!(
            "below {} there are YAML objects that were not published from here: {}; delete them, or add them to {}",
            there.prefix,
            strangers.join(", "),
            args.directory.display()
        )
    })?;
    terminal::print(&text(&made, &there.prefix, &called, args.dry_run))?;
    if made.is_done() || args.dry_run {
        return Ok(if made.is_done() { Done::Well } else { Done::Changes });
    }
    there.write(made, files, called).await?;
    Ok(Done::Well)
}

/// Nothing is published that a controller would refuse.
fn check(snapshot: &Snapshot) -> Result<()> {
    let loaded = snapshot.load_at(Some(Clock::system().now()));
    for finding in &loaded.findings {
        terminal::complain(&terminal::finding(finding));
    }
    let errors = objects::count(&loaded.findings, Severity::Error);
    if errors > 0 {
        bail!("{}; nothing was published", counted(errors, "error"));
    }
    if loaded.desired.services.is_empty() {
        bail!("there is no ServiceScaling; a controller does not take an empty source, so none is published");
    }
    if let Some((file, why)) = refused(&snapshot.files.iter().map(|file| file.path.clone()).collect()) {
        bail!("the name of {} {why}; rename the file", plain(&file));
    }
    Ok(())
}

impl There {
    async fn read(prefix: S3Prefix, mut bucket: Bucket) -> Result<Self> {
        let listing = listed(&mut bucket, &prefix).await?;
        let last = match &listing.revision {
            None => None,
            Some(Listed { etag, .. }) => {
                let read = bucket.get(&prefix.key(REVISION), etag).await.context("reading revision.json")?;
                let bytes = read.context("revision.json was just written by somebody else; publish again")?;
                Some(Revision::parse(&bytes).map_err(anyhow::Error::msg)?)
            }
        };
        Ok(Self { prefix, bucket, listing, last })
    }

    /// Names under which the very bytes are there. An ETag is a hash of nothing but itself, so objects are read.
    async fn same(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<BTreeSet<String>> {
        let mut same = BTreeSet::new();
        for (name, bytes) in files {
            let Some(listed) = self.listing.objects.get(name).filter(|listed| listed.size == bytes.len() as u64) else {
                continue;
            };
            let read = self.bucket.get(&self.prefix.key(name), &listed.etag).await;
            if read.with_context(|| format!("reading {}", self.prefix.shown(name)))?.as_ref() == Some(bytes) {
                same.insert(name.clone());
            }
        }
        Ok(same)
    }

    async fn write(&self, made: Publication, mut files: BTreeMap<String, Vec<u8>>, called: String) -> Result<()> {
        let mut expected = match &self.listing.revision {
            Some(listed) => Expected::ETag(listed.etag.clone()),
            None => Expected::Nothing,
        };
        if self.last.is_none() {
            // Without a revision a reader would take a prefix that rests for a second: this one fits no object.
            let none = Revision { revision: "publishing".to_owned(), objects: BTreeMap::new() };
            expected = Expected::ETag(self.put_revision(&none, &expected).await?);
        }
        let mut objects = made.kept;
        for name in made.puts {
            let bytes = files.remove(&name).unwrap_or_default();
            let put = self.bucket.put(&self.prefix.key(&name), bytes, "application/yaml", &Expected::Anything).await;
            let etag = put.with_context(|| format!("uploading {}", self.prefix.shown(&name)))?;
            objects.insert(name, etag);
        }
        for name in made.deletes {
            let deleted = self.bucket.delete(&self.prefix.key(&name)).await;
            deleted.with_context(|| format!("deleting {}", self.prefix.shown(&name)))?;
        }
        self.put_revision(&Revision { revision: called, objects }, &expected).await.map(drop)
    }

    /// Two that publish at the same time: the second to end is told.
    async fn put_revision(&self, revision: &Revision, expected: &Expected) -> Result<String> {
        let text = super::json(revision)?;
        let put = self.bucket.put(&self.prefix.key(REVISION), text.into_bytes(), "application/json", expected).await;
        put.with_context(|| {
            "writing revision.json; where somebody else published meanwhile, publish again: until then the controller \
             keeps what it has"
        })
    }
}

fn text(made: &Publication, prefix: &S3Prefix, called: &str, is_dry: bool) -> String {
    if made.is_done() {
        return format!("{prefix} holds these files already, as revision {called}\n");
    }
    let line = |verb: &str, name: &String| format!("{verb} {}\n", prefix.shown(name));
    let puts = made.puts.iter().map(|name| line("upload", name));
    let deletes = made.deletes.iter().map(|name| line("delete", name));
    let all: String = puts.chain(deletes).collect();
    let end = if is_dry { ": nothing was written" } else { "" };
    format!("{all}revision {called}{end}\n")
}
