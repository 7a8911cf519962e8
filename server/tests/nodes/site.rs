//! What every answer has, by whichever way it comes.

use testkit::Database;

use crate::program::{Customer, Program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_behind_tls_says_so_in_every_answer() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    for (url, says) in [
        ("https://exchequer.example", Some("max-age=31536000")),
        ("http://exchequer.example", None),
    ] {
        let settings = [("EXCHEQUER_PUBLIC_URL", url)];
        let program = Program::start_with(&database.url, &settings).await;
        let page = program.read("/sign-in", "").await.unwrap();
        // Who is ready refuses nobody, and what is forwarded comes past the router.
        let forwarded = program.chat(&customer.secret, "sandbox-dime", "", false).await.unwrap();
        let refused = program.chat("sk-exq-none", "sandbox-dime", "", false).await.unwrap();
        assert_eq!([page.status, forwarded.status, refused.status], [200, 200, 401]);
        for reply in [page, forwarded, refused] {
            assert_eq!(reply.header("strict-transport-security"), says);
        }
    }
}
