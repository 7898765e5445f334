//! Runs one target under libFuzzer: `FUZZ_TARGET=NAME fuzz [libFuzzer's arguments] CORPUS`; `tests/scripts/fuzz.sh` builds
//! it with coverage. The target's seeds are written into the folder FUZZ_SEEDS first.
#![no_main]
#![allow(clippy::panic, reason = "a panic is how a fuzz target reports")]

use std::path::PathBuf;
use std::sync::OnceLock;

use ecs_scaling_fuzz::{TARGETS, Target, check, is_grown, seeds};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fn chosen() -> &'static Target {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        panic!("FUZZ_TARGET is {name:?}: expected one of {}", names.join(", "))
    })
}

fn write_seeds(target: &Target) -> std::io::Result<()> {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS").map(PathBuf::from) else { return Ok(()) };
    std::fs::create_dir_all(&folder)?;
    for (index, seed) in seeds(target)?.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{index}")), seed)?;
    }
    Ok(())
}

fuzz_target!(
    init: {
        let target = TARGET.get_or_init(chosen);
        write_seeds(target).unwrap_or_else(|error| panic!("the seeds of {} cannot be written: {error}", target.name));
    },
    |bytes: &[u8]| {
        check(TARGET.get_or_init(chosen), bytes, is_grown(bytes));
    }
);
