//! What recent requests have in common that costs or takes more than it has to.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Action, Caller, EventId, ProjectId, Usd};
use sqlx::types::{BigDecimal, Uuid};

use super::{
    Filter, Line,
    list::{lines, projects},
};
use crate::{Store, StoreError, money::usd};

/// What a request can be found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A chat that was answered: those with the longest answers are named.
    Longest,
    /// It names no maximum of tokens, so the most that the model can answer is held for it.
    Unbounded,
    /// It asks for several answers.
    Several,
    /// It names no words at which the answer ends.
    Endless,
    /// It took long, and was not streamed.
    Unstreamed,
    /// One whose answer an earlier one of its project had: known of projects that keep fingerprints.
    Repeated,
    /// An embedding for which there was an earlier one of the same second, key and model.
    Single,
}

impl FindingKind {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 7] = [
        Self::Longest,
        Self::Unbounded,
        Self::Several,
        Self::Endless,
        Self::Unstreamed,
        Self::Repeated,
        Self::Single,
    ];

    /// As the statement calls it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Longest => "longest",
            Self::Unbounded => "unbounded",
            Self::Several => "several",
            Self::Endless => "endless",
            Self::Unstreamed => "unstreamed",
            Self::Repeated => "repeated",
            Self::Single => "single",
        }
    }
}

/// The requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What they have in common.
    pub kind: FindingKind,
    /// How many they are.
    pub requests: u64,
    /// Of these, for models without a known price: what they cost is in no sum.
    pub unpriced: u64,
    /// Of these, whose answers are as long as they were allowed to be.
    pub at_maximum: u64,
    /// Tokens that were generated.
    pub generated: u64,
    /// What they were charged.
    pub charge: Usd,
    /// What was held for them beyond that while they ran.
    pub spare: Usd,
    /// Time from admission to the last byte, as far as it is known.
    pub milliseconds: u64,
    /// Those with the most at stake, the first first.
    pub rows: Vec<Line>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Requests that were gone through.
    pub seen: u64,
    /// Of these, that were answered and of which it is known what they asked for.
    pub told: u64,
    /// When the oldest of them was admitted; none if there is none.
    pub since: Option<DateTime<Utc>>,
    /// So many were gone through that the search stopped there.
    pub stopped: bool,
    /// One of each kind, in the order of [`FindingKind::ALL`].
    pub all: Vec<Finding>,
}

struct Row {
    kind: String,
    requests: i64,
    generated: i64,
    charge: BigDecimal,
    spare: BigDecimal,
    milliseconds: i64,
    unpriced: i64,
    at_maximum: i64,
    ids: Vec<Uuid>,
    seen: i64,
    told: i64,
    since: Option<DateTime<Utc>>,
    stopped: bool,
}

impl Row {
    fn finding(&self, lines: &[Line]) -> Result<Finding, StoreError> {
        let mut kinds = FindingKind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.as_str() == self.kind);
        let line = |id: &Uuid| lines.iter().find(|line| line.id.uuid() == *id).cloned();
        Ok(Finding {
            kind: kind.ok_or(StoreError::Damaged("a kind of finding"))?,
            requests: count(self.requests),
            unpriced: count(self.unpriced),
            at_maximum: count(self.at_maximum),
            generated: count(self.generated),
            charge: usd(&self.charge)?,
            spare: usd(&self.spare)?,
            milliseconds: count(self.milliseconds),
            rows: self.ids.iter().filter_map(line).collect(),
        })
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl Store {
    /// Days that findings go back.
    pub const FINDING_DAYS: u16 = 7;
    /// Requests that findings go through at most, the newest first.
    pub const MOST_FOUND: u16 = 10_000;
    /// Requests that are named of each kind at most.
    pub const NAMED: u16 = 5;
    /// From so many milliseconds on a request is long.
    pub const LONG_MS: u16 = 10_000;

    /// What the newest requests of the last days have in common, of one project or of all that the caller
    /// sees. The work is bounded by [`Store::MOST_FOUND`], shared by the projects of who is in several.
    pub async fn findings(
        &self,
        caller: &Caller,
        project: Option<ProjectId>,
    ) -> Result<Findings, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.glimpse(caller).await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
        let filter = Filter { project, ..Filter::default() };
        let of = projects(&mut tx, caller, &filter).await?;
        let shares = of.as_ref().map_or(1, |of| of.len().max(1));
        let most = (i64::from(Self::MOST_FOUND) / i64::try_from(shares).unwrap_or(i64::MAX)).max(1);
        let rows = sqlx::query_file_as!(
            Row,
            "src/requests/findings.sql",
            caller.org.uuid(),
            of.as_deref(),
            EventId::floor(now - TimeDelta::days(Self::FINDING_DAYS.into())).uuid(),
            most,
            i32::from(Self::NAMED),
            i32::from(Self::LONG_MS)
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut ids: Vec<Uuid> = rows.iter().flat_map(|row| row.ids.iter().copied()).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.dedup();
        let lines = lines(&mut tx, caller, &ids).await?;
        let first = rows.first().ok_or(StoreError::Damaged("findings"))?;
        Ok(Findings {
            seen: count(first.seen),
            told: count(first.told),
            since: first.since,
            stopped: first.stopped,
            all: rows.iter().map(|row| row.finding(&lines)).collect::<Result<_, _>>()?,
        })
    }
}
