//! A resource that does not match: N-9 to N-14 and N-19.

use super::change::append;
use super::condition::list;
use super::kind::Kind;
use super::{Lack, PartEdit};
use crate::diagnose::parse::sanitise;
use crate::model::arn::Arn;
use crate::model::iam::{Request, ResourceBlock, Statement};

/// What a statement's resources lack; `None` when they are about something else altogether.
pub(super) fn lack(statement: &Statement, request: &Request) -> Option<Lack> {
    match statement.resource.as_ref()? {
        ResourceBlock::AllBut(resources) => {
            let text = format!("NotResource {} leaves {} out", list(resources), sanitise(&request.resource));
            Some(Lack::of(Kind::NotResourceHole, text))
        }
        ResourceBlock::Only(resources) => {
            let (kind, why) = kind_of(resources, &request.resource)?;
            let asked = sanitise(&request.resource);
            let text = format!("Resource has {}, and the request is for {asked}: {why}", list(resources));
            Some(Lack { kind, text, edit: with_resource(statement, &request.resource) })
        }
    }
}

fn kind_of(resources: &[String], asked: &str) -> Option<(Kind, &'static str)> {
    if asked == "*" {
        let why = "the action has no resources and is allowed on * only";
        return Some((Kind::ResourceOnStarOnlyAction, why));
    }
    let asked = Arn::parse(asked)?;
    let near: Vec<Arn> =
        resources.iter().filter_map(|text| Arn::parse(text)).filter(|arn| arn.service == asked.service).collect();
    near.iter().map(|arn| kind_of_one(arn, &asked)).min_by_key(|(kind, _)| *kind)
}

const SLR_PATH: &str = "role/aws-service-role/";

fn kind_of_one(arn: &Arn, asked: &Arn) -> (Kind, &'static str) {
    let name = |arn: &Arn| arn.resource.rsplit('/').next().map(str::to_owned);
    if crate::model::iam::text_matches(&arn.resource, &asked.resource) {
        (Kind::ResourceWrongSegment, "its partition, region or account is another one")
    } else if asked.resource.starts_with(SLR_PATH) && arn.resource.starts_with(SLR_PATH) {
        (Kind::ResourceOtherSlr, "that is another service's service-linked role")
    } else if asked.resource.matches('/').count() > 1
        && arn.resource.matches('/').count() == 1
        && name(arn) == name(asked)
    {
        (Kind::ResourceNoPath, "the role's path is missing")
    } else if asked.service == "cloudwatch" && arn.resource.starts_with("alarm:") {
        (Kind::ResourceNarrowerThanProbe, "Application Auto Scaling checks the permission without an alarm's name")
    } else if asked.resource.starts_with("scalable-target/") {
        (Kind::ResourceNewId, "the id of a scalable target is not known before it is registered")
    } else {
        (Kind::ResourceNewId, "it is another one")
    }
}

fn with_resource(statement: &Statement, resource: &str) -> Option<PartEdit> {
    let (mut edited, mut only_new) = (statement.json.clone(), statement.json.clone());
    append(edited.get_mut("Resource")?, resource);
    *only_new.get_mut("Resource")? = resource.into();
    Some(PartEdit { line: format!("add {} to Resource", sanitise(resource)), edited, only_new })
}
