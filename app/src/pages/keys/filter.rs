//! Which keys are listed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::KeyId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use store::{ApiKey, KeyActivity, KeyOwner};

use super::{
    masked,
    state::{Hygiene, KeyState},
};
use crate::{
    components::{Button, Choice, Field, LinkButton, Select, Weight},
    labels,
    web::Member,
};

/// What the address asks for; what is empty or unknown asks for nothing.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Asked {
    /// In name, prefix or last four.
    pub(super) q: String,
    /// A state; empty for all but the revoked ones.
    pub(super) state: String,
    pub(super) project: String,
    /// A person's or a service account's id.
    pub(super) owner: String,
    pub(super) hygiene: String,
    /// Which hundred, from 1.
    pub(super) page: String,
}

/// Keys with what they have been doing.
pub(super) struct Keys {
    pub(super) all: Vec<ApiKey>,
    pub(super) activity: HashMap<KeyId, KeyActivity>,
    pub(super) now: DateTime<Utc>,
}

impl Keys {
    pub(super) fn activity(&self, key: &ApiKey) -> KeyActivity {
        self.activity.get(&key.id).cloned().unwrap_or_default()
    }

    pub(super) fn state(&self, key: &ApiKey) -> KeyState {
        KeyState::of(key, &self.activity(key), self.now)
    }

    pub(super) fn with(&self, hygiene: Hygiene) -> usize {
        let concerned = |key: &&ApiKey| hygiene.concerns(key, &self.activity(key), self.now);
        self.all.iter().filter(concerned).count()
    }
}

impl Asked {
    /// Whether anything but a page is asked for.
    pub(super) fn is_narrow(&self) -> bool {
        [&self.q, &self.state, &self.project, &self.owner, &self.hygiene]
            .iter()
            .any(|value| !value.is_empty())
    }

    pub(super) fn takes(&self, keys: &Keys, key: &ApiKey) -> bool {
        let (activity, state) = (keys.activity(key), keys.state(key));
        let is = |asked: &str, value: &str| asked.is_empty() || asked == value;
        let hygiene = Hygiene::ALL.into_iter().find(|it| it.as_str() == self.hygiene);
        let q = self.q.trim().to_lowercase();
        let named = key.name.to_lowercase().contains(&q);
        (if self.state.is_empty() {
            state != KeyState::Revoked
        } else {
            state.as_str() == self.state
        }) && is(&self.project, &key.project.to_string())
            && is(&self.owner, &owner(key).0)
            && hygiene.is_none_or(|it| it.concerns(key, &activity, keys.now))
            && (q.is_empty() || named || masked(key).to_lowercase().contains(&q))
    }

    /// The same list from another hundred on.
    pub(super) fn on_page(&self, member: &Member, page: usize) -> String {
        let asked = Self { page: page.to_string(), ..self.clone() };
        member.path(&format!("keys?{}", serde_urlencoded::to_string(asked).unwrap_or_default()))
    }

    pub(super) fn page(&self) -> usize {
        self.page.parse().unwrap_or(1).clamp(1, 10_000)
    }

    /// Selects with what the keys have, sent as the address.
    pub(super) fn form(&self, member: &Member, keys: &Keys) -> AnyView {
        let all = |text| vec![Choice::new("", text)];
        let mut projects = all(labels::ALL_PROJECTS);
        let mut owners = all("All owners");
        for key in &keys.all {
            add(&mut projects, key.project.to_string(), &key.project_name);
            let (id, name) = owner(key);
            add(&mut owners, id, &name);
        }
        let mut states = all("All but revoked");
        states.extend(KeyState::ALL.map(|state| Choice::new(state.as_str(), state.label())));
        let hygiene = (!self.hygiene.is_empty()).then(|| {
            view! { <input type="hidden" name="hygiene" value=self.hygiene.clone()/> }
        });
        let clear = self.is_narrow().then(|| {
            view! { <LinkButton href=member.path("keys") weight=Weight::Quiet>{labels::CLEAR_FILTERS}</LinkButton> }
        });
        view! {
            <form class="row" role="search" method="get" action=member.path("keys")>
                <Field name="q" label=labels::FIND kind="search" value=self.q.clone() placeholder="Name, prefix or last 4"/>
                <Select name="project" label=labels::PROJECT choices=projects value=self.project.clone()/>
                <Select name="owner" label=labels::OWNER choices=owners value=self.owner.clone()/>
                <Select name="state" label=labels::STATE choices=states value=self.state.clone()/>
                {hygiene}
                <Button>"Filter keys"</Button>
                {clear}
            </form>
        }
        .into_any()
    }
}

fn add(choices: &mut Vec<Choice>, value: String, text: &str) {
    if choices.iter().all(|choice| choice.value != value) {
        choices.push(Choice::new(value, text));
    }
}

/// Whose a key is, as (id, words).
pub(super) fn owner(key: &ApiKey) -> (String, String) {
    match &key.owner {
        KeyOwner::Member { id, name: Some(name) } => (id.to_string(), name.clone()),
        KeyOwner::Member { id, name: None } => (id.to_string(), "A former member".to_owned()),
        KeyOwner::ServiceAccount { id, name } => (id.to_string(), name.clone()),
        KeyOwner::Operator => ("operator".to_owned(), labels::THE_OPERATOR.to_owned()),
    }
}
