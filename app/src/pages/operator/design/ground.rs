//! What all parts stand on: colours by what they mean, sizes of type, buttons.

use leptos::prelude::*;

use crate::components::{Avatar, Button, Card, CardBody, Glyph, Icon, LinkButton, Swatch, Weight};

/// The roles of colours, as (class, name).
const ROLES: [(&str, &str); 12] = [
    ("paper", "Paper"),
    ("surface", "Surface"),
    ("raised", "Raised"),
    ("sunken", "Sunken"),
    ("line-2", "Outline"),
    ("ink", "Ink"),
    ("ink-2", "Ink, second"),
    ("ink-3", "Ink, third"),
    ("accent", "Accent"),
    ("brass", "Brass: look"),
    ("wax", "Wax: stopped"),
    ("accent-soft", "Accent, soft"),
];

pub(super) fn colours() -> AnyView {
    let roles = ROLES.map(|(class, name)| {
        view! { <li><svg aria-hidden="true"><rect class=format!("role-{class}") width="100%" height="100%"/></svg>{name}</li> }
    });
    let series = (1..=8_u8).map(|colour| {
        let name = if colour == 8 { "Other".to_owned() } else { format!("Series {colour}") };
        view! { <li class="named"><Swatch colour/>{name}</li> }
    });
    view! {
        <Card title="Colours">
            <CardBody split=true>
                <ul class="roles">{roles.into_iter().collect_view()}</ul>
                <ul class="row">{series.collect_view()}</ul>
            </CardBody>
        </Card>
    }
    .into_any()
}

pub(super) fn type_and_buttons() -> AnyView {
    view! {
        <Card title="Type">
            <CardBody split=true>
                <p class="hero">"$11,256"<span>".72"</span></p>
                <p class="title-of">"Page title, 22"</p>
                <p><strong>"Card title, 15"</strong></p>
                <p>"Text, 14. Amounts line up: $1,111.11 and $8,888.88."</p>
                <p class="muted">"Second, for what explains. "<span class="faint">"Third, for labels."</span></p>
                <p class="mono">"sk-exq-Hq4Tz8mLw2Ne, an id"</p>
                <p class="row"><Avatar name="Ines Okafor"/>"Ines Okafor"</p>
            </CardBody>
        </Card>
        <Card title="Buttons and menus">
            <CardBody split=true>
                <div class="row">
                    <Button weight=Weight::Primary>"Save budget"</Button>
                    <Button>"Filter keys"</Button>
                    <Button weight=Weight::Quiet>"Cancel"</Button>
                    <Button weight=Weight::Danger>"Revoke key"</Button>
                    <LinkButton href="?" glyph=Glyph::Plus>"New key"</LinkButton>
                    <Button disabled=true>"Export CSV"</Button>
                    <a class="btn quiet only" href="?" aria-label="Menu"><Icon glyph=Glyph::More/></a>
                </div>
                <div class="menu still">
                    <p>"Theme"</p>
                    <a href="?">"Same as system"<Icon glyph=Glyph::Check class="end"/></a>
                    <a href="?">"Light"</a>
                    <hr/>
                    <a class="danger" href="?">"Sign out"</a>
                </div>
            </CardBody>
        </Card>
    }
    .into_any()
}
