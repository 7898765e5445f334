#!/usr/bin/env bash
# Shows the checks that could not run, and fails when they are not those of tests/not-run.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

committed=$(grep -v '^#' tests/not-run.txt | sort -u)
here=$(sort -u target/not-run.txt)

printf '\nCould not run on this machine:\n%s\n' "${here:-(none)}" | sed '3,$s/^/  /'
if [ "$here" = "$committed" ]; then
  exit 0
fi

printf '\nThis list differs from tests/not-run.txt (< committed, > here):\n'
diff <(printf '%s\n' "$committed") <(printf '%s\n' "$here") | grep '^[<>] .' || true
cat <<'END'
A line with > is a check that was lost: install what it names, so that it runs.
A line with < is a check that runs now: take its line out of tests/not-run.txt.
A machine that will never have the tool: make test ACCEPT_NOT_RUN=1
END
[ -n "${ACCEPT_NOT_RUN:-}" ]
