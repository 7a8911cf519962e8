use serde_json::json;

use super::*;

mod spend;
mod warnings;

const LINK: &str = "https://exchequer.example.com/org-01920000000070008000000000000001/budgets";

fn mail(template: &str, params: &Value) -> Rendered {
    render(template, params, Around::link(LINK)).unwrap()
}

/// As `exq_ledger_cross` writes it.
fn threshold() -> Value {
    json!({
        "organization": "Brackwater Freight", "zone": "Europe/Oslo", "scope": "org",
        "scope_id": "01920000-0000-7000-8000-000000000001", "scope_name": "Brackwater Freight",
        "period": "month", "starts": "2026-10-31T23:00:00+00:00", "ends": "2026-11-30T23:00:00+00:00",
        "spent": "4.020000000000", "budget": "5.000000000000",
        "thresholds": [{ "fires_at": "4.000000000000", "percent": 80 }],
        "crossings": ["01920000-0000-7000-8000-000000000002"],
    })
}

/// As `exq_ledger_blocked` writes it.
fn blocked() -> Value {
    let mut params = threshold();
    params.as_object_mut().unwrap().remove("thresholds");
    params["spent"] = json!("4.980000000000");
    params["since"] = json!("2026-11-18T13:32:07.123456+00:00");
    params
}

fn with(mut params: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("{changes}") };
    for (name, value) in changes {
        params[name] = value;
    }
    params
}

fn amount(amount: &str) -> Value {
    json!({ "fires_at": amount, "percent": null })
}

fn percent(amount: &str, percent: u32) -> Value {
    json!({ "fires_at": amount, "percent": percent })
}

#[test]
fn threshold_letter() {
    let mail = mail("threshold", &threshold());
    insta::assert_snapshot!("threshold.subject", mail.subject);
    insta::assert_snapshot!("threshold.text", mail.text);
    insta::assert_snapshot!("threshold.html", mail.html);
}

#[test]
fn test_alert_letter() {
    let mail =
        mail("test_alert", &json!({ "organization": "Brackwater <Freight>", "zone": "UTC" }));
    assert_eq!(mail.subject, "Test: alerts of Brackwater <Freight> reach you here");
    insta::assert_snapshot!("test_alert.text", mail.text);
    assert!(mail.html.contains("Brackwater &#60;Freight&#62;"), "{}", mail.html);
}

#[test]
fn job_alarm_letter() {
    let mail = mail(
        "job_alarm",
        &json!({
            "job": "Compare events, rollups, counters and open requests",
            "due": "2026-11-28T03:10:00+00:00",
            "said": "events against counters: counter 7: events 1 requests 0.10 dollars, counter 2 requests 0.20 dollars",
        }),
    );
    insta::assert_snapshot!("job_alarm.subject", mail.subject);
    insta::assert_snapshot!("job_alarm.text", mail.text);
    insta::assert_snapshot!("job_alarm.html", mail.html);
}

#[test]
fn blocked_letter() {
    let mail = mail("blocked", &blocked());
    insta::assert_snapshot!("blocked.subject", mail.subject);
    insta::assert_snapshot!("blocked.text", mail.text);
    insta::assert_snapshot!("blocked.html", mail.html);
}

/// As the scheduler writes it when a raise ended.
#[test]
fn raise_ended_letter() {
    let params = json!({
        "raised": "20.000000000000", "ended": "2026-11-18T17:00:00+00:00", "reason": "Launch week",
    });
    let before = with(threshold(), params);
    let told = mail("raise_ended", &before);
    assert_eq!(
        told.subject,
        "Brackwater Freight: the raise has ended, the monthly budget is $5.00 again"
    );
    insta::assert_snapshot!("raise_ended.text", told.text);
    let spent = mail("raise_ended", &with(before, json!({ "spent": "7.000000000000" })));
    assert!(spent.text.contains("$7.00 is spent already"), "{}", spent.text);
}

