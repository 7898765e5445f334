//! Logs: JSON, unless they go to a terminal.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Sets the log up for the process. `RUST_LOG` chooses what is logged; the default is `info`.
///
/// Field values are escaped by both formats, so that no text from AWS or YAML can forge a line or move a cursor.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,aws=warn,hyper=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
