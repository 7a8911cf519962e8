//! `/{org}/keys/import`: lists keys that live at the provider by their labels.

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;
use store::{Conflict, Label, StoreError};

use crate::{
    components::{
        Button, Card, CardBody, Choice, ErrorSummary, LinkButton, Select, TextArea, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    pages::{
        key_fields,
        new_key::{choices, project},
    },
    render::Page,
    web::{App, Draft, Failure, Member, go},
};

/// The most labels at once.
const MOST: usize = 200;

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/import", get(show).post(import))
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    page(&app, &member, &Draft::default()).await
}

async fn import(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let form = key_fields::read_once(&draft)?;
    let project = project(&app, &member, &mut draft).await?;
    let labels = match labels(&draft.value("labels")) {
        Ok(labels) => Some(labels),
        Err(sentence) => {
            draft.refuse("labels", sentence);
            None
        }
    };
    let listed = member.path("keys?state=imported");
    if let (Some(project), Some(labels)) = (project, labels) {
        match app.store.import_api_keys(&member.caller, project.id, form, &labels).await {
            // The labels are there: what was wanted.
            Ok(()) | Err(StoreError::Conflict(Conflict::KeyMade)) => return Ok(go(listed)),
            Err(error) => draft.conflict("project", error)?,
        }
    }
    page(&app, &member, &draft).await
}

/// A label a line, with the last four characters behind a comma.
fn labels(text: &str) -> Result<Vec<Label>, String> {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => return Err("Write a label on each line.".to_owned()),
        1..=MOST => {}
        many => return Err(format!("These are {many} labels: at most {MOST} at once.")),
    }
    let label = |(place, line): (usize, &&str)| {
        let (name, last_four) = line.rsplit_once(',').unwrap_or((line, ""));
        // Copied from a page, they come with their dots and what keeps them together.
        let last_four = last_four.trim().trim_start_matches(['…', '\u{2060}']);
        let name = name.parse().map_err(|error| format!("Line {}: {error}.", place + 1))?;
        let fits = matches!(last_four.len(), 0 | 4)
            && last_four.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if fits {
            Ok(Label { name, last_four: last_four.to_owned() })
        } else {
            Err(format!("Line {}: write the last four characters of the key, no more.", place + 1))
        }
    };
    lines.iter().enumerate().map(label).collect()
}

async fn page(app: &App, member: &Member, draft: &Draft) -> Result<Response, Failure> {
    let projects = choices(app, member).await?;
    Ok(member.visitor.look.page(Page::new(labels::IMPORT_LABELS).status(draft.status()), || {
        let above = (labels::API_KEYS, member.path("keys"));
        let form = form(member, draft, projects);
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title=labels::IMPORT_LABELS sub="Lists the keys that applications still use at the provider, so that none is forgotten. Never paste a key here." above/>
                <Card><CardBody>{form}</CardBody></Card>
            </Shell>
        }
    }))
}

fn form(member: &Member, draft: &Draft, projects: Vec<Choice>) -> AnyView {
    view! {
        <form class="form" method="post" action=member.path("keys/import")>
            <ErrorSummary lead="Nothing was imported" errors=draft.errors()/>
            {key_fields::once(draft)}
            <Select name="project" label=labels::PROJECT choices=projects value=draft.value("project") error=draft.error("project")/>
            <TextArea name="labels" label="Labels" value=draft.value("labels") error=draft.error("labels") rows=10 required=true help="One a line, up to 200: the name, and if you like a comma and the last four characters, like “nightly-import, 3f9K”. They are listed as untracked until each is replaced by a key of this organization."/>
            <div class="row">
                <Button weight=Weight::Primary>{labels::IMPORT_LABELS}</Button>
                <LinkButton href=member.path("keys") weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_perhaps_four_characters() {
        let read = labels("nightly-import, 3f9K\n\n  support, web , …d41c\nplain\n").unwrap();
        let read: Vec<_> =
            read.iter().map(|label| (label.name.as_str(), &*label.last_four)).collect();
        assert_eq!(read, [("nightly-import", "3f9K"), ("support, web", "d41c"), ("plain", "")]);
    }

    #[test]
    fn what_a_page_shows_of_a_key_is_read_again() {
        let copied = format!("web, {}", domain::api_key::ending("nMuY"));
        assert_eq!(labels(&copied).unwrap()[0].last_four, "nMuY");
    }

    #[test]
    fn a_key_is_no_label() {
        for text in ["", " \n ", "a, sk-proj-1234", "a, é9K2", ", 3f9K", &"x\n".repeat(201)] {
            assert!(labels(text).is_err(), "{text}");
        }
        assert!(labels(&"x".repeat(10_000)).unwrap_err().starts_with("Line 1:"));
    }
}