/// What is observed only refuses nothing, and its mails say so.
#[test]
fn a_budget_that_is_observed_only_would_have_refused() {
    let params = json!({
        "observe": true, "raised": "20.000000000000", "ended": "2026-11-18T17:00:00+00:00", "reason": "Launch week",
    });
    let before = with(threshold(), params);
    let spent = with(before.clone(), json!({ "spent": "5.000000000000" }));
    for (template, params, words) in [
        ("threshold", &before, "requests that it would have refused are counted, and pass."),
        ("threshold", &spent, "is spent. It is observed only: requests that it would have refused"),
        ("raise_ended", &before, "$0.98 is left of it."),
        ("raise_ended", &spent, "observed only: requests that it would have refused"),
    ] {
        let mail = mail(template, params);
        let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{text}");
        assert!(text.contains("$5.00, monthly, observed only"), "{text}");
        for untrue in ["requests are refused", "have been refused"] {
            assert!(!text.contains(untrue) && !mail.html.contains(untrue), "{text}");
        }
    }
}

#[test]
fn the_budget_of_a_project_may_be_raised_by_its_owners_too() {
    let raised =
        json!({ "raised": "20.00", "ended": "2026-11-18T17:00:00+00:00", "reason": "Launch week" });
    for (scope, raisers) in [
        ("org", "unless an owner of Brackwater Freight raises"),
        ("project", "unless an owner of Brackwater Freight or of the project raises"),
        ("key", "unless an owner of Brackwater Freight or of the project raises"),
    ] {
        let of = json!({ "scope": scope, "spent": "5.000000000000" });
        let threshold = with(threshold(), of.clone());
        let ended = with(threshold.clone(), raised.clone());
        let blocked = with(blocked(), of);
        for (template, params) in
            [("threshold", threshold), ("blocked", blocked), ("raise_ended", ended)]
        {
            let text = mail(template, &params).text.replace('\n', " ");
            assert!(text.contains(raisers), "{template} {text}");
        }
    }
}

#[test]
fn a_usage_limit_says_who_may_raise_it() {
    let mail =
        mail("blocked", &with(blocked(), json!({ "scope": "usage", "spent": "5.000000000000" })));
    assert_eq!(
        mail.subject,
        "Brackwater Freight: requests have been refused since 14:32, monthly usage limit of $5.00 reached"
    );
    insta::assert_snapshot!("blocked_usage.text", mail.text);
    assert!(!mail.html.contains("udget of"), "{}", mail.html);
}

#[test]
fn tier_letters() {
    let params = json!({
        "organization": "Brackwater Freight", "zone": "Europe/Oslo", "from": 1, "to": 2, "before": "100.00",
        "usage_limit": "500.00", "by_itself": true, "held": false, "at": "2026-11-18T13:32:07+00:00",
    });
    let up = mail("tier", &params);
    let down = json!({ "from": 2, "to": 1, "before": "500.00", "usage_limit": "100.00", "by_itself": false, "held": true });
    let down = mail("tier", &with(params, down));
    let texts = format!("{}\n{}\n=====\n{}\n{}", up.subject, up.text, down.subject, down.text);
    insta::assert_snapshot!("tier.texts", texts);
    assert!(up.html.contains("may spend $500.00 a month now"));
}

#[test]
fn without_a_budget_nothing_is_said_to_stop() {
    let params = json!({
        "scope": "project", "scope_name": "Data lab", "period": "week", "budget": null,
        "starts": "2026-11-15T23:00:00+00:00", "ends": "2026-11-22T23:00:00+00:00",
        "spent": "12345.678900000000", "thresholds": [amount("12000.000000000000")],
    });
    let mail = mail("threshold", &with(threshold(), params));
    assert_eq!(mail.subject, "Project Data lab passed $12,000.00 this week");
    insta::assert_snapshot!("without_budget.text", mail.text);
    assert!(!mail.html.contains(" left</p>"));
}

#[test]
fn who_is_no_owner_is_not_told_to_be_one() {
    let mail = mail("threshold", &with(threshold(), json!({ "listed": true })));
    assert!(!mail.text.contains("you are an owner"), "{}", mail.text);
    let why = "somebody at Brackwater Freight wants this address to be told";
    assert!(mail.text.contains(why), "{}", mail.text);
}

