/// A page without the number that its scripts bear and that is used once, so that two answers compare.
#[must_use]
pub fn without_nonce(body: &str) -> String {
    let mut parts = body.split(" nonce=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    let rests = parts.map(|part| part.split_once('"').map_or("", |(_, rest)| rest));
    rests.fold(first, |body, rest| body + rest)
}
