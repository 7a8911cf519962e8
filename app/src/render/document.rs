//! The document around a view.

use leptos::prelude::*;

use super::Look;

/// Finds an island's function by the name before the first underscore: what follows is a hash that
/// the compilers of the server and of the WebAssembly need not agree on.
const LOADER: &str = include_str!("islands.js");

/// Whole HTML; the nonce is what the policy asks of scripts.
pub(super) fn html(
    title: String,
    look: Look,
    with_islands: bool,
    nonce: &str,
    body: AnyView,
) -> String {
    let version = look.assets.version;
    let document = view! {
        <html lang="en" data-theme=look.theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <title>{title + " · Exchequer"}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=look.theme.scheme()/>
                <link rel="preload" href="/fonts/hanken-grotesk.woff2" r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="stylesheet" href=format!("/exchequer.css?v={version}")/>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                <script r#type="module" nonce=nonce.to_owned() src=format!("/shell.js?v={version}")></script>
                {with_islands.then(|| islands(version, nonce.to_owned()))}
            </head>
            <body>
                <a class="skip" href="#main">"Skip to content"</a>
                {body}
            </body>
        </html>
    };
    format!("<!doctype html>{}", tidy(&document.to_html()))
}

/// Without the marks that only islands need. `<!>` is no valid HTML, and text never holds it; what
/// the browser makes of it is an empty comment.
pub(super) fn tidy(html: &str) -> String {
    const END: &str = "</leptos-island>";
    let mut parts = html.split("<leptos-island");
    let mut tidied = parts.next().unwrap_or_default().replace("<!>", "");
    for part in parts {
        let (island, rest) = part.split_once(END).unwrap_or((part, ""));
        tidied.push_str("<leptos-island");
        tidied.push_str(&island.replace("<!>", "<!---->"));
        tidied.push_str(END);
        tidied.push_str(&rest.replace("<!>", ""));
    }
    tidied
}

/// What starts the islands, with the nonce that the policy asks for.
fn islands(version: &str, nonce: String) -> impl IntoView {
    let script = format!("/pkg/exchequer.js?v={version}");
    let wasm = format!("/pkg/exchequer.wasm?v={version}");
    let loader = LOADER.replace("$SCRIPT", &script).replace("$WASM", &wasm);
    view! {
        <link rel="modulepreload" href=script nonce=nonce.clone()/>
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script r#type="module" nonce=nonce inner_html=loader></script>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn marks_stay_where_islands_are() {
        let html = "a<!>b<leptos-island data-x><!>c</leptos-island><!>d";
        assert_eq!(tidy(html), "ab<leptos-island data-x><!---->c</leptos-island>d");
    }
}
