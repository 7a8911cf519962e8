//! A limit said no: which one, its numbers, and who may raise it.

use std::fmt;

use chrono::SecondsFormat;
use domain::{Scope, Usd};
use ledger::{Limit, LimitId};
use serde::Serialize;

/// A request that a limit refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The limit with its numbers at that moment.
    pub(crate) limit: Limit,
    /// What the request could have cost.
    pub(crate) bound: Usd,
    /// Only running requests stand in the way.
    pub(crate) may_wait: bool,
    /// Where the receipt is shown.
    pub(crate) receipt_url: String,
}

/// The limit, for programs. Amounts are exact decimals.
#[derive(Debug, Serialize)]
pub(crate) struct Fields {
    scope: &'static str,
    id: String,
    /// None: the usage limit, which the organization's tier sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<String>,
    window: &'static str,
    amount_usd: String,
    spent_usd: String,
    held_usd: String,
    running_requests: u32,
    resets_at: String,
    receipt: String,
}

impl Refused {
    /// The code for clients, by what the limit concerns.
    pub(crate) const fn code(&self) -> &'static str {
        if matches!(self.limit.by, LimitId::UsageLimit(_)) {
            return "organization_usage_limit_exceeded";
        }
        match self.limit.scope {
            Scope::Org(_) => "organization_spend_limit_exceeded",
            Scope::Project(_) => "project_spend_limit_exceeded",
            Scope::Key(_) => "key_spend_limit_exceeded",
        }
    }

    const fn scope(&self) -> &'static str {
        match self.limit.scope {
            Scope::Org(_) => "organization",
            Scope::Project(_) => "project",
            Scope::Key(_) => "key",
        }
    }

    const fn who_may_raise(&self) -> &'static str {
        match self.limit.by {
            LimitId::Budget(_) => match self.limit.scope {
                Scope::Org(_) => "An owner of the organization may raise it",
                Scope::Project(_) | Scope::Key(_) => {
                    "An owner of the organization or of the project may raise it"
                }
            },
            LimitId::UsageLimit(_) => {
                "It rises by itself with the organization's usage tier; whoever runs this installation may raise the tier"
            }
        }
    }

    fn resets_at(&self) -> String {
        self.limit.resets_at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The limit, for programs.
    pub(crate) fn fields(&self) -> Fields {
        let limit = &self.limit;
        Fields {
            scope: self.scope(),
            id: limit.scope.to_string(),
            budget: match limit.by {
                LimitId::Budget(id) => Some(id.to_string()),
                LimitId::UsageLimit(_) => None,
            },
            window: limit.period.as_str(),
            amount_usd: limit.amount.to_string(),
            spent_usd: limit.spent.to_string(),
            held_usd: limit.held.to_string(),
            running_requests: limit.running,
            resets_at: self.resets_at(),
            receipt: self.receipt_url.clone(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = &self.limit;
        let named = match limit.scope {
            Scope::Org(_) => "organization",
            Scope::Project(_) => "project",
            Scope::Key(_) => "API key",
        };
        let what = match limit.by {
            LimitId::Budget(_) => "budget",
            LimitId::UsageLimit(_) => "usage limit",
        };
        let requests = if limit.running == 1 { "request" } else { "requests" };
        write!(
            f,
            "The {} {what} of this {named} is ${}: ${} spent, ${} held by {} running {requests}, and this \
             request may cost up to ${}. ",
            limit.period.adjective(),
            limit.amount,
            limit.spent,
            limit.held,
            limit.running,
            self.bound,
        )?;
        if self.may_wait {
            write!(f, "It may fit when they are done: try again in a moment. ")?;
        }
        write!(
            f,
            "It resets at {}. {}. Receipt: {}",
            self.resets_at(),
            self.who_may_raise(),
            self.receipt_url
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::DateTime;
    use domain::{BudgetId, Period, ProjectId, ReceiptId};

    use super::*;

    pub(crate) fn example(may_wait: bool) -> Refused {
        let cents = |cents: i128| Usd::from_pico(cents * Usd::PICO / 100);
        let receipt: ReceiptId = "rcpt_01936e5a00007000800000000000000c".parse().unwrap();
        let budget: BudgetId = "bdg_01936e5a00007000800000000000000b".parse().unwrap();
        let project: ProjectId = "proj_01936e5a00007000800000000000000a".parse().unwrap();
        Refused {
            limit: Limit {
                by: LimitId::Budget(budget),
                revision: 2,
                scope: Scope::Project(project),
                period: Period::Month,
                amount: cents(500),
                spent: cents(if may_wait { 1 } else { 500 }),
                held: cents(if may_wait { 458 } else { 0 }),
                running: if may_wait { 4 } else { 0 },
                resets_at: DateTime::parse_from_rfc3339("2026-12-01T00:00:00Z").unwrap().to_utc(),
                receipt,
            },
            bound: cents(50),
            may_wait,
            receipt_url: format!("http://localhost:3000/receipts/{receipt}"),
        }
    }

    #[test]
    fn says_it_in_words() {
        let text = example(true).to_string();
        assert!(text.contains("$0.01 spent, $4.58 held by 4 running requests"), "{text}");
        assert_eq!(example(false).code(), "project_spend_limit_exceeded");
    }
}
