//! What requests have in common: equal to what is counted from them one by one, seen by who may see them,
//! and never at the price of a scan.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    Caller, Environment, EventId, KeyId, Outcome, Price, ProjectId, ProjectRole, Role, Story,
    Tokens, Usd,
};
use ledger::{Request, Settlement};
use store::{
    Store,
    requests::{Finding, FindingKind, Findings, Found, Key, Told},
    system::FingerprintRow,
};
use testkit::{Database, Tenant, soak::Random};

use crate::{
    people::{member, put},
    requests::{many, plan},
    support::{Running, answered, price, request, story, usd},
};

/// What was found, in numbers: requests, unpriced, at their maximum, tokens, charge, spare, time.
type Numbers = BTreeMap<FindingKind, (u64, u64, u64, u64, Usd, Usd, u64)>;

fn numbers(findings: &Findings) -> Numbers {
    let of = |it: &Finding| {
        (
            it.requests,
            it.unpriced,
            it.at_maximum,
            it.generated,
            it.charge,
            it.spare,
            it.milliseconds,
        )
    };
    findings.all.iter().map(|finding| (finding.kind, of(finding))).collect()
}

/// The kinds that a request is of; `later`: an earlier one for embeddings is of its second, key and model;
/// `again`: an earlier one asked the same.
fn kinds(told: &Told, later: bool, again: bool) -> Vec<FindingKind> {
    let (line, Some(story)) = (&told.line, &told.story) else { return Vec::new() };
    if !matches!(line.outcome, Outcome::Answered | Outcome::Estimated) {
        return Vec::new();
    }
    let chat = story.endpoint == "/chat/completions";
    let long = line.total_ms.is_some_and(|ms| ms >= 10_000);
    [
        (FindingKind::Longest, chat && line.tokens.generated() > 0),
        (FindingKind::Unbounded, chat && story.max_output.is_none()),
        (FindingKind::Several, story.choices > 1),
        (FindingKind::Endless, chat && !story.stops),
        (FindingKind::Unstreamed, chat && !line.streamed && long),
        (FindingKind::Repeated, again),
        (FindingKind::Single, !chat && later && line.key != Key::Untracked),
    ]
    .into_iter()
    .filter_map(|(kind, applies)| applies.then_some(kind))
    .collect()
}

/// Counted from the requests one by one.
async fn counted(store: &Store, caller: &Caller, scene: &Scene, of: Option<ProjectId>) -> Numbers {
    let mut sums: Numbers = FindingKind::ALL
        .into_iter()
        .map(|kind| (kind, (0, 0, 0, 0, Usd::ZERO, Usd::ZERO, 0)))
        .collect();
    let mut seconds: Vec<(ProjectId, String, String, DateTime<Utc>)> = Vec::new();
    let mut asked: Vec<(ProjectId, [u8; 16])> = Vec::new();
    for id in &scene.ids {
        let Ok(Found::Told(told)) = store.request(caller, *id).await else { unreachable!() };
        let line = &told.line;
        if of.is_some_and(|of| of != line.project) {
            continue;
        }
        let second = DateTime::from_timestamp(line.at.timestamp(), 0).unwrap();
        let place = (line.project, format!("{:?}", line.key), line.model.clone(), second);
        let later = seconds.contains(&place);
        let is_embedding = told.story.as_ref().is_some_and(|story| story.endpoint == "/embeddings");
        if is_embedding && matches!(line.outcome, Outcome::Answered | Outcome::Estimated) {
            seconds.push(place);
        }
        let print =
            scene.prints.iter().find(|row| row.id == *id).map(|row| (row.project, row.fingerprint));
        let again = print.is_some_and(|print| asked.contains(&print));
        if told.story.is_some() && matches!(line.outcome, Outcome::Answered | Outcome::Estimated) {
            asked.extend(print);
        }
        for kind in kinds(&told, later, again) {
            let story = told.story.as_ref().unwrap();
            let generated = line.tokens.generated();
            let full = story.max_output.is_some_and(|most| generated >= most * story.choices);
            let sum = sums.get_mut(&kind).unwrap();
            sum.0 += 1;
            sum.1 += u64::from(!line.priced);
            sum.2 += u64::from(full);
            sum.3 += generated;
            sum.4 = sum.4.plus(line.charge);
            sum.5 = sum.5.plus(told.bound.left_after(line.charge));
            sum.6 += u64::from(line.total_ms.unwrap_or(0));
        }
    }
    sums
}

