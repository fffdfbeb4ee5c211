//! The hosts of the registry.

use holdfast_engine::hosts::HostRow;

use super::hours_ago;

/// Hosts that are looked at by schedule: one is as it should be, one did not answer, one is new.
pub fn hosts() -> Vec<HostRow> {
    let host = |name: &str, result: &'static str, looked: Option<i64>, reason: &str| HostRow {
        name: name.to_owned(),
        address: format!("ssh://{name}").into(),
        team: Some("payments".to_owned()),
        same_machine: Vec::new(),
        groups: vec!["web".to_owned()],
        labels: Vec::new(),
        added: hours_ago(90).to_string(),
        looked: looked.map(|hours| hours_ago(hours).to_string()),
        result,
        reason: reason.to_owned(),
        closes_with: String::new(),
        open: 0,
        not_assessed: u64::from(!reason.is_empty()),
        controls: None,
        looked_at: looked.map(hours_ago),
    };
    vec![
        host("edge-1", "pass", Some(1), ""),
        host("edge-2", "not assessed", Some(1), "it does not let this user in"),
        host("edge-3", "not looked at yet", None, ""),
    ]
}
