//! What stands around a page of a person rather than of an organization.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]

use leptos::prelude::*;

use crate::layouts::{Door, Frame, PageHead, Shell};

/// The navigation of the person's organization; who has none yet sees the page alone.
#[component]
pub(super) fn Personal(
    frame: Option<Frame>,
    title: &'static str,
    sub: &'static str,
    children: Children,
) -> impl IntoView {
    match frame {
        Some(frame) => view! { <Shell frame><PageHead title sub/>{children()}</Shell> }.into_any(),
        None => view! { <Door title sub>{children()}</Door> }.into_any(),
    }
}
