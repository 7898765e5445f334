//! YAML that was not written to be read.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Document<'_> {
    let mut read = documents(text);
    assert_eq!(read.len(), 1, "{text}");
    read.remove(0)
}

/// The faults as `line:column message`.
fn faults(text: &str) -> Vec<String> {
    let faults = documents(text).into_iter().flat_map(|document| document.faults);
    faults.map(|fault| format!("{}:{} {}", fault.mark.line, fault.mark.column, fault.message)).collect()
}

fn bomb(levels: usize) -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..levels {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    text
}

#[test]
fn an_alias_bomb_is_refused_quickly_and_at_its_place() {
    let started = Instant::now();
    let text = bomb(9);
    let found = faults(&text);
    assert!(found[0].starts_with("6:") && found[0].contains("more than 500000 values"), "{found:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    let many = format!("{}---\n", bomb(5)).repeat(100);
    assert!(faults(&many).len() > 10, "the budget is the file's, not each document's");
}

#[test]
fn an_alias_is_its_value_and_stands_where_it_is_used() {
    let document = one("a: &x {b: 1}\nc: *x\n");
    let root = document.root.unwrap();
    assert_eq!(root.get("c").unwrap().get("b").unwrap().to_json(), 1);
    assert_eq!(root.get("c").unwrap().mark, Mark { line: 2, column: 4 });
    assert!(agree(document.text, &one("a: &x {b: 1}\nc: *x\n").root.unwrap()).is_ok());
    assert_eq!(faults("a: &x [*x]\n"), ["1:8 the alias stands for a value that contains it"]);
    assert!(faults("a: *nobody\n")[0].contains("this is not YAML"));
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |depth: usize| format!("{}{}\n", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(faults(&nested(64)), Vec::<String>::new());
    assert_eq!(faults(&nested(65)), ["1:65 more than 64 lists and maps are nested here"]);
    assert!(faults(&nested(100_000))[0].contains("more than 64 lists and maps"));
}

#[test]
fn a_tab_is_named_with_its_place() {
    assert_eq!(faults("a:\n\tb: 1\n"), ["2:1 a tab is used for indentation, which YAML forbids"]);
    assert_eq!(faults("x: 1\n---\na:\n  b: 1\n \tc: 2\n"), ["5:2 a tab is used for indentation, which YAML forbids"]);
}

#[test]
fn duplicates_merge_keys_tags_and_odd_keys_are_refused() {
    assert_eq!(faults("a: 1\nb: 2\n\"a\": 3\n"), ["3:1 `a` stands here twice; it was first given in line 1"]);
    assert!(faults("x: &x {a: 1}\ny:\n  <<: *x\n")[0].starts_with("3:3 merge keys"));
    assert!(faults("a: !!str 12\n")[0].contains("tags such as"));
    assert_eq!(faults("? [a]\n: 1\n"), ["1:3 a key must be text"]);
}

#[test]
fn line_endings_and_a_byte_order_mark_make_no_difference() {
    let text = decode(b"\xEF\xBB\xBFa: 1\r\nb:\r\n  c: x\r\n").unwrap();
    let document = one(text);
    let root = document.root.as_ref().unwrap();
    assert_eq!(root.get("b").unwrap().get("c").unwrap().mark, Mark { line: 3, column: 6 });
    assert_eq!(root.to_json(), serde_json::json!({"a": 1, "b": {"c": "x"}}));
    assert!(agree(document.text, root).is_ok());
}

#[test]
fn a_text_that_ends_too_early_says_so() {
    for text in ["a: [1, 2\n", "a: {b: 1\n", "a: \"x\n", "a: 'x\n"] {
        let fault = one(text).faults.remove(0);
        assert!(fault.hint.contains("ends too early"), "{text}: {fault:?}");
    }
}

#[test]
fn what_two_readers_read_differently_is_refused() {
    // YAML 1.1 and 1.2 differ on these; each reader follows its own.
    let beyond_64_bits = "a: 1312086073269067700000000\n";
    assert!(agree(beyond_64_bits, one(beyond_64_bits).root.as_ref().unwrap()).is_err());
    for text in ["a: 0b11\n", "a: -0x1F\n", "a: +0x1F\n"] {
        let document = one(text);
        let difference = agree(document.text, document.root.as_ref().unwrap()).unwrap_err();
        assert!(difference.contains("line 1, column 4"), "{difference}");
    }
}

#[test]
fn every_prefix_of_a_file_is_read_or_refused_and_never_panics() {
    let text = "# x\n---\na: &x [1, 'b', {c: \"d\"}]\ne: |\n  f\n  g\n---\nh: *x\n? i\n: j\n...\nk: >-\n  l\n";
    for end in 0..=text.len() {
        documents(&text[..end]);
    }
}

/// A YAML text, with its flow written in one of several ways.
fn yaml() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        any::<i64>().prop_map(|value| value.to_string()),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| format!("{value:e}")),
        "[a-z][a-z0-9_.-]{0,12}",
        "[+-]?[0-9]{1,6}([.][0-9]{0,3})?([eE][+-]?[0-9]{1,2})?",
        "0[xo]?[0-7]{1,5}",
        Just("~".to_owned()),
        prop::sample::select(vec![
            "yes", "no", "on", "True", "FALSE", "null", ".inf", "-.INF", ".nan", "1_000", "12:30"
        ])
        .prop_map(str::to_owned),
        "[ -~äö€]{0,12}".prop_map(|text| format!("{text:?}")),
        "[a-z ]{0,12}".prop_map(|text| format!("'{text}'")),
    ];
    scalar.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..5).prop_map(|entries| {
                let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
                format!("{{{}}}", entries.join(", "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn both_readings_of_generated_yaml_agree(value in yaml(), indent in 1usize..4) {
        let text = format!("# a\n---\nkey:\n{}- {value}\n{}- x: {value}\n", " ".repeat(indent), " ".repeat(indent));
        let read = documents(&text);
        let root = read[0].root.as_ref();
        prop_assert!(read[0].faults.is_empty(), "{text}\n{:?}", read[0].faults);
        prop_assert_eq!(agree(read[0].text, root.unwrap()).map(|_| ()), Ok(()), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_panic_or_read_two_ways_unnoticed(text in "[ -~\\t\\n€]{0,60}|[a-c:\\- \\[\\]{},\"'&*!|>#%?\\n]{0,60}") {
        for document in documents(&text) {
            if let Some(root) = document.root.filter(|_| document.faults.is_empty()) {
                let _ = agree(document.text, &root); // an answer, and no endless loop
            }
        }
    }
}
