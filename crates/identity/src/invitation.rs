//! Links of invitations, and joining with them.

use domain::{Caller, InvitationId, Name, Origin, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use store::{
    Store, StoreError,
    system::{Epoch, Joiner, Mail, OpenInvitation},
};
use tower_sessions::Session;
use uuid::Uuid;

use crate::{
    Device, NewPassword, Person, Secrets, SignUpError, is_link_token, link_token,
    session::enter,
    sign_up::new_user,
    throttle::{Errand, Posting, Visit},
};

/// How a link came to whoever opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// In the mail: who has it reads the mails of the invited address.
    Mailed,
    /// An owner copied it and passed it on, which proves nothing of the kind.
    Copied,
}

impl Way {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Mailed => "invitation",
            Self::Copied => "invitation_copy",
        }
    }
}

/// An invitation that waits to be accepted, whose link somebody holds.
#[derive(Debug, Clone)]
pub struct Invited {
    invitation: OpenInvitation,
    way: Way,
}

impl Invited {
    /// What it says.
    pub const fn invitation(&self) -> &OpenInvitation {
        &self.invitation
    }

    /// Whether whoever holds the link has shown that the address is theirs. Where no `mails` are
    /// sent nobody can, and nobody is asked to.
    fn proves(&self, mails: bool) -> bool {
        self.way == Way::Mailed || !mails
    }
}

/// Where the invitation is accepted, like `/invitations/…`. Made when it is needed, stored nowhere;
/// void when the invitation has a higher version.
pub fn invitation_path(
    secrets: &Secrets,
    id: InvitationId,
    version: u32,
    way: Way,
) -> SecretString {
    let token = link_token(secrets, way.purpose(), id.uuid(), version);
    format!("/invitations/{}{}", id.uuid().simple(), token.expose_secret()).into()
}

/// The path for an invitation's mail; none if the invitation is over or was sent anew meanwhile.
pub(crate) async fn mailed(
    store: &Store,
    secrets: &Secrets,
    mail: &Mail,
) -> Result<Option<SecretString>, StoreError> {
    let param = |name: &str| mail.params.get(name);
    let id = param("invitation").and_then(|id| id.as_str()?.parse::<InvitationId>().ok());
    let version = param("version").and_then(serde_json::Value::as_u64);
    let Some(id) = id else { return Ok(None) };
    let open = store.system().open_invitation(id).await?;
    let open = open.filter(|open| Some(u64::from(open.version)) == version);
    Ok(open.map(|open| invitation_path(secrets, id, open.version, Way::Mailed)))
}

/// The invitation of a link's token; none if it is over, or the token was never made.
pub async fn invitation(
    store: &Store,
    secrets: &Secrets,
    token: &str,
) -> Result<Option<Invited>, StoreError> {
    let Some((id, token)) = token.split_at_checked(32) else { return Ok(None) };
    let Ok(id) = Uuid::try_parse(id) else { return Ok(None) };
    let Some(invitation) = store.system().open_invitation(InvitationId::from_uuid(id)).await?
    else {
        return Ok(None);
    };
    let token = token.to_owned().into();
    let fits = |way: &Way| is_link_token(secrets, way.purpose(), id, invitation.version, &token);
    let way = [Way::Mailed, Way::Copied].into_iter().find(fits);
    Ok(way.map(|way| Invited { invitation, way }))
}

/// Makes somebody who is logged in a member; [`StoreError::NotFound`] if the invitation is over by
/// now, or for another address.
pub async fn accept(
    store: &Store,
    invited: &Invited,
    user: UserId,
    origin: Origin,
    mails: bool,
) -> Result<Caller, StoreError> {
    let (joiner, proved) = (Joiner::Account(user), invited.proves(mails));
    store.system().accept_invitation(&invited.invitation, joiner, proved, origin).await
}

/// Makes an account for the invited address, whatever the sign-up policy says, makes it a member,
/// and logs in. Where mails are sent and the link did not come by one, it proves no address: then the
/// account is made as at sign-up, answered as there (none), and the invitation waits. A
/// [`StoreError::NotFound`] says that the invitation is over by now.
pub async fn join(
    store: &Store,
    secrets: &Secrets,
    session: &Session,
    invited: &Invited,
    (name, password): (Name, NewPassword),
    device: &Device,
    (origin, mails): (Origin, bool),
) -> Result<Option<Caller>, SignUpError> {
    let visit = Visit::new(secrets, device.address);
    if let Some(wait) = visit.begin(store).await? {
        return Err(SignUpError::Wait(wait));
    }
    let (email, verified) = (invited.invitation.email.clone(), invited.proves(mails));
    let person = Person { email, name, password, verified };
    let user = new_user(&person, false).await?;
    if mails && !verified {
        Posting::new(secrets, Errand::SignUp, &user.email, device.address).begin(store).await?;
        store.system().sign_up(&user).await?;
        visit.succeed(store).await?;
        return Ok(None);
    }
    let caller = store
        .system()
        .accept_invitation(&invited.invitation, Joiner::New(&user), verified, origin)
        .await?;
    visit.succeed(store).await?;
    if let Some(user) = caller.user() {
        enter(store, session, (user, Epoch::default()), device).await?;
    }
    Ok(Some(caller))
}
