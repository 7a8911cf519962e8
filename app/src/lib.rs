//! Pages, components, islands, form handlers.
//!
//! Every page is a handler that reads what it needs, then renders a view to a document at once:
//! views are pure, and work without scripts. Only `islands` reach the browser's WebAssembly; all
//! else needs the feature `ssr`.

// The type of a view is as deep as its markup.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod components;
pub mod islands;
#[cfg(feature = "ssr")]
mod labels;
#[cfg(feature = "ssr")]
pub mod layouts;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod render;
#[cfg(feature = "ssr")]
pub mod web;
