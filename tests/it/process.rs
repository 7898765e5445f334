//! The controller's binary as a process, on a sandbox over real HTTP and in real time.
//!
//! Waits on conditions, never for a time. Nothing of the environment reaches the process but PATH.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ecs_scaling_sandbox::{Shared, World};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::harness::REGION;
use crate::source_tree::root;

/// No command and no condition takes longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A sandbox with the story's clusters A, B and C, on a port of its own, until it is dropped.
pub(crate) struct Sandbox {
    pub(crate) world: Shared,
    pub(crate) url: String,
    _stop: oneshot::Sender<()>,
}

impl Sandbox {
    pub(crate) fn start() -> Self {
        let mut world = World::new();
        world.plant_story(Timestamp::now()).unwrap();
        let world = Shared::new(world, Timestamp::now);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = world.clone();
        std::thread::spawn(move || {
            let stopped = async { drop(stopped.await) };
            runtime.block_on(ecs_scaling_sandbox::http::serve(served, listener, stopped));
        });
        Self { world, url, _stop: stop }
    }

    /// The controller's program with these arguments, on this sandbox.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("AWS_ENDPOINT_URL", &self.url).env("AWS_REGION", REGION);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        finish(self.command(arguments))
    }
}

/// The controller's program with these arguments, without AWS.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(root());
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("NO_PROXY", "127.0.0.1");
    command
}

/// The program, beside this test's own binary; one that is older than what it was built of proves nothing.
fn binary() -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join("ecs-scaling");
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let sources = std::fs::read_to_string(path.with_extension("d")).unwrap_or_default();
    let sources = sources.split_once(": ").map_or("", |(_, sources)| sources.trim_end()).replace("\\ ", "\0");
    let newest = sources.split(' ').map(|source| changed(source.replace('\0', " ").as_ref())).max().flatten();
    assert!(newest.is_some() && changed(&path) >= newest, "{} is not of this source: make build", path.display());
    path
}

/// A process that has ended.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// Both outputs and the exit code, as a golden file has them.
    pub(crate) fn transcript(&self) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        let err = if self.err.is_empty() { String::new() } else { format!("--- standard error\n{}", self.err) };
        format!("{}{err}--- exit code {code}\n", self.out)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.transcript()))
    }
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command) -> Done {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read_out = std::thread::spawn(move || read_all(&mut out));
    let read_err = std::thread::spawn(move || read_all(&mut err));
    let status = wait(&mut child, PATIENCE);
    Done { code: status.code(), out: read_out.join().unwrap(), err: read_err.join().unwrap() }
}

/// Runs the program without AWS.
pub(crate) fn run(arguments: &[&str]) -> Done {
    finish(command(arguments))
}

fn read_all(from: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).expect("output is UTF-8");
    text
}

fn wait(child: &mut Child, patience: Duration) -> ExitStatus {
    let end = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("still running after {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks until a condition holds; fails when it does not in time.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < end, "after {PATIENCE:?} still not true: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `ecs-scaling run`, killed when it is dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) address: String,
}

impl Daemon {
    /// Starts it on a free port with these further arguments, and waits until it listens.
    pub(crate) fn start(sandbox: &Sandbox, config: &str, arguments: &[&str]) -> Self {
        let mut all = vec!["run", "--config", config, "--owner", "it", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        Self::spawn(sandbox.command(&all))
    }

    /// Starts this command, and waits until it listens.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(vec![]));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        std::thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().push(line.unwrap())));
        let mut daemon = Self { child, log, address: String::new() };
        daemon.address = daemon.logged("the address", |line| {
            (line["message"] == "started").then(|| line["address"].as_str().unwrap().to_owned())
        });
        daemon
    }

    /// Starts it and waits until every object was looked at and is Ready.
    pub(crate) fn settled(sandbox: &Sandbox, config: &str, arguments: &[&str]) -> Self {
        let daemon = Self::start(sandbox, config, arguments);
        daemon.until_ready();
        daemon
    }

    /// Waits until every object was looked at and is Ready.
    pub(crate) fn until_ready(&self) {
        until("every object is Ready", || {
            let list: Value = serde_json::from_str(&self.get("/api/v1/servicescalings").body).unwrap();
            let items = list["items"].as_array().unwrap();
            let ready = |item: &Value| item["status"]["conditions"][0]["status"] == "True";
            (!items.is_empty() && items.iter().all(ready)).then_some(())
        });
    }

    /// The log so far, as it came.
    pub(crate) fn raw_log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// The log so far, each line of which must be one JSON object.
    pub(crate) fn log(&self) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// Waits for a line of the log.
    pub(crate) fn logged<T>(&self, what: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        until(what, || self.log().iter().find_map(&wanted))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[])
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}\r\n", self.address).unwrap();
        let text = read_all(&mut stream);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap();
        Reply { status, body: body.to_owned() }
    }

    /// Runs a command that reads from this daemon.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Done {
        let mut command = command(arguments);
        command.env("ECS_SCALING_SERVER", format!("http://{}", self.address));
        finish(command)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for its end; the exit code.
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<i32> {
        wait(&mut self.child, patience).code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer of the daemon's HTTP server.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
