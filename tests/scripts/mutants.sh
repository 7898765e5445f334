#!/usr/bin/env bash
# Changes the pure core in one place at a time, and looks whether a test notices. Usage: mutants.sh VERSION AREA [SHARD]
# AREA: model, plan, diagnose or status; SHARD: 0/14 takes every fourteenth. What survives is argued in tests/mutants.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$1 area=$2 shard=${3:-}

if [ "$(cargo-mutants mutants --version 2>/dev/null)" != "cargo-mutants $version" ]; then
  cargo install --locked --root .cache/tools "cargo-mutants@$version"
fi

# Without debug information each change builds in half the time; generated cases are fewer, as each test runs so often.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 PROPTEST_CASES=${PROPTEST_CASES:-24}
out=target/mutants/$area
mkdir -p "$out"
arguments=(-j1 -p ecs-scaling --no-default-features -f "src/$area/**" --minimum-test-timeout 60 -o "$out" --no-times --colors never)
[ -z "$shard" ] || arguments+=(--shard "$shard" --sharding round-robin)
# 2: some survived, and are listed; 3: some had no end. Both are looked at by a person.
nice cargo mutants "${arguments[@]}" -- --lib || [ $? -le 3 ]
printf 'survivors, each of which is killed by a test or argued in tests/mutants.md:\n'
cat "$out/mutants.out/missed.txt"
