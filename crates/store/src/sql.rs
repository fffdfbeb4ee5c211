//! Every statement, by name. The texts stand in `sql/`, one to a file; a name is its file's name.
//!
//! Texts are shared by SQLite and PostgreSQL. Only those in files ending in `.sqlite.sql` differ,
//! and each has its twin in `.postgres.sql` beside it.

/// A statement and its name, which errors and fault injection use.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// A step forward of the database's form.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All migrations, the oldest first; only ever appended to.
pub(crate) const MIGRATIONS: [Migration; 8] = [
    Migration {
        number: 1,
        name: "0001_ledger_and_projections",
        text: include_str!("../sql/migrations/0001_ledger_and_projections.sql"),
    },
    Migration {
        number: PLANS_AND_ACCESS,
        name: "0002_plans_and_access",
        text: include_str!("../sql/migrations/0002_plans_and_access.sql"),
    },
    Migration {
        number: EVENTS_AND_OUTBOX,
        name: "0003_events_and_outbox",
        text: include_str!("../sql/migrations/0003_events_and_outbox.sql"),
    },
    Migration {
        number: MANY_STEPS,
        name: "0004_many_steps_in_one_entry",
        text: include_str!("../sql/migrations/0004_many_steps_in_one_entry.sql"),
    },
    Migration {
        number: HOLDERS,
        name: "0005_holders",
        text: include_str!("../sql/migrations/0005_holders.sql"),
    },
    Migration {
        number: 6,
        name: "0006_one_digest",
        text: include_str!("../sql/migrations/0006_one_digest.sql"),
    },
    Migration {
        number: PACKAGES,
        name: "0007_packages",
        text: include_str!("../sql/migrations/0007_packages.sql"),
    },
    Migration {
        number: HOSTS,
        name: "0008_managed_hosts",
        text: include_str!("../sql/migrations/0008_managed_hosts.sql"),
    },
];

/// The migration that brought plans, approvals, acts, tokens and sessions: a reader may meet a
/// store that no holder has brought forward yet.
pub(crate) const PLANS_AND_ACCESS: i64 = 2;

/// The migration that brought announcements, cases, events, messages, goals, and states.
pub(crate) const EVENTS_AND_OUTBOX: i64 = 3;

/// The migration that let an entry hold many steps of findings.
pub(crate) const MANY_STEPS: i64 = 4;

/// The migration that wrote holders beside the sets they hold.
pub(crate) const HOLDERS: i64 = 5;

/// The migration that wrote what a package is beside where it stands.
pub(crate) const PACKAGES: i64 = 7;

/// The migration that brought the hosts that are looked at by schedule.
pub(crate) const HOSTS: i64 = 8;

macro_rules! statements {
    ($($constant:ident = $name:literal,)*) => {
        $(pub(crate) const $constant: Statement =
            Statement { name: $name, text: include_str!(concat!("../sql/", $name, ".sql")) };)*

        /// Every statement, for the test that prepares each.
        #[cfg(test)]
        pub(crate) const ALL: &[&Statement] = &[$(&$constant,)*];
    };
}

