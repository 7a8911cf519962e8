//! The billing profile.

use axum::http::StatusCode;

use crate::support::Site;

const FIELDS: [(&str, &str); 6] = [
    ("legal_name", "Brackwater Freight AS"),
    ("email", "billing@example.com"),
    ("address", "1 Counting House\r\n0150 Oslo"),
    ("country", "NO"),
    ("tax_id", ""),
    ("cost_centre", "CC-7"),
];

#[tokio::test]
async fn it_opens_the_gate() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/billing", caller.org);
    let page = ines.get(&path).await;
    page.is(StatusCode::OK).says("Requests are refused until billing").says("billing_not_active");
    // What is known is filled in.
    page.says("value=\"Brackwater\"").says("value=\"ines@example.com\"");
    assert_eq!(ines.post(&path, &FIELDS).await.location(), format!("{path}?saved"));
    let page = ines.get(&path).await;
    page.hides("Requests are refused until")
        .hides("billing_not_active")
        .says("value=\"CC-7\"")
        .says("<option value=\"NO\" selected>")
        .says("\n1 Counting House\n0150 Oslo</textarea>");
    let stored = site.app.store.billing_profile(&caller).await.unwrap().unwrap();
    assert_eq!(stored.address, "1 Counting House\n0150 Oslo");
}

#[tokio::test]
async fn each_wrong_field_has_its_sentence_and_keeps_the_others() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/billing", caller.org);
    let long = "x".repeat(501);
    for (place, value, sentence) in [
        (0, "", "This can’t be empty."),
        (1, "billing", "This is not an e-mail address"),
        (2, " \r\n ", "This can’t be empty."),
        (2, &long, "at most 500 characters."),
        (3, "", "Choose a country from the list."),
        (3, "XX", "Choose a country from the list."),
        (4, "a\tb", "can’t contain line breaks or control characters."),
        (5, &long, "at most 60 characters."),
    ] {
        let mut wrong = FIELDS;
        wrong[place].1 = value;
        let answer = ines.post(&path, &wrong).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was saved");
        if place != 0 {
            answer.says("value=\"Brackwater Freight AS\"");
        }
    }
    assert_eq!(site.app.store.billing_profile(&caller).await.unwrap(), None);
}

#[tokio::test]
async fn what_looks_like_markup_is_text() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/billing", caller.org);
    let mut fields = FIELDS;
    fields[2].1 = "</textarea><script>alert(1)</script>";
    fields[0].1 = "\"><script>alert(2)</script>";
    ines.post(&path, &fields).await.location();
    let page = ines.get(&path).await;
    page.says("&lt;/textarea&gt;&lt;script&gt;alert(1)").hides("<script>alert");
}
