//! From a scanner's events to a tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::Fault;
use super::bytes::end;
use super::node::{Content, Entry, Mark, Node};
use super::scalar::Scalar;

/// The most values that a file may hold, those behind aliases counted each time.
pub const MAX_NODES: usize = 500_000;

/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many more values a file may hold.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_NODES)
    }
}

impl Budget {
    fn take(&mut self, nodes: usize, mark: Mark) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(nodes).ok_or_else(|| {
            let message = format!("the file has more than {MAX_NODES} values, those behind aliases counted each time");
            Fault::new(mark, message, "split the file, and repeat less by aliases")
        })?;
        Ok(())
    }
}

/// Reads one document. No tree: the text could not be read to its end, and the last fault says why.
pub(super) fn build(text: &str, first_line: usize, budget: &mut Budget) -> (Option<Node>, Vec<Fault>) {
    let mut builder =
        Builder { first_line, budget, anchors: HashMap::new(), open: Vec::new(), root: None, faults: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let taken = next
            .map_err(|error| scan_fault(text, first_line, &error))
            .and_then(|(event, span)| builder.take(event, span));
        if let Err(fault) = taken {
            builder.faults.push(fault);
            return (None, builder.faults);
        }
    }
    (builder.root, builder.faults)
}

/// A list or map that is not closed yet.
struct Open {
    mark: Mark,
    anchor: usize,
    /// How many values it holds so far, itself included.
    size: usize,
    /// The key that waits for its value. `Some(None)`: a key that could not be used, with its fault noted.
    key: Option<Option<(Scalar, Mark)>>,
    /// Of a map, where each key's entry is, or will be.
    places: HashMap<String, usize>,
    content: Content,
}

struct Builder<'b> {
    first_line: usize,
    budget: &'b mut Budget,
    /// Each anchored value with its size.
    anchors: HashMap<usize, (Node, usize)>,
    open: Vec<Open>,
    root: Option<Node>,
    faults: Vec<Fault>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let mark = mark(span.start, self.first_line);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), mark);
                self.budget.take(1, mark)?;
                let scalar = Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                self.place(Node { mark, content: Content::Scalar(scalar) }, 1, anchor);
            }
            Event::SequenceStart(anchor, tag) => self.open(Content::List(Vec::new()), mark, anchor, tag.as_deref())?,
            Event::MappingStart(anchor, tag) => self.open(Content::Map(Vec::new()), mark, anchor, tag.as_deref())?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { mark, anchor, size, content, .. }) = self.open.pop() {
                    self.place(Node { mark, content }, size, anchor);
                }
            }
            Event::Alias(anchor) => self.expand(anchor, mark)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, content: Content, mark: Mark, anchor: usize, tag: Option<&Tag>) -> Result<(), Fault> {
        self.refuse_tag(tag, mark);
        self.budget.take(1, mark)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(mark));
        }
        self.open.push(Open { mark, anchor, size: 1, key: None, places: HashMap::new(), content });
        Ok(())
    }

    fn expand(&mut self, anchor: usize, mark: Mark) -> Result<(), Fault> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            let message = "the alias stands for a value that contains it";
            return Err(Fault::new(mark, message, "write the value out"));
        };
        self.budget.take(*size, mark)?;
        let (node, size) = (Node { mark, content: node.content.clone() }, *size);
        self.place(node, size, 0);
        Ok(())
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, mark: Mark) {
        if let Some(tag) = tag {
            let message = format!("tags such as `{tag}` are not used here");
            self.faults.push(Fault::new(mark, message, "leave the tag out; quote the value where it is text"));
        }
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, size: usize, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        parent.size += size;
        match &mut parent.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => match parent.key.take() {
                None => parent.key = Some(take_key(node, entries, &mut parent.places, &mut self.faults)),
                Some(None) => {}
                Some(Some((key, mark))) => entries.push(Entry { key, mark, value: node, is_repeated: false }),
            },
            Content::Scalar(_) => {}
        }
    }
}

fn take_key(
    node: Node,
    entries: &mut [Entry],
    places: &mut HashMap<String, usize>,
    faults: &mut Vec<Fault>,
) -> Option<(Scalar, Mark)> {
    let mark = node.mark;
    let Content::Scalar(key) = node.content else {
        faults.push(Fault::new(mark, "a key must be text", "put the value into quotes if it is meant as a key"));
        return None;
    };
    if let Some(first) = places.get(&key.text).and_then(|place| entries.get_mut(*place)) {
        first.is_repeated = true;
        let message = format!("`{}` stands here twice; it was first given in line {}", key.text, first.mark.line);
        faults.push(Fault::new(mark, message, "remove one of the two"));
        return None;
    }
    if key.is_merge_key() {
        let hint = "write the fields out; a whole value may be repeated by an alias";
        faults.push(Fault::new(mark, "merge keys (`<<`) are not part of YAML 1.2 and are not used here", hint));
    }
    places.insert(key.text.clone(), entries.len());
    Some((key, mark))
}

fn mark(marker: saphyr_parser::Marker, first_line: usize) -> Mark {
    Mark { line: marker.line() + first_line - 1, column: marker.col() + 1 }
}

fn too_deep(mark: Mark) -> Fault {
    let message = format!("more than {MAX_DEPTH} lists and maps are nested here");
    Fault::new(mark, message, "no object is nested so deep: check the brackets and the indentation")
}

fn scan_fault(text: &str, first_line: usize, error: &ScanError) -> Fault {
    let at = mark(*error.marker(), first_line);
    if error.info().contains("recursion limit") {
        return too_deep(at);
    }
    if let Some(tab) = indenting_tab(text, first_line, at.line) {
        return Fault::new(tab, "a tab is used for indentation, which YAML forbids", "indent with spaces");
    }
    let ends_early = error.info().contains("end of stream") || at >= end(text.trim_end()).below(first_line);
    let hint = match ends_early {
        true => "the text ends too early: close the quote or bracket that is still open",
        false => "check the quotes, brackets and indentation here and in the line above",
    };
    Fault::new(at, format!("this is not YAML: {}", error.info()), hint)
}

/// The last tab before the first character of a line, up to the line behind `last_line`: a scanner stops before it.
fn indenting_tab(text: &str, first_line: usize, last_line: usize) -> Option<Mark> {
    let lines = text.lines().enumerate().take((last_line + 2).saturating_sub(first_line));
    lines
        .filter_map(|(index, line)| {
            let indent = line.chars().take_while(|c| c.is_whitespace()).position(|c| c == '\t')?;
            Some(Mark { line: index + first_line, column: indent + 1 })
        })
        .last()
}

impl Mark {
    /// The same place, where line 1 is another line of the file.
    fn below(self, first_line: usize) -> Self {
        Self { line: self.line + first_line - 1, ..self }
    }
}
