//! `/{org}/team/{user}/remove` and `/{org}/team/leave`: what would stop, before somebody goes.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Role};
use leptos::prelude::*;
use store::{Member as Person, OwnKey, OwnKeys};

use crate::{
    components::{
        Button, Column, DialogPage, ErrorSummary, Group, Knob, LinkButton, Money, Table, Weight,
        count,
    },
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/team/leave", get(ask_leave).post(leave))
        .route("/{org}/team/{user}/remove", get(ask_remove).post(remove))
}

async fn ask_remove(
    State(app): State<App>,
    member: Member,
    Path((_, user)): Path<(String, String)>,
    fresh: Result<Fresh, Failure>,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let person = app.store.member(&member.caller, id(&user)?).await?;
    fresh?;
    page(&app, &member, &person, &Draft::default()).await
}

async fn remove(
    State(app): State<App>,
    member: Member,
    Path((_, user)): Path<(String, String)>,
    fresh: Result<Fresh, Failure>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let person = app.store.member(&member.caller, id(&user)?).await?;
    fresh?;
    match app.store.remove_member(&member.caller, person.user, chosen(&draft)?).await {
        Ok(()) if member.caller.user() == Some(person.user) => Ok(go("/")),
        Ok(()) => Ok(go(member.path("team?done=removed"))),
        Err(error) => {
            draft.conflict("keys", error)?;
            page(&app, &member, &person, &draft).await
        }
    }
}

async fn ask_leave(State(app): State<App>, member: Member, _: Fresh) -> Result<Response, Failure> {
    let person = app.store.member(&member.caller, member.visitor.account.id).await?;
    page(&app, &member, &person, &Draft::default()).await
}

async fn leave(
    State(app): State<App>,
    member: Member,
    _: Fresh,
    mut draft: Draft,
) -> Result<Response, Failure> {
    match app.store.leave(&member.caller, chosen(&draft)?).await {
        Ok(()) => Ok(go("/")),
        Err(error) => {
            let person = app.store.member(&member.caller, member.visitor.account.id).await?;
            draft.conflict("keys", error)?;
            page(&app, &member, &person, &draft).await
        }
    }
}

/// What is to become of the keys; who has none is not asked.
fn chosen(draft: &Draft) -> Result<OwnKeys, Failure> {
    match draft.value("keys").as_str() {
        "" | "revoke" => Ok(OwnKeys::Revoked),
        "hand_over" => Ok(OwnKeys::HandedOver),
        _ => Err(Failure::BadRequest),
    }
}

async fn page(
    app: &App,
    member: &Member,
    person: &Person,
    draft: &Draft,
) -> Result<Response, Failure> {
    let keys = app.store.keys_of(&member.caller, person.user).await?;
    let own = member.caller.user() == Some(person.user);
    let (title, action, verb) = if own {
        (
            format!("Leave {}?", member.organization.name),
            member.path("team/leave"),
            "Leave organization",
        )
    } else {
        let path = member.path(&format!("team/{}/remove", person.user));
        (format!("Remove {}?", person.name), path, "Remove member")
    };
    let text = if own {
        "You lose all that you see here at once, in every browser. Only an owner can invite you again."
    } else {
        "All open pages of this member stop working at once, and so do the admin keys that this member made. Past usage stays under the member’s name."
    };
    let page = Page::new(title.clone()).status(draft.status());
    Ok(member.visitor.look.page(page, || {
        let foot = view! {
            <LinkButton href=member.path("team") weight=Weight::Quiet>"Keep things as they are"</LinkButton>
            <Button weight=Weight::Danger>{verb}</Button>
        }
        .into_any();
        let (preview, errors) = (preview(&keys, member.caller.role), draft.errors());
        view! {
            <Shell frame=member.frame(NavItem::Team)>
                <form method="post" action=action>
                    <DialogPage title text foot>
                        <ErrorSummary lead="Nobody was removed" errors/>
                        <div id="f-keys" tabindex="-1">{preview}</div>
                    </DialogPage>
                </form>
            </Shell>
        }
    }))
}

fn preview(keys: &[OwnKey], role: Role) -> AnyView {
    if keys.is_empty() {
        return view! { <p>"No API key stops by this: there is none that works."</p> }.into_any();
    }
    let requests: i64 = keys.iter().map(|key| key.requests).sum();
    let lead = format!(
        "{} that sent {} in the last seven days:",
        match keys.len() {
            1 => "1 API key".to_owned(),
            many => format!("{many} API keys"),
        },
        match requests {
            1 => "1 request".to_owned(),
            many => format!("{} requests", count(many.unsigned_abs())),
        }
    );
    let columns = vec![
        Column::text("Key"),
        Column::text("Project"),
        Column::number("Requests"),
        Column::number("Charges"),
    ];
    let rows = keys.iter().map(row).collect_view();
    let heir = (role == Role::Owner).then(|| {
        view! {
            <Knob name="keys" value="hand_over" label="Hand them over"
                help="The keys go on as they are. A service account is made for them in each of their projects."/>
        }
    });
    view! {
        <p>{lead}</p>
        <Table label="Keys" columns>{rows}</Table>
        <Group legend="What becomes of them">
            <Knob name="keys" value="revoke" label="Revoke them" checked=true
                help="Every request with them is refused from now on. This can’t be undone."/>
            {heir}
        </Group>
    }
    .into_any()
}

fn row(key: &OwnKey) -> AnyView {
    view! {
        <tr>
            <th scope="row">{key.name.clone()}<small class="mono">{format!("…{}", key.last_four)}</small></th>
            <td data-l="Project">{key.project_name.clone()}</td>
            <td data-l="Requests" class="num">{count(key.requests.unsigned_abs())}</td>
            <td data-l="Charges" class="num"><Money amount=key.spent/></td>
        </tr>
    }
    .into_any()
}
