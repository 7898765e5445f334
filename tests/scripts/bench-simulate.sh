#!/usr/bin/env bash
# Plays a week at one minute for 1,000 objects, optimised; counts the instructions of ten where valgrind is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo bench --locked --quiet -p ecs-scaling --no-default-features --bench simulate -- 1000
if ! command -v valgrind >/dev/null; then
  echo 'instructions: not counted, there is no valgrind'
  exit 0
fi
bench=$(cargo bench --locked --no-run --message-format=json -p ecs-scaling --no-default-features --bench simulate 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*\/simulate-[^"]*\)".*/\1/p' | tail -1)
count() { valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$bench" "$1" 2>&1 | sed -n 's/.*I *refs: *//p' | tr -d ','; }
echo "instructions: $((($(count 11) - $(count 1)) / 10)) an object and week"
