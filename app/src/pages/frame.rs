//! What stands around a page of a person rather than of an organization.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]

use leptos::prelude::*;

use crate::{
    labels,
    layouts::{Door, Frame, PageHead, Shell},
};

/// The navigation of the person's organization; who has none yet sees the page alone.
#[component]
pub(super) fn Personal(
    frame: Option<Frame>,
    title: &'static str,
    sub: &'static str,
    /// It is part of the page about the account.
    #[prop(optional)]
    below: bool,
    children: Children,
) -> impl IntoView {
    let head = if below {
        let above = (labels::YOUR_ACCOUNT, "/account".to_owned());
        view! { <PageHead title sub above/> }.into_any()
    } else {
        view! { <PageHead title sub/> }.into_any()
    };
    match frame {
        Some(frame) => view! { <Shell frame>{head}{children()}</Shell> }.into_any(),
        None => view! { <Door title sub>{children()}</Door> }.into_any(),
    }
}
