//! What the browser gets beside the pages: the site that `scripts/web` built, inside the program,
//! so that it runs from any folder.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    extract::RawQuery,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::short_hash::short_hash;

#[derive(RustEmbed)]
#[folder = "../site"]
struct Site;

/// One route for each file, so that no other route is shadowed.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Site::iter().filter_map(Asset::find).fold(Router::new(), |router, asset| {
        let path = format!("/{}", asset.name);
        let answer = move |RawQuery(query): RawQuery, headers: HeaderMap| async move {
            asset.answer(query.as_deref(), &headers)
        };
        router.route(&path, get(answer))
    })
}

/// Stands for all files together. A page asks for `…?v=VERSION`, which may be kept for ever.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut names: Vec<_> = Site::iter().collect();
        names.sort_unstable();
        let hashes = names.iter().filter_map(|name| {
            Some((name.as_bytes().to_vec(), Site::get(name)?.metadata.sha256_hash()))
        });
        short_hash(
            &hashes.flat_map(|(name, hash)| [name, hash.to_vec()].concat()).collect::<Vec<_>>(),
        )
    });
    &VERSION
}

#[derive(Clone)]
struct Asset {
    name: String,
    content_type: &'static str,
    plain: Variant,
    brotli: Option<Variant>,
}

/// The bytes as they are sent, and the tag that names exactly these bytes.
#[derive(Clone)]
struct Variant {
    bytes: &'static [u8],
    etag: HeaderValue,
}

impl Asset {
    fn find(name: Cow<'static, str>) -> Option<Self> {
        let content_type = content_type(&name)?;
        let plain = Variant::of(&Site::get(&name)?)?;
        let brotli = Site::get(&format!("{name}.br")).and_then(|file| Variant::of(&file));
        Some(Self { name: name.into_owned(), content_type, plain, brotli })
    }

    fn answer(&self, query: Option<&str>, request: &HeaderMap) -> Response {
        let packed = self.brotli.as_ref().filter(|_| accepts_brotli(request));
        let variant = packed.unwrap_or(&self.plain);
        let current = query.is_some_and(|query| query.split('&').any(is_current));
        let cache = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
        let common: [(HeaderName, HeaderValue); 3] = [
            (header::ETAG, variant.etag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if has_already(request, &variant.etag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let mut response = (common, Body::from(variant.bytes)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if packed.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        response
    }
}

impl Variant {
    fn of(file: &EmbeddedFile) -> Option<Self> {
        let etag = format!("\"{}\"", short_hash(&file.metadata.sha256_hash()));
        // Embedded in every profile (feature debug-embed), so never an owned copy.
        let Cow::Borrowed(bytes) = &file.data else {
            return None;
        };
        Some(Self { bytes, etag: HeaderValue::try_from(etag).ok()? })
    }
}

fn is_current(parameter: &str) -> bool {
    parameter.strip_prefix("v=").is_some_and(|value| value == version())
}

fn has_already(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let tags =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|value| value.split(',')).map(str::trim);
    // A proxy that packs again makes the tag a weak one.
    tags.any(|tag| {
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
    })
}

fn accepts_brotli(request: &HeaderMap) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = values.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "br" && weight.trim().trim_end_matches(['.', '0']) != "q="
    })
}

/// By the name's end; what is not listed is not served.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending {
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset() -> Asset {
        let variant = |bytes, etag| Variant { bytes, etag: HeaderValue::from_static(etag) };
        Asset {
            name: "exchequer.css".to_owned(),
            content_type: "text/css; charset=utf-8",
            plain: variant(b"a { color: red }", "\"plain\""),
            brotli: Some(variant(b"packed", "\"packed\"")),
        }
    }

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn only_the_current_version_is_kept_for_ever() {
        let kept = |query: &str| {
            let response = asset().answer(Some(query), &HeaderMap::new());
            response.headers()[header::CACHE_CONTROL].clone()
        };
        assert_eq!(kept(&format!("v={}", version())), "public, max-age=31536000, immutable");
        assert_eq!(kept("v=other"), "no-cache");
        assert_eq!(kept(""), "no-cache");
    }

    #[test]
    fn each_variant_has_its_own_tag() {
        let answer = |value| asset().answer(None, &request(header::ACCEPT_ENCODING, value));
        for (accepted, tag) in [
            ("gzip, br", "\"packed\""),
            ("br;q=0.5", "\"packed\""),
            ("br;q=0", "\"plain\""),
            ("br;q=0.0", "\"plain\""),
            ("brr, gzip", "\"plain\""),
        ] {
            assert_eq!(answer(accepted).headers()[header::ETAG], tag, "{accepted}");
        }
        assert_eq!(answer("br").headers()[header::CONTENT_ENCODING], "br");
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let status = |value| asset().answer(None, &request(header::IF_NONE_MATCH, value)).status();
        assert_eq!(status("\"plain\""), StatusCode::NOT_MODIFIED);
        assert_eq!(status("\"x\", W/\"plain\""), StatusCode::NOT_MODIFIED);
        assert_eq!(status("\"packed\""), StatusCode::OK);
    }
}
