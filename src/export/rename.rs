//! Names: as templates that give the name again, and as those of a clone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::names::ServiceId;

/// An alarm's name has so many characters at most (S-069).
const ALARM_NAME_MAX: usize = 255;
/// An object's name has so many at most.
const OBJECT_NAME_MAX: usize = 253;

/// What names become on their way into the object.
#[derive(Debug)]
pub(super) struct Names {
    from: ServiceId,
    to: ServiceId,
    /// The alarm names that a clone must not have.
    taken: RefCell<BTreeSet<String>>,
}

impl Names {
    /// Every name stays.
    pub(super) fn same(service: &ServiceId) -> Self {
        Self { from: service.clone(), to: service.clone(), taken: RefCell::default() }
    }

    /// Names that hold the old service's or cluster's name get the new one; no alarm gets one of `taken`.
    pub(super) fn of_clone(from: &ServiceId, to: &ServiceId, taken: BTreeSet<String>) -> Self {
        Self { from: from.clone(), to: to.clone(), taken: RefCell::new(taken) }
    }

    pub(super) fn is_clone(&self) -> bool {
        self.from != self.to
    }

    pub(super) fn to(&self) -> &ServiceId {
        &self.to
    }

    /// The name of a policy or a scheduled action, which need be unique on the service alone, as a template.
    pub(super) fn on_service(&self, name: &str) -> String {
        template(&self.replaced(name))
    }

    /// The name of an alarm, which is unique in its account and region, as a template.
    pub(super) fn alarm(&self, name: &str) -> String {
        if !self.is_clone() {
            return template(name);
        }
        let mut taken = self.taken.borrow_mut();
        let replaced = self.replaced(name);
        let suffix = format!("-{}-{}", self.to.cluster, self.to.service);
        let candidates = std::iter::once(cut(&replaced, ""))
            .chain(std::iter::once(cut(&replaced, &suffix)))
            .chain((2..).map(|n| cut(&replaced, &format!("{suffix}-{n}"))));
        let free = candidates.into_iter().find(|candidate| !taken.contains(candidate)).unwrap_or(replaced);
        taken.insert(free.clone());
        template(&free)
    }

    /// Dimensions, with those of the old service made those of the new one. Their values are templates.
    pub(super) fn dimensions(&self, dimensions: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let renamed = |(name, value): (&String, &String)| {
            let value = match name.as_str() {
                "ClusterName" if value == self.from.cluster.as_str() => self.to.cluster.as_str(),
                "ServiceName" if value == self.from.service.as_str() => self.to.service.as_str(),
                _ => value,
            };
            (name.clone(), template(value))
        };
        dimensions.iter().map(renamed).collect()
    }

    /// The dimensions that an object has when it says nothing.
    pub(super) fn own_dimensions(&self) -> BTreeMap<String, String> {
        let own = [("ClusterName", self.to.cluster.as_str()), ("ServiceName", self.to.service.as_str())];
        own.into_iter().map(|(name, value)| (name.to_owned(), template(value))).collect()
    }

    /// The text with the new names in place of the old ones, where these stand as whole words.
    fn replaced(&self, text: &str) -> String {
        let pairs = [
            (self.from.service.as_str(), self.to.service.as_str()),
            (self.from.cluster.as_str(), self.to.cluster.as_str()),
        ];
        let mut out = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let is_inside = out.chars().next_back().is_some_and(char::is_alphanumeric);
            let found = pairs.iter().find(|(old, _)| {
                let after = rest.strip_prefix(*old);
                !is_inside && after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
            });
            match found {
                Some((old, new)) => {
                    out.push_str(new);
                    rest = rest.get(old.len()..).unwrap_or_default();
                }
                None => {
                    out.push(c);
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                }
            }
        }
        out
    }
}

/// The name with a suffix, short enough for an alarm.
fn cut(name: &str, suffix: &str) -> String {
    let room = ALARM_NAME_MAX.saturating_sub(suffix.chars().count());
    name.chars().take(room).collect::<String>() + suffix
}

/// The template that gives this text.
pub(super) fn template(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A text that is not too long to be read in a comment.
pub(super) fn clipped(text: &str) -> String {
    const LONG: usize = 500;
    if text.chars().count() <= LONG {
        return text.to_owned();
    }
    text.chars().take(LONG).collect::<String>() + " …"
}

/// A legal object's name for a service, which none of the others has: its name, then with its cluster's, then with a
/// number.
pub fn object_name(service: &ServiceId, taken: &BTreeSet<String>) -> String {
    let legal = |text: &str| {
        let dashed = text.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-");
        let trimmed: String = dashed.trim_matches('-').chars().take(OBJECT_NAME_MAX - 8).collect();
        let trimmed = trimmed.trim_matches('-');
        if trimmed.is_empty() { "service".to_owned() } else { trimmed.to_owned() }
    };
    let short = legal(service.service.as_str());
    let long = legal(&format!("{}-{}", service.cluster, service.service));
    let mut candidates =
        [short, long.clone()].into_iter().chain((2..).map(|n| format!("{long}-{n}"))).filter(|n| !taken.contains(n));
    candidates.next().unwrap_or(long)
}
