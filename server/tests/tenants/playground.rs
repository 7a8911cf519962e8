//! Prompts sent from the dashboard go the way of all requests: the real router, gateway and database.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{Caller, Environment, Models, OrgId, Origin, Period, ProjectId, Rates, Scope, UserId};
use sqlx::types::Uuid;
use store::{
    BillingProfile,
    system::{Obstacle, Player},
};

use crate::world::{Answer, World};

const FIELDS: [(&str, &str); 5] = [
    ("model1", "sandbox-tokens"),
    ("model2", ""),
    ("system", ""),
    ("prompt", "How much is a dime?"),
    ("most", "8"),
];

/// An organization with a project, whose owner is signed in.
struct Room {
    world: World,
    caller: Caller,
    project: ProjectId,
    cookie: String,
}

impl Room {
    async fn new() -> Self {
        let world = World::new(8).await;
        let user = world.user("ines").await;
        let store = &world.store;
        let (name, origin) = ("Brackwater".parse().unwrap(), Origin::default());
        let caller = store.create_organization(user, &name, chrono_tz::UTC, origin).await.unwrap();
        let name = "Support".parse().unwrap();
        let project = store.create_project(&caller, &name, Environment::Production).await.unwrap();
        let cookie = world.sign_in("ines").await;
        world.is_ready().await;
        let room = Self { world, caller, project, cookie };
        room.pays("Brackwater Ltd").await;
        room
    }

    async fn pays(&self, name: &str) {
        let profile = BillingProfile {
            legal_name: name.to_owned(),
            email: "bills@example.com".to_owned(),
            address: "1 Counting House".to_owned(),
            country: "NO".to_owned(),
            ..BillingProfile::default()
        };
        self.world.store.set_billing_profile(&self.caller, &profile).await.unwrap();
    }

    fn path(&self) -> String {
        format!("/{}/playground", self.caller.org)
    }

    /// The form with these fields changed or added.
    async fn send_as(&self, cookie: &str, changed: &[(&str, &str)]) -> Answer {
        let project = self.project.to_string();
        let kept = FIELDS.into_iter().chain([("project", &*project)]);
        let kept = kept.filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        let fields: Vec<_> = kept.chain(changed.iter().copied()).collect();
        let form = crate::world::form(&fields);
        self.world.send("POST", &self.path(), &[("cookie", cookie)], &form).await
    }

    async fn send(&self, changed: &[(&str, &str)]) -> Answer {
        self.send_as(&self.cookie, changed).await
    }

    async fn get(&self, cookie: &str, path: &str) -> Answer {
        self.world.send("GET", path, &[("cookie", cookie)], "").await
    }

    async fn look(&self, query: &str) -> String {
        self.world.database.look(query).await
    }

    async fn events(&self) -> String {
        self.look("SELECT count(*) FROM events").await
    }

    /// What a request leaves, booked or on its way.
    async fn booked(&self) -> String {
        self.look(
            "SELECT concat_ws(' ', (SELECT count(*) FROM events), (SELECT count(*) FROM intents),
                (SELECT count(*) FROM stories), (SELECT COALESCE(sum(requests), 0) FROM deltas),
                (SELECT COALESCE(sum(spent + held), 0) FROM counters), (SELECT count(*) FROM receipts))",
        )
        .await
    }

    /// A reader, with that role in the project; signed in.
    async fn reader(&self, name: &str, role: Option<&str>) -> (UserId, String) {
        let user = self.world.user(name).await;
        let (org, id, project) = (self.caller.org.uuid(), user.uuid(), self.project.uuid());
        let database = &self.world.database;
        database
            .tamper(&format!(
                "INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{id}', 'reader')"
            ))
            .await;
        if let Some(role) = role {
            database.tamper(&format!("INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{org}', '{project}', '{id}', '{role}')")).await;
        }
        (user, self.world.sign_in(name).await)
    }

    fn player(&self, org: OrgId, user: UserId) -> Player {
        Player { org, project: self.project, user }
    }
}

impl Answer {
    #[track_caller]
    fn says(&self, status: StatusCode, sentences: &[&str]) {
        assert_eq!(self.status, status, "{}", self.body);
        for sentence in sentences {
            assert!(self.body.contains(sentence), "no {sentence:?} in {}", self.body);
        }
    }
}

