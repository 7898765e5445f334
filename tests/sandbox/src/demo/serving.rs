//! After the story: the sandbox, the metrics and the API over HTTP in real time, until Ctrl-C.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use ecs_scaling::api::desired::Mode;
use ecs_scaling::http::{Served, serve as serve_api};
use ecs_scaling_sandbox::http;
use tokio::net::TcpListener;

use super::pages::Pages;
use super::stage::{INTERVAL, OWNER, Stage};

const SANDBOX_PORT: u16 = 14566;
const API_PORT: u16 = 8080;

/// Serves until Ctrl-C. The controller of the story goes on reconciling.
pub(super) async fn serve(stage: Stage, pages: &Pages) -> Result<()> {
    stage.come_to_the_present().await;
    let (sandbox, api) = (listen(SANDBOX_PORT).await?, listen(API_PORT).await?);
    say(pages, &controller()?, sandbox.local_addr()?, api.local_addr()?);
    let served = Served {
        state: stage.state.clone(),
        metrics: stage.metrics.clone(),
        clock: stage.clock,
        interval: INTERVAL,
        token: None,
        owner: OWNER.to_owned(),
        mode: Mode::Apply,
    };
    let api = tokio::spawn(serve_api(api, served, std::future::pending()));
    http::serve(stage.world.clone(), sandbox, crate::interrupted()).await;
    api.abort(); // a connection that is still open, such as a browser's, must not keep the demo alive
    stage.strike().await
}

/// The port that the docs name, or a free one where that is taken.
async fn listen(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
        }
        other => other,
    }
    .with_context(|| format!("listening on 127.0.0.1:{port}"))
}

/// The controller's own binary, which is built beside this one, as it is typed here.
fn controller() -> Result<String> {
    let binary = std::env::current_exe()?.with_file_name("ecs-scaling");
    let here = std::env::current_dir()?;
    Ok(binary.strip_prefix(here).unwrap_or(&binary).display().to_string())
}

fn say(pages: &Pages, controller: &str, sandbox: SocketAddr, api: SocketAddr) {
    let server = if api.port() == API_PORT { String::new() } else { format!(" --server http://{api}") };
    pages.step(8, "The controller goes on, now in real time");
    pages.prose("In another terminal:");
    pages.blank();
    pages.command(&format!("curl http://{api}/metrics"));
    pages.command(&format!("{controller} get{server}"));
    pages.command(&format!("{controller} describe search-api{server}"));
    pages.blank();
    pages.prose(&format!(
        "The pretended AWS is at http://{sandbox}: any AWS client reaches it with AWS_ENDPOINT_URL set to that, and the \
         credentials test/test."
    ));
    pages.prose("Ctrl-C ends everything.");
}
