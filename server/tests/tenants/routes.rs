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
            let source = fs::read_to_string(&path).unwrap();
            routes.extend(literals(&source).into_iter().map(|route| format!("{under}{route}")));
        }
    }
}

/// What an argument stands for: itself, or the value of the name that it is.
fn valued<'a>(source: &'a str, argument: &'a str) -> &'a str {
    let name = argument.split(',').next().unwrap_or_default();
    [format!("const {name}: &str = "), format!("let {name} = ")]
        .iter()
        .find_map(|bound| source.split_once(bound.as_str()))
        .map_or(argument, |(_, value)| value)
}

/// The addresses of a file's `.route(…)`, before its tests: written there, or under a name. One
/// that is written in another way would not be walked, so it fails the test.
fn literals(source: &str) -> Vec<&str> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for rest in source.split(".route(").skip(1) {
        let rest = rest.trim_start();
        let method = rest.split_once(',').map_or("", |(_, method)| method.trim_start());
        if !["get(", "post(", "delete("].iter().any(|known| method.starts_with(known)) {
            continue;
        }
        // Those of the gateway stand above; the files beside the pages are everybody's.
        if rest.starts_with("Endpoint::") || rest.starts_with("&path,") {
            continue;
        }
        let quoted = valued(source, rest).strip_prefix('"').and_then(|rest| rest.split('"').next());
        let route = quoted.unwrap_or_else(|| panic!("a route that can't be read: {rest}"));
        found.push(route);
    }
    found
}
