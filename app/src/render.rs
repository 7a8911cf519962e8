//! From a view to a document and its response.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use hydration_context::SsrSharedContext;
use leptos::{nonce::Nonce, prelude::*};

mod document;
mod theme;

pub(crate) use theme::COOKIE as THEME_COOKIE;
pub use theme::Theme;

/// What the documents need to know of the files beside them; part of the router's state.
#[derive(Debug, Clone, Copy)]
pub struct Assets {
    /// Changes with every build, so that files may be kept for ever.
    pub version: &'static str,
}

/// How a document is to look for the person who asks; an extractor.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    assets: Assets,
    /// As chosen by the person, or else the system's.
    pub theme: Theme,
}

/// What a document is besides its view.
#[derive(Debug, Clone)]
pub struct Page {
    title: String,
    status: StatusCode,
    islands: bool,
}

impl Page {
    /// A document without islands, answered with 200.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), status: StatusCode::OK, islands: false }
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Loads the WebAssembly, without which islands stay as they were rendered.
    #[must_use]
    pub fn islands(mut self) -> Self {
        self.islands = true;
        self
    }
}

impl Look {
    /// For documents outside a request, such as the page gallery.
    pub const fn new(assets: Assets, theme: Theme) -> Self {
        Self { assets, theme }
    }

    /// The response: the document around what `view` makes, and the headers that guard it.
    pub fn page<V: IntoView>(&self, page: Page, view: impl FnOnce() -> V) -> Response {
        let nonce = Nonce::new();
        let status = page.status;
        let html = self.html(page, &nonce, view);
        (status, guards(&nonce), Html(html)).into_response()
    }

    /// A part of a page, for what asks for it in the background.
    pub fn part<V: IntoView>(&self, view: impl FnOnce() -> V) -> Response {
        let owner = Owner::new_root(None);
        let html = owner.with(|| document::tidy(&view().into_any().to_html()));
        owner.cleanup();
        (guards(&Nonce::new()), Html(html)).into_response()
    }

    /// The document alone. The view is made, written and dropped here, so nothing outlives it.
    fn html<V: IntoView>(&self, page: Page, nonce: &Nonce, view: impl FnOnce() -> V) -> String {
        let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
        let html = owner.with(|| {
            let body = view().into_any();
            document::html(page.title, *self, page.islands, &nonce.to_string(), body)
        });
        owner.cleanup();
        html
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Look
where
    Assets: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::new(Assets::from_ref(state), Theme::from_headers(&parts.headers)))
    }
}

fn guards(nonce: &Nonce) -> HeaderMap {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut headers = HeaderMap::new();
    // The nonce is base64, so the policy is always a header's value.
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers
}

#[cfg(test)]
mod tests;
