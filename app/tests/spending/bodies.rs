//! Prompt and answer on a request's page, of projects that keep them.

use axum::http::StatusCode;
use domain::{BodyPart, EventId, KeptDays, Outcome};
use store::system::BodyRow;

use crate::{requests::story, spender::Spender};

const PROMPT: &str = r#"{"model":"m","messages":[{"role":"system","content":"Be  kind.\n<b>x</b>"},{"role":"user","content":"How many walnuts?"}]}"#;
const ANSWER: &str = r#"{"choices":[{"message":{"role":"assistant","content":"Seven & one"}}]}"#;

impl Spender {
    async fn keeps(&self, days: i64) {
        let days = KeptDays::new(days);
        self.site.app.store.set_bodies(&self.caller, self.project, days).await.unwrap();
    }

    /// A request, and what is kept of it, sealed as that of another one if there is one.
    async fn kept(&self, answer: Option<&str>, of: Option<EventId>) -> EventId {
        let id = self.told("0.02", Outcome::Answered, story("")).await;
        let seal = |part, plain: &str| {
            let of = (self.caller.org, of.unwrap_or(id), part);
            identity::seal_body(&self.site.app.secrets, of, plain.as_bytes()).unwrap()
        };
        let row = BodyRow {
            org: self.caller.org,
            project: self.project,
            id,
            prompt: seal(BodyPart::Prompt, PROMPT),
            prompt_cut: false,
            answer: answer.map(|answer| seal(BodyPart::Answer, answer)),
            answer_cut: true,
        };
        self.site.app.store.system().flush_bodies(&[&row]).await.unwrap();
        id
    }

    async fn looks(&self) -> String {
        let looks = "SELECT count(*) FROM audit_entries WHERE action = 'request.opened'";
        self.site.database.look(looks).await
    }
}

#[tokio::test]
async fn whoever_runs_the_project_reads_them_and_the_log_notes_each_look() {
    let mut spender = Spender::new().await;
    spender.keeps(30).await;
    let id = spender.kept(Some(ANSWER), None).await;
    let path = format!("/requests/{id}");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("Kept until ").says("Show prompt and answer");
    page.hides("walnuts").hides("Seven").hides("Not stored");
    assert_eq!(spender.looks().await, "0");
    let page = spender.browser.post(&path, &[]).await;
    page.is(StatusCode::OK).says("Answered in 4.52 s for $0.020000").says("Kept until ");
    page.says("How many walnuts?").says("Seven &amp; one").says("Cut after 256 KiB");
    page.says("Be  kind.\n&lt;b&gt;x&lt;/b&gt;").says(">system").says(">user").hides("<b>x");
    page.hides("Show prompt and answer");
    assert_eq!(spender.looks().await, "1");
    spender.browser.post(&path, &[]).await.says("walnuts");
    assert_eq!(spender.looks().await, "2");
    let log = spender.path(&format!("audit?subject={id}"));
    spender.browser.get(&log).await.says("Prompt and answer").says("opened").says(&id.to_string());
}

#[tokio::test]
async fn nobody_else_reads_them() {
    let spender = Spender::new().await;
    spender.keeps(30).await;
    let id = spender.kept(Some(ANSWER), None).await;
    let path = format!("/requests/{id}");
    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    for browser in [&mut stranger, &mut rita] {
        browser.get(&path).await.is(StatusCode::NOT_FOUND).hides("walnuts");
        browser.post(&path, &[]).await.is(StatusCode::NOT_FOUND).hides("walnuts");
    }
    for (role, status) in [
        ("viewer", StatusCode::FORBIDDEN),
        ("member", StatusCode::FORBIDDEN),
        ("owner", StatusCode::OK),
    ] {
        let put = format!(
            "DELETE FROM project_members; INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT '{}', '{}', id, '{role}' FROM users WHERE name = 'rita'",
            spender.caller.org.uuid(),
            spender.project.uuid()
        );
        spender.site.database.tamper(&put).await;
        let page = rita.get(&path).await;
        page.is(StatusCode::OK).hides("walnuts");
        let page = if role == "owner" {
            page.says("Show prompt and answer");
            rita.post(&path, &[]).await
        } else {
            page.says("For those who run the project").hides("Show prompt and answer");
            let page = rita.post(&path, &[]).await;
            page.hides("walnuts");
            page
        };
        page.is(status);
    }
    assert_eq!(spender.looks().await, "1");
}

