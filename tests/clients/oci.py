"""An OCI archive read by its specification, and its file system run as a container runtime runs it."""

import dataclasses
import io
import json
import pathlib
import subprocess
import tarfile

# What a runtime does: the root file system read-only, /proc, and what is laid into it, mounted; then the image's user.
# It becomes the program, so that signals reach it. The network stays the machine's, where the sandbox listens.
RUN = """
set -eu
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do mount --bind -o ro "$1" "$root$2"; shift 2; done
shift
mount -o remount,ro,bind "$root"
exec chroot --userspec="$user" "$root" "$@"
"""


@dataclasses.dataclass
class Image:
    """An image, unpacked."""

    manifest: dict
    config: dict
    files: dict  # by name: the tar's entry
    root: pathlib.Path

    def binary(self):
        return (self.root / "ecs-scaling").read_bytes()

    def command(self, *arguments, laid=()):
        """The command that runs the image with these arguments, and with these (file or folder, place) laid into it."""
        for source, place in [("/proc", "/proc"), *laid]:
            here = self.root / place.lstrip("/")
            here.parent.mkdir(parents=True, exist_ok=True)
            here.mkdir(exist_ok=True) if pathlib.Path(source).is_dir() else here.touch()
        mounts = [str(part) for pair in laid for part in pair]
        program = self.config["Entrypoint"] + [str(argument) for argument in arguments]
        started = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", RUN, "sh", str(self.root), self.config["User"]]
        return [*started, *mounts, "--", *program]

    def environment(self, **more):
        """What the program finds there: nothing of this process's."""
        return dict(one.split("=", 1) for one in self.config.get("Env", [])) | more


def unpack(archive, root):
    """The image of an archive with one, its layers unpacked below `root`, which every user may enter then."""
    root.chmod(0o755)
    with tarfile.open(archive) as tar:

        def blob(descriptor):
            return tar.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()

        (only,) = json.load(tar.extractfile("index.json"))["manifests"]
        manifest = json.loads(blob(only))
        config = json.loads(blob(manifest["config"]))
        files = {}
        for descriptor in manifest["layers"]:
            with tarfile.open(fileobj=io.BytesIO(blob(descriptor))) as layer:
                files |= {entry.name: entry for entry in layer if entry.isfile()}
                layer.extractall(root)
    return Image(manifest, config | config["config"], files, root)


def can_run():
    """Whether this machine lets us mount."""
    tried = ["/usr/bin/unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True, timeout=30).returncode == 0
