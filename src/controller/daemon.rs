//! The daemon: source, supervisor and state, from start to shutdown.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::supervisor::Supervisor;
use super::{Clock, ConfigView, LoopSettings, State};
use crate::api::absence::Completeness;
use crate::api::desired::Desired;
use crate::api::finding::{Finding, Severity};
use crate::api::load::{SourceFile, load_at};
use crate::api::resource::Excerpt;
use crate::aws::Aws;
use crate::metrics::Metrics;
use crate::source::directory::{DirectorySource, Timing};
use crate::source::last_good::{Cause, Merged, merge};
use crate::source::{Snapshot, SourceError};

/// How much of a line is shown beside a finding, in characters.
const LINE_SHOWN: usize = 200;

/// Everything that a daemon is made of.
#[derive(Debug)]
pub struct Daemon {
    /// The directory or file with the objects.
    pub config: PathBuf,
    /// When it is read.
    pub timing: Timing,
    /// What the loop is told.
    pub settings: LoopSettings,
    /// The way to AWS.
    pub aws: Aws,
    /// The time.
    pub clock: Clock,
    /// What everybody reads.
    pub state: Arc<State>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Sweep now (SIGHUP).
    pub kick: Arc<Notify>,
    /// End.
    pub shutdown: CancellationToken,
}

impl Daemon {
    /// Runs until `shutdown`; writes that are under way are finished, nothing is started after it.
    pub async fn run(self) {
        let (sender, desired) = watch::channel(Arc::new(Desired::default()));
        let source = Reader {
            shown: self.config.display().to_string(),
            source: DirectorySource::new(&self.config, self.timing),
            state: Arc::clone(&self.state),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock,
            sender,
            began: Instant::now(),
            taken: None,
        };
        let supervisor = Supervisor {
            aws: self.aws,
            clock: self.clock,
            settings: self.settings,
            state: self.state,
            metrics: self.metrics,
            desired,
            kick: self.kick,
            shutdown: self.shutdown.clone(),
        };
        tokio::join!(source.run(self.shutdown), supervisor.run());
    }
}

/// Reads the source, and hands on what is wanted.
struct Reader {
    /// Where the files are, for people.
    shown: String,
    source: DirectorySource,
    state: Arc<State>,
    metrics: Arc<Metrics>,
    clock: Clock,
    sender: watch::Sender<Arc<Desired>>,
    /// When it began: what the reads are counted from.
    began: Instant,
    /// The revision that was taken last, and whether all of it was; none after an error.
    taken: Option<(String, Completeness)>,
}

impl Reader {
    async fn run(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                read = self.source.next() => match read {
                    Ok(snapshot) => match self.taken.clone().filter(|(revision, _)| *revision == snapshot.revision) {
                        Some((_, completeness)) => self.confirm(completeness),
                        None => self.take(&snapshot),
                    },
                    Err(error) => self.keep(&error),
                },
            }
        }
    }

    fn take(&mut self, snapshot: &Snapshot) {
        let loaded = load_at(&snapshot.files, Some(self.clock.now()));
        let findings = loaded.findings.clone();
        for finding in &findings {
            let place = format!("{}:{}:{}", finding.file, finding.line, finding.column);
            let (path, problem, hint) = (&finding.path, &finding.message, &finding.hint); // `message` is the log line's own
            match finding.severity {
                Severity::Error => tracing::error!(place, path, problem, hint, "an object is rejected"),
                Severity::Warning => tracing::warn!(place, path, problem, hint, "an object is doubtful"),
            }
        }
        let before = Arc::clone(&self.sender.borrow());
        let merged = merge(&before, loaded);
        let held = held(&merged);
        let excerpts = excerpts(&snapshot.files, &findings);
        let error = merged.was_emptied.then(|| {
            "the source holds no ServiceScaling any more, where it did before: this changes nothing. Nothing is ever \
             removed because a source is empty; to let go of all objects, stop the controller."
                .to_owned()
        });
        let successful = error.is_none() && held.is_empty() && findings.iter().all(|f| f.severity == Severity::Warning);
        if let Some(error) = &error {
            tracing::error!(error, "the source is not taken");
        }
        if !successful {
            self.metrics.count_rejection();
        }
        tracing::info!(
            revision = snapshot.revision,
            objects = merged.desired.services.len(),
            successful,
            "source read"
        );
        let (source, read_at) = (self.shown.clone(), Some(self.clock.now()));
        let revision = snapshot.revision.clone();
        self.state.set_config(ConfigView { source, successful, read_at, revision, findings, error, held, excerpts });
        let completeness = if successful { snapshot.completeness } else { Completeness::Partial };
        let mut desired = Desired { reads: before.reads.clone(), ..merged.desired };
        self.note(&mut desired, completeness);
        self.taken = Some((snapshot.revision.clone(), completeness));
        self.sender.send_replace(Arc::new(desired));
    }

    /// The same was read again: only what may be concluded from it grows older.
    fn confirm(&mut self, completeness: Completeness) {
        let mut desired = Desired::clone(&self.sender.borrow());
        self.note(&mut desired, completeness);
        self.sender.send_replace(Arc::new(desired));
    }

    fn note(&self, desired: &mut Desired, completeness: Completeness) {
        desired.reads.note(self.began.elapsed(), completeness, desired.services.keys());
    }

    /// A source that cannot be read changes nothing.
    fn keep(&mut self, error: &SourceError) {
        self.taken = None;
        self.confirm(Completeness::Partial);
        tracing::error!(%error, "the source could not be read; the last good objects are kept");
        self.metrics.count_rejection();
        let (source, before) = (self.shown.clone(), self.state.config());
        self.state.set_config(ConfigView { source, successful: false, error: Some(chain(error)), ..before });
    }
}

/// The lines that findings stand at, each once.
fn excerpts(files: &[SourceFile], findings: &[Finding]) -> Vec<Excerpt> {
    let places: BTreeSet<(&str, usize)> = findings.iter().map(|f| (f.file.as_str(), f.line)).collect();
    let excerpt = |(file, line): (&str, usize)| {
        let bytes = &files.iter().find(|candidate| candidate.path == file)?.bytes;
        let text = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?);
        Some(Excerpt { file: file.to_owned(), line, text: text.trim_end().chars().take(LINE_SHOWN).collect() })
    };
    places.into_iter().filter_map(excerpt).collect()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn held(merged: &Merged) -> Vec<String> {
    let why = |cause: &Cause| match cause {
        Cause::Refused => "it was refused".to_owned(),
        Cause::ClashesWith(other) => format!("it names what {other} has"),
    };
    let kept = merged
        .kept
        .iter()
        .map(|(object, cause)| format!("{object}: the last good version is held, since {}", why(cause)));
    let waiting = merged.waiting.iter().map(|(held, cause)| match &held.object {
        Some(object) => format!("{object} ({}): there is no good version yet, since {}", held.file, why(cause)),
        None => format!("{}: the file cannot be read, so its objects are not known", held.file),
    });
    kept.chain(waiting).collect()
}
