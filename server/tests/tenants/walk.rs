//! Walks every route as everybody. `walk.golden` is the table of what each of them finds; what must
//! hold whatever stands there is checked beside it.

use std::{collections::BTreeSet, fmt::Write as _};

use testkit::without_nonce;

use crate::{
    routes,
    world::{Organization, World},
};

/// Who walks: a column of the table.
const PEOPLE: [&str; 10] = [
    "stranger", "outsider", "reader", "viewer", "member", "key", "runner", "owner", "admin",
    "operator",
];

/// Of our organization: the name, the role there, the place in its project.
const OURS: [(&str, &str, Option<&str>); 4] = [
    ("reader", "reader", None),
    ("viewer", "reader", Some("viewer")),
    ("member", "reader", Some("member")),
    ("runner", "reader", Some("owner")),
];

/// What everybody may do with an empty form, to nobody but oneself.
const OWN_DEEDS: [&str; 1] = ["/{org}/team/leave"];

struct Walk {
    world: World,
    ours: Organization,
    theirs: Organization,
    /// What each shows: a cookie or a key.
    proofs: Vec<Option<String>>,
}

impl Walk {
    async fn new() -> Self {
        let world = World::new(8).await;
        let theirs = Organization::new(&world, "canary-theirs", &[]).await;
        let ours = Organization::new(&world, "canary-ours", &OURS).await;
        let operator = world.user("operator").await.uuid();
        let promote = format!("UPDATE users SET operator = true WHERE id = '{operator}'");
        world.database.tamper(&promote).await;
        let mut walk = Self { world, ours, theirs, proofs: Vec::new() };
        for person in PEOPLE {
            let cookie = walk.enter(person).await;
            walk.proofs.push(cookie);
        }
        walk.world.is_ready().await;
        walk
    }

    async fn enter(&self, person: &str) -> Option<String> {
        match person {
            "stranger" => None,
            "key" => Some(format!("Bearer {}", self.ours.key)),
            "admin" => Some(format!("Bearer {}", self.ours.admin)),
            "operator" => Some(self.world.sign_in("operator").await),
            "outsider" => Some(self.world.sign_in("canary-theirs-owner").await),
            person => Some(self.world.sign_in(&format!("canary-ours-{person}")).await),
        }
    }

    async fn send(&self, proof: Option<&str>, method: &str, path: &str) -> (u16, String) {
        let name =
            |proof: &str| if proof.starts_with("Bearer ") { "authorization" } else { "cookie" };
        let headers: Vec<_> = proof.map(|proof| (name(proof), proof)).into_iter().collect();
        let answer = self.world.send(method, path, &headers, "").await;
        (answer.status.as_u16(), answer.body)
    }

    /// Everything that was ever written down of an organization.
    async fn entries(&self) -> String {
        self.world.database.look("SELECT count(*) FROM audit_entries").await
    }
}

/// What somebody must not read anywhere. Whoever runs the installation knows organizations and people
/// by name, and nothing of what is in them.
fn foreign_to(person: &str) -> &'static [&'static str] {
    match person {
        "outsider" => &["canary-ours"],
        "operator" => &[
            "canary-ours project",
            "canary-ours key",
            "canary-ours robot",
            "canary-ours personal",
            "canary-ours street",
        ],
        _ => &["canary-theirs"],
    }
}

/// The billing cycle that is running, as addresses name it.
#[expect(clippy::disallowed_methods, reason = "nothing is decided by it")]
fn this_month() -> String {
    chrono::Utc::now().format("%Y-%m").to_string()
}

