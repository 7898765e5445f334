//! Objects from a directory or one file, such as a mounted ConfigMap or a checkout.
//!
//! A snapshot counts only when it is settled: below a `..data` that Kubernetes swaps as a whole, at once; elsewhere
//! when two reads some time apart are equal and every file ends in a newline. Files half written are never used, nor
//! two versions mixed.

mod read;
mod watch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use self::read::{Reading, read};
use self::watch::Watch;
use super::{Snapshot, SourceError};
use crate::api::load::SourceFile;

/// When a source is read.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The longest time between two reads; notifications make it shorter.
    pub poll: Duration,
    /// The time between the two reads that must be equal.
    pub settle: Duration,
    /// After this time of unrest an error is given, and settling goes on.
    pub give_up: Duration,
    /// Whether to listen for notifications of changes.
    pub watch: bool,
    /// After this time an unchanged source is given once more, where somebody must know that it was read again.
    pub again: Option<Duration>,
}

impl Default for Timing {
    /// Polls every 30 s, settles in 1 s, gives up after 30 s.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { poll: seconds(30), settle: seconds(1), give_up: seconds(30), watch: true, again: None }
    }
}

/// Reads a directory or a file once, as it is: for commands, whose user knows that the files are whole.
///
/// # Errors
/// Where it cannot be read completely, or a `..data` is swapped each time that it is read.
pub fn read_files(root: &Path) -> Result<Vec<SourceFile>, SourceError> {
    const TRIES: u32 = 10;
    for _ in 0..TRIES {
        if let Some(reading) = read(root)? {
            return Ok(Snapshot::new(reading.files).files);
        }
    }
    Err(SourceError::Unsettled { waited_seconds: 0, reason: "the directory is being replaced".to_owned() })
}

/// A directory, read again and again.
pub struct DirectorySource {
    root: PathBuf,
    timing: Timing,
    watch: Option<Watch>,
    /// The revision given last; none after an error, so that the recovery is seen.
    given: Option<String>,
    given_at: Instant,
    /// Whether the next call waits for a change before it reads.
    waits: bool,
}

impl DirectorySource {
    /// A source at a path. Nothing is read yet.
    pub fn new(root: impl Into<PathBuf>, timing: Timing) -> Self {
        Self { root: root.into(), timing, watch: None, given: None, given_at: Instant::now(), waits: false }
    }

    /// The path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Waits for a settled snapshot that differs from the one given last, or for the time to give that one again; the first
    /// call gives the first.
    ///
    /// May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// Where the source cannot be read completely. The next call tries again, after a change or the poll's time, and
    /// gives the first snapshot that settles, even if it is the one from before.
    pub async fn next(&mut self) -> Result<Snapshot, SourceError> {
        loop {
            if self.waits {
                self.wait().await;
            }
            // Before reading, so that no change between the two is missed.
            if self.timing.watch && self.watch.is_none() {
                self.watch = Watch::start(&self.root);
            }
            let settled = self.settle().await;
            self.waits = true;
            match settled {
                Ok(snapshot) if self.given.as_ref() == Some(&snapshot.revision) && !self.is_due_again() => {}
                Ok(snapshot) => {
                    self.given_at = Instant::now();
                    self.given = Some(snapshot.revision.clone());
                    return Ok(snapshot);
                }
                Err(error) => {
                    self.given = None;
                    self.watch = None; // the directory may have been replaced
                    return Err(error);
                }
            }
        }
    }

    fn is_due_again(&self) -> bool {
        self.timing.again.is_some_and(|again| self.given_at.elapsed() >= again)
    }

    async fn wait(&self) {
        match &self.watch {
            Some(watch) => {
                tokio::select! {
                    () = watch.changed() => {}
                    () = sleep(self.timing.poll) => {}
                }
            }
            None => sleep(self.timing.poll).await,
        }
    }

    /// Reads until a reading counts. A reading that is known already counts at once.
    async fn settle(&self) -> Result<Snapshot, SourceError> {
        let started = Instant::now();
        let mut before: Option<Snapshot> = None;
        loop {
            let reason = match self.read().await {
                Err(error) if self.is_vanished(&error) => format!("{error}: it was there a moment ago"),
                Err(error) => return Err(error),
                Ok(None) => "the directory is being replaced".to_owned(),
                Ok(Some(Reading { files, open_ended, is_swapped })) => {
                    let snapshot = Snapshot::new(files);
                    let is_known = self.given.as_ref() == Some(&snapshot.revision);
                    let is_equal = before.as_ref() == Some(&snapshot);
                    if is_swapped || is_known || (is_equal && open_ended.is_empty()) {
                        return Ok(snapshot);
                    }
                    before = Some(snapshot);
                    match open_ended.first() {
                        Some(path) => format!("{path} does not end in a newline; end its last line with one"),
                        None => "the files keep changing".to_owned(),
                    }
                }
            };
            let waited = started.elapsed();
            if waited >= self.timing.give_up {
                return Err(SourceError::Unsettled { waited_seconds: waited.as_secs(), reason });
            }
            sleep(self.timing.settle).await;
        }
    }

    /// Whether something below the root went away between being listed and being read, as editors and swaps do it.
    fn is_vanished(&self, error: &SourceError) -> bool {
        match error {
            SourceError::Unreadable { path, source } => {
                source.kind() == std::io::ErrorKind::NotFound && *path != self.root
            }
            _ => false,
        }
    }

    async fn read(&self) -> Result<Option<Reading>, SourceError> {
        let root = self.root.clone();
        spawn_blocking(move || read(&root)).await.unwrap_or_else(|error| {
            Err(SourceError::Unreadable { path: self.root.clone(), source: std::io::Error::other(error) })
        })
    }
}

#[cfg(test)]
mod tests;
