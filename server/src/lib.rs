//! The program: commands, settings, router, lifecycle. The composition root, nothing else.

pub mod address;
pub mod assets;
pub mod cli;
pub mod commands;
pub mod database;
pub mod links;
mod listen;
pub mod playground;
pub mod postgres;
pub mod router;
pub mod say;
pub mod settings;
mod short_hash;

use mail::Mailer;

use crate::settings::Settings;

/// The mail server of the settings, if one is set.
pub fn mailer(settings: &Settings) -> anyhow::Result<Option<Mailer>> {
    let Some(smtp) = &settings.smtp else { return Ok(None) };
    Ok(Some(Mailer::new(&smtp.url, smtp.from.clone())?))
}
