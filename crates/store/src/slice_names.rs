//! What people call what usage is told apart by.

use std::collections::HashMap;

use domain::{Action, Caller, KeyId, ProjectId};
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    slices::{Dimension, Slice},
    tags::TagValue,
};

/// Labels of projects, keys and people that slices name.
#[derive(Debug, Clone, Default)]
pub struct Names {
    by_id: HashMap<Uuid, String>,
    whole: bool,
}

impl Store {
    /// The names that the slices need. Who left the organization has none.
    pub async fn names(&self, caller: &Caller, slices: &[Slice]) -> Result<Names, StoreError> {
        caller.may(Action::List)?;
        let all = |id: fn(&Slice) -> Option<Uuid>| {
            let mut ids: Vec<Uuid> = slices.iter().filter_map(id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let (mut people, persons) = (all(|slice| slice.member), all(|slice| slice.person));
        people.extend(persons);
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT id AS "id!", name AS "name!" FROM projects WHERE org_id = $1 AND id = ANY ($2)
             UNION ALL SELECT id, name FROM api_keys WHERE org_id = $1 AND id = ANY ($3)
             UNION ALL SELECT id, name FROM users WHERE id = ANY ($4)"#,
            caller.org.uuid(),
            &all(|slice| slice.project),
            &all(|slice| slice.key),
            &people
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut by_id: HashMap<Uuid, String> =
            rows.into_iter().map(|row| (row.id, row.name)).collect();
        if slices.iter().filter_map(|slice| slice.key).any(is_playground) {
            let projects =
                sqlx::query!("SELECT id, name FROM projects WHERE org_id = $1", caller.org.uuid())
                    .fetch_all(&mut *tx)
                    .await?;
            by_id.extend(projects.into_iter().map(|row| {
                let id = KeyId::playground(ProjectId::from_uuid(row.id));
                (id.uuid(), format!("Playground of {}", row.name))
            }));
        }
        Ok(Names { by_id, whole: caller.may(Action::SeeWhole).is_ok() })
    }
}

fn is_playground(key: Uuid) -> bool {
    KeyId::from_uuid(key).is_playground()
}

/// What a key is called that is none of a project's.
pub(crate) fn nameless(key: Uuid) -> &'static str {
    match key {
        key if key.is_nil() => "Untracked",
        key if is_playground(key) => "Playground",
        _ => "Personal key",
    }
}

impl Names {
    /// The same for somebody who is not to see whose a personal key is.
    #[must_use]
    pub fn without_people(self) -> Self {
        Self { whole: false, ..self }
    }

    /// Whether the id has a name of its own, or stands for all that have none.
    pub fn knows(&self, id: Uuid) -> bool {
        id.is_nil() || self.by_id.contains_key(&id)
    }

    /// What a slice is called in a dimension that it is told apart by; nothing in another one.
    pub fn label(&self, dimension: Dimension, slice: &Slice) -> String {
        match dimension {
            Dimension::Model => slice.model.clone().unwrap_or_default(),
            Dimension::Project => self.named(slice.project, "A former project"),
            Dimension::Key => match slice.key {
                Some(key) => self.key(key, slice.person),
                None => String::new(),
            },
            Dimension::Member if slice.member == Some(Uuid::nil()) => "Service accounts".to_owned(),
            Dimension::Member => self.named(slice.member, "A former member"),
            Dimension::Tag => match slice.tag.as_ref().map(|tag| &tag.value) {
                Some(TagValue::Named(value)) => value.clone(),
                Some(TagValue::Other) => "(other)".to_owned(),
                Some(TagValue::None) => "(none)".to_owned(),
                None => String::new(),
            },
        }
    }

    fn named(&self, id: Option<Uuid>, unknown: &str) -> String {
        id.map(|id| self.by_id.get(&id).map_or(unknown, String::as_str).to_owned())
            .unwrap_or_default()
    }

    /// A key of a project has a name; a personal key is called by its person, who is an owner's
    /// business.
    fn key(&self, key: Uuid, person: Option<Uuid>) -> String {
        match (self.by_id.get(&key), person.and_then(|id| self.by_id.get(&id))) {
            _ if key == Uuid::nil() => "Untracked".to_owned(),
            (Some(name), _) => name.clone(),
            _ if is_playground(key) => nameless(key).to_owned(),
            _ if !self.whole => "Personal key".to_owned(),
            (None, Some(person)) => format!("Personal key of {person}"),
            (None, None) => "Personal key of a former member".to_owned(),
        }
    }
}
