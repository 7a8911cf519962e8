//! The ways to look at usage: which time, told apart by what, of which part.

use leptos::prelude::*;
use store::{
    slices::{Dimension, Slice},
    usage::Totals,
};

use super::{View, asked::QUARTERED, choices::Choices, views};
use crate::{
    components::{
        Button, Chips, Choice, DateRange, Field, Fold, GroupedSelect, Link, LinkButton, Seg,
        Select, SetFilter, Weight,
    },
    labels,
    pages::{
        spending::{
            calendar::{cycle_name, slug},
            question::{Filter, Measure, Question, Range, label, tagged},
            stretch::{Kind, Step},
        },
        zones,
    },
};

/// All of them.
pub(super) fn choices(page: &View) -> AnyView {
    let question = &page.asked.question;
    let measures = Measure::ALL.map(|measure| {
        Link::new(measure.label(), question.with_measure(measure).href(&page.path))
            .current(measure == question.measure)
    });
    let zone = page.asked.stretch.zone.name().to_owned();
    let (ranges, chips) = (ranges(page), chips(page));
    let (settings, time, filter) = (settings(page), time(page, zone), filter(page));
    let views = views::list(page);
    view! {
        <div class="row between">
            <Seg label=labels::RANGE links=ranges/>
            <Seg label=labels::MEASURE links=measures.to_vec()/>
        </div>
        {settings}
        <div class="ways">{time}{filter}{views}</div>
        {chips}
    }
    .into_any()
}

/// The ranges that are a click away.
fn ranges(page: &View) -> Vec<Link> {
    let (question, cycles) = (&page.asked.question, &page.asked.cycles);
    let shown = match (&question.range, page.asked.stretch.kind) {
        (_, Kind::Cycle(cycle)) => cycles.iter().position(|it| *it == cycle).map(|at| match at {
            0 => Range::ThisCycle,
            1 => Range::LastCycle,
            _ => Range::Cycle(slug(cycle.window)),
        }),
        (range, Kind::Dates(..)) => Some(range.clone()),
    };
    let last = (cycles.len() > 1).then_some(("Last cycle", Range::LastCycle));
    let ranges = [
        (labels::TODAY, Range::Days(1)),
        ("7 days", Range::Days(7)),
        ("30 days", Range::Days(30)),
        (labels::THIS_CYCLE, Range::ThisCycle),
    ];
    let link = |(text, range): (&str, Range)| {
        let is_shown = shown.as_ref() == Some(&range);
        Link::new(text, question.with_range(range).href(&page.path)).current(is_shown)
    };
    ranges.into_iter().chain(last).map(link).collect()
}

/// A form that asks for the same page with some values changed: all others are sent along.
fn form(page: &View, class: &'static str, names: &[&str], fields: AnyView) -> AnyView {
    let kept = page.asked.question.pairs().into_iter().filter(|(name, _)| !names.contains(name));
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form class=class method="get" action=page.path.clone()>{kept.collect_view()}{fields}</form>
    }
    .into_any()
}

/// What usage can be told apart by: first, and beside it. Beside a tag there is no other, and neither key
/// nor member.
fn apart(page: &View) -> (Vec<Choice>, Vec<Choice>) {
    let question = &page.asked.question;
    let known = &page.choices.tags;
    let own = question.tag.as_ref().filter(|own| !known.contains(own));
    let tags = known.iter().chain(own);
    let tags = tags.map(|key| Choice::new(tagged::choice(key), format!("Tag {key}")));
    let tagged = question.tag_key().is_some();
    let dimensions = Dimension::ALL.into_iter().filter(|it| page.whole || *it != Dimension::Member);
    let choice = |it: Dimension| Choice::new(it.as_str(), label(it));
    let by = dimensions.clone().map(choice).chain(tags.clone()).collect();
    let beside = dimensions.filter(|it| !tagged || tagged::is_kept(*it)).map(choice);
    let more = tags.filter(|_| question.by != Dimension::Tag);
    let and = std::iter::once(Choice::new("", "Nothing more")).chain(beside).chain(more);
    (by, and.collect())
}

/// Told apart by what, compared with what.
fn settings(page: &View) -> AnyView {
    let question = &page.asked.question;
    let (by, and) = apart(page);
    let by_value = question.written(question.by);
    let and_value = question.and.map(|and| question.written(and)).unwrap_or_default();
    let compare = vec![Choice::new("", "The time before"), Choice::new("no", "Nothing")];
    let compare_value = if question.compared { "" } else { "no" };
    let step = page.asked.stretch.step.word();
    let sum = vec![Choice::new("", format!("Each {step}")), Choice::new("yes", "Added up")];
    let sum_value = if question.added { "yes" } else { "" };
    let shape = vec![Choice::new("", "Stacked"), Choice::new("multiples", "A chart each")];
    let shape_value = if question.apart { "multiples" } else { "" };
    let fields = view! {
        <Select name="by" label="Group by" choices=by value=by_value/>
        <Select name="and" label="and" choices=and value=and_value/>
        <Select name="compare" label="Compare with" choices=compare value=compare_value/>
        <Select name="sum" label="Bars" choices=sum value=sum_value/>
        <Select name="shape" label="Groups" choices=shape value=shape_value/>
        <Button>"Apply"</Button>
    };
    form(page, "row settings", &["by", "and", "compare", "sum", "shape"], fields.into_any())
}