/// The address with an organization's own ids in it.
pub(crate) fn filled(route: &str, params: &[(&'static str, String)]) -> String {
    let mut path = route.to_owned();
    while let Some((before, rest)) = path.split_once('{') {
        let (name, after) = rest.split_once('}').unwrap();
        let name = name.trim_start_matches('*');
        let value = params.iter().find(|(known, _)| *known == name).map_or_else(
            || match name {
                "token" => "0".repeat(64),
                "model" => "sandbox-dime".to_owned(),
                "name" => "keys".to_owned(),
                "cycle" => this_month(),
                "mail" => domain::OutboxId::generate().to_string(),
                other => panic!("{route}: a parameter {other} that this walk does not know"),
            },
            |(_, value)| value.clone(),
        );
        path = format!("{before}{value}{after}");
    }
    path
}

/// What must be asked for an answer.
fn question(route: &str) -> &'static str {
    match route.strip_prefix("/v1/organization") {
        Some("/costs") => "?start_time=1767225600&group_by=project_id&group_by=api_key_id",
        Some(usage) if usage.starts_with("/usage/") => "?start_time=1767225600&group_by=project_id",
        _ => "",
    }
}

#[tokio::test]
async fn everybody_finds_what_the_table_says() {
    let walk = Walk::new().await;
    let mut table = format!(
        "{:<52} {}\n",
        "GET",
        PEOPLE.map(|person| format!("{person:<8}")).join(" ").trim_end()
    );
    for route in routes::all() {
        let path = format!("{}{}", filled(&route, &walk.ours.params), question(&route));
        let mut row = format!("{route:<52}");
        for (person, cookie) in PEOPLE.iter().zip(&walk.proofs) {
            let (status, body) = walk.send(cookie.as_deref(), "GET", &path).await;
            write!(row, " {status:<8}").unwrap();
            for foreign in foreign_to(person) {
                assert!(!body.contains(foreign), "{person} sees {foreign} at {path}: {body}");
            }
            if *person == "stranger" {
                assert!(!body.contains("canary-"), "a stranger sees something at {path}: {body}");
            }
            let outside = match *person {
                "outsider" => route.contains("{org}"),
                "operator" => route.starts_with("/{org}"),
                _ => false,
            };
            if outside {
                assert!([404, 405].contains(&status), "{status}: the {person} at {path}");
            }
        }
        writeln!(table, "{}", row.trim_end()).unwrap();
    }
    insta::assert_snapshot!("get", table);
}

/// An empty form changes nothing, whoever sends it of those who may do little. Whether it is
/// understood is told in the table.
#[tokio::test]
async fn who_may_not_changes_nothing() {
    let mut walk = Walk::new().await;
    let people = &PEOPLE[..6];
    let mut table = format!("{:<52} {}\n", "POST", people.join("  "));
    let before = walk.entries().await;
    for route in routes::all().into_iter().filter(|route| !OWN_DEEDS.contains(&route.as_str())) {
        let path = filled(&route, &walk.ours.params);
        let mut row = format!("{route:<52}");
        for (at, person) in people.iter().enumerate() {
            let (status, body) = walk.send(walk.proofs[at].as_deref(), "POST", &path).await;
            write!(row, " {status:<8}").unwrap();
            for foreign in foreign_to(person) {
                assert!(!body.contains(foreign), "{person} sees {foreign} at {path}: {body}");
            }
            if *person == "outsider" && route.contains("{org}") {
                assert!([404, 405].contains(&status), "{status}: the outsider at {path}");
            }
            assert_eq!(walk.entries().await, before, "{person} changed something at {path}");
            let proof = walk.proofs[at].clone();
            let left = proof.as_ref().is_some_and(|proof| !proof.starts_with("Bearer "));
            if left && walk.send(proof.as_deref(), "GET", "/account").await.0 != 200 {
                walk.proofs[at] = walk.enter(person).await;
            }
        }
        writeln!(table, "{}", row.trim_end()).unwrap();
    }
    insta::assert_snapshot!("post", table);
}

/// An id of another organization answers like one that never existed; to look at, both like one that
/// is none.
#[tokio::test]
async fn foreign_ids_are_as_good_as_none() {
    let walk = Walk::new().await;
    let owner = walk.proofs[7].as_deref();
    let mut walked = BTreeSet::new();
    for route in routes::all().iter().filter(|route| route.contains("{org}/")) {
        for (at, (name, own)) in walk.ours.params.iter().enumerate().skip(1) {
            if !route.contains(&format!("{{{name}}}")) {
                continue;
            }
            walked.insert(*name);
            let with = |id: &str| {
                let mut params = walk.ours.params.clone();
                id.clone_into(&mut params[at].1);
                filled(route, &params)
            };
            let kind = own.trim_end_matches(|c: char| c.is_ascii_hexdigit());
            let foreign = walk.theirs.params[at].1.clone();
            let unknown = format!("{kind}0197{}", "0".repeat(28));
            let mut answers = Vec::new();
            for id in [&foreign, &unknown, "nonsense"] {
                for method in ["GET", "POST"] {
                    let (status, body) = walk.send(owner, method, &with(id)).await;
                    assert!(!body.contains("canary-theirs"), "{method} {}: {body}", with(id));
                    let body = without_nonce(&body.replace(id, "ID"));
                    answers.push((
                        method,
                        status,
                        if status == 405 { String::new() } else { body },
                    ));
                }
            }
            let [first, unknown, nonsense] = answers.as_chunks::<2>().0 else {
                panic!("six answers")
            };
            assert!(
                first.iter().all(|(_, status, _)| (400..500).contains(status)),
                "{route} {name}: {first:?}"
            );
            assert_eq!(unknown, first, "{route} {name}");
            assert_eq!(nonsense[0], first[0], "{route} {name}");
        }
    }
    assert!(walked.len() >= 2, "{walked:?}");
}
