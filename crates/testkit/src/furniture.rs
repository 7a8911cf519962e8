//! One of everything that an organization can have, written straight into the tables.

use domain::{
    AdminKeyId, BudgetId, EventId, ExportId, InvitationId, KeyId, OrgId, ProjectId, RaiseId,
    ReceiptId, ServiceAccountId, ThresholdId, UserId,
};

use crate::Database;

/// The parts of a key that are stored: its public id, its hash in hexadecimal digits, its last four
/// characters.
pub type Stored<'a> = (&'a str, &'a str, &'a str);

/// What was made.
#[derive(Debug, Clone, Copy)]
pub struct Furniture {
    /// A production project without members.
    pub project: ProjectId,
    /// A key of that project, the owner's.
    pub key: KeyId,
    /// A service account of that project.
    pub account: ServiceAccountId,
    /// An invitation that waits.
    pub invitation: InvitationId,
    /// An admin key.
    pub admin_key: AdminKeyId,
    /// The owner's personal key.
    pub personal: KeyId,
    /// A budget of the project.
    pub budget: BudgetId,
    /// A raise of that budget.
    pub raise: RaiseId,
    /// A threshold of the project.
    pub threshold: ThresholdId,
    /// A receipt of that budget.
    pub receipt: ReceiptId,
    /// A request that was answered, with its story.
    pub request: EventId,
    /// A file that the owner asked for, written.
    pub export: ExportId,
}

impl Furniture {
    /// Furnishes an organization; every label in it begins with `name`.
    pub async fn new(
        database: &Database,
        (org, owner): (OrgId, UserId),
        name: &str,
        key: Stored<'_>,
    ) -> Self {
        let made = Self {
            project: ProjectId::generate(),
            key: KeyId::generate(),
            account: ServiceAccountId::generate(),
            invitation: InvitationId::generate(),
            admin_key: AdminKeyId::generate(),
            personal: KeyId::generate(),
            budget: BudgetId::generate(),
            raise: RaiseId::generate(),
            threshold: ThresholdId::generate(),
            receipt: ReceiptId::from_uuid(KeyId::generate().uuid()),
            request: EventId::generate(),
            export: ExportId::generate(),
        };
        database.tamper(&made.project_sql(org, owner, name, key)).await;
        database.tamper(&made.limits_sql(org)).await;
        database.tamper(&made.request_sql(org, owner, name)).await;
        database.tamper(&made.export_sql(org, owner, name)).await;
        made
    }

    fn project_sql(&self, org: OrgId, owner: UserId, name: &str, key: Stored<'_>) -> String {
        let (public, hash, four) = key;
        format!(
            "INSERT INTO billing_profiles (org_id, legal_name, email, address, country, tax_id, cost_centre)
                VALUES ('{o}', '{name} Ltd', '{name}-bill@example.com', '{name} street', 'NO', '{name}-tax', '')
                ON CONFLICT DO NOTHING;
             INSERT INTO projects (org_id, id, name, environment) VALUES ('{o}', '{p}', '{name} project', 'production');
             INSERT INTO service_accounts (org_id, id, project_id, name) VALUES ('{o}', '{account}', '{p}', '{name} robot');
             INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by, owner_id)
                VALUES ('{o}', '{k}', '{p}', '{name} key', '{public}', '\\x{hash}', '{four}', '{u}', '{u}');
             INSERT INTO directory (public_id, org_id, key_id) VALUES ('{public}', '{o}', '{k}');
             INSERT INTO admin_keys (org_id, id, name, public_id, secret_hash, last_four)
                VALUES ('{o}', '{admin}', '{name} admin key', '{public}-a', '', '0000');
             INSERT INTO personal_keys (id, user_id, name, public_id, secret_hash, last_four)
                VALUES ('{personal}', '{u}', '{name} personal', '{public}-p', '', '0000');
             INSERT INTO invitations (org_id, id, email, role, expires_at)
                VALUES ('{o}', '{invitation}', '{name}-guest@example.com', 'reader', exq_now() + interval '7 days');",
            o = org.uuid(),
            u = owner.uuid(),
            p = self.project.uuid(),
            k = self.key.uuid(),
            account = self.account.uuid(),
            admin = self.admin_key.uuid(),
            personal = self.personal.uuid(),
            invitation = self.invitation.uuid(),
        )
    }

    fn request_sql(&self, org: OrgId, owner: UserId, name: &str) -> String {
        format!(
            "INSERT INTO events (org_id, id, project_id, key_id, member_id, model, sandbox, streamed, outcome, input,
                    cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at)
                VALUES ('{o}', '{r}', '{p}', '{k}', '{u}', '{name} model', true, false, 'answered', 1, 0, 1, 0, 0, '{{}}',
                    now(), now(), now(), now());
             INSERT INTO stories (org_id, id, project_id, endpoint, choices, stops, tags, read_us, asked_us, admitted_us, last_us)
                VALUES ('{o}', '{r}', '{p}', '/chat/completions', 1, false, '{{team={name} team}}', 1, 2, 3, 4);",
            o = org.uuid(),
            r = self.request.uuid(),
            p = self.project.uuid(),
            k = self.key.uuid(),
            u = owner.uuid(),
        )
    }

    fn export_sql(&self, org: OrgId, owner: UserId, name: &str) -> String {
        format!(
            "INSERT INTO exports (org_id, id, user_id, file, query, ask, pieces, written, lines, bytes, ended_at)
                VALUES ('{o}', '{x}', '{u}', '{name}.csv', '', '{{}}', 1, 1, 1, {bytes}, exq_now());
             INSERT INTO export_pieces (org_id, export_id, place, body) VALUES ('{o}', '{x}', 0, '{name} line');",
            o = org.uuid(),
            x = self.export.uuid(),
            u = owner.uuid(),
            bytes = name.len() + " line".len(),
        )
    }

    fn limits_sql(&self, org: OrgId) -> String {
        format!(
            "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount)
                VALUES ('{o}', '{b}', 'project', '{p}', 'month', 31.4);
             INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason)
                VALUES ('{o}', '{raise}', '{b}', 62.8, now() - interval '1 hour', now() + interval '1 day', 'theirs reason');
             INSERT INTO thresholds (org_id, id, scope, scope_id, period, percent)
                VALUES ('{o}', '{t}', 'project', '{p}', 'month', 80);
             INSERT INTO receipts (org_id, id, limit_id, revision, project_id, key_id, scope, period, quarter,
                    amount, spent, held, resets_at, count, first_at, last_at)
                SELECT '{o}', '{r}', '{b}', 1, '{p}', '{k}', 'project', 'month', exq_quarter(now()),
                    31.4, 31.4, 0, now() + interval '1 day', 1, now(), now();",
            o = org.uuid(),
            p = self.project.uuid(),
            k = self.key.uuid(),
            b = self.budget.uuid(),
            raise = self.raise.uuid(),
            t = self.threshold.uuid(),
            r = self.receipt.uuid(),
        )
    }
}
