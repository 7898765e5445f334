#!/usr/bin/env bash
# Builds the static binary, and from it the image by buildah, without a daemon and without a base image.
# Writes target/image/PROFILE/ecs-scaling-ARCH.tar, an OCI archive: skopeo, podman and docker read it.
# Usage: build.sh PROFILE ARCH   (dev or release; amd64 or arm64). CA_CERTIFICATES: another file of certificates.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile=$1 arch=$2

case $arch in
  amd64) target=x86_64-unknown-linux-musl ;;
  arm64) target=aarch64-unknown-linux-musl ;;
  *) echo "no such architecture: $arch; it is amd64 or arm64" >&2; exit 64 ;;
esac
cargo build --locked --profile "$profile" --package ecs-scaling --target "$target"
built=${CARGO_TARGET_DIR:-target}/$target/${profile/dev/debug}/ecs-scaling

folder=target/image/$profile
context=$folder/context-$arch
mkdir -p "$context"
install -m 555 "$built" "$context/ecs-scaling-$arch"
install -m 444 "${CA_CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}" "$context/ca-certificates.crt"

# The version always; the revision where these are exactly its files; no address, since it is not known from here.
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -1)
said=(--label "org.opencontainers.image.version=$version" --annotation "org.opencontainers.image.version=$version")
made_at=0
if revision=$(git rev-parse HEAD 2>/dev/null); then
  made_at=$(git log -1 --format=%ct)
  if [ -z "$(git status --porcelain)" ]; then
    said+=(--label "org.opencontainers.image.revision=$revision")
    said+=(--annotation "org.opencontainers.image.revision=$revision")
  fi
fi

# A storage of its own: nothing of the user's is changed, and files of the same content make the same image.
storage=(--storage-driver vfs --root "$PWD/$folder/storage" --runroot "$PWD/$folder/run")
buildah "${storage[@]}" build --isolation chroot --layers=false --platform "linux/$arch" \
  --build-arg "TARGETARCH=$arch" --timestamp "$made_at" --identity-label=false "${said[@]}" \
  --file deploy/container/Dockerfile --tag "ecs-scaling:$version-$arch" "$context"
archive=$folder/ecs-scaling-$arch.tar
rm -f "$archive"
buildah "${storage[@]}" push "ecs-scaling:$version-$arch" "oci-archive:$archive:ecs-scaling:$version"
buildah "${storage[@]}" rmi --all --force >/dev/null
printf '%s: %s bytes, the binary %s bytes\n' "$archive" "$(stat -c %s "$archive")" "$(stat -c %s "$built")"
