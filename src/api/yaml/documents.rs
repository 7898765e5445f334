//! A file's documents, each read on its own: a broken one hides no finding of the others.

use super::build::{Budget, build};
use super::{Fault, Node};

/// One document of a file.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The document's own text, for the second reading.
    pub text: &'a str,
    /// The tree. `None`: the text could not be read to its end.
    pub root: Option<Node>,
    /// What is wrong with the text. A document with a fault is not used.
    pub faults: Vec<Fault>,
}

/// Reads all documents of a file. Empty ones are left out.
pub fn documents(text: &str) -> Vec<Document<'_>> {
    let mut budget = Budget::default();
    split(text)
        .into_iter()
        .map(|(first_line, text)| {
            let (root, faults) = build(text, first_line, &mut budget);
            Document { text, root, faults }
        })
        .filter(|document| !document.faults.is_empty() || document.root.as_ref().is_some_and(|root| !root.is_null()))
        .collect()
}

/// The documents' texts with their first lines. YAML allows `---` and `...` at the beginning of a line nowhere but
/// between documents, not even inside quotes, so that this needs no parser.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut chunks = Vec::new();
    let (mut start, mut first_line, mut at) = (0, 1, 0);
    let mut has_content = false;
    let mut cut = |start: usize, end: usize, first_line: usize| {
        if let Some(chunk) = text.get(start..end).filter(|chunk| !chunk.is_empty()) {
            chunks.push((first_line, chunk));
        }
    };
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        if is_marker(line, "---") {
            if has_content {
                cut(start, at, first_line);
                (start, first_line) = (at, index + 1);
            }
            has_content = true;
        } else if is_marker(line, "...") {
            cut(start, end, first_line);
            (start, first_line, has_content) = (end, index + 2, false);
        } else if !is_prologue(line) {
            has_content = true;
        }
        at = end;
    }
    cut(start, text.len(), first_line);
    chunks
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Blank lines, comments and directives belong to the document that follows them.
fn is_prologue(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        split(text).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn documents_begin_at_their_markers() {
        assert_eq!(lines("a: 1\n---\nb: 2\n"), [1, 2]);
        assert_eq!(lines("# note\n---\na: 1\n--- # next\nb: 2\n...\nc: 3\n"), [1, 4, 7]);
        assert_eq!(lines("%YAML 1.2\n---\na: 1\n"), [1]);
        assert_eq!(lines("---\r\na: 1\r\n---\r\nb: 2\r\n"), [1, 3]);
        assert_eq!(lines("a: x---y\nb: '\n ---'\n"), [1]);
    }

    #[test]
    fn empty_documents_are_left_out() {
        assert!(documents("").is_empty());
        assert!(documents("\n# nothing\n---\n---\n# nothing\n---\nnull\n...\n").is_empty());
        assert_eq!(documents("---\n---\na: 1\n---\n").len(), 1);
    }

    #[test]
    fn a_broken_document_hides_none_of_the_others() {
        let read = documents("a: [1\n---\nb: \"x\n---\nc: 1\n");
        let roots: Vec<bool> = read.iter().map(|document| document.root.is_some()).collect();
        assert_eq!(roots, [false, false, true]);
        assert_eq!(read[2].root.as_ref().unwrap().get("c").unwrap().mark.line, 5);
    }
}
