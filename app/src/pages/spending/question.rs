//! What a usage page is asked for, all of it in the address.

use chart::Unit;
use chrono::NaiveDate;
use domain::{TagKey, window::Window};
use store::{slices::Dimension, usage::Totals};

use super::calendar::slug;

use crate::labels;

mod filter;
pub(super) mod tagged;

pub(super) use filter::{Filter, value_of};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Measure {
    #[default]
    Cost,
    Tokens,
    Requests,
}

impl Measure {
    pub(super) const ALL: [Self; 3] = [Self::Cost, Self::Tokens, Self::Requests];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Cost => labels::COST,
            Self::Tokens => labels::TOKENS,
            Self::Requests => labels::REQUESTS,
        }
    }

    pub(super) const fn unit(self) -> Unit {
        match self {
            Self::Cost => Unit::Dollars,
            Self::Tokens => Unit::Tokens,
            Self::Requests => Unit::Requests,
        }
    }

    /// Pico-dollars or a count.
    pub(super) fn of(self, totals: &Totals) -> i128 {
        match self {
            Self::Cost => totals.charge.pico(),
            Self::Tokens => totals.tokens.total().into(),
            Self::Requests => totals.requests.into(),
        }
    }

    /// The same, as the store asks for it.
    pub(super) const fn size(self) -> store::explore::Size {
        match self {
            Self::Cost => |totals| Self::Cost.of(totals),
            Self::Tokens => |totals| Self::Tokens.of(totals),
            Self::Requests => |totals| Self::Requests.of(totals),
        }
    }
}

/// The word for people.
pub(super) const fn label(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Project => labels::PROJECT,
        Dimension::Key => labels::API_KEY,
        Dimension::Model => labels::MODEL,
        Dimension::Member => labels::MEMBER,
        Dimension::Tag => labels::TAG,
    }
}

/// The word within a sentence.
pub(super) fn word(dimension: Dimension) -> String {
    match dimension {
        Dimension::Key => label(dimension).to_owned(),
        other => label(other).to_lowercase(),
    }
}

/// Which stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    /// The billing cycle that is running.
    ThisCycle,
    /// The one before.
    LastCycle,
    /// A billing cycle by its name in addresses.
    Cycle(String),
    /// So many days up to and with today.
    Days(u16),
    /// From one date up to and with another, as typed.
    Dates(String, String),
}

/// The ranges of a word: what stands in addresses, and what is meant.
const WORDS: [(&str, Range); 4] = [
    ("today", Range::Days(1)),
    ("7d", Range::Days(7)),
    ("30d", Range::Days(30)),
    ("last", Range::LastCycle),
];

/// A usage page's address, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) range: Range,
    /// The zone whose days are shown, as typed; none for the organization's.
    pub(super) zone: Option<String>,
    pub(super) by: Dimension,
    /// The second thing that usage is told apart by.
    pub(super) and: Option<Dimension>,
    /// If one of these is a tag: its key.
    pub(super) tag: Option<TagKey>,
    pub(super) measure: Measure,
    /// With the time before.
    pub(super) compared: bool,
    /// Each bar with all that came before it.
    pub(super) added: bool,
    /// A small chart for each group, instead of one with all on each other.
    pub(super) apart: bool,
    pub(super) filters: Vec<Filter>,
    /// The sandbox alone, or everything but the sandbox.
    pub(super) sandbox: Option<bool>,
    /// Sentences about what could not be read.
    pub(super) faults: Vec<String>,
}

/// As many filters are read.
const MOST_FILTERS: usize = 50;

