"""From a role that loses a permission to the message that somebody gets, and back: `make e2e`.

Real parts: the controller, Prometheus with the rules of deploy/, Alertmanager with a webhook.
"""

import copy
import http.server
import json
import shutil
import signal
import socket
import subprocess
import threading
import urllib.parse
import urllib.request

import boto3
import pytest
import yaml
from conftest import REGION, ROOT, binary, not_run, wait_until

MEMBER = "444455556666"
HUB = "111122223333"
ROLE, POLICY, ALARM = "ecs-scaling", "scaling", "ECSPersonalScaleOutAlarmProd"
OBJECT, ACTION = "default/search-api", "cloudwatch:PutMetricAlarm"
PATIENCE = 60


@pytest.fixture(scope="module")
def controller_policy():
    """What `iam-policy` prints for the role."""
    command = [binary("ecs-scaling"), "iam-policy", "--mode", "reconcile-slr", "--account-id", MEMBER]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


@pytest.fixture
def seed(controller_policy):
    """An account with a service, the controller's role, and an administrator."""
    of_member = {"account": MEMBER, "trustedAccounts": [HUB]}
    return {
        "roles": [
            of_member | {"name": ROLE, "policies": {POLICY: controller_policy}},
            of_member | {"name": "administrator"},
        ],
        "clusters": [
            {
                "account": MEMBER,
                "region": REGION,
                "name": "B",
                "services": [{"name": "search-api", "desiredCount": 2}],
            }
        ],
    }


@pytest.fixture
def administrator(sandbox):
    """Clients of somebody who may do everything in the account."""
    role = f"arn:aws:iam::{MEMBER}:role/administrator"
    keys = sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="it")["Credentials"]

    def client(service):
        return boto3.client(
            service,
            endpoint_url=sandbox.url,
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return client


@pytest.fixture
def inbox():
    """A webhook's address, and the alerts that came there, oldest first."""
    came = []

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            came.extend(json.loads(self.rfile.read(int(self.headers["content-length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield "http://127.0.0.1:{}".format(server.server_address[1]), came
    server.shutdown()
    server.server_close()


def free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return "127.0.0.1:{}".format(one.getsockname()[1])


@pytest.fixture
def monitoring(inbox, free_address, tmp_path):
    """Prometheus, scraping the daemon's address, and Alertmanager, which tells the inbox; both run."""
    programs = [shutil.which(name) for name in ("prometheus", "prometheus-alertmanager")]
    if not all(programs):
        not_run("end to end", "prometheus or alertmanager is not there (Debian: prometheus, prometheus-alertmanager)")
    prometheus, alertmanager = programs
    ours, theirs = free(), free()
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(impatient(ROOT / "deploy/prometheus/rules.yaml")))
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "tools", "static_configs": [{"targets": [free_address]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [theirs]}]}]},
    }))
    (tmp_path / "alertmanager.yaml").write_text(yaml.safe_dump({
        "route": {
            "receiver": "inbox",
            "group_by": ["alertname", "object"],
            "group_wait": "0s",
            "group_interval": "1s",
        },
        "receivers": [{"name": "inbox", "webhook_configs": [{"url": inbox[0], "send_resolved": True}]}],
    }))
    commands = [
        [alertmanager, f"--config.file={tmp_path}/alertmanager.yaml", f"--storage.path={tmp_path}/alertmanager",
         f"--web.listen-address={theirs}", "--cluster.listen-address="],
        [prometheus, f"--config.file={tmp_path}/prometheus.yaml", f"--storage.tsdb.path={tmp_path}/prometheus",
         f"--web.listen-address={ours}"],
    ]
    processes = []
    with open(tmp_path / "monitoring.log", "w") as log:
        try:
            for command in commands:
                processes.append(subprocess.Popen(command, stdout=log, stderr=log))
            for address in (ours, theirs):
                wait_until(f"{address} is ready", lambda: is_ready(address))
            yield f"http://{ours}"
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=20)


def impatient(path):
    """The rules as they are, but that no alert waits for longer than a second."""
    rules = yaml.safe_load(path.read_text())
    shortened = [rule for group in rules["groups"] for rule in group["rules"] if "for" in rule]
    assert len(shortened) > 8
    for rule in shortened:
        rule["for"] = "1s"
    return rules


def is_ready(address):
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=10) as reply:
            return reply.status == 200
    except OSError:
        return False


def without(policy, action):
    """The policy with one action taken out."""
    less = copy.deepcopy(policy)
    for statement in less["Statement"]:
        if action in statement["Action"]:
            statement["Action"] = [one for one in statement["Action"] if one != action]
    assert less != policy, f"the policy never had {action}"
    return less


def test_a_lost_permission_becomes_a_message_that_names_it_and_ends_with_the_grant(
    sandbox, controller_policy, administrator, daemon, config, example, free_address, monitoring, inbox
):
    _, came = inbox
    account = {
        "apiVersion": "ecs-scaling.dev/v1alpha1",
        "kind": "AwsAccount",
        "metadata": {"name": "member"},
        "spec": {"accountId": MEMBER, "roleArn": f"arn:aws:iam::{MEMBER}:role/{ROLE}", "regions": [REGION]},
    }
    example["spec"] |= {"account": "member"}
    process = daemon(
        "--config", config(account, example), "--owner", "it", "--listen", free_address, "--interval", "1s"
    )
    iam, cloudwatch = administrator("iam"), administrator("cloudwatch")

    def threshold():
        alarms = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        return [alarm["Threshold"] for alarm in alarms]

    wait_until("the alarm is made", lambda: threshold() == [30.0], PATIENCE)
    wait_until("Prometheus sees it Ready", lambda: is_one(monitoring, ready(OBJECT)), PATIENCE)
    assert [alert for alert in came if alert["labels"].get("object") == OBJECT] == []

    # The role's owner takes the action away; then somebody moves the threshold by hand.
    less = json.dumps(without(controller_policy, ACTION))
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=less)
    wanted = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]
    of_a_put = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    moved = {name: value for name, value in wanted.items() if name in of_a_put} | {"Threshold": 77.0}
    cloudwatch.put_metric_alarm(**moved)

    def told(status):
        return [alert for alert in came if is_about_it(alert) and alert["status"] == status]

    (fired, *_) = wait_until("the alert came", lambda: told("firing"), PATIENCE)
    assert fired["labels"]["severity"] == "warning" and fired["labels"]["account"] == MEMBER
    assert fired["annotations"]["summary"] == f"{OBJECT} lacks a permission in account {MEMBER}"
    for part in (OBJECT, "B/search-api", REGION, f"AccessDenied, {ACTION}.", f"ecs-scaling describe {OBJECT}"):
        assert part in fired["annotations"]["description"], fired["annotations"]["description"]
    assert told("resolved") == [] and threshold() == [77.0]

    # Granted again, and asked at once, as the runbook says.
    iam.put_role_policy(RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(controller_policy))
    process.send_signal(signal.SIGHUP)
    wait_until("the threshold is put back", lambda: threshold() == [30.0], 2 * PATIENCE)
    wait_until("the alert ended", lambda: told("resolved"), PATIENCE)


def is_about_it(alert):
    return alert["labels"].get("object") == OBJECT and alert["labels"]["alertname"] == "EcsScalingAccessDenied"


def ready(name):
    return f'ecs_scaling_status_condition{{object="{name}", type="Ready", status="True"}} == 1'


def is_one(prometheus, query):
    """Whether Prometheus has an answer to the query."""
    address = f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(address, timeout=10) as reply:
        return json.load(reply)["data"]["result"]
