//! `/receipts/{id}`: why requests were not forwarded. The API's answer leads here.

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use domain::{OrgId, ReceiptId, Scope};
use leptos::prelude::*;
use store::{Receipt as Refusals, Recipient, StoreError};

use super::calendar::until;
use crate::{
    components::{
        Badge, Card, CardBody, Count, Fact, Facts, LinkButton, Precision, Receipt, Sum, SumLine,
        Time, Tone, Weight, count, time_text, usd, usd_fine,
    },
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Path, Visitor, id},
};

/// `GET`. Whoever may not see it is told that there is none.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(receipt): Path<String>,
) -> Result<Response, Failure> {
    let receipt: ReceiptId = id(&receipt)?;
    let own = app.store.system().organizations_of(visitor.account.id).await?;
    for org in own.iter().map(|own| own.id) {
        let caller = app.store.caller(visitor.account.id, org).await?;
        match app.store.receipt(&caller, receipt).await {
            Ok(found) => return page(&app, visitor, org, found).await,
            Err(StoreError::NotFound | StoreError::Forbidden(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::NotFound)
}

async fn page(
    app: &App,
    visitor: Visitor,
    org: OrgId,
    found: Refusals,
) -> Result<Response, Failure> {
    let store = &app.store;
    let member = Member::of(app, visitor, org).await?;
    let owners = store.recipients(&member.caller).await?;
    let (_, now) = store.standings(&member.caller).await?;
    let title = format!("Refused by the {} budget", of(found.scope));
    let look = member.visitor.look;
    Ok(look.page(Page::new(title.clone()), || {
        let zone = member.organization.zone;
        let first = time_text(found.first_at, zone, Precision::Second);
        let sub = format!("{first}, {}", zone.name());
        let (slip, side) = (slip(&member, &found, &owners, now), side(&member, &found));
        let frame = member.frame(NavItem::None);
        view! {
            <Shell frame>
                <PageHead title sub/>
                <div class="grid main-side">
                    {slip}
                    {side}
                </div>
            </Shell>
        }
    }))
}

/// In a sentence.
const fn of(scope: Scope) -> &'static str {
    match scope {
        Scope::Org(_) => "organization",
        Scope::Project(_) => "project",
        Scope::Key(_) => "API key",
    }
}

const fn code(scope: Scope) -> &'static str {
    match scope {
        Scope::Org(_) => "organization_spend_limit_exceeded",
        Scope::Project(_) => "project_spend_limit_exceeded",
        Scope::Key(_) => "key_spend_limit_exceeded",
    }
}

/// The lines from the limit to what was left; for who does not see what the organization spends, a
/// sentence.
fn sum(found: &Refusals) -> AnyView {
    let label = format!("{}, {} budget", found.scope_name, found.period.adjective());
    let Some(numbers) = found.numbers else {
        return view! { <p>{label}". What the whole organization spends, its owners see."</p> }
            .into_any();
    };
    let left = numbers.amount.minus(numbers.spent).minus(numbers.held);
    let lines = vec![
        SumLine::new(label, usd_fine(numbers.amount)),
        SumLine::new("Spent at that moment", format!("− {}", usd_fine(numbers.spent))),
        SumLine::new("Held by running requests", format!("− {}", usd_fine(numbers.held))),
        SumLine::new("Left, which was too little", usd_fine(left)).total(),
    ];
    view! { <Sum lines/> }.into_any()
}

fn slip(member: &Member, found: &Refusals, owners: &[Recipient], now: DateTime<Utc>) -> AnyView {
    let zone = member.organization.zone;
    let frees = until(found.resets_at, now, zone);
    let names: Vec<_> = owners.iter().map(|owner| owner.name.as_str()).collect();
    let who = match names.as_slice() {
        [only] => format!("{only}, the only owner"),
        names => names.join(", "),
    };
    let at = found.resets_at;
    let (label, frees) =
        if at <= now { ("Freed up", String::new()) } else { ("Frees up", format!(", {frees}")) };
    let (code, sum, revision) = (code(found.scope), sum(found), found.revision.to_string());
    let (project, key) = (found.project_name.clone(), found.key_name.clone());
    let last_four = found.key_last_four.as_ref().map(|last| format!(" …{last}"));
    let facts = view! {
        <Facts>
            <Fact label><Time at zone/>{frees}</Fact>
            <Fact label="Who may raise it">{who}</Fact>
            <Fact label="Project">{project}</Fact>
            <Fact label="API key">{key}<span class="mono faint">{last_four}</span></Fact>
            <Fact label="Revision of the budget">{revision}</Fact>
        </Facts>
    };
    view! {
        <Receipt>
            <div class="row between">
                <div><h2>"Not forwarded, not charged"</h2><p class="muted">"429 "<code>{code}</code></p></div>
                <Badge tone=Tone::Bad text="Refused"/>
            </div>
            {sum}
            <div>{facts}</div>
            <p class="small muted">"One receipt stands for all refusals of this key by this budget in a quarter of an hour, with the numbers at the first."</p>
        </Receipt>
    }
    .into_any()
}

fn side(member: &Member, found: &Refusals) -> AnyView {
    let zone = member.organization.zone;
    let others = match found.count {
        1 => "1 request".to_owned(),
        many => format!("{} requests", count(many)),
    };
    // The organization's budget has no page for who does not see it.
    let budgets = found.numbers.is_some().then(|| {
        let scope = if matches!(found.scope, Scope::Org(_)) {
            String::new()
        } else {
            format!("?scope={}", found.scope)
        };
        let href = member.path(&format!("budgets{scope}"));
        view! { <LinkButton href weight=Weight::Primary wide=true>"Go to budgets"</LinkButton> }
    });
    let (usage, text) = (member.path("usage"), now_text(found));
    let (first, last, all) = (found.first_at, found.last_at, found.in_window);
    let by = if found.numbers.is_some() {
        "By this budget in its window"
    } else {
        "By this budget in its window, of your projects"
    };
    view! {
        <div class="stack">
            <Card title="What you can do">
                <CardBody>
                    <p class="muted">{text}</p>
                    {budgets}
                    <LinkButton href=usage wide=true>"See what was spent"</LinkButton>
                </CardBody>
            </Card>
            <Card title="Refused">
                <div class="body"><Facts>
                    <Fact label="On this receipt">{others}</Fact>
                    <Fact label="First"><Time at=first zone precision=Precision::Second/></Fact>
                    <Fact label="Last"><Time at=last zone precision=Precision::Second/></Fact>
                    <Fact label=by><Count number=all/></Fact>
                </Facts></div>
            </Card>
        </div>
    }
    .into_any()
}

/// What became of the budget since.
fn now_text(found: &Refusals) -> String {
    match &found.now {
        _ if found.numbers.is_none() => {
            "An owner can raise the organization’s budget, or you wait until it frees up."
                .to_owned()
        }
        None => "This budget was removed since: it refuses nothing any more.".to_owned(),
        Some(now) if now.revision == found.revision => {
            "The budget has not changed since. Raise it, or wait until it frees up.".to_owned()
        }
        Some(now) => {
            let by = now.set_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
            format!("The budget was changed since{by}: it is {} now.", usd(now.amount))
        }
    }
}
