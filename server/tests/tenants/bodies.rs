//! Prompts and answers through the whole program: sealed in the table, and open at their own place alone.

use std::time::Duration;

use axum::http::StatusCode;

use crate::{
    walk::filled,
    world::{Organization, World, form},
};

struct Tenant {
    org: Organization,
    cookie: String,
    /// The page of its request.
    path: String,
}

impl Tenant {
    async fn new(world: &World, name: &str) -> Self {
        let org = Organization::new(world, name, &[]).await;
        let cookie = world.sign_in(&format!("{name}-owner")).await;
        Self { org, cookie, path: String::new() }
    }

    async fn post(&self, world: &World, path: &str, body: &str) -> (StatusCode, String) {
        let answer = world.send("POST", path, &[("cookie", &self.cookie)], body).await;
        (answer.status, answer.body)
    }

    async fn keeps(&self, world: &World) {
        let path = filled("/{org}/projects/{project}", &self.org.params);
        let days = form(&[("action", "bodies"), ("bodies_days", "7")]);
        assert_eq!(self.post(world, &path, &days).await.0, StatusCode::SEE_OTHER);
    }

    /// Sends a request that says something.
    async fn says(&mut self, world: &World, words: &str) {
        let chat = format!(
            r#"{{"model":"sandbox-dime","messages":[{{"role":"user","content":"{words}"}}]}}"#
        );
        let bearer = format!("Bearer {}", self.org.key);
        let sent =
            world.send("POST", "/v1/chat/completions", &[("authorization", &bearer)], &chat).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
        let id = world.database.look("SELECT id FROM events ORDER BY id DESC LIMIT 1").await;
        self.path = format!("/requests/{id}");
    }
}

#[tokio::test]
async fn what_is_kept_is_sealed_and_opens_at_its_own_place_alone() {
    let world = World::new(8).await;
    let mut ours = Tenant::new(&world, "canary-ours").await;
    let mut theirs = Tenant::new(&world, "canary-theirs").await;
    world.is_ready().await;
    ours.keeps(&world).await;
    theirs.keeps(&world).await;
    // In force within a second.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    ours.says(&world, "seven walnuts").await;
    theirs.says(&world, "nine chestnuts").await;
    let written = "SELECT count(*) FROM bodies WHERE answer IS NOT NULL";
    for _ in 0..200 {
        if world.database.look(written).await == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.database.look(written).await, "2");
    for word in ["walnuts", "chestnuts", "messages", "choices", "assistant"] {
        let plain = format!(
            "SELECT count(*) FROM bodies WHERE position('{word}'::bytea IN prompt) + position('{word}'::bytea IN answer) > 0"
        );
        assert_eq!(world.database.look(&plain).await, "0", "{word}");
    }

    let (status, page) = ours.post(&world, &ours.path, "").await;
    assert!(status == StatusCode::OK && page.contains("seven walnuts"), "{status} {page}");
    assert!(page.contains("<h3>Answer</h3>") && !page.contains("can’t be opened"), "{page}");
    let (status, page) = theirs.post(&world, &ours.path, "").await;
    assert!(status == StatusCode::NOT_FOUND && !page.contains("walnuts"), "{status} {page}");

    // Whoever can write into the table reads nothing by moving it to where it could be read.
    let swapped = world
        .database
        .tamper(
            "UPDATE bodies b SET prompt = o.prompt, answer = o.answer FROM bodies o WHERE o.org_id <> b.org_id",
        )
        .await;
    assert_eq!(swapped, 2);
    let (status, page) = theirs.post(&world, &theirs.path, "").await;
    assert_eq!((status, page.matches("can’t be opened").count()), (StatusCode::OK, 2), "{page}");
    assert!(!page.contains("walnuts"), "{page}");
    let looks = "SELECT count(*) FROM audit_entries WHERE action = 'request.opened'";
    assert_eq!(world.database.look(looks).await, "2");
}
