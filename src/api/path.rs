//! Where in an object something stands, by name: `spec.stepScaling[0].steps[1].upper`.
//!
//! Owns paths as values. A position in a file belongs to the node that a path leads to (`yaml::Node::reach`).

use std::fmt;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A field's name, or a map's key.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// The way from an object's root to one of its values. The empty path is the object itself.
/// In their order, a path stands right before those within it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The object itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of a field of what this path leads to.
    pub fn key(&self, name: &str) -> Self {
        self.then(Segment::Key(name.to_owned()))
    }

    /// The path of an item of the list that this path leads to.
    pub fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// This path and those around it, outermost last.
    pub fn and_around(&self) -> impl Iterator<Item = Self> + '_ {
        (0..=self.0.len()).rev().map(|length| Self(self.0.iter().take(length).cloned().collect()))
    }

    /// Whether this path leads to the same place as the other, or to a place within it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// This path with its beginning `from` replaced by `to`; `None` where it does not begin so, or ends there.
    pub fn moved(&self, from: &Self, to: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(from.0.as_slice()).filter(|rest| !rest.is_empty())?;
        Some(Self([to.0.as_slice(), rest].concat()))
    }

    fn then(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for Path {
    /// Keys that are no plain words are quoted: `metadata.labels["a.b/c"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if !is_word(key) => write!(f, "[{key:?}]")?,
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_a_person_would_write_it() {
        let path = Path::root().key("spec").key("stepScaling").index(0).key("steps").index(1).key("upper");
        assert_eq!(path.to_string(), "spec.stepScaling[0].steps[1].upper");
        assert_eq!(Path::root().key("metadata").key("labels").key("a.b/c").to_string(), r#"metadata.labels["a.b/c"]"#);
        assert_eq!(Path::root().to_string(), "");
    }
}
