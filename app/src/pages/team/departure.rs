//! `/{org}/team/{user}/remove` and `/{org}/team/leave`: what would stop, before somebody goes.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, ProjectId, Role, ServiceAccountId, api_key::ending};
use leptos::prelude::*;
use store::{Member as Person, OwnKey, OwnKeys, Powers, ServiceAccount};

use crate::{
    components::{
        Button, Column, DialogPage, ErrorSummary, Group, Knob, LinkButton, Money, Notice, Table,
        Tone, Weight, count,
    },
    labels,
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
        "hand_over" => {
            let chosen = draft.ticked(HEIR).map(|project| draft.value(&format!("{HEIR}{project}")));
            let heirs = chosen.filter(|text| !text.is_empty()).map(|text| text.parse());
            let heirs: Result<Vec<ServiceAccountId>, _> = heirs.collect();
            heirs.map(OwnKeys::HandedOver).map_err(|_| Failure::BadRequest)
        }
        _ => Err(Failure::BadRequest),
    }
}

/// What stands before a project in the name of its list of service accounts.
const HEIR: &str = "heir_";

async fn page(
    app: &App,
    member: &Member,
    person: &Person,
    draft: &Draft,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let keys = store.keys_of(caller, person.user).await?;
    let powers = store.powers_of(caller, person.user).await?;
    let accounts =
        if keys.is_empty() { Vec::new() } else { store.service_accounts(caller).await? };
    let own = member.caller.user() == Some(person.user);
    let stays = person.role == Role::Owner
        && store.members(caller).await?.iter().filter(|one| one.role == Role::Owner).count() == 1;
    let (title, action, verb) = if own {
        (
            format!("Leave {}?", member.organization.name),
            member.path("team/leave"),
            labels::LEAVE_ORGANIZATION,
        )
    } else {
        let path = member.path(&format!("team/{}/remove", person.user));
        (format!("Remove {}?", person.name), path, labels::REMOVE_MEMBER)
    };
    let text = if own {
        "You lose all that you see here at once, in every browser. Only an owner can invite you again."
    } else {
        "All open pages of this member stop working at once. Past usage stays under the member’s name."
    };
    let page = Page::new(title.clone()).status(draft.status());
    Ok(member.visitor.look.page(page, || {
        if stays {
            return only_owner(member, title);
        }
        let foot = view! {
            <LinkButton href=member.path("team") weight=Weight::Quiet>"Keep things as they are"</LinkButton>
            <Button weight=Weight::Danger>{verb}</Button>
        }
        .into_any();
        let heirs = (member.caller.role == Role::Owner).then(|| heirs(&keys, &accounts, draft));
        let (preview, errors) = (preview(&keys, heirs, draft), draft.errors());
        let powers = taken(&powers);
        view! {
            <Shell frame=member.frame(NavItem::Team)>
                <form method="post" action=action>
                    <DialogPage title text foot>
                        <ErrorSummary lead="Nobody was removed" errors/>
                        <div id="f-keys" tabindex="-1" class="stack">{preview}</div>
                        {powers}
                    </DialogPage>
                </form>
            </Shell>
        }
        .into_any()
    }))
}

/// An organization has an owner: said before anything is asked.
fn only_owner(member: &Member, title: String) -> AnyView {
    let foot = view! {
        <LinkButton href=member.path("settings/close")>"Close the organization"</LinkButton>
        <LinkButton href=member.path("team") weight=Weight::Primary>{labels::SEE_THE_TEAM}</LinkButton>
    };
    let text = "An organization keeps at least one owner: make another member an owner first. Or close the organization.";
    view! {
        <Shell frame=member.frame(NavItem::Team)>
            <DialogPage title text foot=foot.into_any()>
                <Notice tone=Tone::Warn lead="This is the only owner." text="Nobody else could see to members, budgets and billing."/>
            </DialogPage>
        </Shell>
    }
    .into_any()
}

fn preview(keys: &[OwnKey], heirs: Option<AnyView>, draft: &Draft) -> AnyView {
    if keys.is_empty() {
        return view! { <p>"No API key stops: there is none that works."</p> }.into_any();
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
        Column::text(labels::KEY),
        Column::text(labels::PROJECT),
        Column::number(labels::REQUESTS),
        Column::number(labels::CHARGES),
    ];
    let rows = keys.iter().map(row).collect_view();
    let over = draft.value("keys") == "hand_over";
    let heirs = heirs.map(|heirs| {
        view! {
            <Knob name="keys" value="hand_over" label="Hand them over" checked=over
                help="The keys go on as they are, owned by a service account in each of their projects."/>
            {heirs}
        }
    });
    view! {
        <p>{lead}</p>
        <Table label=labels::KEYS columns>{rows}</Table>
        <Group legend="What becomes of them">
            <Knob name="keys" value="revoke" label="Revoke them" checked=!over
                help="Every request with them is refused from now on. This can’t be undone."/>
            {heirs}
        </Group>
    }
    .into_any()
}

fn row(key: &OwnKey) -> AnyView {
    view! {
        <tr>
            <th scope="row">{key.name.clone()}<small class="mono">{ending(&key.last_four)}</small></th>
            <td data-l=labels::PROJECT>{key.project_name.clone()}</td>
            <td data-l=labels::REQUESTS class="num">{count(key.requests.unsigned_abs())}</td>
            <td data-l=labels::CHARGES class="num"><Money amount=key.spent/></td>
        </tr>
    }
    .into_any()
}

/// For each project of the keys: which service account has them from then on.
fn heirs(keys: &[OwnKey], accounts: &[ServiceAccount], draft: &Draft) -> AnyView {
    let mut projects: Vec<(ProjectId, &str)> =
        keys.iter().map(|key| (key.project, key.project_name.as_str())).collect();
    projects.sort_by_key(|(id, name)| (name.to_lowercase(), *id));
    projects.dedup();
    let field = |(project, label): (ProjectId, &str)| {
        let name = format!("{HEIR}{project}");
        let chosen = draft.value(&name);
        let options = accounts.iter().filter(|account| account.project == project).map(|account| {
            let value = account.id.to_string();
            let selected = value == chosen;
            view! { <option value=value selected=selected>{account.name.clone()}</option> }
        });
        view! {
            <label class="place">
                <span>{label.to_owned()}</span>
                <select name=name>
                    <option value="">{labels::A_NEW_ONE}</option>
                    {options.collect_view()}
                </select>
            </label>
        }
    };
    view! {
        <fieldset class="field places when-handed-over">
            <legend>"To which service accounts"</legend>
            {projects.into_iter().map(field).collect_view()}
        </fieldset>
    }
    .into_any()
}

/// What an owner could come back with.
fn taken(powers: &Powers) -> Option<AnyView> {
    let list = |lead: &'static str, lines: &[String]| {
        let items = lines.iter().map(|line| view! { <li>{line.clone()}</li> }).collect_view();
        (!lines.is_empty()).then(|| view! { <div><p>{lead}</p><ul>{items}</ul></div> })
    };
    let keys = list("Admin keys that stop at once:", &powers.admin_keys);
    let invitations = list("Invitations of owners that become void:", &powers.invitations);
    (keys.is_some() || invitations.is_some()).then(|| view! { {keys}{invitations} }.into_any())
}
