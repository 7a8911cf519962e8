//! Where mails lead: those about an organization to its pages, those about accounts by tokens that
//! `identity` makes.

use std::sync::Arc;

use async_trait::async_trait;
use identity::Secrets;
use scheduler::{Link, Links};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Store, StoreError, system::Mail};

/// Makes them while mails are sent.
pub struct MailLinks {
    /// Asked for what tokens are bound to.
    pub store: Store,
    /// What tokens are made with.
    pub secrets: Arc<Secrets>,
    /// Where people reach this installation, without a slash at the end.
    pub public_url: String,
}

#[async_trait]
impl Links for MailLinks {
    async fn link(&self, mail: &Mail) -> Result<Link, StoreError> {
        let url = &self.public_url;
        match mail.template.as_str() {
            "tier" => Ok(Link::To(format!("{url}/{}/limits", mail.org).into())),
            "blocked" if mail.params["scope"] == "usage" => {
                Ok(Link::To(format!("{url}/{}/limits", mail.org).into()))
            }
            "threshold" | "blocked" | "raise_ended" | "forecast" => {
                Ok(Link::To(format!("{url}/{}/budgets", mail.org).into()))
            }
            "report" => {
                let dates = mail.report().and_then(|of| of.dates());
                let dates = dates.map(|(from, until)| format!("?from={from}&until={until}"));
                let usage = format!("{url}/{}/usage{}", mail.org, dates.unwrap_or_default());
                Ok(Link::To(usage.into()))
            }
            "burn" => Ok(Link::To(format!("{url}/{}/usage?range=today", mail.org).into())),
            "drift" => Ok(Link::To(format!("{url}/{}/latency?range=today", mail.org).into())),
            "test_alert" => Ok(Link::To(format!("{url}/{}/alerts", mail.org).into())),
            "audit_head" => Ok(Link::To(format!("{url}/{}/audit", mail.org).into())),
            "job_alarm" => Ok(Link::To(format!("{url}/operator/jobs").into())),
            "role_changed" => Ok(Link::To(format!("{url}/{}", mail.org).into())),
            "member_removed" => Ok(Link::To(format!("{url}/organizations").into())),
            "leaked" => {
                let admin = mail.params["kind"] == "admin";
                Ok(Link::To(match (mail.is_about_account(), admin) {
                    (true, _) => format!("{url}/account/keys").into(),
                    (false, true) => format!("{url}/{}/admin-keys", mail.org).into(),
                    (false, false) => format!("{url}/{}/keys", mail.org).into(),
                }))
            }
            _ => {
                let path = identity::mail_path(&self.store, &self.secrets, mail).await?;
                Ok(path.map_or(Link::Void, |path| {
                    Link::To(format!("{url}{}", path.expose_secret()).into())
                }))
            }
        }
    }

    fn mute(&self, mail: &Mail) -> SecretString {
        let token = identity::link_token(&self.secrets, "mute", mail.id.uuid(), 1);
        format!("{}/mute/{}/{}/{}", self.public_url, mail.org, mail.id, token.expose_secret())
            .into()
    }
}