impl Question {
    /// What is missing is as usual; what is wrong, too, and is said.
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        // The database takes no zero byte; what stands for it is in no name.
        let pairs: Vec<(String, String)> = pairs
            .into_iter()
            .map(|(name, value)| (name, value.trim().replace('\0', "\u{fffd}")))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let value =
            |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let mut faults = tagged::faults(&pairs).take(MOST_FILTERS).collect();
        let (by, tag) =
            tagged::apart(value("by"), &mut faults).unwrap_or((Dimension::Project, None));
        let (and, and_tag) = tagged::apart(value("and"), &mut faults).unzip();
        let and_tag = and_tag.flatten();
        let measure =
            Measure::ALL.into_iter().find(|measure| Some(measure.as_str()) == value("measure"));
        let mut filters: Vec<_> =
            pairs.iter().filter_map(|(name, value)| Filter::read(name, value)).collect();
        filters.dedup();
        if filters.len() > MOST_FILTERS {
            faults
                .push(format!("At most {MOST_FILTERS} filters are read; the others are left out."));
            filters.truncate(MOST_FILTERS);
        }
        let mut question = Self {
            range: range(value, &mut faults),
            zone: value("zone").map(ToOwned::to_owned),
            by,
            and: and.filter(|and| *and != by),
            tag: tag.or_else(|| and_tag.clone()),
            measure: measure.unwrap_or_default(),
            compared: value("compare") != Some("no"),
            added: value("sum") == Some("yes"),
            apart: value("shape") == Some("multiples"),
            filters,
            sandbox: match value("sandbox") {
                Some("only") => Some(true),
                Some("without") => Some(false),
                _ => None,
            },
            faults,
        };
        question.agree(and_tag.as_ref());
        question
    }

    /// What usage is told apart by, one thing or two.
    pub(super) fn dimensions(&self) -> Vec<Dimension> {
        std::iter::once(self.by).chain(self.and).collect()
    }

    /// The same in words: `project and model`.
    pub(super) fn words(&self) -> String {
        let word = |dimension| match (dimension, &self.tag) {
            (Dimension::Tag, Some(key)) => format!("tag {key}"),
            _ => word(dimension),
        };
        self.dimensions().into_iter().map(word).collect::<Vec<_>>().join(" and ")
    }

    /// What a dimension is called here: `Project`, `Tag team`.
    pub(super) fn label(&self, dimension: Dimension) -> String {
        match (dimension, self.tag_key()) {
            (Dimension::Tag, Some(key)) => format!("{} {key}", label(dimension)),
            _ => label(dimension).to_owned(),
        }
    }

    pub(super) fn with_range(&self, range: Range) -> Self {
        Self { range, ..self.clone() }
    }

    /// One stretch of dates alone.
    pub(super) fn with_dates(&self, first: NaiveDate, last: NaiveDate) -> Self {
        self.with_range(Range::Dates(first.to_string(), last.to_string()))
    }

    pub(super) fn with_cycle(&self, cycle: Window) -> Self {
        self.with_range(Range::Cycle(slug(cycle)))
    }

    pub(super) fn with_measure(&self, measure: Measure) -> Self {
        Self { measure, ..self.clone() }
    }

    /// Without one filter, by its place.
    pub(super) fn without(&self, place: usize) -> Self {
        let mut question = self.clone();
        if place < question.filters.len() {
            question.filters.remove(place);
        }
        question
    }

    /// Without any filter.
    pub(super) fn unfiltered(&self) -> Self {
        Self { filters: Vec::new(), sandbox: None, ..self.clone() }
    }

    /// About one group alone, told apart by what it does not say yet.
    pub(super) fn about(&self, group: &[Filter]) -> Self {
        let mut question = self.clone();
        question.filters.retain(|filter| !group.iter().any(|it| it.dimension == filter.dimension));
        question.filters.extend_from_slice(group);
        let open = [Dimension::Project, Dimension::Key, Dimension::Model];
        let tagged = question.filters.iter().any(|it| it.dimension == Dimension::Tag);
        let open = open
            .into_iter()
            .filter(|dimension| !tagged || tagged::is_kept(*dimension))
            .find(|dimension| question.filters.iter().all(|it| it.dimension != *dimension));
        question.by = open.unwrap_or(Dimension::Model);
        question.and = None;
        question
    }

    /// What stands in the address; what is usual is left out.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        match &self.range {
            Range::ThisCycle => {}
            Range::Cycle(name) => pairs.push(("cycle", name.clone())),
            Range::Dates(from, until) => {
                pairs.extend([("from", from.clone()), ("until", until.clone())]);
            }
            range => {
                let word = WORDS.iter().find(|(_, known)| known == range);
                pairs.extend(word.map(|(word, _)| ("range", (*word).to_owned())));
            }
        }
        let by = (self.by != Dimension::Project).then(|| self.written(self.by));
        let and = self.and.map(|and| self.written(and));
        let measure = (self.measure != Measure::Cost).then(|| self.measure.as_str());
        let sandbox = self.sandbox.map(|only| if only { "only" } else { "without" });
        pairs.extend(self.zone.clone().map(|zone| ("zone", zone)));
        let apart = [("by", by), ("and", and)];
        pairs.extend(apart.into_iter().filter_map(|(name, word)| Some((name, word?))));
        let words = [
            ("measure", measure),
            ("compare", (!self.compared).then_some("no")),
            ("sum", self.added.then_some("yes")),
            ("shape", self.apart.then_some("multiples")),
        ];
        pairs.extend(words.into_iter().filter_map(|(name, word)| Some((name, word?.to_owned()))));
        let filters = self.filters.iter();
        pairs.extend(filters.map(|filter| (filter.dimension.as_str(), filter.value.clone())));
        pairs.extend(sandbox.map(|word| ("sandbox", word.to_owned())));
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// What follows an address's question mark.
    pub(super) fn query(&self) -> String {
        serde_urlencoded::to_string(self.pairs()).unwrap_or_default()
    }

    /// The address below a page's path.
    pub(super) fn href(&self, path: &str) -> String {
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// Dates come first: they are typed into a form beside the others.
fn range<'a>(value: impl Fn(&str) -> Option<&'a str>, faults: &mut Vec<String>) -> Range {
    let typed = |name| value(name).unwrap_or_default().to_owned();
    if value("from").is_some() || value("until").is_some() {
        return Range::Dates(typed("from"), typed("until"));
    }
    if value("cycle").is_some() {
        return Range::Cycle(typed("cycle"));
    }
    let Some(word) = value("range") else { return Range::ThisCycle };
    if let Some((_, range)) = WORDS.iter().find(|(known, _)| *known == word) {
        return range.clone();
    }
    faults.push(format!("There is no range “{word}”; this billing cycle is shown."));
    Range::ThisCycle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that are as short as they can be: each reads back as it is.
    #[test]
    fn an_address_reads_back() {
        for query in [
            "",
            "?cycle=2026-11&by=model&measure=tokens",
            "?range=today&compare=no",
            "?range=7d",
            "?range=30d&sum=yes&shape=multiples",
            "?range=last&zone=Asia%2FKathmandu&by=member&and=key",
            "?from=2026-11-01&until=2026-11-07&and=model&model=gpt-4.1&model=sandbox-dime",
            "?from=2026-11-01",
            "?project=proj_0&key=untracked&member=service-accounts&sandbox=without",
            "?model=%22%3E%3Cscript%3E%5D%5D%3E&sandbox=only",
        ] {
            let question = Question::read(query.strip_prefix('?'));
            assert_eq!(question.href("/u"), format!("/u{query}"));
            assert_eq!(question.faults, [""; 0], "{query}");
        }
    }

    #[test]
    fn what_is_unknown_is_as_if_missing() {
        for query in [
            None,
            Some(""),
            Some("by=nothing&measure=%ff&x"),
            Some("cycle=&from=&until=+&zone=&model="),
            Some("and=project&compare=yes&sum=no&shape=x&sandbox=x&by=%00"),
        ] {
            let question = Question::read(query);
            assert_eq!(question.href("/u"), "/u", "{query:?}");
        }
        let question = Question::read(Some("model=a%00b"));
        assert_eq!(question.filters[0].value, "a\u{fffd}b");
    }

    #[test]
    fn what_can_not_be_read_is_said() {
        let question = Question::read(Some("range=yesterday"));
        assert_eq!(question.range, Range::ThisCycle);
        assert!(question.faults[0].contains("“yesterday”"));
        let many = (0..60).map(|n| format!("model=m{n}")).collect::<Vec<_>>().join("&");
        let question = Question::read(Some(&many));
        assert_eq!((question.filters.len(), question.faults.len()), (MOST_FILTERS, 1));
    }

    #[test]
    fn a_group_leads_to_what_it_consists_of() {
        let question = Question::read(Some("by=project&and=model&model=a"));
        let filter = |name, value| Filter::read(name, value).unwrap();
        let about = question.about(&[filter("project", "proj_1"), filter("model", "b")]);
        assert_eq!(about.href("/u"), "/u?by=key&project=proj_1&model=b");
        assert_eq!(about.without(0).href("/u"), "/u?by=key&model=b");
        assert_eq!(about.unfiltered().href("/u"), "/u?by=key");
        let about = about.about(&[filter("key", "key_1")]);
        assert_eq!(about.by, Dimension::Model, "nothing is open");
    }
}
