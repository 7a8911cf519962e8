//! Does the time of an answer tell whether somebody has an account? Measured, so only `make soak` asks.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;

use crate::world::{Organization, World, form};

/// Of each kind.
const SAMPLES: usize = 1_000;
/// How far from a coin's toss the better guesser may be.
const TOLERANCE: f64 = 0.05;

/// The chance that a sample of the second kind took longer than one of the first: one half if the
/// time tells nothing.
fn auc(first: &[u128], second: &[u128]) -> f64 {
    let mut all: Vec<_> =
        first.iter().map(|time| (*time, 0)).chain(second.iter().map(|time| (*time, 1))).collect();
    all.sort_unstable();
    let mut ranks = 0.0;
    for (rank, (_, kind)) in (1_u32..).zip(&all) {
        ranks += f64::from(rank * kind);
    }
    let count = |samples: &[u128]| f64::from(u32::try_from(samples.len()).unwrap());
    let (n, m) = (count(first), count(second));
    (ranks - m * (m + 1.0) / 2.0) / (n * m)
}

/// Each sample with an account and an address of its own: attempts are counted by both.
fn address(number: usize) -> SocketAddr {
    let number = u32::try_from(number).unwrap();
    SocketAddr::from((Ipv4Addr::from(0x0a00_0000 + number), 1))
}

/// Those with even numbers have no account.
fn email(number: usize) -> String {
    format!("{}-{number}@example.com", if number % 2 == 1 { "known" } else { "nobody" })
}

/// Asks about each address; one kind after the other, so that both see the same weather.
async fn measure(what: &str, ask: impl AsyncFn(usize) -> StatusCode) {
    let mut times = [Vec::new(), Vec::new()];
    let mut answers = [None; 2];
    for number in 0..2 * SAMPLES {
        let begun = Instant::now();
        let status = ask(number).await;
        times[number % 2].push(begun.elapsed().as_nanos());
        // Times of a throttle's refusals would tell nothing of what is behind it.
        let first = *answers[number % 2].get_or_insert(status);
        assert_eq!(status, first, "{what} of {number}");
    }
    assert_eq!(answers[0], answers[1], "{what}");
    let auc = auc(&times[0], &times[1]);
    server::say::line(format!("{what}: AUC {auc:.3} over 2 x {SAMPLES}"));
    assert!((auc - 0.5).abs() <= TOLERANCE, "{what}: AUC {auc:.3}");
}

/// The accounts of the odd numbers.
async fn accounts(world: &World) {
    world.user("origin").await;
    world
        .database
        .tamper(&format!(
            "INSERT INTO users (id, email, name, password_hash, verified_at)
             SELECT gen_random_uuid(), 'known-' || n || '@example.com', 'Known', u.password_hash, now()
             FROM users u CROSS JOIN generate_series(1, {}, 2) AS n WHERE u.email = 'origin@example.com'",
            2 * SAMPLES
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures times: make soak"]
async fn the_time_of_an_answer_tells_nothing() {
    let world = World::mailing(8).await;
    accounts(&world).await;
    for (path, fields) in
        [("/sign-in", &[("password", "not the right one")][..]), ("/forgot", &[][..])]
    {
        measure(path, async |number| {
            let email = email(number);
            let all = [&[("email", email.as_str())], fields].concat();
            world.post_from(address(number), path, &form(&all)).await
        })
        .await;
    }
}

/// An owner who invites learns nothing, and neither does who holds a link that somebody copied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures times: make soak"]
async fn the_time_of_an_invitation_tells_nothing() {
    let world = World::mailing(8).await;
    let ours = Organization::new(&world, "ours", &[]).await;
    let cookie = world.sign_in("ours-owner").await;
    accounts(&world).await;
    // More mails than an organization may send a day.
    let earlier = "ALTER TABLE outbox ALTER created_at SET DEFAULT now() - interval '2 days'";
    world.database.tamper(earlier).await;
    let team = format!("/{}/team", ours.params[0].1);
    measure("inviting", async |number| {
        let form = form(&[("addresses", &email(number)), ("role", "reader")]);
        world.send("POST", &team, &[("cookie", &cookie)], &form).await.status
    })
    .await;
    let look = "SELECT string_agg(id::text, ' ' ORDER BY split_part(split_part(email, '@', 1), '-', 2)::int)
                FROM invitations WHERE email LIKE 'known-%' OR email LIKE 'nobody-%'";
    let ids = world.database.look(look).await;
    let paths: Vec<String> = ids
        .split(' ')
        .map(|id| {
            let id = id.parse::<sqlx::types::Uuid>().unwrap();
            let id = domain::InvitationId::from_uuid(id);
            let path = identity::invitation_path(&world.secrets, id, 1, identity::Way::Copied);
            path.expose_secret().to_owned()
        })
        .collect();
    assert_eq!(paths.len(), 2 * SAMPLES);
    measure("looking at an invitation", async |number| {
        world.send("GET", &paths[number], &[], "").await.status
    })
    .await;
    let person =
        form(&[("action", "join"), ("name", "Ada"), ("password", "nine blue boats sail on")]);
    measure("joining by a copied link", async |number| {
        world.post_from(address(number), &paths[number], &person).await
    })
    .await;
}

/// Another organization's id is looked for as long as one that never existed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures times: make soak"]
async fn the_time_of_a_404_tells_nothing() {
    let world = World::new(8).await;
    let ours = Organization::new(&world, "ours", &[]).await;
    let theirs = Organization::new(&world, "theirs", &[]).await;
    let cookie = world.sign_in("ours-owner").await;
    let of = |organization: &Organization, name: &str| {
        organization.params.iter().find(|(known, _)| *known == name).unwrap().1.clone()
    };
    let org = of(&ours, "org");
    for (kind, page) in [("project", "projects"), ("key", "keys"), ("user", "team")] {
        let foreign = of(&theirs, kind);
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..2 * SAMPLES {
            let fresh = domain::KeyId::generate().uuid().simple().to_string();
            let prefix = foreign.trim_end_matches(|c: char| c.is_ascii_hexdigit());
            let id = if number % 2 == 1 { foreign.clone() } else { format!("{prefix}{fresh}") };
            let begun = Instant::now();
            world.send("GET", &format!("/{org}/{page}/{id}"), &[("cookie", &cookie)], "").await;
            times[number % 2].push(begun.elapsed().as_nanos());
        }
        let auc = auc(&times[0], &times[1]);
        server::say::line(format!("a foreign {kind}: AUC {auc:.3} over 2 x {SAMPLES}"));
        assert!((auc - 0.5).abs() <= TOLERANCE, "a foreign {kind}: AUC {auc:.3}");
    }
}
