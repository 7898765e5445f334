#!/usr/bin/env bash
# Checks and tests the alerts with Prometheus' own tool; where it is missing, says so in the list of what did not run.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v promtool >/dev/null; then
  echo 'the alerts are NOT tested: promtool is not on PATH (Debian: prometheus)' >&2
  mkdir -p target
  echo 'promtool: promtool is not on PATH (Debian: prometheus)' >> target/not-run.txt
  exit 0
fi
promtool check rules deploy/prometheus/rules.yaml
promtool test rules tests/deploy/rules.test.yaml
