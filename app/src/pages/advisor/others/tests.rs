use chrono::DateTime;
use domain::{Environment, PriceId, Tokens, Who, price::Rates};
use store::slices::Apart;

use super::*;

const DOLLAR: u64 = 1_000_000_000_000;

fn project(name: &str, models: Option<&[&str]>) -> Project {
    Project {
        id: ProjectId::generate(),
        name: name.to_owned(),
        environment: Environment::Staging,
        is_default: false,
        rehearsal: false,
        fingerprints: false,
        bodies: None,
        created_at: DateTime::UNIX_EPOCH,
        archived_at: None,
        models: models.map(|names| Models::new(names.iter().copied()).unwrap()),
        members: 0,
        who: Who::new(domain::Role::Owner, None),
    }
}

fn prices() -> BTreeMap<String, Price> {
    let price = |model: &str, input: u64, output: u64| Price {
        id: PriceId::generate(),
        provider: "openai".to_owned(),
        model: model.to_owned(),
        rates: Rates::new(input * DOLLAR, output * DOLLAR),
        variants: Vec::new(),
        per_request: Usd::ZERO,
        context: None,
        max_output: None,
    };
    let mut heard = price("heard", 3, 12);
    heard.rates.set(TokenClass::AudioInput, Some(40 * DOLLAR));
    let all = [
        price("large", 4, 16),
        price("small", 1, 4),
        price("mini", 2, 4),
        price("nano", 1, 1),
        price("embed-1", 0, 0),
        price("sandbox-dime", 0, 0),
        heard,
    ];
    all.into_iter().map(|price| (price.model.clone(), price)).collect()
}

fn slice(project: &Project, model: &str, tokens: Tokens) -> Slice {
    let apart = Apart {
        project: Some(project.id.uuid()),
        model: Some(model.to_owned()),
        ..Apart::default()
    };
    let charge = Usd::from_dollars(100);
    Slice::of(0, apart, Totals { requests: 5, tokens, charge, ..Totals::default() })
}

fn shown(used: &Used) -> String {
    let cheaper: Vec<_> =
        used.cheaper.iter().map(|(model, cost)| format!("{model} {cost}")).collect();
    format!(
        "{} {} {:?}: {}",
        used.project_name,
        used.model,
        used.today.map(|usd| usd.to_string()),
        cheaper.join(", ")
    )
}

#[test]
fn each_model_is_compared_with_those_that_its_project_may_ask() {
    let listed = project("Listed", Some(&["large", "mini", "small", "nano", "gone", "heard"]));
    let open = project("Open", None);
    let text = Tokens { input: 1_000_000, output: 500_000, ..Tokens::default() };
    let sound = Tokens { input: 1_000_000, audio_input: 1_000_000, ..Tokens::default() };
    let used = vec![
        slice(&listed, "large", text),
        slice(&listed, "heard", sound),
        slice(&listed, "nano", text),
        slice(&open, "mini", text),
        slice(&open, "embed-1", text),
        slice(&open, "sandbox-dime", text),
        slice(&open, "made-up", text),
    ];
    let projects = [listed, open];
    let one = compare(used.clone(), &projects, Some(projects[0].id), &prices());
    let compared = compare(used, &projects, None, &prices());
    assert_eq!(one.used, [compared.used[1].clone()]);
    let lines: Vec<_> = compared.used.iter().map(shown).collect();
    assert_eq!(
        lines,
        [
            // Its charge is all that is known of what it cost.
            "Open made-up None: nano 1.50, mini 4.00, heard 9.00",
            r#"Listed large Some("12.00"): nano 1.50, small 3.00, mini 4.00"#,
            r#"Open mini Some("4.00"): nano 1.50"#,
        ]
    );
    // Dearer alone, nothing that hears, no other model for embeddings, no other sandbox.
    assert_eq!(compared.others, 4);
    let left_out: Vec<_> = compared.left_out.into_iter().collect();
    let heard = |model: &str| (model.to_owned(), Some("audio_input"));
    let gone = |model: &str| (model.to_owned(), None);
    assert_eq!(
        left_out,
        [
            gone("gone"),
            heard("large"),
            gone("made-up"),
            heard("mini"),
            heard("nano"),
            heard("small")
        ]
    );
}
