//! Who asks for a page.

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{Action, Caller, OrgId, Origin};
use store::{Organization, OwnOrganization, StoreError, system::Account};
use tower_sessions::Session;

use super::{App, Failure, Path, Whence};
use crate::{
    components::{Precision, time_text},
    layouts::{Frame, NavItem, Own},
    render::Look,
};

/// A person who is signed in; else the request leads to the sign-in page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The person.
    pub account: Account,
    /// Mails are sent, and the person's address is not verified.
    pub unverified: bool,
    /// How pages look for the person.
    pub look: Look,
    /// From where the person asks.
    pub origin: Origin,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let account = account(parts, app).await?;
        let Ok(look) = Look::from_request_parts(parts, app).await;
        let next = || parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let account = match account {
            Some(account) => account,
            None if is_used(app).await? => return Err(Failure::SignedOut { next: next() }),
            None => return Err(Failure::Unused),
        };
        let Ok(Whence(origin)) = Whence::from_request_parts(parts, app).await;
        let unverified = app.mails && !account.verified;
        Ok(Self { account, unverified, look, origin })
    }
}

impl Visitor {
    /// One of the person's organizations, for lists of them.
    pub fn own(&self, own: &OwnOrganization) -> Own {
        Own {
            name: own.name.clone(),
            path: format!("/{}", own.id),
            role: own.role,
            default: self.account.default_org == Some(own.id),
        }
    }
}

/// Whoever asks for a page that needs no account. On an installation that nobody uses yet such a
/// request leads to the set-up page.
#[derive(Debug, Clone, Copy)]
pub struct Stranger {
    /// Somebody signed in asks.
    pub signed_in: bool,
    /// How pages look for the person.
    pub look: Look,
}

impl FromRequestParts<App> for Stranger {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let signed_in = account(parts, app).await?.is_some();
        let Ok(look) = Look::from_request_parts(parts, app).await;
        if signed_in || is_used(app).await? {
            Ok(Self { signed_in, look })
        } else {
            Err(Failure::Unused)
        }
    }
}

/// Asked for people who are not signed in alone.
async fn is_used(app: &App) -> Result<bool, Failure> {
    Ok(app.store.system().installation().await?.used)
}

async fn account(parts: &mut Parts, app: &App) -> Result<Option<Account>, Failure> {
    let session = Session::from_request_parts(parts, app).await.map_err(|_| Failure::Internal)?;
    Ok(identity::current_user(&app.store, &session).await?)
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
            role: self.caller.role,
            role_label: self.caller.role.label().to_owned(),
            user_name: self.visitor.account.name.to_string(),
            user_email: self.visitor.account.email.to_string(),
            unverified: self.visitor.unverified,
            operator: self.visitor.account.operator,
            closed: self
                .organization
                .erased_at()
                .map(|at| time_text(at, self.organization.zone, Precision::Day)),
            organizations: self.organizations.iter().map(|own| self.visitor.own(own)).collect(),
            current,
            alerts: self.organization.unseen_alerts,
            theme: self.visitor.look.theme,
        }
    }

    /// Whether the person's role allows it.
    pub const fn can(&self, action: Action) -> bool {
        self.caller.may(action).is_ok()
    }

    /// Stops unless the person's role allows it: asked before anything that was typed is read.
    pub fn may(&self, action: Action) -> Result<(), Failure> {
        self.caller.may(action).map_err(|_| Failure::Forbidden)
    }

    /// The person in the organization that is opened after sign-in: the default one, else the first
    /// by name; none without an organization.
    pub async fn at_home(app: &App, visitor: Visitor) -> Result<Option<Self>, Failure> {
        let own = app.store.system().organizations_of(visitor.account.id).await?;
        let default = own.iter().find(|own| Some(own.id) == visitor.account.default_org);
        match default.or(own.first()).map(|own| own.id) {
            Some(org) => Self::of(app, visitor, org).await.map(Some),
            None => Ok(None),
        }
    }

    /// The person in this organization; [`Failure::NotFound`] if not a member.
    pub async fn of(app: &App, visitor: Visitor, org: OrgId) -> Result<Self, Failure> {
        let caller = app.store.caller(visitor.account.id, org).await?;
        let caller = caller.from_origin(visitor.origin.clone());
        let (store, user) = (&app.store, visitor.account.id);
        let (organization, organizations) =
            tokio::try_join!(store.organization(&caller), store.system().organizations_of(user))?;
        Ok(Self { caller, organization, organizations, visitor })
    }

    /// A thing that is known by its id alone, and the person in the organization that it is of: the first
    /// of the own ones in which it is seen. What is seen in none is not there.
    pub async fn seeing<T, F>(
        app: &App,
        visitor: Visitor,
        look: impl Fn(Caller) -> F,
    ) -> Result<(Self, T), Failure>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let own = app.store.system().organizations_of(visitor.account.id).await?;
        for org in own.iter().map(|own| own.id) {
            let caller = app.store.caller(visitor.account.id, org).await?;
            match look(caller).await {
                Ok(found) => return Ok((Self::of(app, visitor, org).await?, found)),
                Err(StoreError::NotFound | StoreError::Forbidden(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::NotFound)
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
        let Path(params) = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await?;
        let org: OrgId = params
            .iter()
            .find(|(name, _)| name == "org")
            .and_then(|(_, id)| id.parse().ok())
            .ok_or(Failure::NotFound)?;
        Self::of(app, visitor, org).await
    }
}
