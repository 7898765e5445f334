//! The daemon as a process: what it shows, its signals and its log.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::{DenialStyle, Fault, FaultRule};
use serde_json::{Value, json};

use crate::golden::{self, mask};
use crate::harness::{ACCOUNT, SEARCH_API, home};
use crate::process::{Daemon, Sandbox, run, until};

const EXAMPLES: &str = "deploy/examples";
const SOON: Duration = Duration::from_secs(3);

#[test]
fn get_and_describe_show_what_the_daemon_knows() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, EXAMPLES, &[]);
    let shown = |name: &str, arguments: &[&str]| {
        let done = daemon.ask(arguments);
        golden::check(name, &mask(&done.transcript()));
    };
    shown("get/table.txt", &["get"]);
    shown("get/wide.txt", &["get", "-o", "wide"]);
    shown("get/one.txt", &["get", "search-worker"]);
    shown("get/objects.yaml", &["get", "default/search-api", "-o", "yaml"]);
    shown("get/objects.json", &["get", "search-api", "-o", "json"]);
    shown("get/describe.txt", &["describe", "search-api"]);
    shown("get/unknown.txt", &["describe", "serch-api"]);
    let list = daemon.ask(&["get", "-o", "json"]).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[test]
fn describe_says_what_is_wrong_and_what_to_do() {
    let sandbox = Sandbox::start();
    let denied = "application-autoscaling:RegisterScalableTarget";
    sandbox.world.world().deny(&home().account, denied, "*", DenialStyle::NoIdentityPolicy);
    let daemon = Daemon::start(&sandbox, "deploy/examples/search-api.yaml", &[]);
    until("the object was looked at", || {
        let list = daemon.get("/api/v1/servicescalings").json();
        (list["items"][0]["status"]["conditions"][0]["reason"] == "AccessDenied").then_some(())
    });
    let text = daemon.ask(&["describe", "search-api"]).out;
    assert!(text.contains(denied) && text.contains("→"), "{text}");
    assert_eq!(daemon.ask(&["get"]).out.matches("AccessDenied").count(), 1);
}

#[test]
fn get_warns_while_the_files_are_not_taken_as_they_are() {
    let sandbox = Sandbox::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, SEARCH_API).unwrap();
    let daemon = Daemon::settled(&sandbox, folder.path().to_str().unwrap(), &["--poll", "1s"]);
    assert_eq!(daemon.ask(&["get"]).err, "");
    std::fs::write(&file, SEARCH_API.replace("minCapacity: 2", "minCapacity: 21")).unwrap();
    let config = until("the mistake was read", || {
        let config = daemon.get("/api/v1/config").json();
        (config["successful"] == false).then_some(config)
    });
    let keys: Vec<&String> = config.as_object().unwrap().keys().collect();
    let expected = [
        "apiVersion",
        "source",
        "successful",
        "revision",
        "readAt",
        "absenceInDoubt",
        "error",
        "held",
        "findings",
        "excerpts",
    ];
    assert_eq!(keys, expected);
    assert!(config["absenceInDoubt"].as_str().unwrap().contains("rejected"), "{config}");
    assert_eq!(config["findings"][0]["path"], "spec.maxCapacity");
    golden::check("get/rejected.txt", &mask(&daemon.ask(&["get"]).transcript()));
}

#[test]
fn sighup_reconciles_now() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, "deploy/examples/search-api.yaml", &["--interval", "1h"]);
    let alarm = "ECSPersonalScaleOutAlarmProd";
    let gone = json!({"AlarmNames": [alarm]});
    let now = sandbox.world.now();
    sandbox.world.world().call_as_admin(&home(), AwsService::CloudWatch, "DeleteAlarms", gone, now).unwrap();
    daemon.signal("-HUP");
    until("the alarm is back", || sandbox.world.world().alarm(&home(), alarm).map(drop));
}

#[test]
fn sigterm_and_sigint_end_the_process_at_once_and_well() {
    for signal in ["-TERM", "-INT"] {
        let sandbox = Sandbox::start();
        let mut daemon = Daemon::settled(&sandbox, EXAMPLES, &[]);
        daemon.signal(signal);
        assert_eq!(daemon.ended(SOON), Some(0));
        assert_eq!(daemon.log().last().unwrap()["message"], "stopped");
    }
}

#[test]
fn a_second_sigterm_does_not_wait_for_calls_that_are_under_way() {
    let sandbox = Sandbox::start();
    let slow = FaultRule::next("RegisterScalableTarget", Fault::Delay(20_000));
    sandbox.world.world().inject(slow);
    let mut daemon = Daemon::start(&sandbox, "deploy/examples/search-api.yaml", &[]);
    until("the write is under way", || (!sandbox.world.world().counters().writes().is_empty()).then_some(()));
    daemon.signal("-TERM");
    daemon.logged("it stops", |line| line["message"].as_str().unwrap().starts_with("stopping").then_some(()));
    daemon.signal("-TERM");
    assert_eq!(daemon.ended(SOON), Some(1));
}