/// Dates, older cycles, and whose days are meant.
fn time(page: &View, zone: String) -> AnyView {
    let (typed, question) = (&page.asked.typed, &page.asked.question);
    let (from, until) = match &typed.range {
        Range::Dates(from, until) => (from.clone(), until.clone()),
        _ => (String::new(), String::new()),
    };
    let open = matches!(typed.range, Range::Dates(..)) || typed.zone.is_some();
    let dates = view! {
        <DateRange from until/>
        <Button>"Show dates"</Button>
    };
    let dates = form(page, "row", &["range", "cycle", "from", "until"], dates.into_any());
    let cycles = page.asked.cycles.iter().map(|it| it.window);
    let cycles = cycles.map(|it| Choice::new(slug(it), cycle_name(it)));
    let cycles: Vec<_> = cycles.collect();
    let cycle = match page.asked.stretch.kind {
        Kind::Cycle(cycle) => slug(cycle.window),
        Kind::Dates(..) => String::new(),
    };
    let cycle = view! {
        <Select name="cycle" label=labels::BILLING_CYCLE choices=cycles value=cycle/>
        <Button>"Show cycle"</Button>
    };
    let cycle = form(page, "row", &["range", "cycle", "from", "until"], cycle.into_any());
    let own = Question { zone: None, ..question.clone() }.href(&page.path);
    let own = question.zone.as_ref().map(|_| {
        view! { <LinkButton href=own weight=Weight::Quiet>"The organization’s"</LinkButton> }
    });
    let places = view! {
        <GroupedSelect name="zone" label="Days of" groups=zones::groups() value=zone/>
        <Button>"Show zone"</Button>
        {own}
    };
    let places = form(page, "row", &["zone"], places.into_any());
    let note = format!("Another zone than the organization’s is for up to {QUARTERED} days.");
    view! {
        <Fold title="Dates, cycle, zone" open>{dates}{cycle}{places}<p class="help">{note}</p></Fold>
    }
    .into_any()
}

/// Adds filters to those that there are.
fn filter(page: &View) -> AnyView {
    let Choices { projects, keys, models, members, tags } = &page.choices;
    let any = |choices: &[Choice]| {
        let any = std::iter::once(Choice::new("", labels::ANY));
        any.chain(choices.iter().cloned()).collect::<Vec<_>>()
    };
    let (projects, keys, models) = (any(projects), any(keys), any(models));
    let tagged = page.asked.question.tag_key().is_some();
    let key = (!tagged).then(|| {
        view! { <Select name="key" label=labels::API_KEY choices=keys/> }
    });
    let member = (!members.is_empty() && !tagged).then(|| {
        let choices = any(members);
        view! { <Select name="member" label=labels::MEMBER choices/> }
    });
    let tag = tags.first().map(|key| {
        let help = format!("Like {key}=value; {key} alone is for requests without it.");
        view! { <Field name="tag" label=labels::TAG maxlength=100 help/> }
    });
    let sandbox = [("", "With others"), ("only", "Alone"), ("without", "Left out")];
    let sandbox = sandbox.map(|(value, text)| Choice::new(value, text)).to_vec();
    let sandbox_value = match page.asked.question.sandbox {
        None => "",
        Some(true) => "only",
        Some(false) => "without",
    };
    let fields = view! {
        <div class="cols">
            <Select name="project" label=labels::PROJECT choices=projects/>
            {key}
            <Select name="model" label=labels::MODEL choices=models/>
            {member}
            {tag}
            <Select name="sandbox" label=labels::SANDBOX choices=sandbox value=sandbox_value/>
        </div>
        <div class="row"><Button>"Add filter"</Button></div>
    };
    let fields = form(page, "form", &["sandbox"], fields.into_any());
    view! { <Fold title=labels::FILTER>{fields}</Fold> }.into_any()
}

/// The filters that are set, each with the way to take it away.
fn chips(page: &View) -> AnyView {
    let question = &page.asked.question;
    let set = |(place, filter): (usize, &Filter)| SetFilter {
        label: format!("{} is", question.label(filter.dimension)),
        value: name(page, filter),
        remove: question.without(place).href(&page.path),
    };
    let mut filters: Vec<_> = question.filters.iter().enumerate().map(set).collect();
    filters.extend(question.sandbox.map(|only| SetFilter {
        label: labels::SANDBOX.to_owned(),
        value: if only { "alone" } else { "left out" }.to_owned(),
        remove: Question { sandbox: None, ..question.clone() }.href(&page.path),
    }));
    let clear = question.unfiltered().href(&page.path);
    view! { <Chips filters clear/> }.into_any()
}

/// What a filter's thing is called; its id, if it is not known.
fn name(page: &View, filter: &Filter) -> String {
    let group = filter.apart();
    let known = match filter.dimension {
        Dimension::Model | Dimension::Tag => true,
        Dimension::Project => group.project.is_some_and(|id| page.names.knows(id)),
        Dimension::Key => group.key.is_some_and(|id| page.names.knows(id)),
        Dimension::Member => group.member.is_some_and(|id| page.names.knows(id)),
    };
    if known {
        page.names.label(filter.dimension, &Slice::of(0, group, Totals::default()))
    } else {
        filter.value.clone()
    }
}

/// What a bar opens, in words; nothing where there is nothing shorter.
pub(super) const fn opens(step: Step) -> Option<&'static str> {
    match step {
        Step::Hour => None,
        Step::Day => Some(labels::A_BAR_OPENS_ITS_HOURS),
        Step::Week | Step::Month => Some("A bar opens its days."),
    }
}
