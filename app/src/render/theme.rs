//! Light, dark, or as the system has it.

use axum::{
    Form,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// What a person chose; kept in a cookie that only this server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The form behind the user's menu.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ThemeChoice {
    theme: Theme,
}

const COOKIE: &str = "theme";

impl Theme {
    /// From the request's cookies.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(header::COOKIE).iter();
        let chosen = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE);
        match chosen {
            Some((_, "light")) => Self::Light,
            Some((_, "dark")) => Self::Dark,
            _ => Self::System,
        }
    }

    /// As written in the form and the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(super) const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }

    pub(super) const fn scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light | Self::Dark => self.as_str(),
        }
    }
}

/// `POST /theme`: keeps the choice for a year and returns to the page it came from.
pub async fn choose_theme(headers: HeaderMap, Form(choice): Form<ThemeChoice>) -> Response {
    let theme = choice.theme.as_str();
    let cookie = format!("{COOKIE}={theme}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    let mut response = Redirect::to(&origin(&headers)).into_response();
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The path of the referring page: never another host, whatever the header says.
fn origin(headers: &HeaderMap) -> String {
    let referrer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let uri = referrer.and_then(|text| text.parse::<Uri>().ok());
    let path = uri.as_ref().and_then(Uri::path_and_query).map_or("/", |path| path.as_str());
    // A path of two slashes would name a host.
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn reads_the_cookie_among_others() {
        let dark = headers(header::COOKIE, "sid=x; theme=dark");
        assert_eq!(Theme::from_headers(&dark), Theme::Dark);
        let odd = headers(header::COOKIE, "theme=\"><script>");
        assert_eq!(Theme::from_headers(&odd), Theme::System);
        assert_eq!(Theme::from_headers(&HeaderMap::new()), Theme::System);
    }

    #[test]
    fn returns_to_a_path_and_never_to_another_host() {
        for (referrer, path) in [
            ("http://127.0.0.1:3000/org-1/usage?range=7", "/org-1/usage?range=7"),
            ("http://127.0.0.1//evil.example/x", "/evil.example/x"),
            ("not a uri", "/"),
        ] {
            assert_eq!(origin(&headers(header::REFERER, referrer)), path);
        }
    }
}
