//! Several lines of text.

use leptos::{html, prelude::*};

use super::field::Wiring;

/// The only place where a `textarea` is written. The renderer puts a textarea's children into the
/// document as they are; here they are escaped first.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(default = 4)] rows: u32,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let wiring = Wiring::new(name, help, error);
    let id = wiring.id.clone();
    let area = html::textarea()
        .id(id.clone())
        .name(name)
        .rows(rows.to_string())
        .required(required)
        .attr("aria-invalid", wiring.invalid())
        .attr("aria-describedby", wiring.described_by())
        .inner_html(escaped(&value));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {area}
            {wiring.notes()}
        </div>
    }
    .into_any()
}

/// A first line feed would be dropped by the browser, so one is put in front for it to drop.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("\n{text}")
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::TextArea;

    #[test]
    fn text_stays_text() {
        let value = "a & b\n</textarea><script>alert(1)</script>";
        let html = view! { <TextArea name="note" label="Note" value/> }.to_html();
        assert!(!html.contains("<script>"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("a &amp; b\n&lt;/textarea&gt;&lt;script&gt;"), "{html}");
    }
}