struct Scene {
    database: Database,
    tenant: Tenant,
    other: (ProjectId, KeyId),
    /// In order of making.
    ids: Vec<EventId>,
    /// Of some of them.
    prints: Vec<FingerprintRow>,
}

impl Scene {
    /// Requests of two projects that differ at random in all that is looked at.
    async fn new(many: usize) -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "ours").await;
        let (store, caller) = (&database.store, &tenant.caller);
        let name = "Secret".parse().unwrap();
        let project = store.create_project(caller, &name, Environment::Production).await.unwrap();
        let (key, _) = Tenant::key(store, caller, project).await;
        let prices =
            [price(&database, "sandbox-dime").await, price(&database, "sandbox-tokens").await];
        let mut scene =
            Self { database, tenant, other: (project, key), ids: Vec::new(), prints: Vec::new() };
        let node = Running::new(&scene.database.store).await;
        let mut random = Random::new(7, 0);
        for _ in 0..many {
            let (asked, ending) = scene.random(&prices, &mut random);
            scene.ids.push(asked.id);
            if random.of(0..3) > 0 {
                let fingerprint = [u8::try_from(random.of(0..9)).unwrap(); 16];
                let (org, project, id) = (asked.org, asked.project, asked.id);
                scene.prints.push(FingerprintRow { org, project, id, fingerprint });
            }
            assert!(node.ledger.reserve(asked).await.unwrap().settle(ending).await);
        }
        node.finish().await;
        for _ in 0..2 {
            scene.database.store.system().flush_fingerprints(&scene.prints).await.unwrap();
        }
        scene
    }

    fn random(&self, prices: &[Arc<Price>; 2], random: &mut Random) -> (Request, Settlement) {
        let mut asked = request(&self.tenant, &prices[random.index(2)], "0.30");
        if random.of(0..3) == 0 {
            (asked.project, asked.key) = self.other;
        }
        asked.tracked = random.of(0..5) > 0;
        asked.streamed = random.of(0..2) == 0;
        let endpoint = random.pick(&["/chat/completions", "/embeddings"]);
        let told = Story {
            endpoint: endpoint.into(),
            max_output: Some(random.of(0..9)).filter(|most| *most > 3),
            choices: 1 + random.of(0..3),
            stops: random.of(0..2) == 0,
            ..story()
        };
        let tokens =
            Tokens { input: 3, output: random.of(0..20), reasoning: 1, ..Tokens::default() };
        let outcome = if random.of(0..4) == 0 { Outcome::Estimated } else { Outcome::Answered };
        let ending = match random.of(0..8) {
            0 => Settlement::unknown(usd("0.30")),
            1 => Settlement { story: None, ..answered("0.10") },
            _ => Settlement {
                outcome,
                tokens,
                charge: Usd::from_pico(random.of(0..400_000_000_000).into()),
                total_ms: random.pick(&[None, Some(9_999), Some(10_000), Some(60_000)]),
                story: Some(Arc::new(told)),
                ..answered("0.10")
            },
        };
        (asked, ending)
    }
}

