//! `/{org}/projects/{project}/limits`: how fast a project may use each model.

use axum::{Router, extract::State, response::Response, routing::get};
use chrono_tz::Tz;
use domain::{Action, Rate, Rates};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Conflict, ModelPage, Project, RateLimit, RateLimits, StoreError};

use super::{Part, address, head};
use crate::{
    components::{
        Button, Card, CardBody, CardFoot, Column, Empty, ErrorSummary, Field, LinkButton, Outcome,
        PostButton, Table, Tone, Weight, count,
    },
    labels,
    layouts::{NavItem, Shell},
    pages::rate_fields,
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, go, id},
};

/// Models that are shown; more than a price book has.
const MOST: u16 = 500;

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects/{project}/limits", get(show).post(save))
}

#[derive(Deserialize, Default)]
struct Asked {
    /// The model whose rates are in the form.
    model: Option<String>,
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    let limits = read(&app, &member, &project).await?;
    let mut draft = Draft::default();
    if let Some(limit) = limits.models.iter().find(|it| Some(&it.model) == asked.model.as_ref()) {
        draft.keep("model", &limit.model);
        rate_fields::keep(&mut draft, limit.own);
    }
    Ok(page(&member, &project, &limits, &draft, asked.saved.as_deref()))
}

async fn save(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    project.who.may(Action::EditProjectLimits)?;
    let own = match draft.value("action").as_str() {
        "clear" => Some(Rates::default()),
        "save" => rate_fields::read(&mut draft),
        _ => return Err(Failure::BadRequest),
    };
    if let Some(own) = own {
        let model = draft.value("model").trim().to_owned();
        match app.store.set_rate_limit(&member.caller, project.id, &model, own).await {
            Ok(()) => {
                let saved =
                    if short(&app, &member, &model, own).await? { "saved=short" } else { "saved" };
                return Ok(go(format!("{}/limits?{saved}", address(&member, &project))));
            }
            Err(StoreError::Conflict(rule @ Conflict::RateAboveTier(which, _))) => {
                draft.refuse_with(Rates::NAMES[which % Rates::NAMES.len()], &rule);
            }
            Err(error) => draft.conflict("model", error)?,
        }
    }
    let limits = read(&app, &member, &project).await?;
    Ok(page(&member, &project, &limits, &draft, None))
}

/// Whether the tokens that are allowed are fewer than an answer of the model may have: then every
/// request that does not say how long its answer may be is refused.
async fn short(app: &App, member: &Member, model: &str, own: Rates) -> Result<bool, Failure> {
    let book = app.store.book_prices(&member.caller).await?;
    let longest = book.iter().filter(|price| price.model == model).filter_map(|it| it.max_output);
    let Some(longest) = longest.max() else { return Ok(false) };
    let tokens = [own.tokens_per_minute, own.tokens_per_day];
    Ok(tokens.into_iter().flatten().any(|rate| (1..longest).contains(&rate.get())))
}

async fn read(app: &App, member: &Member, project: &Project) -> Result<RateLimits, Failure> {
    let page = ModelPage { limit: MOST, ..ModelPage::default() };
    Ok(app.store.rate_limits(&member.caller, project.id, &page).await?.0)
}

fn page(
    member: &Member,
    project: &Project,
    limits: &RateLimits,
    draft: &Draft,
    saved: Option<&str>,
) -> Response {
    let title = format!("Rate limits of {}", project.name);
    let edits = project.who.may(Action::EditProjectLimits).is_ok() && project.archived_at.is_none();
    member.visitor.look.page(Page::new(title).status(draft.status()), || {
        let head = head(member, project, Part::Rates);
        let path = format!("{}/limits", address(member, project));
        let saved = saved.map(|saved| {
            let (tone, text) = if saved == "short" {
                (Tone::Warn, "They are in force on every node at once. The tokens are fewer than the model’s longest answer: a request that sets no max_tokens is refused.")
            } else {
                (Tone::Ok, "They are in force on every node at once.")
            };
            view! { <Outcome tone lead="Rate limits saved." text/> }
        });
        let (list, form) =
            (list(&path, limits, member.organization.zone, edits), edits.then(|| form(&path, limits, draft)));
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                {head}
                {saved}
                {list}
                {form}
            </Shell>
        }
    })
}

