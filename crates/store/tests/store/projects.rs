//! Projects and who is in them.

use domain::{
    Action, Caller, Environment, Models, ProjectId, ProjectRole, Role, UserId, Who, access::allows,
};
use store::{Conflict, Store, StoreError};
use testkit::{Database, Tenant};
use tokio::task::JoinSet;

use crate::people::{member, person, put};

/// Everything that is done to a project and its members.
#[derive(Debug, Clone, Copy)]
enum Op {
    See,
    SeeMembers,
    SeeCandidates,
    Add,
    SetRole,
    Remove,
    Rename,
    SetEnvironment,
    SetModels,
    SetDefault,
    Archive,
}

/// With the row of the table of rights that allows it.
const OPS: [(Op, Action); 11] = [
    (Op::See, Action::SeeProject),
    (Op::SeeMembers, Action::SeeProjectMembers),
    (Op::SeeCandidates, Action::EditProjectMembers),
    (Op::Add, Action::EditProjectMembers),
    (Op::SetRole, Action::EditProjectMembers),
    (Op::Remove, Action::EditProjectMembers),
    (Op::Rename, Action::EditProject),
    (Op::SetEnvironment, Action::EditProject),
    (Op::SetModels, Action::EditProject),
    (Op::SetDefault, Action::EditOrganization),
    (Op::Archive, Action::EditProject),
];

async fn run(
    store: &Store,
    caller: &Caller,
    project: ProjectId,
    user: UserId,
    op: Op,
) -> Result<(), StoreError> {
    let (viewer, name) = (ProjectRole::Viewer, "Renamed".parse().unwrap());
    match op {
        Op::See => store.project(caller, project).await.map(drop),
        Op::SeeMembers => store.project_members(caller, project).await.map(drop),
        Op::SeeCandidates => store.project_candidates(caller, project).await.map(drop),
        Op::Add => store.add_project_member(caller, project, user, viewer).await,
        Op::SetRole => store.set_project_role(caller, project, user, viewer).await,
        Op::Remove => store.remove_project_member(caller, project, user).await,
        Op::Rename => store.rename_project(caller, project, &name).await,
        Op::SetEnvironment => {
            store.set_project_environment(caller, project, Environment::Staging).await
        }
        Op::SetModels => {
            let models = Models::new(["gpt-4.1"]).unwrap();
            store.set_project_models(caller, project, Some(&models)).await
        }
        Op::SetDefault => store.set_default_project(caller, project).await,
        Op::Archive => store.archive_project(caller, project).await,
    }
}

/// One of each column of the table, in the tenant's project.
async fn columns(database: &Database, tenant: &Tenant) -> Vec<(Who, Caller)> {
    let mut all = vec![(Who::Owner, tenant.caller.clone())];
    for role in ProjectRole::ALL {
        let name = format!("{}-{}", tenant.org, role.as_str());
        let (user, caller) = member(database, tenant, &name, Role::Reader).await;
        put(database, tenant, tenant.project, user, role).await;
        all.push((Who::InProject(role), caller));
    }
    let name = format!("{}-outside", tenant.org);
    all.push((Who::Reader, member(database, tenant, &name, Role::Reader).await.1));
    all
}

/// The target of members' operations is in the project unless it is to be added; the project is as
/// it was made.
async fn reset(database: &Database, tenant: &Tenant, user: UserId, op: Op) {
    let (org, project, user) = (tenant.org.uuid(), tenant.project.uuid(), user.uuid());
    database.tamper(&format!("DELETE FROM project_members WHERE user_id = '{user}'")).await;
    if !matches!(op, Op::Add) {
        database
            .tamper(&format!("INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{org}', '{project}', '{user}', 'member')"))
            .await;
    }
    database
        .tamper(&format!(
            "UPDATE projects SET name = 'Search', environment = 'production', models = NULL, archived_at = NULL,
                is_default = false WHERE id = '{project}';
             UPDATE projects SET is_default = true WHERE org_id = '{org}' AND id <> '{project}'"
        ))
        .await;
}

