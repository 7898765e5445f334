"""Objects from S3: the daemon and the commands on moto's S3, which is nobody's here, beside the sandbox.

moto runs within the tests' process, so that what no client would send can be put behind its back.
"""

import contextlib
import json
import re
import urllib.request

import boto3
import pytest
import yaml
from moto.backends import get_backend
from moto.s3.exceptions import S3ClientError

from conftest import REGION, wait_until

BUCKET = "config-bucket"
LOCATION = f"s3://{BUCKET}/prod"


class Prefix:
    """The prefix that the controller reads, and neighbours that it must not."""

    def __init__(self, url):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.client = boto3.client("s3", endpoint_url=url, region_name=REGION, **keys)
        self.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, name, text):
        """Writes an object; gives its ETag."""
        return self.client.put_object(Bucket=BUCKET, Key=f"prod/{name}", Body=text.encode())["ETag"]

    def delete(self, name):
        self.client.delete_object(Bucket=BUCKET, Key=f"prod/{name}")

    def read(self, name):
        return self.client.get_object(Bucket=BUCKET, Key=f"prod/{name}")["Body"].read().decode()

    def names(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="prod/")
        return sorted(entry["Key"].removeprefix("prod/") for page in pages for entry in page.get("Contents", []))

    def behind_its_back(self, name, text):
        """Writes past the server: what it cannot route (control characters in a key), and what is quick."""
        get_backend("s3")["123456789012"]["aws"].put_object(BUCKET, f"prod/{name}", text.encode())

    @contextlib.contextmanager
    def before_put(self, name, act):
        """Does something before each write of an object of this name."""
        backend = type(get_backend("s3")["123456789012"]["aws"])
        put = backend.put_object

        def put_object(self, bucket, key, *more, **named):
            if key == f"prod/{name}":
                act()
            return put(self, bucket, key, *more, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backend, "put_object", put_object)
            yield


class Busy(S3ClientError):
    """What S3 says when it has too much to do; clients send again what they may."""

    code = 503

    def __init__(self):
        super().__init__("SlowDown", "Please reduce your request rate.")


@pytest.fixture
def prefix(moto):
    return Prefix(moto)


def scaling(service, top=9, low=1):
    """One object, as the text of a file."""
    spec = {"region": REGION, "cluster": "B", "service": service, "minCapacity": low, "maxCapacity": top}
    header = {"apiVersion": "ecs-scaling.dev/v1alpha1", "kind": "ServiceScaling", "metadata": {"name": service}}
    return yaml.safe_dump(header | {"spec": spec}, sort_keys=False)


class Controller:
    """A running daemon, as its API and AWS show it."""

    def __init__(self, sandbox, address):
        self.sandbox, self.address = sandbox, address

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as reply:
            return reply.read().decode()

    def config(self):
        return json.loads(self.get("/api/v1/config"))

    def successful(self):
        return "ecs_scaling_config_last_reload_successful 1" in self.get("/metrics")

    def ranges(self):
        """What AWS holds: (min, max) of each service."""
        client = self.sandbox.client("application-autoscaling")
        pages = client.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="ecs")
        targets = [target for page in pages for target in page["ScalableTargets"]]
        return {t["ResourceId"].rsplit("/")[-1]: (t["MinCapacity"], t["MaxCapacity"]) for t in targets}


@pytest.fixture
def started(sandbox, prefix, daemon, free_address):
    """Starts a daemon on the prefix that looks every second."""

    def start(services=("a", "b", "c")):
        for service in services:
            sandbox.create_service(service=service)
        arguments = ["--config", LOCATION, "--owner", "it", "--listen", free_address, "--poll", "1s"]
        daemon(*arguments, "--requests-per-second", "1000", "--max-changes", "1000")
        return Controller(sandbox, free_address)

    return start


def holds(controller, expected):
    wait_until(f"AWS holds {expected}", lambda: controller.ranges() == expected)


def fails_with(controller, text):
    """Waits for the source's error or finding; gives the whole of it."""

    def said():
        config = controller.config()
        said = " ".join([config.get("error") or "", *[json.dumps(finding) for finding in config["findings"]]])
        return said if text in said and not controller.successful() else None

    return wait_until(f"the source fails with {text!r}", said, seconds=60)


