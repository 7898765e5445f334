//! Logs: one line an event; JSON, unless they go to a terminal.

use std::io::{self, IsTerminal as _, Write};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Sets the log up for the process. `RUST_LOG` chooses what is logged; the default is `info`. Crates other than
/// this one are heard from `warn` up, and the SDK never.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(|| OneLine).with_target(false);
    let logged = tracing_subscriber::registry().with(filter).with(filter_fn(holds_no_secret));
    if is_json() {
        logged.with(lines.json().flatten_event(true)).init();
    } else {
        logged.with(lines.with_ansi(false)).init(); // in colours, what moves the cursor could not be told from text that does
    }
}

/// Whether an event or a span may be logged, whatever the filter says: the SDK writes access key ids, and whole requests
/// and replies, and those who carry them their headers. What is to be said of a failed call we say ourselves.
fn holds_no_secret(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target.starts_with("ecs_scaling") || (!target.starts_with("aws") && *metadata.level() <= Level::WARN)
}

/// Whether each line of the log is a JSON object.
pub fn is_json() -> bool {
    !io::stderr().is_terminal()
}

/// Standard error, given one event a write. No text from AWS or YAML can forge a line or move a cursor: what the format
/// for terminals leaves as it is, is escaped here.
struct OneLine;

impl Write for OneLine {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn one_line(event: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(event);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let mut line = String::with_capacity(event.len());
    for c in text.chars() {
        if c.is_control() {
            line.push_str(&format!("\\u{:04x}", u32::from(c))); // as JSON has it: both formats stay what they are
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, event: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(one_line(event));
            Ok(event.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn on_a_terminal_no_text_from_aws_forges_a_line_or_moves_the_cursor() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).with_target(false).finish();
        tracing::subscriber::with_default(subscriber, || {
            let text = "no\r\n2026-01-01T00:00:00Z  INFO all is well\u{1b}[2J\u{9b}2J";
            tracing::warn!(error = %text, other = text, "write failed: {text}");
        });
        let shown = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(shown.ends_with('\n') && !shown.trim_end().contains(char::is_control), "{shown:?}");
    }

    #[test]
    fn a_line_of_json_stays_one_and_keeps_its_text() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        let text = "no\r\n\u{1b}[2J\u{9b}2J\u{7f}\u{85}";
        tracing::subscriber::with_default(subscriber, || tracing::warn!(error = text, "failed"));
        let shown = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(!shown.trim_end().contains(char::is_control), "{shown:?}");
        let line: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(line["fields"]["error"], text);
    }
}
