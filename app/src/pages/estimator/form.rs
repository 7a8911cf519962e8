//! The form.

use leptos::prelude::*;
use tokenizer::LONGEST;

use super::{List, asked::CHOICES};
use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Field, GroupedSelect, TextArea, Weight, count,
    },
    labels,
    pages::model_choices,
    web::{Draft, Member},
};

pub(super) fn card(member: &Member, list: &List, draft: &Draft) -> AnyView {
    let groups =
        model_choices::groups(list.values(), labels::CHOOSE_A_MODEL, |price| price.model.clone());
    let chosen = CHOICES.into_iter().enumerate().map(|(place, name)| {
        let label = match place {
            0 => labels::MODEL.to_owned(),
            place => format!("Model {} (optional)", place + 1),
        };
        let (value, error, groups) = (draft.value(name), draft.error(name), groups.clone());
        view! { <GroupedSelect name label groups value error/> }
    });
    let chosen = chosen.collect_view();
    let (text, text_error) = (draft.value("text"), draft.error("text"));
    let (other, other_error) = (draft.value("other"), draft.error("other"));
    let (output, output_error) = (draft.value("output"), draft.error("output"));
    let (requests, requests_error) = (draft.value("requests"), draft.error("requests"));
    let help = format!("At most {} characters.", count(LONGEST as u64));
    let (errors, action) = (draft.errors(), member.path("estimator#result"));
    view! {
        <Card>
            <CardBody>
                <form class="form" method="post" action=action>
                    <ErrorSummary lead="Nothing was counted" errors/>
                    <TextArea name="text" label="Text" value=text error=text_error rows=10 required=true help/>
                    <div class="cols">{chosen}</div>
                    <div class="cols">
                        <Field name="other" label="Another model (optional)" value=other error=other_error maxlength=100
                            help="By its name. Without a price in the list its tokens alone are counted."/>
                        <Field name="output" label="Tokens of an answer" value=output error=output_error required=true inputmode="numeric"
                            help="As you expect it, reasoning included."/>
                        <Field name="requests" label="Requests a month" value=requests error=requests_error required=true inputmode="numeric"/>
                    </div>
                    <div class="row"><Button weight=Weight::Primary>"Estimate cost"</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
