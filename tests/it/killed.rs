//! The real process is killed at its calls, stopped at any moment, and cut off from AWS.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ecs_scaling::model::failure::AwsService;
use ecs_scaling_sandbox::{Fault, FaultRule, ServiceSeed};
use serde_json::json;

use crate::harness::{ALARM, home};
use crate::harness_daemon::Dice;
use crate::place::Place;
use crate::process::{Daemon, Sandbox, until};

const ONE: &str = "deploy/examples/search-api.yaml";

/// Everything of a service that somebody else scales, to the byte.
fn foreign(sandbox: &Sandbox) -> String {
    let world = sandbox.world.world();
    let held = world.cloud.scope(&home());
    let targets = held.targets.iter().filter(|(id, _)| id.service.as_str() == "theirs");
    let alarms = held.alarms.iter().filter(|(name, _)| name.as_str() != ALARM);
    let alarms = alarms.map(|(name, alarm)| format!("{name} {:?} {:?}", alarm.spec, alarm.tags));
    targets.map(|(id, target)| format!("{id} {target:?}")).chain(alarms).collect::<Vec<_>>().join("\n")
}

/// The story, and beside it a service that somebody else scales.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    let now = sandbox.world.now();
    let mut world = sandbox.world.world();
    world.add_service(&home(), "B", &ServiceSeed::new("theirs", 3), now);
    let target = json!({"ServiceNamespace": "ecs", "ResourceId": "service/B/theirs",
        "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 1, "MaxCapacity": 5});
    world.call_as_admin(&home(), AwsService::ApplicationAutoScaling, "RegisterScalableTarget", target, now).unwrap();
    world.reset_counters();
    drop(world);
    sandbox
}

fn writes(sandbox: &Sandbox) -> usize {
    sandbox.world.world().counters().writes().len()
}

fn calls(sandbox: &Sandbox) -> u64 {
    sandbox.world.world().counters().total()
}

#[test]
fn a_process_killed_at_any_of_its_calls_is_followed_by_one_that_converges() {
    let undisturbed = sandbox();
    drop(Daemon::settled(&undisturbed, ONE, &[]));
    let (all, needed) = (calls(&undisturbed), writes(&undisturbed));
    assert!(needed >= 3, "{needed}");
    let (mut killed, mut most) = (0, 0);
    for nth in 1..=all {
        // Held before it has an effect, and after; and not held at all: then the kill falls somewhere behind the reply.
        let holds = [Some(Fault::TimeoutBeforeEffect), Some(Fault::TimeoutAfterEffect), None];
        let is_long = std::env::var_os("SOAK").is_some();
        // The short run takes one of the three for each call.
        for hold in
            holds.into_iter().enumerate().filter(|(at, _)| is_long || nth % 3 == *at as u64).map(|(_, hold)| hold)
        {
            let sandbox = sandbox();
            let before = foreign(&sandbox);
            let rule = hold.map(|fault| FaultRule::call(nth, fault));
            rule.into_iter().for_each(|rule| sandbox.world.world().inject(rule));
            let mut daemon = Daemon::start(&sandbox, ONE, &[]);
            let end = Instant::now() + Duration::from_secs(4);
            while calls(&sandbox) < nth && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(1));
            }
            daemon.signal("-KILL");
            assert_eq!(daemon.ended(Duration::from_secs(5)), None, "a kill leaves no exit code");
            killed += 1;
            sandbox.world.world().clear_faults();
            drop(Daemon::settled(&sandbox, ONE, &[]));
            let extra = writes(&sandbox).saturating_sub(needed);
            most = most.max(extra);
            assert!(extra <= 1, "{hold:?} at call {nth}: {} writes where {needed} are needed", writes(&sandbox));
            assert_eq!(foreign(&sandbox), before, "{hold:?} at call {nth}");
        }
    }
    println!("{killed} kills over {all} calls: all converged, {most} extra write at most");
}

// Over a real socket: the reply never comes, and the connection ends.
#[test]
fn a_write_whose_connection_ends_before_the_reply_is_read_again_and_not_repeated() {
    for fault in [Fault::ResetAfterEffect, Fault::ResetBeforeEffect] {
        for operation in ["RegisterScalableTarget", "PutScalingPolicy", "PutMetricAlarm", "DescribeServices"] {
            let sandbox = sandbox();
            sandbox.world.world().inject(FaultRule::next(operation, fault));
            let daemon = Daemon::settled(&sandbox, ONE, &[]);
            assert_eq!(writes(&sandbox), 3, "{fault:?} of {operation}");
            assert!(!daemon.raw_log().contains("credentials"), "{fault:?} of {operation}: {}", daemon.raw_log());
        }
    }
}

