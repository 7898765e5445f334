//! `healthcheck`: asks `/healthz`, for containers that hold nothing but this binary.
//!
//! Speaks HTTP by hand: a proxy of the environment, TLS and certificates have no part in it.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::Done;
use super::terminal;
use crate::settings::AddressArgs;

/// For each of connecting, asking and reading; a container's health check has seconds in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than the answer ever has.
const LONGEST_ANSWER: u64 = 4096;

#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    #[command(flatten)]
    address: AddressArgs,
}

/// Exits with 0 when the daemon says that it is healthy, else with 1 and what it says.
pub(super) fn run(args: &HealthcheckArgs) -> Result<Done> {
    let address = reachable(args.address.listen);
    let answer = ask(address).with_context(|| format!("asking http://{address}/healthz"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    if head.split_whitespace().nth(1) != Some("200") {
        bail!("http://{address}/healthz: {}", if body.is_empty() { head } else { body }.trim());
    }
    terminal::print(body)?;
    Ok(Done::Well)
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// A daemon that listens on every address is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_on_every_address_is_asked_on_loopback() {
        for (listen, asked) in
            [("0.0.0.0:8080", "127.0.0.1:8080"), ("[::]:8080", "[::1]:8080"), ("10.0.0.7:9", "10.0.0.7:9")]
        {
            assert_eq!(reachable(listen.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
