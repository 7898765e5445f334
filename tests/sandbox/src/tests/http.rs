//! The world over real sockets, in real time.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::faults::{Fault, FaultRule};
use crate::shared::Shared;

/// Sends one request and reads until the connection ends.
async fn exchange(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn identity_request() -> String {
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential=test/20260101/eu-west-1/sts/aws4_request\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn requests_are_answered_reset_and_counted_over_http() {
    let world = Shared::new(World::new(), || Timestamp::UNIX_EPOCH);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(crate::http::serve(world.clone(), listener, async {
        let _ = stopped.await;
    }));

    let answer = exchange(address, &identity_request()).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<Account>111122223333</Account>"), "{answer}");
    world.world().inject(FaultRule::next("GetCallerIdentity", Fault::ResetBeforeEffect));
    assert_eq!(exchange(address, &identity_request()).await, "");
    let calls = exchange(address, "GET /_sandbox/calls HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(calls.contains(r#""total":2"#), "{calls}");

    stop.send(()).unwrap();
    server.await.unwrap();
}
