//! Tags of alarms.

use std::collections::BTreeMap;

use super::{check_length, invalid, missing};
use crate::cloud::{Answer, Call, Cloud, Scope};
use crate::error::AwsError;
use crate::value::Value;

const TAG_QUOTA: usize = 50;

pub(super) fn read(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let mut tags = BTreeMap::new();
    for tag in input.list("Tags")? {
        let key = tag.text("Key")?.ok_or_else(|| missing("Tags.member.N.Key"))?;
        check_length("tags.member.key", key, 128)?;
        let value = tag.text("Value")?.unwrap_or_default();
        if value.chars().count() > 256 {
            let must = "have length less than or equal to 256";
            return Err(invalid(AwsError::constraint(value, "tags.member.value", must)));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys cannot start with aws:"));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > TAG_QUOTA {
        return Err(invalid("A resource can have at most 50 tags."));
    }
    Ok(tags)
}

pub(super) fn tag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let tags = read(call.input)?;
    let existing = tags_mut(cloud.scope_mut(call.scope), call)?;
    let mut all = existing.clone();
    all.extend(tags);
    if all.len() > TAG_QUOTA {
        return Err(invalid("A resource can have at most 50 tags."));
    }
    *existing = all;
    Ok(Value::empty())
}

pub(super) fn untag(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let keys = call.input.texts("TagKeys")?;
    tags_mut(cloud.scope_mut(call.scope), call)?.retain(|key, _| !keys.contains(key));
    Ok(Value::empty())
}

pub(super) fn list(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let arn = arn(call)?;
    let alarms = &cloud.scope(call.scope).alarms;
    let alarm = alarms.values().find(|alarm| alarm.arn == arn).ok_or_else(not_found)?;
    let tag = |(key, value): (&String, &String)| Value::map([("Key", key.into()), ("Value", value.into())]);
    Ok(Value::map([("Tags", alarm.tags.iter().map(tag).collect::<Vec<_>>().into())]))
}

fn arn<'a>(call: &Call<'a>) -> Result<&'a str, AwsError> {
    call.input.text("ResourceARN")?.ok_or_else(|| missing("ResourceARN"))
}

fn tags_mut<'a>(scope: &'a mut Scope, call: &Call<'_>) -> Result<&'a mut BTreeMap<String, String>, AwsError> {
    let arn = arn(call)?;
    scope.alarms.values_mut().find(|alarm| alarm.arn == arn).map(|alarm| &mut alarm.tags).ok_or_else(not_found)
}

fn not_found() -> AwsError {
    AwsError::with_status("ResourceNotFoundException", 404, "Unknown alarm")
}
