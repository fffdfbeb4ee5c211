//! `holdfast demo` from the outside: it needs nothing, leaves nothing, and builds over no record.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::path::Path;

use serde_json::Value;
use support::Stage;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn it_is_built_once_is_whole_and_goes_away() {
    let stage = Stage::new();
    let temporary = tempfile::tempdir().unwrap();
    let mut command = stage.command(&["demo", "--once", "--format", "json"]);
    let output = command.env("TMPDIR", temporary.path()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    let built: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(built["schema"], "holdfast/demo/1");
    assert_eq!(built["teams"], serde_json::json!(["payments", "platform", "storefront"]));
    assert_eq!((built["assets"].as_u64(), built["broken"].as_u64()), (Some(20), Some(0)));
    for list in ["open", "closed", "not_assessed", "plans", "cases", "announcements", "goals"] {
        assert!(built[list].as_u64().unwrap() > 0, "{list}: {built:#}");
    }
    assert_eq!(names(temporary.path()), [] as [String; 0], "the scratch folder is left");
    assert_eq!(names(stage.outer.path()), [] as [String; 0], "the user's own data is touched");
    assert_eq!(names(stage.tree.path()), [] as [String; 0]);
}

#[test]
fn it_is_not_built_over_a_record() {
    let stage = Stage::new();
    stage.run(&["up", "--once"]).exits(0);
    let data = stage.data();
    let ran = stage.run(&["demo", "--once", "--data", data.to_str().unwrap()]);
    ran.refuses(2, "holds a record already");
}
