//! What the page's forms do.

use axum::{extract::State, response::Response};
use domain::{Action, BudgetId, Period, RaiseId, Scope, ThresholdId, Usd};
use store::{Conflict, RaiseState, StoreError};
use tower_sessions::Session;

use super::{
    Forms, budget_href,
    done::Done,
    level, page, period,
    preview::{self, Preview},
    raise, read,
    removed::Removed,
};
use crate::{
    labels,
    render::Page,
    web::{App, Draft, Failure, Member, go, id},
};

/// `POST`, one of the page's forms.
pub(in crate::pages::spending) async fn save(
    State(app): State<App>,
    member: Member,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let scope = scope(&app, &member, &draft.value("scope")).await?;
    let period = period(&draft.value("window"))?;
    let on = (scope, period);
    let action = draft.value("action");
    let mut preview = None;
    let done = match action.as_str() {
        "set-budget" => set_budget(&app, &member, on, &mut draft).await?,
        "preview" => {
            preview = what_if(&app, &member, on, &mut draft).await?;
            None
        }
        "remove-budget" => {
            let budget = id::<BudgetId>(&draft.value("budget"))?;
            let budgets = app.store.budgets(&member.caller).await?;
            app.store.remove_budget(&member.caller, budget).await?;
            if let Some(removed) = budgets.iter().find(|it| it.id == budget) {
                Removed::budget(removed).keep(&session).await?;
            }
            Some(Done::BudgetRemoved)
        }
        "raise" => raise_budget(&app, &member, on, &mut draft).await?,
        "end-raise" => {
            let raise = id::<RaiseId>(&draft.value("raise"))?;
            match app.store.end_raise(&member.caller, raise).await {
                Ok(RaiseState::ToCome) => Some(Done::RaiseTakenBack),
                Ok(_) => Some(Done::RaiseEnded),
                // By itself meanwhile, or by somebody else.
                Err(StoreError::Conflict(_)) => Some(Done::RaiseOver),
                Err(error) => return Err(error.into()),
            }
        }
        "add-threshold" => add_threshold(&app, &member, on, &mut draft).await?,
        "remove-threshold" => {
            let threshold = id::<ThresholdId>(&draft.value("threshold"))?;
            let thresholds = app.store.thresholds(&member.caller).await?;
            app.store.remove_threshold(&member.caller, threshold).await?;
            if let Some(removed) = thresholds.iter().find(|it| it.id == threshold) {
                Removed::threshold(on, removed).keep(&session).await?;
            }
            Some(Done::ThresholdRemoved)
        }
        _ => return Err(Failure::BadRequest),
    };
    if let Some(done) = done {
        let href = budget_href(&member.path("budgets"), scope, period);
        let sign = if href.contains('?') { '&' } else { '?' };
        return Ok(go(format!("{href}{sign}done={}", done.as_str())));
    }
    let status = draft.status();
    let forms = Forms::of(&action, draft);
    let asked = scope.to_string();
    let view = read(&app, &member, (Some(&asked), period), forms, None).await?;
    let mut view = view.ok_or(Failure::NotFound)?;
    view.preview = preview;
    Ok(member.visitor.look.page(Page::new(labels::BUDGETS).status(status), || page(view)))
}

/// What a form is about: what it says, else what the page shows first. Whether it may be limited is
/// the store's business.
async fn scope(app: &App, member: &Member, asked: &str) -> Result<Scope, Failure> {
    if !asked.is_empty() {
        return id(asked);
    }
    if member.can(Action::SeeWhole) {
        return Ok(Scope::Org(member.caller.org));
    }
    let projects = app.store.projects(&member.caller).await?;
    projects.first().map(|project| Scope::Project(project.id)).ok_or(Failure::Forbidden)
}

type On = (Scope, Period);

async fn set_budget(
    app: &App,
    member: &Member,
    (scope, period): On,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(amount) = draft.read::<Usd>("amount") else { return Ok(None) };
    let observe = Some(draft.has("observe"));
    let set = app.store.save_budget(&member.caller, scope, period, amount, observe).await?;
    // What the form showed; nothing where there was no budget.
    let was: Option<Usd> = draft.value("was").parse().ok();
    let meanwhile = draft.has("was") && set.replaced.is_some() && set.replaced != was;
    Ok(Some(match set {
        _ if meanwhile => Done::BudgetReplaced,
        set if set.reached && !draft.has("observe") => Done::BudgetReached,
        _ => Done::BudgetSet,
    }))
}

async fn what_if(
    app: &App,
    member: &Member,
    (scope, period): On,
    draft: &mut Draft,
) -> Result<Option<Preview>, Failure> {
    let (amount, past) = (draft.read::<Usd>("amount"), preview::read(draft));
    let (Some(amount), Some(past)) = (amount, past) else { return Ok(None) };
    match app.store.what_if(&member.caller, scope, period, amount, past).await {
        Ok(found) => Ok(Some(Preview { past, found })),
        Err(error) => draft.conflict("day", error).map(|()| None),
    }
}

async fn raise_budget(
    app: &App,
    member: &Member,
    (scope, period): On,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let Some(new) = raise::read(draft, member.organization.zone) else { return Ok(None) };
    let budgets = app.store.budgets(&member.caller).await?;
    let budget = budgets.iter().find(|it| it.scope == scope && it.period == period);
    let budget = budget.ok_or(Failure::NotFound)?.id;
    match app.store.raise_budget(&member.caller, budget, &new).await {
        Ok(_) => Ok(Some(Done::Raised)),
        Err(error @ StoreError::Conflict(Conflict::RaiseLow | Conflict::TooManyRaises)) => {
            draft.conflict("raise_amount", error).map(|()| None)
        }
        Err(error @ StoreError::Conflict(Conflict::RaisePast)) => {
            draft.conflict("from", error).map(|()| None)
        }
        Err(error @ StoreError::Conflict(_)) => draft.conflict("until", error).map(|()| None),
        Err(error) => Err(error.into()),
    }
}

async fn add_threshold(
    app: &App,
    member: &Member,
    (scope, period): On,
    draft: &mut Draft,
) -> Result<Option<Done>, Failure> {
    let (level, addresses) = (level::read(draft), draft.addresses("addresses"));
    let (Some(level), Some(addresses)) = (level, addresses) else { return Ok(None) };
    match app.store.add_threshold(&member.caller, scope, period, level, &addresses).await {
        Ok(set) if set.already_passed => Ok(Some(Done::ThresholdPassed)),
        Ok(_) => Ok(Some(Done::ThresholdSet)),
        Err(
            error @ StoreError::Conflict(
                Conflict::ThresholdAddresses | Conflict::ThresholdStrangers,
            ),
        ) => draft.conflict("addresses", error).map(|()| None),
        Err(error @ StoreError::Conflict(_)) => draft.conflict("level", error).map(|()| None),
        Err(error) => Err(error.into()),
    }
}
