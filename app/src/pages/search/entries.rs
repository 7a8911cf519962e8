//! What can be found, and what is found.

use domain::Action;
use store::{ApiKey, Member as Person, Project};

use crate::{
    components::Glyph,
    labels,
    layouts::NavItem,
    pages::{docs, keys, operator},
    web::{App, Failure, Member},
};

/// What is found is shown under these headings, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Action,
    Page,
    Project,
    Key,
    Person,
    Organization,
    Help,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Action,
        Self::Page,
        Self::Project,
        Self::Key,
        Self::Person,
        Self::Organization,
        Self::Help,
    ];

    /// Whether organizations have any number of them.
    pub(super) const fn grows(self) -> bool {
        !matches!(self, Self::Action | Self::Page)
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Action => labels::ACTIONS,
            Self::Page => "Pages",
            Self::Project => labels::PROJECTS,
            Self::Key => labels::API_KEYS,
            Self::Person => "People",
            Self::Organization => labels::ORGANIZATIONS,
            Self::Help => labels::HELP,
        }
    }
}

/// One thing to go to.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    kind: Kind,
    pub(super) title: String,
    /// What tells it from others of its name.
    pub(super) note: String,
    /// Other words for it, which are looked for and not shown.
    also: &'static str,
    pub(super) href: String,
    pub(super) glyph: Glyph,
}

/// All that the person sees: what the store does not show can't be found.
pub(super) struct Entries(Vec<Entry>);

impl Entries {
    pub(super) async fn read(app: &App, member: &Member) -> Result<Self, Failure> {
        let (store, caller) = (&app.store, &member.caller);
        let (projects, keys, people) = tokio::try_join!(
            store.projects(caller),
            store.api_keys(caller),
            store.members(caller)
        )?;
        let projects = projects.iter().map(|one| project(member, one));
        let keys = keys.iter().filter(|key| key.revoked_at.is_none()).map(|one| key(member, one));
        let people = people.iter().map(|one| person(member, one));
        let all = actions(member).chain(pages(member)).chain(projects).chain(keys).chain(people);
        Ok(Self(all.chain(organizations(member)).chain(help()).collect()))
    }

    /// By kind. Each word that was typed stands somewhere in the name or the note; whose name begins with what was
    /// typed comes first. Without a word, what there is in every organization.
    pub(super) fn matching(self, q: &str) -> Vec<(Kind, Vec<Entry>)> {
        let q: String = q.trim().to_lowercase().chars().take(100).collect();
        let words: Vec<_> = q.split_whitespace().collect();
        let matches = |entry: &Entry| {
            let text = format!("{} {} {}", entry.title, entry.note, entry.also).to_lowercase();
            words.iter().all(|word| text.contains(word))
                && (!words.is_empty() || matches!(entry.kind, Kind::Action | Kind::Page))
        };
        let mut found: Vec<_> = self.0.into_iter().filter(matches).collect();
        found.sort_by_key(|entry| !entry.title.to_lowercase().starts_with(&q));
        let of = |kind| found.iter().filter(|entry| entry.kind == kind).cloned().collect();
        let groups = Kind::ALL.into_iter().map(|kind| (kind, of(kind)));
        groups.filter(|(_, entries): &(Kind, Vec<Entry>)| !entries.is_empty()).collect()
    }
}

fn entry(kind: Kind, title: &str, note: &str, href: String, glyph: Glyph) -> Entry {
    Entry { kind, title: title.to_owned(), note: note.to_owned(), also: "", href, glyph }
}

fn actions(member: &Member) -> impl Iterator<Item = Entry> {
    let all = [
        (Action::List, labels::NEW_KEY, "make create api", "keys/new", Glyph::Key),
        (Action::List, labels::NEW_PROJECT, "make create", "projects#new", Glyph::Project),
        (Action::EditLimits, labels::SET_A_BUDGET, "limit block", "budgets", Glyph::Budget),
        (Action::EditMembers, labels::INVITE_PEOPLE, "add member user", "team#invite", Glyph::Team),
        (Action::EditLimits, labels::SEND_ME_A_TEST_ALERT, "mail", "alerts#test", Glyph::Mail),
        (
            Action::EditAdminKeys,
            labels::NEW_ADMIN_KEY,
            "make create",
            "admin-keys/new",
            Glyph::Lock,
        ),
    ];
    let all = all.into_iter().filter(|(action, ..)| member.can(*action));
    let all: Vec<_> = all
        .map(|(_, title, also, path, glyph)| Entry {
            also,
            ..entry(Kind::Action, title, "", member.path(path), glyph)
        })
        .collect();
    let own = [
        (labels::NEW_PERSONAL_KEY, "/account/keys", Glyph::Key),
        (labels::CHANGE_PASSWORD, "/account", Glyph::Lock),
        (labels::NEW_ORGANIZATION, "/organizations/new", Glyph::Plus),
    ];
    let own =
        own.map(|(title, href, glyph)| entry(Kind::Action, title, "", href.to_owned(), glyph));
    all.into_iter().chain(own)
}

