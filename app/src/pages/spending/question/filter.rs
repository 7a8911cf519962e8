//! Filters: which projects, keys, models and members are meant.

use domain::{KeyId, ProjectId, UserId};
use store::{
    slices::{Apart, Dimension, Only},
    tags::{TagGroup, TagOnly},
};
use uuid::Uuid;

use super::Question;

/// What all untracked keys together are called in addresses and files.
const UNTRACKED: &str = "untracked";
/// What all service accounts together are called there.
const SERVICE_ACCOUNTS: &str = "service-accounts";

/// One thing that is meant, by its id as it was typed, or by the model's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages::spending) struct Filter {
    pub(in crate::pages::spending) dimension: Dimension,
    pub(in crate::pages::spending) value: String,
}

impl Filter {
    /// A part of an address, if it is a filter.
    pub(super) fn read(name: &str, value: &str) -> Option<Self> {
        if name == Dimension::Tag.as_str() {
            let value = value.parse::<TagGroup>().ok()?.to_string();
            return Some(Self { dimension: Dimension::Tag, value });
        }
        let dimension = Dimension::ALL.into_iter().find(|it| it.as_str() == name)?;
        Some(Self { dimension, value: value.to_owned() })
    }

    /// The row that it means; none for a model or a tag, and for what is no id of this kind.
    fn id(&self) -> Option<Uuid> {
        match (self.dimension, self.value.as_str()) {
            (Dimension::Key, UNTRACKED) | (Dimension::Member, SERVICE_ACCOUNTS) => {
                Some(Uuid::nil())
            }
            (Dimension::Project, id) => id.parse().ok().map(ProjectId::uuid),
            (Dimension::Key, id) => id.parse().ok().map(KeyId::uuid),
            (Dimension::Member, id) => id.parse().ok().map(UserId::uuid),
            (Dimension::Model | Dimension::Tag, _) => None,
        }
    }

    /// What it means is a thing of its kind, there or not.
    pub(in crate::pages::spending) fn is_right(&self) -> bool {
        matches!(self.dimension, Dimension::Model | Dimension::Tag) || self.id().is_some()
    }

    /// The group of which it lets everything through.
    pub(in crate::pages::spending) fn apart(&self) -> Apart {
        // What is no id means something that nothing is.
        let id = Some(self.id().unwrap_or(Uuid::max()));
        let none = Apart::default();
        match self.dimension {
            Dimension::Project => Apart { project: id, ..none },
            Dimension::Key => Apart { key: id, ..none },
            Dimension::Member => Apart { member: id, ..none },
            Dimension::Model => Apart { model: Some(self.value.clone()), ..none },
            Dimension::Tag => Apart { tag: self.tag(), ..none },
        }
    }
}

/// What a group is in one dimension, as addresses and files have it.
pub(in crate::pages::spending) fn value_of(dimension: Dimension, group: &Apart) -> String {
    let or = |id: Uuid, word: &str, text: String| if id.is_nil() { word.to_owned() } else { text };
    let value = match dimension {
        Dimension::Project => group.project.map(|id| ProjectId::from_uuid(id).to_string()),
        Dimension::Key => group.key.map(|id| or(id, UNTRACKED, KeyId::from_uuid(id).to_string())),
        Dimension::Member => {
            group.member.map(|id| or(id, SERVICE_ACCOUNTS, UserId::from_uuid(id).to_string()))
        }
        Dimension::Model => group.model.clone(),
        Dimension::Tag => group.tag.as_ref().map(ToString::to_string),
    };
    value.unwrap_or_default()
}

impl Question {
    /// What the store is asked for.
    pub(in crate::pages::spending) fn only(&self) -> Only {
        let tag = self.tag_key().map(|key| TagOnly { key, values: Vec::new() });
        let mut only = Only { sandbox: self.sandbox, tag, ..Only::default() };
        for group in self.filters.iter().map(Filter::apart) {
            only.projects.extend(group.project);
            only.keys.extend(group.key);
            only.models.extend(group.model);
            only.members.extend(group.member);
            if let (Some(tag), Some(group)) = (&mut only.tag, group.tag) {
                tag.values.push(group.value);
            }
        }
        only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_one_value_in_each_dimension() {
        let (project, key) = (ProjectId::generate(), KeyId::generate());
        let group = Apart {
            project: Some(project.uuid()),
            key: Some(key.uuid()),
            model: Some("gpt-4.1".to_owned()),
            member: Some(Uuid::nil()),
            ..Apart::default()
        };
        let values = Dimension::ALL.map(|dimension| value_of(dimension, &group));
        let expected = [project.to_string(), key.to_string(), "gpt-4.1".to_owned()];
        assert_eq!(values[..3], expected);
        assert_eq!(values[3], SERVICE_ACCOUNTS);
        // Each means the group again.
        let filters = Dimension::ALL.into_iter().zip(values);
        let filters = filters.map(|(dimension, value)| Filter { dimension, value });
        for filter in filters {
            assert!(filter.is_right());
            let again = value_of(filter.dimension, &filter.apart());
            assert_eq!(again, filter.value);
        }
        assert_eq!(value_of(Dimension::Key, &Apart::default()), "");
    }

    #[test]
    fn what_is_no_id_lets_nothing_through() {
        let question = Question::read(Some("project=proj_1&key=%27--&member=untracked"));
        let only = question.only();
        assert_eq!((only.projects, only.keys), (vec![Uuid::max()], vec![Uuid::max()]));
        assert_eq!(only.members, [Uuid::max()]);
        assert!(question.filters.iter().all(|filter| !filter.is_right()));
    }
}
