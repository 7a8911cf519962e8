//! The commands, as `--help` explains them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::audit::{Hash, SignedHead};
use domain::{Email, Environment, Name, OrgId, Period, ProjectId, Scope, Usd};

/// Governs what a company spends on LLM APIs: a dashboard, and the OpenAI-compatible gateway that it
/// governs. Settings come from the environment and from a file `.env`; README lists them.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the dashboard and the gateway
    Serve,
    /// Bring the database up to date, and stop
    Migrate,
    /// Make an organization with 90 days of plausible usage, and print its login
    Demo,
    /// Check settings, database, mail and provider
    Doctor(Output),
    /// Compare events, rollups, counters and open requests; exit 1 at the first difference
    Reconcile(Output),
    /// The audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Make and set things without the dashboard; prints one JSON object
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Debug, Args)]
pub struct Output {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check an export against a head, without the database; exit 1 and the first bad entry
    Verify {
        /// The CSV file that the page “Audit log” exports
        file: PathBuf,
        /// The head, as it was mailed or stands in an export: exq-audit-1.…
        #[arg(long)]
        head: SignedHead,
        /// The installation's public key, as the page shows it: the head must be signed with it
        #[arg(long)]
        key: Option<Hash>,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// People
    #[command(subcommand)]
    User(User),
    /// Organizations
    #[command(subcommand)]
    Org(Org),
    /// Projects
    #[command(subcommand)]
    Project(Project),
    /// API keys
    #[command(subcommand)]
    Key(Key),
    /// Admin keys
    #[command(subcommand)]
    Adminkey(AdminKey),
    /// Budgets
    #[command(subcommand)]
    Budget(Budget),
    /// Thresholds
    #[command(subcommand)]
    Threshold(Threshold),
    /// Usage tiers
    #[command(subcommand)]
    Tier(Tier),
    /// What a scope has used in its current billing cycle
    Usage {
        /// An org-, proj_ or key_ id
        #[arg(long)]
        scope: Scope,
    },
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make an account
    Create {
        #[arg(long)]
        email: Email,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        /// The address is known to be the person's: alerts may go there
        #[arg(long)]
        verified: bool,
        /// The person runs the installation
        #[arg(long)]
        operator: bool,
    },
    /// Make a link that sets a new password, good for an hour and once
    ResetLink {
        #[arg(long)]
        email: Email,
    },
    /// Take the second factor off for somebody who lost the phone and the recovery codes
    RemoveFactor {
        #[arg(long)]
        email: Email,
    },
}

#[derive(Debug, Subcommand)]
pub enum Org {
    /// Make an organization
    Create {
        #[arg(long)]
        name: Name,
        /// The owner's e-mail address
        #[arg(long)]
        owner: Email,
        /// Fill in a billing profile, without which requests are refused
        #[arg(long)]
        billing: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Project {
    /// Make a project
    Create {
        #[arg(long)]
        org: OrgId,
        #[arg(long)]
        name: Name,
        /// production, staging or development
        #[arg(long)]
        environment: Environment,
        /// For rehearsals: it reaches the sandbox alone, and its spend is not the organization's
        #[arg(long)]
        rehearsal: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make an API key; its secret is printed here and nowhere else
    Create {
        #[arg(long)]
        project: ProjectId,
        #[arg(long)]
        name: Name,
    },
}

#[derive(Debug, Subcommand)]
pub enum AdminKey {
    /// Make a key for the admin API; its secret is printed here and nowhere else
    Create {
        #[arg(long)]
        org: OrgId,
        #[arg(long)]
        name: Name,
    },
}

#[derive(Debug, Subcommand)]
pub enum Budget {
    /// Set a budget
    Set {
        /// An org-, proj_ or key_ id
        #[arg(long)]
        scope: Scope,
        /// day, week or month
        #[arg(long)]
        window: Period,
        /// The amount in dollars
        #[arg(long)]
        usd: Usd,
    },
}

#[derive(Debug, Subcommand)]
pub enum Threshold {
    /// Add a monthly threshold
    Set {
        /// An org-, proj_ or key_ id
        #[arg(long)]
        scope: Scope,
        #[command(flatten)]
        level: LevelArgs,
    },
}

#[derive(Debug, Subcommand)]
pub enum Tier {
    /// Set an organization's usage tier
    Set {
        #[arg(long)]
        org: OrgId,
        /// A number of the table of tiers
        #[arg(long)]
        tier: u16,
        /// It does not rise by itself from now on
        #[arg(long)]
        hold: bool,
        /// Why, for the organization's audit log
        #[arg(long, default_value = "set by a command")]
        reason: Name,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LevelArgs {
    /// A share of the budget of the same scope
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub percent: Option<u32>,
    /// An amount in dollars
    #[arg(long)]
    pub usd: Option<Usd>,
}
