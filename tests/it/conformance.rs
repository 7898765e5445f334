//! `ecs-scaling-sandbox conformance` as a process, on a sandbox over sockets that stands for AWS.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ecs_scaling_sandbox::cloud::Scope;
use ecs_scaling_sandbox::seed::{ServiceSeed, scope};
use ecs_scaling_sandbox::{Fault, FaultRule, Rule};
use jiff::Timestamp;
use serde_json::Value;

use crate::golden;
use crate::harness::REGION;
use crate::process::{Done, Sandbox, finish, until};
use crate::source_tree::{code_only, files, root, shown};

const ACCOUNT: &str = "111122223333";
/// Somebody's, and of no run.
const OTHERS: [&str; 2] = ["ecs-scaling-conformance_B_production", "ecs-scaling-conformance_C_0123456789ab"];

fn command(sandbox: &Sandbox, account: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-scaling-sandbox"));
    command.args(["conformance", "--account-id", account, "--region", REGION, "--cluster", "B"]).args(more);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(root());
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("NO_PROXY", "127.0.0.1");
    command.env("AWS_ENDPOINT_URL", &sandbox.url).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    command
}

fn run(sandbox: &Sandbox, more: &[&str]) -> Done {
    finish(command(sandbox, ACCOUNT, more))
}

