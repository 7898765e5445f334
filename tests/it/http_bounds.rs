//! The HTTP server under clients that are slow, large or many.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ecs_scaling::api::desired::Mode;
use ecs_scaling::controller::{Clock, State};
use ecs_scaling::http::{Bounds, Served, serve};
use ecs_scaling::metrics::Metrics;
use tokio::sync::oneshot;

const SOON: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(20);
const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A server of its own, until it is dropped.
struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start(bounds: Bounds) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let interval = Duration::from_secs(60);
                let served = Served {
                    state: Arc::new(State::default()),
                    metrics: Arc::new(Metrics::new(interval).unwrap()),
                    clock: Clock::system(),
                    interval,
                    token: None,
                    owner: "it".to_owned(),
                    mode: Mode::Apply,
                };
                serve(listener, served, bounds, async { drop(stopped.await) }).await;
            });
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// One question on a connection of its own, and the status of the answer.
    fn ask(&self, request: &[u8]) -> Option<u16> {
        let mut stream = self.connect();
        let _ = stream.write_all(request); // it may be refused before it is read to its end
        status(&mut stream)
    }

    fn stop(mut self) -> Duration {
        let start = Instant::now();
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
        start.elapsed()
    }
}

/// The status of the next answer; none where the connection ends without one.
fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head[9..]).ok()?.parse().ok()
}

/// How long until the other side has ended the connection.
fn ended(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return start.elapsed(),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return start.elapsed(),
            Err(error) => panic!("still open after {:?}: {error}", start.elapsed()),
        }
    }
}

#[test]
fn a_client_that_sends_slowly_or_nothing_is_let_go() {
    let server = Server::start(Bounds { head: SOON, ..Bounds::default() });
    let (mut silent, mut slow, mut idle) = (server.connect(), server.connect(), server.connect());
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc").unwrap();
    idle.write_all(ASK).unwrap();
    assert_eq!(status(&mut idle), Some(200));
    // A byte now and then does not help.
    let mut drips = slow.try_clone().unwrap();
    std::thread::spawn(move || {
        while drips.write_all(b"x").is_ok() {
            std::thread::sleep(SOON / 5)
        }
    });
    for (name, stream) in [("silent", &mut silent), ("slow", &mut slow), ("idle", &mut idle)] {
        let took = ended(stream);
        println!("{name}: ended after {took:?}, where {SOON:?} are given");
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
    }
    assert_eq!(server.ask(ASK), Some(200));
    server.stop();
}

#[test]
fn a_large_request_is_refused_and_nobody_else_notices() {
    let server = Server::start(Bounds::default());
    let long = |count: usize| "x".repeat(count);
    let many: String = (0..500).map(|n| format!("h{n}: {n}\r\n")).collect();
    for (name, request) in [
        ("a long path", format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", long(100_000))),
        ("a long header", format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\na: {}\r\n\r\n", long(100_000))),
        ("many headers", format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}\r\n")),
        ("no HTTP", long(100_000)),
    ] {
        let said = server.ask(request.as_bytes());
        println!("{name}: {said:?}");
        assert!(said.is_none_or(|status| (400..=499).contains(&status)), "{name}: {said:?}");
        assert_eq!(server.ask(ASK), Some(200), "after {name}");
    }
    // Nothing here takes a body: one of any length is not waited for.
    let body = "POST /api/v1/servicescalings HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999999999\r\n\r\nx";
    assert_eq!(server.ask(body.as_bytes()), Some(405));
    server.stop();
}

#[test]
fn connections_are_bounded_and_those_beyond_wait_for_their_turn() {
    let server = Server::start(Bounds { connections: 8, head: SOON * 3, ..Bounds::default() });
    let held: Vec<TcpStream> = (0..50).map(|_| server.connect()).collect();
    let start = Instant::now();
    assert_eq!(server.ask(ASK), Some(200), "its turn comes, since those that say nothing are let go");
    let took = start.elapsed();
    println!("50 silent connections where 8 are served at once: the next one is answered after {took:?}");
    assert!(took > SOON, "eight at once: {took:?}");
    drop(held);
    server.stop();
}

#[test]
fn a_client_that_does_not_read_holds_its_connection_for_a_bounded_time() {
    let server = Server::start(Bounds { life: SOON, ..Bounds::default() });
    let mut deaf = server.connect();
    // More than fits into the buffers on the way: the server cannot go on writing.
    deaf.set_write_timeout(Some(SOON)).unwrap();
    let ask = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    while deaf.write_all(&ask).is_ok() {}
    std::thread::sleep(Duration::from_secs(7));
    let took = server.stop();
    println!("a client that does not read: the server stops within {took:?}");
    assert!(took < Duration::from_secs(1), "nothing is left of it: {took:?}");
}
