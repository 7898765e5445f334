//! A document as far as its shape is right, with holes where it is not.
//!
//! Owns what stands in for a hole while AWS's rules are checked on the rest. A finding counts only when it is there
//! whatever stands in the hole ([`Filling::ALL`]): so no rule has to know of holes, and none blames a stand-in. What is
//! lost are findings that need the hole's own value, and those whose text names it. How steps lie to each other is not
//! judged while one of their bounds is a hole.

use serde_json::{Map, Value, json};

use super::Expected;
use crate::api::path::Path;

/// A value of a document.
#[derive(Debug)]
pub(in crate::api) enum Draft<'s> {
    /// A single value of the right shape.
    Value(Value),
    /// Items, the holes among them counted, so that an index is the one that the user sees.
    List(Vec<Draft<'s>>),
    /// Known fields, and free keys.
    Map(Vec<Member<'s>>),
    /// A value that is missing or of the wrong shape, and its schema.
    Hole(&'s Value),
}

/// A field of a [`Draft`].
#[derive(Debug)]
pub(in crate::api) struct Member<'s> {
    pub(super) name: String,
    pub(super) value: Draft<'s>,
    pub(super) is_required: bool,
}

/// What stands in the holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Filling {
    /// Nothing, where the field may be left out; else as [`Filling::Low`].
    Absent,
    /// The lowest numbers, the first words, empty lists.
    Low,
    /// The highest numbers, the last words, lists of one item.
    High,
}

impl Filling {
    /// Every filling.
    pub(in crate::api) const ALL: [Self; 3] = [Self::Absent, Self::Low, Self::High];
}

impl<'s> Draft<'s> {
    /// Where the holes are; `at` is where this value stands.
    pub(in crate::api) fn holes(&self, at: &Path) -> Vec<Path> {
        match self {
            Self::Value(_) => Vec::new(),
            Self::Hole(_) => vec![at.clone()],
            Self::List(items) => items.iter().enumerate().flat_map(|(n, item)| item.holes(&at.index(n))).collect(),
            Self::Map(members) => members.iter().flat_map(|member| member.value.holes(&at.key(&member.name))).collect(),
        }
    }

    /// Adds what a profile gives and this value does not: maps are merged by key, all else is this value's as a whole.
    pub(in crate::api) fn add_defaults(&mut self, defaults: &Value) {
        let (Self::Map(members), Value::Object(defaults)) = (self, defaults) else { return };
        for (name, value) in defaults {
            match members.iter_mut().find(|member| member.name == *name) {
                Some(member) => member.value.add_defaults(value),
                None => {
                    let value = Draft::Value(value.clone());
                    members.push(Member { name: name.clone(), value, is_required: false });
                }
            }
        }
    }

    /// A field of a map.
    pub(in crate::api) fn field_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Map(members) = self else { return None };
        members.iter_mut().find(|member| member.name == name).map(|member| &mut member.value)
    }

    /// The text, where this is text that could be read.
    pub(in crate::api) fn text(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.as_str(),
            Self::List(_) | Self::Map(_) | Self::Hole(_) => None,
        }
    }

    /// Puts a hole where this is a map without the field. True: there was none.
    pub(in crate::api) fn leave_hole(&mut self, name: &str, schema: &'s Value) -> bool {
        let Self::Map(members) = self else { return false };
        let lacks = members.iter().all(|member| member.name != name);
        if lacks {
            members.push(Member { name: name.to_owned(), value: Draft::Hole(schema), is_required: true });
        }
        lacks
    }

    /// The whole value, with something of the right shape in each hole.
    pub(in crate::api) fn fill(&self, filling: Filling) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Hole(schema) => stand_in(schema, filling),
            Self::List(items) => items.iter().map(|item| item.fill(filling)).collect(),
            Self::Map(members) => {
                let is_left_out = |member: &&Member<'_>| {
                    filling == Filling::Absent && !member.is_required && matches!(member.value, Draft::Hole(_))
                };
                let kept = members.iter().filter(|member| !is_left_out(member));
                Value::Object(kept.map(|member| (member.name.clone(), member.value.fill(filling))).collect())
            }
        }
    }
}

/// A value of a schema. Its numbers are beyond all that makes sense, and its text is no name of anything.
fn stand_in(schema: &Value, filling: Filling) -> Value {
    let is_high = filling == Filling::High;
    match Expected::of(schema) {
        Expected::Map(form) => {
            let required = form.fields.iter().filter(|(name, _)| form.required.contains(name));
            let fields = required.map(|(name, schema)| ((*name).to_owned(), stand_in(schema, filling)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Expected::List(items) if is_high => json!([stand_in(items, filling)]),
        Expected::List(_) => json!([]),
        Expected::Word(words) => json!(if is_high { words.last() } else { words.first() }),
        Expected::Text => json!(if is_high { "\u{FFFD}high" } else { "\u{FFFD}low" }),
        Expected::Int => json!(if is_high { i32::MAX } else { i32::MIN }),
        Expected::Number => json!(if is_high { 1e12 } else { -1e12 }),
        Expected::Bool => json!(is_high),
        Expected::Anything => Value::Null,
    }
}