statements! {
    ACCEPTANCE_DROP = "acceptance_drop",
    ACCEPTANCE_LIST = "acceptance_list",
    ACCEPTANCE_PUT = "acceptance_put",
    ACT_DROP = "act_drop",
    ACT_ENTRY_LIST = "act_entry_list",
    ACT_ENTRY_OF = "act_entry_of",
    ACT_LIST = "act_list",
    ACT_PUT = "act_put",
    ANNOUNCEMENT_DROP = "announcement_drop",
    ANNOUNCEMENT_LIST = "announcement_list",
    ANNOUNCEMENT_PUT = "announcement_put",
    APPROVAL_ENTRY_LIST = "approval_entry_list",
    APPROVAL_ENTRY_OF = "approval_entry_of",
    APPROVAL_LIST = "approval_list",
    APPROVAL_PUT = "approval_put",
    ASSETS_WITH = "assets_with",
    ASSET_GET = "asset_get",
    ASSET_LIST = "asset_list",
    ASSET_PUT = "asset_put",
    ASSET_SET_ALL = "asset_set_all",
    ASSET_SET_DROP_PARTIAL = "asset_set_drop_partial",
    ASSET_SET_HOLDER = "asset_set_holder",
    ASSET_SET_LIST = "asset_set_list",
    ASSET_SET_OF = "asset_set_of",
    ASSET_SET_PUT = "asset_set_put",
    ATTEMPT_FIND = "attempt_find",
    ATTEMPT_PUT = "attempt_put",
    BEGIN = "begin.sqlite",
    CASE_LIST = "case_list",
    CASE_OF = "case_of",
    CASE_OPEN = "case_open",
    CASE_REPLACED_ALL = "case_replaced_all",
    CASE_REPLACED_DROP = "case_replaced_drop",
    CASE_REPLACED_PUT = "case_replaced_put",
    CASE_STEP_ALL = "case_step_all",
    CASE_STEP_DROP = "case_step_drop",
    CASE_STEP_PUT = "case_step_put",
    CHECKPOINT_LAST = "checkpoint_last",
    CHECKPOINT_LIST = "checkpoint_list",
    CHECKPOINT_PUT = "checkpoint_put",
    CLEAR_ACCEPTANCE = "clear_acceptance",
    CLEAR_ACT = "clear_act",
    CLEAR_ANNOUNCEMENT = "clear_announcement",
    CLEAR_APPROVAL = "clear_approval",
    CLEAR_ASSET = "clear_asset",
    CLEAR_ASSET_SET = "clear_asset_set",
    CLEAR_CASE_REPLACED = "clear_case_replaced",
    CLEAR_CASE_STEP = "clear_case_step",
    CLEAR_COMPONENT = "clear_component",
    CLEAR_COMPONENT_SET = "clear_component_set",
    CLEAR_EVENT_SEGMENT = "clear_event_segment",
    CLEAR_FINDING = "clear_finding",
    CLEAR_MANAGED_HOST = "clear_managed_host",
    CLEAR_NOT_ASSESSED = "clear_not_assessed",
    CLEAR_OBJECTIVE = "clear_objective",
    CLEAR_OBSERVATION = "clear_observation",
    CLEAR_PLAN = "clear_plan",
    CLEAR_TELL = "clear_tell",
    CLEAR_TRANSITION = "clear_transition",
    COMPONENT_COPIES = "component_copies",
    COMPONENT_DROP = "component_drop",
    COMPONENT_LIST = "component_list",
    COMPONENT_LIST_ALONE = "component_list_alone",
    COMPONENT_PACKAGES = "component_packages",
    COMPONENT_PUT = "component_put.sqlite",
    COMPONENT_SET_DROP = "component_set_drop",
    COMPONENT_SET_FIND = "component_set_find",
    COMPONENT_SET_LIST = "component_set_list",
    COMPONENT_SET_PUT = "component_set_put",
    COMPONENT_USED = "component_used.sqlite",
    ENTRY_GET = "entry_get",
    ENTRY_LEAVES = "entry_leaves",
    ENTRY_LIST = "entry_list",
    ENTRY_NUMBER = "entry_number.sqlite",
    ENTRY_PAGE = "entry_page",
    ENTRY_REDACT = "entry_redact",
    EVENT_SEGMENT_ALL = "event_segment_all",
    EVENT_SEGMENT_BETWEEN = "event_segment_between",
    EVENT_SEGMENT_FIND = "event_segment_find",
    EVENT_SEGMENT_PUT = "event_segment_put",
    FINDING_ALL = "finding_all",
    FINDING_ASSETS = "finding_assets",
    FINDING_BETWEEN = "finding_between",
    FINDING_BY_KEY = "finding_by_key",
    FINDING_LIST = "finding_list",
    FINDING_NEWER = "finding_newer",
    FINDING_OF = "finding_of",
    FINDING_PUT = "finding_put.sqlite",
    HOLDERS_OF = "holders_of",
    HOLDERS_SOME = "holders_some",
    HOLDER_LIST = "holder_list",
    INBOX_CLEAR = "inbox_clear",
    INBOX_LIST = "inbox_list",
    INBOX_PUT = "inbox_put.sqlite",
    JOB_ALL = "job_all",
    JOB_DROP_OLD = "job_drop_old",
    JOB_GET = "job_get",
    JOB_LEASE = "job_lease.sqlite",
    JOB_NEXT = "job_next",
    JOB_PUT = "job_put",
    JOB_RENEW = "job_renew",
    LINK_DROP_NAMED = "link_drop_named",
    LINK_DROP_OVER = "link_drop_over",
    LINK_PUT = "link_put",
    LINK_TAKE = "link_take",
    MANAGED_HOST_ALL = "managed_host_all",
    MANAGED_HOST_PUT = "managed_host_put",
    META_GET = "meta_get",
    META_PUT = "meta_put",
    MIGRATION_LAST = "migration_last",
    MIGRATION_PUT = "migration_put",
    MIGRATION_TABLE = "migration_table",
    NOT_ASSESSED_DROP = "not_assessed_drop",
    NOT_ASSESSED_LIST = "not_assessed_list",
    NOT_ASSESSED_OF = "not_assessed_of",
    NOT_ASSESSED_PUT = "not_assessed_put.sqlite",
    OBJECTIVE_ALL = "objective_all",
    OBJECTIVE_OF = "objective_of",
    OBJECTIVE_PUT = "objective_put",
    OBSERVATION_AGAIN = "observation_again",
    OBSERVATION_CURRENT = "observation_current",
    OBSERVATION_JUDGED = "observation_judged",
    OBSERVATION_LAST = "observation_last",
    OBSERVATION_LIST = "observation_list",
    OBSERVATION_PUT = "observation_put",
    OBSERVATION_SEGMENTS = "observation_segments",
    PINNED_BY_FINDINGS = "pinned_by_findings",
    PINNED_BY_LOOKS = "pinned_by_looks",
    PLAN_ENTRY_LIST = "plan_entry_list",
    PLAN_ENTRY_OF = "plan_entry_of",
    PLAN_LIST = "plan_list",
    PLAN_PUT = "plan_put",
    SEEN_AGAIN = "seen_again",
    SEEN_AGAIN_OF = "seen_again_of",
    SEEN_PUT = "seen_put",
    SEGMENT_DROP = "segment_drop",
    SEGMENT_FIND = "segment_find",
    SEGMENT_GET = "segment_get",
    SEGMENT_OLD = "segment_old",
    SEGMENT_PUT = "segment_put",
    SESSION_DROP = "session_drop",
    SESSION_DROP_NAMED = "session_drop_named",
    SESSION_DROP_OVER = "session_drop_over",
    SESSION_FIND = "session_find",
    SESSION_PUT = "session_put",
    STATE_GET = "state_get",
    STATE_PUT = "state_put",
    TELL_ALL = "tell_all",
    TELL_FIND = "tell_find",
    TELL_GET = "tell_get",
    TELL_LIST = "tell_list",
    TELL_PUT = "tell_put",
    TELL_RECEIPT = "tell_receipt",
    TELL_STARTED = "tell_started",
    TELL_TOLD = "tell_told",
    TILE_LIST = "tile_list",
    TILE_PUT = "tile_put",
    TOKEN_FIND = "token_find",
    TOKEN_LIST = "token_list",
    TOKEN_PUT = "token_put",
    TOKEN_REVOKE = "token_revoke",
    TRANSITION_HISTORY = "transition_history",
    TRANSITION_LIST = "transition_list",
    TRANSITION_LIST_ALONE = "transition_list_alone",
    TRANSITION_PUT = "transition_put.sqlite",
    TREE_GET = "tree_get",
    TREE_PUT = "tree_put",
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &str, end: &str) -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|file| file.unwrap().file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(end).map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_file_is_a_statement() {
        let mut here: Vec<_> = ALL.iter().map(|statement| statement.name.to_owned()).collect();
        here.sort();
        let mut there = files("sql", ".sql");
        there.retain(|name| !name.ends_with(".postgres"));
        assert_eq!(here, there);
    }

    #[test]
    fn what_differs_is_written_for_both() {
        assert_eq!(files("sql", ".sqlite.sql"), files("sql", ".postgres.sql"));
    }

    #[test]
    fn every_migration_is_listed_in_order() {
        let here: Vec<_> = MIGRATIONS.iter().map(|step| step.name.to_owned()).collect();
        assert_eq!(here, files("sql/migrations", ".sql"));
        for (step, number) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(step.number, number);
            assert!(step.name.starts_with(&format!("{number:04}_")));
        }
    }

    #[test]
    fn only_bulk_statements_know_their_database() {
        for statement in ALL.iter().filter(|statement| !statement.name.contains('.')) {
            for word in ["json_each", "json_extract", "unhex", "->>", "AUTOINCREMENT", "rowid"] {
                assert!(!statement.text.contains(word), "`{}`: {word}", statement.name);
            }
        }
    }

    #[tokio::test]
    async fn every_statement_can_be_prepared() {
        use sqlx::{Connection as _, Executor as _, SqlSafeStr as _};
        let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql(MIGRATION_TABLE.text).execute(&mut conn).await.unwrap();
        for step in &MIGRATIONS {
            sqlx::raw_sql(step.text).execute(&mut conn).await.unwrap();
        }
        for statement in ALL.iter().filter(|statement| !statement.name.starts_with("begin")) {
            let prepared = conn.prepare(statement.text.into_sql_str()).await;
            prepared.unwrap_or_else(|error| panic!("`{}`: {error}", statement.name));
        }
    }
}
