//! Every part in every state, as files to look at: `cargo run -p app --features ssr --example
//! gallery FOLDER`. Serve the folder together with the bundled style and `style/public`.

// The type of a view is as deep as its markup.
#![recursion_limit = "256"]

use std::{env, fs, io, path::Path};

use app::{
    layouts::{Frame, NavItem, Own},
    render::{Assets, Look, Page, Theme},
};
use axum::body::to_bytes;
use leptos::prelude::*;

mod overview;
mod parts;
mod sign_in;
mod usage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| "gallery".to_owned());
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    for theme in [Theme::Light, Theme::Dark] {
        save(folder, theme, "sign-in", sign_in::page).await?;
        let over = move || overview::page(frame(NavItem::Overview, theme));
        save(folder, theme, "overview", over).await?;
        save(folder, theme, "usage", move || usage::page(frame(NavItem::Usage, theme))).await?;
        save(folder, theme, "parts", move || parts::page(frame(NavItem::None, theme))).await?;
    }
    Ok(())
}

async fn save<V: IntoView>(
    folder: &Path,
    theme: Theme,
    name: &str,
    view: impl FnOnce() -> V,
) -> io::Result<()> {
    let look = Look::new(Assets { version: "gallery" }, theme);
    let response = look.page(Page::new(name).islands(), view);
    let html = to_bytes(response.into_body(), usize::MAX).await.map_err(io::Error::other)?;
    fs::write(folder.join(format!("{name}-{}.html", theme.as_str())), html)
}

fn frame(current: NavItem, theme: Theme) -> Frame {
    Frame {
        org_name: "Brackwater Freight".to_owned(),
        org_path: "/org-8c1f2a".to_owned(),
        role: domain::Role::Owner,
        role_label: "Owner · tier 4".to_owned(),
        user_name: "Ines Okafor".to_owned(),
        user_email: "ines.okafor@example.com".to_owned(),
        unverified: false,
        operator: true,
        closed: None,
        organizations: [("Brackwater Freight", "8c1f2a"), ("Brackwater Labs", "77b0de")]
            .map(|(name, id)| Own {
                name: name.to_owned(),
                path: format!("/org-{id}"),
                role: domain::Role::Owner,
                default: id == "8c1f2a",
            })
            .to_vec(),
        current,
        theme,
    }
}
