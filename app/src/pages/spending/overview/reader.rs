//! The overview of a reader, who sees what the organization is and no money.

use leptos::prelude::*;
use store::Organization;

use crate::{
    components::{Card, Empty, Fact, Facts, Id, Tone},
    layouts::{Frame, PageHead, Shell},
};

pub(super) fn page(frame: Frame, organization: &Organization) -> AnyView {
    let (name, id) = (organization.name.clone(), organization.id.to_string());
    let zone = organization.zone.name();
    view! {
        <Shell frame>
            <PageHead title="Overview" sub=name.clone()/>
            <div class="grid two fill">
                <Card title="Organization">
                    <div class="body split"><Facts>
                        <Fact label="Name">{name}</Fact>
                        <Fact label="Organization ID"><Id text=id/></Fact>
                        <Fact label="Time zone">{zone}</Fact>
                    </Facts></div>
                </Card>
                <Card title="Usage and budgets">
                    <Empty
                        split=true
                        tone=Tone::Warn
                        title="They are for owners"
                        text="You are a reader of this organization. An owner can make you one, too."
                    />
                </Card>
            </div>
        </Shell>
    }
    .into_any()
}
