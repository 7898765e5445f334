//! The sentence of a refusal, wherever it stands and in whatever order its clauses come:
//! `User: P is not authorized to perform: A on resource: R because no T allows the A action`.

use super::text::{Text, bare, is_action};
use super::{PolicyType, Reply, ReplyKind};

/// What Application Auto Scaling says that its caller lacks: a list, joined with commas, bracketed or not.
pub(super) fn missing_permissions(text: &Text) -> Option<Vec<String>> {
    let list = text.after("missing the following permission")?;
    let list = list.trim_start_matches(['s', 'S', ':', ' ', '\n']);
    let items = list.split([' ', '\n', ',']).map(bare).filter(|item| !item.is_empty());
    let items = items.filter(|item| !matches!(*item, "and" | "-" | "*" | "&"));
    let missing: Vec<String> = items.take_while(|item| is_action(item)).map(str::to_owned).collect();
    (!missing.is_empty()).then_some(missing)
}

const VERBS: &[&str] = &[
    "authorized to perform",
    "authorised to perform",
    "authorized to call",
    "authorized to invoke",
    "allowed to perform",
    "permitted to perform",
];

/// The first refusal in a text. A web identity's has no principal.
pub(super) fn refusal(text: &Text) -> Option<Reply> {
    let places = verb_places(text);
    let mut previous = 0;
    for (i, &(start, end)) in places.iter().enumerate() {
        let until = places.get(i + 1).map_or(text.len(), |next| next.0);
        if let Some((action, action_end)) = action_at(text, end, until) {
            let clauses = Clauses::read(text, action_end, sentence_end(text, action_end, until));
            return Some(clauses.into_reply(action, principal_before(text, previous, start), text));
        }
        previous = end;
    }
    None
}

fn verb_places(text: &Text) -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = VERBS.iter().flat_map(|verb| occurrences(text, verb)).collect();
    places.sort_unstable();
    places
}

fn occurrences<'a>(text: &'a Text, phrase: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = text.find(phrase, from)?;
        from = start + phrase.len();
        Some((start, from))
    })
}

/// The action behind the verb, and where it ends; a few words such as "the following action" may stand between.
fn action_at(text: &Text, from: usize, until: usize) -> Option<(String, usize)> {
    let rest = text.slice(from, until);
    let mut at = from;
    for word in rest.split_inclusive([' ', '\n']).take(6) {
        at += word.len();
        // The verb's colon may stand right before the action.
        let candidate = bare(word.trim_start_matches(':'));
        if is_action(candidate) {
            return Some((candidate.to_owned(), at.saturating_sub(1)));
        }
        let filler = candidate.trim_end_matches(':').to_ascii_lowercase();
        if !matches!(filler.as_str(), "" | "the" | "this" | "following" | "action" | "actions" | "operation" | "api") {
            return None;
        }
    }
    None
}

/// The ARN or name right before the verb. Line breaks inside it are wrapping.
fn principal_before(text: &Text, from: usize, verb: usize) -> Option<String> {
    let before = text.folded(from, verb);
    let end = before.trim_end().strip_suffix("not")?.trim_end().len();
    let before_not = before.get(..end)?;
    let end = ["is", "are", "was"]
        .iter()
        .find_map(|be| before_not.strip_suffix(be))
        .map_or(end, |rest| rest.trim_end().len());
    let before_is = text.slice(from, from + end);
    let folded = before.get(..end)?;
    let named =
        ["user:", "principal:", "role:"].iter().filter_map(|label| Some(folded.rfind(label)? + label.len())).max();
    let arn = folded.rfind("arn:").filter(|arn| Some(*arn) >= named || named.is_none());
    let start = arn.or(named)?;
    let principal = bare(before_is.get(start..)?).replace('\n', "");
    let is_one = !principal.is_empty() && !principal.contains(' ');
    (is_one && (arn.is_none() || is_principal_arn(&principal))).then_some(principal)
}

