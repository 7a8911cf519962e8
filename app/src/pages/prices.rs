//! `/{org}/prices`: what each model costs the organization, and what becomes of models whose price
//! nobody knows.

mod form;
mod list;
pub(super) mod rates;

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use domain::{Action, Price, PriceId};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Conflict, OwnPrice, StoreError};

use crate::{
    components::{Button, Card, CardBody, Group, Knob, LinkButton, Outcome, Tone},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/prices", get(show).post(set))
        .route("/{org}/prices/unknown", post(choose))
        .route("/{org}/prices/take-back", post(take_back))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    search: String,
    /// The model whose price is changed.
    model: Option<String>,
    saved: Option<String>,
}

/// What is read for the page.
struct View {
    own: Vec<OwnPrice>,
    book: Vec<Price>,
    unpriced_pass: bool,
    search: String,
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    let view = read(&app, &member, asked.search, asked.saved).await?;
    let draft = asked.model.map_or_else(Draft::default, |model| form::draft(&view, &model));
    Ok(page(&member, &view, &draft))
}

async fn read(
    app: &App,
    member: &Member,
    search: String,
    saved: Option<String>,
) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let mut book = store.book_prices(caller).await?;
    // The sandbox is nobody's to price.
    book.retain(|price| price.provider != "sandbox");
    Ok(View {
        own: store.own_prices(caller).await?,
        book,
        unpriced_pass: store.unpriced_pass(caller).await?,
        search,
        saved,
    })
}

async fn set(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    if let Some(form::Typed { model, terms, day }) = form::read(&mut draft) {
        match app.store.set_own_price(&member.caller, &model, terms, day).await {
            Ok(_) => {
                let book = app.store.book_prices(&member.caller).await?;
                let flat = terms.is_some()
                    && book.iter().any(|price| price.model == model && !price.variants.is_empty());
                let what = if flat { "flat" } else { "price" };
                return Ok(go(member.path(&format!("prices?saved={what}"))));
            }
            Err(error @ StoreError::Conflict(Conflict::TooManyPrices)) => {
                draft.conflict("model", error)?;
            }
            Err(error @ StoreError::Conflict(Conflict::PriceBelowBook)) => {
                draft.conflict("input", error)?;
            }
            Err(error) => draft.conflict("from", error)?,
        }
    }
    let view = read(&app, &member, String::new(), None).await?;
    Ok(page(&member, &view, &draft))
}

async fn choose(State(app): State<App>, member: Member, draft: Draft) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    let pass = match &*draft.value("unpriced") {
        "allow" => true,
        "block" => false,
        _ => return Err(Failure::BadRequest),
    };
    app.store.let_unpriced_pass(&member.caller, pass).await?;
    Ok(go(member.path("prices?saved=unknown")))
}

async fn take_back(
    State(app): State<App>,
    member: Member,
    draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditOrganization)?;
    match app.store.take_back_own_price(&member.caller, id::<PriceId>(&draft.value("price"))?).await
    {
        Ok(()) => Ok(go(member.path("prices?saved=back"))),
        // It began meanwhile, or was taken back in another window.
        Err(StoreError::NotFound) => Ok(go(member.path("prices?saved=begun"))),
        Err(error) => Err(error.into()),
    }
}

fn page(member: &Member, view: &View, draft: &Draft) -> Response {
    let page = Page::new(labels::PRICES).status(draft.status());
    member.visitor.look.page(page, || {
        let saved = view.saved.as_deref().map(|what| {
            let (tone, lead, text) = said(what);
            view! { <Outcome tone lead text/> }
        });
        let (set, choice) = (form::card(member, draft), unknown(member, view.unpriced_pass));
        let (own, book) = (list::own(member, view), list::book(member, view));
        let forms = view! { <div class="grid two" id="set">{set}{choice}</div> };
        // What a person is at comes first; else it is the prices.
        let begun = !draft.value("model").is_empty() || !draft.errors().is_empty();
        let (first, last) = if begun { (Some(forms), None) } else { (None, Some(forms)) };
        let below = last.is_some().then(|| {
            view! { <LinkButton href="#set">{labels::SET_A_PRICE_OF_YOUR_OWN}</LinkButton> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Prices)>
                <PageHead title=labels::PRICES sub="What requests are charged with, in US dollars per 1 million tokens.">
                    {below}
                </PageHead>
                {saved}
                {first}
                {own}
                {book}
                {last}
            </Shell>
        }
    })
}

/// What was done, in words.
fn said(what: &str) -> (Tone, &'static str, &'static str) {
    match what {
        "unknown" => (Tone::Ok, labels::SAVED, "It holds within 5 seconds."),
        "back" => (Tone::Ok, "Taken back.", "It never held. What is planned now is in the list."),
        "begun" => (
            Tone::Warn,
            "Nothing was taken back.",
            "This price has begun, or was taken back already. What is planned now is in the list.",
        ),
        "flat" => (
            Tone::Warn,
            "Saved. It holds for prompts of every length and for every service tier.",
            "The price book has other rates for long prompts or service tiers of this model, which this price stands in the place of. Requests from its beginning on are charged with it.",
        ),
        _ => (
            Tone::Ok,
            labels::SAVED,
            "Requests from that moment on are charged with it; those before keep their price.",
        ),
    }
}

fn unknown(member: &Member, pass: bool) -> AnyView {
    let action = member.path("prices/unknown");
    view! {
        <Card title="Models without a known price">
            <CardBody split=true>
                <form class="form" method="post" action=action>
                    <Group legend="Requests for them">
                        <Knob name="unpriced" value="block" label="Are refused" checked=!pass
                            help="No budget can hold what it can’t count. The answer is 403 with the code model_not_priced."/>
                        <Knob name="unpriced" value="allow" label="Pass, and their cost stays unknown" checked=pass
                            help="They count as requests and tokens, but no budget counts their cost. A budget that is reached refuses them all the same."/>
                    </Group>
                    <div class="row"><Button>{labels::SAVE_CHOICE}</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
