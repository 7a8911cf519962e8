//! Where mails about accounts and to those invited lead.

use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Store, StoreError, system::Mail};
use uuid::Uuid;

use crate::{
    Secrets,
    email::email_token,
    invitation::mailed,
    reset::{self, Way, reset_token},
    verify::verify_token,
};

/// The path that such a mail leads to, with its token; none if what it is about is over,
/// or it waited so long that it would only puzzle.
pub async fn mail_path(
    store: &Store,
    secrets: &Secrets,
    mail: &Mail,
) -> Result<Option<SecretString>, StoreError> {
    let id = |name: &str| mail.params.get(name)?.as_str()?.parse::<Uuid>().ok();
    let waited = mail.claimed_at - mail.queued_at;
    let (page, token) = match mail.template.as_str() {
        "verify" => match id("user").map(domain::UserId::from_uuid) {
            Some(user) => ("verify", verify_token(store, secrets, mail, user).await?),
            None => return Ok(None),
        },
        "reset" if waited < TimeDelta::seconds(reset::LIFETIME) => {
            ("reset", reset_token(store, secrets, &mail.recipient, Way::Mailed).await?)
        }
        "reset" => return Ok(None),
        "invitation" => return mailed(store, secrets, mail).await,
        "email_change" => match id("change") {
            Some(change) => ("email", email_token(store, secrets, change).await?),
            None => return Ok(None),
        },
        _ if waited > TimeDelta::days(1) => return Ok(None),
        "account_exists" | "email_left" => return Ok(Some("/sign-in".into())),
        "password_changed" => return Ok(Some("/forgot".into())),
        "email_leaving" | "factor_on" | "factor_off" | "factor_lifted" | "recovery_used"
        | "recovery_renewed" => {
            return Ok(Some("/account".into()));
        }
        _ => return Ok(Some("/".into())),
    };
    Ok(token.map(|token| format!("/{page}/{}", token.expose_secret()).into()))
}
