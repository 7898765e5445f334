#!/usr/bin/env bash
# Runs every check in order, each under a header with its time, and ends with what could not run on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p target
: > target/not-run.txt

step() {
  local title=$1 target=$2 start=$SECONDS
  printf '\n== %s\n' "$title"
  if ! make --no-print-directory "$target"; then
    printf '== %s: FAILED after %d s; again alone: make %s\n' "$title" $((SECONDS - start)) "$target"
    exit 1
  fi
  printf '== %s: %d s\n' "$title" $((SECONDS - start))
}

step 'tools'                   setup
step 'format'                  fmt-check
step 'pure core, without SDK'  core
step 'clippy'                  lint
step 'build'                   build
step 'Rust tests'              cargo-test
step 'docs'                    docs
step 'dependencies'            deny
step 'clients'                 clients
step 'status page'             page
step 'alerts'                  rules
step 'alerts, end to end'      e2e
step 'chart'                   chart
step 'ECS, image, runbook'     deploy
step 'image'                   image-test
step 'YAML and shell'          yaml-shell
step 'oracles'                 oracles
step 'fuzzing'                 fuzz-short
step 'demo'                    demo-golden

printf '\n== all checks passed: %d s\n' "$SECONDS"
tests/scripts/not-run.sh
