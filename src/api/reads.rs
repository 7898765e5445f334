//! What may be concluded from what a source does not hold.
//!
//! Owns the rule of the two reads alone: an object is absent once it was missing from two complete reads, five minutes
//! apart, with nothing but complete reads between them. Every time here is monotonic.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::desired::ObjectKey;

/// The two reads that an object is missing from are so far apart at least.
pub const ABSENT_FOR: Duration = Duration::from_secs(5 * 60);

/// The reads of a source so far, as far as they count. By default there was none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The first and the last of the complete reads that none but complete ones lie between.
    span: Option<(Duration, Duration)>,
    /// When an object that was there within the span was first missing.
    left: BTreeMap<ObjectKey, Duration>,
    /// The objects of the last read.
    held: BTreeSet<ObjectKey>,
}

impl Reads {
    /// Notes a read at a time since any fixed moment, with the objects that are wanted by it: whether what it does not hold
    /// is known to be unwanted.
    ///
    /// A read without any object is never complete: a source that is suddenly empty was most likely not read at all.
    pub fn note<'a>(&mut self, at: Duration, is_complete: bool, held: impl IntoIterator<Item = &'a ObjectKey>) {
        let held: BTreeSet<ObjectKey> = held.into_iter().cloned().collect();
        if !is_complete || held.is_empty() {
            *self = Self { held, ..Self::default() };
            return;
        }
        let first = self.span.map_or(at, |(first, _)| first);
        self.span = Some((first, at));
        self.left.extend(self.held.difference(&held).map(|key| (key.clone(), at)));
        self.left.retain(|key, _| !held.contains(key));
        self.held = held;
    }

    /// Whether an object is absent by two complete reads, far enough apart.
    pub fn is_absent(&self, key: &ObjectKey) -> bool {
        self.absent_for(key).is_some_and(|age| age >= ABSENT_FOR)
    }

    /// From the first complete read that an object was missing from to the last one; `None` where it is there, or the last
    /// read was not complete.
    pub fn absent_for(&self, key: &ObjectKey) -> Option<Duration> {
        let (first, last) = self.span.filter(|_| !self.held.contains(key))?;
        Some(last.saturating_sub(self.left.get(key).copied().unwrap_or(first)))
    }

    /// Whether the last read was complete.
    pub fn is_complete(&self) -> bool {
        self.span.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new("default", name)
    }

    /// Reads at these minutes, each complete or not, with these objects.
    fn reads(all: &[(u64, bool, &[&str])]) -> Reads {
        let mut reads = Reads::default();
        for (minute, complete, names) in all {
            let held: Vec<ObjectKey> = names.iter().map(|name| key(name)).collect();
            reads.note(Duration::from_secs(minute * 60), *complete, &held);
        }
        reads
    }

    #[test]
    fn an_object_is_absent_after_two_complete_reads_five_minutes_apart() {
        assert!(!Reads::default().is_absent(&key("gone")));
        assert!(!reads(&[(9, true, &["a"])]).is_absent(&key("gone")), "one read, however late");
        assert!(!reads(&[(0, true, &["a"]), (4, true, &["a"])]).is_absent(&key("gone")));
        assert!(reads(&[(0, true, &["a"]), (5, true, &["a"])]).is_absent(&key("gone")));
        assert!(!reads(&[(0, true, &["a"]), (5, true, &["a"])]).is_absent(&key("a")), "it is there");
    }

    #[test]
    fn what_was_there_is_counted_from_the_first_read_without_it() {
        let all: &[(u64, bool, &[&str])] = &[(0, true, &["a", "b"]), (30, true, &["a"]), (34, true, &["a"])];
        assert!(!reads(all).is_absent(&key("b")));
        assert!(reads(&[all, &[(35, true, &["a"])]].concat()).is_absent(&key("b")));
        let back: &[(u64, bool, &[&str])] = &[(35, true, &["a", "b"]), (36, true, &["a"]), (39, true, &["a"])];
        assert!(!reads(&[all, back].concat()).is_absent(&key("b")), "it was back in between");
    }

    #[test]
    fn a_read_that_is_not_complete_begins_it_all_anew() {
        let all: &[(u64, bool, &[&str])] = &[(0, true, &["a"]), (3, false, &["a"]), (6, true, &["a"])];
        assert!(!reads(all).is_absent(&key("gone")));
        assert!(!reads(&[all, &[(7, false, &["a"])]].concat()).is_complete());
        assert!(reads(&[all, &[(11, true, &["a"])]].concat()).is_absent(&key("gone")));
    }

    #[test]
    fn an_empty_source_is_never_complete() {
        assert!(!reads(&[(0, true, &[]), (60, true, &[])]).is_absent(&key("gone")));
    }
}