#[test]
fn a_process_stopped_at_any_moment_ends_well_and_soon() {
    let mut dice = Dice::new(17);
    let (mut idle, mut busy) = (Duration::ZERO, Duration::ZERO);
    // What hangs when the signal comes: nothing, a read, a write.
    for hangs in [None, Some("DescribeScalableTargets"), Some("RegisterScalableTarget"), Some("PutMetricAlarm")] {
        for _ in 0..3 {
            let sandbox = sandbox();
            if let Some(operation) = hangs {
                let rule = FaultRule { times: 100, ..FaultRule::next(operation, Fault::TimeoutAfterEffect) };
                sandbox.world.world().inject(rule);
            }
            let mut daemon = Daemon::start(&sandbox, ONE, &["--interval", "1s"]);
            std::thread::sleep(Duration::from_millis(dice.next() % 1500));
            daemon.signal("-TERM");
            let start = Instant::now();
            assert_eq!(daemon.ended(Duration::from_secs(25)), Some(0), "{hangs:?}: {}", daemon.raw_log());
            let longest = if hangs.is_none() { &mut idle } else { &mut busy };
            *longest = (*longest).max(start.elapsed());
            daemon.logged("its end", |line| (line["message"] == "stopped").then_some(()));
        }
    }
    println!("12 stops of the process: ended within {idle:?} idle, within {busy:?} while a call hangs");
    assert!(idle < Duration::from_secs(10), "{idle:?}");
}

#[test]
fn a_process_that_still_waits_for_its_credentials_stops_too() {
    let place = Place::new();
    let (script, mark) = (place.path("slow.sh"), place.path("asked"));
    place.write("slow.sh", &format!("touch {mark}; exec sleep 60\n"));
    place.config(&format!("[default]\ncredential_process = sh {script}\n"));
    let config = place.path("objects");
    let arguments = ["run", "--config", &config, "--owner", "it", "--listen", "127.0.0.1:0"];
    let mut command = place.command(&arguments, &[]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the source of credentials is asked", || std::fs::metadata(&mark).ok());
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let start = Instant::now();
    let status = until("it has ended", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// The network between a controller and AWS: it can be cut and mended.
struct Network {
    url: String,
    is_cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Network {
    fn to(sandbox: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let network = Self { url, is_cut: Arc::default(), open: Arc::default() };
        let (is_cut, open) = (Arc::clone(&network.is_cut), Arc::clone(&network.open));
        let to = sandbox.url.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if is_cut.load(Ordering::SeqCst) {
                    continue; // it is closed as it is dropped
                }
                let Ok(far) = TcpStream::connect(&to) else { return };
                open.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                let (a, b) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                std::thread::spawn(move || pass_on(a, b));
                std::thread::spawn(move || pass_on(far, near));
            }
        });
        network
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.open.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[test]
fn a_network_that_is_cut_and_mended_costs_nothing_but_time() {
    let sandbox = sandbox();
    let before = foreign(&sandbox);
    let network = Network::to(&sandbox);
    let mut command = sandbox.command(&["run", "--config", ONE, "--owner", "it", "--listen", "127.0.0.1:0"]);
    command.args(["--interval", "1s"]).env("AWS_ENDPOINT_URL", &network.url);
    let mut daemon = Daemon::spawn(command);
    daemon.until_ready();
    let settled = writes(&sandbox);
    let ready = |daemon: &Daemon| {
        let list = daemon.get("/api/v1/servicescalings").json();
        list["items"][0]["status"]["conditions"][0].clone()
    };
    for round in 0..3 {
        network.cut();
        let gone = json!({"AlarmNames": [ALARM]});
        let now = sandbox.world.now();
        sandbox.world.world().call_as_admin(&home(), AwsService::CloudWatch, "DeleteAlarms", gone, now).unwrap();
        let said = until("it is said", || Some(ready(&daemon)).filter(|ready| ready["status"] != "True"));
        assert_eq!(said["reason"], "ReadFailed", "round {round}: {said}");
        assert!(daemon.is_running() && daemon.get("/healthz").status == 200, "round {round}");
        network.mend();
        let start = Instant::now();
        until("the alarm is back", || sandbox.world.world().alarm(&home(), ALARM).map(drop));
        until("it is Ready", || (ready(&daemon)["status"] == "True").then_some(()));
        println!("the network is back: Ready after {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(30), "round {round}: {:?}", start.elapsed());
    }
    assert_eq!(foreign(&sandbox), before);
    let world = sandbox.world.world();
    let operations: Vec<&str> = world.counters().writes().iter().map(|write| write.call.operation.as_str()).collect();
    assert_eq!(operations[settled..], ["DeleteAlarms", "PutMetricAlarm"].repeat(3), "the deletes are the test's own");
}