#[tokio::test]
async fn every_operation_follows_the_table_of_rights() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let (target, _) = member(&database, &ours, "target", Role::Reader).await;
    let columns = columns(&database, &ours).await;
    let entries = "SELECT count(*) FROM audit_entries";
    for (op, action) in OPS {
        for (who, caller) in &columns {
            reset(&database, &ours, target, op).await;
            let before: u64 = database.look(entries).await.parse().unwrap();
            let done = run(&database.store, caller, ours.project, target, op).await;
            let after: u64 = database.look(entries).await.parse().unwrap();
            let changes = !matches!(op, Op::See | Op::SeeMembers | Op::SeeCandidates);
            if allows(*who, action) {
                done.unwrap();
                assert_eq!(after, before + u64::from(changes), "{op:?} {who:?}");
                // A repeat changes nothing and says nothing.
                run(&database.store, caller, ours.project, target, op).await.unwrap();
                assert_eq!(database.look(entries).await, after.to_string(), "{op:?} {who:?}");
            } else {
                let hidden = matches!(who, Who::Reader);
                let right = match done {
                    Err(StoreError::NotFound) => hidden,
                    Err(StoreError::Forbidden(_)) => !hidden,
                    _ => false,
                };
                assert!(right, "{op:?} {who:?}");
                assert_eq!(after, before, "{op:?} {who:?}");
            }
        }
        // Whatever one is at home: another tenant's project is not there.
        for caller in columns.iter().map(|(_, caller)| caller) {
            let done = run(&database.store, caller, theirs.project, target, op).await;
            assert!(matches!(done, Err(StoreError::NotFound)), "{op:?} {done:?}");
        }
    }
}

#[tokio::test]
async fn only_members_of_the_organization_get_into_a_project() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let nobody = person(&database, "nobody").await;
    for user in [theirs.user, nobody, UserId::generate()] {
        for op in [Op::Add, Op::SetRole, Op::Remove] {
            let done = run(&database.store, &ours.caller, ours.project, user, op).await;
            assert!(matches!(done, Err(StoreError::NotFound)), "{op:?} {done:?}");
        }
    }
    assert_eq!(
        database.look("SELECT count(*) FROM project_members WHERE role = 'viewer'").await,
        "0"
    );
}

#[tokio::test]
async fn a_person_added_many_times_at_once_is_in_it_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (user, _) = member(&database, &tenant, "kofi", Role::Reader).await;
    let add = move |store: Store, tenant: Tenant, role| async move {
        store.add_project_member(&tenant.caller, tenant.project, user, role).await
    };
    let mut adds = JoinSet::new();
    for _ in 0..12 {
        adds.spawn(add(database.store.clone(), tenant.clone(), ProjectRole::Member));
    }
    let adds = adds.join_all().await;
    assert!(adds.iter().all(Result::is_ok), "{adds:?}");
    let entries = "SELECT count(*) FROM audit_entries WHERE action = 'project.user.added'";
    assert_eq!(database.look(entries).await, "1");
    let other = add(database.store.clone(), tenant.clone(), ProjectRole::Owner).await;
    assert!(matches!(other, Err(StoreError::Conflict(Conflict::ProjectMember))), "{other:?}");
    let members = database.store.project_members(&tenant.caller, tenant.project).await.unwrap();
    assert_eq!((members.len(), members[0].role), (1, ProjectRole::Member));
    // The address is personal: the chain covers its hash alone.
    let open = "SELECT count(*) FROM audit_entries WHERE body LIKE '%kofi@%'";
    assert_eq!(database.look(open).await, "0");
    let kept = "SELECT personal -> 'email.after' ->> 'value' FROM audit_entries WHERE action = 'project.user.added'";
    assert_eq!(database.look(kept).await, "kofi@example.com");
}

#[tokio::test]
async fn who_leaves_the_organization_leaves_its_projects() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (user, caller) = member(&database, &tenant, "kofi", Role::Reader).await;
    put(&database, &tenant, tenant.project, user, ProjectRole::Owner).await;
    assert_eq!(database.store.projects(&caller).await.unwrap().len(), 1);
    database.tamper(&format!("DELETE FROM memberships WHERE user_id = '{}'", user.uuid())).await;
    assert!(database.store.projects(&caller).await.unwrap().is_empty());
    let members = database.store.project_members(&tenant.caller, tenant.project).await.unwrap();
    assert!(members.is_empty(), "{members:?}");
}

#[tokio::test]
async fn a_production_project_begins_without_members() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (user, reader) = member(&database, &tenant, "kofi", Role::Reader).await;
    let store = &database.store;
    let name = "Billing".parse().unwrap();
    let made = store.create_project(&reader, &name, Environment::Production).await;
    assert!(matches!(made, Err(StoreError::Forbidden(_))), "{made:?}");
    let made = store.create_project(&tenant.caller, &name, Environment::Production).await.unwrap();
    assert!(store.project_members(&tenant.caller, made).await.unwrap().is_empty());
    let taken = store.create_project(&reader, &name, Environment::Staging).await;
    assert!(matches!(taken, Err(StoreError::Conflict(Conflict::ProjectName))), "{taken:?}");
    let name = "Trial".parse().unwrap();
    let made = store.create_project(&reader, &name, Environment::Development).await.unwrap();
    let members = store.project_members(&reader, made).await.unwrap();
    assert_eq!((members.len(), members[0].user), (1, user));
    assert_eq!(store.project(&reader, made).await.unwrap().who, Who::InProject(ProjectRole::Owner));
}

