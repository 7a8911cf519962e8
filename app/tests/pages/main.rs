//! Pages and forms as a browser without scripts meets them: the real router, a real database.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

mod account;
mod admin_keys;
mod audit;
mod billing;
mod confirm;
mod doors;
mod estimator;
mod invitations;
mod keys;
mod mails;
mod mute;
mod operator;
mod organization;
mod personal_keys;
mod prices;
mod project_members;
mod project_models;
mod projects;
mod rights;
mod search;
mod second_factor;
mod service_accounts;
mod set_up;
mod support;
mod team;
mod tiers;
