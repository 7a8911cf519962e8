//! The list of places where a test can end the program, against the sources.

use std::{fs, path::Path};

/// All names, one a line.
const GOLDEN: &str = include_str!("failpoints.golden");

/// Their names, sorted.
pub(crate) fn names() -> Vec<&'static str> {
    GOLDEN.lines().collect()
}

#[test]
fn every_failpoint_of_the_sources_stands_in_the_list_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in fs::read_dir(root.join("crates")).unwrap() {
        read(&folder.unwrap().path().join("src"), &mut found);
    }
    read(&root.join("server/src"), &mut found);
    found.sort();
    assert_eq!(found, names(), "write server/tests/nodes/failpoints.golden anew");
    assert!(found.len() >= 40, "{}", found.len());
    found.dedup();
    assert_eq!(found.len(), names().len(), "a name stands for two places");
}

/// The names in a folder's sources.
fn read(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let names = text.split("failpoint::at(\"").skip(1);
            found.extend(names.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
}
