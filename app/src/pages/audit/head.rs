//! What the log is now, in one line to keep, and the key that such lines are signed with.

use domain::audit::{Hash, Head};
use leptos::prelude::*;

use crate::{
    components::{Card, CardBody, Fact, Facts, Snippet, count},
    islands::CopyButton,
    web::{App, Failure},
};

/// The card; none while there is no entry.
pub(super) fn card(app: &App, head: Option<Head>) -> Result<Option<AnyView>, Failure> {
    let Some(head) = head else { return Ok(None) };
    let signed = identity::sign_head(&app.secrets, head)?;
    let mut keys = identity::audit_keys(&app.secrets)?.into_iter().map(|key| Hash(key).to_string());
    let newest = keys.next().unwrap_or_default();
    let older: Vec<String> = keys.collect();
    let older = (!older.is_empty()).then(|| {
        view! { <Fact label="Keys of older heads"><span class="mono anywhere">{older.join(", ")}</span></Fact> }
    });
    let (line, copied) = (signed.to_string(), newest.clone());
    let command = format!("exchequer audit verify FILE.csv --head {line} --key {newest}");
    Ok(Some(
        view! {
            <Card title="Is the log whole?">
                <CardBody split=true>
                    <p>
                        "Each entry is chained to the one before by a hash. The head says how many there are and what the last one’s hash is, under a signature of this installation. Owners get it by e-mail, once a day when there are new entries, and each export begins with it. An export that is checked against a head that you kept can’t have been changed unnoticed, not even by whoever runs the database."
                    </p>
                    <Facts>
                        <Fact label="Entries">{count(head.count)}</Fact>
                        <Fact label="Public key"><span class="mono anywhere">{newest}</span>" "<CopyButton text=copied/></Fact>
                        {older}
                    </Facts>
                    <Snippet title="The head as of now" text=line/>
                    <Snippet title="Check an export, without the database" text=command/>
                </CardBody>
            </Card>
        }
        .into_any(),
    ))
}
