//! A provider's invoice beside the statement: sent as a file, compared by model.

use domain::{
    Usd,
    invoice::{Compared, Item, compare},
};
use leptos::prelude::*;
use store::statements::{Invoice, Statement};

use crate::{
    components::{
        Button, Card, CardBody, CardFoot, Column, ErrorSummary, Field, Money, PostButton, Table,
        Time, change,
    },
    labels,
    pages::spending::calendar::slug,
    web::{Draft, Member},
};

/// So many models have a line of their own.
const MOST: usize = 200;

pub(super) fn card(member: &Member, statement: &Statement, draft: &Draft) -> AnyView {
    let action = member.path(&format!("statements/{}", slug(statement.window)));
    let form = form(action.clone(), statement.invoice.is_some(), draft);
    let compared = statement.invoice.as_ref().map(|invoice| table(statement, invoice, action));
    view! {
        <Card title="The provider’s invoice">
            {compared}
            <CardBody split=true>{form}</CardBody>
        </Card>
    }
    .into_any()
}

fn form(action: String, replaces: bool, draft: &Draft) -> AnyView {
    let (error, errors) = (draft.error("file"), draft.errors());
    let verb = if replaces { "Compare another invoice" } else { "Compare" };
    view! {
        <form class="form" method="post" action=action enctype="multipart/form-data">
            <ErrorSummary lead="Nothing was compared" errors/>
            <input type="hidden" name="deed" value="keep"/>
            <Field name="file" label="Invoice as CSV" kind="file" error
                help="At most 1 MB. Its first line names a column with the model (model, line item, SKU or description) and one with what it costs in US dollars (cost or amount); other columns are passed over. Only models and amounts are kept."/>
            <div class="row"><Button>{verb}</Button></div>
        </form>
    }
    .into_any()
}

fn table(statement: &Statement, invoice: &Invoice, action: String) -> AnyView {
    let rows = compared(statement, &invoice.items);
    let (shown, others) = rows.split_at(rows.len().min(MOST));
    let columns = vec![
        Column::text(labels::MODEL),
        Column::number(labels::CHARGED_HERE),
        Column::number(labels::INVOICE),
        Column::number(labels::INVOICE_ASKS_MORE_BY),
        Column::number(labels::IN_PERCENT_OF_OURS),
    ];
    let rest = (!others.is_empty()).then(|| line(&sum(format!("{} more", others.len()), others)));
    let foot = line(&sum(labels::TOGETHER.to_owned(), &rows)).into_any();
    let body = shown.iter().map(line).collect_view();
    let (at, zone) = (invoice.kept, statement.zone);
    let fields = vec![("deed", "remove".to_owned())];
    view! {
        <Table label="The provider’s invoice, by model" columns foot>{body}{rest}</Table>
        <CardFoot>
            <span>"Sent "<Time at zone/>". Charged here: this cycle’s usage as it is known now. Versions of a model count as one, because providers bill under the version’s name."</span>
            <PostButton action fields>"Remove invoice"</PostButton>
        </CardFoot>
    }
    .into_any()
}

/// The cycle's usage, with what became known since the close, beside the invoice.
fn compared(statement: &Statement, items: &[Item]) -> Vec<Compared> {
    let ours = statement.own().chain(&statement.since);
    compare(ours.map(|line| (line.model.as_str(), line.numbers.charge)), items)
}

fn sum(name: String, rows: &[Compared]) -> Compared {
    let side = |of: fn(&Compared) -> Option<Usd>| Some(rows.iter().filter_map(of).sum());
    Compared { family: name, ours: side(|row| row.ours), theirs: side(|row| row.theirs) }
}

fn line(row: &Compared) -> impl IntoView + use<> {
    let note = match (row.ours, row.theirs) {
        (Some(_), None) => Some("Not on the invoice"),
        (None, Some(_)) => Some("Not used here"),
        _ => None,
    };
    let side = |amount: Option<Usd>| match amount {
        Some(amount) => view! { <Money amount/> }.into_any(),
        None => view! { <span class="faint">"–"</span> }.into_any(),
    };
    let ours = row.ours.unwrap_or_default().pico();
    let percent = change(row.theirs.unwrap_or_default().pico(), ours);
    view! {
        <tr>
            <th scope="row">{row.family.clone()}{note.map(|note| view! { <small>{note}</small> })}</th>
            <td data-l=labels::CHARGED_HERE class="num">{side(row.ours)}</td>
            <td data-l=labels::INVOICE class="num">{side(row.theirs)}</td>
            <td data-l=labels::INVOICE_ASKS_MORE_BY class="num"><Money amount=row.difference()/></td>
            <td data-l=labels::IN_PERCENT_OF_OURS class="num">{percent}</td>
        </tr>
    }
}
