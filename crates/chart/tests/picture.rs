//! What the picture must hold, whatever is drawn.

use chart::{Cap, Chart, Course, Point, Series, Unit};
use proptest::prelude::*;

const DOLLAR: i128 = 1_000_000_000_000;

fn chart(rows: &[Vec<i128>]) -> Chart {
    let parts = rows.first().map_or(0, Vec::len);
    let series = (1..).take(parts).map(|colour| Series { name: format!("S{colour}"), colour });
    let points = rows.iter().enumerate().map(|(day, values)| Point {
        label: format!("{} Nov", day + 1),
        tick: (day + 1).to_string(),
        values: values.clone(),
        before: None,
        link: Some(format!("/usage?day={}", day + 1)),
    });
    Chart {
        label: "Daily cost by project".to_owned(),
        unit: Unit::Dollars,
        series: series.collect(),
        points: points.collect(),
    }
}

/// The value of an attribute, in the tag that begins `text`.
fn attribute(text: &str, name: &str) -> f64 {
    let value = text.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split(['"', '%']));
    value.and_then(|mut value| value.next()?.parse().ok()).unwrap_or(f64::NAN)
}

/// Top and height in pixels of the parts of each bar, the lowest first.
fn bars(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let parts = |link: &str| {
        link.split("<rect class=\"c")
            .skip(1)
            .map(|rect| (attribute(rect, "y"), attribute(rect, "height")))
            .collect()
    };
    svg.split("<a ").skip(1).map(parts).collect()
}

#[test]
fn two_days_of_two_projects() {
    let mut chart = chart(&[vec![300 * DOLLAR, 120 * DOLLAR], vec![80 * DOLLAR, 0]]);
    chart.points[0].before = Some(250 * DOLLAR);
    insta::assert_snapshot!(chart.svg().unwrap().replace("><", ">\n<"));
}

#[test]
fn nothing_is_a_flat_line_under_an_axis() {
    let svg = chart(&[vec![0], vec![0]]).svg().unwrap();
    assert!(bars(&svg).iter().all(Vec::is_empty), "{svg}");
    assert!(svg.contains(r#"<line class="zero" x1="0%" y1="260" x2="100%" y2="260"/>"#), "{svg}");
    assert!(svg.contains(">$1.00</text>"), "{svg}");
    assert!(chart(&[]).svg().unwrap().contains(r#"role="img""#));
}

#[test]
fn one_small_picture_a_part_on_one_scale() {
    let chart = chart(&[vec![300 * DOLLAR, 120 * DOLLAR], vec![80 * DOLLAR, 0]]);
    let small = chart.small();
    insta::assert_snapshot!(small.join("\n\n").replace("><", ">\n<"));
    // A dollar is as high in one as in the other.
    let highest = |svg: &String| {
        let bars = svg.split("<rect").skip(1).map(|rect| attribute(rect, "height"));
        bars.fold(0.0, f64::max)
    };
    assert!((highest(&small[0]) / highest(&small[1]) - 2.5).abs() < 0.01, "{small:?}");
}

#[test]
fn small_pictures_of_nothing_and_of_hostile_names() {
    let mut chart = chart(&[vec![0, -DOLLAR], vec![0, 0]]);
    chart.series[0].name = "\"><script>".to_owned();
    let small = chart.small();
    assert!(
        small.iter().all(|svg| !svg.contains("<rect") && svg.contains(": nothing\"")),
        "{small:?}"
    );
    assert!(!small[0].contains("<script"), "{small:?}");
    chart.points.clear();
    assert_eq!(chart.small().len(), 2);
}

#[test]
fn a_course_with_its_limits() {
    let course = Course {
        label: "Spent so far".to_owned(),
        unit: Unit::Dollars,
        ticks: (1..=4).map(|day| day.to_string()).collect(),
        spent: vec![100 * DOLLAR, 250 * DOLLAR],
        forecast: Some(500 * DOLLAR),
        before: vec![90 * DOLLAR, 180 * DOLLAR, 290 * DOLLAR, 400 * DOLLAR],
        caps: vec![
            Cap { words: "Budget <b>".to_owned(), amount: 450 * DOLLAR, near: true },
            Cap { words: "Far".to_owned(), amount: 9_000 * DOLLAR, near: false },
        ],
    };
    insta::assert_snapshot!(course.svg().unwrap().replace("><", ">\n<"));
    let empty = Course { ticks: vec![], spent: vec![], before: vec![], ..course };
    assert!(empty.svg().unwrap().ends_with("</svg>"));
}

#[test]
fn names_and_links_stay_text() {
    let mut chart = chart(&[vec![DOLLAR]]);
    let attack = r#""><script>alert('x')</script>&"#;
    chart.label = attack.to_owned();
    let point = &mut chart.points[0];
    point.label = attack.to_owned();
    point.tick = attack.to_owned();
    point.link = Some(attack.to_owned());
    let svg = chart.svg().unwrap();
    assert!(!svg.contains("<script") && !svg.contains("\"\">"), "{svg}");
    let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
    assert_eq!(svg.matches(escaped).count(), 4, "{svg}");
}

proptest! {
    #[test]
    fn parts_stand_on_each_other_and_bars_keep_their_order(
        rows in prop::collection::vec(prop::collection::vec(0..i128::from(u64::MAX), 4), 1..40),
    ) {
        let svg = chart(&rows).svg().unwrap();
        let bars = bars(&svg);
        prop_assert_eq!(bars.len(), rows.len());
        let mut tops = Vec::new();
        for (parts, row) in bars.iter().zip(&rows) {
            let mut ground = 260.0;
            for (top, height) in parts {
                prop_assert!((top + height - ground).abs() < 0.11, "{svg}");
                prop_assert!(*top >= 9.99 && *height >= 0.0);
                ground = *top;
            }
            tops.push((row.iter().sum::<i128>(), ground));
        }
        tops.sort_by_key(|(total, _)| *total);
        prop_assert!(tops.is_sorted_by(|(_, low), (_, high)| low >= high));
    }

    #[test]
    fn any_number_is_drawn(
        value in any::<i128>(),
        before in prop::option::of(any::<i128>()),
        unit in prop::sample::select(vec![Unit::Dollars, Unit::Tokens, Unit::Requests]),
    ) {
        let mut chart = chart(&[vec![value, value]]);
        chart.unit = unit;
        chart.points[0].before = before;
        let svg = chart.svg().unwrap();
        prop_assert!(svg.ends_with("</svg>") && !svg.contains("NaN"));
    }
}
