//! Usage by tag, as addresses have it: `by=tag:team`, and `tag=team=search` as a filter. Rollups have one key
//! at a time and keep project and model beside it; what does not go together is said and left out.

use domain::TagKey;
use store::{slices::Dimension, tags::TagGroup};

use super::{Filter, Question};

/// What stands before a tag's key.
const PREFIX: &str = "tag:";

/// What usage is told apart by, with the key if it is a tag.
pub(super) fn apart(
    written: Option<&str>,
    faults: &mut Vec<String>,
) -> Option<(Dimension, Option<TagKey>)> {
    let written = written?;
    let Some(key) = written.strip_prefix(PREFIX) else {
        let known = Dimension::ALL.into_iter().find(|dimension| dimension.as_str() == written);
        return known.map(|dimension| (dimension, None));
    };
    match key.parse() {
        Ok(key) => Some((Dimension::Tag, Some(key))),
        Err(error) => {
            faults.push(format!("“{key}” is left out: {error}."));
            None
        }
    }
}

/// Sentences about filters that are no tags.
pub(super) fn faults(pairs: &[(String, String)]) -> impl Iterator<Item = String> {
    let tags = pairs.iter().filter(|(name, _)| name == Dimension::Tag.as_str());
    tags.filter_map(|(_, value)| {
        let error = value.parse::<TagGroup>().err()?;
        Some(format!(
            "“{value}” is no tag, and is left out: {error}. The key alone is for requests without it."
        ))
    })
}

/// The choice in a form that tells usage apart by a key.
pub(in crate::pages::spending) fn choice(key: &TagKey) -> String {
    format!("{PREFIX}{key}")
}

impl Filter {
    /// The tag that it lets through.
    pub(super) fn tag(&self) -> Option<TagGroup> {
        (self.dimension == Dimension::Tag).then(|| self.value.parse().ok()).flatten()
    }
}

impl Question {
    /// The key of tags that it is about: told apart by, or filtered by.
    pub(in crate::pages::spending) fn tag_key(&self) -> Option<TagKey> {
        let told = self.tag.as_ref().filter(|_| self.dimensions().contains(&Dimension::Tag));
        let filtered = || self.filters.iter().find_map(Filter::tag).map(|tag| tag.key);
        told.cloned().or_else(filtered)
    }

    /// Leaves out what can't be asked together.
    pub(super) fn agree(&mut self, and: Option<&TagKey>) {
        let Some(key) = self.tag_key() else { return };
        let one = |other: String| {
            format!("One tag can be asked for at a time, here “{key}”: “{other}” is left out.")
        };
        let others = self.filters.iter().filter_map(Filter::tag).filter(|tag| tag.key != key);
        let others: Vec<String> = others.map(|tag| tag.to_string()).collect();
        let second = and.filter(|and| **and != key).map(ToString::to_string);
        self.faults.extend(others.into_iter().chain(second).map(one));
        self.filters.retain(|filter| filter.tag().is_none_or(|tag| tag.key == key));
        let filtered = self.filters.iter().map(|filter| filter.dimension);
        let kept = self.dimensions().into_iter().chain(filtered).all(is_kept);
        self.and = self.and.filter(|and| is_kept(*and));
        if !is_kept(self.by) {
            self.tag = Some(key);
            self.by = self.and.take().unwrap_or(Dimension::Tag);
        }
        self.filters.retain(|filter| is_kept(filter.dimension));
        if !kept {
            self.faults.push(
                "Usage by tag is kept by project and model, not by API key or member: these are left out."
                    .to_owned(),
            );
        }
    }

    /// What stands in addresses for what usage is told apart by.
    pub(in crate::pages::spending) fn written(&self, dimension: Dimension) -> String {
        match (dimension, &self.tag) {
            (Dimension::Tag, Some(key)) => choice(key),
            _ => dimension.as_str().to_owned(),
        }
    }
}

/// Whether rollups by tag keep it.
pub(in crate::pages::spending) const fn is_kept(dimension: Dimension) -> bool {
    !matches!(dimension, Dimension::Key | Dimension::Member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_by_tag_reads_back() {
        for query in [
            "by=tag%3Ateam",
            "by=tag%3Ateam&and=model&measure=tokens&project=proj_0",
            "by=model&and=tag%3Ateam&tag=team%3Da%3Db",
            "tag=team&tag=team%3D&tag=team%3D%3Cscript%3E",
        ] {
            let question = Question::read(Some(query));
            assert_eq!(question.query(), query);
            assert_eq!(question.faults, [""; 0], "{query}");
        }
        let only = Question::read(Some("tag=team&tag=team%3D&tag=team%3Dx")).only();
        let tag = only.tag.unwrap();
        assert_eq!((tag.key.as_str(), tag.values.len()), ("team", 3));
        assert_eq!(Question::read(Some("by=project")).only().tag, None);
    }

    #[test]
    fn what_does_not_go_together_is_said() {
        for (query, left, said) in [
            ("by=tag:Team", "", "“Team” is left out: a tag’s key has 1 to 32"),
            ("by=tag:", "", "“” is left out"),
            ("by=tag%3A%3Cscript%3E&and=model", "and=model", "“<script>” is left out"),
            ("tag=Team%3Dx", "", "“Team=x” is no tag"),
            ("tag=team%3Da%07b", "", "a tag’s value has"),
            ("by=tag:team&and=tag:feature", "by=tag%3Ateam", "at a time, here “team”: “feature”"),
            ("by=tag:team&tag=feature%3Dx", "by=tag%3Ateam", "“feature=x” is left out"),
            ("tag=a%3D1&tag=b%3D2", "tag=a%3D1", "“b=2” is left out"),
            ("by=tag:team&and=key", "by=tag%3Ateam", "not by API key or member"),
            ("by=member&and=model&tag=team", "by=model&tag=team", "not by API key or member"),
            ("by=key&tag=team", "by=tag%3Ateam&tag=team", "not by API key or member"),
            ("by=tag:team&key=untracked", "by=tag%3Ateam", "not by API key or member"),
        ] {
            let question = Question::read(Some(query));
            assert_eq!(question.query(), left, "{query}");
            let [fault] = &question.faults[..] else { panic!("{query}: {:?}", question.faults) };
            assert!(fault.contains(said), "{query}: {fault}");
        }
    }

    #[test]
    fn a_tag_leads_to_the_projects_and_models_that_used_it() {
        let question = Question::read(Some("by=tag:team&and=model"));
        let filter = |text: &str| Filter::read("tag", text).unwrap();
        let about = question.about(&[filter("team=search")]);
        assert_eq!(about.query(), "tag=team%3Dsearch");
        let project = Filter::read("project", "proj_0").unwrap();
        let about = about.about(&[project]);
        assert_eq!(about.query(), "by=model&tag=team%3Dsearch&project=proj_0");
        assert_eq!((about.faults.len(), about.unfiltered().query().as_str()), (0, "by=model"));
    }
}