fn is_principal_arn(arn: &str) -> bool {
    arn.split(':').nth(2).is_some_and(|service| matches!(service.to_ascii_lowercase().as_str(), "iam" | "sts"))
}

/// What other programs put behind the sentence.
const NOISE: &[&str] = &[
    "(service:",
    "(requesttoken",
    "(handlererrorcode",
    "(request id",
    "(status code",
    "status code:",
    "statuscode:",
    "request id:",
    "requestid:",
    "encoded authorization failure message",
    ". go to https://",
    ". user: ",
    "\", ",
    "\",\"",
    "\"}",
    "</",
];

fn sentence_end(text: &Text, from: usize, until: usize) -> usize {
    let sentence = text.folded(from, until);
    NOISE.iter().filter_map(|noise| sentence.find(noise)).min().map_or(until, |at| from + at)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    Resource,
    HiddenResource,
    Because,
    Deny,
    Transitive,
}

const MARKERS: &[(&str, Clause)] = &[
    ("on this resource", Clause::HiddenResource),
    ("on the following resource", Clause::Resource),
    ("on the resource", Clause::Resource),
    ("on resource", Clause::Resource),
    ("for resource", Clause::Resource),
    ("because", Clause::Because),
    ("since no ", Clause::Because),
    ("as no ", Clause::Because),
    ("explicit deny", Clause::Deny),
    ("explicitly denied", Clause::Deny),
    ("explicitly denies", Clause::Deny),
    ("transitively", Clause::Transitive),
];

#[derive(Default)]
struct Clauses {
    resource: Option<String>,
    policy_type: Option<PolicyType>,
    transitive: Option<PolicyType>,
    explicit_deny: Option<bool>,
    policy_arn: Option<String>,
}

impl Clauses {
    /// Cuts the text behind the action at its markers, and reads each clause up to the next.
    fn read(text: &Text, from: usize, until: usize) -> Self {
        let mut clauses = Self::default();
        let tail = text.folded(from, until);
        let mut marks: Vec<(usize, usize, Clause)> = MARKERS
            .iter()
            .flat_map(|(marker, clause)| {
                tail.match_indices(marker).map(move |(at, _)| (at, at + marker.len(), *clause))
            })
            .filter(|(at, ..)| {
                *at == 0 || tail.as_bytes().get(at - 1).is_some_and(|before| !before.is_ascii_alphanumeric())
            })
            .collect();
        marks.sort_unstable_by_key(|(at, ..)| *at);
        for (i, &(_, start, clause)) in marks.iter().enumerate() {
            let next = marks.get(i + 1).map(|next| next.0);
            let body = text.slice(from + start, from + next.unwrap_or(tail.len()));
            clauses.add(clause, body, next.is_some());
        }
        clauses
    }

    fn add(&mut self, clause: Clause, body: &str, is_bounded: bool) {
        match clause {
            Clause::HiddenResource => {}
            Clause::Resource if self.resource.is_none() => self.resource = resource(body, is_bounded),
            Clause::Resource => {}
            Clause::Transitive => self.transitive = self.transitive.or_else(|| policy_type(body)),
            Clause::Because | Clause::Deny => {
                self.policy_type = self.policy_type.or_else(|| policy_type(body));
                if clause == Clause::Deny {
                    self.explicit_deny = Some(true);
                } else if self.explicit_deny.is_none() && body.to_ascii_lowercase().contains("allow") {
                    self.explicit_deny = Some(false);
                }
            }
        }
        if clause != Clause::Resource && self.policy_arn.is_none() {
            self.policy_arn = policy_arn(body);
        }
    }

    fn into_reply(self, action: String, principal: Option<String>, text: &Text) -> Reply {
        let is_web_identity = principal.is_none() && action.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity");
        let kind = if is_web_identity { ReplyKind::WebIdentityDenied } else { ReplyKind::AccessDenied };
        Reply {
            principal,
            action: Some(action),
            resource: self.resource,
            policy_type: self.policy_type,
            explicit_deny: self.explicit_deny,
            policy_arn: self.policy_arn,
            transitive_policy_type: self.transitive,
            authorization_id: authorization_id(text),
            encoded_message: encoded_message(text),
            ..Reply::of(kind)
        }
    }
}

