//! A refusal in words, by what said no.

use chrono_tz::Tz;
use domain::{Scope, Usd};
use store::{LimitNow, Numbers, Receipt as Refusals, Recipient, RefusedBy};

use crate::components::{Precision, SumLine, count, time_text, usd, usd_fine};
use crate::labels;

/// The page's title.
pub(super) fn title(found: &Refusals) -> String {
    let by = match &found.by {
        RefusedBy::Budget(..) => format!("the {} budget", whose(found.scope)),
        RefusedBy::UsageLimit(_) => "the organization’s usage limit".to_owned(),
        RefusedBy::Rate { .. } => "a rate limit".to_owned(),
        RefusedBy::Running { .. } | RefusedBy::Request { .. } => "the API key’s guard".to_owned(),
    };
    if found.observed {
        format!("Would have been refused by {by}")
    } else {
        format!("Refused by {by}")
    }
}

/// In a sentence.
const fn whose(scope: Scope) -> &'static str {
    match scope {
        Scope::Org(_) => "organization",
        Scope::Project(_) => "project",
        Scope::Key(_) => labels::API_KEY,
    }
}

/// The HTTP status in front of the code.
pub(super) const fn status(by: &RefusedBy) -> &'static str {
    match by {
        RefusedBy::Request { .. } => "403 ",
        _ => "429 ",
    }
}

/// The code that the caller got.
pub(super) const fn code(found: &Refusals) -> &'static str {
    match (&found.by, found.scope) {
        (RefusedBy::UsageLimit(_), _) => "organization_usage_limit_exceeded",
        (RefusedBy::Rate { .. }, _) => "rate_limit_exceeded",
        (RefusedBy::Running { .. }, _) => "too_many_in_flight",
        (RefusedBy::Request { .. }, _) => "request_too_expensive",
        (RefusedBy::Budget(..), Scope::Org(_)) => "organization_spend_limit_exceeded",
        (RefusedBy::Budget(..), Scope::Project(_)) => "project_spend_limit_exceeded",
        (RefusedBy::Budget(..), Scope::Key(_)) => "key_spend_limit_exceeded",
    }
}

/// Which limit.
pub(super) fn label(found: &Refusals) -> String {
    let name = &found.scope_name;
    match &found.by {
        RefusedBy::Budget(period, _) => format!("{name}, {} budget", period.adjective()),
        RefusedBy::UsageLimit(_) => format!("{name}, usage limit a month"),
        RefusedBy::Rate { model, tokens, daily, .. } => {
            let (unit, window) = (unit(*tokens), if *daily { "day" } else { "minute" });
            format!("{name}, {model}: {unit} a {window}")
        }
        RefusedBy::Running { .. } => labels::REQUESTS_AT_ONCE_AT_MOST.to_owned(),
        RefusedBy::Request { .. } => "One request may cost, at most".to_owned(),
    }
}

const fn unit(tokens: bool) -> &'static str {
    if tokens { "tokens" } else { "requests" }
}

/// `1 request`, `1,200 tokens`.
fn many(number: u64, tokens: bool) -> String {
    let unit = unit(tokens);
    let unit = if number == 1 { unit.trim_end_matches('s') } else { unit };
    format!("{} {unit}", count(number))
}

/// The lines from the limit to what was left; none for who does not see what the scope spends.
pub(super) fn lines(found: &Refusals) -> Option<Vec<SumLine>> {
    let label = label(found);
    Some(match &found.by {
        RefusedBy::Budget(_, numbers) | RefusedBy::UsageLimit(numbers) => money(label, (*numbers)?),
        RefusedBy::Rate { tokens, limit, used, wanted, .. } => {
            // It may have been lowered since it was used.
            let (label_left, left) = match limit.checked_sub(*used) {
                Some(left) => (labels::LEFT_WHICH_WAS_TOO_LITTLE, left),
                None => ("Over the limit by", used - limit),
            };
            vec![
                SumLine::new(label, many(*limit, *tokens)),
                SumLine::new("Used at that moment", format!("− {}", many(*used, *tokens))),
                SumLine::new(label_left, many(left, *tokens)).total(),
                SumLine::new("Needed", many(*wanted, *tokens)),
            ]
        }
        RefusedBy::Running { most, running } => vec![
            SumLine::new(label, many(*most, false)),
            SumLine::new("Running at that moment", format!("− {}", many(*running, false))),
            SumLine::new(labels::LEFT, many(most.saturating_sub(*running), false)).total(),
        ],
        RefusedBy::Request { most, bound } => vec![
            SumLine::new(labels::IT_COULD_HAVE_COST, usd_fine(*bound)),
            SumLine::new(label, format!("− {}", usd_fine(*most))),
            SumLine::new("Too much by", usd_fine(bound.minus(*most))).total(),
        ],
    })
}

fn money(label: String, numbers: Numbers) -> Vec<SumLine> {
    let left = numbers.amount.minus(numbers.spent).minus(numbers.held);
    let last = if left > Usd::ZERO { labels::LEFT_WHICH_WAS_TOO_LITTLE } else { labels::LEFT };
    vec![
        SumLine::new(label, usd_fine(numbers.amount)),
        SumLine::new("Spent at that moment", format!("− {}", usd_fine(numbers.spent))),
        SumLine::new("Held by running requests", format!("− {}", usd_fine(numbers.held))),
        SumLine::new(last, usd_fine(left)).total(),
    ]
}

/// What the first request that was refused could have cost, if it is known.
pub(super) fn bound(found: &Refusals) -> Option<String> {
    match &found.by {
        RefusedBy::Budget(_, numbers) | RefusedBy::UsageLimit(numbers) => {
            (*numbers)?.bound.map(usd_fine)
        }
        _ => None,
    }
}

