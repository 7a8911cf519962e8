//! Labels of keys that live at the provider, so that a list can be complete before all is moved.

use domain::{
    Action, Caller, FormId, KeyId, Name, ProjectId, UserId,
    audit::{Change, Kind},
};

use crate::{Store, StoreError, key_rules::Rules, place::place};

/// What is known of a key that lives at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is called.
    pub name: Name,
    /// Its last four characters, if known; else empty.
    pub last_four: String,
}

impl Store {
    /// Lists labels as untracked keys of the project, the caller's own. No request is ever taken
    /// with them.
    pub async fn import_api_keys(
        &self,
        caller: &Caller,
        project: ProjectId,
        form: FormId,
        labels: &[Label],
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditOwnKeys)?;
        Rules::of(&mut tx, caller, project).await?.running()?;
        if labels.is_empty() {
            return Ok(());
        }
        let column = |text: fn(&Label) -> String| labels.iter().map(text).collect::<Vec<_>>();
        let ids: Vec<_> = labels.iter().map(|_| KeyId::generate().uuid()).collect();
        sqlx::query!(
            "INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by, owner_id,
                tracked, imported, form)
             SELECT $1, l.id, $2, l.name, '', '', l.last_four, $3, $3, false, true, CASE WHEN l.place = 1 THEN $7::uuid END
             FROM unnest($4::uuid[], $5::text[], $6::text[]) WITH ORDINALITY AS l (id, name, last_four, place)",
            caller.org.uuid(),
            project.uuid(),
            caller.user().map(UserId::uuid),
            &ids,
            &column(|label| label.name.to_string()),
            &column(|label| label.last_four.clone()),
            form.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let names = column(|label| label.name.to_string()).join(", ");
        let entry = Change::new(Kind::KeyCreated, project).in_project(project);
        tx.commit(entry.now("imported", labels.len()).now("names", names)).await
    }
}
