//! The program as its users meet it: texts, exit codes, and output that another program can rely on.

use std::process::Stdio;

use serde_json::Value;

use crate::golden;
use crate::process::{Done, Sandbox, command, finish, run};

const EXAMPLES: &str = "deploy/examples";
const MISTAKES: &str = "src/api/testdata/mistakes.yaml";

/// A file with one object in a folder of its own.
fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.yaml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn the_help_of_every_command_is_as_it_was() {
    golden::check("help/ecs-scaling.txt", &run(&["--help"]).out);
    for name in [
        "run",
        "plan",
        "apply",
        "validate",
        "get",
        "describe",
        "healthcheck",
        "export",
        "coverage",
        "doctor",
        "explain",
        "iam-policy",
        "publish",
        "schema",
        "completions",
    ] {
        let help = run(&[name, "--help"]);
        assert_eq!(help.code, Some(0));
        golden::check(&format!("help/{name}.txt"), &help.out);
    }
}

#[test]
fn every_command_is_in_the_help() {
    let help = run(&["--help"]).out;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let named = commands.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    assert_eq!(
        named.collect::<Vec<_>>(),
        [
            "run",
            "plan",
            "apply",
            "validate",
            "get",
            "describe",
            "healthcheck",
            "export",
            "coverage",
            "doctor",
            "explain",
            "iam-policy",
            "publish",
            "schema",
            "completions",
            "help"
        ]
    );
}

#[test]
fn wrong_usage_exits_with_64_and_names_the_nearest() {
    for (arguments, nearest) in [
        (&["pln"][..], "'plan'"),
        (&["plan", "--confg", "x"], "'--config'"),
        (&["get", "-o", "tabel"], "'table'"),
        (&["run", "--config", "x", "--owner", "it", "--mode", "observe"], "'Observe'"),
    ] {
        let done = run(arguments);
        assert_eq!(done.code, Some(64), "{}", done.transcript());
        assert!(done.err.contains(nearest), "{}", done.transcript());
    }
    let done = run(&["plan", "--owner", "it"]);
    assert_eq!(done.code, Some(64));
    assert!(done.err.contains("--config <PATH>"), "{}", done.err);
    assert_eq!(run(&["run", "--config", "x", "--owner", "it", "--interval", "60"]).code, Some(64));
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(run(&["--version"]).out, concat!("ecs-scaling ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn every_shell_has_completions_that_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let done = run(&["completions", shell]);
        assert_eq!(done.code, Some(0));
        for name in ["plan", "describe", "owner"] {
            assert!(done.out.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).code, Some(64));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [&["schema"][..], &["completions", "bash"], &["--help"], &["validate", MISTAKES]] {
        let wanted = run(arguments).code;
        let mut command = command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take()); // nobody reads: the first write finds a broken pipe
        let done = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&done.stderr), "", "{arguments:?}");
        assert_eq!(done.status.code(), wanted, "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = command(&["schema"]);
    let done = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.starts_with("error: writing to standard output"), "{said}");
}

#[test]
fn validate_says_all_mistakes_of_a_file_as_text_and_as_json() {
    golden::check("validate/mistakes.txt", &run(&["validate", MISTAKES]).transcript());
    let json = run(&["validate", "-o", "json", MISTAKES]);
    assert_eq!(json.code, Some(1));
    golden::check("validate/mistakes.json", &json.out);
    for finding in json.json()["findings"].as_array().unwrap() {
        let keys: Vec<&String> = finding.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["file", "line", "column", "severity", "path", "message", "hint"]);
    }
}

#[test]
fn validate_takes_several_paths_and_counts_what_it_read() {
    let both = run(&["validate", "deploy/examples/search-worker.yaml", EXAMPLES, "deploy/examples/search-api.yaml"]);
    assert_eq!(both.transcript(), "2 files, 2 valid objects: 0 errors, 0 warnings.\n--- exit code 0\n");
    let one = run(&["validate", "deploy/examples/search-worker.yaml"]);
    assert_eq!(one.out, "1 file, 1 valid object: 0 errors, 0 warnings.\n");
    let none = run(&["validate", EXAMPLES, "no/such/place"]);
    assert_eq!(none.code, Some(1));
    assert!(none.err.starts_with("error: reading the objects from no/such/place"), "{}", none.err);
}

// tf#42553, S-017
#[test]
fn strict_makes_a_warning_an_error() {
    let text = crate::harness::SEARCH_API.replace("minCapacity: 2", "minCapacity: 0");
    let (_folder, path) = written(&text);
    let lax = run(&["validate", &path]);
    assert!(lax.code == Some(0) && lax.out.contains(": warning: spec.minCapacity: "), "{}", lax.transcript());
    let strict = run(&["validate", "--strict", &path]);
    assert!(strict.code == Some(1) && strict.out.contains(": error: spec.minCapacity: "), "{}", strict.transcript());
}

