//! What the pages are made with.

use std::sync::Arc;

use axum::extract::FromRef;
use identity::Secrets;
use store::Store;

use super::Playground;
use crate::render::Assets;

/// The state of all pages. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Keys derived from the installation's secret.
    pub secrets: Arc<Secrets>,
    /// Where people and programs reach this installation, without a slash at the end.
    pub public_url: Arc<str>,
    /// The files beside the documents.
    pub assets: Assets,
    /// Whether mails are sent; else they wait in the outbox.
    pub mails: bool,
    /// Whether the sandbox provider answers.
    pub sandbox: bool,
    /// Sends what people ask on the playground's page.
    pub playground: Arc<dyn Playground>,
}

impl App {
    /// The public address without its scheme, for people.
    pub fn host(&self) -> String {
        self.public_url.split_once("://").map_or(&*self.public_url, |(_, host)| host).to_owned()
    }
}

impl FromRef<App> for Assets {
    fn from_ref(app: &App) -> Self {
        app.assets
    }
}
