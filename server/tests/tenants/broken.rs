//! Addresses and bodies that can't be read: the answer is a page for people and JSON for programs,
//! never a bare text.

use crate::{
    routes,
    walk::filled,
    world::{Answer, Organization, World},
};

/// Bytes that are no text, everything twice, nothing where something belongs.
const QUERIES: [&str; 3] = [
    "next=/a&next=/b&q=1&q=2&state=x&state=y&limit=1&limit=2&order=asc&order=desc",
    "next=%FF&q=%FF&state=%FF&project=%FF&page=%FF&before=%FF&after=%FF&from=%FF&scope=%FF",
    "&&=&%&%zz&next&q&page=-1&before=x&after=x&sent=x&limit=999999999999999999999&cycle=%00",
];

/// Bodies that are no form, and no JSON object.
const BODIES: [&str; 4] = ["name=a&name=b", "theme=%FF&%FF=%FF", "[1,2", "\u{0}"];

/// What is neither a page nor an API: health, and a file.
fn is_plain(route: &str) -> bool {
    ["/healthz", "/readyz"].contains(&route)
}

fn check(what: &str, route: &str, answer: &Answer) {
    let Answer { status, kind, body, .. } = answer;
    assert!(!status.is_server_error(), "{what}: {status}: {body}");
    if status.is_redirection() {
        assert!(body.is_empty(), "{what}: {body}");
    } else if route.starts_with("/v1/") {
        assert_eq!(kind, "application/json", "{what}: {status}: {body}");
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        let message = json.pointer("/error/message").is_some_and(serde_json::Value::is_string);
        assert!(status.is_success() || message, "{what}: {body}");
    } else if !(kind.starts_with("text/csv") && status.is_success()) {
        assert!(kind.starts_with("text/html"), "{what}: {status} {kind}: {body}");
        // A part that a page asks for in the background.
        let parts = ["/requests/first", "/exports/{export}/state"];
        let is_part = parts.iter().any(|part| route.ends_with(part)) && status.is_success();
        let is_ours =
            is_part || body.contains("href=\"/exchequer.css") && body.contains("<main id=\"main\"");
        assert!(is_ours, "{what}: {body}");
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_answered_in_the_house_s_form() {
    let world = World::new(8).await;
    let ours = Organization::new(&world, "ours", &[]).await;
    let cookie = world.sign_in("ours-owner").await;
    world.is_ready().await;
    let (key, admin) = (format!("Bearer {}", ours.key), format!("Bearer {}", ours.admin));
    let proof = |route: &str| match route {
        api if api.starts_with("/v1/organization") => ("authorization", admin.as_str()),
        api if api.starts_with("/v1/") => ("authorization", key.as_str()),
        _ => ("cookie", cookie.as_str()),
    };
    // Signing out would make a stranger of us.
    let routes = routes::all();
    for route in routes.iter().filter(|route| !is_plain(route) && *route != "/sign-out") {
        let path = filled(route, &ours.params);
        for query in QUERIES {
            let path = format!("{path}?{query}");
            check(&path, route, &world.send("GET", &path, &[proof(route)], "").await);
            check(&path, route, &world.send("GET", &path, &[], "").await);
        }
        for (name, _) in
            ours.params.iter().chain(&[("token", String::new()), ("model", String::new())])
        {
            if !route.contains(name) {
                continue;
            }
            for broken in ["%FF", "%00", "..%2F", "%"] {
                let mut params = vec![(*name, broken.to_owned())];
                params.extend(ours.params.iter().filter(|(known, _)| known != name).cloned());
                let path = filled(route, &params);
                for method in ["GET", "POST", "DELETE", "PATCH"] {
                    let what = format!("{method} {path}");
                    check(&what, route, &world.send(method, &path, &[proof(route)], "").await);
                    check(&what, route, &world.send(method, &path, &[], "").await);
                }
            }
        }
    }
    for route in routes.iter().filter(|route| !is_plain(route) && *route != "/sign-out") {
        let path = filled(route, &ours.params);
        for body in BODIES {
            let what = format!("POST {path} {body:?}");
            check(&what, route, &world.send("POST", &path, &[proof(route)], body).await);
            check(&what, route, &world.send("POST", &path, &[], body).await);
        }
        let elsewhere = [proof(route), ("sec-fetch-site", "cross-site")];
        let answer = world.send("POST", &path, &elsewhere, "").await;
        check(&format!("POST {path} from another site"), route, &answer);
    }
}