def test_objects_are_added_changed_held_and_never_removed_by_an_empty_source(prefix, started):
    prefix.put("a.yaml", scaling("a"))
    prefix.client.put_object(Bucket=BUCKET, Key="prod-old/x.yaml", Body=b"not: ours\n")
    prefix.put("notes.txt", "no YAML")
    controller = started()
    holds(controller, {"a": (1, 9)})
    assert controller.successful() and controller.config()["findings"] == []
    assert "there is no revision.json" in controller.config()["absenceInDoubt"]

    prefix.put("team/b.yml", scaling("b"))
    holds(controller, {"a": (1, 9), "b": (1, 9)})
    prefix.put("a.yaml", scaling("a", top=12))
    holds(controller, {"a": (1, 12), "b": (1, 9)})

    # A broken file holds its object, at its place; the others go on.
    prefix.put("a.yaml", scaling("a", top=3).replace("maxCapacity: 3", "maxCapacity: many"))
    prefix.put("c.yaml", scaling("c"))
    holds(controller, {"a": (1, 12), "b": (1, 9), "c": (1, 9)})
    finding = fails_with(controller, f"{LOCATION}/a.yaml")
    assert '"line": 10' in finding and '"column": 16' in finding, finding
    # A file cut short is refused too, though it is good YAML.
    prefix.put("a.yaml", scaling("a", top=40).rstrip("0\n"))
    fails_with(controller, "cut short")
    assert controller.ranges()["a"] == (1, 12)

    prefix.put("a.yaml", scaling("a", top=13))
    prefix.delete("c.yaml")
    holds(controller, {"a": (1, 13), "b": (1, 9), "c": (1, 9)})  # without --prune nothing is removed in AWS
    wait_until("c is no object any more", lambda: "default/c" not in controller.get("/metrics"))
    wait_until("all is well again", controller.successful)

    # Emptied but for something else; emptied of everything; and the bucket gone: each changes nothing.
    for name in ["a.yaml", "team/b.yml"]:
        prefix.delete(name)
    fails_with(controller, "the source holds no ServiceScaling any more")
    prefix.delete("notes.txt")
    fails_with(controller, f"there is nothing below {LOCATION}")
    prefix.client.delete_object(Bucket=BUCKET, Key="prod-old/x.yaml")
    prefix.client.delete_bucket(Bucket=BUCKET)
    assert "make the bucket" in fails_with(controller, "NoSuchBucket")
    assert controller.ranges() == {"a": (1, 13), "b": (1, 9), "c": (1, 9)}
    assert {"default/a", "default/b"} <= set(re.findall(r'object="([^"]+)"', controller.get("/metrics")))

    prefix.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    prefix.put("a.yaml", scaling("a", top=14))
    holds(controller, {"a": (1, 14), "b": (1, 9), "c": (1, 9)})
    wait_until("all is well again", controller.successful)


def test_with_a_revision_nothing_counts_before_it_fits(prefix, started):
    def revise(name, etags):
        prefix.put("revision.json", json.dumps({"revision": name, "objects": etags}))

    etags = {name: prefix.put(name, scaling(name[0])) for name in ["a.yaml", "b.yaml"]}
    revise("first", etags)
    controller = started()
    holds(controller, {"a": (1, 9), "b": (1, 9)})
    assert (controller.config()["revision"], controller.config()["absenceInDoubt"]) == ("first", None)

    # Half of an upload rests for several polls: longer than two equal listings need.
    etags["a.yaml"] = prefix.put("a.yaml", scaling("a", top=20))
    assert "a.yaml is not as revision.json (first) says" in fails_with(controller, "did not settle")
    assert controller.config()["absenceInDoubt"] == "the source could not be read the last time"
    etags["b.yaml"] = prefix.put("b.yaml", scaling("b", top=20))
    etags["c.yaml"] = prefix.put("c.yaml", scaling("c", top=20))
    assert controller.ranges() == {"a": (1, 9), "b": (1, 9)}
    revise("second", etags)
    holds(controller, {"a": (1, 20), "b": (1, 20), "c": (1, 20)})
    wait_until("all is well again", lambda: controller.successful() and controller.config()["revision"] == "second")