#[tokio::test]
async fn findings_are_what_is_counted_one_by_one_and_belong_to_who_sees_them() {
    let scene = Scene::new(120).await;
    let (store, caller) = (&scene.database.store, &scene.tenant.caller);
    for of in [None, Some(scene.tenant.project), Some(scene.other.0)] {
        let found = store.findings(caller, of).await.unwrap();
        assert_eq!(numbers(&found), counted(store, caller, &scene, of).await, "{of:?}");
        assert!(!found.stopped && found.told < found.seen && found.since.is_some());
        for finding in &found.all {
            assert!(finding.requests > 0, "{:?} of {of:?}", finding.kind);
            assert_eq!(finding.rows.len() as u64, finding.requests.min(5));
            assert!(finding.rows.iter().all(|row| of.is_none_or(|of| of == row.project)));
        }
        let longest: Vec<u64> =
            found.all[0].rows.iter().map(|row| row.tokens.generated()).collect();
        assert!(longest.is_sorted_by(|one, next| one >= next), "{longest:?}");
    }
    assert_eq!(store.findings(caller, None).await.unwrap().seen, 120);
    // A reader: nothing, then an own project, and no other one.
    let (user, reader) = member(&scene.database, &scene.tenant, "rita", Role::Reader).await;
    assert_eq!(store.findings(&reader, None).await.unwrap().seen, 0);
    put(&scene.database, &scene.tenant, scene.other.0, user, ProjectRole::Viewer).await;
    let own = store.findings(caller, Some(scene.other.0)).await.unwrap();
    assert_eq!(store.findings(&reader, None).await.unwrap(), own);
    assert_eq!(store.findings(&reader, Some(scene.tenant.project)).await.unwrap().seen, 0);
    let stranger = Tenant::new(&scene.database, "theirs").await.caller;
    for of in [None, Some(scene.other.0)] {
        let found = store.findings(&stranger, of).await.unwrap();
        assert!(
            found.seen == 0 && found.all.iter().all(|it| it.requests == 0 && it.rows.is_empty())
        );
    }
    // What is older than a week is not gone through, and its fingerprints are forgotten.
    let left = "SELECT count(*) FROM fingerprints";
    assert_eq!(store.system().reap_fingerprints().await.unwrap(), 0);
    scene.database.advance(chrono::TimeDelta::days(8)).await;
    assert_eq!(store.findings(caller, None).await.unwrap().seen, 0);
    assert_ne!(scene.database.look(left).await, "0");
    scene.database.advance(chrono::TimeDelta::minutes(8 * 24 * 60 + 5)).await;
    store.system().reap_fingerprints().await.unwrap();
    assert_eq!(scene.database.look(left).await, "0");
}

#[tokio::test]
async fn so_many_are_gone_through_and_none_is_looked_for_in_the_whole_table() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    many(&database, &tenant, 12_000).await;
    database
        .tamper("INSERT INTO fingerprints SELECT org_id, id, project_id, decode(md5(id::text), 'hex') FROM events")
        .await;
    database.tamper("ANALYZE fingerprints").await;
    let (user, reader) = member(&database, &tenant, "rita", Role::Reader).await;
    put(&database, &tenant, tenant.project, user, ProjectRole::Viewer).await;
    for caller in [&tenant.caller, &reader] {
        let found = database.store.findings(caller, None).await.unwrap();
        assert_eq!((found.seen, found.told, found.stopped), (10_000, 10_000, true));
        assert_eq!((found.all[1].requests, found.all[1].unpriced), (10_000, 10_000));
    }
    let arguments = format!(
        "'{}', NULL, '00000000-0000-0000-0000-000000000000', 10000, 5, 10000",
        tenant.org.uuid()
    );
    let statement = include_str!("../../src/requests/findings.sql");
    let plan = plan(&database, &tenant, statement, &arguments).await;
    let scans: Vec<&str> = plan.lines().filter(|line| line.contains("Scan")).collect();
    for table in ["events", "stories"] {
        let on = format!(" on {table}_");
        let of_table = scans.iter().filter(|line| line.contains(&on));
        assert!(of_table.clone().count() > 0, "{plan}");
        assert!(of_table.clone().all(|line| line.contains("Index")), "{plan}");
    }
    assert!(plan.contains("((org_id = $1) AND (id >= $3))"), "{plan}");
    assert!(plan.contains("((org_id = $1) AND (project_id = p.id) AND (id >= $3))"), "{plan}");
    assert!(plan.contains("((org_id = $1) AND (id >= $3) AND (id = s.id))"), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}
