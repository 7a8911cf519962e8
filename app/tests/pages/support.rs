//! A site with its people, and browsers to visit it.

use std::sync::Arc;

use app::{
    pages,
    render::Assets,
    web::{App, Playground, Prompt, Reply, name_owners, show_failures},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header, request::Builder},
    middleware::from_fn_with_state,
};
use domain::{Caller, EventId, OrgId, Origin, Price, Role, Usd};
use futures_util::future::BoxFuture;
use identity::{NewPassword, Person, Secrets};
use store::system::{Player, SignUpPolicy};
use testkit::{Database, without_nonce};
use tower::{ServiceBuilder, ServiceExt as _};

pub(crate) const PASSWORD: &str = "a few words nobody says";

/// Sends nothing: a playground behind a gateway is tried in `server`.
struct Closed;

impl Playground for Closed {
    fn models(&self, _: OrgId) -> Vec<Arc<Price>> {
        Vec::new()
    }

    fn most(&self, _: OrgId, _: &Prompt) -> Option<Usd> {
        None
    }

    fn send(&self, _: Player, _: EventId, _: &Prompt) -> BoxFuture<'static, Reply> {
        let why = "There is no gateway here.".to_owned();
        Box::pin(async { Reply::Unanswered { why, receipt: None } })
    }
}

/// An installation.
pub(crate) struct Site {
    pub(crate) database: Database,
    pub(crate) app: App,
}

impl Site {
    /// One that nobody uses yet.
    pub(crate) async fn empty() -> Self {
        let database = Database::new().await;
        database.store.system().init_sign_up_policy(SignUpPolicy::Open).await.unwrap();
        let app = App {
            store: database.store.clone(),
            secrets: Arc::new(Secrets::parse(&"s".repeat(32).into()).unwrap()),
            public_url: "http://exchequer.example".into(),
            assets: Assets { version: "test" },
            mails: false,
            sandbox: true,
            playground: Arc::new(Closed),
        };
        Self { database, app }
    }

    /// One with an owner, `ines@example.com`, of the organization `Brackwater`, who is signed in.
    pub(crate) async fn with_owner() -> (Self, Browser, Caller) {
        let site = Self::empty().await;
        let (browser, caller) = site.owner("ines", "Brackwater").await;
        (site, browser, caller)
    }

    /// Another owner with an organization, signed in.
    pub(crate) async fn owner(&self, name: &str, organization: &str) -> (Browser, Caller) {
        let user = self.user(name).await;
        let store = &self.app.store;
        let zone = chrono_tz::Europe::Oslo;
        let caller = store
            .create_organization(user, &organization.parse().unwrap(), zone, Origin::default())
            .await
            .unwrap();
        (self.signed_in(name).await, caller)
    }

    /// A reader of the caller's organization, signed in.
    pub(crate) async fn reader(&self, name: &str, of: &Caller) -> Browser {
        let user = self.user(name).await;
        let (org, user) = (of.org.uuid(), user.uuid());
        let role = Role::Reader.as_str();
        self.database
            .tamper(&format!("INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{user}', '{role}')"))
            .await;
        self.signed_in(name).await
    }

    /// An account `NAME@example.com`.
    pub(crate) async fn user(&self, name: &str) -> domain::UserId {
        let email = format!("{name}@example.com").parse().unwrap();
        let password = NewPassword::choose(PASSWORD.into(), &email, name).unwrap();
        let person = Person { email, name: name.parse().unwrap(), password, verified: true };
        identity::create_user(&self.app.store, &person, false).await.unwrap()
    }

    pub(crate) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let email = format!("{name}@example.com");
        let answer = browser.post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// A browser that knows nothing yet.
    pub(crate) fn browser(&self) -> Browser {
        let layers = ServiceBuilder::new()
            .layer(from_fn_with_state(self.app.clone(), show_failures))
            .layer(identity::session_layer(&self.app.store, &self.app.public_url))
            .layer(from_fn_with_state(self.app.clone(), name_owners));
        Browser {
            router: pages::router().layer(layers).with_state(self.app.clone()),
            cookie: None,
            agent: "",
        }
    }
}

/// Keeps its session's cookie, follows no redirects. A clone is a thief with the same cookie.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    cookie: Option<String>,
    /// What it calls itself.
    pub(crate) agent: &'static str,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form as a browser does.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = serde_urlencoded::to_string(fields).unwrap();
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(form)).await
    }

    /// Presses the button with these words on the page, whose form is sent as it is.
    #[track_caller]
    pub(crate) fn press(&mut self, page: &Answer, words: &str) -> impl Future<Output = Answer> {
        let forms = page.body.split("<form").skip(1).map(|it| it.split("</form>").next().unwrap());
        let form = forms.into_iter().find(|form| form.contains(words));
        assert!(form.is_some(), "no form with {words:?} in {}", page.body);
        let form = form.unwrap_or_default();
        let attribute = |tag: &str, name: &str| {
            let value =
                tag.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap();
            let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            value.replace("&#39;", "'").replace("&#x27;", "'").replace("&amp;", "&")
        };
        let fields =
            form.split("<input").skip(1).map(|it| (attribute(it, "name"), attribute(it, "value")));
        let (action, fields) = (attribute(form, "action"), fields.collect::<Vec<_>>());
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
            self.post(&action, &fields).await
        }
    }

    /// Sends anything.
    pub(crate) async fn send(&mut self, mut request: Builder, body: Body) -> Answer {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        request = request.extension(Origin::new(None, Some(self.agent)));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        for set in head.headers.get_all(header::SET_COOKIE) {
            self.cookie = set.to_str().unwrap().split(';').next().map(str::to_owned);
        }
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer {
            status: head.status,
            headers: head.headers,
            body: without_nonce(&String::from_utf8(body).unwrap()),
        }
    }
}

impl Answer {
    /// Where it leads.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// A page of this status.
    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(!self.body.contains("labels::"), "a label’s name instead of it in {}", self.body);
        self
    }

    /// It came back with this sentence at a field.
    #[track_caller]
    pub(crate) fn says(&self, sentence: &str) -> &Self {
        assert!(self.body.contains(sentence), "no {sentence:?} in {}", self.body);
        self
    }

    /// It keeps quiet about this.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} in {}", self.body);
        self
    }
}
