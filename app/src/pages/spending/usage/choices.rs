//! What can be filtered by.

use domain::{Action, TagKey, api_key::ending};
use store::{
    NamedKey, Project,
    slices::{Ask, Dimension, Only},
};

use super::asked::Asked;
use crate::{
    components::Choice,
    labels,
    pages::spending::question::value_of,
    web::{App, Failure, Member},
};

/// So many of a kind are offered; the others can be reached from the tables.
const OFFERED: usize = 300;

/// The lists of the form.
pub(super) struct Choices {
    pub(super) projects: Vec<Choice>,
    pub(super) keys: Vec<Choice>,
    /// Those that were used.
    pub(super) models: Vec<Choice>,
    /// Empty for who may not tell members apart.
    pub(super) members: Vec<Choice>,
    /// Keys of tags, the most used first.
    pub(super) tags: Vec<TagKey>,
}

impl Choices {
    pub(super) async fn read(
        app: &App,
        member: &Member,
        asked: &Asked,
        projects: &[Project],
        keys: &[NamedKey],
    ) -> Result<Self, Failure> {
        let (store, caller) = (&app.store, &member.caller);
        let project = |it: &Project| Choice::new(it.id.to_string(), it.name.clone());
        let key = |it: &NamedKey| {
            let text = format!("{}, {} · {}", it.name, it.project_name, ending(&it.last_four));
            Choice::new(it.id.to_string(), text)
        };
        let window = asked.stretch.window();
        let (bounds, only) = ([window.starts, window.ends], Only::default());
        let ask = Ask {
            bounds: &bounds,
            grain: asked.stretch.grain,
            by: &[Dimension::Model],
            only: &only,
        };
        let models = store.slices(caller, ask).await?;
        let models = models.iter().map(|slice| value_of(Dimension::Model, &slice.apart()));
        let members = if member.can(Action::SeeWhole) {
            let people = store.members(caller).await?;
            let people = people.into_iter().map(|it| Choice::new(it.user.to_string(), it.name));
            let machines = Choice::new("service-accounts", labels::SERVICE_ACCOUNTS);
            std::iter::once(machines).chain(people).take(OFFERED).collect()
        } else {
            Vec::new()
        };
        let untracked = Choice::new("untracked", "Untracked keys");
        Ok(Self {
            projects: projects.iter().take(OFFERED).map(project).collect(),
            keys: keys.iter().map(key).chain([untracked]).take(OFFERED).collect(),
            models: models.take(OFFERED).map(|model| Choice::new(model.clone(), model)).collect(),
            members,
            tags: store.tag_keys(caller).await?,
        })
    }
}
