//! Fields: label, input, help and error, tied together for those who listen.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The id of a field's input, which summaries link to.
pub fn id_of(name: &str) -> String {
    format!("f-{name}")
}

/// Ties an input to what is said about it.
pub(super) struct Wiring {
    pub(super) id: String,
    help_id: String,
    error_id: String,
    help: Option<String>,
    error: Option<String>,
}

impl Wiring {
    pub(super) fn new(name: &str, help: Option<String>, error: Option<String>) -> Self {
        let id = id_of(name);
        Self { help_id: format!("{id}-h"), error_id: format!("{id}-e"), id, help, error }
    }

    pub(super) fn invalid(&self) -> Option<&'static str> {
        self.error.as_ref().map(|_| "true")
    }

    /// The error first, since it is what matters now.
    pub(super) fn described_by(&self) -> Option<String> {
        match (&self.error, &self.help) {
            (Some(_), Some(_)) => Some(format!("{} {}", self.error_id, self.help_id)),
            (Some(_), None) => Some(self.error_id.clone()),
            (None, Some(_)) => Some(self.help_id.clone()),
            (None, None) => None,
        }
    }

    pub(super) fn notes(self) -> impl IntoView {
        let Self { help_id, error_id, help, error, .. } = self;
        view! {
            {error.map(|error| view! {
                <p class="error" id=error_id><Icon glyph=Glyph::Warn/><span>{error}</span></p>
            })}
            {help.map(|help| view! { <p class="help" id=help_id>{help}</p> })}
        }
    }
}

/// One line of text. What was typed stays when the form comes back, passwords apart.
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: String,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional)] disabled: bool,
    /// Where a person begins; at most one in a page.
    #[prop(optional)]
    autofocus: bool,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] inputmode: Option<&'static str>,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] placeholder: Option<&'static str>,
    /// What is often meant: it is offered while one types, and anything else can be typed.
    #[prop(optional)]
    among: Vec<String>,
    /// Beside the label, such as a link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let wiring = Wiring::new(name, help, error);
    let id = wiring.id.clone();
    let label = match children {
        None => view! { <label for=id.clone()>{label}</label> }.into_any(),
        Some(beside) => view! {
            <div class="row between"><label for=id.clone()><strong>{label}</strong></label>{beside()}</div>
        }
        .into_any(),
    };
    let list = (!among.is_empty()).then(|| format!("{id}-l"));
    let offered = list.clone().map(|id| {
        let all = among.into_iter().map(|text| view! { <option value=text></option> });
        view! { <datalist id=id>{all.collect_view()}</datalist> }
    });
    view! {
        <div class="field">
            {label}
            <input
                id=id
                list=list
                name=name
                type=kind
                value=(!matches!(kind, "password" | "file")).then_some(value)
                required=required
                disabled=disabled
                autofocus=autofocus
                autocomplete=autocomplete
                inputmode=inputmode
                maxlength=maxlength.map(|length| length.to_string())
                placeholder=placeholder
                aria-invalid=wiring.invalid()
                aria-describedby=wiring.described_by()
            />
            {offered}
            {wiring.notes()}
        </div>
    }
    .into_any()
}

/// An amount of dollars, kept as it was typed.
#[component]
pub fn AmountField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
    #[prop(optional)] required: bool,
    /// In front of the amount.
    #[prop(default = "$")]
    before: &'static str,
    /// Behind it.
    #[prop(default = "USD")]
    after: &'static str,
) -> impl IntoView {
    let wiring = Wiring::new(name, help, error);
    let id = wiring.id.clone();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="unit">
                <span>{before}</span>
                <input
                    id=id
                    name=name
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    value=value
                    required=required
                    aria-invalid=wiring.invalid()
                    aria-describedby=wiring.described_by()
                />
                <span>{after}</span>
            </div>
            {wiring.notes()}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{ErrorSummary, Errors};

    #[test]
    fn what_is_wrong_is_tied_to_its_field() {
        let errors = Errors::one("name", "Too <long>");
        let html = view! {
            <ErrorSummary lead="Nothing was saved" errors=errors.clone()/>
            <Field name="name" label="Name" value="a\"b" help="Short" error=errors.of("name")/>
        }
        .to_html();
        for part in [
            r##"<a href="#f-name">Too &lt;long&gt;</a>"##,
            r#"<label for="f-name">"#,
            r#"value="a&quot;b""#,
            r#"aria-invalid="true" aria-describedby="f-name-e f-name-h""#,
            r#"<p id="f-name-e" class="error">"#,
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn offers_what_is_often_meant() {
        let among = vec!["a\"b".to_owned()];
        let html = view! { <Field name="model" label="Model" among/> }.to_html();
        for part in [r#"list="f-model-l""#, r#"<datalist id="f-model-l"><option value="a&quot;b">"#]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn a_password_never_comes_back() {
        let html = view! { <Field name="p" label="Password" kind="password" value="secret"/> };
        assert!(!html.to_html().contains("secret"));
    }
}
