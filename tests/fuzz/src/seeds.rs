//! Where fuzzing starts from: the files below `corpus/`, and what the project's own tests hold already.

use std::path::Path;

use serde_json::Value;

use crate::Target;

const REPLIES: &str = include_str!("../../data/iam-errors.jsonl");
const YAML: [&str; 5] = [
    include_str!("../../../src/api/testdata/every-field.yaml"),
    include_str!("../../../src/api/testdata/mistakes.yaml"),
    include_str!("../../../src/api/testdata/relative-steps.yaml"),
    include_str!("../../../deploy/examples/search-api.yaml"),
    include_str!("../../../deploy/examples/search-worker.yaml"),
];

/// The inputs that a target starts from.
///
/// # Errors
/// Where its folder below `corpus/` cannot be read; a target without one has only what tests hold.
pub fn seeds(target: &Target) -> std::io::Result<Vec<Vec<u8>>> {
    let mut seeds = of_tests(target.name);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    if folder.is_dir() {
        let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        for file in files {
            seeds.push(std::fs::read(file.path())?);
        }
    }
    Ok(seeds)
}

fn of_tests(name: &str) -> Vec<Vec<u8>> {
    match name {
        "yaml" => YAML.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "message" => replies(),
        "wire-cbor" => cbor(),
        _ => Vec::new(),
    }
}

/// AWS's own replies.
fn replies() -> Vec<Vec<u8>> {
    let replies = REPLIES.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let text = |reply: &Value, key: &str| reply.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let one = |reply: Value| {
        let [service, operation, code, message] =
            ["service", "operation", "code", "message"].map(|key| text(&reply, key));
        format!("{service} {operation} {code}\n{message}").into_bytes()
    };
    replies.map(one).collect()
}

/// The bodies of the awsJson corpus, which a person can read, in CBOR.
fn cbor() -> Vec<Vec<u8>> {
    let json = include_str!("../corpus/wire-json/alarm.json");
    let mut bytes = Vec::new();
    let value: Option<Value> = serde_json::from_str(json).ok();
    let written = value.and_then(|value| ciborium::into_writer(&value, &mut bytes).ok());
    written.map(|()| bytes).into_iter().collect()
}
