//! Names of keys: which are objects' at all, which are refused, and how they are shown. Pure.
//!
//! A key may be any text, and anybody who may write to the bucket chooses it. One that a terminal, a log or a proxy
//! could take for something else is never asked for.

/// Whether a name is that of a YAML file.
pub(crate) fn is_yaml(name: &str) -> bool {
    let extension = name.rsplit('/').next().and_then(|last| last.rsplit_once('.')).map(|(_, extension)| extension);
    matches!(extension, Some("yaml" | "yml"))
}

/// Whether a segment begins with a dot, as what is hidden does in a directory.
pub(super) fn is_hidden(name: &str) -> bool {
    name.split('/').any(|segment| segment.starts_with('.'))
}

/// What is wrong with a name, to stand behind `the key`.
pub(crate) fn objection(name: &str) -> Option<&'static str> {
    if name.chars().any(is_hostile) {
        return Some("holds a control character, or one that reorders text");
    }
    if name.contains('\u{fffd}') {
        return Some("is not UTF-8");
    }
    if name.starts_with('/') || name.contains("//") {
        return Some("holds `//` or begins with a slash, which names nothing in a directory");
    }
    let is_relative = |segment: &str| segment == ".." || segment == ".";
    name.split('/').any(is_relative).then_some("holds `..` or `.`, which lead elsewhere in a directory")
}

/// A name in which nothing can forge a line or move a cursor.
pub(crate) fn shown(name: &str) -> String {
    const LONGEST: usize = 256;
    let mut out = String::new();
    for c in name.chars() {
        if out.len() > LONGEST {
            return out + "…";
        }
        match is_hostile(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yaml_is_an_objects_and_what_begins_with_a_dot_is_hidden() {
        for (name, yaml, hidden) in [
            ("a.yaml", true, false),
            ("team/a.yml", true, false),
            ("a.yaml.bak", false, false),
            ("yaml", false, false),
            ("team.yaml/a", false, false),
            (".a.yaml", true, true),
            (".git/a.yaml", true, true),
        ] {
            assert_eq!((is_yaml(name), is_hidden(name)), (yaml, hidden), "{name}");
        }
    }

    #[test]
    fn a_hostile_name_is_refused_and_shown_escaped() {
        for (name, escaped) in [
            ("a\nb.yaml", "a\\nb.yaml"),
            ("\u{1b}[2J.yaml", "\\u{1b}[2J.yaml"),
            ("a\u{202e}lmay.yaml", "a\\u{202e}lmay.yaml"),
            ("../a.yaml", "../a.yaml"),
            ("a/./b.yaml", "a/./b.yaml"),
            ("a//b.yaml", "a//b.yaml"),
            ("a\u{fffd}.yaml", "a\u{fffd}.yaml"),
        ] {
            assert!(objection(name).is_some(), "{name:?}");
            assert_eq!(shown(name), escaped);
        }
        for harmless in ["a b+c%2F.yaml", "ä/日本.yaml", "<script>.yaml", "a..b.yaml"] {
            assert_eq!((objection(harmless), shown(harmless)), (None, harmless.to_owned()));
        }
    }

    #[test]
    fn a_very_long_name_is_shown_in_part() {
        assert!(shown(&"x".repeat(1024)).len() < 300);
    }
}
