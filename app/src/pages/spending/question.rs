//! What a usage page is asked for, all of it in the address.

use chart::Unit;
use domain::window::Window;
use store::usage::{Group, Totals};

use super::calendar::slug;

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
            Self::Cost => "Cost",
            Self::Tokens => "Tokens",
            Self::Requests => "Requests",
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
}

/// The word for people.
pub(super) const fn group_label(group: Group) -> &'static str {
    match group {
        Group::Project => "Project",
        Group::Key => "API key",
        Group::Model => "Model",
    }
}

/// A usage page's address, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The cycle by its name in addresses; none for the current one.
    pub(super) cycle: Option<String>,
    pub(super) by: Group,
    pub(super) measure: Measure,
}

impl Question {
    /// What is missing or unknown is as if it were not there, the cycle apart.
    pub(super) fn read(query: Option<&str>) -> Self {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        let value =
            |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let by = Group::ALL.into_iter().find(|group| Some(group.as_str()) == value("by"));
        let measure =
            Measure::ALL.into_iter().find(|measure| Some(measure.as_str()) == value("measure"));
        Self {
            cycle: value("cycle").filter(|cycle| !cycle.is_empty()).map(ToOwned::to_owned),
            by: by.unwrap_or(Group::Project),
            measure: measure.unwrap_or_default(),
        }
    }

    /// The place of the cycle that is asked for, if there is such a one.
    pub(super) fn among(&self, cycles: &[Window]) -> Option<usize> {
        match &self.cycle {
            None => (!cycles.is_empty()).then_some(0),
            Some(name) => cycles.iter().position(|cycle| slug(*cycle) == *name),
        }
    }

    pub(super) fn with_cycle(&self, cycle: Option<Window>) -> Self {
        Self { cycle: cycle.map(slug), ..self.clone() }
    }

    pub(super) fn with_group(&self, by: Group) -> Self {
        Self { by, ..self.clone() }
    }

    pub(super) fn with_measure(&self, measure: Measure) -> Self {
        Self { measure, ..self.clone() }
    }

    /// The address below a page's path; what is usual is left out.
    pub(super) fn href(&self, path: &str) -> String {
        let cycle = self.cycle.clone().map(|cycle| ("cycle", cycle));
        let by = (self.by != Group::Project).then(|| ("by", self.by.as_str().to_owned()));
        let measure =
            (self.measure != Measure::Cost).then(|| ("measure", self.measure.as_str().to_owned()));
        let pairs: Vec<_> = [cycle, by, measure].into_iter().flatten().collect();
        match serde_urlencoded::to_string(&pairs) {
            Ok(query) if !query.is_empty() => format!("{path}?{query}"),
            _ => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let question = Question::read(Some("cycle=2026-11&by=model&measure=tokens"));
        assert_eq!(question.by, Group::Model);
        assert_eq!(question.measure, Measure::Tokens);
        assert_eq!(question.href("/u"), "/u?cycle=2026-11&by=model&measure=tokens");
        assert_eq!(
            question.with_cycle(None).with_group(Group::Key).href("/u"),
            "/u?by=key&measure=tokens"
        );
    }

    #[test]
    fn what_is_unknown_is_as_if_missing() {
        for query in [None, Some(""), Some("by=nothing&measure=%ff&x"), Some("cycle=")] {
            let question = Question::read(query);
            assert_eq!(question.href("/u"), "/u", "{query:?}");
        }
        let tampered = Question::read(Some("cycle=\"><script>"));
        assert_eq!(tampered.among(&[]), None);
        assert_eq!(tampered.href("/u"), "/u?cycle=%22%3E%3Cscript%3E");
    }
}
