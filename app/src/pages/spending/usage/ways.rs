//! The ways to look at usage: which cycle, told apart by what.

use leptos::prelude::*;
use store::usage::Group;

use super::View;
use crate::{
    components::{Button, Choice, Link, Seg, Select},
    pages::spending::{
        calendar::{cycle_name, slug},
        question::{Measure, group_label},
    },
};

/// So many cycles are a click away; older ones are in a list.
const NEAR: usize = 4;

/// Which cycle, what is counted, and by what.
pub(super) fn choices(page: &View) -> AnyView {
    let near = page.cycles.iter().enumerate().take(NEAR).map(|(place, cycle)| {
        let wanted = if place == 0 { None } else { Some(*cycle) };
        let text = cycle.label.format("%b %Y").to_string();
        Link::new(text, page.question.with_cycle(wanted).href(&page.path))
            .current(*cycle == page.cycle)
    });
    let near: Vec<_> = near.collect();
    let groups = Group::ALL.map(|group| {
        Link::new(group_label(group), page.question.with_group(group).href(&page.path))
            .current(group == page.question.by)
    });
    let measures = Measure::ALL.map(|measure| {
        Link::new(measure.label(), page.question.with_measure(measure).href(&page.path))
            .current(measure == page.question.measure)
    });
    view! {
        <div class="row between">
            <div class="row">
                <Seg label="Billing cycle" links=near/>
                {older(page)}
            </div>
            <div class="row">
                <Seg label="Measure" links=measures.to_vec()/>
                <div class="row">
                    <span class="faint">"by"</span>
                    <Seg label="Told apart by" links=groups.to_vec()/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn older(page: &View) -> Option<AnyView> {
    let older = page.cycles.get(NEAR..).filter(|older| !older.is_empty())?;
    let choices: Vec<_> =
        older.iter().map(|cycle| Choice::new(slug(*cycle), cycle_name(*cycle))).collect();
    let value = slug(page.cycle);
    let form = view! {
        <form class="row" method="get" action=page.path.clone()>
            <input type="hidden" name="by" value=page.question.by.as_str()/>
            <input type="hidden" name="measure" value=page.question.measure.as_str()/>
            <Select name="cycle" label="Older cycle" choices value/>
            <Button>"Show"</Button>
        </form>
    };
    Some(form.into_any())
}
