//! Warnings: drift, forecast, unusual spend.

use serde_json::json;

use super::{spend::facts, *};

#[test]
fn forecast_letter() {
    let params = with(
        threshold(),
        json!({ "warning": "01920000-0000-7000-8000-000000000009", "reached": "2026-11-21T09:00:00+00:00", "forecast": "7.53" }),
    );
    let around = Around { facts: Some(facts()), ..Around::link(LINK) };
    let mail = render("forecast", &params, around).unwrap();
    assert_eq!(mail.subject, "Brackwater Freight will reach its November budget about 21 Nov");
    insta::assert_snapshot!("forecast.text", mail.text);
    insta::assert_snapshot!("forecast.html", mail.html);
    assert!(mail.picture.is_some());
    let observed =
        render("forecast", &with(params, json!({ "observe": true })), Around::link(LINK));
    let text = observed.unwrap().text.replace('\n', " ");
    assert!(
        text.contains("are counted, and pass") && !text.contains("are refused until"),
        "{text}"
    );
}

#[test]
fn burn_letter() {
    let day = json!({
        "period": "day", "starts": "2026-11-17T23:00:00+00:00", "ends": "2026-11-18T23:00:00+00:00",
        "budget": null, "spent": "44.100000000000", "usual": "20.5",
    });
    let mail = mail("burn", &with(threshold(), day));
    assert_eq!(
        mail.subject,
        "Brackwater Freight has spent $44.10 today, usual for a Wednesday is $20.50"
    );
    insta::assert_snapshot!("burn.text", mail.text);
}

#[test]
fn drift_letter() {
    let params = json!({
        "organization": "Brackwater <Freight>", "zone": "Europe/Oslo", "model": "gpt-5\r\nBcc: eve@example.com",
        "worse": ["failing", "refused", "first_token", "slower", "dearer"],
        "today": { "requests": 240, "failed": 30, "refused": 60, "first_us": 900_000, "total_us": 4_400_000, "cost": "0.0125" },
        "before": { "requests": 12_345, "failed": 12, "refused": 100, "first_us": 400_000, "total_us": 2_200_000, "cost": "0.005" },
    });
    let mail = mail("drift", &params);
    assert!(!mail.text.contains("\nBcc:") && !mail.html.contains("<Freight>"), "{}", mail.text);
    insta::assert_snapshot!("drift.text", format!("{}\n{}", mail.subject, mail.text));
    insta::assert_snapshot!("drift.html", mail.html);
    // What is not known of the past: of refusals nothing is said.
    let unknown = json!({
        "worse": ["slower"],
        "before": { "requests": 500, "failed": 0, "refused": null, "first_us": null, "total_us": 2_200_000, "cost": null },
    });
    let text = super::mail("drift", &with(params.clone(), unknown)).text;
    assert!(
        text.contains("$0.0125 today, unknown before") && !text.contains("Refused  "),
        "{text}"
    );
    // As nodes wrote it that did not count what is refused.
    let side =
        json!({ "requests": 240, "failed": 30, "first_us": null, "total_us": null, "cost": null });
    let old = with(params, json!({ "worse": ["failing"], "today": side, "before": side }));
    let text = super::mail("drift", &old).text;
    assert!(text.contains("Failed") && !text.contains("Refused  "), "{text}");
}
