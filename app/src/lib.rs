//! Pages, components, islands, form handlers.
