//! The sign-in page after a failed try.

use app::{
    components::{Button, Errors, Field, Tick, Weight},
    layouts::Door,
};
use leptos::prelude::*;

pub(super) fn page() -> impl IntoView {
    let errors = Errors::one(
        "password",
        "This e-mail and password don’t match. 4 tries left before a 15-minute pause.",
    );
    view! {
        <Door
            title="Sign in"
            sub="See what your organization spends on language models, and decide where it stops."
            foot="exchequer.example.com"
        >
            <form class="form" method="post" action="/login">
                <Field name="email" label="E-mail" kind="email" value="ines.okafor@example.com" autocomplete="username" required=true/>
                <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true error=errors.of("password")>
                    <a class="small" href="/forgotten">"Forgot password?"</a>
                </Field>
                <Tick name="remember" label="Stay signed in on this device for 30 days" checked=true/>
                <Button weight=Weight::Primary wide=true>"Sign in"</Button>
            </form>
            <p class="small muted">"Have an invitation? Open the link in that e-mail. Otherwise "<a href="/signup">"create an account"</a>"."</p>
        </Door>
    }
    .into_any()
}
