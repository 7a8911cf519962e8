//! One request, with all that is known of it.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, EventId, Moments, Price, ServiceTier, Story, Tags, Usd, UserId};
use sqlx::types::{BigDecimal, Uuid};

use super::{Key, Line, key, list::lines};
use crate::{Store, StoreError, money::usd, system::prices::rates, tx::Tx};

/// A request that was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It has not ended.
    Running(Running),
    /// It has.
    Told(Box<Told>),
}

/// A request that is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// When it was admitted.
    pub at: DateTime<Utc>,
    /// The project's label.
    pub project_name: String,
    /// With which key.
    pub key: Key,
    /// The model, as the client named it.
    pub model: String,
    /// What is reserved for it.
    pub bound: Usd,
}

/// A request that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the list shows.
    pub line: Line,
    /// Whose key it was, if a person's.
    pub member: Option<Person>,
    /// The provider's status, if it answered.
    pub status: Option<u16>,
    /// By which rates it was charged.
    pub service_tier: ServiceTier,
    /// What was reserved.
    pub bound: Usd,
    /// Of a corrected request: what it had been charged.
    pub booked: Option<Usd>,
    /// When its end was committed.
    pub settled_at: DateTime<Utc>,
    /// What it was charged by; none where no price was known.
    pub by: Option<ChargedBy>,
    /// How it went; none where nobody was left to tell.
    pub story: Option<Story>,
}

/// Who made a request's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub id: UserId,
    /// What the person is called; none for who is no member any more.
    pub name: Option<String>,
}

/// A version of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedBy {
    /// What tokens cost.
    pub price: Price,
    /// From when on it holds.
    pub from: DateTime<Utc>,
    /// The organization's own; else the price book's.
    pub own: bool,
}

/// What is beside the columns of the list.
struct Beside {
    member_id: Uuid,
    member_name: Option<String>,
    status: Option<i32>,
    service_tier: String,
    bound: BigDecimal,
    booked: Option<BigDecimal>,
    settled_at: DateTime<Utc>,
    price_id: Option<Uuid>,
    provider: Option<String>,
    rates: Option<serde_json::Value>,
    per_request: Option<BigDecimal>,
    effective_from: Option<DateTime<Utc>>,
    own: bool,
}

impl Store {
    /// A request, if it is the caller's organization's, and for a reader of an own project.
    pub async fn request(&self, caller: &Caller, id: EventId) -> Result<Found, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        match lines(&mut tx, caller, &[id.uuid()]).await?.pop() {
            Some(line) => {
                let beside = beside(&mut tx, caller, id).await?;
                let story = story(&mut tx, caller, id).await?;
                let mut told = beside.told(line, story)?;
                // Who has which personal key is an owner's business.
                if caller.may(Action::SeeWhole).is_err() {
                    told.member = None;
                }
                Ok(Found::Told(Box::new(told)))
            }
            None => running(&mut tx, caller, id).await.map(Found::Running),
        }
    }
}

async fn beside(tx: &mut Tx, caller: &Caller, id: EventId) -> Result<Beside, StoreError> {
    let beside = sqlx::query_as!(
        Beside,
        r#"SELECT e.member_id AS "member_id!", u.name AS "member_name?", e.status, e.service_tier AS "service_tier!",
            e.bound AS "bound!", e.booked, e.settled_at AS "settled_at!", e.price_id, p.provider AS "provider?",
            COALESCE(p.rates, o.rates) AS rates, COALESCE(p.per_request, o.per_request) AS per_request,
            COALESCE(p.effective_from, o.effective_from) AS effective_from, o.id IS NOT NULL AS "own!"
         FROM events e LEFT JOIN prices p ON p.id = e.price_id
         LEFT JOIN own_prices o ON (o.org_id, o.id) = (e.org_id, e.price_id)
         LEFT JOIN users u ON u.id = e.member_id
         WHERE e.org_id = $1 AND e.id = $2"#,
        caller.org.uuid(),
        id.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(beside)
}

impl Beside {
    fn told(self, line: Line, story: Option<Story>) -> Result<Told, StoreError> {
        let member = (!self.member_id.is_nil()).then(|| Person {
            id: UserId::from_uuid(self.member_id),
            name: self.member_name.clone(),
        });
        let tier = ServiceTier::ALL.into_iter().find(|tier| tier.as_str() == self.service_tier);
        Ok(Told {
            member,
            status: self.status.and_then(|status| u16::try_from(status).ok()),
            service_tier: tier.ok_or(StoreError::Damaged("a service tier"))?,
            bound: usd(&self.bound)?,
            booked: self.booked.as_ref().map(usd).transpose()?,
            settled_at: self.settled_at,
            by: self.charged_by(&line.model)?,
            line,
            story,
        })
    }

    fn charged_by(&self, model: &str) -> Result<Option<ChargedBy>, StoreError> {
        let (Some(id), Some(list), Some(per_request), Some(from)) =
            (self.price_id, &self.rates, &self.per_request, self.effective_from)
        else {
            return Ok(None);
        };
        let (rates, variants) = rates(list)?;
        let price = Price {
            id: domain::PriceId::from_uuid(id),
            provider: self.provider.clone().unwrap_or_default(),
            model: model.to_owned(),
            rates,
            variants,
            per_request: usd(per_request)?,
            context: None,
            max_output: None,
        };
        Ok(Some(ChargedBy { price, from, own: self.own }))
    }
}

async fn story(tx: &mut Tx, caller: &Caller, id: EventId) -> Result<Option<Story>, StoreError> {
    let row = sqlx::query!(
        "SELECT endpoint, provider_id, max_output, choices, stops, tags, read_us, asked_us, admitted_us,
            connected_us, first_byte_us, first_token_us, last_us
         FROM stories WHERE org_id = $1 AND id = $2",
        caller.org.uuid(),
        id.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let damaged = |_| StoreError::Damaged("the tags of a request");
    let mut tags = Tags::default();
    for tag in &row.tags {
        tags.add(tag.parse().map_err(damaged)?).map_err(damaged)?;
    }
    Ok(Some(Story {
        endpoint: row.endpoint.into(),
        provider_id: row.provider_id,
        max_output: row.max_output.map(i64::cast_unsigned),
        choices: row.choices.cast_unsigned(),
        stops: row.stops,
        tags,
        moments: Moments {
            read: row.read_us.cast_unsigned(),
            asked: row.asked_us.cast_unsigned(),
            admitted: row.admitted_us.cast_unsigned(),
            connected: row.connected_us.map(i64::cast_unsigned),
            first_byte: row.first_byte_us.map(i64::cast_unsigned),
            first_token: row.first_token_us.map(i64::cast_unsigned),
            last: row.last_us.cast_unsigned(),
        },
    }))
}

async fn running(tx: &mut Tx, caller: &Caller, id: EventId) -> Result<Running, StoreError> {
    let row = sqlx::query!(
        r#"SELECT i.admitted_at, p.name AS project_name, i.key_id, k.name AS "key_name?", k.last_four AS "last_four?",
            i.model, i.bound
         FROM intents i JOIN projects p ON (p.org_id, p.id) = (i.org_id, i.project_id)
         LEFT JOIN api_keys k ON (k.org_id, k.id) = (i.org_id, i.key_id)
         WHERE i.org_id = $1 AND i.id = $2"#,
        caller.org.uuid(),
        id.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Running {
        at: row.admitted_at,
        project_name: row.project_name,
        key: key(row.key_id, row.key_name, row.last_four),
        model: row.model,
        bound: usd(&row.bound)?,
    })
}
