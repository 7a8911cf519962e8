//! `/{org}/reports`: what was spent, mailed after each week or billing cycle.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use domain::{Action, Rhythm};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Conflict, Report, StoreError};

use crate::{
    components::{
        Badge, Button, Card, CardBody, ErrorSummary, Notice, PostButton, TextArea, Time, Toast,
        Tone, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go, sentence},
};

#[derive(Deserialize)]
pub(super) struct After {
    done: Option<String>,
}

/// What a button of the page does.
enum Deed {
    /// The report comes, or goes to others.
    Save,
    Stop,
    /// One comes to who asks.
    Send,
}

/// `GET`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    page(&app, &member, None, notice(&app, &member, after.done.as_deref())).await
}

/// `POST`
pub(super) async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditLimits)?;
    let rhythm: Rhythm = draft.value("rhythm").parse().map_err(|_| Failure::BadRequest)?;
    let (store, caller) = (&app.store, &member.caller);
    let (done, tried) = match deed(&draft)? {
        Deed::Stop => ("stopped", store.remove_report(caller, rhythm).await),
        Deed::Send => ("sent", store.send_report(caller, rhythm).await),
        Deed::Save => match draft.addresses(field(rhythm)) {
            Some(addresses) => ("saved", store.set_report(caller, rhythm, &addresses).await),
            None => return page(&app, &member, Some(draft), None).await,
        },
    };
    match tried {
        // Somebody else stopped it meanwhile.
        Ok(()) | Err(StoreError::NotFound) => Ok(go(member.path(&format!("reports?done={done}")))),
        Err(error @ StoreError::Conflict(Conflict::ThresholdAddresses)) => {
            draft.conflict(field(rhythm), error)?;
            page(&app, &member, Some(draft), None).await
        }
        Err(StoreError::Conflict(rule)) => {
            let text = sentence(&rule.to_string());
            let notice = view! { <Notice tone=Tone::Bad lead=labels::NOTHING_WAS_SENT_SAID text/> };
            let page = page(&app, &member, None, Some(notice.into_any())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn deed(draft: &Draft) -> Result<Deed, Failure> {
    match draft.value("deed").as_str() {
        "save" => Ok(Deed::Save),
        "stop" => Ok(Deed::Stop),
        "send" => Ok(Deed::Send),
        _ => Err(Failure::BadRequest),
    }
}

/// The name of the field with the addresses.
const fn field(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Weekly => "week_addresses",
        Rhythm::Monthly => "month_addresses",
    }
}

fn notice(app: &App, member: &Member, done: Option<&str>) -> Option<AnyView> {
    let (lead, text) = match done? {
        "saved" => ("Report saved.", String::new()),
        "stopped" => ("Report stopped.", "Nobody is mailed any more.".to_owned()),
        "sent" if app.mails => {
            ("A report is on its way.", format!("It goes to {}.", member.visitor.account.email))
        }
        "sent" => (
            "A report waits.",
            "This installation has no mail server: it is sent once there is one.".to_owned(),
        ),
        _ => return None,
    };
    Some(view! { <Toast lead text/> }.into_any())
}

async fn page(
    app: &App,
    member: &Member,
    draft: Option<Draft>,
    notice: Option<AnyView>,
) -> Result<Response, Failure> {
    let reports = app.store.reports(&member.caller).await?;
    let status = draft.as_ref().map(Draft::status).unwrap_or_default();
    let mut draft = draft.unwrap_or_else(|| Draft::with([]));
    // What was not typed stays as it is.
    for report in &reports {
        draft.keep(field(report.rhythm), &report.addresses.join("\n"));
    }
    Ok(member.visitor.look.page(Page::new(labels::REPORTS).status(status), || {
        let cards: Vec<_> = Rhythm::ALL
            .into_iter()
            .map(|rhythm| {
                card(member, rhythm, reports.iter().find(|it| it.rhythm == rhythm), &draft)
            })
            .collect();
        let (frame, above) =
            (member.frame(NavItem::Alerts), (labels::ALERTS, member.path("alerts")));
        view! {
            <Shell frame>
                <PageHead
                    title=labels::REPORTS
                    sub="What was spent, by mail: how much it was by day, compared with the time before, and by which projects and models."
                    above
                />
                {notice}
                <div class="grid two">{cards}</div>
            </Shell>
        }
    }))
}

fn card(member: &Member, rhythm: Rhythm, report: Option<&Report>, draft: &Draft) -> AnyView {
    let action = member.path("reports");
    let (title, when) = match rhythm {
        Rhythm::Weekly => ("After each week", "On Monday morning, of the week that is over."),
        Rhythm::Monthly => {
            ("After each billing cycle", "In the morning after a cycle has ended, of that cycle.")
        }
    };
    let name = field(rhythm);
    let state = match report {
        Some(report) => view! {
            <p class="row"><Badge tone=Tone::Ok text=labels::ON/><span>"Next one "<Time at=report.due zone=member.organization.zone/></span></p>
        }
        .into_any(),
        None => view! { <p class="row"><Badge text=labels::OFF/><span class="faint">{when}</span></p> }.into_any(),
    };
    let verb = if report.is_some() { "Save addresses" } else { "Start report" };
    let word = rhythm.as_str();
    let fields = move |deed: &str| vec![("rhythm", word.to_owned()), ("deed", deed.to_owned())];
    let stop = report.is_some().then(|| {
        let (action, fields) = (action.clone(), fields("stop"));
        view! { <PostButton action fields weight=Weight::Quiet>"Stop report"</PostButton> }
    });
    let (send, sent) = (action.clone(), fields("send"));
    let (value, error) = (draft.value(name), draft.error(name));
    let errors = error.is_some().then(|| {
        view! { <ErrorSummary lead=labels::NOTHING_WAS_CHANGED errors=draft.errors()/> }
    });
    view! {
        <Card title=title>
            <CardBody split=true>
                {state}
                <form class="form" method="post" action=action>
                    <input type="hidden" name="rhythm" value=word/>
                    <input type="hidden" name="deed" value="save"/>
                    {errors}
                    <TextArea
                        name=name
                        label=labels::MAIL_ALSO_TO
                        rows=2
                        value=value
                        help="Besides the owners; at most 10 addresses. Leave it empty for the owners alone."
                        error=error
                    />
                    <div class="row"><Button>{verb}</Button></div>
                </form>
                <div class="row">
                    <PostButton action=send fields=sent>"Send me one now"</PostButton>
                    {stop}
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}
