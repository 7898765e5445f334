//! The daemon: source, supervisor and state, from start to shutdown.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::supervisor::Supervisor;
use super::{Clock, ConfigView, LoopSettings, State};
use crate::api::desired::Desired;
use crate::api::finding::{Finding, Severity};
use crate::api::load::SourceFile;
use crate::api::resource::Excerpt;
use crate::aws::Aws;
use crate::metrics::Metrics;
use crate::source::absence::{Absence, Doubt};
use crate::source::last_good::{Cause, Merged, merge};
use crate::source::{Snapshot, Source, SourceError};

/// How much of a line is shown beside a finding, in characters.
const LINE_SHOWN: usize = 200;

/// How often it is looked whether the system's clock was set.
const CLOCK_EVERY: Duration = Duration::from_secs(10);

/// Everything that a daemon is made of.
pub struct Daemon {
    /// Where the objects come from.
    pub source: Source,
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
            shown: self.source.to_string(),
            source: self.source,
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
        tokio::join!(source.run(self.shutdown), live(supervisor));
    }
}

/// The loop; from its beginning again when the system's clock was set, since what it remembers has times of another
/// clock: what was waited for would come hours too soon or too late, and schedules would be reckoned by the wrong hour. It
/// is as after a restart of the process, which changes nothing in AWS.
async fn live(parts: Supervisor) {
    loop {
        let life = parts.shutdown.child_token();
        let supervisor = Supervisor { shutdown: life.clone(), ..parts.clone() };
        let is_set = async {
            tokio::select! {
                () = life.cancelled() => false,
                () = parts.clock.jumped(CLOCK_EVERY) => { life.cancel(); true }
            }
        };
        let ended = async {
            supervisor.run().await;
            life.cancel();
        };
        if !tokio::join!(is_set, ended).0 || parts.shutdown.is_cancelled() {
            return;
        }
        let seconds = parts.clock.follow().as_secs();
        parts.state.forget();
        tracing::warn!(seconds, "the system's clock was set: the loop begins anew by its time, as after a restart");
    }
}

/// Reads the source, and hands on what is wanted.
struct Reader {
    /// Where the objects come from, for people.
    shown: String,
    source: Source,
    state: Arc<State>,
    metrics: Arc<Metrics>,
    clock: Clock,
    sender: watch::Sender<Arc<Desired>>,
    /// When it began: what the reads are counted from.
    began: Instant,
    /// What was taken last, and whether all of it was; none after an error.
    taken: Option<(Snapshot, bool)>,
}

impl Reader {
    async fn run(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                read = self.source.next() => match read {
                    Ok(snapshot) => match self.taken {
                        Some((ref taken, is_complete)) if *taken == snapshot => self.confirm(is_complete),
                        _ => self.take(snapshot),
                    },
                    Err(error) => self.keep(&error),
                },
            }
        }
    }

    fn take(&mut self, snapshot: Snapshot) {
        let loaded = snapshot.load_at(Some(self.clock.now()));
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
        let absence = merged.absence(&snapshot.absence);
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
            absence_in_doubt = absence.doubt().map(ToString::to_string),
            "source read"
        );
        let is_complete = successful && absence == Absence::Unwanted;
        let (source, read_at) = (self.shown.clone(), Some(self.clock.now()));
        let revision = snapshot.revision.clone();
        self.state.set_config(ConfigView {
            source,
            successful,
            read_at,
            revision,
            findings,
            absence,
            error,
            held,
            excerpts,
        });
        let mut desired = Desired { reads: before.reads.clone(), ..merged.desired };
        self.note(&mut desired, is_complete);
        self.taken = Some((snapshot, is_complete));
        self.sender.send_replace(Arc::new(desired));
    }

    /// The same was read again: only what may be concluded from it grows older.
    fn confirm(&mut self, is_complete: bool) {
        let mut desired = Desired::clone(&self.sender.borrow());
        self.note(&mut desired, is_complete);
        self.sender.send_replace(Arc::new(desired));
    }

    fn note(&self, desired: &mut Desired, is_complete: bool) {
        desired.reads.note(self.began.elapsed(), is_complete, desired.services.keys());
    }

    /// A source that cannot be read changes nothing.
    fn keep(&mut self, error: &SourceError) {
        self.taken = None;
        self.confirm(false);
        tracing::error!(%error, "the source could not be read; the last good objects are kept");
        self.metrics.count_rejection();
        let (source, before) = (self.shown.clone(), self.state.config());
        let absence = Absence::InDoubt(Doubt::Unreadable);
        self.state.set_config(ConfigView { source, successful: false, absence, error: Some(chain(error)), ..before });
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
