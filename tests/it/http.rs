//! The daemon's HTTP server.

use ecs_scaling_sandbox::{Fault, FaultRule};
use serde_json::Value;

use crate::golden::{self, mask};
use crate::process::{Daemon, Sandbox, until};

const ONE: &str = "deploy/examples/search-api.yaml";

fn pretty(value: &Value) -> String {
    mask(&(serde_json::to_string_pretty(value).unwrap() + "\n"))
}

#[test]
fn an_object_is_given_in_its_own_shape_with_its_status() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, ONE, &[]);
    let one = daemon.get("/api/v1/servicescalings/default/search-api");
    assert_eq!(one.status, 200);
    golden::check("http/one.json", &pretty(&one.json()));
    let list = daemon.get("/api/v1/servicescalings").json();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&one.json()["apiVersion"], &Value::from("ServiceScalingList")));
    assert_eq!(list["items"][0], one.json());
    golden::check("http/config.json", &pretty(&daemon.get("/api/v1/config").json()));
    assert!(daemon.get("/").body.contains("<a href=\"./objects/default/search-api\">"));
}

#[test]
fn an_account_says_who_we_are_what_is_denied_and_how_the_role_stands() {
    let sandbox = Sandbox::start();
    let account = crate::harness::home().account;
    let denied = "application-autoscaling:DescribeScalableTargets";
    sandbox.world.world().deny(&account, denied, "*", ecs_scaling_sandbox::DenialStyle::NoIdentityPolicy);
    let daemon = Daemon::start(&sandbox, ONE, &["--mode", "Observe"]);
    until("the first pass was attempted", || (daemon.get("/readyz").status == 200).then_some(()));
    let list = daemon.get("/api/v1/accounts").json();
    let one = &list["items"][0];
    assert_eq!((&list["kind"], &one["kind"]), (&Value::from("AwsAccountList"), &Value::from("AwsAccount")));
    assert_eq!(one["metadata"]["name"], "default");
    let status = &one["status"];
    assert_eq!((&status["mode"], &status["identity"]["accountId"]), (&"Observe".into(), &account.as_str().into()));
    assert_eq!(status["denials"][0]["action"], denied, "{status}");
    assert_eq!(status["scopes"][0]["objects"], 1);
    assert!(
        status["denials"][0]["nextProbe"].is_string() && status["serviceLinkedRole"]["standing"].is_string(),
        "{status}"
    );
    let page = daemon.get("/accounts").body;
    assert!(page.contains(denied) && page.contains("Observe: nothing is written"), "{page}");
}

#[test]
fn a_refused_file_is_shown_with_the_line_that_is_wrong() {
    let sandbox = Sandbox::start();
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(crate::source_tree::root().join(ONE)).unwrap();
    std::fs::write(folder.path().join("a.yaml"), good.replace("maxCapacity", "maxCapactiy")).unwrap();
    let daemon = Daemon::start(&sandbox, folder.path().to_str().unwrap(), &[]);
    let config = until("the source was read", || {
        let config = daemon.get("/api/v1/config").json();
        (!config["findings"].as_array().unwrap().is_empty()).then_some(config)
    });
    let (finding, excerpt) = (&config["findings"][0], &config["excerpts"][0]);
    assert_eq!((&excerpt["file"], &excerpt["line"]), (&finding["file"], &finding["line"]));
    assert_eq!(excerpt["text"].as_str().unwrap().trim(), "maxCapactiy: 20");
    assert_eq!(config["source"], folder.path().to_str().unwrap());
    let page = daemon.get("/config").body;
    assert!(page.contains("maxCapactiy: 20\n") && page.contains("did you mean"), "{page}");
}

#[test]
fn what_is_not_there_is_404_and_says_so() {
    let sandbox = Sandbox::start();
    let daemon = Daemon::settled(&sandbox, ONE, &[]);
    let absent = daemon.get("/api/v1/servicescalings/other/search-api");
    assert_eq!(absent.status, 404);
    assert_eq!(absent.json()["error"], "there is no ServiceScaling other/search-api");
    assert_eq!(daemon.get("/api/v2").status, 404);
}

#[test]
fn the_api_asks_for_its_token_and_probes_and_metrics_do_not() {
    let sandbox = Sandbox::start();
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a-secret-of-enough-length\n").unwrap();
    let token = token.to_str().unwrap();
    let daemon = Daemon::start(&sandbox, ONE, &["--api-token-file", token]);
    until("the first pass is done", || (daemon.get("/readyz").status == 200).then_some(()));
    for path in [
        "/",
        "/page.css",
        "/accounts",
        "/api/v1/accounts",
        "/api/v1/servicescalings",
        "/api/v1/servicescalings/default/search-api",
        "/api/v1/config",
    ] {
        assert_eq!(daemon.get(path).status, 401, "{path}");
        for wrong in ["Bearer a-secret-of-other-length", "a-secret-of-enough-length", "Bearer "] {
            assert_eq!(daemon.get_with(path, &[("authorization", wrong)]).status, 401, "{path} {wrong}");
        }
        let right = [("authorization", "Bearer a-secret-of-enough-length")];
        assert_eq!(daemon.get_with(path, &right).status, 200, "{path}");
    }
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(daemon.get(path).status, 200, "{path}");
    }
    let without = daemon.ask(&["get"]);
    assert!(without.code == Some(1) && without.err.contains("--token-file FILE"), "{}", without.transcript());
    assert_eq!(daemon.ask(&["get", "--token-file", token]).code, Some(0));
    assert!(!daemon.log().iter().any(|line| line.to_string().contains("secret")));
}

#[test]
fn off_loopback_it_does_not_start_without_a_token_and_a_short_one_is_none() {
    let sandbox = Sandbox::start();
    let folder = tempfile::tempdir().unwrap();
    let short = folder.path().join("token");
    std::fs::write(&short, "short").unwrap();
    let base = ["run", "--config", ONE, "--owner", "it", "--listen", "0.0.0.0:0"];
    for (more, said) in [
        (&[][..], "needs a token: --api-token-file FILE"),
        (&["--api-token-file", short.to_str().unwrap()], "fewer than 16 characters"),
        (&["--api-token-file", "no/such/file"], "no/such/file cannot be read"),
    ] {
        let done = sandbox.run(&[&base[..], more].concat());
        assert!(done.code == Some(1) && done.err.contains(said), "{}", done.transcript());
    }
}

#[test]
fn it_is_ready_after_the_first_attempted_pass_and_not_before() {
    let sandbox = Sandbox::start();
    sandbox.world.world().inject(FaultRule::next("DescribeServices", Fault::Delay(1_000)));
    let daemon = Daemon::start(&sandbox, ONE, &[]);
    until("the first sweep is under way", || (sandbox.world.world().counters().total() > 1).then_some(()));
    assert_eq!((daemon.get("/readyz").status, daemon.get("/healthz").status), (503, 200));
    until("the first pass is done", || (daemon.get("/readyz").status == 200).then_some(()));
}

#[test]
fn a_pass_that_fails_is_an_attempt_and_makes_it_ready() {
    let sandbox = Sandbox::start();
    let denied = "application-autoscaling:DescribeScalableTargets";
    let account = crate::harness::home().account;
    sandbox.world.world().deny(&account, denied, "*", ecs_scaling_sandbox::DenialStyle::NoIdentityPolicy);
    let daemon = Daemon::start(&sandbox, ONE, &[]);
    until("the first pass was attempted", || (daemon.get("/readyz").status == 200).then_some(()));
    let ready = &daemon.get("/api/v1/servicescalings").json()["items"][0]["status"]["conditions"][0]["status"];
    assert_ne!(ready, "True");
}