def test_thousands_of_keys_are_read_in_pages(prefix, controller):
    for number in range(2_100):
        prefix.behind_its_back(f"notes/{number:04}.txt", "")
    prefix.put("zz.yaml", scaling("a"))
    done = controller("validate", LOCATION)
    assert "1 file, 1 valid object: 0 errors" in done.stdout
    for number in range(1_050):
        prefix.behind_its_back(f"many/{number:04}.yaml", scaling(f"s-{number}"))
    assert "1051 files, 1051 valid objects: 0 errors" in controller("validate", LOCATION).stdout


def test_hostile_names_stay_text_and_are_never_asked_for(prefix, controller):
    for harmless in ["a b+c%2F%FF.yaml", "<script>.yaml", "ä.yaml", "x" * 900 + ".yaml"]:
        prefix.put(harmless, scaling("s-" + str(len(harmless))))
    done = controller("validate", LOCATION)
    assert "4 files, 4 valid objects: 0 errors" in done.stdout, done.stdout
    hostile = ["../prod-old/x.yaml", "a//b.yaml", "./c.yaml"]
    for name in hostile:
        prefix.put(name, scaling("evil"))
    for name in ["\x1b[2J.yaml", "a\nerror: forged.yaml", "a\u202elmay.yaml"]:
        prefix.behind_its_back(name, scaling("evil"))
    done = controller("validate", LOCATION, exit_code=1)
    assert "4 files, 4 valid objects: 6 errors" in done.stdout, done.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", done.stdout)
    assert not re.search("^error: forged", done.stdout, re.MULTILINE)
    for shown in ["\\u{1b}[2J.yaml", "a\\nerror: forged.yaml", "a\\u{202e}lmay.yaml", *hostile]:
        assert f"{LOCATION}/{shown}:1:1: error: the key" in done.stdout, shown


