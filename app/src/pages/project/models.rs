//! `/{org}/projects/{project}/models`: which models a project's keys may ask.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Models};
use leptos::prelude::*;
use serde::Deserialize;
use store::Project;

use super::{
    Part, address, head,
    providers::{Provider, providers},
};
use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Glyph, Group, Icon, Knob, TextArea, Toast, Weight,
        count,
    },
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, go, id},
};

/// What stands before a model in the name of its tick.
const TICK: &str = "model:";

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects/{project}/models", get(show).post(save))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    let book = providers(app.store.system().prices().await?, app.sandbox);
    let draft = stored(&project, &book);
    Ok(page(&member, &project, &book, &draft, after.saved.is_some()))
}

async fn save(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    project.who.may(Action::EditProject)?;
    if let Some(chosen) = read(&mut draft) {
        let models = match &chosen {
            Chosen::All => None,
            Chosen::Some(models) => Some(models),
        };
        app.store.set_project_models(&member.caller, project.id, models).await?;
        return Ok(go(format!("{}/models?saved", address(&member, &project))));
    }
    let book = providers(app.store.system().prices().await?, app.sandbox);
    Ok(page(&member, &project, &book, &draft, false))
}

/// What a form chooses.
enum Chosen {
    All,
    Some(Models),
}

/// What was chosen; nothing if something is wrong with it.
fn read(draft: &mut Draft) -> Option<Chosen> {
    match draft.value("which").as_str() {
        "all" => Some(Chosen::All),
        "chosen" => {
            let others = draft.value("others");
            let others = others.split([',', ' ', '\t', '\r', '\n']).filter(|name| !name.is_empty());
            match Models::new(draft.ticked(TICK).chain(others)) {
                Ok(models) => Some(Chosen::Some(models)),
                Err(error) => {
                    draft.refuse_with("others", &error);
                    None
                }
            }
        }
        _ => {
            draft.refuse("which", "Choose all models or some of them.");
            None
        }
    }
}

/// The form as it is stored.
fn stored(project: &Project, book: &[Provider]) -> Draft {
    let mut draft = Draft::default();
    let Some(models) = &project.models else {
        draft.keep("which", "all");
        return draft;
    };
    draft.keep("which", "chosen");
    let in_book = |name: &str| book.iter().any(|it| it.models.iter().any(|model| model == name));
    let (ticks, others): (Vec<_>, Vec<_>) = models.names().partition(|name| in_book(name));
    for name in ticks {
        draft.keep(&format!("{TICK}{name}"), "on");
    }
    draft.keep("others", &others.join("\n"));
    draft
}

fn page(
    member: &Member,
    project: &Project,
    book: &[Provider],
    draft: &Draft,
    saved: bool,
) -> Response {
    let title = format!("Models of {}", project.name);
    member.visitor.look.page(Page::new(title).status(draft.status()), || {
        let head = head(member, project, Part::Models);
        let content = if project.who.may(Action::EditProject).is_ok() {
            form(member, project, book, draft)
        } else {
            facts(project)
        };
        let saved = saved.then(|| {
            view! { <Toast lead="Models saved." text=labels::IT_IS_IN_FORCE_ON_EVERY_NODE_WITHIN_A_SECOND/> }
        });
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                {head}
                {saved}
                {content}
            </Shell>
        }
    })
}

/// For who only looks.
fn facts(project: &Project) -> AnyView {
    let Some(models) = &project.models else {
        return view! {
            <Card title=labels::MODELS><CardBody split=true><p>"Keys of this project may ask all models."</p></CardBody></Card>
        }
        .into_any();
    };
    let names = models.names().map(|name| view! { <li class="mono small">{name.to_owned()}</li> });
    let names = names.collect_view();
    view! {
        <Card title=labels::MODELS>
            <CardBody split=true>
                <p>"Keys of this project may ask these models. Any other is refused with 403 model_not_allowed."</p>
                <ul class="picks">{names}</ul>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn form(member: &Member, project: &Project, book: &[Provider], draft: &Draft) -> AnyView {
    let (all, chosen) = (draft.value("which") == "all", draft.value("which") == "chosen");
    let groups: Vec<_> = book.iter().map(|provider| group(provider, draft)).collect();
    let action = format!("{}/models", address(member, project));
    let inside = view! {
        <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
        <div id="f-which">
            <Group legend="Which models">
                <Knob name="which" value="all" label=labels::ALL_MODELS checked=all help="Also those that the price book gets later."/>
                <Knob name="which" value="chosen" label="Only those chosen below" checked=chosen help="A request must name one of them exactly; any other is refused with 403 model_not_allowed."/>
            </Group>
        </div>
        {groups}
        <TextArea
            name="others"
            label="Others"
            value=draft.value("others")
            rows=3
            help="Names that are not in the price book, one a line."
            error=draft.error("others")
        />
        <div class="row">
            <Button weight=Weight::Primary>"Save models"</Button>
            <span class="muted">"Running requests are not cut."</span>
        </div>
    }
    .into_any();
    let form = view! {
        <form method="post" action=action>
            <CardBody split=true>{inside}</CardBody>
        </form>
    };
    view! { <Card title=labels::MODELS note="What keys of this project may ask">{form}</Card> }
        .into_any()
}

/// A provider's models to tick; open if one is.
fn group(provider: &Provider, draft: &Draft) -> AnyView {
    let chosen = provider.models.iter().filter(|name| draft.has(&format!("{TICK}{name}"))).count();
    let ticks = provider.models.iter().map(|name| {
        let field = format!("{TICK}{name}");
        let checked = draft.has(&field);
        view! {
            <label class="pick">
                <input type="checkbox" name=field value="on" checked=checked/>
                <span class="mono small">{name.clone()}</span>
            </label>
        }
    });
    let ticks = ticks.collect_view();
    let of = u64::try_from(provider.models.len()).unwrap_or(0);
    let title = format!("{}, {chosen} of {} chosen", provider.label, count(of));
    let label = provider.label.clone();
    view! {
        <details class="snip" open=chosen != 0>
            <summary>{title}" "<Icon glyph=Glyph::Down/></summary>
            <fieldset class="picks">
                <legend class="vh">{label}</legend>
                {ticks}
            </fieldset>
        </details>
    }
    .into_any()
}
