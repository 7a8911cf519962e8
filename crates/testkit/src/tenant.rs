//! A tenant that may send requests.

use domain::{Caller, Email, Environment, KeyId, Name, OrgId, Origin, ProjectId, UserId, api_key};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use store::{BillingProfile, NewApiKey, NewKey, Store, StoreError};

use crate::Database;

/// The pepper that test keys are hashed under.
pub const PEPPER: [u8; 32] = [7; 32];

/// An organization with an owner, a billing profile, a project and a key.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The owner.
    pub caller: Caller,
    /// That person.
    pub user: UserId,
    /// The organization.
    pub org: OrgId,
    /// A project beside the default one.
    pub project: ProjectId,
    /// The key's id.
    pub key: KeyId,
    /// The key.
    pub secret: String,
}

impl Tenant {
    /// Makes one; `name` names its organization and its owner (`name@example.com`).
    pub async fn new(database: &Database, name: &str) -> Self {
        let user = UserId::generate();
        let email: Email = format!("{name}@example.com").parse().unwrap();
        sqlx::query("INSERT INTO users (id, email, name, password_hash, verified_at) VALUES ($1, $2, $3, '!', exq_now())")
            .bind(user.uuid())
            .bind(email.as_str())
            .bind(name)
            .execute(&database.admin)
            .await
            .unwrap();
        let label: Name = name.parse().unwrap();
        let store = &database.store;
        let caller = store
            .create_organization(user, &label, chrono_tz::UTC, Origin::default())
            .await
            .unwrap();
        let profile = BillingProfile {
            legal_name: format!("{name} Ltd"),
            email: email.to_string(),
            address: "1 Counting House".to_owned(),
            country: "NO".to_owned(),
            ..BillingProfile::default()
        };
        store.set_billing_profile(&caller, &profile).await.unwrap();
        let project_name: Name = "Search".parse().unwrap();
        let project =
            store.create_project(&caller, &project_name, Environment::Production).await.unwrap();
        let (key, secret) = Self::key(store, &caller, project).await;
        Self { org: caller.org, user, caller, project, key, secret }
    }

    /// Another key of a project.
    pub async fn key(store: &Store, caller: &Caller, project: ProjectId) -> (KeyId, String) {
        Self::try_key(store, caller, project).await.unwrap()
    }

    /// As [`Tenant::key`], where it may be refused.
    pub async fn try_key(
        store: &Store,
        caller: &Caller,
        project: ProjectId,
    ) -> Result<(KeyId, String), StoreError> {
        let (secret, hash) = Self::secret();
        let parts = api_key::parse(&secret).unwrap();
        let new = NewKey {
            public_id: parts.public_id,
            secret_hash: &hash,
            last_four: &secret[secret.len() - 4..],
        };
        let name: Name = "Test key".parse().unwrap();
        let new = NewApiKey::new(project, name, new);
        let key = store.create_api_key(caller, &new).await?.id;
        Ok((key, secret))
    }

    /// A key that nobody has yet, and its hash.
    pub fn secret() -> (String, Vec<u8>) {
        let mut digits = [0; api_key::ENTROPY];
        let random = [KeyId::generate(), KeyId::generate(), KeyId::generate(), KeyId::generate()];
        for (digit, byte) in
            digits.iter_mut().zip(random.iter().flat_map(|id| id.uuid().into_bytes()))
        {
            *digit = byte % 62;
        }
        // An id begins with its time: the public part takes the random end.
        digits.rotate_left(7);
        let secret = api_key::compose(digits);
        let mut mac = Hmac::<Sha256>::new_from_slice(&PEPPER).unwrap();
        mac.update(secret.as_bytes());
        let hash = mac.finalize().into_bytes().to_vec();
        (secret, hash)
    }

    /// A personal key of the owner: its id and itself.
    pub async fn personal_key(&self, database: &Database) -> (KeyId, String) {
        let (id, (secret, hash)) = (KeyId::generate(), Self::secret());
        sqlx::query(
            "INSERT INTO personal_keys (id, user_id, name, public_id, secret_hash, last_four) VALUES ($1, $2, 'Mine', $3, $4, '')",
        )
        .bind(id.uuid())
        .bind(self.user.uuid())
        .bind(api_key::parse(&secret).unwrap().public_id)
        .bind(hash)
        .execute(&database.admin)
        .await
        .unwrap();
        (id, secret)
    }
}
