#!/usr/bin/env bash
# Runs fuzz targets under libFuzzer, on the stable toolchain, one after another. Usage: fuzz.sh SECONDS [TARGET]…
# What breaks is kept below target/fuzz/found/TARGET/; again: tests/scripts/fuzz.sh --again TARGET FILE
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v c++ >/dev/null; then
  echo 'NOT FUZZED: libFuzzer needs a C++ compiler; install g++' >&2
  mkdir -p target && echo 'fuzzing: libFuzzer needs a C++ compiler' >> target/not-run.txt
  exit 0
fi

host=$(rustc -vV | sed -n 's/^host: //p')
# What cargo-fuzz sets too: LLVM's coverage counters, without a sanitizer, which would need a nightly toolchain.
coverage='--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Coverflow-checks'

# With --target the flags are for the program alone, not for what builds it.
RUSTFLAGS="$coverage" CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_TARGET_DIR=target/fuzz/build \
  cargo build --locked --release --quiet --target "$host" -p ecs-scaling-fuzz --features libfuzzer
fuzz=target/fuzz/build/$host/release/fuzz

if [ "$1" = --again ]; then
  FUZZ_TARGET=$2 exec "$fuzz" "$3"
fi

seconds=$1
shift
if [ $# = 0 ]; then
  mapfile -t all < <(sed -n 's/.*Target { name: "\([a-z-]*\)".*/\1/p' tests/fuzz/src/lib.rs)
  set -- "${all[@]}"
fi
for target in "$@"; do
  found=target/fuzz/found/$target corpus=target/fuzz/corpus/$target log=target/fuzz/$target.log
  mkdir -p "$found" "$corpus"
  # One input, with what is made from it, may take 60 s at most; memory is bounded too.
  if ! FUZZ_TARGET=$target FUZZ_SEEDS=$corpus "$fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=60 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$found/" "$corpus" 2> "$log"; then
    grep -v '^#' "$log" | sed -n '/panicked at/,/stack backtrace/p; /SUMMARY/p; /Test unit/p' | cut -c1-600
    printf 'fuzz %s: FAILED; again: tests/scripts/fuzz.sh --again %s FILE, with the file named above\n' "$target" "$target"
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  # libFuzzer counts edges; the more, the deeper the inputs came.
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  printf 'fuzz %s: %s inputs in %s s, %s a second, %s edges\n' \
    "$target" "$runs" "$seconds" "$((runs / (seconds > 0 ? seconds : 1)))" "$edges"
done