#[test]
fn a_jump_over_several_thresholds_names_them_all() {
    let subject = |thresholds: Value| {
        let params = json!({ "spent": "5.000000000000", "thresholds": thresholds });
        let mail = mail("threshold", &with(threshold(), params));
        assert!(mail.text.contains("is spent: requests are refused"), "{}", mail.text);
        mail.subject
    };
    assert_eq!(
        subject(json!([percent("2.5", 50), percent("4", 80), percent("5", 100)])),
        "Brackwater Freight passed 50%, 80% and 100% of its November budget"
    );
    assert_eq!(
        subject(json!([amount("1"), amount("4")])),
        "Brackwater Freight passed $1.00 and $4.00 this month"
    );
    assert_eq!(
        subject(json!([percent("2.5", 50), amount("3"), percent("4", 80)])),
        "Brackwater Freight passed 3 thresholds this month: 50%, $3.00 and 80%"
    );
}

#[test]
fn a_window_is_named_in_the_organizations_zone() {
    for (period, starts, ends, zone, subject) in [
        ("day", "2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z", "Europe/Oslo", "daily"),
        ("week", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z", "Europe/Oslo", "weekly"),
        ("month", "2026-11-30T15:00:00Z", "2026-12-31T15:00:00Z", "Asia/Tokyo", "December"),
        // Moved from Tokyo to Los Angeles within the month.
        (
            "month",
            "2026-11-30T15:00:00Z",
            "2027-01-01T08:00:00Z",
            "America/Los_Angeles",
            "December",
        ),
    ] {
        let params = json!({ "period": period, "starts": starts, "ends": ends, "zone": zone });
        let mail = mail("threshold", &with(threshold(), params));
        let expected = format!("Brackwater Freight has spent 80% of its {subject} budget");
        assert_eq!(mail.subject, expected);
        assert!(mail.text.contains(zone));
    }
}

#[test]
fn what_people_write_is_one_line_and_no_markup() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "A\r\nBcc: eve@example.com\r\n\r\nbody",
        "A\u{2028}B\0C\u{202E}D",
        "Øyvind’s 資料 & Søn",
        &"long ".repeat(2_000),
    ];
    for name in names {
        for template in ["threshold", "blocked"] {
            let params = if template == "blocked" { blocked() } else { threshold() };
            let changes = json!({ "organization": name, "scope": "key", "scope_name": name });
            let mail = mail(template, &with(params, changes));
            let breaks = |c: char| c.is_control() || "\u{2028}\u{202E}".contains(c);
            assert!(!mail.subject.contains(breaks), "{:?}", mail.subject);
            assert!(!mail.html.contains("<script>") && !mail.html.contains("<img"), "{name}");
            assert!(!mail.text.contains("\nBcc:"), "{}", mail.text);
            assert!(mail.text.len() < 3_000, "{}", mail.text.len());
            assert_eq!(mail.html.matches("https://").count(), 1, "one link");
        }
    }
}

#[test]
fn a_budget_of_nothing_and_what_goes_beyond_it_can_be_told() {
    let nothing =
        mail("blocked", &with(blocked(), json!({ "budget": "0.000000000000", "spent": "0" })));
    assert!(nothing.subject.ends_with("monthly budget of $0.00 reached"));
    let beyond = mail("blocked", &with(blocked(), json!({ "spent": "7.5" })));
    assert!(beyond.text.contains("150.0% spent, $0.00 left"), "{}", beyond.text);
}

#[test]
fn refuses_what_it_can_not_tell() {
    let render = |template, params| render(template, &params, Around::link(LINK));
    assert!(matches!(render("poem", threshold()), Err(RenderError::UnknownTemplate(_))));
    for changes in [
        json!({ "zone": "Atlantis/Capital" }),
        json!({ "period": "year" }),
        json!({ "spent": 4.02 }),
        json!({ "scope": "planet" }),
        json!({ "thresholds": null }),
    ] {
        let result = render("threshold", with(threshold(), changes.clone()));
        assert!(matches!(result, Err(RenderError::Params(_))), "{changes}");
    }
}

