//! Usage by tag: page, file and views.

use axum::http::StatusCode;
use store::system::TAG_VALUES;

use crate::{
    spender::{Spender, sum, table},
    usage::{adds_up, ledger, lines, money},
};

/// Two projects with tags and without, and a value that is markup.
async fn tagged() -> Spender {
    let spender = Spender::new().await;
    let own = (spender.project, spender.key);
    let other = spender.project("Second").await;
    for (place, model, charge, tags) in [
        (own, "sandbox-tokens", "1.000000000001", "team=search,feature=chat"),
        (own, "sandbox-tokens", "2.000000000020", "team=search"),
        (other, "sandbox-dime", "3.000000000300", "team=search,feature=chat"),
        (other, "sandbox-dime", "4.000000004000", "team=<script>alert(1)</script>"),
        (own, "sandbox-dime", "5.000000050000", "feature=(none)"),
        (own, "sandbox-dime", "6.000000600000", ""),
    ] {
        spender.tagged(place, model, charge, tags).await;
    }
    spender.spend("7.000007000000").await;
    spender
}

/// What a row says whose first cell has the name.
fn row<'a>(table: &'a str, name: &str) -> &'a str {
    let named = |row: &&str| row.contains(&format!(">{name}<"));
    table.split("<tr").find(named).unwrap_or_else(|| panic!("{name}: {table}"))
}

#[tokio::test]
async fn values_and_what_has_none_are_the_ledger_folded_or_not() {
    let mut spender = tagged().await;
    let whole = ledger(&spender).await;
    for folded in [false, true] {
        for (query, by) in [
            ("by=tag:team", "tag team"),
            ("by=tag:feature&and=project", "tag feature and project"),
            ("by=model&and=tag:team", "model and tag team"),
            ("by=tag:nobody.says-this", "tag nobody.says-this"),
        ] {
            let page = spender.browser.get(&spender.path(&format!("usage?{query}"))).await;
            adds_up(&page.is(StatusCode::OK).body, by, whole);
            page.says("(none)").says("Complete to ").hides("<script>alert(1)");
        }
        let page = spender.browser.get(&spender.path("usage?by=tag:team")).await;
        let groups = table(&page.body, "Usage by tag team");
        assert!(groups.contains("Tag team") && !groups.contains("(other)"), "{groups}");
        for (name, expected) in [
            ("search", "6.000000000321"),
            ("&lt;script&gt;alert(1)&lt;/script&gt;", "4.000000004"),
            ("(none)", "18.00000765"),
        ] {
            let expected = sum([expected]);
            assert_eq!(sum([money(row(groups, name))]), expected, "{name}");
        }
        page.says("value=\"tag:team\" selected").says("value=\"tag:feature\"");
        page.says("Like team=value; team alone");
        spender.site.app.store.system().fold().await.unwrap();
        let rows = spender.site.app.store.system().fold_tags().await.unwrap();
        assert_eq!(rows > 0, !folded);
    }
}

#[tokio::test]
async fn a_value_opens_its_projects_and_a_filter_goes_again() {
    let mut spender = tagged().await;
    let page = spender.browser.get(&spender.path("usage?by=tag:team")).await;
    let groups = table(&page.body, "Usage by tag team");
    for (name, total, rows) in [("search", "6.000000000321", 2), ("(none)", "18.00000765", 1)] {
        let href = row(groups, name).split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        let page = spender.browser.get(&href.replace("&amp;", "&")).await;
        adds_up(&page.is(StatusCode::OK).body, "project", total.parse().unwrap());
        let listed = table(&page.body, "Usage by project").matches("<tr id=").count();
        assert_eq!(listed, rows, "{name}");
        page.says("Remove filter: Tag team is").says("Not known of these filters");
        page.hides("name=\"key\"").says("value=\"tag:feature\"");
    }
    let both = "usage?by=model&tag=team%3Dsearch&tag=team&compare=no";
    let page = spender.browser.get(&spender.path(both)).await;
    adds_up(&page.is(StatusCode::OK).body, "model", "24.000007650321".parse().unwrap());
    // What says "(none)" is not what says nothing.
    let said = spender.browser.get(&spender.path("usage?tag=feature%3D(none)")).await;
    adds_up(&said.is(StatusCode::OK).body, "project", "5.00000005".parse().unwrap());
    let nothing = spender.browser.get(&spender.path("usage?tag=team%3Dnobody")).await;
    nothing.is(StatusCode::OK).says("No request that the filters let through");
}

