//! Invitations: sending, and what becomes of a link.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Caller, InvitationId};
use identity::{Way, invitation_path};
use secrecy::ExposeSecret as _;
use store::system::SignUpPolicy;
use testkit::Tenant;

use crate::support::{Browser, PASSWORD, Site};

const OVER: &str = "This invitation does not work";

async fn invite(site: &Site, ines: &mut Browser, caller: &Caller, to: &str) -> InvitationId {
    let fields = [("addresses", to), ("role", "reader")];
    let answer = ines.post(&format!("/{}/team", caller.org), &fields).await;
    assert_eq!(answer.location(), format!("/{}/team?show=invited&sent=1", caller.org));
    let sent = site.app.store.invitations(caller).await.unwrap();
    sent.into_iter().find(|one| one.email == to).unwrap().id
}

fn link(site: &Site, id: InvitationId, version: u32) -> String {
    invitation_path(&site.app.secrets, id, version, Way::Mailed).expose_secret().to_owned()
}

#[tokio::test]
async fn who_is_a_member_or_invited_is_named_and_the_rest_is_sent() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/team", caller.org);
    invite(&site, &mut ines, &caller, "mei@example.com").await;
    let list = "ines@example.com\nmei@example.com, new@example.com";
    let answer = ines.post(&path, &[("addresses", list), ("role", "owner")]).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("1 invitation was sent")
        .says("ines@example.com is in the organization already.")
        .says("mei@example.com is invited already")
        .says("\nines@example.com\nmei@example.com</textarea>");
    let page = ines.get(&format!("{path}?show=invited")).await;
    page.says("new@example.com").says("Mail waits").says("No mails are sent from here.");
    assert_eq!(site.database.look("SELECT count(*) FROM outbox").await, "2");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_field() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/team", caller.org);
    let many: Vec<_> = (0..51).map(|n| format!("a{n}@example.com")).collect();
    for (addresses, sentence) in [
        ("", "Write at least one e-mail address."),
        ("ok@example.com\nkofi@@example.com", "Line 2: “kofi@@example.com” is not"),
        ("p\u{430}ul@example.com", "Line 1: “p\u{430}ul@example.com” is not"),
        (&many.join("\n"), "at most 50 at once."),
        (&"x".repeat(10_000), "is not an e-mail address"),
    ] {
        let answer = ines.post(&path, &[("addresses", addresses), ("role", "reader")]).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let answer = ines.post(&path, &[("addresses", "x@example.com"), ("role", "operator")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a role from the list.");
    let twice = [("addresses", "x@example.com"), ("role", "reader"), ("role", "owner")];
    ines.post(&path, &twice).await.is(StatusCode::BAD_REQUEST);
    // Fields that the form does not have change nothing.
    let more = [
        ("addresses", "x@example.com"),
        ("role", "reader"),
        ("org_id", "1"),
        ("accepted_at", "now"),
    ];
    assert!(ines.post(&path, &more).await.location().ends_with("sent=1"));
}

#[tokio::test]
async fn a_new_account_joins_where_sign_up_is_closed() {
    let (site, mut ines, caller) = Site::with_owner().await;
    site.app.store.system().set_sign_up_policy(SignUpPolicy::Invited).await.unwrap();
    let id = invite(&site, &mut ines, &caller, "mei@example.com").await;
    let (link, mut mei) = (link(&site, id, 1), site.browser());
    mei.get(&link)
        .await
        .is(StatusCode::OK)
        .says("Join Brackwater")
        .says("mei@example.com")
        .says("Create account and join")
        .says("Sign in and join");
    for (name, password, sentence) in [
        ("", PASSWORD, "This can’t be empty."),
        ("Mei", "password", "This password is easy to guess."),
        (&"x".repeat(10_000), PASSWORD, "This is too long: at most 100 characters."),
    ] {
        let fields = [("action", "join"), ("name", name), ("password", password)];
        mei.post(&link, &fields).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let fields = [
        ("action", "join"),
        ("name", "Mei"),
        ("password", PASSWORD),
        ("email", "eve@example.com"),
        ("role", "owner"),
        ("operator", "true"),
    ];
    assert_eq!(mei.post(&link, &fields).await.location(), format!("/{}", caller.org));
    mei.get(&format!("/{}/team", caller.org)).await.is(StatusCode::OK).says("Mei (you)");
    let account = site
        .database
        .look("SELECT concat_ws(' ', u.email, u.verified_at IS NOT NULL, u.operator, m.role) FROM users u JOIN memberships m ON m.user_id = u.id WHERE u.name = 'Mei'")
        .await;
    assert_eq!(account, "mei@example.com t f reader");
    for browser in [&mut mei, &mut ines, &mut site.browser()] {
        browser.get(&link).await.is(StatusCode::NOT_FOUND).says(OVER).hides("Brackwater");
    }
}

#[tokio::test]
async fn an_account_joins_and_another_one_is_told_to_switch() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let (mut eve, _) = site.owner("eve", "Elsewhere").await;
    site.user("mei").await;
    let id = invite(&site, &mut ines, &caller, "mei@example.com").await;
    let link = link(&site, id, 1);
    let page = eve.get(&link).await;
    page.is(StatusCode::OK).says("This invitation is for another address.").says("eve@example.com");
    for action in ["accept", "join"] {
        let fields = [("action", action), ("name", "Eve"), ("password", PASSWORD)];
        eve.post(&link, &fields).await.is(StatusCode::OK).says("for another address");
    }
    assert_eq!(eve.post(&link, &[("action", "switch")]).await.location(), link);
    eve.get(&link).await.says("Create account and join");
    let mut mei = site.browser();
    let door = format!("/sign-in?next={}", link.replace('/', "%2F"));
    mei.get(&link).await.says(&door);
    let fields = [("email", "mei@example.com"), ("password", PASSWORD)];
    assert_eq!(mei.post(&door, &fields).await.location(), link);
    mei.get(&link).await.is(StatusCode::OK).says("Join").hides("Create account");
    let answer = mei.post(&link, &[("action", "accept")]).await;
    assert_eq!(answer.location(), format!("/{}", caller.org));
    mei.post(&link, &[("action", "accept")]).await.is(StatusCode::NOT_FOUND).says(OVER);
}

#[tokio::test]
async fn the_page_does_not_tell_whether_the_address_has_an_account() {
    let (site, mut ines, caller) = Site::with_owner().await;
    site.user("mei").await;
    let mut bodies = Vec::new();
    for name in ["mei", "kim"] {
        let id = invite(&site, &mut ines, &caller, &format!("{name}@example.com")).await;
        let link = link(&site, id, 1);
        let body = site.browser().get(&link).await.is(StatusCode::OK).body.clone();
        let encoded = link.replace('/', "%2F");
        bodies.push(body.replace(&encoded, "LINK").replace(&link, "LINK").replace(name, "NAME"));
    }
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn all_that_is_no_invitation_is_one_page() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/team/invitations", caller.org);
    let revoked = invite(&site, &mut ines, &caller, "a@example.com").await;
    let resent = invite(&site, &mut ines, &caller, "b@example.com").await;
    let expired = invite(&site, &mut ines, &caller, "c@example.com").await;
    let answer = ines.post(&format!("{path}/{revoked}"), &[("action", "revoke")]).await;
    assert_eq!(answer.location(), format!("/{}/team?show=invited&done=revoked", caller.org));
    let answer = ines.post(&format!("{path}/{resent}"), &[("action", "resend")]).await;
    assert_eq!(answer.location(), format!("/{}/team?show=invited&done=resent", caller.org));
    let old = link(&site, resent, 1);
    site.browser().get(&link(&site, resent, 2)).await.is(StatusCode::OK);
    let made_up = link(&site, InvitationId::generate(), 1);
    let mut links = vec![link(&site, revoked, 1), old, made_up];
    let good = link(&site, expired, 1);
    let last = if good.ends_with('0') { "1" } else { "0" };
    links.push(format!("{}{last}", &good[..good.len() - 1]));
    links.extend(["/invitations/x".to_owned(), "/invitations/%FF".to_owned()]);
    links.push(format!("/invitations/{}é", "0".repeat(31)).replace('é', "%C3%A9"));
    site.database.advance(TimeDelta::days(8)).await;
    links.push(good);
    let mut pages = Vec::new();
    for link in &links {
        for answer in [
            site.browser().get(link).await,
            site.browser()
                .post(link, &[("action", "join"), ("name", "x"), ("password", PASSWORD)])
                .await,
        ] {
            pages.push(answer.is(StatusCode::NOT_FOUND).says(OVER).body.clone());
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    let page = ines.get(&format!("/{}/team?show=invited", caller.org)).await;
    page.says("Expired").says("Resend").hides("a@example.com");
}

#[tokio::test]
async fn a_copied_link_lets_nobody_in_whose_address_is_not_proved_where_mails_are_sent() {
    let (mut site, mut ines, caller) = Site::with_owner().await;
    let id = invite(&site, &mut ines, &caller, "mei@example.com").await;
    let page = ines.get(&format!("/{}/team/invitations/{id}", caller.org)).await;
    let start = page.is(StatusCode::OK).body.find("http://exchequer.example/invitations/").unwrap();
    let link: String = page.body[start..]
        .trim_start_matches("http://exchequer.example")
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
        .collect();
    site.app.mails = true;
    let mut mei = site.browser();
    let fields = [("action", "join"), ("name", "Mei"), ("password", PASSWORD)];
    // Answered like a sign-up, for an address with an account and for one without.
    assert_eq!(mei.post(&link, &fields).await.location(), "/sign-up?sent");
    assert_eq!(site.browser().post(&link, &fields).await.location(), "/sign-up?sent");
    let held = site
        .database
        .look("SELECT held AND verified_at IS NULL FROM users WHERE email = 'mei@example.com'")
        .await;
    assert_eq!(held, "true");
    let members =
        format!("SELECT count(*) FROM memberships WHERE org_id = '{}'", caller.org.uuid());
    assert_eq!(site.database.look(&members).await, "1");
    ines.get(&format!("/{}/team/invitations/{id}", caller.org)).await.is(StatusCode::OK);
}

#[tokio::test]
async fn invitations_of_another_organization_do_not_exist() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    let list = "kim@example.com".parse().unwrap();
    site.app.store.invite(&other.caller, &list, domain::Role::Reader, &[]).await.unwrap();
    let theirs = site.app.store.invitations(&other.caller).await.unwrap()[0].id;
    let mut kofi = site.reader("kofi", &caller).await;
    for id in [theirs.to_string(), "invite-1".to_owned()] {
        let path = format!("/{}/team/invitations/{id}", caller.org);
        ines.get(&path).await.is(StatusCode::NOT_FOUND).hides("kim");
        kofi.get(&path).await.is(StatusCode::FORBIDDEN);
        for action in ["resend", "revoke"] {
            ines.post(&path, &[("action", action)]).await.is(StatusCode::NOT_FOUND);
            kofi.post(&path, &[("action", action)]).await.is(StatusCode::FORBIDDEN);
        }
    }
    let foreign = format!("role_{}", other.project);
    let fields = [("addresses", "x@example.com"), ("role", "reader"), (&foreign, "owner")];
    let answer = ines.post(&format!("/{}/team", caller.org), &fields).await;
    assert!(answer.location().ends_with("sent=1"));
    let projects = "SELECT projects FROM invitations WHERE email = 'x@example.com'";
    assert_eq!(site.database.look(projects).await, "[]");
}

/// Whoever finds an open browser makes no owner with it.
#[tokio::test]
async fn an_owner_is_invited_and_the_link_shown_to_who_knows_the_password() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/team", caller.org);
    let owner = [("addresses", "kofi@example.com"), ("role", "owner")];
    assert!(ines.post(&path, &owner).await.location().contains("sent=1"));
    let sent = site.app.store.invitations(&caller).await.unwrap();
    let page = format!("{path}/invitations/{}", sent[0].id);
    ines.get(&page).await.is(StatusCode::OK);
    site.database.advance(TimeDelta::minutes(11)).await;
    assert!(ines.get(&page).await.location().starts_with("/confirm?next="));
    let owner = [("addresses", "mallory@example.com"), ("role", "owner")];
    assert!(ines.post(&path, &owner).await.location().starts_with("/confirm?next="));
    assert_eq!(site.app.store.invitations(&caller).await.unwrap().len(), 1);
    // A reader is no owner: this asks for nothing.
    invite(&site, &mut ines, &caller, "mei@example.com").await;
}
