#!/usr/bin/env bash
# Compares our policy evaluator with an independent one. Usage: oracles.sh ORACLES SEED COUNT NOT_RUN
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v node >/dev/null || [ ! -f "$1/installed.json" ]; then
  echo 'NOT COMPARED: the independent policy evaluator needs node and npm; install them, then make setup' >&2
  mkdir -p "$(dirname "$4")"
  echo 'oracles: the independent policy evaluator needs node and npm' >> "$4"
  exit 0
fi
cargo build --locked --quiet -p ecs-scaling-oracles
"${CARGO_TARGET_DIR:-target}"/debug/ecs-scaling-oracles iam "$1" "$2" "$3"
