//! `/account/second-factor`: setting up the codes of an app, new recovery codes, and the end of it.

use axum::{Router, extract::State, response::Response, routing::get};
use identity::{CodeError, Enrolment, FactorError, Proof};
use leptos::prelude::*;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Field, LinkButton, Notice, PostButton, Qr, Secret,
        Snippet, Tone, Weight,
    },
    labels,
    layouts::NavItem,
    pages::frame::Personal,
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Query, Visitor, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(edit))
}

const PATH: &str = "/account/second-factor";

/// What the page shows.
enum Sight {
    Off,
    Begun(Enrolment),
    On {
        recovery_codes: i64,
    },
    /// This once.
    Codes(Vec<SecretString>),
}

#[derive(Deserialize)]
struct After {
    /// A second factor was ended just now.
    off: Option<String>,
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(proof): Fresh,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let sight = sight(&app, &visitor, &proof).await?;
    page(&app, visitor, sight, &Draft::default(), after.off.is_some()).await
}

async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    Fresh(proof): Fresh,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let (store, secrets) = (&app.store, &app.secrets);
    let done = match draft.value("action").as_str() {
        "begin" => match identity::begin_second_factor(store, secrets, &proof).await {
            Ok(()) => return Ok(go(PATH)),
            Err(error) => Err(error),
        },
        "confirm" => {
            let code = draft.value("code").into();
            identity::confirm_second_factor(store, secrets, &session, &proof, &code).await
        }
        "renew" => identity::renew_recovery_codes(store, secrets, &proof).await,
        "end" => {
            identity::remove_second_factor(store, &proof).await?;
            return Ok(go("/account/second-factor?off"));
        }
        _ => return Err(Failure::BadRequest),
    };
    let sight = match done {
        Ok(codes) => Sight::Codes(codes),
        Err(FactorError::Over) => return Ok(go(PATH)),
        Err(error @ FactorError::Code(CodeError::Wrong | CodeError::Wait(_))) => {
            draft.refuse_with("code", &error);
            sight(&app, &visitor, &proof).await?
        }
        Err(error) => return Err(failure(error)),
    };
    page(&app, visitor, sight, &draft, false).await
}

fn failure(error: FactorError) -> Failure {
    match error {
        FactorError::Store(error) | FactorError::Code(CodeError::Store(error)) => error.into(),
        FactorError::NoRandomness(error) => error.into(),
        FactorError::Over | FactorError::Code(_) => Failure::BadRequest,
    }
}

async fn sight(app: &App, visitor: &Visitor, proof: &Proof) -> Result<Sight, Failure> {
    let factor = app.store.system().second_factor(proof.user()).await?;
    Ok(match factor {
        None => Sight::Off,
        Some(factor) if factor.confirmed => Sight::On { recovery_codes: factor.recovery_codes },
        Some(_) => {
            let told = identity::enrolment(&app.store, &app.secrets, proof, &visitor.account);
            told.await.map_err(failure)?.map_or(Sight::Off, Sight::Begun)
        }
    })
}

async fn page(
    app: &App,
    visitor: Visitor,
    sight: Sight,
    draft: &Draft,
    ended: bool,
) -> Result<Response, Failure> {
    let look = visitor.look;
    let frame = Member::at_home(app, visitor).await?.map(|member| member.frame(NavItem::None));
    let page = Page::new(labels::SECOND_FACTOR).status(draft.status()).islands();
    Ok(look.page(page, || {
        let (title, content) = match sight {
            Sight::Off => (labels::SECOND_FACTOR, off()),
            Sight::Begun(told) => (labels::SECOND_FACTOR, begun(&told, draft)),
            Sight::On { recovery_codes } => (labels::SECOND_FACTOR, on(recovery_codes)),
            Sight::Codes(codes) => ("Keep these recovery codes", shown(&codes)),
        };
        let ended = ended.then(|| {
            view! { <Notice tone=Tone::Warn lead="The second factor is off." text="Your password alone guards your account."/> }
        });
        view! {
            <Personal frame below=true title sub="While it is on, signing in takes your password and a code from an app on your phone.">
                {ended}
                <Card><CardBody>{content}</CardBody></Card>
            </Personal>
        }
    }))
}

fn act(action: &'static str) -> Vec<(&'static str, String)> {
    vec![("action", action.to_owned())]
}

fn off() -> AnyView {
    view! {
        <p>"It is off. You need an app for one-time passwords, such as Aegis, Google Authenticator, 1Password or Bitwarden."</p>
        <div class="row">
            <PostButton action=PATH weight=Weight::Primary fields=act("begin")>{labels::SET_IT_UP}</PostButton>
            <LinkButton href="/account" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
        </div>
    }
    .into_any()
}

fn begun(told: &Enrolment, draft: &Draft) -> AnyView {
    let (secret, url) = (told.secret.expose_secret(), told.url.expose_secret().to_owned());
    // In groups, because it is typed on a phone.
    let groups: Vec<_> =
        secret.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group)).collect();
    let secret = groups.join(" ");
    view! {
        <p>"Scan this with the app, or type the secret there. Then enter the code that it shows. Your other devices are signed out then: none of them gave a code."</p>
        <Qr text=url.clone() label="For cameras: the secret that stands below as text."/>
        <Secret text=secret/>
        <p class="muted">"On this device: "<a href=url>"open the app"</a>"."</p>
        <form class="form" method="post" action=PATH>
            <ErrorSummary lead="It is not on yet" errors=draft.errors()/>
            <input type="hidden" name="action" value="confirm"/>
            <Field name="code" label=labels::CODE error=draft.error("code") help="Six digits." autocomplete="one-time-code" inputmode="numeric" required=true maxlength=10/>
            <div class="row">
                <Button weight=Weight::Primary>"Switch it on"</Button>
                <LinkButton href="/account" weight=Weight::Quiet>{labels::CANCEL}</LinkButton>
            </div>
        </form>
    }
    .into_any()
}

fn on(recovery_codes: i64) -> AnyView {
    let left = match recovery_codes {
        0 => "No recovery code is left: make new ones before you lose the phone.".to_owned(),
        1 => "One recovery code is left.".to_owned(),
        left => format!("{left} recovery codes are left."),
    };
    view! {
        <p>"It is on. "{left}</p>
        <div class="row">
            <PostButton action=PATH fields=act("renew")>"Make new recovery codes"</PostButton>
            <PostButton action=PATH weight=Weight::Danger fields=act("end")>"Switch it off"</PostButton>
            <LinkButton href="/account">"Back to your account"</LinkButton>
        </div>
        <p class="muted">"New recovery codes void the old ones, and a mail tells you. For another phone, switch it off and set it up again."</p>
    }
    .into_any()
}

/// The one page that shows them.
fn shown(codes: &[SecretString]) -> AnyView {
    let text: Vec<_> = codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    view! {
        <p>"Each of them stands in for a code of the app, once. This is the only time they are shown: print them or put them where your passwords are, not on the phone."</p>
        <Snippet title="Recovery codes" text=text.join("\n") open=true/>
        <form method="get" action="/account" class="row between">
            <label class="pick"><input type="checkbox" required/><span>"I have stored the codes"</span></label>
            <Button weight=Weight::Primary>{labels::DONE}</Button>
        </form>
    }
    .into_any()
}