#[test]
fn account_letters() {
    let moved = json!({ "to": "new@example.com\r\nBcc: eve@example.com" });
    let mut all = Vec::new();
    for template in [
        "verify",
        "account_exists",
        "reset",
        "email_change",
        "email_leaving",
        "email_left",
        "password_changed",
        "factor_on",
        "factor_off",
        "factor_lifted",
        "recovery_used",
        "recovery_renewed",
        "account_deleted",
    ] {
        let mail = mail(template, &moved);
        assert!(!mail.text.contains("\nBcc:") && mail.html.contains(LINK), "{template}");
        all.push(format!("# {template}\n{}\n{}\n", mail.subject, mail.text));
    }
    insta::assert_snapshot!("account.texts", all.concat());
    insta::assert_snapshot!("verify.html", mail("verify", &json!({})).html);
}

#[test]
fn the_head_of_an_audit_log_is_one_line() {
    let head =
        format!("exq-audit-1.org-01920000000070008000000000000001.1204.{}", "ab".repeat(140));
    let params = json!({
        "organization": "Brackwater\r\nFreight", "zone": "Europe/Oslo", "entries": 1204,
        "hash": "ab", "at": "2026-11-18T23:32:07.123456Z", "head": head,
    });
    let mail = mail("audit_head", &params);
    assert_eq!(mail.subject, "Audit log of Brackwater Freight: 1,204 entries");
    assert!(mail.text.lines().any(|line| line.ends_with(&head)), "{}", mail.text);
    insta::assert_snapshot!("audit_head.text", mail.text);
}

#[test]
fn invitation() {
    let params = json!({
        "invitation": "invite-0192a000000070008000000000000001",
        "version": 1,
        "organization": "Brackwater Freight",
        "zone": "Europe/Oslo",
        "inviter": "Ines Okafor\r\nBcc: eve@example.com",
        "role": "owner",
        "expires": "2026-11-25T11:30:00Z",
    });
    let letter = mail("invitation", &params);
    assert!(!letter.text.contains("\nBcc:") && letter.html.contains(LINK));
    insta::assert_snapshot!("invitation.text", format!("{}\n{}", letter.subject, letter.text));
    let unknown = with(params, json!({ "inviter": null, "role": "reader" }));
    assert!(mail("invitation", &unknown).text.contains("An owner of Brackwater Freight"));
}

#[test]
fn what_others_decide_about_a_member() {
    let params = json!({
        "organization": "Brackwater\r\nBcc: eve@example.com", "zone": "Europe/Oslo",
        "at": "2026-11-25T11:30:00Z",
    });
    let mut all = Vec::new();
    for (template, changes) in [
        ("role_changed", json!({ "role": "owner" })),
        ("role_changed", json!({ "role": "reader" })),
        ("member_removed", json!({})),
    ] {
        let letter = mail(template, &with(params.clone(), changes));
        assert!(!letter.text.contains("\nBcc:") && letter.html.contains(LINK), "{template}");
        all.push(format!("# {template}\n{}\n{}\n", letter.subject, letter.text));
    }
    insta::assert_snapshot!("membership.texts", all.concat());
}

#[test]
fn a_leaked_key() {
    let params = json!({
        "kind": "api", "organization": "Brackwater Freight", "zone": "Europe/Oslo", "project": "Search",
        "name": "Nightly\r\nBcc: eve@example.com", "last_four": "x7Qa", "at": "2026-11-25T11:30:00Z",
    });
    let letter = mail("leaked", &params);
    assert!(!letter.text.contains("\nBcc:") && letter.html.contains(LINK));
    insta::assert_snapshot!("leaked.text", format!("{}\n{}", letter.subject, letter.text));
    let own = json!({
        "kind": "personal", "zone": "UTC", "name": "Mine", "last_four": "x7Qa", "at": "2026-11-25T11:30:00Z",
    });
    assert!(mail("leaked", &own).text.contains("it is your key"));
}
