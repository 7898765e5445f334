//! Where the controller's own credentials come from, with the real program, files and sockets: each source as it should be,
//! and each way in which it fails. A failure names its source and what to do next, and no other source takes its place.

use std::net::TcpListener;

use jiff::Timestamp;
use serde_json::json;

use crate::harness::{ACCOUNT, REGION, SEARCH_API};
use crate::place::{Endpoint, ISSUER, LATER, MEMBER, Place, SECRET, SUBJECT, in_member, token};

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
