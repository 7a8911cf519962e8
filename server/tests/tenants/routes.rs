//! Every route of the program, found in its sources: one that is new is walked without being told.

use std::{fs, path::Path};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Where routers are made, and what their routes are nested under.
const ROUTERS: [(&str, &str); 4] = [
    ("app/src", ""),
    ("server/src", ""),
    ("crates/gateway/src", "/v1"),
    ("crates/admin/src", "/v1/organization"),
];

/// The gateway's endpoints, whose addresses are no literals in a router.
const ENDPOINTS: [&str; 2] = ["/v1/chat/completions", "/v1/embeddings"];

/// All of them, sorted.
pub(crate) fn all() -> Vec<String> {
    let mut routes: Vec<String> = ENDPOINTS.map(str::to_owned).to_vec();
    for (folder, under) in ROUTERS {
        read(&Path::new(ROOT).join(folder), under, &mut routes);
    }
    routes.sort();
    routes.dedup();
    assert!(routes.len() > 60, "where have the routes gone? {routes:?}");
    routes
}

fn read(folder: &Path, under: &str, routes: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, under, routes);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            routes.extend(
                literals(&fs::read_to_string(&path).unwrap())
                    .map(|route| format!("{under}{route}")),
            );
        }
    }
}

/// The addresses in `.route("…"`, as they are written before a file's tests.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    source.split(".route(").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('"')?;
        rest.split('"').next().filter(|route| route.starts_with('/'))
    })
}