#[tokio::test]
async fn the_page_says_why_there_is_nothing() {
    let mut spender = Spender::new().await;
    let id = spender.told("0.02", Outcome::Answered, story("")).await;
    let path = format!("/requests/{id}");
    spender.browser.get(&path).await.says("Not stored").hides("Show prompt");
    spender.keeps(1).await;
    spender.browser.get(&path).await.says("for 1 day; of this request there is nothing.");
    assert_eq!(spender.browser.post(&path, &[]).await.location(), path);
    let kept = format!("/requests/{}", spender.kept(None, None).await);
    let page = spender.browser.post(&kept, &[]).await;
    page.is(StatusCode::OK).says("walnuts").says("No answer came.");
    // Somebody who can write into the table moves a text to another request.
    let moved = spender.kept(Some(ANSWER), Some(id)).await;
    let page = spender.browser.post(&format!("/requests/{moved}"), &[]).await;
    page.is(StatusCode::OK).says("It can’t be opened").hides("walnuts").hides("Seven");
    assert_eq!(spender.looks().await, "2");
    spender.site.database.advance(chrono::TimeDelta::hours(25)).await;
    spender.browser.get(&kept).await.says("this request is older.").hides("Show prompt");
    assert_eq!(spender.browser.post(&kept, &[]).await.location(), kept);
    spender.keeps(0).await;
    spender.browser.get(&kept).await.says("Not stored");
    assert_eq!(spender.looks().await, "2");
}

#[tokio::test]
async fn an_owner_chooses_the_days_and_everybody_in_the_project_sees_them() {
    let mut spender = Spender::new().await;
    let path = spender.path(&format!("projects/{}", spender.project));
    spender.browser.get(&path).await.says("Prompts and answers").says("Not kept");
    for typed in ["0", "91", "-1", "1.5", "many", "999"] {
        let form = [("action", "bodies"), ("bodies_days", typed)];
        let page = spender.browser.post(&path, &form).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was saved");
        page.says("Write a whole number of days from 1 to 90.").says(&format!("value=\"{typed}\""));
    }
    let form = |days| [("action", "bodies"), ("bodies_days", days)];
    let saved = spender.browser.post(&path, &form(" 30 ")).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    let page = spender.browser.get(&path).await;
    page.says("value=\"30\"").says("Kept for 30 days, for those who run the project");
    let cut = spender.browser.post(&path, &[("action", "bodies")]).await;
    cut.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was saved");
    spender.browser.get(&path).await.says("Kept for 30 days");
    spender.browser.post(&path, &form("")).await.location();
    spender.browser.get(&path).await.says("Not kept");
    let told = "SELECT string_agg(body::text, ' ' ORDER BY seq) FROM audit_entries WHERE body::text LIKE '%prompts_and_answers%'";
    let told = spender.site.database.look(told).await;
    assert_eq!(told.matches("kept for 30 days").count(), 2, "{told}");

    let mut rita = spender.site.reader("rita", &spender.caller).await;
    let put = format!(
        "INSERT INTO project_members (org_id, project_id, user_id, role)
         SELECT '{}', '{}', id, 'owner' FROM users WHERE name = 'rita'",
        spender.caller.org.uuid(),
        spender.project.uuid()
    );
    spender.site.database.tamper(&put).await;
    rita.get(&path).await.says("Not kept").hides("bodies_days");
    rita.post(&path, &form("30")).await.is(StatusCode::FORBIDDEN);
}
