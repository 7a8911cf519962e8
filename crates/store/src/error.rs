//! What can go wrong.

use chrono::NaiveDate;
use domain::{ExpiryError, Forbidden, Models, Rate, Rates, most};

use crate::Store;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or not for this caller.
    #[error("there is no such thing here")]
    NotFound,
    /// The caller's role does not allow it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Another row has it already, or a rule of the table forbids it; by the constraint's name.
    #[error("{0}")]
    Conflict(Conflict),
    /// The database can't be reached, or is too busy to answer in time.
    #[error("the database can’t be reached")]
    Unavailable(#[source] sqlx::Error),
    /// A stored value that no version of the program writes.
    #[error("a stored value is damaged: {0}")]
    Damaged(&'static str),
    /// Anything else that the database said.
    #[error("the database refused")]
    Database(#[source] sqlx::Error),
    /// A migration failed.
    #[error("the database could not be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// A rule that two people can run into, as a sentence for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// `users_email_key`
    #[error("an account with this e-mail address exists already")]
    Email,
    /// `projects_name_key`
    #[error("a project of this name exists already")]
    ProjectName,
    /// `projects_default_stays`
    #[error("the default project can’t be archived")]
    DefaultProject,
    /// What is billed to no named project must reach more than the sandbox.
    #[error("a project for rehearsals can’t be the default project")]
    RehearsalDefault,
    /// The project was archived meanwhile.
    #[error("this project is archived")]
    ProjectArchived,
    /// A rate that the organization's tier does not allow; its place in [`Rates::NAMES`].
    #[error("the organization’s usage tier allows {1} {unit}: write at most that", unit = Rates::LABELS[*.0 % 4].to_lowercase())]
    RateAboveTier(usize, Rate),
    /// A name that no model has.
    #[error("a model’s name has 1 to {} printable ASCII characters and no spaces", Models::LONGEST)]
    ModelName,
    /// Added as something else.
    #[error("this person is in the project already, with another role")]
    ProjectMember,
    /// `api_keys_form`, `personal_keys_form`, `admin_keys_form`: the same form was sent before.
    #[error("this form was sent already: the key exists, and can’t be shown again")]
    KeyMade,
    /// `api_keys_successor`
    #[error("another key stands in this one’s place already")]
    KeyReplaced,
    /// What is revoked stays as it is.
    #[error("this key is revoked")]
    KeyRevoked,
    /// What has expired stays so.
    #[error("this key has expired: rotate it, or make a new one")]
    KeyExpired,
    /// The label of a key that lives elsewhere.
    #[error("this is the label of a key at the provider: make a key in its place")]
    KeyImported,
    /// The organization's rule for new keys.
    #[error("only service accounts may have new keys in this organization")]
    ServiceKeysOnly,
    /// The organization's rule for new keys, or what no key may.
    #[error(transparent)]
    Expiry(ExpiryError),
    /// `service_accounts_name_key`
    #[error("a service account of this name exists in the project already")]
    ServiceAccountName,
    /// `thresholds_one`
    #[error("there is such a threshold already")]
    Threshold,
    /// More than a threshold mails.
    #[error("a threshold mails at most 10 addresses besides the owners")]
    ThresholdAddresses,
    /// Mails to strangers are for owners of the organization to allow.
    #[error(
        "only an owner of the organization can have people mailed who are no members: name addresses of members"
    )]
    ThresholdStrangers,
    /// More thresholds than one scope and window has.
    #[error(
        "there are {} thresholds already, the most for one window: remove one first",
        most::THRESHOLDS
    )]
    TooManyThresholds,
    /// More views than a list shows well.
    #[error("there are {} views already: remove one first", crate::views::MOST)]
    TooManyViews,
    /// More filters than a link should hold.
    #[error("a view holds at most 2,000 characters of filters: take some away")]
    LongView,
    /// More files than somebody fetches.
    #[error("there are {} files already: remove one first", crate::exports::MOST)]
    TooManyExports,
    /// Rollups by tag keep neither.
    #[error("usage by tag is kept by project and model, not by API key or member")]
    TaggedByKey,
    /// Mails to oneself.
    #[error(
        "ten such mails were sent to you within the hour: look into your mailbox, or come back later"
    )]
    OwnMails,
    /// Mails go to addresses that are known to be their people's.
    #[error("verify your address first: such mails go to verified addresses")]
    OwnMailUnverified,
    /// It would change nothing.
    #[error("a raise must be above the budget’s own amount")]
    RaiseLow,
    /// It would have held before anybody made it.
    #[error("a raise can’t begin in the past: leave its beginning empty for now")]
    RaisePast,
    /// It would be over before it began.
    #[error("a raise must end in the future, and after it begins")]
    RaiseOver,
    /// Not for a while any more.
    #[error("a raise lasts a year at most: for longer, change the budget")]
    RaiseLong,
    /// More raises than one budget has.
    #[error(
        "there are {} raises already that are not over, the most for one budget: end one first",
        most::RAISES
    )]
    TooManyRaises,
    /// It is over.
    #[error("this raise has ended already")]
    RaiseEnded,
    /// A price holds from a later day on, or from now.
    #[error("a price can’t hold from a day that has begun: leave the day empty for from now on")]
    PriceInThePast,
    /// `own_prices_version`
    #[error("this model has a price from that day on already: take it back first")]
    PriceVersion,
    /// More prices than an organization has.
    #[error(
        "an organization has at most {} prices of its own: use the price book’s for a model first",
        most::OWN_PRICES
    )]
    TooManyPrices,
    /// The installation's usage limit counts by it.
    #[error(
        "this is less than the price book says: only an owner who also operates this installation may set it, because the usage limit counts by it"
    )]
    PriceBelowBook,
    /// Nothing costs more than what was reserved for it.
    #[error("this is more than the request can have cost: write at most its bound")]
    AboveBound,
    /// Its charge is what the provider told, or was corrected already.
    #[error("this request is settled: its charge can’t be corrected any more")]
    Settled,
    /// It is too long ago.
    #[error(
        "a charge is corrected within {} days of its request: this one stays as it was booked",
        Store::CORRECTED_DAYS
    )]
    CorrectionLate,
    /// Older ones were dropped; only their sums are left.
    #[error("requests before {} (UTC) are no longer kept one by one, only their sums", .0.format("%-d %B %Y"))]
    NotKept(NaiveDate),
    /// It would be readable again.
    #[error("what is not kept any more is still being deleted: try again in some minutes")]
    BodiesLeft,
    /// What is still used is not frozen.
    #[error("this billing cycle is not over yet: close it when it is")]
    CycleRuns,
    /// How many requests that were admitted in it have not ended.
    #[error(
        "requests of this billing cycle are still running ({0}): close it when they have ended, or a day after its end"
    )]
    CycleBusy(i64),
    /// A statement never changes.
    #[error("this billing cycle is closed already")]
    CycleClosed,
    /// There is nothing to compare an invoice with.
    #[error("close this billing cycle first: an invoice is compared with its statement")]
    CycleOpen,
    /// Nobody would be left who may change anything.
    #[error("an organization keeps at least one owner: make another member an owner first")]
    LastOwner,
    /// More mails than an organization may send to strangers.
    #[error("an organization sends at most 500 invitations in a day: please wait until tomorrow")]
    TooManyInvitations,
    /// More mails than a person may send to strangers, whatever organizations the person makes.
    #[error(
        "one person sends at most 500 invitations in a day, in all organizations together: please wait until tomorrow"
    )]
    TooManyInvited,
    /// More organizations than a person may make.
    #[error("one person makes at most 10 organizations in a day: please wait until tomorrow")]
    TooManyOrganizations,
    /// Set-up happened already.
    #[error("this installation is set up already")]
    SetUp,
}