fn pages(member: &Member) -> impl Iterator<Item = Entry> {
    let listed = NavItem::of(member.caller.role).map(|item| {
        let (path, title, glyph) = item.words();
        let href = format!("/{}{path}", member.organization.id);
        entry(Kind::Page, title, "", href, glyph)
    });
    let further = [
        (Action::List, labels::SERVICE_ACCOUNTS, "service-accounts", Glyph::Key),
        (Action::List, labels::EXPORTS, "exports", Glyph::Download),
        (Action::SeeWhole, labels::REPORTS, "reports", Glyph::Mail),
        (Action::SeeBilling, labels::CORRECTIONS, "corrections", Glyph::Billing),
    ];
    let further = further.into_iter().filter(|(action, ..)| member.can(*action));
    let further: Vec<_> = further
        .map(|(_, title, path, glyph)| entry(Kind::Page, title, "", member.path(path), glyph))
        .collect();
    let own = [
        (labels::YOUR_ACCOUNT, "/account", Glyph::User),
        (labels::SECOND_FACTOR, "/account/second-factor", Glyph::Lock),
        (labels::ORGANIZATIONS, "/organizations", Glyph::Team),
    ];
    let own = own.map(|(title, href, glyph)| entry(Kind::Page, title, "", href.to_owned(), glyph));
    let operator = member.visitor.account.operator.then(|| {
        operator::pages().map(|(href, title)| {
            entry(Kind::Page, title, labels::OPERATOR, href.to_owned(), Glyph::Settings)
        })
    });
    listed.chain(further).chain(own).chain(operator.into_iter().flatten())
}

fn project(member: &Member, project: &Project) -> Entry {
    let note = match project.archived_at {
        Some(_) => labels::ARCHIVED,
        None => project.environment.as_str(),
    };
    let href = member.path(&format!("projects/{}", project.id));
    entry(Kind::Project, &project.name, note, href, Glyph::Project)
}

fn key(member: &Member, key: &ApiKey) -> Entry {
    let note = format!("{} · {}", keys::masked(key), key.project_name);
    entry(Kind::Key, &key.name, &note, member.path(&format!("keys/{}", key.id)), Glyph::Key)
}

fn person(member: &Member, person: &Person) -> Entry {
    let path = if member.can(Action::EditMembers) {
        format!("team/{}", person.user)
    } else {
        "team".to_owned()
    };
    let note = person.email.as_deref().unwrap_or(person.role.label());
    entry(Kind::Person, &person.name, note, member.path(&path), Glyph::User)
}

fn organizations(member: &Member) -> impl Iterator<Item = Entry> {
    let others = member.organizations.iter().filter(|own| own.id != member.organization.id);
    others.map(|own| {
        entry(Kind::Organization, &own.name, own.role.label(), format!("/{}", own.id), Glyph::Team)
    })
}

fn help() -> impl Iterator<Item = Entry> {
    docs::titles().map(|(href, title)| entry(Kind::Help, title, "", href, Glyph::Help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(q: &str) -> Vec<(Kind, Vec<String>)> {
        let of =
            |kind, title: &str, note: &str| entry(kind, title, note, String::new(), Glyph::Key);
        let all = Entries(vec![
            of(Kind::Action, "New key", ""),
            of(Kind::Page, "API keys", ""),
            of(Kind::Key, "Chat widget", "sk-exq-ab…1234 · Support"),
            of(Kind::Key, "Widget", "sk-exq-cd…9876 · Web chat"),
            of(Kind::Person, "Ines Okafor", "ines@example.com"),
        ]);
        let found = all.matching(q).into_iter();
        found.map(|(kind, all)| (kind, all.into_iter().map(|one| one.title).collect())).collect()
    }

    #[test]
    fn every_word_counts_and_the_name_comes_first() {
        let keys = |names: [&str; 2]| (Kind::Key, names.map(str::to_owned).to_vec());
        assert_eq!(titles("widget"), [keys(["Widget", "Chat widget"])]);
        assert_eq!(titles(" CHAT  wid "), [keys(["Chat widget", "Widget"])]);
        assert_eq!(titles("1234").len(), 1);
        assert_eq!(titles("okafor example")[0].0, Kind::Person);
        assert!(titles("nowhere").is_empty());
    }

    #[test]
    fn an_action_is_found_by_other_words_for_it() {
        let new = Entry {
            also: "make create",
            ..entry(Kind::Action, "New key", "", String::new(), Glyph::Key)
        };
        assert_eq!(Entries(vec![new.clone()]).matching("make key").len(), 1);
        assert!(Entries(vec![new]).matching("revoke").is_empty());
    }

    #[test]
    fn without_a_word_only_what_every_organization_has() {
        assert_eq!(
            titles("").iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [Kind::Action, Kind::Page]
        );
    }
}
