//! The one page that shows a key.

mod snippets;

use axum::{http::StatusCode, response::Response};
use domain::{KeyId, OrgId, Permissions};
use identity::MintedKey;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;

use crate::{
    components::{Button, DialogPage, Fact, Facts, LinkButton, Secret, Weight},
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Member},
};

/// A key that was made just now.
pub(in crate::pages) struct Shown {
    pub(in crate::pages) minted: MintedKey,
    /// What is known of it, as (label, words).
    pub(in crate::pages) facts: Vec<(&'static str, String)>,
    /// Where “I have stored it” leads.
    pub(in crate::pages) done: String,
    /// What is told there, as its query.
    pub(in crate::pages) said: Vec<(&'static str, String)>,
    /// What the examples may ask for.
    pub(in crate::pages) permissions: Permissions,
    /// The organization that a personal key's examples bill.
    pub(in crate::pages) organization: Option<OrgId>,
    /// Where the key's first request is waited for.
    pub(in crate::pages) first: Option<Waits>,
}

/// For the first request.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Waits {
    /// Asked until it is there.
    first: String,
    /// Where it is listed.
    requests: String,
}

impl Waits {
    pub(in crate::pages) fn for_key(member: &Member, key: KeyId) -> Self {
        let first = member.path(&format!("requests/first?key={key}"));
        Self { first, requests: member.path(&format!("requests?key={key}")) }
    }
}

impl Shown {
    /// In a page of the member's organization.
    pub(in crate::pages) fn of_member(&self, app: &App, member: &Member) -> Response {
        let content = Self::page();
        member.visitor.look.page(content, || {
            let dialog = self.dialog(app);
            view! { <Shell frame=member.frame(NavItem::Keys)>{dialog}</Shell> }
        })
    }

    /// Kept by no cache: all documents say so.
    pub(in crate::pages) fn page() -> Page {
        Page::new(labels::COPY_YOUR_NEW_KEY_NOW).islands()
    }

    pub(in crate::pages) fn dialog(&self, app: &App) -> AnyView {
        let secret = self.minted.secret.expose_secret().to_owned();
        let snippets =
            snippets::view(app, &secret, &self.permissions, self.organization, self.first.clone());
        let facts = self.facts.iter().cloned().map(|(label, words)| {
            view! { <Fact label>{words}</Fact> }
        });
        let facts = facts.collect_view();
        view! {
            <DialogPage
                title=labels::COPY_YOUR_NEW_KEY_NOW
                text=labels::SHOWN_ONCE
                foot=foot(&self.done, &self.said)
            >
                <Secret text=secret/>
                <Facts>{facts}</Facts>
                {snippets}
                {storage()}
            </DialogPage>
        }
        .into_any()
    }
}

fn foot(done: &str, said: &[(&'static str, String)]) -> AnyView {
    let said = said.iter().cloned();
    let said = said.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    let said = said.collect_view();
    view! {
        <form method="get" action=done.to_owned() class="row between">
            {said}
            <label class="pick"><input type="checkbox" required/><span>{labels::I_HAVE_STORED_THE_KEY}</span></label>
            <Button weight=Weight::Primary>{labels::DONE}</Button>
        </form>
    }
    .into_any()
}

fn storage() -> AnyView {
    view! {
        <div class="stack">
            <h2>"Where to keep it"</h2>
            <ul class="stack muted">
                <li>"Where your platform keeps secrets: a secret manager, or the variables of the deployment. Never in code, chat, a ticket or a web page."</li>
                <li>"An " <code>".env"</code> " file is for your own machine; keep it out of version control."</li>
                <li>"Never in a browser or an app: whoever has the key can spend what its budgets allow."</li>
                <li>"One key for each application, so that one can be rotated alone."</li>
                <li>"If it gets out, revoke it: it stops within a second."</li>
            </ul>
        </div>
    }
    .into_any()
}

/// The answer to a form that was sent before.
pub(in crate::pages) fn made_already(member: &Member) -> Response {
    let page = Page::new(labels::THIS_KEY_WAS_MADE_ALREADY).status(StatusCode::CONFLICT);
    member.visitor.look.page(page, || {
        let foot = view! {
            <LinkButton href=member.path("keys/new") weight=Weight::Quiet>"Make another key"</LinkButton>
            <LinkButton href=member.path("keys") weight=Weight::Primary>"See all keys"</LinkButton>
        }
        .into_any();
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <DialogPage title=labels::THIS_KEY_WAS_MADE_ALREADY foot>
                    <p>{labels::SENT_BEFORE}</p>
                </DialogPage>
            </Shell>
        }
    })
}