fn list(path: &str, limits: &RateLimits, zone: Tz, edits: bool) -> AnyView {
    if limits.models.is_empty() {
        let text = format!("Each model that is used is listed here. {}", of_tier(&limits.tier));
        return view! { <Card title=labels::MODELS><Empty split=true title="No model was used yet" text/></Card> }
            .into_any();
    }
    let mut columns = vec![Column::text(labels::MODEL)];
    columns.extend(Rates::LABELS.map(Column::number));
    if edits {
        columns.push(Column::act());
    }
    let rows = limits.models.iter().map(|limit| row(path, limit, &limits.tier, edits));
    let rows = rows.collect_view();
    let foot = format!(
        "Used now, of what is allowed. A minute is one of the clock; a day is one of {}. Tokens are counted at an \
         estimate when a request is admitted, and corrected when it is done. {}",
        zone.name(),
        of_tier(&limits.tier)
    );
    view! {
        <Card title=labels::MODELS>
            <Table label="Rate limits by model" columns>{rows}</Table>
            <CardFoot><span>{foot}</span></CardFoot>
        </Card>
    }
    .into_any()
}

/// What the tier allows, as a sentence.
fn of_tier(tier: &Rates) -> String {
    match rate_fields::words(tier) {
        None => "The organization’s usage tier limits no rate.".to_owned(),
        Some(rates) => format!("The organization’s usage tier allows {rates}."),
    }
}

fn row(path: &str, limit: &RateLimit, tier: &Rates, edits: bool) -> AnyView {
    let force = limit.own.within(tier).all();
    let cells = force.into_iter().zip(limit.own.all()).zip(tier.all()).zip(limit.used);
    let cells = cells.zip(Rates::LABELS).map(|((((force, own), tier), used), label)| {
        let (words, note) = match force {
            None => (count(used), "no limit".to_owned()),
            Some(force) => (format!("{} of {}", count(used), count(force.get())), whose(own, tier)),
        };
        view! { <td data-l=label class="num"><div>{words}<small>{note}</small></div></td> }
    });
    let cells = cells.collect_view();
    let (model, path) = (limit.model.clone(), path.to_owned());
    let acts = edits.then(|| {
        let query = serde_urlencoded::to_string([("model", &model)]).unwrap_or_default();
        let href = format!("{path}?{query}#own-rates");
        let cleared = model.clone();
        let clear = (!limit.own.are_unset()).then(move || {
            let fields = vec![("action", "clear".to_owned()), ("model", cleared.clone())];
            view! { <PostButton action=path weight=Weight::Quiet fields>{labels::CLEAR}<span class="vh">" "{cleared}</span></PostButton> }
        });
        view! {
            <td class="act">
                <div class="row">
                    <LinkButton href weight=Weight::Quiet>"Set"<span class="vh">" rates of "{model}</span></LinkButton>
                    {clear}
                </div>
            </td>
        }
    });
    view! { <tr><th scope="row" class="mono">{limit.model.clone()}</th>{cells}{acts}</tr> }
        .into_any()
}

/// Whose a rate is that is in force.
fn whose(own: Option<Rate>, tier: Option<Rate>) -> String {
    match (own, tier) {
        (Some(own), Some(tier)) if own > tier => format!("the tier’s; own {}", count(own.get())),
        (Some(_), Some(tier)) => format!("own; the tier’s {}", count(tier.get())),
        (Some(_), None) => "own".to_owned(),
        (None, _) => "the tier’s".to_owned(),
    }
}

fn form(path: &str, limits: &RateLimits, draft: &Draft) -> AnyView {
    let (model, model_error, errors) = (draft.value("model"), draft.error("model"), draft.errors());
    let fields = Rates::NAMES.into_iter().zip(Rates::LABELS).zip(limits.tier.all());
    let fields = fields.map(|((name, label), tier)| {
        let most = tier.map_or_else(
            || labels::EMPTY_NO_LIMIT.to_owned(),
            |tier| format!("Empty: the tier’s {}, which is the most.", count(tier.get())),
        );
        let help = format!("{most} 0 lets nothing through.");
        let (value, error) = (draft.value(name), draft.error(name));
        view! { <Field name label value error help inputmode="numeric" maxlength=20/> }
    });
    let (fields, action) = (fields.collect_view(), path.to_owned());
    view! {
        <div id="own-rates">
            <Card title="Set own rates">
                <CardBody split=true>
                    <form class="form" method="post" action=action>
                        <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
                        <Field name="model" label=labels::MODEL value=model error=model_error required=true maxlength=100 help="As requests name it; one that was not used yet may be limited, too."/>
                        <div class="cols">{fields}</div>
                        <p class="muted">"A request counts its prompt and the longest answer that it allows, until it is done. One that sets no max_tokens allows the model’s longest answer: fewer tokens than that refuse all of these."</p>
                        <div class="row"><Button weight=Weight::Primary name="action" value="save">"Save rates"</Button></div>
                    </form>
                </CardBody>
            </Card>
        </div>
    }
    .into_any()
}
