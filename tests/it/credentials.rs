//! Where the controller's own credentials come from, with the real program, files and sockets: each source as it should be,
//! and each way in which it fails. A failure names its source and what to do next, and no other source takes its place.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_smithy_types::base64;
use ecs_scaling_sandbox::Credentials;
use jiff::Timestamp;
use serde_json::json;

use crate::harness::{ACCOUNT, REGION, SEARCH_API};
use crate::process::{Done, Sandbox, finish};

const MEMBER: &str = "444455556666";
const ISSUER: &str = "oidc.eks.ap-northeast-2.amazonaws.com/id/EXAMPLE";
const SUBJECT: &str = "system:serviceaccount:tools:ecs-scaling";
/// In every file and answer that nobody may see.
const SECRET: &str = "a-secret-of-the-test";

/// A sandbox with a role of the controller's, files of the test's, and no credentials in the environment.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    folder: tempfile::TempDir,
    keys: Credentials,
}

impl Place {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::start();
        let keys = {
            let mut world = sandbox.world.world();
            let account = ecs_scaling::model::names::AccountId::new(ACCOUNT);
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

    fn config(&self, text: &str) {
        self.write("home/.aws/config", text);
    }

    /// The keys as a profile has them.
    fn static_keys(&self) -> String {
        format!(
            "aws_access_key_id = {}\naws_secret_access_key = {SECRET}\naws_session_token = {SECRET}\n",
            self.keys.access_key_id
        )
    }

    /// The keys as a credential process or an endpoint answers.
    fn answer(&self) -> String {
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

    fn doctor(&self, env: &[(&str, &str)]) -> Done {
        let config = self.path("objects");
        let done = finish(self.command(&["doctor", "--config", &config, "--owner", "it", "-o", "json"], env));
        let shown = format!("{}{}", done.out, done.err);
        assert!(!shown.contains(SECRET) && !shown.contains(&self.keys.access_key_id), "a secret is shown: {shown}");
        done
    }

    /// The credentials are good, and come from there.
    fn works(&self, env: &[(&str, &str)], source: &str) {
        let done = self.doctor(env);
        assert_eq!(done.json()["accounts"][0]["credentials"], source, "{}", done.transcript());
        assert_eq!(done.json()["troubles"], json!([]), "{}", done.transcript());
    }

    /// There are none, and what is said names all of this: in the message, and in the hint.
    fn fails(&self, env: &[(&str, &str)], message: &[&str], hint: &str) {
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
fn token(issuer: &str, subject: &str, expires: i64) -> String {
    let claims =
        json!({"iss": format!("https://{issuer}"), "sub": subject, "aud": "sts.amazonaws.com", "exp": expires});
    let part = |text: &str| base64::encode(text).trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("{}.{}.{SECRET}", part("{\"alg\":\"RS256\"}"), part(&claims.to_string()))
}

const LATER: i64 = 4_000_000_000;

/// An HTTP endpoint that answers everything alike, and keeps what it was asked.
struct Endpoint {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    fn answering(status: u16, body: &str) -> Self {
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

#[test]
fn keys_in_the_environment() {
    let place = Place::new();
    let name = "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
    let key = place.keys.access_key_id.clone();
    place.works(&[("AWS_ACCESS_KEY_ID", &key), ("AWS_SECRET_ACCESS_KEY", SECRET)], name);
    // One without the other is a mistake, and no reason to look elsewhere.
    place.config(&format!("[default]\n{}", place.static_keys()));
    place.sandbox.world.world().reset_counters();
    place.fails(&[("AWS_ACCESS_KEY_ID", &key)], &[name, "not set"], "Set both");
    place.fails(
        &[("AWS_ACCESS_KEY_ID", "ASIAUNKNOWN"), ("AWS_SECRET_ACCESS_KEY", SECRET)],
        &[name, "does not know the credentials"],
        "Check the access key id",
    );
}

#[test]
fn keys_of_a_session_that_has_ended() {
    let place = Place::new();
    for session in place.sandbox.world.world().cloud.sessions.values_mut() {
        session.expires = Timestamp::UNIX_EPOCH;
    }
    let key = place.keys.access_key_id.clone();
    let env = [("AWS_ACCESS_KEY_ID", key.as_str()), ("AWS_SECRET_ACCESS_KEY", SECRET), ("AWS_SESSION_TOKEN", SECRET)];
    place.fails(&env, &["environment variables", "have expired"], "Renew the credentials, or use a role");
}

#[test]
fn nothing_is_configured() {
    let message = ["instance metadata, as nothing else is configured"];
    Place::new().fails(&[], &message, "Give the process a role");
}

#[test]
fn a_profile_and_one_that_is_chained() {
    let place = Place::new();
    let keys = place.static_keys();
    place.config(&format!(
        "[default]\n{keys}[profile prod]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/ctl\nsource_profile = base\n[profile \
         base]\n{keys}"
    ));
    place.works(&[], "profile \"default\"");
    place.works(&[("AWS_PROFILE", "base")], "profile \"base\"");
    place.works(&[("AWS_PROFILE", "prod")], "profile \"prod\"");
    // A default profile that only sets a region is no source.
    place.config("[default]\nregion = eu-west-1\n");
    let key = place.keys.access_key_id.clone();
    place.works(
        &[("AWS_ACCESS_KEY_ID", &key), ("AWS_SECRET_ACCESS_KEY", SECRET)],
        "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
}

#[test]
fn a_profile_that_gives_nothing_is_not_replaced_by_another_source() {
    let place = Place::new();
    let role = format!("role_arn = arn:aws:iam::{ACCOUNT}:role/ctl\n");
    place.config(&format!(
        "[default]\n{}[profile orphan]\n{role}source_profile = gone\n[profile a]\n{role}source_profile = b\n[profile \
         b]\n{role}source_profile = a\n[profile bare]\nregion = eu-west-1\n[profile half]\n{role}[profile \
         other]\nrole_arn = arn:aws:iam::{MEMBER}:role/absent\nsource_profile = default\n",
        place.static_keys()
    ));
    let file = place.write("token", &token(ISSUER, SUBJECT, LATER));
    let web_role = format!("arn:aws:iam::{ACCOUNT}:role/irsa");
    // Good credentials lie behind each: the SDK's own chain would take them.
    let fails = |profile: &str, message: &[&str], hint: &str| {
        let env = [
            ("AWS_PROFILE", profile),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()),
            ("AWS_ROLE_ARN", web_role.as_str()),
        ];
        place.fails(&env, &[&[&*format!("profile \"{profile}\"")], message].concat(), hint);
    };
    fails("lost", &["`lost` was not defined"], "Write the profile");
    fails("orphan", &["`gone` was not defined"], "Write the profile");
    fails("a", &["infinite loop"], "Break the loop");
    fails("bare", &["names no credentials"], "Check the profile");
    fails("half", &["source_profile", "credential_source"], "Check the profile");
    fails("other", &["not allowed sts:AssumeRole", "role/absent"], "trust policy names");
}

#[test]
fn a_credential_process() {
    let place = Place::new();
    let good = place.write("good.sh", &format!("echo '{}'\n", place.answer()));
    let bad = place.write("bad.sh", &format!("echo {SECRET} >&2; exit 7\n"));
    let garbage = place.write("garbage.sh", &format!("echo '<html>{SECRET}'\n"));
    let part = place.write("part.sh", &format!("echo '{{\"Version\": 1, \"AccessKeyId\": \"{SECRET}\"}}'\n"));
    let profile = |name: &str, file: &str| format!("[profile {name}]\ncredential_process = sh {file}\n");
    place.config(
        &[("good", &good), ("bad", &bad), ("garbage", &garbage), ("part", &part)].map(|(n, f)| profile(n, f)).concat(),
    );
    place.works(&[("AWS_PROFILE", "good")], "profile \"good\"");
    place.sandbox.world.world().reset_counters();
    for (name, message) in [("bad", "exit status: 7"), ("garbage", "invalid JSON"), ("part", "SecretAccessKey")] {
        let source = format!("profile \"{name}\"");
        place.fails(&[("AWS_PROFILE", name)], &[&source, message], "credential_process by hand");
    }
}

#[test]
fn a_web_identity() {
    let place = Place::new();
    let good = place.write("token", &token(ISSUER, SUBJECT, LATER));
    let role = format!("arn:aws:iam::{ACCOUNT}:role/irsa");
    let env = |file: &str| [("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_owned()), ("AWS_ROLE_ARN", role.clone())];
    let name = |file: &str| format!("web identity token file {file} for role {role}");
    let works = |file: &str| place.works(&env(file).each_ref().map(|(k, v)| (*k, v.as_str())), &name(file));
    let fails = |file: &str, message: &str, hint: &str| {
        place.fails(&env(file).each_ref().map(|(k, v)| (*k, v.as_str())), &[&name(file), message], hint);
    };
    works(&good);
    place.sandbox.world.world().reset_counters();
    fails(&place.path("absent"), "No such file", "eks.amazonaws.com/role-arn");
    fails(&place.path("objects"), "directory", "STS can be reached");
    let late = place.write("late", &token(ISSUER, SUBJECT, 1_000_000_000));
    fails(&late, "token has expired", "file is renewed");
    let other = place.write("other", &token(ISSUER, "system:serviceaccount:tools:other", LATER));
    fails(&other, "trust policy does not let this web identity", "`sub` and `aud`");
    let foreign = place.write("foreign", &token("example.com/x", SUBJECT, LATER));
    fails(&foreign, "provider is not known to IAM", "OIDC provider");
    let garbage = place.write("garbage", SECRET);
    fails(&garbage, "token is not accepted", "OIDC provider");
    place.fails(&[("AWS_WEB_IDENTITY_TOKEN_FILE", &good)], &["AWS_ROLE_ARN", &good], "Set AWS_ROLE_ARN");
    let lost = format!("arn:aws:iam::{ACCOUNT}:role/lost");
    place.fails(
        &[("AWS_WEB_IDENTITY_TOKEN_FILE", &good), ("AWS_ROLE_ARN", &lost)],
        &[&good, &lost, "trust policy"],
        "`sub` and `aud`",
    );
    // Through a profile, the profile is the source.
    place.config(&format!("[profile web]\nrole_arn = {role}\nweb_identity_token_file = {good}\n"));
    place.works(&[("AWS_PROFILE", "web")], "profile \"web\"");
}

#[test]
fn no_region_for_the_web_identity() {
    let place = Place::new();
    let file = place.write("token", &token(ISSUER, SUBJECT, LATER));
    let role = format!("arn:aws:iam::{ACCOUNT}:role/irsa");
    let env = [("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()), ("AWS_ROLE_ARN", &role), ("AWS_REGION", "")];
    // Without a region there is no endpoint, and so no call.
    let nowhere = [&env[..], &[("AWS_ENDPOINT_URL", "")]].concat();
    place.fails(&nowhere, &[&file, "egion"], "Set AWS_REGION");
    // Nor for an object that names none.
    place.write("objects/search-api.yaml", &SEARCH_API.replace(&format!("  region: {REGION}\n"), ""));
    let done = place.doctor(&env);
    let trouble = &done.json()["troubles"][0];
    assert_eq!(trouble["message"], "no region is known", "{}", done.transcript());
    assert!(trouble["hint"].as_str().unwrap().contains("AWS_REGION"));
}

#[test]
fn a_containers_endpoint() {
    let place = Place::new();
    let auth = place.write("auth", SECRET);
    let good = Endpoint::answering(200, &place.answer());
    let url = format!("{}/v1/credentials", good.url);
    let asked = format!("{url}?key={SECRET}");
    let name = |url: &str| format!("container credentials at {url} with authorization token file {auth}");
    let env =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", asked.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &auth)];
    place.works(&env, &name(&url));
    let request = good.asked.lock().unwrap()[0].to_lowercase();
    assert!(request.starts_with("get /v1/credentials?key="), "{request}");
    assert!(request.contains(&format!("authorization: {SECRET}\r\n")), "{request}");
    place.sandbox.world.world().reset_counters();

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answers = |status, body: &str| Endpoint::answering(status, body).url;
    for (url, message, hint) in [
        (answers(400, SECRET), "400", "pod identity association"),
        (answers(403, SECRET), "403", "pods.eks.amazonaws.com"),
        (answers(404, SECRET), "404", "taskRoleArn"),
        (answers(500, SECRET), "500", "log of the EKS Pod Identity agent"),
        (answers(200, &format!("<html>{SECRET}")), "JSON", "gives no credentials"),
        (answers(200, &format!("{{\"AccessKeyId\": \"{SECRET}\"}}")), "field", "gives no credentials"),
        (format!("http://{closed}"), "refused", "does not answer"),
        ("http://8.8.8.8".to_owned(), "allowed IP", "169.254.170.23"),
    ] {
        let uri = format!("{url}/x?key={SECRET}");
        let env =
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &auth)];
        place.fails(&env, &[&name(&format!("{url}/x")), message], hint);
    }
    let absent = place.path("absent");
    let env =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &absent)];
    place.fails(&env, &[&absent, "No such file"], "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let broken = place.write("broken", &format!("{SECRET}\n"));
    let env =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &broken)];
    place.fails(&env, &[&broken, "header"], "line break");
}

#[test]
fn a_tasks_endpoint_keeps_its_path_to_itself() {
    let relative = format!("/v2/credentials/{SECRET}");
    let env = [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", relative.as_str())];
    // Nothing serves it here, whatever this machine's network answers.
    let done = Place::new().doctor(&env);
    let trouble = &done.json()["troubles"][0];
    assert_eq!(trouble["reason"], "CredentialsFailed", "{trouble:#}");
    assert!(
        trouble["message"].as_str().unwrap().contains("container credentials at http://169.254.170.2: "),
        "{trouble:#}"
    );
}

#[test]
fn single_sign_on() {
    let place = Place::new();
    place.config(&format!(
        "[profile sso]\nsso_session = it\nsso_account_id = {ACCOUNT}\nsso_role_name = Scaling\n[sso-session \
         it]\nsso_region = {REGION}\nsso_start_url = https://example.com/start\n[profile lost]\nsso_session = \
         lost\nsso_account_id = {ACCOUNT}\nsso_role_name = Scaling\n"
    ));
    // The file's name is the SHA-1 of the session's.
    let cache = "home/.aws/sso/cache/6c5522ca8af86fc5069b737bb8892b3ea61002c2.json";
    let logged_in = |until: &str| {
        let token = json!({"accessToken": SECRET, "expiresAt": until, "startUrl": "https://example.com/start"});
        place.write(cache, &token.to_string());
    };
    let env = |url: &str| [("AWS_PROFILE", "sso".to_owned()), ("AWS_ENDPOINT_URL_SSO", url.to_owned())];
    let says = |url: &str, message: &str| {
        place.fails(
            &env(url).each_ref().map(|(k, v)| (*k, v.as_str())),
            &["profile \"sso\"", message],
            "aws sso login --profile sso",
        );
    };
    let good = Endpoint::answering(
        200,
        &json!({"roleCredentials": {
            "accessKeyId": place.keys.access_key_id, "secretAccessKey": SECRET, "sessionToken": SECRET,
            "expiration": LATER * 1000,
        }})
        .to_string(),
    );
    says(&good.url, "failed to load the cached SSO token");
    logged_in("2020-01-01T00:00:00Z");
    says(&good.url, "expired");
    logged_in("2099-01-01T00:00:00Z");
    let refuses = Endpoint::answering(401, "{\"message\": \"Session token not found or invalid\"}");
    says(&refuses.url, "");
    place.fails(&[("AWS_PROFILE", "lost")], &["profile \"lost\"", "sso-session"], "[sso-session NAME]");
    place.works(&env(&good.url).each_ref().map(|(k, v)| (*k, v.as_str())), "profile \"sso\"");
}

/// An object in another account, through a role.
fn in_member(role: &str, external_id: &str) -> String {
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
    let service = ecs_scaling_sandbox::ServiceSeed::new("search-api", 2);
    let scope = ecs_scaling_sandbox::seed::scope(MEMBER, REGION);
    place.sandbox.world.world().add_service(&scope, "B", &service, Timestamp::now());
    (token, [("AWS_WEB_IDENTITY_TOKEN_FILE", file), ("AWS_ROLE_ARN", format!("arn:aws:iam::{ACCOUNT}:role/irsa"))])
}

#[test]
fn a_role_chained_behind_a_web_identity_has_an_hour() {
    let place = Place::new();
    let file = place.write("token", &token(ISSUER, SUBJECT, LATER));
    let irsa = format!("arn:aws:iam::{ACCOUNT}:role/irsa");
    let env = [("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()), ("AWS_ROLE_ARN", &irsa)];
    place.write("objects/search-api.yaml", &in_member("scaling", "tools"));
    let role = format!("arn:aws:iam::{MEMBER}:role/scaling");
    place.works(&env, &format!("role {role}, assumed with web identity token file {file} for role {irsa}"));
    let asked = |place: &Place| {
        let world = place.sandbox.world.world();
        let assumed = world.counters().writes().iter().find(|record| record.call.operation == "AssumeRole").cloned();
        assumed.expect("a role is assumed").input
    };
    assert_eq!(asked(&place).int("DurationSeconds"), Ok(Some(3600)));

    // Of a chain, the link that failed is named.
    place.sandbox.world.world().reset_counters();
    let absent = place.path("absent");
    let broken = [("AWS_WEB_IDENTITY_TOKEN_FILE", absent.as_str()), ("AWS_ROLE_ARN", &irsa)];
    place.fails(&broken, &["prod-b", "signed: web identity token file", &absent], "eks.amazonaws.com/role-arn");
    for (role, external_id) in [("scaling", "wrong"), ("absent", "tools")] {
        place.write("objects/search-api.yaml", &in_member(role, external_id));
        place.fails(&env, &["prod-b", &format!("role arn:aws:iam::{MEMBER}:role/{role}, assumed with")], "external id");
    }
}
