//! The store on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]
#![expect(clippy::disallowed_methods, reason = "tasks of a test end with its runtime")]

mod acknowledged;
mod admin_keys;
mod audit;
mod audited;
mod budgets;
mod catalogue;
mod closing;
mod deletion;
mod doubt;
mod findings;
mod forged;
mod in_force;
mod invitations;
mod isolation;
mod jobs;
mod keys;
mod latencies;
mod ledger;
mod limits;
mod locks;
mod members;
mod memory;
mod model;
mod operator;
mod paths;
mod people;
mod plans;
mod prices;
mod projects;
mod readers;
mod reconcile;
mod reports;
mod requests;
mod retention;
mod slices;
mod spend;
mod statements;
mod stories;
mod support;
mod tags;
mod tenants;
mod upgrade;
mod views;
mod watches;
