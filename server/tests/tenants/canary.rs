//! Many tenants at once over few connections, with requests that their senders give up: what is
//! one tenant's is in nobody else's answer, export, mail or log line.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Answer, Organization, World};

const TENANTS: usize = 50;
const AT_ONCE: usize = 16;
const CONNECTIONS: u32 = 5;

/// Fewer in every run of all tests than in `make soak`.
fn requests() -> usize {
    std::env::var("EXCHEQUER_SOAK").map_or(1_500, |_| 100_000)
}

/// What is asked, for `{org}` and so on.
const PAGES: [&str; 14] = [
    "/{org}",
    "/{org}/usage",
    "/{org}/usage.csv",
    "/{org}/exports",
    "/{org}/exports/{export}/file",
    "/{org}/budgets",
    "/{org}/alerts",
    "/{org}/projects",
    "/{org}/projects/{project}",
    "/{org}/keys",
    "/{org}/team",
    "/{org}/audit",
    "/{org}/billing",
    "/{org}/settings",
];

struct Tenant {
    name: String,
    org: Organization,
    cookie: String,
}

/// What the admin API is asked, for `{project_id}` and so on.
const LISTS: [&str; 9] = [
    "/users",
    "/users/{user_id}",
    "/invites",
    "/projects?include_archived=true",
    "/projects/{project_id}/users",
    "/projects/{project_id}/service_accounts",
    "/projects/{project_id}/api_keys",
    "/admin_api_keys",
    "/audit_logs",
];

/// What must not be in any line of the log: a tenant's name, and what the database says when an
/// empty setting is read as an organization.
const UNWANTED: [&str; 2] = ["canary-", "22P02"];

/// The first line of the log with something unwanted; the others are forgotten as they come.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Option<String>>>);

impl io::Write for Log {
    /// Whole lines: each is written at once.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if UNWANTED.iter().any(|unwanted| line.contains(unwanted)) {
            let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            found.get_or_insert_with(|| line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

/// The canaries in a text that are not this tenant's.
fn foreign(text: &str, name: &str) -> Vec<String> {
    let found = text.split("canary-").skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        format!("canary-{digits}")
    });
    found.filter(|canary| canary != name).collect()
}

/// What is asked of each kind.
const KINDS: [&str; 5] = ["chats", "lists of models", "exports", "admin API", "pages"];

/// A tenant's own request: its kind, and the answer.
async fn ask(world: &World, tenant: &Tenant, dice: &mut Dice) -> (usize, String, Answer) {
    let fill = |page: &str| {
        tenant
            .org
            .params
            .iter()
            .fold(page.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    };
    let bearer = format!("Bearer {}", tenant.org.key);
    let chat = r#"{"model":"sandbox-dime","messages":[{"role":"user","content":"hello"}]}"#;
    let admin = format!("Bearer {}", tenant.org.admin);
    let cookie = &tenant.cookie;
    let key = "authorization";
    let (kind, method, path, (header, value), body) = match dice.below(20) {
        0..4 => (0, "POST", "/v1/chat/completions".to_owned(), (key, &bearer), chat),
        4..6 => (1, "GET", "/v1/models".to_owned(), (key, &bearer), ""),
        6 => (2, "POST", fill("/{org}/audit/export"), ("cookie", cookie), ""),
        7..10 => {
            let list = fill(LISTS[dice.below(LISTS.len())]);
            (3, "GET", format!("/v1/organization{list}"), (key, &admin), "")
        }
        _ => (4, "GET", fill(PAGES[dice.below(PAGES.len())]), ("cookie", cookie), ""),
    };
    let answer = world.send(method, &path, &[(header, value)], body).await;
    (kind, path, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_sings_at_home_alone() {
    let log = Log::default();
    // Statements are logged without their values, but this test writes values into statements.
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_env_filter("debug,sqlx=info");
    let _ = subscriber.try_init();
    let world = Arc::new(World::new(CONNECTIONS).await);
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        let name = format!("canary-{number:02}");
        let org = Organization::new(&world, &name, &[]).await;
        let cookie = world.sign_in(&format!("{name}-owner")).await;
        tenants.push(Arc::new(Tenant { name, org, cookie }));
    }
    world.is_ready().await;
    let mut running = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (world, tenants) = (Arc::clone(&world), tenants.clone());
        running.spawn(async move {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (u64::try_from(worker).unwrap() + 1));
            let (mut answered, mut given_up) = ([0_usize; KINDS.len()], 0_usize);
            for _ in 0..requests() / AT_ONCE {
                let tenant = &tenants[dice.below(TENANTS)];
                // A quarter has little patience: a fifth is given up, somewhere on its way.
                let patience = if dice.below(4) == 0 { dice.below(20_000) } else { 60_000_000 };
                let patience = Duration::from_micros(u64::try_from(patience).unwrap());
                match timeout(patience, ask(&world, tenant, &mut dice)).await {
                    Ok((kind, path, Answer { status, body, .. })) => {
                        answered[kind] += usize::from(status.is_success());
                        let foreign = foreign(&body, &tenant.name);
                        assert_eq!(foreign, [""; 0], "{}: {path} {status}: {body}", tenant.name);
                    }
                    Err(_) => given_up += 1,
                }
            }
            (answered, given_up)
        });
    }
    let (mut answered, mut given_up) = ([0; KINDS.len()], 0);
    while let Some(done) = running.join_next().await {
        let (more, fewer) = done.unwrap();
        for (sum, more) in answered.iter_mut().zip(more) {
            *sum += more;
        }
        given_up += fewer;
    }
    let told: Vec<_> =
        KINDS.iter().zip(answered).map(|(kind, count)| format!("{count} {kind}")).collect();
    let told = format!("{} answered well, {given_up} requests given up", told.join(", "));
    server::say::line(&told);
    // Each kind, and more of all than was given up.
    let all = answered.iter().sum::<usize>();
    assert!(!answered.contains(&0) && all > given_up && given_up > 0, "{told}");
    let mails = world
        .database
        .look("SELECT string_agg(o.name || E'\\t' || m.recipient || m.params::text, E'\\n') FROM outbox m JOIN organizations o USING (org_id)")
        .await;
    for mail in mails.lines() {
        let name = mail.split(' ').next().unwrap_or_default();
        assert_eq!(foreign(mail, name), [""; 0], "{mail}");
    }
    let line = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(line, None);
}
