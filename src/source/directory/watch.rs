//! Being told that something changed. Only a hint: polling finds every change too, and all of them where this fails.

use std::path::Path;
use std::sync::Arc;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tracing::debug;

/// A running watch; it ends when dropped.
pub(super) struct Watch {
    _watcher: RecommendedWatcher,
    changed: Arc<Notify>,
}

impl Watch {
    /// Watches a directory, or the directory of a file. `None` where the system cannot.
    pub(super) fn start(path: &Path) -> Option<Self> {
        let changed = Arc::new(Notify::new());
        let notifier = Arc::clone(&changed);
        let on_event = move |event: notify::Result<notify::Event>| {
            // Reading the files is an event as well, and must not lead to reading them again.
            if !event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_))) {
                notifier.notify_one();
            }
        };
        let directory = if path.is_dir() { path } else { path.parent()? };
        let watcher = notify::recommended_watcher(on_event).and_then(|mut watcher| {
            watcher.watch(directory, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        match watcher {
            Ok(watcher) => Some(Self { _watcher: watcher, changed }),
            Err(error) => {
                debug!(path = %directory.display(), %error, "no notifications of changes; polling alone");
                None
            }
        }
    }

    /// Returns after the next change.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
