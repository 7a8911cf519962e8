//! Who asks for a page.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use domain::{Caller, OrgId};
use store::{Organization, OwnOrganization, system::Account};
use tower_sessions::Session;

use super::{App, Failure};
use crate::{
    layouts::{Frame, NavItem},
    render::Look,
};

/// A person who is signed in; else the request leads to the sign-in page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The person.
    pub account: Account,
    /// How pages look for the person.
    pub look: Look,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session =
            Session::from_request_parts(parts, app).await.map_err(|_| Failure::Internal)?;
        let account =
            identity::current_user(&app.store, &session).await.map_err(|_| Failure::Unavailable)?;
        let Ok(look) = Look::from_request_parts(parts, app).await;
        let next = || parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let account = account.ok_or_else(|| Failure::SignedOut { next: next() })?;
        Ok(Self { account, look })
    }
}

/// A person in the organization that the address names (`/{org}/…`); to everybody else there is no
/// such page.
#[derive(Debug, Clone)]
pub struct Member {
    /// Whom the store asks for.
    pub caller: Caller,
    /// The organization.
    pub organization: Organization,
    /// All organizations of the person, this one among them.
    pub organizations: Vec<OwnOrganization>,
    /// The person.
    pub visitor: Visitor,
}

impl Member {
    /// What stands around a page.
    pub fn frame(&self, current: NavItem) -> Frame {
        let path = |id: OrgId| format!("/{id}");
        Frame {
            org_name: self.organization.name.clone(),
            org_path: path(self.organization.id),
            role_label: self.caller.role.label().to_owned(),
            user_name: self.visitor.account.name.to_string(),
            user_email: self.visitor.account.email.to_string(),
            organizations: self
                .organizations
                .iter()
                .map(|own| (own.name.clone(), path(own.id)))
                .collect(),
            current,
            operator: self.visitor.account.operator,
            theme: self.visitor.look.theme,
        }
    }

    /// The address of one of the organization's pages, like `keys`.
    pub fn path(&self, page: &str) -> String {
        format!("/{}/{page}", self.organization.id)
    }
}

impl FromRequestParts<App> for Member {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let Path(params) = Path::<Vec<(String, String)>>::from_request_parts(parts, app)
            .await
            .map_err(|_| Failure::NotFound)?;
        let org: OrgId = params
            .iter()
            .find(|(name, _)| name == "org")
            .and_then(|(_, id)| id.parse().ok())
            .ok_or(Failure::NotFound)?;
        let caller = app.store.caller(visitor.account.id, org).await?;
        let organization = app.store.organization(&caller).await?;
        let organizations = app.store.system().organizations_of(visitor.account.id).await?;
        Ok(Self { caller, organization, organizations, visitor })
    }
}