/// A resource: quoted, or up to what follows. AWS writes `role NAME` and `policy ARN` too, and alarm names hold spaces.
fn resource(body: &str, is_bounded: bool) -> Option<String> {
    let body = body.strip_prefix(['s', 'S']).unwrap_or(body);
    let body = body.trim_start_matches([':', ' ', '\n']);
    let body = match body.chars().next().filter(|first| matches!(first, '"' | '\'' | '`')) {
        Some(quote) => body.get(1..)?.split(quote).next()?,
        None => body.split('"').next()?,
    };
    let body = bare(without_link_words(body));
    let body = if is_bounded { body } else { bare(first_sentence(body)) };
    let is_arn = body.starts_with("arn:");
    let holds_spaces = !is_arn || body.contains(":alarm:") || body.contains(":s3:");
    let resource = body.replace('\n', if holds_spaces { " " } else { "" });
    (!resource.is_empty()).then_some(resource)
}

/// Drops the first word of the clause that follows: "with an", "with", "and", "due to an".
fn without_link_words(body: &str) -> &str {
    let mut body = body.trim_end();
    while let Some(rest) = ["with", "an", "a", "due to", "and", "is", "of"]
        .iter()
        .find_map(|word| body.strip_suffix(word).filter(|rest| rest.ends_with([' ', '\n'])))
    {
        body = rest.trim_end();
    }
    body
}

/// Up to a stop that begins another sentence, or a line break behind an ARN.
fn first_sentence(body: &str) -> &str {
    let stop = body.match_indices(". ").map(|(at, _)| at).next();
    let line = body.find('\n').filter(|_| body.starts_with("arn:") && !body.contains("/\n"));
    let end = [stop, line].into_iter().flatten().min().unwrap_or(body.len());
    body.get(..end).unwrap_or(body)
}

/// The first kind of policy named in plain words; words with a colon or a slash are actions and ARNs.
fn policy_type(clause: &str) -> Option<PolicyType> {
    let words = clause.split([' ', '\n']).map(|word| bare(word).trim_end_matches(':'));
    let words = words.filter(|word| !word.contains([':', '/'])).flat_map(|word| word.split('-'));
    let mut words = words.map(str::to_ascii_lowercase).peekable();
    while let Some(word) = words.next() {
        let next = words.peek().map(String::as_str).unwrap_or_default();
        let found = match (word.as_str(), next) {
            ("resource", "control") | ("rcp" | "rcps", _) => PolicyType::Rcp,
            ("service", "control") | ("scp" | "scps", _) => PolicyType::Scp,
            ("identity", _) => PolicyType::Identity,
            ("resource", "based" | "policy") => PolicyType::Resource,
            ("permission" | "permissions", "boundary" | "boundaries") | ("boundary", _) => {
                PolicyType::PermissionsBoundary
            }
            ("session" | "sessions", _) => PolicyType::Session,
            ("vpc" | "vpce" | "endpoint", _) => PolicyType::VpcEndpoint,
            ("trust", _) => PolicyType::RoleTrust,
            _ => continue,
        };
        return Some(found);
    }
    None
}

fn policy_arn(clause: &str) -> Option<String> {
    let arn = clause.split([' ', '\n']).map(bare).find(|word| word.starts_with("arn:") && word.contains(":policy/"))?;
    Some(arn.to_owned())
}

/// The id of the details that AWS keeps of some refusals.
fn authorization_id(text: &Text) -> Option<String> {
    let rest = text.after("authorization id:").or_else(|| text.after("#/authorization-details/"))?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    rest.get(..end).filter(|id| !id.is_empty()).map(str::to_owned)
}

fn encoded_message(text: &Text) -> Option<String> {
    let rest = text.after("encoded authorization failure message:")?;
    rest.split_whitespace().next().map(bare).filter(|blob| !blob.is_empty()).map(str::to_owned)
}
