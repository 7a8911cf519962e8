//! Personal keys: a person's pages, and what the owners of an organization see of them.

use axum::http::{StatusCode, header};

use crate::{
    keys::{hidden, secret},
    support::{PASSWORD, Site},
};

#[tokio::test]
async fn a_personal_key_is_made_shown_once_renamed_and_revoked() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let page = ines.get("/account/keys").await;
    page.is(StatusCode::OK)
        .says("No personal keys yet")
        .says("your default organization: Brackwater");
    let form = hidden(&page.body, "form");
    let fields = [("form", form.as_str()), ("name", "laptop"), ("expires", "90")];
    let shown = ines.post("/account/keys", &fields).await;
    shown.is(StatusCode::OK).says(&format!("OPENAI_ORG_ID={}", caller.org));
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    assert!(secret(&shown.body).is_some());
    let again = ines.post("/account/keys", &fields).await;
    again.is(StatusCode::CONFLICT).says("the key exists, and can’t be shown again");
    let list = ines.get("/account/keys").await;
    assert_eq!(secret(&list.says("laptop").body), None);
    assert_eq!(site.database.look("SELECT count(*) FROM personal_keys").await, "1");
    let user = caller.user().unwrap();
    let id = site.app.store.system().personal_keys(user).await.unwrap()[0].id;
    let one = format!("/account/keys/{id}");
    let rename = [("action", "rename"), ("name", "workshop")];
    assert_eq!(ines.post(&one, &rename).await.location(), "/account/keys");
    ines.get("/account/keys").await.says("workshop");
    for _ in 0..2 {
        assert_eq!(ines.post(&one, &[("action", "revoke")]).await.location(), "/account/keys");
    }
    ines.get("/account/keys").await.says("Revoked");
    let (mut otto, _) = site.owner("otto", "Other").await;
    otto.get(&one).await.is(StatusCode::NOT_FOUND);
    otto.post(&one, &[("action", "revoke")]).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn owners_see_members_keys_and_refuse_them() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut remo = site.reader("remo", &caller).await;
    remo.post("/account/keys", &[("name", "laptop")]).await.is(StatusCode::OK);
    let list = format!("/{}/keys/personal", caller.org);
    ines.get(&list).await.says("remo@example.com").hides("laptop").says("Refuse key");
    let shown = "SELECT 'sk-exq-' || public_id || '…' || last_four FROM personal_keys";
    let shown = site.database.look(shown).await;
    // Used in another organization of the person’s: not this one’s business.
    site.database
        .tamper("INSERT INTO key_uses (org_id, key_id, used_at) SELECT gen_random_uuid(), id, exq_now() FROM personal_keys")
        .await;
    ines.get(&list).await.says(&shown).says("Last used here\">Never<");
    site.database
        .tamper("INSERT INTO key_uses (org_id, key_id, used_at) SELECT m.org_id, k.id, exq_now() FROM personal_keys k JOIN memberships m USING (user_id)")
        .await;
    ines.get(&list).await.says(&shown).hides("Last used here\">Never<");
    let (mut otto, theirs) = site.owner("otto", "Other").await;
    otto.get(&format!("/{}/keys/personal", theirs.org)).await.hides(&shown);
    let key = site.database.look("SELECT id FROM personal_keys").await;
    let key = format!("key_{}", key.replace('-', ""));
    let decide = format!("{list}/{key}");
    remo.post(&decide, &[("action", "block")]).await.is(StatusCode::FORBIDDEN);
    for _ in 0..2 {
        assert_eq!(ines.post(&decide, &[("action", "block")]).await.location(), list);
    }
    ines.get(&list).await.says("Allow key");
    remo.get("/account/keys").await.says("Refused by Brackwater");
    let entries = "SELECT count(*) FROM audit_entries WHERE action = 'personal_key.blocked'";
    assert_eq!(site.database.look(entries).await, "1");
    assert_eq!(ines.post(&decide, &[("action", "allow")]).await.location(), list);
    remo.get("/account/keys").await.hides("Refused by");
}

#[tokio::test]
async fn making_one_takes_the_password_and_a_verified_address() {
    let (mut site, mut ines, _) = Site::with_owner().await;
    site.database.advance(chrono::TimeDelta::minutes(11)).await;
    let page = ines.get("/account/keys").await;
    page.is(StatusCode::OK).says("Confirm that it is you").hides("Make key");
    let fields = [("name", "laptop"), ("expires", "90")];
    let ask = "/confirm?next=%2Faccount%2Fkeys";
    assert_eq!(ines.post("/account/keys", &fields).await.location(), ask);
    assert_eq!(ines.post(ask, &[("password", PASSWORD)]).await.location(), "/account/keys");
    ines.get("/account/keys").await.says("Make key");
    site.app.mails = true;
    site.database.tamper("UPDATE users SET verified_at = NULL").await;
    let mut ines = site.signed_in("ines").await;
    ines.get("/account/keys").await.says("Verify your e-mail address first").hides("Make key");
    let refused = ines.post("/account/keys", &fields).await;
    refused.is(StatusCode::UNPROCESSABLE_ENTITY).says("Verify your e-mail address first");
    assert_eq!(site.database.look("SELECT count(*) FROM personal_keys").await, "0");
    site.database.tamper("UPDATE users SET verified_at = exq_now()").await;
    ines.post("/account/keys", &fields).await.is(StatusCode::OK);
}

#[tokio::test]
async fn one_that_lives_too_long_for_an_organization_says_so() {
    let (site, mut ines, _) = Site::with_owner().await;
    ines.post("/account/keys", &[("name", "laptop"), ("expires", "90")]).await.is(StatusCode::OK);
    site.database.tamper("UPDATE organizations SET key_max_days = 90").await;
    ines.get("/account/keys").await.hides("Lives too long");
    site.database.tamper("UPDATE organizations SET key_max_days = 89").await;
    ines.get("/account/keys").await.says("Lives too long for Brackwater");
}
