//! The document around a view.

use leptos::prelude::*;

use super::Look;

/// Finds an island's function by the name before the first underscore: what follows is a hash that
/// the compilers of the server and of the WebAssembly need not agree on.
const LOADER: &str = include_str!("islands.js");

/// Whole HTML. With a nonce, the document also starts the islands.
pub(super) fn html(title: String, look: Look, nonce: Option<String>, body: AnyView) -> String {
    let version = look.assets.version;
    let document = view! {
        <html lang="en" data-theme=look.theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <title>{title + " · Exchequer"}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=look.theme.scheme()/>
                <link rel="preload" href="/fonts/hanken-grotesk.woff2" r#as="font" r#type="font/woff2" crossorigin=""/>
                <link rel="stylesheet" href=format!("/exchequer.css?v={version}")/>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                {nonce.map(|nonce| islands(version, nonce))}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                {body}
            </body>
        </html>
    };
    format!("<!doctype html>{}", document.to_html())
}

fn islands(version: &str, nonce: String) -> impl IntoView {
    let script = format!("/pkg/exchequer.js?v={version}");
    let wasm = format!("/pkg/exchequer.wasm?v={version}");
    let loader = LOADER.replace("$SCRIPT", &script).replace("$WASM", &wasm);
    view! {
        <link rel="modulepreload" href=script nonce=nonce.clone()/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
        <script r#type="module" nonce=nonce inner_html=loader></script>
    }
    .into_any()
}
