use super::*;

fn listing(objects: &[(&str, &str)]) -> Listing {
    Listing::of(objects.iter().map(|(name, etag)| ((*name).to_owned(), Listed { etag: (*etag).to_owned(), size: 1 })))
}

fn revision(objects: &[(&str, &str)]) -> Revision {
    let objects = objects.iter().map(|(name, etag)| ((*name).to_owned(), (*etag).to_owned())).collect();
    Revision { revision: "r1".to_owned(), objects }
}

#[test]
fn a_listing_is_sorted_out_into_objects_revision_and_what_is_refused() {
    let found = listing(&[("a.yaml", "1"), ("notes.txt", "2"), (REVISION, "3"), (".x.yaml", "4"), ("../b.yaml", "5")]);
    assert_eq!(found.objects.keys().collect::<Vec<_>>(), ["a.yaml"]);
    assert_eq!(found.revision.as_ref().map(|listed| listed.etag.as_str()), Some("3"));
    assert_eq!(found.refused.keys().collect::<Vec<_>>(), ["../b.yaml"]);
    assert!(!found.is_nothing && listing(&[]).is_nothing && !listing(&[("notes.txt", "2")]).is_nothing);
}

#[test]
fn without_a_revision_two_equal_listings_settle() {
    let (one, other) = (listing(&[("a.yaml", "1")]), listing(&[("a.yaml", "2")]));
    assert!(unsettled(None, &one, None).unwrap().contains("keep changing"));
    assert!(unsettled(Some(&other), &one, None).is_some());
    assert_eq!(unsettled(Some(&one), &one.clone(), None), None);
    // A file that came, one that went, and the revision alone, are changes too.
    for before in
        [listing(&[]), listing(&[("a.yaml", "1"), ("b.yaml", "1")]), listing(&[("a.yaml", "1"), (REVISION, "1")])]
    {
        assert!(unsettled(Some(&before), &one, None).is_some(), "{before:?}");
    }
}

#[test]
fn with_a_revision_everything_must_be_just_as_it_says() {
    let said = revision(&[("a.yaml", "1"), ("b.yaml", "2")]);
    let whole = listing(&[("a.yaml", "1"), ("b.yaml", "2"), (REVISION, "9"), ("notes.txt", "7")]);
    assert_eq!(unsettled(Some(&whole), &whole.clone(), Some(&said)), None);
    assert!(unsettled(None, &whole, Some(&said)).is_some(), "it must be seen twice all the same");
    for (objects, reason) in [
        (vec![("a.yaml", "1")], "says that there is b.yaml"),
        (vec![("a.yaml", "1"), ("b.yaml", "3")], "b.yaml is not as revision.json (r1) says"),
        (vec![("a.yaml", "1"), ("b.yaml", "2"), ("c.yaml", "3")], "c.yaml is not in revision.json (r1)"),
        (vec![("a.yaml", "1"), ("b.yaml", "2"), ("x\n.yaml", "3")], "x\\n.yaml is not in revision.json (r1)"),
    ] {
        let found = listing(&objects);
        let said = unsettled(Some(&found), &found.clone(), Some(&said)).unwrap();
        assert!(said.contains(reason), "{said}");
    }
}

/// Every order in which single puts and deletes become visible between two revisions: none but the last counts.
#[test]
fn a_publication_counts_only_when_its_last_write_is_there() {
    let before = [("a.yaml", "1"), ("b.yaml", "1"), ("c.yaml", "1"), (REVISION, "1")];
    let said_before = revision(&before[..3]);
    let said_after = revision(&[("a.yaml", "2"), ("c.yaml", "2"), ("d.yaml", "2")]);
    for done in 0..16 {
        let mut now = before.to_vec();
        let is_done = |bit: u32| done & (1 << bit) != 0;
        if is_done(0) {
            now[0].1 = "2";
        }
        if is_done(1) {
            now.remove(1);
        }
        if let Some(c) = now.iter_mut().find(|(name, _)| is_done(2) && *name == "c.yaml") {
            c.1 = "2";
        }
        if is_done(3) {
            now.push(("d.yaml", "2"));
        }
        let found = listing(&now);
        assert_eq!(unsettled(Some(&found), &found.clone(), Some(&said_before)).is_none(), done == 0, "{done:04b}");
        assert_eq!(unsettled(Some(&found), &found.clone(), Some(&said_after)).is_none(), done == 15, "{done:04b}");
    }
}

#[test]
fn a_revision_is_read_with_and_without_quotes_and_refused_with_a_reason() {
    let text = br#"{"revision": "4f2a", "objects": {"a.yaml": "\"abc\"", "b.yaml": "def-2"}}"#;
    let read = Revision::parse(text).unwrap();
    assert_eq!(
        (read.revision.as_str(), &read.objects["a.yaml"][..], &read.objects["b.yaml"][..]),
        ("4f2a", "abc", "def-2")
    );
    for (text, reason) in [
        ("", "not understood"),
        (r#"{"revision": "x"}"#, "objects"),
        (r#"{"revision": "x", "objects": {}, "more": 1}"#, "more"),
        (r#"{"revision": "", "objects": {}}"#, "1 to 128"),
        ("{\"revision\": \"a\\nforged\", \"objects\": {}}", "1 to 128"),
    ] {
        let error = Revision::parse(text.as_bytes()).unwrap_err();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