#[tokio::test]
async fn there_is_always_one_default_project() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let mut ids = vec![tenant.project];
    for name in ["A", "B", "C"] {
        let name = name.parse().unwrap();
        ids.push(store.create_project(caller, &name, Environment::Staging).await.unwrap());
    }
    let mut chosen = JoinSet::new();
    for id in ids.iter().copied().cycle().take(16) {
        let (store, caller) = (store.clone(), caller.clone());
        chosen.spawn(async move { store.set_default_project(&caller, id).await });
    }
    let done = chosen.join_all().await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let defaults = format!(
        "SELECT count(*) FROM projects WHERE is_default AND org_id = '{}'",
        tenant.org.uuid()
    );
    assert_eq!(database.look(&defaults).await, "1");
    store.set_default_project(caller, ids[1]).await.unwrap();
    let kept = store.archive_project(caller, ids[1]).await;
    assert!(matches!(kept, Err(StoreError::Conflict(Conflict::DefaultProject))), "{kept:?}");
    store.archive_project(caller, ids[2]).await.unwrap();
    let dead = store.set_default_project(caller, ids[2]).await;
    assert!(matches!(dead, Err(StoreError::Conflict(Conflict::ProjectArchived))), "{dead:?}");
    // Archiving and choosing the same one at once: one of them wins.
    let (chosen, archived) = tokio::join!(
        store.set_default_project(caller, ids[3]),
        store.archive_project(caller, ids[3])
    );
    assert!(chosen.is_ok() != archived.is_ok(), "{chosen:?} {archived:?}");
    assert_eq!(database.look(&defaults).await, "1");
}

#[tokio::test]
async fn a_list_of_models_is_kept_and_taken_away() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let models = Models::new(["sandbox-dime", "gpt-4.1", "gpt-4.1"]).unwrap();
    store.set_project_models(caller, tenant.project, Some(&models)).await.unwrap();
    assert_eq!(store.project(caller, tenant.project).await.unwrap().models, Some(models));
    assert_eq!(
        database.look("SELECT models FROM projects WHERE models IS NOT NULL").await,
        "{gpt-4.1,sandbox-dime}"
    );
    store.set_project_models(caller, tenant.project, None).await.unwrap();
    assert_eq!(store.project(caller, tenant.project).await.unwrap().models, None);
}

#[tokio::test]
async fn a_reader_outside_knows_of_a_project_only_if_the_organization_lists_it() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let store = &database.store;
    let (_, reader) = member(&database, &tenant, "kofi", Role::Reader).await;
    assert!(store.listed_projects(&reader).await.unwrap().is_empty());
    let list = format!(
        "UPDATE organizations SET projects_listed = true WHERE org_id = '{}'",
        tenant.org.uuid()
    );
    database.tamper(&list).await;
    let listed = store.listed_projects(&reader).await.unwrap();
    let names: Vec<_> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["Default", "Search"]);
    assert!(store.projects(&reader).await.unwrap().is_empty());
    for op in [Op::See, Op::SeeMembers, Op::Rename, Op::Archive] {
        assert!(run(store, &reader, tenant.project, tenant.user, op).await.is_err(), "{op:?}");
    }
    assert!(store.api_keys(&reader).await.unwrap().is_empty());
    // Nobody else's.
    let other = Tenant::new(&database, "theirs").await;
    let (_, stranger) = member(&database, &other, "ada", Role::Reader).await;
    assert!(store.listed_projects(&stranger).await.unwrap().is_empty());
}

/// Of two who throw each other out one is gone before the other is asked.
#[tokio::test]
async fn of_two_project_owners_who_remove_each_other_one_stays() {
    let database = Database::new().await;
    let (store, tenant) = (&database.store, Tenant::new(&database, "acme").await);
    let (_, ana) = member(&database, &tenant, "ana", Role::Reader).await;
    let (_, ben) = member(&database, &tenant, "ben", Role::Reader).await;
    let project = tenant.project;
    for _ in 0..20 {
        database.tamper("DELETE FROM project_members").await;
        let (first, second) = (ana.user().unwrap(), ben.user().unwrap());
        for user in [first, second] {
            put(&database, &tenant, project, user, ProjectRole::Owner).await;
        }
        let (left, right) = tokio::join!(
            store.remove_project_member(&ana, project, second),
            store.remove_project_member(&ben, project, first),
        );
        assert!(left.is_ok() != right.is_ok(), "{left:?}, {right:?}");
        let late = [left, right].into_iter().find_map(Result::err).unwrap();
        assert!(matches!(late, StoreError::NotFound | StoreError::Forbidden(_)), "{late:?}");
        assert_eq!(database.look("SELECT count(*) FROM project_members").await, "1");
    }
}