impl StoreError {
    /// Whether the tables would not take the data.
    pub(crate) fn is_bad_data(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let code = error.as_database_error().and_then(<dyn sqlx::error::DatabaseError>::code);
        code.is_some_and(|code| tells_bad_data(&code))
    }
}

/// Whether an SQLSTATE says that the tables would not take the data and nothing was written: it does
/// not fit (22), breaks a rule (23), or is larger than an index takes (54).
pub(crate) fn tells_bad_data(code: &str) -> bool {
    ["22", "23", "54"].iter().any(|class| code.starts_with(class))
}

impl From<ExpiryError> for StoreError {
    fn from(error: ExpiryError) -> Self {
        Self::Conflict(Conflict::Expiry(error))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(database) => match database.constraint() {
                Some("users_email_key") => Self::Conflict(Conflict::Email),
                Some("projects_name_key") => Self::Conflict(Conflict::ProjectName),
                Some("projects_default_stays") => Self::Conflict(Conflict::DefaultProject),
                Some("api_keys_form" | "personal_keys_form" | "admin_keys_form") => {
                    Self::Conflict(Conflict::KeyMade)
                }
                Some("api_keys_successor") => Self::Conflict(Conflict::KeyReplaced),
                Some("service_accounts_name_key") => Self::Conflict(Conflict::ServiceAccountName),
                Some("own_prices_version") => Self::Conflict(Conflict::PriceVersion),
                // Who asked left the organization meanwhile.
                Some("exports_person") => Self::NotFound,
                Some("thresholds_one") => Self::Conflict(Conflict::Threshold),
                // 57P0x: the server stops or starts; 08: the connection broke; the others: it waited too
                // long for somebody else, or for each other.
                _ if database.code().is_some_and(|code| {
                    code.starts_with("57P0")
                        || code.starts_with("08")
                        || ["55P03", "57014", "40P01", "40001"].contains(&&*code)
                }) =>
                {
                    Self::Unavailable(error)
                }
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}