#[test]
fn a_write_is_one_line_of_audit() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, "deploy/examples/search-api.yaml", &[]);
    let log = daemon.log();
    let audit: Vec<&Value> = log.iter().filter(|line| line["audit"] == true).collect();
    let writes: Vec<(&str, &str)> =
        audit.iter().map(|line| (line["verb"].as_str().unwrap(), line["kind"].as_str().unwrap())).collect();
    assert_eq!(writes, [("create", "ScalableTarget"), ("create", "ScalingPolicy"), ("create", "Alarm")]);
    for line in audit {
        assert_eq!((&line["object"], &line["level"]), (&json!("default/search-api"), &json!("INFO")));
        assert_eq!(line["target"], format!("{ACCOUNT}/ap-northeast-2/B/search-api"));
        for field in ["revision", "position", "resource", "request_id"] {
            assert!(line[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {line}");
        }
        let changes: Value = serde_json::from_str(line["changes"].as_str().unwrap()).unwrap();
        assert!(changes[0]["field"].is_string(), "{line}");
    }
}

#[test]
fn a_file_with_mistakes_is_a_log_line_a_finding_with_its_own_message() {
    let sandbox = Sandbox::start();
    let folder = tempfile::tempdir().unwrap();
    let text = SEARCH_API.to_owned() + "---\n" + &SEARCH_API.replace("name: search-api", "name: \"a\\nb\\e[2J\"");
    std::fs::write(folder.path().join("a.yaml"), text).unwrap();
    let daemon = Daemon::settled(&sandbox, folder.path().to_str().unwrap(), &[]);
    let line = daemon.logged("the finding", |line| (line["level"] == "ERROR").then(|| line.clone()));
    assert_eq!(line["message"], "an object is rejected");
    assert!(line["problem"].is_string() && line["hint"].is_string() && line["place"].is_string(), "{line}");
}

#[test]
fn why_it_could_not_start_is_a_line_of_the_log_as_well() {
    let sandbox = Sandbox::start();
    let all = ["run", "--config", EXAMPLES, "--owner", "it", "--listen", "0.0.0.0:0"];
    let done = sandbox.run(&all);
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    let line: Value = serde_json::from_str(&done.err).expect("one line of JSON");
    assert!(line["error"].as_str().unwrap().contains("--api-token-file FILE"), "{line}");
}

#[test]
fn every_sweep_is_a_line_of_the_log_with_how_many_objects_fail() {
    let sandbox = Sandbox::start();
    let denied = "cloudwatch:PutMetricAlarm";
    sandbox.world.world().deny(&home().account, denied, "*", DenialStyle::NoIdentityPolicy);
    let daemon = Daemon::start(&sandbox, EXAMPLES, &["--interval", "1s"]);
    let line =
        daemon.logged("both fail", |line| (line["message"] == "swept" && line["failing"] == 2).then(|| line.clone()));
    assert_eq!(
        (&line["level"], &line["objects"], &line["complete"], &line["scope"]),
        (&json!("INFO"), &json!(2), &json!(true), &json!(format!("{ACCOUNT}/ap-northeast-2")))
    );
}

#[test]
fn what_observe_leaves_different_is_no_failure() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::start(&sandbox, EXAMPLES, &["--interval", "1s", "--mode", "Observe"]);
    until("Observe is said", || {
        let list = daemon.get("/api/v1/servicescalings").json();
        let all = list["items"].as_array().unwrap();
        let said = |item: &Value| item["status"]["conditions"][0]["reason"] == "ObserveMode";
        (!all.is_empty() && all.iter().all(said)).then_some(())
    });
    let seen = daemon.log().len();
    let line = until("the next sweep", || daemon.log().into_iter().skip(seen).find(|line| line["message"] == "swept"));
    assert_eq!((&line["failing"], &line["objects"]), (&json!(0), &json!(2)));
}

#[test]
fn a_healthcheck_exits_as_healthz_says() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::start(&sandbox, EXAMPLES, &[]);
    let well = run(&["healthcheck", "--listen", &daemon.address]);
    assert_eq!((well.code, well.out.as_str()), (Some(0), "ok\n"), "{}", well.transcript());
    drop(daemon);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let nobody = run(&["healthcheck", "--listen", &port]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.err.contains(&format!("asking http://{port}/healthz")), "{}", nobody.transcript());
}

#[test]
fn a_healthcheck_fails_with_what_an_unhealthy_daemon_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(&stream).lines().map(Result::unwrap);
        let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let body = "the loop has not ticked for 181 s (the interval is 60 s)\n";
        write!(stream, "HTTP/1.1 503 Service Unavailable\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        request
    });
    let done = run(&["healthcheck", "--listen", &address]);
    assert_eq!(answering.join().unwrap()[0], "GET /healthz HTTP/1.1");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("has not ticked for 181 s"), "{}", done.transcript());
}
