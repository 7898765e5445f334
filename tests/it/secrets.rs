//! The log, the page and the API never print a credential, whatever is asked of the log.

use ecs_scaling_sandbox::World;

use crate::place::{Place, chained};
use crate::process::Daemon;

/// Every secret of the sandbox: of each session its key, its secret and its token.
fn secrets(world: &World) -> Vec<String> {
    let of = |key: &String| {
        let digits = key[4..12].to_lowercase();
        [key.clone(), format!("secret-{digits}"), format!("token-{digits}")]
    };
    world.cloud.sessions.keys().flat_map(of).collect()
}

#[test]
fn at_trace_level_no_secret_is_in_the_log_the_metrics_or_the_api() {
    let place = Place::new();
    let (token, env) = chained(&place);
    for filter in ["trace", "debug,aws_config=trace,hyper=trace,h2=trace", "info,aws_smithy_runtime[try_attempt]=trace"]
    {
        let config = place.path("objects");
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let env = [&env[..], &[("RUST_LOG", filter)]].concat();
        let arguments = ["run", "--config", &config, "--owner", "it", "--listen", "127.0.0.1:0"];
        let daemon = Daemon::spawn(place.command(&arguments, &env));
        daemon.until_ready();
        let pages =
            ["/metrics", "/api/v1/servicescalings", "/api/v1/servicescalings/default/search-api", "/", "/healthz"];
        let pages: String = pages.iter().map(|page| daemon.get(page).body).collect();
        let shown = format!("{pages}{}", daemon.raw_log());
        let secrets = secrets(&place.sandbox.world.world());
        assert!(secrets.len() >= 9, "a web identity's and a role's session are there to be found");
        for secret in secrets.iter().chain([&token]) {
            assert!(!shown.contains(secret.as_str()), "{filter}: {secret} is shown");
        }
        let lower = shown.to_lowercase();
        for word in ["authorization", "aws4-hmac", "x-amz-security-token", "secretaccesskey", "web_identity_token: "] {
            assert!(!lower.contains(word), "{filter}: {word} is shown");
        }
        daemon.logged("a line of our own", |line| (line["message"] == "started").then_some(()));
    }
}
