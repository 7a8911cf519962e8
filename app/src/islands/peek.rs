//! The numbers of the bar under the pointer or the focus.

use leptos::{ev, prelude::*};
use serde::{Deserialize, Serialize};

/// One bar in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeekPoint {
    /// Its name, like `18 Nov`.
    pub label: String,
    /// Its total.
    pub total: String,
    /// Its parts that are not nothing, the largest first.
    pub lines: Vec<PeekLine>,
}

/// One part of a bar in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeekLine {
    /// Its colour, 1 to 8.
    pub colour: u8,
    /// Whose part it is.
    pub name: String,
    /// Its amount.
    pub value: String,
}

/// Shows and speaks the bar under the pointer; the arrow keys go from bar to bar. The picture is the
/// child, and stays as the server drew it.
#[island]
pub fn ChartPeek(
    /// The bars from left to right.
    points: Vec<PeekPoint>,
    children: Children,
) -> impl IntoView {
    let shown = RwSignal::new(None::<usize>);
    let count = points.len();
    let walk = move |event: ev::KeyboardEvent| {
        if let Some(next) = after(&event.key(), shown.get_untracked(), count) {
            event.prevent_default();
            place::focus(&event, next);
            shown.set(Some(next));
        }
    };
    // On the half where the pointer is not, so that it never covers its bar.
    let side = move || match shown.get() {
        Some(at) if 2 * at < count => "peek-tip end",
        Some(_) => "peek-tip",
        None => "peek-tip vh",
    };
    let words = move || shown.get().and_then(|at| points.get(at)).map(tip);
    view! {
        <div
            class="peek"
            tabindex="0"
            role="group"
            aria-label="Bar by bar, with the arrow keys"
            on:pointermove=move |event| shown.set(place::of(&event))
            on:pointerleave=move |_| shown.set(None)
            on:focusin=move |event| shown.set(place::of(&event))
            on:focusout=move |_| shown.set(None)
            on:keydown=walk
        >
            {children()}
            <div class=side aria-live="polite">{words}</div>
        </div>
    }
}

/// The lines of the tip. The total comes first, so that it is spoken first.
fn tip(point: &PeekPoint) -> impl IntoView + use<> {
    let lines = point.lines.iter().cloned().map(|line| {
        view! {
            <li>
                <span class="named"><svg class="swatch" aria-hidden="true"><rect class=format!("c{}", line.colour) width="12" height="12"/></svg>{line.name}</span>
                <span>{line.value}</span>
            </li>
        }
    });
    view! {
        <p><strong>{point.label.clone()}</strong>" "<b>{point.total.clone()}</b></p>
        <ul>{lines.collect_view()}</ul>
    }
}

#[cfg(feature = "hydrate")]
mod place {
    //! Where the pointer and the focus are, among the bars' links.
    use leptos::{ev, wasm_bindgen::JsCast as _};

    fn links(event: &ev::Event) -> Option<web_sys::NodeList> {
        let root = event.current_target()?.dyn_into::<web_sys::Element>().ok()?;
        root.query_selector_all("svg[role] > :is(a, g)").ok()
    }

    fn nth(links: &web_sys::NodeList, element: &web_sys::Element) -> Option<usize> {
        let at = (0..links.length())
            .find(|at| links.get(*at).is_some_and(|link| link.contains(Some(element))))?;
        usize::try_from(at).ok()
    }

    /// The bar whose column holds the event's target.
    pub(super) fn of(event: &ev::Event) -> Option<usize> {
        let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
        nth(&links(event)?, &target)
    }

    /// Moves the focus, so that Enter opens the bar's link.
    pub(super) fn focus(event: &ev::Event, at: usize) {
        let link = u32::try_from(at).ok().and_then(|at| links(event)?.get(at));
        if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::SvgElement>().ok()) {
            let _ = link.focus();
        }
    }
}

/// On the server nothing is ever pointed at.
#[cfg(not(feature = "hydrate"))]
mod place {
    use leptos::ev;

    pub(super) const fn of(_: &ev::Event) -> Option<usize> {
        None
    }

    pub(super) const fn focus(_: &ev::Event, _: usize) {}
}

/// The bar that a key leads to.
fn after(key: &str, from: Option<usize>, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    match (key, from) {
        ("Home", _) | ("ArrowRight", None) => Some(0),
        ("End", _) | ("ArrowLeft", None) => Some(last),
        ("ArrowRight", Some(at)) => Some((at + 1).min(last)),
        ("ArrowLeft", Some(at)) => Some(at.saturating_sub(1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn arrows_stay_among_the_bars() {
        assert_eq!(after("ArrowRight", Some(2), 3), Some(2));
        assert_eq!(after("ArrowLeft", Some(0), 3), Some(0));
        assert_eq!(after("ArrowRight", None, 3), Some(0));
        assert_eq!(after("End", Some(0), 3), Some(2));
        assert_eq!(after("ArrowRight", None, 0), None);
        assert_eq!(after("Tab", Some(1), 3), None);
    }
}
