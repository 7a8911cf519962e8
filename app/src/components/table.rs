//! Tables that stay readable on a phone.

use leptos::prelude::*;

use super::{Glyph, Icon};

use crate::labels;

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Column {
    title: String,
    number: bool,
    act: bool,
    sorted: Option<&'static str>,
    href: Option<String>,
}

impl Column {
    /// Words, aligned left.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), number: false, act: false, sorted: None, href: None }
    }

    /// Numbers, aligned right.
    pub fn number(title: impl Into<String>) -> Self {
        Self { number: true, ..Self::text(title) }
    }

    /// Buttons; the title is only spoken. Its cells have the class `act`.
    pub fn act() -> Self {
        Self { act: true, ..Self::text(labels::ACTIONS) }
    }

    /// The column by which the rows stand, the largest first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.sorted = Some("descending");
        self
    }

    /// Where a click leads: the same page in another order.
    #[must_use]
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    fn view(self) -> impl IntoView {
        let class = match (self.number, self.act) {
            (_, true) => Some("act"),
            (true, _) => Some("num"),
            _ => None,
        };
        let mark = self.sorted.map(|_| view! { " "<Icon glyph=Glyph::Down/> });
        let words = match (self.act, self.href) {
            (true, _) => view! { <span class="vh">{self.title}</span> }.into_any(),
            (_, Some(href)) => view! { <a href=href>{self.title}{mark}</a> }.into_any(),
            (_, None) => view! { {self.title}{mark} }.into_any(),
        };
        view! { <th scope="col" class=class aria-sort=self.sorted>{words}</th> }
    }
}

/// What becomes of a table that is too wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Narrow {
    /// Each row becomes a block; cells say their column by `data-l`. Cells of the class `wide` go.
    #[default]
    Fold,
    /// It scrolls, with the first column in place: where columns are compared.
    Pin,
    /// It scrolls like that, and folds on a phone, where the last column would be far away.
    Both,
}

/// A table in a card. Its children are the rows: `<tr><th scope="row">…</th><td>…</td></tr>`.
#[component]
pub fn Table(
    /// What it lists, for those who can't see it.
    #[prop(into)]
    label: String,
    columns: Vec<Column>,
    #[prop(optional)] narrow: Narrow,
    /// Many columns of numbers.
    #[prop(optional)]
    dense: bool,
    /// The rows of totals.
    #[prop(optional)]
    foot: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let (scroll, table) = match (narrow, dense) {
        (Narrow::Fold, false) => ("scroll", "table fold"),
        (Narrow::Fold, true) => ("scroll", "table fold dense"),
        (Narrow::Pin, false) => ("scroll pin", "table"),
        (Narrow::Pin, true) => ("scroll pin", "table dense"),
        (Narrow::Both, false) => ("scroll pin", "table fold"),
        (Narrow::Both, true) => ("scroll pin", "table fold dense"),
    };
    view! {
        <section class=scroll tabindex="0" aria-label=label>
            <table class=table>
                <thead><tr>{columns.into_iter().map(Column::view).collect_view()}</tr></thead>
                <tbody>{children()}</tbody>
                {foot.map(|foot| view! { <tfoot>{foot}</tfoot> })}
            </table>
        </section>
    }
    .into_any()
}
