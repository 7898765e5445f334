use std::panic::catch_unwind;

use super::*;

#[test]
fn every_seed_keeps_the_promises_as_it_is_and_grown() {
    for target in TARGETS {
        let seeds = seeds(target).unwrap();
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        seeds.iter().for_each(|seed| check(target, seed, true));
        println!("{}: {} seeds", target.name, seeds.len());
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for folder in std::fs::read_dir(corpus).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "corpus/{name} belongs to no target");
    }
}

/// What the limits are for: each of these must be caught.
#[test]
fn a_panic_a_hang_and_quadratic_time_are_caught() {
    let target = |run| Target { name: "broken", run };
    let panics = target(|bytes| assert!(bytes.len() < 3));
    assert!(catch_unwind(|| check(&panics, b"abc", false)).is_err());
    assert!(catch_unwind(|| check(&panics, b"ab", false)).is_ok());

    let is_slow = target(|_| (0..1_u64 << 32).take_while(|n| std::hint::black_box(*n) < 40_000_000).for_each(drop));
    assert!(catch_unwind(|| check(&is_slow, b"abc", false)).is_err());

    let quadratic = target(|bytes| {
        let count = |byte: &u8| bytes.iter().step_by(16).filter(|other| std::hint::black_box(*other) == byte).count();
        std::hint::black_box(bytes.iter().step_by(16).map(count).sum::<usize>());
    });
    let message = *catch_unwind(|| check(&quadratic, b"abc", true)).unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("more than 2.5 times as long"), "{message}");

    // What begins only at some size is no growth; what grows from there is.
    let from_some_size = target(|bytes| {
        let count = |byte: &u8| bytes.iter().step_by(16).filter(|other| std::hint::black_box(*other) == byte).count();
        let bytes = if bytes.len() < 12 << 10 { &[] } else { bytes };
        std::hint::black_box(bytes.iter().step_by(16).map(count).sum::<usize>());
    });
    assert!(catch_unwind(|| check(&from_some_size, b"abc", true)).is_err());
    let jumps = target(|bytes| {
        let steps = if bytes.len() < 20 << 10 { bytes.len() } else { bytes.len() * 200 };
        (0..steps).for_each(|n| assert!(std::hint::black_box(n) < usize::MAX));
    });
    check(&jumps, b"abc", true);

    let linear = target(|bytes| (0..bytes.len() * 200).for_each(|n| assert!(std::hint::black_box(n) < usize::MAX)));
    check(&linear, b"abc", true);
}
