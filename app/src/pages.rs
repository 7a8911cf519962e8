//! Every page: one file a page, its handlers and its view together.

mod account;
mod admin_keys;
mod advisor;
mod audit;
mod billing;
mod confirm;
mod corrections;
mod docs;
mod estimator;
mod forgot;
mod frame;
mod home;
mod invitation;
mod key_fields;
mod key_limits;
mod keys;
mod model_choices;
mod mute;
mod new_key;
mod not_found;
mod operator;
mod organizations;
mod person;
mod personal_keys;
mod playground;
mod prices;
mod project;
mod projects;
mod rate_fields;
mod requests;
mod reset;
mod search;
mod second_step;
mod service_accounts;
mod settings;
mod setup;
mod sign_in;
mod sign_out;
mod sign_up;
mod spending;
mod team;
mod theme;
mod verify;
mod zones;

use axum::Router;
pub use spending::usage_piece;

use crate::web::App;

/// All pages, and the one that is shown where there is none. Needs a session layer, and
/// [`crate::web::show_failures`] around it.
pub fn router() -> Router<App> {
    Router::new()
        .merge(account::router())
        .merge(admin_keys::router())
        .merge(advisor::router())
        .merge(audit::router())
        .merge(billing::router())
        .merge(confirm::router())
        .merge(corrections::router())
        .merge(docs::router())
        .merge(estimator::router())
        .merge(forgot::router())
        .merge(home::router())
        .merge(invitation::router())
        .merge(keys::router())
        .merge(mute::router())
        .merge(new_key::router())
        .merge(operator::router())
        .merge(organizations::router())
        .merge(personal_keys::router())
        .merge(playground::router())
        .merge(prices::router())
        .merge(project::router())
        .merge(projects::router())
        .merge(requests::router())
        .merge(reset::router())
        .merge(search::router())
        .merge(service_accounts::router())
        .merge(second_step::router())
        .merge(settings::router())
        .merge(setup::router())
        .merge(sign_in::router())
        .merge(sign_out::router())
        .merge(sign_up::router())
        .merge(spending::router())
        .merge(team::router())
        .merge(theme::router())
        .merge(verify::router())
        .fallback(not_found::show)
        .method_not_allowed_fallback(not_found::no_method)
}