#[tokio::test]
async fn a_days_values_past_a_thousand_have_a_row_an_address_and_all_their_money() {
    let mut spender = Spender::new().await;
    spender.site.database.stop_clock("2027-03-10T09:00:00Z".parse().unwrap()).await;
    spender.browser = spender.site.signed_in("ines").await;
    let system = spender.site.app.store.system();
    let run = |value: u64| format!("run=r{value}");
    spender.tagged_each("0.010000000001", (0..TAG_VALUES).map(run)).await;
    system.fold_tags().await.unwrap();
    spender.tagged_each("7.000000000001", (0..5).map(|value| run(TAG_VALUES + value))).await;
    system.fold_tags().await.unwrap();
    spender.spend("3").await;

    let page = spender.browser.get(&spender.path("usage?by=tag:run")).await;
    let html = &page.is(StatusCode::OK).body;
    let whole = ledger(&spender).await;
    assert_eq!(whole, "48.000000001005".parse().unwrap());
    adds_up(html, "tag run", whole);
    let groups = table(html, "Usage by tag run");
    let other = row(groups, "(other)");
    assert!(other.contains("All further values, on days with more than 1,000"), "{other}");
    assert_eq!((money(other), money(row(groups, "(none)"))), ("35.000000000005", "3.00"));
    let named = groups.split("<tr").filter(|row| row.starts_with(" id=") && row.contains(">r"));
    let small = money(row(groups, "902 others"));
    let named = sum(named.map(money).chain([small]));
    assert_eq!(named, "10.000000001".parse().unwrap(), "{small}");
    page.says("The 100 largest of 1,002 have a line of their own; the CSV has all of them.");

    let href = other.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = spender.browser.get(&href.replace("&amp;", "&")).await;
    adds_up(&page.is(StatusCode::OK).body, "project", "35.000000000005".parse().unwrap());
    page.says("Remove filter: Tag run is");

    let file = spender.browser.get(&spender.path("usage.csv?by=tag:run")).await;
    let lines = lines(&file.is(StatusCode::OK).body);
    assert_eq!(lines.len(), 1_002);
    assert_eq!(sum(lines.iter().map(|line| line["charge_usd"].as_str())), whole);
    let other = lines.iter().find(|line| line["tag_value"] == "(other)").unwrap();
    assert_eq!(other["charge_usd"], "35.000000000005");
}

#[tokio::test]
async fn what_does_not_go_with_tags_is_said() {
    let mut spender = tagged().await;
    for (query, said) in [
        ("by=tag:TEAM", "“TEAM” is left out: a tag’s key has 1 to 32 characters"),
        ("by=tag:%3Cscript%3E", "“&lt;script&gt;” is left out"),
        (&format!("by=tag:{}", "k".repeat(33)), "is left out: a tag’s key has 1 to 32 characters"),
        ("by=tag:%00", "is left out: a tag’s key"),
        ("tag=Team%3Dsearch", "“Team=search” is no tag"),
        (&format!("tag=team%3D{}", "v".repeat(65)), "is no tag, and is left out: a tag’s value"),
        ("by=tag:team&tag=feature%3Dchat", "here “team”: “feature=chat” is left out"),
        ("by=tag:team&and=key", "not by API key or member"),
        ("by=tag:team&member=service-accounts", "not by API key or member"),
    ] {
        let page = spender.browser.get(&spender.path(&format!("usage?{query}"))).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Not as asked.").says(said);
        page.hides("<script>”").says("aria-label=\"Range\"");
        let file = spender.browser.get(&spender.path(&format!("usage.csv?{query}"))).await;
        assert_eq!(file.location(), spender.path(&format!("usage?{query}")));
    }
}

#[tokio::test]
async fn the_file_has_the_same_sums_and_a_view_keeps_the_key() {
    let mut spender = tagged().await;
    let whole = ledger(&spender).await;
    let query = "by=tag%3Ateam&and=model";
    for _ in 0..2 {
        let file = spender.browser.get(&spender.path(&format!("usage.csv?{query}"))).await;
        let lines = lines(&file.is(StatusCode::OK).body);
        assert_eq!(sum(lines.iter().map(|line| line["charge_usd"].as_str())), whole);
        let mut groups: Vec<_> = lines
            .iter()
            .map(|line| [&line["tag"], &line["tag_value"], &line["model"]].map(String::as_str))
            .collect();
        groups.sort_unstable();
        let markup = "<script>alert(1)</script>";
        let said = format!("team={markup}");
        assert_eq!(
            groups,
            [
                ["team", "(none)", "sandbox-dime"],
                ["team", "(none)", "sandbox-tokens"],
                [&said, markup, "sandbox-dime"],
                ["team=search", "search", "sandbox-dime"],
                ["team=search", "search", "sandbox-tokens"],
            ]
        );
        spender.site.app.store.system().fold_tags().await.unwrap();
    }
    let path = spender.path("usage");
    let keep = [("deed", "keep"), ("query", query), ("name", "Teams")];
    let kept = spender.browser.post(&path, &keep).await;
    assert_eq!(kept.location(), format!("{path}?{query}"));
    let page = spender.browser.get(&format!("{path}?{query}")).await;
    page.is(StatusCode::OK).says("Teams").says("by=tag%3Ateam&amp;and=model");
}

#[tokio::test]
async fn a_reader_sees_tags_of_own_projects() {
    let spender = tagged().await;
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    let place = format!(
        "INSERT INTO project_members (org_id, project_id, user_id, role)
         SELECT '{}', '{}', id, 'viewer' FROM users WHERE email = 'rita@example.com'",
        spender.caller.org.uuid(),
        spender.project.uuid()
    );
    for folded in [false, true] {
        let before = rita.get(&spender.path("usage?by=tag:team")).await;
        if !folded {
            before.is(StatusCode::OK).hides("tag:feature");
            spender.site.database.tamper(&place).await;
        }
        let whole = "21.000007650021".parse().unwrap();
        for key in ["team", "feature"] {
            let page = rita.get(&spender.path(&format!("usage?by=tag:{key}&and=model"))).await;
            adds_up(&page.is(StatusCode::OK).body, &format!("tag {key} and model"), whole);
            page.hides("alert(1)").says("value=\"tag:feature\"");
        }
        spender.site.app.store.system().fold().await.unwrap();
        spender.site.app.store.system().fold_tags().await.unwrap();
    }
}
