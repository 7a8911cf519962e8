//! An address that a threshold lists has its alerts stopped, by a link that only its mail holds.

use axum::http::StatusCode;
use domain::OutboxId;
use secrecy::ExposeSecret as _;

use crate::support::Site;

/// A mail of a threshold to such an address.
async fn mailed(site: &Site, org: domain::OrgId) -> OutboxId {
    let id = OutboxId::generate();
    site.database
        .tamper(&format!(
            "INSERT INTO outbox (org_id, id, template, params, recipient) VALUES
             ('{}', '{}', 'threshold', '{{}}', 'Cfo@example.com')",
            org.uuid(),
            id.uuid()
        ))
        .await;
    id
}

#[tokio::test]
async fn a_link_stops_alerts_and_starts_them_again() {
    let (site, _, caller) = Site::with_owner().await;
    let mail = mailed(&site, caller.org).await;
    let token = identity::link_token(&site.app.secrets, "mute", mail.uuid(), 1);
    let path = format!("/mute/{}/{mail}/{}", caller.org, token.expose_secret());
    let mut reader = site.browser();
    let page = reader.get(&path).await;
    page.is(StatusCode::OK).says("Stop these mails").says("Cfo@example.com");
    assert_eq!(site.database.look("SELECT count(*) FROM muted").await, "0", "looking does nothing");

    let done = reader.post(&path, &[("List-Unsubscribe", "One-Click")]).await;
    done.is(StatusCode::OK).says("These mails are stopped");
    assert_eq!(site.database.look("SELECT address FROM muted").await, "cfo@example.com");
    assert!(site.database.store.system().claim_mails(5).await.unwrap().is_empty());
    assert_eq!(site.database.look("SELECT state FROM outbox").await, "dropped");

    reader.get(&path).await.says("Get them again");
    reader.post(&path, &[("again", "yes")]).await.says("Stop these mails");
    let later = mailed(&site, caller.org).await;
    let claimed = site.database.store.system().claim_mails(5).await.unwrap();
    assert_eq!(claimed.iter().map(|mail| mail.id).collect::<Vec<_>>(), [later]);
    assert!(claimed[0].can_be_stopped);

    // Of another mail, of another organization, or made up.
    let other = format!("/mute/{}/{later}/{}", caller.org, token.expose_secret());
    let foreign = format!("/mute/{}/{mail}/{}", domain::OrgId::generate(), token.expose_secret());
    let made_up = format!("/mute/{}/{mail}/00", caller.org);
    for path in [other, foreign, made_up, "/mute/a/b/c".to_owned()] {
        reader.get(&path).await.is(StatusCode::NOT_FOUND);
        reader.post(&path, &[]).await.is(StatusCode::NOT_FOUND);
    }
}
