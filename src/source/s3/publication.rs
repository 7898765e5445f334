//! What to write so that a prefix holds just these files, with `revision.json` last. Pure.
//!
//! Deletes nothing that was not published before: what else is there is for a person to say.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Listing, Revision};
use super::name;

/// What is to be written, in order: puts, deletes, and then `revision.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Names to upload.
    pub puts: Vec<String>,
    /// Names to delete: published before, and gone from the files.
    pub deletes: Vec<String>,
    /// Names that stay, and their ETags.
    pub kept: BTreeMap<String, String>,
    /// Whether `revision.json` says something else than what it is to say.
    pub is_new: bool,
}

impl Publication {
    /// Whether nothing is to be written.
    pub fn is_done(&self) -> bool {
        !self.is_new && self.puts.is_empty() && self.deletes.is_empty()
    }
}

/// Plans a publication. `same` are the names under which the very bytes are there already.
///
/// # Errors
/// Names of YAML objects that were never published and are not among the files: no revision with them there would be
/// complete.
pub fn publication(
    files: &BTreeSet<String>,
    same: &BTreeSet<String>,
    listing: &Listing,
    last: Option<&Revision>,
    revision: &str,
) -> Result<Publication, Vec<String>> {
    let was_published = |name: &String| last.is_some_and(|last| last.objects.contains_key(name));
    let is_gone = |name: &&String| !files.contains(*name);
    let there = || listing.objects.keys().chain(listing.refused.keys());
    let strangers: Vec<String> = there().filter(is_gone).filter(|name| !was_published(name)).cloned().collect();
    if !strangers.is_empty() {
        return Err(strangers.iter().map(|name| name::shown(name)).collect());
    }
    let puts: Vec<String> = files.difference(same).cloned().collect();
    let deletes: Vec<String> = there().filter(is_gone).cloned().collect();
    let kept: BTreeMap<String, String> = files
        .intersection(same)
        .filter_map(|name| Some((name.clone(), listing.objects.get(name)?.etag.clone())))
        .collect();
    let is_new = last.is_none_or(|last| last.revision != revision || last.objects != kept);
    Ok(Publication { puts, deletes, kept, is_new })
}

/// A file's name that cannot be a key, and why.
pub fn refused(files: &BTreeSet<String>) -> Option<(String, &'static str)> {
    files.iter().find_map(|file| Some((name::shown(file), name::objection(file)?)))
}

#[cfg(test)]
mod tests {
    use super::super::listing::Listed;
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn there(names: &[&str]) -> Listing {
        let listed = |name: &&str| ((*name).to_owned(), Listed { etag: format!("etag-{name}"), size: 1 });
        Listing::of(names.iter().map(listed))
    }

    fn published(names: &[&str]) -> Revision {
        let objects = names.iter().map(|name| ((*name).to_owned(), format!("etag-{name}"))).collect();
        Revision { revision: "r1".to_owned(), objects }
    }

    #[test]
    fn what_differs_is_put_what_was_published_and_is_gone_is_deleted_and_the_rest_stays() {
        let last = published(&["a.yaml", "b.yaml", "c.yaml"]);
        let listing = there(&["a.yaml", "b.yaml", "c.yaml", "notes.txt"]);
        let made =
            publication(&names(&["a.yaml", "b.yaml", "d.yaml"]), &names(&["a.yaml"]), &listing, Some(&last), "r2");
        let made = made.unwrap();
        assert_eq!(
            (made.puts, made.deletes),
            (vec!["b.yaml".to_owned(), "d.yaml".to_owned()], vec!["c.yaml".to_owned()])
        );
        assert_eq!(made.kept, BTreeMap::from([("a.yaml".to_owned(), "etag-a.yaml".to_owned())]));
        assert!(made.is_new);
    }

    #[test]
    fn a_second_publication_of_the_same_writes_nothing_and_another_name_only_the_revision() {
        let files = names(&["a.yaml"]);
        let again =
            |called: &str| publication(&files, &files, &there(&["a.yaml"]), Some(&published(&["a.yaml"])), called);
        assert!(again("r1").unwrap().is_done());
        let renamed = again("r2").unwrap();
        assert_eq!((renamed.is_done(), renamed.puts.len(), renamed.deletes.len()), (false, 0, 0));
    }

    #[test]
    fn what_somebody_else_wrote_is_never_deleted_and_stops_the_publication() {
        for last in [None, Some(published(&["a.yaml"]))] {
            let listing = there(&["a.yaml", "theirs.yaml", "x\n.yaml"]);
            let strangers = publication(&names(&["a.yaml"]), &names(&[]), &listing, last.as_ref(), "r").unwrap_err();
            assert_eq!(strangers, ["theirs.yaml", "x\\n.yaml"]);
        }
    }

    #[test]
    fn a_revision_that_is_stale_or_missing_is_written_though_the_files_are_the_same() {
        let files = names(&["a.yaml"]);
        for last in [None, Some(published(&["a.yaml", "b.yaml"]))] {
            assert!(publication(&files, &files, &there(&["a.yaml"]), last.as_ref(), "r1").unwrap().is_new);
        }
    }

    #[test]
    fn a_file_whose_name_a_reader_would_refuse_is_found_before_anything_is_written() {
        assert_eq!(refused(&names(&["a.yaml", "b/c.yml"])), None);
        assert!(refused(&names(&["a\n.yaml"])).unwrap().1.contains("control character"));
    }
}
