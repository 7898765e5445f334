//! The other evaluator, a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};

use super::case::{Case, Verdict};

/// How many cases are sent before their answers are read: few enough for a pipe's buffer to hold the answers.
const BATCH: usize = 500;

/// `@cloud-copilot/iam-simulate` under node.
pub(crate) struct Evaluator {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Evaluator {
    /// Starts it from where it was installed.
    pub(crate) fn start(tools: &Path) -> Result<Self> {
        let tools = tools.canonicalize().with_context(|| format!("{}: run make setup", tools.display()))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("iam.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .arg(tools)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting node")?;
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().context("node has no output")?);
        Ok(Self { child, input, output })
    }

    /// What it says of each case.
    pub(crate) fn decide(&mut self, cases: &[Case]) -> Result<Vec<Verdict>> {
        let mut verdicts = Vec::with_capacity(cases.len());
        for batch in cases.chunks(BATCH) {
            let input = self.input.as_mut().context("node has no input")?;
            for case in batch {
                writeln!(input, "{}", serde_json::to_string(case)?)?;
            }
            input.flush()?;
            for case in batch {
                let mut line = String::new();
                self.output.read_line(&mut line).context("reading from node")?;
                verdicts.push(match line.trim() {
                    "Allowed" => Verdict::Allowed,
                    "ImplicitlyDenied" => Verdict::ImplicitDeny,
                    "ExplicitlyDenied" => Verdict::ExplicitDeny,
                    other => {
                        anyhow::ensure!(other.starts_with("error: "), "node said {other:?} of {case:?}");
                        Verdict::Error
                    }
                });
            }
        }
        Ok(verdicts)
    }
}

impl Drop for Evaluator {
    fn drop(&mut self) {
        self.input = None; // its input ends, and so does it
        let _ = self.child.wait();
    }
}
