//! How long requests take. Latencies and what is not folded into them yet are read together in one
//! statement, so that what is shown is complete at every instant.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Histogram, histogram::BUCKETS};
use sqlx::types::Uuid;

use crate::{Store, StoreError};

/// Which requests, by the time of their admission.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where each stretch begins, and the end of the last; rising.
    pub bounds: &'a [DateTime<Utc>],
    /// Whether hours are read, counted from the beginning of the organization's days; else such days.
    pub hours: bool,
    /// Of these projects; none for all that the caller sees.
    pub projects: &'a [Uuid],
    /// Of these models; none for all.
    pub models: &'a [String],
}

/// Classes of answers by how many tokens were generated; the last one: the number is an estimate.
pub const LENGTHS: usize = 6;

/// The most tokens of the classes that have a most.
pub const MOST_TOKENS: [u64; 4] = [64, 256, 1_024, 4_096];

/// How long some requests took. Histograms and sums are of microseconds and of those that ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latency {
    /// How many were forwarded, and their end was told.
    pub requests: u64,
    /// Of these: no answer came. They have no times.
    pub failed: u64,
    /// What their time was spent on, summed.
    pub spent: Spent,
    /// From receiving the request to the last byte, by the length of the answer.
    pub totals: [Histogram; LENGTHS],
    /// From receiving the request to a stream's first token.
    pub first_token: Histogram,
    /// Tokens in 1,000 seconds from a stream's first token on, without reasoning.
    pub speed: Histogram,
    /// What Exchequer added before a request was forwarded.
    pub reserving: Histogram,
}

/// Sums of the phases of requests, in microseconds. Together they are all of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Receiving the request and knowing its key.
    pub reading: u128,
    /// Checking it and reserving what it may cost.
    pub reserving: u128,
    /// Connecting to the provider.
    pub connecting: u128,
    /// Waiting for the first token of a stream.
    pub waiting: u128,
    /// From there to the last byte.
    pub answering: u128,
    /// From the connection to the last byte, of what was not streamed.
    pub whole: u128,
}

impl Spent {
    const fn plus(self, other: Self) -> Self {
        Self {
            reading: self.reading + other.reading,
            reserving: self.reserving + other.reserving,
            connecting: self.connecting + other.connecting,
            waiting: self.waiting + other.waiting,
            answering: self.answering + other.answering,
            whole: self.whole + other.whole,
        }
    }

    /// All of it.
    pub const fn total(&self) -> u128 {
        self.reading + self.reserving + self.connecting + self.waiting + self.answering + self.whole
    }
}

impl Latency {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.requests += other.requests;
        self.failed += other.failed;
        self.spent = self.spent.plus(other.spent);
        for (total, more) in self.totals.iter_mut().zip(&other.totals) {
            *total = std::mem::take(total).plus(more);
        }
        self.first_token = self.first_token.plus(&other.first_token);
        self.speed = self.speed.plus(&other.speed);
        self.reserving = self.reserving.plus(&other.reserving);
        self
    }

    /// How many have times.
    pub const fn ended(&self) -> u64 {
        self.requests.saturating_sub(self.failed)
    }

    /// From receiving the request to the last byte, of answers of any length.
    pub fn total(&self) -> Histogram {
        self.totals.iter().fold(Histogram::default(), Histogram::plus)
    }
}

/// An answer, all of one instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latencies {
    /// By model, the one with the most requests first.
    pub models: Vec<(String, Latency)>,
    /// By the place of the stretch; those without requests are left out.
    pub stretches: Vec<(usize, Latency)>,
}

impl Latencies {
    /// Over all models.
    pub fn whole(&self) -> Latency {
        let models = self.models.iter();
        models.fold(Latency::default(), |sum, (_, latency)| sum.plus(latency))
    }
}

/// As the statement answers: of a model, or of a stretch.
struct Row {
    model: Option<String>,
    stretch: Option<i32>,
    requests: i64,
    failed: i64,
    spent: Vec<String>,
    totals: Vec<String>,
    first_token: String,
    speed: String,
    reserving: String,
}

