//! What says how something stands: badges, chips, notices, toasts, empty states.

use leptos::prelude::*;

use crate::components::{
    AddChip, Badge, Button, Card, CardBody, Chip, Empty, Fold, Glyph, Link, LinkButton, Notice,
    PostButton, Progress, Skeleton, Tabs, Toast, Tone, Weight,
};
use crate::labels;

pub(super) fn states() -> AnyView {
    let tabs =
        vec![(Link::new("Open", "?").current(true), Some(2)), (Link::new("All", "?"), Some(31))];
    view! {
        <Card title="States and what was done">
            <CardBody split=true>
                <div class="row">
                    <Badge tone=Tone::Ok text="On course"/>
                    <Badge tone=Tone::Warn text="Past 80%"/>
                    <Badge tone=Tone::Bad text="Reached, refusing"/>
                    <Badge line=true glyph=Glyph::Clock text="Raised until 30 Nov"/>
                    <Badge text="Reader"/>
                </div>
                <ul class="row"><Chip label="Model is" value="atlas-4" remove="?"/><li><AddChip href="?" text=labels::FILTER/></li></ul>
                <div class="ways"><Fold title="Dates, project, model" open=true><p class="muted">"A form of filters, opened by its title."</p></Fold></div>
                <Tabs label="State" links=tabs/>
                <Progress done="are written" parts=12 of=31/>
                <Skeleton lines=3/>
                <div class="shown"><Toast lead="Budget removed." text="No request is refused for it any more."><Button weight=Weight::Quiet>"Set $5,000.00 again"</Button></Toast></div>
                <Notice tone=Tone::Warn lead="One owner only." text="Invite a second one."><LinkButton href="?">"Invite"</LinkButton></Notice>
                <Notice tone=Tone::Bad lead="Nothing was saved." text="Someone else changed this budget at 14:30."/>
                <div class="row">
                    <PostButton action="?" weight=Weight::Danger>"Revoke key"</PostButton>
                    <LinkButton href="?" weight=Weight::Primary glyph=Glyph::Plus>"New key"</LinkButton>
                    <Button disabled=true>"Export CSV"</Button>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}

/// Four that are not the same: nothing yet, nothing fits, somebody else may, a fault.
pub(super) fn empties() -> AnyView {
    view! {
        <div class="grid two">
            <Card title="First use"><Empty split=true title="Send your first request" text="Point an application at Exchequer with a key of any project."><LinkButton href="?" weight=Weight::Primary>"Make a key"</LinkButton></Empty></Card>
            <Card title="Zero results"><Empty split=true title="No key fits" text="No key is let through by these filters."><LinkButton href="?">"Clear filters"</LinkButton></Empty></Card>
            <Card title="No permission"><Empty split=true tone=Tone::Warn title="Somebody else may do this" text="Your role does not allow it. The owners of Brackwater Freight may: Ines Okafor, Kofi Mensah."><LinkButton href="?">"See the team"</LinkButton></Empty></Card>
            <Card title="Error"><Empty split=true tone=Tone::Bad title="Something is wrong on our side" text="Nothing was changed. Request 01936e5a00007000800000000000000c"><LinkButton href="?" glyph=Glyph::Retry>"Try again"</LinkButton></Empty></Card>
        </div>
    }
    .into_any()
}
