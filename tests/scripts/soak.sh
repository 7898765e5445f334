#!/usr/bin/env bash
# The long run: more seeds, more kills, more objects than make test has time for. Prints each test's own figures.
set -euo pipefail
cd "$(dirname "$0")/../.."

run() {
  local title=$1 start=$SECONDS
  shift
  printf '== %s\n' "$title"
  "$@" 2>&1 | grep -v '^seed\|^$\|^running\|^ *Finished\|^ *Running\|^ *Compiling'
  printf '== %s: %d s\n' "$title" $((SECONDS - start))
}

it=(cargo test --locked -p ecs-scaling-sandbox --test it --)
run 'random faults'          env SEEDS="${SEEDS:-200}" "${it[@]}" --nocapture faults::
run 'crashes, lag, rivals'   "${it[@]}" --nocapture crash:: lag:: rivals:: pressure:: isolation:: time::
run 'kills, stops and cuts'  env SOAK=1 "${it[@]}" --nocapture --test-threads 1 killed::
run 'at rest'                env OBJECTS="${OBJECTS:-1000}" PASSES="${PASSES:-60}" "${it[@]}" --nocapture steady::
