//! `/theme`: light, dark, or as the system has it.

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::Response,
    routing::post,
};

use crate::{
    render::{THEME_COOKIE as COOKIE, Theme},
    web::{App, Draft, Failure, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/theme", post(choose))
}

/// `POST /theme`: keeps the choice for a year and returns to the page it came from.
async fn choose(headers: HeaderMap, draft: Draft) -> Result<Response, Failure> {
    let theme = Theme::parse(&draft.value("theme")).ok_or(Failure::BadRequest)?.as_str();
    let cookie = format!("{COOKIE}={theme}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
    let mut response = go(origin(&headers));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
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

    #[test]
    fn returns_to_a_path_and_never_to_another_host() {
        for (referrer, path) in [
            ("http://127.0.0.1:3000/org-1/usage?range=7", "/org-1/usage?range=7"),
            ("http://127.0.0.1//evil.example/x", "/evil.example/x"),
            ("not a uri", "/"),
        ] {
            assert_eq!(
                origin(&HeaderMap::from_iter([(
                    header::REFERER,
                    HeaderValue::from_static(referrer)
                )])),
                path
            );
        }
    }
}