fn starts(sandbox: &Sandbox, more: &[&str]) -> Child {
    let mut command = command(sandbox, ACCOUNT, more);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Everything that could be left behind, by name: services that are not deleted, task definitions, targets, alarms.
fn held(sandbox: &Sandbox) -> Vec<String> {
    let world = sandbox.world.world();
    let Scope { clusters, task_definitions, targets, alarms, .. } = world.cloud.scope(&scope(ACCOUNT, REGION));
    let services = clusters.values().flat_map(|cluster| &cluster.services);
    let inactive = ecs_scaling_sandbox::ecs::Status::Inactive;
    let services =
        services.filter(|(_, service)| service.status != inactive).map(|(name, _)| format!("service {name}"));
    let families = task_definitions.iter().filter(|(_, family)| !family.active.is_empty());
    let policies = targets.values().map(|target| target.policies.len() + target.scheduled_actions.len()).sum::<usize>();
    services
        .chain(families.map(|(name, _)| format!("family {name}")))
        .chain(targets.keys().map(|id| format!("target {id}")))
        .chain(alarms.keys().map(|name| format!("alarm {name}")))
        .chain([format!("policies and scheduled actions {policies}")])
        .collect()
}

fn writes(sandbox: &Sandbox) -> usize {
    sandbox.world.world().counters().writes().len()
}

#[test]
fn every_rule_is_enforced_somewhere() {
    let is_enforcing = |path: &std::path::Path| {
        let path = shown(path);
        !["/conformance/", "/tests/", "/rules.rs"].iter().any(|part| path.contains(part))
    };
    let enforcing = files("tests/sandbox/src", ".rs").into_iter().filter(|path| is_enforcing(path));
    let code: String = enforcing.map(|path| code_only(&std::fs::read_to_string(path).unwrap())).collect();
    let names: BTreeSet<&str> = code
        .split("Rule::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
        .collect();
    let nowhere: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !names.contains(format!("{rule:?}").as_str())).collect();
    assert!(nowhere.is_empty(), "{nowhere:?}");
}

#[test]
fn the_rules_that_no_probe_asks_for_stand_in_a_table() {
    let mut table = "# Rules that no probe asks for\n\n".to_owned();
    table += "`ecs-scaling-sandbox conformance` asks for the others. This table is made from the code.\n\n";
    table += "| Facts | Rule | Why no probe asks for it |\n| --- | --- | --- |\n";
    for rule in Rule::ALL {
        if let Some(why) = rule.unprobed() {
            table += &format!("| {} | {} | {why} |\n", rule.facts().join(", "), rule.says());
        }
    }
    golden::check_file("tests/sandbox/unprobed.md", &table);
}

#[test]
fn a_run_finds_the_sandbox_as_it_believes_and_leaves_nothing_behind() {
    let sandbox = Sandbox::start();
    let before = held(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aws.json").display().to_string();
    let done = run(&sandbox, &["--yes", "--record", &file]);
    assert_eq!(done.code, Some(0), "{}", done.transcript());
    assert!(done.out.contains(" the same, 0 different, 0 unanswered"), "{}", done.out);
    assert!(done.err.contains("Nothing is left behind."), "{}", done.err);
    assert_eq!(held(&sandbox), before);
    let recorded: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let answers = recorded["answers"].as_array().unwrap();
    assert_eq!(answers[0]["sure"], "unverified", "those come first");
    let text = recorded.to_string();
    assert!(!text.contains(ACCOUNT) && !text.contains(REGION), "a report is of no account");

    // What AWS answers otherwise than it did, and than the double does, is said.
    sandbox.world.world().cloud.rules.switch_off(Rule::StepHasABound);
    let done = run(&sandbox, &["--yes", "--compare", &file, "-o", "json"]);
    assert_eq!(done.code, Some(3), "{}", done.transcript());
    let changed = "changed: the only step has no bounds: ValidationException: Both lower and upper bounds";
    assert!(done.err.contains(changed), "{}", done.err);
    let differs = |answer: &&Value| answer["aws"] != answer["sandbox"];
    assert_eq!(done.json()["answers"].as_array().unwrap().iter().filter(differs).count(), 1);
    assert_eq!(held(&sandbox), before);
}

#[test]
fn what_would_be_called_is_shown_first_and_nothing_is_called_without_yes() {
    let sandbox = Sandbox::start();
    let done = run(&sandbox, &[]);
    assert_eq!(done.code, Some(2), "{}", done.transcript());
    for said in ["application-autoscaling:PutScalingPolicy", "ecs:CreateService", "Cost: at most 0.0", "Add --yes"] {
        assert!(done.err.contains(said), "{said}: {}", done.err);
    }
    assert_eq!(sandbox.world.world().counters().total(), 0);
}

#[test]
fn credentials_of_another_account_write_nothing() {
    let sandbox = Sandbox::start();
    let done = finish(command(&sandbox, "444455556666", &["--yes"]));
    assert_eq!((done.code, writes(&sandbox)), (Some(1), 0), "{}", done.transcript());
    assert!(done.err.contains("the credentials are of account 111122223333, not of 444455556666"), "{}", done.err);
    assert_eq!(sandbox.world.world().counters().total(), 1, "GetCallerIdentity alone");
}

#[test]
fn ctrl_c_in_the_middle_leaves_nothing_behind() {
    let sandbox = Sandbox::start();
    let before = held(&sandbox);
    // The tenth put takes long enough to be interrupted: its effect comes after the signal.
    let slow = FaultRule { nth: 10, ..FaultRule::next("PutScalingPolicy", Fault::Delay(1500)) };
    sandbox.world.world().inject(slow);
    let mut child = starts(&sandbox, &["--yes"]);
    until("the tenth policy is put", || {
        (sandbox.world.world().counters().count("PutScalingPolicy") >= 10).then_some(())
    });
    assert_ne!(held(&sandbox), before);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let status = until("the run ends", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(130));
    assert_eq!(held(&sandbox), before);
    let puts = sandbox.world.world().counters().count("PutScalingPolicy");
    assert!(puts < 15, "it went on for {puts} puts");
}

#[test]
fn a_failure_in_the_middle_leaves_nothing_behind() {
    for fault in [Fault::ResetAfterEffect, Fault::MalformedBody, Fault::InternalError] {
        let sandbox = Sandbox::start();
        let before = held(&sandbox);
        for operation in ["PutScalingPolicy", "PutMetricAlarm", "PutScheduledAction"] {
            sandbox.world.world().inject(FaultRule { nth: 4, times: 4, ..FaultRule::next(operation, fault) });
        }
        let done = run(&sandbox, &["--yes"]);
        assert_eq!(done.code, Some(3), "{fault:?}: {}", done.transcript());
        assert!(done.out.contains("unanswered  "), "{fault:?}: {}", done.out);
        assert_eq!(held(&sandbox), before, "{fault:?}");
    }
}

#[test]
fn a_service_that_could_not_be_made_leaves_nothing_behind() {
    let sandbox = Sandbox::start();
    let before = held(&sandbox);
    sandbox.world.world().inject(FaultRule { times: 9, ..FaultRule::next("CreateService", Fault::MalformedBody) });
    let done = run(&sandbox, &["--yes"]);
    assert_eq!(done.code, Some(1), "{}", done.transcript());
    assert_eq!(held(&sandbox), before);
}

#[test]
fn clean_removes_what_a_killed_run_left_and_nothing_else() {
    let sandbox = Sandbox::start();
    let region = scope(ACCOUNT, REGION);
    for (cluster, name) in ["B", "C"].into_iter().zip(OTHERS) {
        let service = ServiceSeed::new(name, 0);
        sandbox.world.world().add_service(&region, cluster, &service, Timestamp::now());
    }
    let before = held(&sandbox);
    let slow = FaultRule { nth: 10, ..FaultRule::next("PutMetricAlarm", Fault::Delay(20_000)) };
    sandbox.world.world().inject(slow);
    let mut child = starts(&sandbox, &["--yes"]);
    until("an alarm is put", || (sandbox.world.world().counters().count("PutMetricAlarm") >= 10).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let left = held(&sandbox);
    assert!(left.iter().any(|one| one.starts_with("alarm ")) && left.len() > before.len() + 2, "{left:?}");

    let shown = run(&sandbox, &["--clean"]);
    assert_eq!((shown.code, held(&sandbox)), (Some(2), left), "{}", shown.transcript());
    let done = run(&sandbox, &["--clean", "--yes"]);
    assert_eq!((done.code, held(&sandbox)), (Some(0), before), "{}", done.transcript());
    assert_eq!(run(&sandbox, &["--clean"]).out, "");
}

#[test]
fn a_given_service_stays_as_it_was_and_one_in_use_is_refused() {
    let sandbox = Sandbox::start();
    let region = scope(ACCOUNT, REGION);
    sandbox.world.world().add_service(&region, "B", &ServiceSeed::new("idle", 0), Timestamp::now());
    sandbox.world.world().add_service(&region, "B", &ServiceSeed::new("busy", 3), Timestamp::now());
    let before = held(&sandbox);
    let done = run(&sandbox, &["--yes", "--service", "idle"]);
    assert_eq!(done.code, Some(0), "{}", done.transcript());
    assert_eq!(held(&sandbox), before);
    for never in ["CreateService", "UpdateService", "DeleteService"] {
        assert_eq!(sandbox.world.world().counters().count(never), 0, "{never}");
    }
    let written = writes(&sandbox);
    let done = run(&sandbox, &["--yes", "--service", "busy"]);
    assert!(done.code == Some(1) && done.err.contains("has tasks"), "{}", done.transcript());
    assert_eq!(writes(&sandbox), written);
}
