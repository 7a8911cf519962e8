//! `/{org}/statements/{cycle}`: the statement of a billing cycle, or what it would be.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use chrono::NaiveDate;
use domain::{Action, invoice::read};
use leptos::prelude::*;
use serde::Deserialize;
use store::{StoreError, statements::Statement};

use super::{head, invoice, lines};
use crate::{
    components::{Glyph, LinkButton, Notice, PostButton, Toast, Tone, Weight},
    labels,
    layouts::{NavItem, PageHead, Shell},
    pages::spending::calendar::{cycle_name, slug, stretch},
    render::Page,
    web::{App, Draft, Failure, LongDraft, Member, Path, Query, go, sentence},
};

#[derive(Deserialize)]
pub(super) struct After {
    done: Option<String>,
}

/// The cycle that an address names like `2026-11`.
pub(super) fn label(cycle: &str) -> Result<NaiveDate, Failure> {
    let label = NaiveDate::parse_from_str(&format!("{cycle}-01"), "%Y-%m-%d").ok();
    label.filter(|label| label.format("%Y-%m").to_string() == cycle).ok_or(Failure::NotFound)
}

/// `GET`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, cycle)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let notice = notice(after.done.as_deref());
    page(&app, &member, label(&cycle)?, &Draft::default(), notice).await
}

/// `POST`: closes the cycle, or keeps or removes an invoice.
pub(super) async fn save(
    State(app): State<App>,
    member: Member,
    Path((_, cycle)): Path<(String, String)>,
    LongDraft(mut draft): LongDraft,
) -> Result<Response, Failure> {
    member.may(Action::EditBilling)?;
    let label = label(&cycle)?;
    let (store, caller) = (&app.store, &member.caller);
    let (done, tried) = match draft.value("deed").as_str() {
        "close" => ("closed", store.close_cycle(caller, label).await),
        "remove" => ("removed", store.remove_invoice(caller, label).await),
        "keep" if draft.value("file").trim().is_empty() => {
            draft.refuse("file", "Choose the invoice’s file.");
            return page(&app, &member, label, &draft, None).await;
        }
        "keep" => match read(&draft.value("file")) {
            Ok(items) => ("kept", store.keep_invoice(caller, label, &items).await),
            Err(error) => {
                draft.refuse_with("file", &error);
                return page(&app, &member, label, &draft, None).await;
            }
        },
        _ => return Err(Failure::BadRequest),
    };
    match tried {
        Ok(()) => Ok(go(member.path(&format!("statements/{cycle}?done={done}")))),
        Err(StoreError::Conflict(rule)) => {
            let text = sentence(&rule.to_string());
            let notice = view! { <Notice tone=Tone::Bad lead="Nothing was changed." text/> };
            let page =
                page(&app, &member, label, &Draft::default(), Some(notice.into_any())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn notice(done: Option<&str>) -> Option<AnyView> {
    let (lead, text) = match done? {
        "closed" => (
            "The billing cycle is closed.",
            "Its statement never changes. What becomes known later is an adjustment on the next one.",
        ),
        "kept" => ("The invoice is compared below.", ""),
        "removed" => ("The invoice is removed.", ""),
        _ => return None,
    };
    Some(view! { <Toast lead text/> }.into_any())
}

async fn page(
    app: &App,
    member: &Member,
    label: NaiveDate,
    draft: &Draft,
    notice: Option<AnyView>,
) -> Result<Response, Failure> {
    let statement = app.store.statement(&member.caller, label).await?;
    let name = cycle_name(statement.window);
    let page = Page::new(format!("Statement of {name}")).status(draft.status());
    Ok(member.visitor.look.page(page, || {
        let above = (labels::STATEMENTS, member.path("statements"));
        let sub = format!("{}, {}", stretch(statement.window, statement.zone), statement.zone);
        let (buttons, state) = (buttons(member, &statement), state(member, &statement));
        let (head, projects) = (head::card(member, &statement), lines::projects(&statement));
        let adjustments = lines::adjustments(&statement);
        // On paper there is the statement alone.
        let aside = statement.closed.is_some().then(|| {
            let since = lines::since(member, &statement);
            let invoice = invoice::card(member, &statement, draft);
            view! { <div class="aside stack">{since}{invoice}</div> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Statements)>
                <PageHead title=name sub above>{buttons}</PageHead>
                {notice}
                {state}
                <div class="statement stack">{head}{projects}{adjustments}</div>
                {aside}
            </Shell>
        }
    }))
}

fn buttons(member: &Member, statement: &Statement) -> AnyView {
    let here = member.path(&format!("statements/{}", slug(statement.window)));
    if statement.closed.is_some() {
        return view! { <LinkButton href=format!("{here}/lines.csv") glyph=Glyph::Download>"CSV"</LinkButton> }
            .into_any();
    }
    if statement.now < statement.window.ends || is_waiting(statement) {
        return ().into_any();
    }
    let fields = vec![("deed", "close".to_owned())];
    let words = format!("Close {}", cycle_name(statement.window));
    view! { <PostButton action=here fields weight=Weight::Danger>{words}</PostButton> }.into_any()
}

/// Running requests keep it from being closed.
fn is_waiting(statement: &Statement) -> bool {
    statement.running > 0 && statement.now < statement.window.ends + Statement::PATIENCE
}

/// Why the numbers may still move.
fn state(member: &Member, statement: &Statement) -> Option<AnyView> {
    if statement.closed.is_some() {
        return None;
    }
    let (lead, text) = match (statement.now < statement.window.ends, statement.running) {
        (true, _) => (
            "This billing cycle is running.",
            "It can be closed when it is over; until then its numbers move.".to_owned(),
        ),
        (false, 0) => (
            "This is a draft.",
            "Closing the billing cycle freezes it as it stands at that instant, for good."
                .to_owned(),
        ),
        (false, running) if is_waiting(statement) => (
            labels::REQUESTS_OF_THIS_BILLING_CYCLE_ARE_STILL_RUNNING,
            format!(
                "There are {running} of them. It can be closed when they have ended, at the latest a day after its end; what they cost then becomes an adjustment."
            ),
        ),
        (false, running) => (
            labels::REQUESTS_OF_THIS_BILLING_CYCLE_ARE_STILL_RUNNING,
            format!(
                "There are {running} of them. It can be closed all the same: what they cost becomes an adjustment."
            ),
        ),
    };
    let nobody = statement.payer.profile.legal_name.is_empty().then(|| {
        let href = member.path("billing");
        view! {
            <Notice tone=Tone::Warn lead="There is no billing profile." text="The statement would have no name and no address, for good. Fill it in before the cycle is closed.">
                <LinkButton href>{labels::BILLING_PROFILE}</LinkButton>
            </Notice>
        }
    });
    Some(view! { <Notice tone=Tone::Warn lead text/>{nobody} }.into_any())
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn cycles_have_one_name_each() {
        assert_eq!(label("2026-11").unwrap().to_string(), "2026-11-01");
        for cycle in ["2026-13", "2026-1", "26-11", "2026-11-01", "+2026-11", "", "november"] {
            assert!(label(cycle).is_err(), "{cycle}");
        }
    }
}