/// To the minute, where the window is longer than some.
pub(super) const fn precision(by: &RefusedBy) -> Precision {
    match by {
        RefusedBy::Rate { daily: false, .. } => Precision::Second,
        _ => Precision::Minute,
    }
}

/// Names of people, or who else.
pub(super) fn who_may_raise(found: &Refusals, owners: &[Recipient]) -> String {
    let names: Vec<_> = owners.iter().map(|owner| owner.name.as_str()).collect();
    let owners = match names.as_slice() {
        [only] => format!("{only}, the only owner"),
        names => names.join(", "),
    };
    match (&found.by, found.scope) {
        (RefusedBy::UsageLimit(_), _) => {
            "Nobody in the organization: it rises by itself with the usage tier, or whoever runs \
             this installation raises the tier"
                .to_owned()
        }
        (RefusedBy::Budget(..), Scope::Org(_)) => owners,
        (RefusedBy::Budget(..), _) => format!("{owners}; owners of the project, too"),
        (RefusedBy::Rate { .. }, _) => {
            format!("{owners}; owners of the project, too, up to what the usage tier allows")
        }
        (RefusedBy::Running { .. } | RefusedBy::Request { .. }, _) => {
            format!("{owners}; owners of the project and who owns the key, too")
        }
    }
}

/// `18 Nov 2026, 14:32 by ines@example.com`, of the limit as it was then.
pub(super) fn set_then(found: &Refusals, zone: Tz) -> Option<String> {
    let text = |at, by: Option<&String>| {
        let by = by.map(|who| format!(" by {who}")).unwrap_or_default();
        format!("{}{by}", time_text(at, zone, Precision::Minute))
    };
    if let Some(set) = &found.set_then {
        return Some(text(set.at, set.by.as_ref()));
    }
    let now = found.now.as_ref().filter(|now| now.revision == found.revision)?;
    match &found.by {
        RefusedBy::UsageLimit(_) => Some(format!("{} with the usage tier", text(now.set_at, None))),
        RefusedBy::Rate { .. } if found.revision == 0 => None,
        _ => Some(text(now.set_at, now.set_by.as_ref())),
    }
}

/// What is counted of the limit's changes.
pub(super) fn revision(found: &Refusals) -> Option<(&'static str, String)> {
    match &found.by {
        RefusedBy::Budget(..) => Some(("Revision of the budget", found.revision.to_string())),
        RefusedBy::UsageLimit(_) => Some((labels::USAGE_TIER, found.revision.to_string())),
        RefusedBy::Rate { .. } if found.revision == 0 => {
            Some(("Set by", "The usage tier".to_owned()))
        }
        RefusedBy::Rate { .. } => Some(("Revision of the limit", found.revision.to_string())),
        RefusedBy::Running { .. } | RefusedBy::Request { .. } => None,
    }
}

/// What one receipt is for.
pub(super) const fn stands_for(found: &Refusals) -> &'static str {
    if found.observed {
        "One receipt stands for all requests of this key that the budget would have refused in a quarter of an hour, with the numbers at the first."
    } else {
        "One receipt stands for all refusals of this key by this limit in a quarter of an hour, with the numbers at the first."
    }
}

/// What became of the limit since, and what helps.
pub(super) fn now_text(found: &Refusals) -> String {
    match &found.by {
        RefusedBy::Budget(_, None) => {
            "An owner can raise the organization’s budget, or you wait until it frees up."
                .to_owned()
        }
        RefusedBy::Budget(..) => budget_now(found),
        RefusedBy::UsageLimit(_) => match &found.now {
            Some(now) if now.revision != found.revision => {
                "The usage tier has changed since.".to_owned()
            }
            _ => {
                "The usage tier has not changed since. Sandbox models never count in it.".to_owned()
            }
        },
        RefusedBy::Rate { daily: true, .. } => {
            "Wait until the day is over: the answer’s Retry-After says how long. Or raise the limit."
                .to_owned()
        }
        RefusedBy::Rate { .. } => {
            "Wait until the window ends: the answer’s Retry-After says how long. Clients of the \
             OpenAI libraries do so by themselves."
                .to_owned()
        }
        RefusedBy::Running { .. } => {
            "Send fewer requests at once with this key, or raise the guard on the key’s page."
                .to_owned()
        }
        RefusedBy::Request { .. } => {
            "Ask for fewer tokens (max_tokens), or raise the guard on the key’s page.".to_owned()
        }
    }
}

/// A raise is no change of the budget: it ends by itself.
fn is_raised(found: &Refusals, now: &LimitNow) -> bool {
    let RefusedBy::Budget(_, Some(then)) = &found.by else { return false };
    now.amount.is_some_and(|amount| amount > then.amount)
}

fn budget_now(found: &Refusals) -> String {
    let removed = if found.observed {
        "This budget was removed since: it counts nothing any more."
    } else {
        "This budget was removed since: it refuses nothing any more."
    };
    match &found.now {
        None => removed.to_owned(),
        Some(now) if now.revision == found.revision && found.observed => {
            "The budget has not changed since. Once it is enforced, such requests are refused."
                .to_owned()
        }
        Some(now) if now.revision == found.revision && is_raised(found, now) => {
            format!("The budget is raised to {} for a while.", usd(now.amount.unwrap_or(Usd::ZERO)))
        }
        Some(now) if now.revision == found.revision => {
            "The budget has not changed since. Raise it, or wait until it frees up.".to_owned()
        }
        Some(now) => {
            let by = now.set_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
            let amount = usd(now.amount.unwrap_or(Usd::ZERO));
            format!("The budget was changed since{by}: it is {amount} now.")
        }
    }
}