impl Store {
    /// How long requests took, once by model and once by stretch. Projects and models of others find
    /// nothing.
    pub async fn latencies(&self, caller: &Caller, ask: Ask<'_>) -> Result<Latencies, StoreError> {
        caller.may(Action::List)?;
        // Shapes without projects have the fewest rows, and are for who sees all of them.
        let by_project = caller.may(Action::SeeWhole).is_err() || !ask.projects.is_empty();
        let shape: i16 = if ask.hours { 11 } else { 1 } + i16::from(by_project);
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"WITH known AS (
                SELECT at, model, requests, failed, reading_us, reserving_us, connecting_us, waiting_us,
                    answering_us, whole_us, total_64, total_256, total_1024, total_4096, total_more, total_unknown,
                    first_token, speed, reserving
                FROM latencies WHERE org_id = $1 AND shape = $2 AND at >= $3 AND at < $4
                    AND (cardinality($7::uuid[]) = 0 OR project_id = ANY ($7))
                    AND (cardinality($8::text[]) = 0 OR model = ANY ($8))
                UNION ALL
                SELECT CASE WHEN $6 THEN hour ELSE day_starts END, model, 1, failed, reading_us, reserving_us,
                    connecting_us, waiting_us, answering_us, whole_us, total_64, total_256, total_1024, total_4096,
                    total_more, total_unknown, first_token, speed, reserving
                FROM timed WHERE org_id = $1
                    AND CASE WHEN $6 THEN hour ELSE day_starts END >= $3
                    AND CASE WHEN $6 THEN hour ELSE day_starts END < $4
                    AND (cardinality($7::uuid[]) = 0 OR project_id = ANY ($7))
                    AND (cardinality($8::text[]) = 0 OR model = ANY ($8))
            ), placed AS (
                SELECT width_bucket(at, $5::timestamptz[]) AS stretch, k.* FROM known k
            )
            SELECT model AS "model?", stretch AS "stretch?", sum(requests)::bigint AS "requests!",
                sum(failed)::bigint AS "failed!",
                ARRAY[sum(reading_us), sum(reserving_us), sum(connecting_us), sum(waiting_us), sum(answering_us),
                    sum(whole_us)]::text[] AS "spent!",
                ARRAY[sum(total_64), sum(total_256), sum(total_1024), sum(total_4096), sum(total_more),
                    sum(total_unknown)]::text[] AS "totals!",
                sum(first_token)::text AS "first_token!", sum(speed)::text AS "speed!",
                sum(reserving)::text AS "reserving!"
            FROM placed GROUP BY GROUPING SETS ((model), (stretch))
            ORDER BY stretch NULLS FIRST, sum(requests) DESC, model"#,
            caller.org.uuid(),
            shape,
            ask.bounds.first(),
            ask.bounds.last(),
            ask.bounds,
            ask.hours,
            ask.projects,
            ask.models
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut answer = Latencies::default();
        for row in rows {
            let latency = row.latency()?;
            match (row.model, row.stretch) {
                (_, Some(stretch)) => {
                    let place = usize::try_from(stretch - 1).unwrap_or(0);
                    answer.stretches.push((place, latency));
                }
                (model, None) => answer.models.push((model.unwrap_or_default(), latency)),
            }
        }
        Ok(answer)
    }

    /// Whether it is known of any request that the caller sees how long it took; of one that has just ended
    /// a second later.
    pub async fn ever_timed(&self, caller: &Caller) -> Result<bool, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM latencies WHERE org_id = $1 AND shape = 2) AS "timed!""#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?)
    }
}

const DAMAGED: StoreError = StoreError::Damaged("a latency is no number");

impl Row {
    fn latency(&self) -> Result<Latency, StoreError> {
        let mut spent = [0; 6];
        for (sum, text) in spent.iter_mut().zip(&self.spent) {
            *sum = text.parse::<u128>().map_err(|_| DAMAGED)?;
        }
        let [reading, reserving, connecting, waiting, answering, whole] = spent;
        let mut totals = <[Histogram; LENGTHS]>::default();
        for (total, text) in totals.iter_mut().zip(&self.totals) {
            *total = histogram(text)?;
        }
        Ok(Latency {
            requests: u64::try_from(self.requests).map_err(|_| DAMAGED)?,
            failed: u64::try_from(self.failed).map_err(|_| DAMAGED)?,
            spent: Spent { reading, reserving, connecting, waiting, answering, whole },
            totals,
            first_token: histogram(&self.first_token)?,
            speed: histogram(&self.speed)?,
            reserving: histogram(&self.reserving)?,
        })
    }
}

/// Decimal digits of a bucket, as `exq_mark` has them.
const DIGITS: usize = 12;

/// A histogram from its number: twelve digits for each bucket, the lowest one last.
fn histogram(number: &str) -> Result<Histogram, StoreError> {
    if number.len() > DIGITS * BUCKETS {
        return Err(DAMAGED);
    }
    let counts = number.as_bytes().rchunks(DIGITS).map(|digits| {
        let digits = str::from_utf8(digits).ok()?;
        digits.bytes().all(|digit| digit.is_ascii_digit()).then_some(())?;
        digits.parse().ok()
    });
    let counts: Option<Vec<u64>> = counts.collect();
    Ok(Histogram::from_counts(counts.ok_or(DAMAGED)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_bucket_by_bucket() {
        for (number, counts) in [
            ("0", vec![]),
            ("7", vec![7]),
            ("3000000000000", vec![0, 3]),
            ("12000000000345999999999999", vec![999_999_999_999, 345, 12]),
        ] {
            assert_eq!(histogram(number).unwrap(), Histogram::from_counts(counts), "{number}");
        }
        let longest = "9".repeat(DIGITS * BUCKETS);
        assert_eq!(
            histogram(&longest).unwrap(),
            Histogram::from_counts([999_999_999_999; BUCKETS])
        );
        for wrong in ["-1", "1.5", "+1", "x", &format!("1{longest}")] {
            assert!(histogram(wrong).is_err(), "{wrong}");
        }
    }
}
