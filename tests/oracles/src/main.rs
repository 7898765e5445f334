//! Compares the controller's models with independent tools that know the same rules, on generated cases.
//!
//! The tools are run, never linked: `tests/scripts/setup.sh` installs them below `.cache/oracles`. A difference is made as
//! small as it can be, and is a failure unless its kind is listed with AWS's documentation, which then decides.
#![allow(clippy::indexing_slicing, reason = "it is a test; what it makes has the shape that it was made with")]
#![cfg_attr(test, allow(clippy::panic, clippy::unwrap_used))]

mod iam;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["iam", tools, seed, count] => {
            let seed = seed.parse().context("SEED is a number")?;
            iam::compare(std::path::Path::new(tools), seed, count.parse().context("COUNT is a number")?)
        }
        _ => bail!("usage: ecs-scaling-oracles iam TOOLS SEED COUNT"),
    }
}
