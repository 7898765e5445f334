//! Many inputs that nobody wrote: none makes the loader panic or hang, and each is used or refused at a place in it.

use std::time::{Duration, Instant};

use super::finding::{Finding, Severity};
use super::load::{Loaded, SourceFile, load};

const SEEDS: [&str; 3] = [
    include_str!("testdata/every-field.yaml"),
    include_str!("testdata/mistakes.yaml"),
    include_str!("../../deploy/examples/search-worker.yaml"),
];

/// How many inputs are made; in a debug build a few seconds' worth.
const INPUTS: usize = 10_000;
const BATCH: usize = 500;

/// What breaks parsers when it stands in the wrong place.
const TOKENS: [&str; 40] = [
    ": ",
    "- ",
    "? ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: ",
    "\t",
    "\r\n",
    "\r",
    "\n",
    "---\n",
    "...\n",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "# ",
    "%YAML 9.9\n",
    "@",
    "`",
    "~",
    "null",
    "1e400",
    "-1",
    "99999999999999999999",
    "0x1F",
    "012",
    ".inf",
    "true",
    "é",
    "\u{2028}",
    "\u{feff}",
    "\0",
];

/// xorshift64*: a run is told by its seed alone.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(bits).unwrap() % bound.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// One document of a seed, changed in one to four places.
    fn input(&mut self) -> Vec<u8> {
        let documents: Vec<&str> = self.pick(&SEEDS).split("---\n").collect();
        let mut bytes = self.pick(&documents).as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        if self.below(20) > 0 && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let end = bytes.len().min(at + self.below(24));
        let token = self.pick(&TOKENS).as_bytes();
        match self.below(6) {
            0 => bytes.splice(at..at, token.iter().copied()).for_each(drop),
            1 => bytes.splice(at..end, token.iter().copied()).for_each(drop),
            2 => bytes.drain(at..end).for_each(drop),
            3 => bytes.splice(at..at, bytes.clone()[at..end].iter().copied()).for_each(drop),
            4 => bytes.truncate(at.max(1)),
            _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << self.below(8)),
        }
    }
}

fn inputs(seed: u64, count: usize) -> Vec<SourceFile> {
    let mut random = Random(seed);
    let file = |n| SourceFile { path: format!("{n}.yaml"), bytes: random.input() };
    (0..count).map(file).collect()
}

/// Whether the place exists in the file, the one behind each line's last character included.
fn is_inside(finding: &Finding, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split('\n').nth(finding.line.wrapping_sub(1));
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&finding.column))
}

fn check(files: &[SourceFile], loaded: &Loaded) {
    for finding in &loaded.findings {
        let file = files.iter().find(|file| file.path == finding.file).unwrap();
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(is_inside(finding, &file.bytes), "{finding}\n{text:?}");
        let stand_in = finding.to_string().contains('\u{FFFD}') && !text.contains('\u{FFFD}');
        assert!(!stand_in && !finding.message.starts_with("the object cannot be read"), "{finding}\n{text}");
    }
    for held in &loaded.held {
        let is_said = |finding: &Finding| finding.file == held.file && finding.severity == Severity::Error;
        assert!(loaded.findings.iter().any(is_said), "{held:?} is held without a word");
    }
}

#[test]
fn no_input_makes_the_loader_panic_or_hang_or_point_outside_the_file() {
    for seed in 1..=u64::try_from(INPUTS / BATCH).unwrap() {
        let files = inputs(seed, BATCH);
        let begun = Instant::now();
        let loaded = load(&files);
        assert!(begun.elapsed() < Duration::from_secs(20), "seed {seed}");
        check(&files, &loaded);
    }
}

/// What cannot stand behind a key that wants something, in one way or another.
const MALFORMED: [&str; 12] =
    ["", "~", "[", "{", "\"", "'", "*nobody", "!!binary x", "{no: {such: field}}", "[[[]]]", "@x", "- x"];

#[test]
fn every_malformed_value_has_a_finding_at_a_place_in_the_file() {
    let lines: Vec<&str> = SEEDS[0].lines().collect();
    let mut shapes = 0;
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.ends_with(':') && line.contains(": ")) {
        let (key, _) = line.split_once(": ").unwrap();
        for malformed in MALFORMED {
            let changed = format!("{key}: {malformed}");
            let text: Vec<&str> =
                lines.iter().enumerate().map(|(n, l)| if n == index { &changed } else { *l }).collect();
            let files = [SourceFile { path: "a.yaml".into(), bytes: (text.join("\n") + "\n").into_bytes() }];
            let loaded = load(&files);
            check(&files, &loaded);
            assert!(loaded.findings.iter().any(|f| f.severity == Severity::Error && f.line > index), "{changed:?}");
            shapes += 1;
        }
    }
    assert!(shapes >= 100, "{shapes}");
}
