//! Snapshots are compared, and none waits for a review.

use std::path::Path;

use super::docs::files_below;

/// A snapshot that no test compares is read by reviewers and shows nothing.
#[test]
fn every_snapshot_is_compared_by_a_test() {
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let sources = files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let source: String = sources.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut count = 0;
    for path in &files {
        if let Some((name, ending)) = path.file_name().unwrap().to_str().unwrap().split_once(".snap") {
            assert_eq!(ending, "", "{} waits for a review", path.display());
            assert!(source.contains(&format!("\"{name}\"")), "no test compares {}", path.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count} snapshots were found");
}
