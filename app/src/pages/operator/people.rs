//! `/operator/users`: everybody with an account.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::UserId;
use leptos::prelude::*;
use store::system::operator::{PersonRow, Rows};
use tower_sessions::Session;

use super::{Asked, MOST, Part, Runner, ZONE, around, foot, search};
use crate::{
    components::{
        Badge, Card, CardBody, Column, Empty, PostButton, Precision, Table, Time, Toast, Tone,
        Weight, count,
    },
    labels,
    render::Page,
    web::{App, Draft, Failure, Fresh, Query, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/operator/users", get(show).post(sign_out))
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let rows = operator.people(&asked.search, asked.before(), MOST).await?;
    Ok(runner.look().page(Page::new("Users, operator"), || {
        around(runner.frame, Part::People, content(&asked, rows))
    }))
}

async fn sign_out(
    State(app): State<App>,
    runner: Runner,
    session: Session,
    draft: Draft,
) -> Result<Response, Failure> {
    Fresh::ask(&app, &session, "/operator/users").await?;
    let user = id::<UserId>(&draft.value("user"))?;
    runner.operator(&app).await?.end_sessions(user).await?;
    Ok(go("/operator/users?done"))
}

fn content(asked: &Asked, rows: Rows<PersonRow>) -> AnyView {
    let done = asked.done.as_ref().map(|_| {
        view! { <Toast lead=labels::SIGNED_OUT text="The person is signed out on all devices."/> }
    });
    let form = search("/operator/users", "Name, e-mail or ID", asked.search.clone());
    let last = rows.rows.last().filter(|_| rows.more).map(|row| row.id.to_string());
    let shown = rows.rows.len();
    let list = if shown == 0 {
        view! { <Empty split=true title="Nobody is found" text="Search for a part of a name or an address, or for a whole ID."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text(labels::E_MAIL),
            Column::text(labels::ACCOUNT_MADE),
            Column::number(labels::ORGANIZATIONS),
            Column::number(labels::DEVICES),
            Column::text(labels::LAST_SESSION),
            Column::act(),
        ];
        let rows = rows.rows.into_iter().map(row).collect_view();
        let foot = foot(shown, "/operator/users", ("search", &asked.search), last);
        view! { <Table label=labels::USERS columns>{rows}</Table>{foot} }.into_any()
    };
    view! { {done}<Card><CardBody>{form}</CardBody>{list}</Card> }.into_any()
}

fn row(row: PersonRow) -> AnyView {
    let operator = row.operator.then(|| view! { " "<Badge text=labels::OPERATOR/> });
    let unverified =
        (!row.verified).then(|| view! { " "<Badge tone=Tone::Warn text=labels::NOT_VERIFIED/> });
    let seen = match row.seen_at {
        Some(at) => view! { <Time at zone=ZONE precision=Precision::Day/> }.into_any(),
        None => view! { <span class="faint">{labels::NONE}</span> }.into_any(),
    };
    let out = (row.sessions > 0).then(|| {
        let fields = vec![("user", row.id.to_string())];
        view! { <PostButton action="/operator/users" fields weight=Weight::Quiet>{labels::SIGN_OUT}</PostButton> }
    });
    view! {
        <tr>
            <th scope="row">{row.email}{operator}{unverified}<small>{row.name}</small></th>
            <td data-l=labels::ACCOUNT_MADE><Time at=row.created_at zone=ZONE precision=Precision::Day/></td>
            <td data-l=labels::ORGANIZATIONS class="num">{count(row.organizations)}</td>
            <td data-l=labels::DEVICES class="num">{count(row.sessions)}</td>
            <td data-l=labels::LAST_SESSION>{seen}</td>
            <td class="act">{out}</td>
        </tr>
    }
    .into_any()
}