#[tokio::test]
async fn two_models_in_one_send_are_two_events_and_the_page_says_what_the_ledger_booked() {
    let room = Room::new().await;
    let both = [("model2", "sandbox-dime"), ("system", "Be brief.")];
    let most = room.send(&[both[0], both[1], ("estimate", "yes")]).await;
    most.says(StatusCode::OK, &["What it can cost", "Nothing was sent", r#"value="0.10""#]);
    assert_eq!(room.events().await, "0");
    let page = room.send(&both).await;
    page.says(
        StatusCode::OK,
        &["Answer of sandbox-tokens", "Answer of sandbox-dime", "First byte after", "Be brief."],
    );
    assert!(!page.body.contains("Not answered"), "{}", page.body);
    let event = async |model: &str, what: &str| {
        room.look(&format!("SELECT {what} FROM events WHERE model = '{model}'")).await
    };
    let exact = |text: String| text.parse::<domain::Usd>().unwrap().to_string();
    for model in ["sandbox-tokens", "sandbox-dime"] {
        let charge = exact(event(model, "charge").await);
        page.says(StatusCode::OK, &[&format!(r#"value="{charge}""#)]);
        let bound = exact(event(model, "bound").await);
        most.says(StatusCode::OK, &[&format!(r#"value="{bound}""#)]);
        let id: Uuid = event(model, "id").await.parse().unwrap();
        let href = format!("/requests/{}", domain::EventId::from_uuid(id));
        page.says(StatusCode::OK, &[&format!(r#"href="{href}""#)]);
        let story = room.get(&room.cookie, &href).await;
        story.says(StatusCode::OK, &["source=playground", "Playground", "ines"]);
    }
    // 28 bytes of both texts, four to a token; eight tokens of answer.
    assert_eq!(event("sandbox-tokens", "concat_ws(' ', input, output)").await, "7 8");
    assert_eq!(room.events().await, "2");
    let mine = format!(
        "SELECT bool_and(member_id = '{}') FROM events",
        room.caller.user().unwrap().uuid()
    );
    assert_eq!(room.look(&mine).await, "true");
    let tagged = "SELECT count(*) FROM stories WHERE tags = '{source=playground}'";
    assert_eq!(room.look(tagged).await, "2");
    let usage = room.get(&room.cookie, &format!("/{}/usage?by=key", room.caller.org)).await;
    usage.says(StatusCode::OK, &["Playground of Support"]);
    assert_eq!(room.world.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_budget_stops_it_and_its_receipt_is_linked() {
    let room = Room::new().await;
    let amount = "0.15".parse().unwrap();
    let store = &room.world.store;
    let scope = Scope::Project(room.project);
    store.set_budget(&room.caller, scope, Period::Month, amount).await.unwrap();
    let dime = [("model1", "sandbox-dime")];
    room.send(&dime).await.says(StatusCode::OK, &["Answer of sandbox-dime"]);
    let refused = room.send(&dime).await;
    let words = ["Not answered.", "The monthly budget of this project is $0.15: $0.10 spent"];
    refused.says(StatusCode::OK, &words);
    refused.says(StatusCode::OK, &["See the receipt", "Nothing was charged"]);
    assert_eq!(room.events().await, "1");
    let (_, rest) = refused.body.split_once(r#"href="/receipts/"#).unwrap();
    let path = format!("/receipts/{}", rest.split_once('"').unwrap().0);
    let written = async || {
        loop {
            let receipt = room.get(&room.cookie, &path).await;
            if receipt.status == StatusCode::OK {
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let receipt = tokio::time::timeout(Duration::from_secs(20), written()).await.unwrap();
    receipt.says(StatusCode::OK, &["Playground", "Support"]);
    assert_eq!(room.world.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn who_may_not_send_with_a_key_may_not_play() {
    let room = Room::new().await;
    let system = room.world.store.system();
    let org = room.caller.org;
    let stopped = Some(Obstacle::Owner);
    let sentences = ["Choose a project in which you may send requests.", "Nothing was sent"];
    let nothing = room.booked().await;
    for (name, role) in [("vera", Some("viewer")), ("rolf", None)] {
        let (user, cookie) = room.reader(name, role).await;
        let page = room.send_as(&cookie, &[]).await;
        let without = ["No project to send from", "Ask an owner of a project to add you."];
        page.says(StatusCode::UNPROCESSABLE_ENTITY, &without);
        assert!(!page.body.contains("Answer of"), "{name}");
        room.get(&cookie, &room.path()).await.says(StatusCode::OK, &["No project to send from"]);
        let key = system.player(room.player(org, user)).await.unwrap().unwrap();
        assert_eq!(key.obstacle, stopped, "{name}");
        assert_eq!(room.booked().await, nothing, "{name}");
    }
    let (user, cookie) = room.reader("mia", Some("member")).await;
    room.send_as(&cookie, &[]).await.says(StatusCode::OK, &["Answer of sandbox-tokens"]);
    let one = room.booked().await;
    assert!(one != nothing && room.events().await == "1", "{one}");
    let remove = format!("DELETE FROM memberships WHERE user_id = '{}'", user.uuid());
    room.world.database.tamper(&remove).await;
    let page = room.send_as(&cookie, &[]).await;
    assert!(page.status == StatusCode::NOT_FOUND && !page.body.contains("Answer of"));
    let key = system.player(room.player(org, user)).await.unwrap().unwrap();
    assert_eq!(key.obstacle, stopped);
    assert_eq!(room.booked().await, one, "mia has left");
    // Another tenant's, by its own page or with its own organization.
    let other = room.world.user("olga").await;
    let name = "Other".parse().unwrap();
    let origin = Origin::default();
    let theirs = room.world.store.create_organization(other, &name, chrono_tz::UTC, origin).await;
    let theirs = theirs.unwrap().org;
    let cookie = room.world.sign_in("olga").await;
    let page = room.send_as(&cookie, &[]).await;
    assert!(page.status == StatusCode::NOT_FOUND && !page.body.contains("Answer of"));
    let project = room.project.to_string();
    let form = crate::world::form(&[FIELDS[0], FIELDS[3], FIELDS[4], ("project", &project)]);
    let path = format!("/{theirs}/playground");
    let page = room.world.send("POST", &path, &[("cookie", &cookie)], &form).await;
    page.says(StatusCode::UNPROCESSABLE_ENTITY, &sentences);
    assert!(!page.body.contains("Answer of"), "{}", page.body);
    assert_eq!(system.player(room.player(theirs, other)).await.unwrap(), None);
    assert_eq!(room.booked().await, one, "olga is of another organization");
    assert_eq!(system.reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn what_stands_in_the_way_of_keys_stands_in_its_way() {
    let room = Room::new().await;
    let database = &room.world.database;
    for (change, back, words) in [
        (
            "UPDATE organizations SET suspended_at = exq_now()",
            "UPDATE organizations SET suspended_at = NULL",
            "This organization is suspended.",
        ),
        ("DELETE FROM billing_profiles", "", "This organization has no billing profile yet."),
        (
            "UPDATE organizations SET service_keys_only = true",
            "UPDATE organizations SET service_keys_only = false",
            "only keys of service accounts",
        ),
    ] {
        database.tamper(change).await;
        room.send(&[]).await.says(StatusCode::OK, &["Not answered.", words, "Nothing was charged"]);
        if back.is_empty() {
            room.pays("Brackwater Ltd").await;
        } else {
            database.tamper(back).await;
        }
    }
    let one_a_day = Rates::from_all([None, None, "1".parse().ok(), None]);
    let store = &room.world.store;
    store.set_rate_limit(&room.caller, room.project, "sandbox-dime", one_a_day).await.unwrap();
    let dime = [("model1", "sandbox-dime")];
    room.send(&dime).await.says(StatusCode::OK, &["Answer of sandbox-dime"]);
    room.send(&dime).await.says(StatusCode::OK, &["Not answered.", "See the receipt"]);
    let only = Models::new(["sandbox-dime"]).unwrap();
    store.set_project_models(&room.caller, room.project, Some(&only)).await.unwrap();
    room.send(&[]).await.says(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["Choose a model from the list: this project asks no other."],
    );
    let archive =
        format!("UPDATE projects SET archived_at = exq_now() WHERE id = '{}'", room.project.uuid());
    database.tamper(&archive).await;
    let key =
        room.world.store.system().player(room.player(room.caller.org, room.caller.user().unwrap()));
    assert_eq!(key.await.unwrap().unwrap().obstacle, Some(Obstacle::Archived));
    room.send(&dime).await.says(
        StatusCode::UNPROCESSABLE_ENTITY,
        &["Choose a project in which you may send requests."],
    );
    assert_eq!(room.events().await, "1");
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_at_its_field() {
    let room = Room::new().await;
    let page = room.get(&room.cookie, &format!("{}?project={}", room.path(), room.project)).await;
    page.says(
        StatusCode::OK,
        &[
            "sandbox-tokens: $1.00 in, $4.00 out (nobody is asked)",
            "sandbox-dime: $0.10 a request",
            "Send a prompt for Support",
        ],
    );
    assert!(!page.body.contains("sandbox-embed"), "{}", page.body);
    let longer = "a".repeat(100_001);
    for (field, sentence) in [
        (("model1", ""), "Choose a model."),
        (("model1", "gpt-9"), "Choose a model from the list: this project asks no other."),
        (("model1", "sandbox-embed"), "Choose a model from the list"),
        (("model2", "sandbox-tokens"), "Choose another model than the first, or none."),
        (("prompt", " \n"), "Write a prompt."),
        (("prompt", &*longer), "This has 100,001 characters; at most 100,000 are sent."),
        (("system", &*longer), "This has 100,001 characters; at most 100,000 are sent."),
        (("most", "0"), "Write a whole number from 1 to 128,000."),
        (("most", "many"), "Write a whole number from 1 to 128,000."),
        (("most", "128001"), "Write a whole number from 1 to 128,000."),
        (("project", "nonsense"), "Choose a project in which you may send requests."),
    ] {
        let page = room.send(&[field]).await;
        page.says(StatusCode::UNPROCESSABLE_ENTITY, &[sentence, "Nothing was sent"]);
    }
    let page = room.send(&[("prompt", "<script>alert(1)</script>"), ("most", "0")]).await;
    page.says(StatusCode::UNPROCESSABLE_ENTITY, &["&lt;script&gt;alert"]);
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert_eq!(room.events().await, "0");
}

#[tokio::test]
async fn the_prompt_stays_nowhere() {
    let room = Room::new().await;
    let words = [("system", "quincunx is a word"), ("prompt", "What is a quincunx?")];
    room.send(&words).await.says(StatusCode::OK, &["Answer of sandbox-tokens", "quincunx"]);
    let tables = "SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    for table in room.look(tables).await.split(' ') {
        let found = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%quincunx%'");
        assert_eq!(room.look(&found).await, "0", "{table}");
    }
}
