//! `/{org}/billing`: who pays. Without it requests are refused.

pub(super) mod countries;
mod profile;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::Action;
use leptos::prelude::*;
use serde::Deserialize;
use store::BillingProfile;

use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Field, LinkButton, Notice, Select, TextArea, Tone,
        Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/billing", get(show).post(save))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let stored = app.store.billing_profile(&member.caller).await?;
    let draft = stored.as_ref().map_or_else(|| profile::first(&member), profile::draft);
    Ok(page(&member, stored.as_ref(), &draft, after.saved.is_some()))
}

async fn save(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditBilling)?;
    if let Some(profile) = profile::read(&mut draft) {
        app.store.set_billing_profile(&member.caller, &profile).await?;
        return Ok(go(member.path("billing?saved")));
    }
    let stored = app.store.billing_profile(&member.caller).await?;
    Ok(page(&member, stored.as_ref(), &draft, false))
}

fn page(member: &Member, stored: Option<&BillingProfile>, draft: &Draft, saved: bool) -> Response {
    let page = Page::new(labels::BILLING).status(draft.status());
    member.visitor.look.page(page, || {
        let (state, form) = (state(member, stored.is_some(), saved), form(member, draft));
        let (corrections, why) = (member.path("corrections"), explanation(stored.is_some()));
        view! {
            <Shell frame=member.frame(NavItem::Billing)>
                <PageHead title=labels::BILLING sub="Who pays for what this organization spends. Exchequer takes no card and no bank data.">
                    <LinkButton href=corrections>{labels::CORRECTIONS}</LinkButton>
                </PageHead>
                {state}
                <div class="grid two">
                    <Card title=labels::BILLING_PROFILE><CardBody split=true>{form}</CardBody></Card>
                    {why}
                </div>
            </Shell>
        }
    })
}

fn state(member: &Member, filled: bool, saved: bool) -> Option<AnyView> {
    let keys = member.path("keys/new");
    match (filled, saved) {
        (true, true) => Some(
            view! {
                <Notice tone=Tone::Ok lead="Billing profile saved." text="Requests with this organization’s keys are let through.">
                    <LinkButton href=keys>{labels::MAKE_A_KEY}</LinkButton>
                </Notice>
            }
            .into_any(),
        ),
        (true, false) => None,
        (false, _) => Some(
            view! {
                <Notice
                    tone=Tone::Warn
                    lead=labels::REQUESTS_ARE_REFUSED_UNTIL_BILLING_IS_FILLED_IN
                    text="Members can sign in and look around, projects, keys and budgets can be made."
                />
            }
            .into_any(),
        ),
    }
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    let field = |name| (draft.value(name), draft.error(name));
    let (legal_name, legal_error) = field("legal_name");
    let (email, email_error) = field("email");
    let (address, address_error) = field("address");
    let (country, country_error) = field("country");
    let (tax_id, tax_error) = field("tax_id");
    let (cost_centre, cost_error) = field("cost_centre");
    view! {
        <form class="form" method="post" action=member.path("billing")>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors=draft.errors()/>
            <Field name="legal_name" label=labels::LEGAL_NAME value=legal_name error=legal_error required=true maxlength=100 autocomplete="organization"/>
            <Field name="email" label="Billing e-mail" kind="email" value=email error=email_error required=true help="Where questions about a bill go." autocomplete="email"/>
            <TextArea name="address" label=labels::ADDRESS value=address error=address_error required=true help="Street, place and postal code, as on an invoice."/>
            <Select name="country" label="Country" choices=countries::choices() value=country error=country_error/>
            <div class="cols">
                <Field name="tax_id" label="Tax ID (optional)" value=tax_id error=tax_error maxlength=60/>
                <Field name="cost_centre" label="Cost centre (optional)" value=cost_centre error=cost_error maxlength=60/>
            </div>
            <div class="row"><Button weight=Weight::Primary>"Save billing profile"</Button></div>
        </form>
    }
    .into_any()
}

fn explanation(filled: bool) -> AnyView {
    let refused = (!filled).then(|| {
        view! {
            <p>
                "While the profile is empty the gateway answers every request with status 429 and the code "
                <code>"billing_not_active"</code>
                ". Nothing is forwarded and nothing is charged."
            </p>
        }
    });
    view! {
        <Card title="Why it is asked for">
            <CardBody split=true>
                <p>"Every request costs somebody money. Before the first one is forwarded, it must be clear who that is."</p>
                {refused}
                <p>"How much may be spent is another matter: budgets decide that."</p>
            </CardBody>
        </Card>
    }
    .into_any()
}