#[test]
fn control_characters_of_a_file_never_reach_the_terminal() {
    let text = crate::harness::SEARCH_API
        .replace("service: search-api", r#"service: "search\e[2J\napi\x9b""#)
        .replace("minCapacity: 2", "\"min\\e[31mCapacity\": 2")
        .replace("alarmName: ECSPersonal", "alarmDescription: \"\\e]0;x\\a\"\n      alarmName: ECSPersonal");
    let (_folder, path) = written(&text);
    for arguments in
        [&["validate", &path][..], &["validate", "-o", "json", &path], &["plan", "--owner", "it", "--config", &path]]
    {
        let done = run(arguments);
        let all = done.out + &done.err;
        assert!(!all.is_empty() && !all.chars().any(|c| c.is_control() && c != '\n'), "{arguments:?}: {all:?}");
    }
}

#[test]
fn a_plan_is_read_like_a_plan() {
    let sandbox = Sandbox::start();
    let arguments = ["plan", "--owner", "it", "--config", EXAMPLES];
    golden::check("plan/examples.txt", &sandbox.run(&arguments).transcript());
    assert!(sandbox.world.world().counters().writes().is_empty());
}

/// The owner's other object, moved: tags, range, capacity, steps and threshold differ.
fn changed() -> String {
    crate::harness::SEARCH_API
        .replace("maxCapacity: 20", "maxCapacity: 25")
        .replace("threshold: 30", "threshold: 25")
        .replace("{lower: 30,", "{lower: 25,")
        .replace("adjustment: 4", "adjustment: 1")
        .replace("cooldown: 300", "cooldown: 60")
}

#[test]
fn a_plan_of_changes_says_from_and_to_as_text_and_as_json() {
    let sandbox = Sandbox::start();
    assert_eq!(sandbox.run(&["apply", "--owner", "it", "--config", "deploy/examples/search-api.yaml"]).code, Some(0));
    let (_folder, path) = written(&changed());
    golden::check("plan/changes.txt", &sandbox.run(&["plan", "--owner", "it", "--config", &path]).transcript());
    let json = sandbox.run(&["plan", "--owner", "it", "--config", &path, "-o", "json"]);
    assert_eq!(json.code, Some(2));
    golden::check("plan/changes.json", &json.out);
    assert_shape(&json.json());
}

/// What scripts rely on: these members, and beside them only what the docs name.
fn assert_shape(plan: &Value) {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(plan), ["apiVersion", "actions", "withheld"]);
    for action in plan["actions"].as_array().unwrap() {
        assert_eq!(keys(action), ["kind", "verb", "object", "target", "resource", "changes", "capacityMove", "mode"]);
        for change in action["changes"].as_array().unwrap() {
            assert_eq!(keys(change), ["field", "from", "to"]);
        }
    }
    for withheld in plan["withheld"].as_array().unwrap() {
        assert_eq!(keys(withheld), ["object", "kind", "resource", "reason", "message", "hint"]);
    }
}

// tf#44146
#[test]
fn what_is_withheld_is_said_and_exits_with_3() {
    let sandbox = Sandbox::start();
    let text = crate::harness::SEARCH_API.replace("cluster: B", "cluster: A").replace("ECSPersonal", "A");
    let (_folder, path) = written(&text);
    let arguments = ["plan", "--owner", "it", "--config", &path];
    golden::check("plan/withheld.txt", &sandbox.run(&arguments).transcript());
    let json = sandbox.run(&["plan", "--owner", "it", "--config", &path, "-o", "json"]);
    golden::check("plan/withheld.json", &json.out);
    assert_shape(&json.json());
    golden::check("apply/withheld.txt", &sandbox.run(&["apply", "--owner", "it", "--config", &path]).transcript());
}

#[test]
fn apply_tells_what_it_writes_and_a_second_one_writes_nothing() {
    let sandbox = Sandbox::start();
    let arguments = ["apply", "--owner", "it", "--config", EXAMPLES];
    golden::check("apply/examples.txt", &in_order(sandbox.run(&arguments)).transcript());
    golden::check("apply/again.txt", &sandbox.run(&arguments).transcript());
    golden::check("plan/nothing.txt", &sandbox.run(&["plan", "--owner", "it", "--config", EXAMPLES]).transcript());
}

/// Objects are worked on side by side: the lines of each are in order, those of several may be mixed.
fn in_order(done: Done) -> Done {
    let mut lines: Vec<&str> = done.out.split_inclusive('\n').collect();
    let last = lines.pop().unwrap_or_default();
    lines.sort_by_key(|line| line.split(": ").next());
    Done { out: lines.concat() + last, ..done }
}

#[test]
fn apply_says_why_a_service_cannot_be_scaled() {
    let sandbox = Sandbox::start();
    let (_folder, path) = written(&crate::harness::SEARCH_API.replace("service: search-api", "service: serch-api"));
    golden::check("apply/missing.txt", &sandbox.run(&["apply", "--owner", "it", "--config", &path]).transcript());
}

#[test]
fn an_error_says_what_was_attempted() {
    for (config, said) in [
        ("no/such/place", "error: reading the objects from no/such/place"),
        ("src/cli", "error: there is no ServiceScaling in src/cli"),
        (MISTAKES, " errors in src/api/testdata/mistakes.yaml; nothing was done"),
    ] {
        let done = run(&["plan", "--owner", "it", "--config", config]);
        assert_eq!(done.code, Some(1));
        assert!(done.err.contains(said), "{}", done.err);
        assert_eq!(done.out, "");
    }
}

#[test]
fn without_a_daemon_get_says_how_to_have_one() {
    let mut command = command(&["get"]);
    command.env("ECS_SCALING_SERVER", "http://127.0.0.1:1");
    golden::check("get/no-daemon.txt", &finish(command).transcript());
}
