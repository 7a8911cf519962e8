//! Light, dark, or as the system has it.

use axum::http::{HeaderMap, header};

/// What a person chose; kept in a cookie that only this server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The cookie's name.
pub(crate) const COOKIE: &str = "theme";

impl Theme {
    /// From the request's cookies.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(header::COOKIE).iter();
        let chosen = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE);
        chosen.and_then(|(_, theme)| Self::parse(theme)).unwrap_or_default()
    }

    /// From the form or the cookie.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::System, Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == text)
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

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

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
}
