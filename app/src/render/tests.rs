use axum::{body::to_bytes, http::StatusCode, response::Response};
use leptos::prelude::*;

use super::{Assets, Look, Page, Theme};
use crate::components::Secret;

const LOOK: Look = Look::new(Assets { version: "v1" }, Theme::Dark);

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn policy(response: &Response) -> String {
    response.headers()["content-security-policy"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_is_guarded_and_says_so_in_its_status() {
    let page = Page::new("Gone <b>").status(StatusCode::NOT_FOUND);
    let response = LOOK.page(page, || view! { <main id="main">"Nothing here"</main> });
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    assert!(policy(&response).starts_with("default-src 'none'; script-src 'nonce-"));
    let html = text(response).await;
    assert!(html.starts_with(r#"<!doctype html><html lang="en" data-theme="dark">"#), "{html}");
    assert!(html.contains("<title>Gone &lt;b&gt; · Exchequer</title>"), "{html}");
    assert!(html.contains(r#"href="/exchequer.css?v=v1""#), "{html}");
    assert!(html.contains(r#"src="/shell.js?v=v1"></script>"#), "{html}");
    assert!(!html.contains("/pkg/"), "{html}");
}

#[tokio::test]
async fn islands_start_with_the_nonce_of_the_policy() {
    let view = || view! { <main id="main"><Secret text="sk-exq-1"/></main> };
    let response = LOOK.page(Page::new("Key").islands(), view);
    let policy = policy(&response);
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let html = text(response).await;
    assert!(html.contains(&format!(r#"<script type="module" nonce="{nonce}">"#)), "{html}");
    assert!(html.contains(r#"from "/pkg/exchequer.js?v=v1""#), "{html}");
    assert!(html.contains(r#"<leptos-island data-component="CopyButton_"#), "{html}");
    assert!(html.contains("<code>sk-exq-1</code>"), "{html}");
    assert!(!html.contains(" style="), "{html}");
}

#[test]
fn nothing_outlives_a_document() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    let cleaned = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cleaned);
    drop(LOOK.page(Page::new("Owner"), move || {
        Owner::on_cleanup(move || flag.store(true, Ordering::Relaxed));
        "body"
    }));
    assert!(cleaned.load(Ordering::Relaxed));
}
