//! `doctor`.

use std::{process::ExitCode, time::Duration};

use serde::Serialize;

use crate::{cli::Output, database::Database, mailer, say, settings::Settings};

#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    says: String,
}

/// Checks everything that a running program would need, and says how each check went; the exit code
/// is 1 if one failed.
pub async fn run(settings: &Settings, output: &Output) -> anyhow::Result<ExitCode> {
    let mut checks = vec![Check {
        name: "settings",
        ok: true,
        says: format!("serves {} on {}", settings.public_url, settings.bind),
    }];
    checks.push(match Database::open(settings).await {
        Ok(database) => {
            let check = reconciled(&database).await;
            database.close().await;
            check
        }
        Err(error) => Check { name: "database", ok: false, says: format!("{error:#}") },
    });
    checks.push(mail(settings).await);
    checks.push(provider(settings).await);
    let ok = checks.iter().all(|check| check.ok);
    if output.json {
        say::json(&serde_json::json!({ "ok": ok, "checks": checks }))?;
    } else {
        for check in &checks {
            say::line(format!(
                "{} {:<9} {}",
                if check.ok { "ok  " } else { "FAIL" },
                check.name,
                check.says
            ));
        }
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn reconciled(database: &Database) -> Check {
    let kind = if database.is_embedded() {
        "private, under the data folder"
    } else {
        "as DATABASE_URL says"
    };
    match database.store.system().reconcile().await {
        Ok(None) => Check {
            name: "database",
            ok: true,
            says: format!("{kind}; the ledger agrees with itself"),
        },
        Ok(Some(difference)) => Check { name: "database", ok: false, says: difference.to_string() },
        Err(error) => Check { name: "database", ok: false, says: error.to_string() },
    }
}

async fn mail(settings: &Settings) -> Check {
    let (ok, says) = match mailer(settings) {
        Ok(None) => (true, "no EXCHEQUER_SMTP_URL: mails wait in the outbox".to_owned()),
        Ok(Some(mailer)) => match mailer.probe().await {
            Ok(answer) => (true, answer),
            Err(error) => (false, error.to_string()),
        },
        Err(error) => (false, format!("{error:#}")),
    };
    Check { name: "mail", ok, says }
}

async fn provider(settings: &Settings) -> Check {
    let Some(upstream) = &settings.upstream else {
        return Check {
            name: "provider",
            ok: true,
            says: "no EXCHEQUER_UPSTREAM_URL: only the sandbox provider answers".to_owned(),
        };
    };
    let host = upstream.base_url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = upstream.base_url.port_u16().unwrap_or(match upstream.base_url.scheme_str() {
        Some("http") => 80,
        _ => 443,
    });
    let connected =
        tokio::time::timeout(Duration::from_secs(5), tokio::net::TcpStream::connect((host, port)))
            .await;
    let (ok, says) = match connected {
        Ok(Ok(_)) => (
            true,
            format!(
                "{} accepts connections; whether it takes the key shows with the first request",
                upstream.base_url
            ),
        ),
        Ok(Err(error)) => (false, format!("{}: {error}", upstream.base_url)),
        Err(_) => (false, format!("{} did not answer in 5 seconds", upstream.base_url)),
    };
    Check { name: "provider", ok, says }
}
