//! Golden files: what is generated is compared with what is committed; `UPDATE_GOLDEN=1` rewrites it.

use similar::TextDiff;

use crate::source_tree::root;

/// Compares text with a file, by its path from the project's root.
pub(crate) fn check(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let diff = TextDiff::from_lines(committed.as_str(), text).unified_diff().header("committed", "now").to_string();
    assert!(committed == text, "{path} differs; UPDATE_GOLDEN=1 rewrites it:\n{diff}");
}
