//! One small chart for each series of a chart.

use chart::Chart;
use leptos::prelude::*;

/// The series side by side, all on one scale, each with its name, which leads to `hrefs` in the same order.
/// The table with the same numbers is the page's to add.
#[component]
pub fn Multiples(chart: Chart, hrefs: Vec<String>) -> impl IntoView {
    let pictures = chart.small();
    let all = chart.series.iter().zip(hrefs).zip(pictures);
    let one = all.map(|((series, href), svg)| {
        let name = series.name.clone();
        view! {
            <li><figure><figcaption><a href=href>{name}</a></figcaption><div inner_html=svg></div></figure></li>
        }
    });
    view! { <ul class="multiples">{one.collect_view()}</ul> }.into_any()
}
