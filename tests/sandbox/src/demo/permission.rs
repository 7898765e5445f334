//! A permission is missing: what the controller says of it, and that doing what it says helps.
//!
//! The founding story: a role in another account, whose policy lacks one value. Here the controller is a session of its
//! own, so that the objects of the other steps stay as they are.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ecs_scaling::api::desired::Desired;
use ecs_scaling::api::load::SourceFile;
use ecs_scaling::api::resource::Resource;
use ecs_scaling::api::status::{Condition, ConditionType};
use ecs_scaling::cli::{condition, table};
use ecs_scaling::controller::ObjectView;
use ecs_scaling::controller::once::Session;
use ecs_scaling::model::names::AccountId;
use ecs_scaling::model::observed::Tags;
use ecs_scaling_sandbox::founding::{EXTERNAL_ID, MEMBER_ACCOUNT, POLICY, ROLE, member};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::pages::Pages;
use super::stage::{INTERVAL, Stage, objects};

/// So many passes are more than enough, once the permission is there.
const PASSES: u32 = 5;

/// Tells this step.
pub(super) async fn tell(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(8, "A permission is missing, and the controller says which");
    stage.world().plant_founding_story(stage.clock.now())?;
    let desired = objects(&[in_member(stage)?])?;
    let mut session = stage.session(&desired).await;
    pages.prose(&format!("The same object again, for account {MEMBER_ACCOUNT}, reached as {ROLE}:"));
    pages.blank();
    let refused = pass(&mut session).await?;
    show(stage, pages, &refused);
    pages.blank();
    pages.command("ecs-scaling describe search-api");
    pages.blank();
    let said = told(&refused, ConditionType::ServiceLinkedRoleReady)?;
    pages.folded(&condition(said, stage.clock.now())?);
    pages.blank();
    pages.prose(&format!("AWS alone says: {}", refusal(stage, &desired).await?));
    pages.blank();
    edit(stage, pages, said)?;
    pages.blank();
    let (ready, passes) = until_ready(&mut session).await?;
    let later = if passes == 1 { "One pass later".to_owned() } else { format!("{passes} passes later") };
    pages.prose(&format!("{later}, with the service-linked role made and the target registered:"));
    pages.blank();
    show(stage, pages, &ready);
    Ok(())
}

/// The object of the story, moved to the other account, with that account.
fn in_member(stage: &Stage) -> Result<SourceFile> {
    let object = stage.text_of("search-api.yaml")?.replace("  cluster: B\n", "  account: prod-b\n  cluster: B\n");
    let account = json!({
        "apiVersion": "ecs-scaling.dev/v1alpha1", "kind": "AwsAccount", "metadata": {"name": "prod-b"},
        "spec": {
            "accountId": MEMBER_ACCOUNT, "roleArn": role_arn(), "externalId": EXTERNAL_ID,
            "regions": [member().region.as_str()],
        }
    });
    Ok(SourceFile { path: "prod-b.yaml".to_owned(), bytes: format!("{account}\n---\n{object}").into_bytes() })
}

fn role_arn() -> String {
    format!("arn:aws:iam::{MEMBER_ACCOUNT}:role/{ROLE}")
}

/// One sweep and one pass over the only object.
async fn pass(session: &mut Session) -> Result<ObjectView> {
    let passed = session.round(|_, _| {}).await.into_values().next().context("the object has no scope")?;
    let object = session.objects().next().context("there is no object")?;
    Ok(ObjectView {
        desired: Arc::new(object.desired.clone()),
        key: Some(object.key.clone()),
        generation: passed.kept.generation,
        status: passed.kept.status,
        plan: None,
    })
}

/// Passes, an interval apart, until the object is ready; how many that took.
async fn until_ready(session: &mut Session) -> Result<(ObjectView, u32)> {
    for passes in 1..=PASSES {
        tokio::time::sleep(INTERVAL).await;
        let view = pass(session).await?;
        if view.status.is_ready() {
            return Ok((view, passes));
        }
    }
    bail!("the edit did not help")
}

/// The object as `ecs-scaling get` shows it.
fn show(stage: &Stage, pages: &Pages, view: &ObjectView) {
    let items: [Resource; 1] = [view.resource()];
    pages.text(&table(&items, false, stage.clock.now()));
}

fn told(view: &ObjectView, kind: ConditionType) -> Result<&Condition> {
    view.status.condition(kind).with_context(|| format!("the object says nothing of {kind}"))
}

/// What AWS answers the role when it registers the target, with nobody to diagnose it.
async fn refusal(stage: &Stage, desired: &Desired) -> Result<String> {
    let account = stage.aws.account(desired.accounts.values().next()).await;
    let object = desired.services.values().next().context("there is no object")?;
    let scope = account.scope(member(), CancellationToken::new());
    let answer = scope.register_target(&object.service, Some(object.range), None, &Tags::new()).await;
    Ok(answer.err().context("the target was registered without a service-linked role")?.message)
}

/// Puts the statement that the condition shows in the place of the one with its name.
fn edit(stage: &Stage, pages: &Pages, said: &Condition) -> Result<()> {
    let (account, mut world) = (AccountId::new(MEMBER_ACCOUNT), stage.world());
    let mut document = world.role_policy(&account, ROLE, POLICY).context("the role has no such policy")?.clone();
    let edited =
        said.fix.edits.iter().find_map(|edit| edit.edited_statements.first()).context("no edit is proposed")?;
    let statements = document.get_mut("Statement").and_then(Value::as_array_mut).context("no statements")?;
    let statement = statements.iter_mut().find(|statement| statement.get("Sid") == edited.get("Sid"));
    *statement.context("the edited statement is not the policy's")? = edited.clone();
    pages.prose(&format!("The edit is made: the statement above takes its old self's place in {POLICY}."));
    world.put_role_policy(&account, ROLE, POLICY, &document)?;
    Ok(())
}