def test_the_commands_read_s3_as_they_read_a_directory(prefix, sandbox, controller):
    sandbox.create_service(service="a")
    prefix.put("a.yaml", scaling("a"))
    config = ["--config", LOCATION]
    policy = json.loads(controller("iam-policy", "--mode", "reconcile", "--no-explain-denials", *config).stdout)
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert statements["ListObjects"] == {
        "Sid": "ListObjects",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}"],
        "Condition": {"StringEquals": {"s3:prefix": "prod/"}},
    }
    assert statements["ReadObjects"]["Action"] == ["s3:GetObject"]
    assert statements["ReadObjects"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/prod/*"]
    controller("doctor", "--owner", "it", *config)
    assert "B/a" in controller("plan", "--owner", "it", *config, exit_code=2).stdout
    controller("apply", "--owner", "it", *config)
    controller("plan", "--owner", "it", *config)
    prefix.put("a.yaml", "spec: [\n")
    assert f"{LOCATION}/a.yaml:2:1: error" in controller("plan", "--owner", "it", *config, exit_code=1).stderr
    missing = controller("plan", "--owner", "it", "--config", f"s3://{BUCKET}/typo", exit_code=1)
    assert f"there is nothing below s3://{BUCKET}/typo" in missing.stderr
    assert "BUCKET/PREFIX" in controller("plan", "--owner", "it", "--config", "s3://", exit_code=64).stderr


class Desired:
    """The directory that is published."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, **objects):
        for name, text in objects.items():
            (self.folder / f"{name}.yaml").write_text(text)


@pytest.fixture
def desired(tmp_path):
    folder = tmp_path / "scaling"
    folder.mkdir()
    return Desired(folder)


def test_publishing_writes_what_differs_and_the_revision_last(prefix, desired, controller, started):
    def publish(*arguments, exit_code=0):
        return controller("publish", "--to", LOCATION, desired.folder, *arguments, exit_code=exit_code)

    desired.write(a=scaling("a"), b=scaling("b"))
    dry = publish("--dry-run", exit_code=2)
    assert f"upload {LOCATION}/a.yaml\n" in dry.stdout and prefix.names() == []
    publish("--revision", "v1")
    assert prefix.names() == ["a.yaml", "b.yaml", "revision.json"]
    running = started()
    holds(running, {"a": (1, 9), "b": (1, 9)})
    assert running.config()["revision"] == "v1"
    assert "holds these files already" in publish("--revision", "v1").stdout

    # One changed, one new, one gone; a neighbour that is no object's stays.
    prefix.put("notes.txt", "hers")
    desired.write(a=scaling("a", top=30), c=scaling("c"))
    (desired.folder / "b.yaml").unlink()
    said = publish("--revision", "v2").stdout
    assert said.splitlines() == [
        f"upload {LOCATION}/a.yaml",
        f"upload {LOCATION}/c.yaml",
        f"delete {LOCATION}/b.yaml",
        "revision v2",
    ]
    assert prefix.names() == ["a.yaml", "c.yaml", "notes.txt", "revision.json"]
    holds(running, {"a": (1, 30), "b": (1, 9), "c": (1, 9)})
    wait_until("it is v2 that was read", lambda: running.config()["revision"] == "v2" and running.successful())
    etags = json.loads(prefix.read("revision.json"))["objects"]
    assert set(etags) == {"a.yaml", "c.yaml"}

    # What a controller would refuse is not published, and what somebody else wrote is not deleted.
    desired.write(a=scaling("a", low=99))
    assert "nothing was published" in publish(exit_code=1).stderr
    desired.write(a=scaling("a", top=31))
    prefix.put("theirs.yaml", scaling("b"))
    refused = publish(exit_code=1)
    assert "theirs.yaml" in refused.stderr and "theirs.yaml" in prefix.names()
    assert json.loads(prefix.read("revision.json"))["revision"] == "v2"
    prefix.delete("theirs.yaml")
    publish("--revision", "v3")
    holds(running, {"a": (1, 31), "b": (1, 9), "c": (1, 9)})


def test_a_publication_that_is_broken_off_fits_nothing_until_it_is_done_again(prefix, desired, controller):
    def expired():
        raise S3ClientError("ExpiredToken", "The provided token has expired.")

    desired.write(a=scaling("a"), b=scaling("b"))
    for said in ["a.yaml is not in revision.json (publishing)", "a.yaml is not as revision.json (v1) says"]:
        with prefix.before_put("b.yaml", expired):
            assert "b.yaml: " in controller("publish", "--to", LOCATION, desired.folder, exit_code=1).stderr
        assert "a.yaml" in prefix.names()
        assert said in controller("validate", LOCATION, exit_code=1).stderr
        controller("publish", "--to", LOCATION, desired.folder, "--revision", "v1")
        assert "2 valid objects: 0 errors" in controller("validate", LOCATION).stdout
        desired.write(a=scaling("a", top=20), b=scaling("b", top=20))


def test_the_revision_is_sent_once_and_objects_again(prefix, desired, controller):
    tries = []

    def busy():
        tries.append(1)
        if len(tries) == 1:
            raise Busy

    desired.write(a=scaling("a"))
    with prefix.before_put("a.yaml", busy):
        controller("publish", "--to", LOCATION, desired.folder)
    assert len(tries) == 2
    tries.clear()
    with prefix.before_put("revision.json", busy):
        refused = controller("publish", "--to", LOCATION, desired.folder, "--revision", "v2", exit_code=1)
    assert "SlowDown" in refused.stderr and len(tries) == 1


def test_of_two_that_publish_at_the_same_time_the_second_to_end_is_told(prefix, desired, controller):
    def publish(*arguments, exit_code=0):
        return controller("publish", "--to", LOCATION, desired.folder, *arguments, exit_code=exit_code)

    desired.write(a=scaling("a"))
    publish("--revision", "v1")
    desired.write(a=scaling("a", top=20))
    theirs = json.dumps({"revision": "theirs", "objects": {}})
    with prefix.before_put("a.yaml", lambda: prefix.put("revision.json", theirs)):
        assert "somebody else published meanwhile" in publish("--revision", "v2", exit_code=1).stderr
    assert prefix.read("revision.json") == theirs
    publish("--revision", "v2")
    assert "1 valid object: 0 errors" in controller("validate", LOCATION).stdout
