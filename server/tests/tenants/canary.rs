//! Many tenants at once over few connections, with requests that their senders give up: what is
//! one tenant's is in nobody else's answer, mail or log line.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Organization, World};

const TENANTS: usize = 50;
const AT_ONCE: usize = 16;
const CONNECTIONS: u32 = 5;

/// Fewer in every run of all tests than in `make soak`.
fn requests() -> usize {
    std::env::var("EXCHEQUER_SOAK").map_or(1_500, |_| 100_000)
}

/// What is asked, for `{org}` and so on.
const PAGES: [&str; 11] = [
    "/{org}",
    "/{org}/usage",
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

/// All log lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
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

async fn ask(world: &World, tenant: &Tenant, dice: &mut Dice) -> (String, String) {
    let fill = |page: &str| {
        tenant
            .org
            .params
            .iter()
            .fold(page.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    };
    let bearer = format!("Bearer {}", tenant.org.key);
    let chat = r#"{"model":"sandbox-dime","messages":[{"role":"user","content":"hello"}]}"#;
    let (method, path, header, value, body) = match dice.below(5) {
        0 => ("POST", "/v1/chat/completions".to_owned(), "authorization", &bearer, chat),
        1 => ("GET", "/v1/models".to_owned(), "authorization", &bearer, ""),
        _ => ("GET", fill(PAGES[dice.below(PAGES.len())]), "cookie", &tenant.cookie, ""),
    };
    let answer = world.send(method, &path, &[(header, value)], body).await;
    (format!("{path} {}", answer.status), answer.body)
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
    world.is_ready(&tenants[0].org.key).await;
    let mut running = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (world, tenants) = (Arc::clone(&world), tenants.clone());
        running.spawn(async move {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (u64::try_from(worker).unwrap() + 1));
            let (mut answered, mut given_up) = (0_usize, 0_usize);
            for _ in 0..requests() / AT_ONCE {
                let tenant = &tenants[dice.below(TENANTS)];
                // Every fifth is given up somewhere on its way.
                let patience = if dice.below(5) == 0 { dice.below(20_000) } else { 60_000_000 };
                let patience = Duration::from_micros(u64::try_from(patience).unwrap());
                match timeout(patience, ask(&world, tenant, &mut dice)).await {
                    Ok((what, body)) => {
                        answered += 1;
                        assert_eq!(
                            foreign(&body, &tenant.name),
                            [""; 0],
                            "{}: {what}: {body}",
                            tenant.name
                        );
                    }
                    Err(_) => given_up += 1,
                }
            }
            (answered, given_up)
        });
    }
    let (mut answered, mut given_up) = (0, 0);
    while let Some(done) = running.join_next().await {
        let (more, fewer) = done.unwrap();
        answered += more;
        given_up += fewer;
    }
    assert!(answered > given_up && given_up > 0, "{answered} answered, {given_up} given up");
    let mails = world
        .database
        .look("SELECT string_agg(o.name || E'\\t' || m.recipient || m.params::text, E'\\n') FROM outbox m JOIN organizations o USING (org_id)")
        .await;
    for mail in mails.lines() {
        let name = mail.split(' ').next().unwrap_or_default();
        assert_eq!(foreign(mail, name), [""; 0], "{mail}");
    }
    let log = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let log = String::from_utf8_lossy(&log);
    assert!(!log.contains("canary-"), "{log}");
    assert!(!log.contains("22P02"), "an empty setting was read as an organization");
}
