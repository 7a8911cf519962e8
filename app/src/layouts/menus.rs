//! The two menus of the side: which organization, and who.

use leptos::prelude::*;

use super::Frame;
use crate::{
    components::{Glyph, Icon},
    labels,
    render::Theme,
};

#[component]
pub(super) fn OrganizationMenu(frame: Frame) -> impl IntoView {
    let here = frame.org_path;
    let several = frame.organizations.len() > 1;
    let organizations = frame.organizations.into_iter().map(|own| {
        let current = own.path == here;
        let note = match (own.default && several, own.role) {
            (true, role) => format!("{} · default", role.label()),
            (false, role) => role.label().to_owned(),
        };
        view! {
            <a href=own.path aria-current=current.then_some("true")>
                <span>{own.name}<small>{note}</small></span>
                {current.then(|| view! { <Icon glyph=Glyph::Check class="end"/> })}
            </a>
        }
    });
    view! {
        <div class="menu" id="orgs" popover="auto">
            <p>{labels::ORGANIZATIONS}</p>
            <div class="long">{organizations.collect_view()}</div>
            <hr/>
            {several.then(|| view! { <a href="/organizations">"All organizations"</a> })}
            <a href="/organizations/new"><Icon glyph=Glyph::Plus/>{labels::NEW_ORGANIZATION}</a>
        </div>
    }
    .into_any()
}

#[component]
pub(super) fn UserMenu(frame: Frame) -> impl IntoView {
    let themes = [
        (Theme::System, "Same as system"),
        (Theme::Light, "Light"),
        (Theme::Dark, "Dark"),
    ]
    .map(|(theme, words)| {
        let chosen = theme == frame.theme;
        view! {
            <button type="submit" name="theme" value=theme.as_str() aria-pressed=if chosen { "true" } else { "false" }>
                {words}
                {chosen.then(|| view! { <Icon glyph=Glyph::Check class="end"/> })}
            </button>
        }
    });
    view! {
        <div class="menu up" id="me" popover="auto">
            <p>{frame.user_email}</p>
            <a href="/account">{labels::YOUR_ACCOUNT}</a>
            {frame.operator.then(|| view! { <a href="/operator">"Operator area"</a> })}
            <a href="/account/keys">{labels::PERSONAL_KEYS}</a>
            <button type="button" popovertarget="keyboard">{labels::KEYBOARD}</button>
            <hr/>
            <p>"Theme"</p>
            <form method="post" action="/theme">{themes.collect_view()}</form>
            <hr/>
            <form method="post" action="/sign-out"><button type="submit">{labels::SIGN_OUT}</button></form>
        </div>
    }
    .into_any()
}
