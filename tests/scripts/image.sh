#!/usr/bin/env bash
# Builds the image that the tests look at, where this machine has the tools; where not, the test says what is missing.
# Usage: image.sh PROFILE ARCH
set -euo pipefail
cd "$(dirname "$0")/../.."

rm -f "target/image/$1/ecs-scaling-$2.tar"
if command -v buildah >/dev/null && command -v musl-gcc >/dev/null; then
  deploy/container/build.sh "$@"
fi
