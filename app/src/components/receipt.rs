//! A slip that adds up.

use leptos::prelude::*;

use crate::labels;

/// A receipt; each child is a part, parted by dashes.
#[component]
pub fn Receipt(children: Children) -> impl IntoView {
    view! { <article class="receipt" aria-label=labels::RECEIPT>{children()}</article> }.into_any()
}

/// A line of a sum.
#[derive(Debug, Clone)]
pub struct SumLine {
    pub label: String,
    pub amount: String,
    /// Below a rule, in bold.
    pub total: bool,
}

impl SumLine {
    pub fn new(label: impl Into<String>, amount: impl Into<String>) -> Self {
        Self { label: label.into(), amount: amount.into(), total: false }
    }

    #[must_use]
    pub fn total(mut self) -> Self {
        self.total = true;
        self
    }
}

/// Lines that add up to their totals.
#[component]
pub fn Sum(lines: Vec<SumLine>) -> impl IntoView {
    let lines = lines.into_iter().map(|line| {
        let class = line.total.then_some("total");
        view! { <dt class=class>{line.label}</dt><dd class=class>{line.amount}</dd> }
    });
    view! { <dl class="sum">{lines.collect_view()}</dl> }.into_any()
}
