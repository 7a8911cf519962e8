//! The store on a real Postgres.

mod budgets;
mod catalogue;
mod ledger;
mod paths;
mod reconcile;
mod support;
mod tenants;
