//! Texts that others choose, made to forge lines, move cursors or become markup: where they are shown they are text.

use ecs_scaling::api::status::Reason;
use ecs_scaling::model::names::ServiceId;

use crate::harness::{SEARCH_API, home};
use crate::process::{Daemon, Done, Sandbox, finish, until};
use crate::source_tree::{code_only, files, shown};

/// A title for the terminal, a cleared screen, a line of its own, C1 controls, and markup.
const HOSTILE: &str = "evil\u{1b}]0;title\u{7}\u{1b}[2J\r\nREADY\u{9b}31m\u{8}\u{8}<script>alert(1)</script>";

/// Fails where a text holds a control character that is no newline.
fn is_harmless(name: &str, text: &str) {
    let found = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(found.is_none(), "{name} shows {found:?}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("READY")), "{name}: a line is forged: {text}");
}

/// What a command shows is harmless, and holds the text all the same.
fn shows_evil(name: &str, done: &Done) {
    is_harmless(name, &done.out);
    is_harmless(name, &done.err);
    assert!(format!("{}{}", done.out, done.err).contains("evil"), "{name}: {}", done.transcript());
}

#[test]
fn what_aws_calls_its_things_moves_no_cursor_and_forges_no_line() {
    let sandbox = Sandbox::start();
    let one = "deploy/examples/search-api.yaml";
    drop(Daemon::settled(&sandbox, one, &[]));
    {
        // No API of AWS's gives such an ARN; a proxy in between could.
        let mut world = sandbox.world.world();
        let target = world.cloud.scope_mut(&home()).targets.get_mut(&ServiceId::new("B", "search-api")).unwrap();
        target.policies.values_mut().for_each(|policy| policy.arn.push_str(HOSTILE));
    }
    let daemon = Daemon::start(&sandbox, one, &["--mode", "Observe"]);
    until("it is seen", || {
        let object = daemon.get("/api/v1/servicescalings/default/search-api").body;
        object.contains(Reason::ObserveMode.as_str()).then_some(())
    });
    shows_evil("describe", &daemon.ask(&["describe", "search-api"]));
    for output in ["table", "wide", "json", "yaml"] {
        let done = daemon.ask(&["get", "-o", output]);
        is_harmless(output, &done.out);
    }
    shows_evil("plan", &sandbox.run(&["plan", "--config", one, "--owner", "it"]));
    let page = daemon.get("/objects/default/search-api").body;
    assert!(page.contains("evil") && !page.contains("<script>alert"), "{page}");
    is_harmless("the log", &daemon.raw_log());
    daemon.log(); // each line is one JSON object
    is_harmless("the metrics", &daemon.get("/metrics").body);
}

#[test]
fn what_a_file_is_called_and_holds_moves_no_cursor_and_forges_no_line() {
    let (sandbox, folder) = (Sandbox::start(), tempfile::tempdir().unwrap());
    let name = HOSTILE.replace('/', "") + ".yaml";
    let text = SEARCH_API.replace("minCapacity: 2", "minCapacity: 99")
        + "---\nkind: \"\\e[2J\\r\\nREADY evil\"\n---\n\"\\e[31mevil\": 1\n";
    std::fs::write(folder.path().join(name), text).unwrap();
    let config = folder.path().to_str().unwrap();
    shows_evil("validate", &crate::process::run(&["validate", config]));
    shows_evil("plan", &sandbox.run(&["plan", "--config", config, "--owner", "it"]));
    let daemon = Daemon::start(&sandbox, config, &[]);
    daemon.logged("the finding", |line| (line["level"] == "ERROR").then_some(()));
    is_harmless("the log", &daemon.raw_log());
    shows_evil("get", &daemon.ask(&["get"]));
    let page = daemon.get("/config").body;
    assert!(page.contains("evil") && !page.contains("<script>alert"), "{page}");
}

#[test]
fn a_server_that_is_none_of_ours_moves_no_cursor() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let body = serde_json::json!({"apiVersion": HOSTILE, "error": HOSTILE, "items": HOSTILE}).to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            use std::io::{Read as _, Write as _};
            let _ = stream.read(&mut [0; 4096]);
            let status = "200 evil\u{1b}[2J";
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    for arguments in [&["get"][..], &["describe", "search-api"]] {
        let mut command = crate::process::command(arguments);
        command.env("ECS_SCALING_SERVER", &server);
        let done = finish(command);
        assert_eq!(done.code, Some(1), "{}", done.transcript());
        is_harmless("a stranger's answer", &(done.out + &done.err));
    }
}

#[test]
fn input_without_an_end_is_not_read_to_its_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            while stream.write_all(&[b' '; 65_536]).is_ok() {}
        }
    });
    let mut command = crate::process::command(&["get"]);
    command.env("ECS_SCALING_SERVER", &server);
    let done = finish(command);
    assert!(done.code == Some(1) && done.err.contains("more than 134217728 bytes"), "{}", done.transcript());

    let mut command = crate::process::command(&["explain", "-"]);
    let done = command.stdin(std::fs::File::open("/dev/zero").unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && said.contains("more than 1048576 bytes"), "{said}");
    let arguments = ["explain", "--policy", "/dev/zero", "--action", "ecs:DescribeServices", "--resource", "*"];
    let done = crate::process::run(&arguments);
    assert!(done.code == Some(1) && done.err.contains("more than 1048576 bytes"), "{}", done.transcript());
}

#[test]
fn everything_that_is_shown_goes_through_the_one_place_that_makes_it_harmless() {
    let ways = ["println!", "print!", "eprint!", "eprintln!", "stdout().", "stderr()."];
    let mut found: Vec<String> = Vec::new();
    for path in files("src", ".rs") {
        let code = code_only(&std::fs::read_to_string(&path).unwrap());
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        if ways.iter().any(|way| code.contains(way)) && !shown(&path).contains("tests") {
            found.push(shown(&path));
        }
    }
    found.sort();
    assert_eq!(found, ["src/cli/terminal.rs", "src/telemetry.rs"], "write through cli::terminal");
}

#[test]
fn no_code_of_ours_is_unsafe() {
    let manifest = std::fs::read_to_string(crate::source_tree::root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""), "the compiler refuses it everywhere");
    for path in ["Cargo.toml", "tests/sandbox/Cargo.toml"] {
        let manifest = std::fs::read_to_string(crate::source_tree::root().join(path)).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path}");
    }
}
