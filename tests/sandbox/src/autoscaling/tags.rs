//! Tags of scalable targets; policies and scheduled actions cannot be tagged (S-052, S-053).

use std::collections::BTreeMap;

use super::{Target, check_length};
use crate::cloud::{Answer, Call, Cloud, Scope};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

const TAG_QUOTA: usize = 50;

/// A map of tags, checked (S-007).
pub(super) fn read_map(input: &Value, member: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    let Some(members) = input.members(member)? else { return Ok(tags) };
    for (key, value) in members {
        check_length("tags", key, 1, 128).map_err(|e| e.by(Rule::TagsAreBounded))?;
        let value = value.as_text().ok_or_else(|| AwsError::wrong_type(member, "a map of strings"))?;
        check_length("tags", value, 0, 256).map_err(|e| e.by(Rule::TagsAreBounded))?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(AwsError::validation("Tag keys cannot start with aws:").by(Rule::TagsAreBounded));
        }
        tags.insert(key.clone(), value.to_owned());
    }
    if tags.len() > TAG_QUOTA {
        return Err(too_many());
    }
    Ok(tags)
}

pub(super) fn tag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let tags = read_map(call.input, "Tags")?;
    let target = target_mut(cloud.scope_mut(call.scope), call)?;
    let mut all = target.tags.clone();
    all.extend(tags);
    if all.len() > TAG_QUOTA {
        return Err(too_many());
    }
    target.tags = all;
    Ok(Value::empty())
}

pub(super) fn untag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let keys = call.input.texts("TagKeys")?;
    target_mut(cloud.scope_mut(call.scope), call)?.tags.retain(|key, _| !keys.contains(key));
    Ok(Value::empty())
}

pub(super) fn list(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let arn = arn(call)?;
    let targets = &cloud.scope(call.scope).targets;
    let target = targets.values().find(|t| t.arn.as_deref() == Some(arn)).ok_or_else(|| not_found(arn))?;
    Ok(Value::map([("Tags", (&target.tags).into())]))
}

fn arn<'a>(call: &Call<'a>) -> Result<&'a str, AwsError> {
    super::required(call.input, "ResourceARN", "resourceARN")
}

fn target_mut<'a>(scope: &'a mut Scope, call: &Call<'_>) -> Result<&'a mut Target, AwsError> {
    let arn = arn(call)?;
    scope.targets.values_mut().find(|t| t.arn.as_deref() == Some(arn)).ok_or_else(|| not_found(arn))
}

fn not_found(arn: &str) -> AwsError {
    AwsError::sender("ResourceNotFoundException", format!("The specified resource doesn't exist: {arn}"))
}

fn too_many() -> AwsError {
    AwsError::sender("TooManyTagsException", "A resource can have at most 50 tags.").by(Rule::TagsAreBounded)
}
