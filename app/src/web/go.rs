//! Where a person goes next.

use std::str::FromStr;

use axum::response::{IntoResponse as _, Redirect, Response};

use super::Failure;

/// 303: the form did what it was for, and this page is next.
pub fn go(path: impl AsRef<str>) -> Response {
    Redirect::to(path.as_ref()).into_response()
}

/// An address of this site from a query, as a person could have typed it: never another host's.
pub fn local(path: Option<&str>) -> Option<&str> {
    let path = path?;
    // Browsers read a backslash as a slash, and drop tabs and line feeds.
    let plain = !path.contains(|c: char| c == '\\' || c.is_control());
    (plain && path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

/// A page that asks for something, with where to go afterwards; the overview needs no saying.
pub fn with_next(page: &str, next: &str) -> String {
    if next == "/" {
        return page.to_owned();
    }
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    format!("{page}?{query}")
}

/// An id in an address; what is none leads nowhere.
pub fn id<T: FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn leads_to_no_other_host() {
        for path in ["/", "/org-1/keys?state=revoked", "/a//b"] {
            assert_eq!(local(Some(path)), Some(path));
        }
        for path in
            ["", "keys", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://x"]
        {
            assert_eq!(local(Some(path)), None, "{path}");
        }
        assert_eq!(local(None), None);
    }
}
