//! A place for the program to find credentials in: a sandbox, files and an HTTP endpoint.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_smithy_types::base64;
use ecs_scaling::model::names::AccountId;
use ecs_scaling_sandbox::seed::scope;
use ecs_scaling_sandbox::{Credentials, ServiceSeed};
use jiff::Timestamp;
use serde_json::json;

use crate::harness::{ACCOUNT, REGION, SEARCH_API};
use crate::process::{Done, Sandbox, finish};

pub(crate) const MEMBER: &str = "444455556666";
pub(crate) const ISSUER: &str = "oidc.eks.ap-northeast-2.amazonaws.com/id/EXAMPLE";
pub(crate) const SUBJECT: &str = "system:serviceaccount:tools:ecs-scaling";
/// In every file and answer that nobody may see.
pub(crate) const SECRET: &str = "a-secret-of-the-test";

/// A sandbox with a role of the controller's, files of the test's, and no credentials in the environment.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    folder: tempfile::TempDir,
    pub(crate) keys: Credentials,
}

impl Place {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start();
        let keys = {
            let mut world = sandbox.world.world();
            let account = AccountId::new(ACCOUNT);
            let now = Timestamp::now();
            world.add_role(ACCOUNT, "ctl", vec![account.clone()], None, now);
            world.add_role(ACCOUNT, "irsa", vec![], None, now);
            world.add_oidc_provider(ACCOUNT, ISSUER);
            world.trust_web_identity(ACCOUNT, "irsa", ISSUER, SUBJECT).unwrap();
            world.add_role(MEMBER, "scaling", vec![account.clone()], Some("tools".to_owned()), now);
            world.credentials_for_role(&account, "ctl", "it").unwrap()
        };
        let place = Self { sandbox, folder: tempfile::tempdir().unwrap(), keys };
        place.write("objects/search-api.yaml", SEARCH_API);
        place
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = PathBuf::from(self.path(name));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    pub(crate) fn config(&self, text: &str) {
        self.write("home/.aws/config", text);
    }

    /// The keys as a profile has them.
    pub(crate) fn static_keys(&self) -> String {
        format!(
            "aws_access_key_id = {}\naws_secret_access_key = {SECRET}\naws_session_token = {SECRET}\n",
            self.keys.access_key_id
        )
    }

    /// The keys as a credential process or an endpoint answers.
    pub(crate) fn answer(&self) -> String {
        json!({
            "Version": 1, "AccessKeyId": self.keys.access_key_id, "SecretAccessKey": SECRET, "Token": SECRET,
            "SessionToken": SECRET, "Expiration": "2099-01-01T00:00:00Z",
        })
        .to_string()
    }

    /// The program, with this in its environment beside the way to the sandbox; what is empty is not in it.
    pub(crate) fn command(&self, arguments: &[&str], env: &[(&str, &str)]) -> std::process::Command {
        let mut command = self.sandbox.command(arguments);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", self.path("home"));
        for (name, value) in env {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        command
    }

    pub(crate) fn doctor(&self, env: &[(&str, &str)]) -> Done {
        let config = self.path("objects");
        let done = finish(self.command(&["doctor", "--config", &config, "--owner", "it", "-o", "json"], env));
        let shown = format!("{}{}", done.out, done.err);
        assert!(!shown.contains(SECRET) && !shown.contains(&self.keys.access_key_id), "a secret is shown: {shown}");
        done
    }

    /// The credentials are good, and come from there.
    pub(crate) fn works(&self, env: &[(&str, &str)], source: &str) {
        let done = self.doctor(env);
        assert_eq!(done.json()["accounts"][0]["credentials"], source, "{}", done.transcript());
        assert_eq!(done.json()["troubles"], json!([]), "{}", done.transcript());
    }

    /// There are none, and what is said names all of this: in the message, and in the hint.
    pub(crate) fn fails(&self, env: &[(&str, &str)], message: &[&str], hint: &str) {
        let done = self.doctor(env);
        assert_eq!(done.code, Some(3), "{}", done.transcript());
        let trouble = &done.json()["troubles"][0];
        assert_eq!(trouble["reason"], "CredentialsFailed", "{trouble:#}");
        let said = trouble["message"].as_str().unwrap();
        for part in message {
            assert!(said.contains(part), "{part:?} is not in: {said}");
        }
        let next = trouble["hint"].as_str().unwrap();
        assert!(next.contains(hint), "{hint:?} is not in: {next} ({said})");
        // Nothing was done with anything else.
        let world = self.sandbox.world.world();
        assert_eq!(world.counters().count("DescribeScalableTargets"), 0);
    }
}

/// A token for the service account, or for another one.
pub(crate) fn token(issuer: &str, subject: &str, expires: i64) -> String {
    let claims =
        json!({"iss": format!("https://{issuer}"), "sub": subject, "aud": "sts.amazonaws.com", "exp": expires});
    let part = |text: &str| base64::encode(text).trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("{}.{}.{SECRET}", part("{\"alg\":\"RS256\"}"), part(&claims.to_string()))
}

pub(crate) const LATER: i64 = 4_000_000_000;

/// An HTTP endpoint that answers everything alike, and keeps what it was asked.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    pub(crate) fn answering(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, kept) = (Arc::new(Mutex::new(vec![])), body.to_owned());
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut request = vec![0; 16_384];
                let read = stream.read(&mut request).unwrap_or_default();
                log.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
                let length = kept.len();
                let head = format!("HTTP/1.1 {status} It\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                let _ = stream.write_all(format!("{head}{kept}").as_bytes());
            }
        });
        Self { url, asked }
    }
}

/// An object in another account, through a role.
pub(crate) fn in_member(role: &str, external_id: &str) -> String {
    let account = format!(
        "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {{name: prod-b}}\nspec:\n  accountId: \
         \"{MEMBER}\"\n  roleArn: arn:aws:iam::{MEMBER}:role/{role}\n  externalId: {external_id}\n  regions: \
         [{REGION}]\n---\n"
    );
    account + &SEARCH_API.replace("  cluster: B\n", "  account: prod-b\n  cluster: B\n")
}

/// A daemon's usual way: a role, chained behind a web identity. Gives the token and the environment.
pub(crate) fn chained(place: &Place) -> (String, [(&'static str, String); 2]) {
    let token = token(ISSUER, SUBJECT, LATER);
    let file = place.write("token", &token);
    place.write("objects/search-api.yaml", &in_member("scaling", "tools"));
    let service = ServiceSeed::new("search-api", 2);
    place.sandbox.world.world().add_service(&scope(MEMBER, REGION), "B", &service, Timestamp::now());
    (token, [("AWS_WEB_IDENTITY_TOKEN_FILE", file), ("AWS_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/irsa"))])
}
