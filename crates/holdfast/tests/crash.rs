//! `kill -9` at any moment of `up --once`, a second holder, and data folders that cannot be used:
//! a clear end, a whole record, and the next run goes on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use support::{Stage, TILLER, cargo_lock, rows, text};

fn shop() -> Stage {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    stage
}

/// SplitMix64: the same delays each time.
fn draw(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

fn start(stage: &Stage) -> Child {
    stage.command(&["up", "--once"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn log(stage: &Stage) -> PathBuf {
    stage.data().join("holdfast.db-wal")
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

/// The record is whole, or there is none yet.
fn whole(stage: &Stage) -> u64 {
    let ran = stage.run(&["ledger", "verify", "--format", "json"]);
    if ran.code == 2 && ran.err.contains("nothing was recorded yet") {
        return 0;
    }
    let document = ran.json(0);
    assert_eq!(rows(&document, "broken").len(), 0, "{document:#}");
    document["entries"].as_u64().unwrap()
}

/// Kills the program after a delay, counted from its start or from the moment when it writes.
fn kill(stage: &Stage, seed: u64, while_writing: bool) {
    let mut child = start(stage);
    if while_writing {
        let before = length(&log(stage));
        while child.try_wait().unwrap().is_none() && length(&log(stage)) <= before {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(draw(seed) % 40_000));
    } else {
        std::thread::sleep(Duration::from_micros(draw(seed) % 120_000));
    }
    // SIGKILL; a child that has ended already is fine too.
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_killed_run_leaves_a_record_that_the_next_one_continues() {
    let stage = shop();
    let mut entries = 0;
    for seed in 0..9 {
        kill(&stage, seed, false);
        let now = whole(&stage);
        assert!(now >= entries, "seed {seed}: entries are lost");
        entries = now;
    }
    for seed in 9..12 {
        // Something new to record each time.
        stage.write("Cargo.lock", cargo_lock(&[("tiller", &format!("1.0.{}", seed % 3))]));
        kill(&stage, seed, true);
        let now = whole(&stage);
        assert!(now >= entries, "seed {seed}: entries are lost");
        entries = now;
    }
    let report = stage.json(0, &["up", "--once"]);
    assert!(rows(&report, "findings").iter().any(|row| text(row, "/weakness") == TILLER));
    assert!(whole(&stage) >= entries.max(3));
    let found = stage.json(0, &["findings", TILLER]);
    assert_eq!(text(&found, "/findings/0/state"), "open");
}

/// What an earlier run acknowledged is proven to be still there after kills.
#[test]
fn a_checkpoint_kept_before_kills_still_holds_after_them() {
    let stage = shop();
    stage.run(&["up", "--once"]).exits(0);
    let before = stage.json(0, &["ledger", "verify"]);
    let kept = stage.outer.path().join("kept");
    std::fs::write(&kept, text(&before, "/checkpoint")).unwrap();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.4")]));
    kill(&stage, 1, true);
    kill(&stage, 2, false);
    let against = ["ledger", "verify", "--against", kept.to_str().unwrap()];
    let after = stage.json(0, &against);
    assert_eq!(rows(&after, "broken").len(), 0);
    assert!(after["entries"].as_u64() >= before["entries"].as_u64());
}

#[test]
fn a_second_holder_gets_a_clear_error() {
    let stage = shop();
    stage.run(&["advisories", "status"]).exits(0);
    // The lock as another process holds it; that process is this test.
    let lock = std::fs::File::create(stage.data().join("lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(stage.data().join("lock"), std::process::id().to_string()).unwrap();
    let ran = stage.run(&["up", "--once"]);
    ran.refuses(2, &format!("is held by process {}", std::process::id()));
    // Looking does not need the folder.
    stage.run(&["check"]).exits(1);
    drop(lock);
    stage.run(&["up", "--once"]).exits(0);
}

#[test]
fn a_data_folder_that_is_a_file_is_a_clear_error() {
    let stage = Stage::new();
    std::fs::write(stage.data(), "I am a file").unwrap();
    let ran = stage.run(&["up", "--once"]);
    assert!([2, 3].contains(&ran.code), "{ran:#?}");
    ran.refuses(ran.code, stage.data().to_str().unwrap());
    stage.run(&["advisories", "sync", "--from", "."]).refuses(2, "");
    assert_eq!(std::fs::read(stage.data()).unwrap(), b"I am a file");
    // The gate needs no data folder: it says that it knows the starter set only.
    let report = stage.json(0, &["check"]);
    assert_eq!(report["against"]["advisories"], 0);
}

#[test]
fn a_store_that_is_no_store_is_a_clear_error_and_is_left_alone() {
    let stage = Stage::new();
    std::fs::create_dir(stage.data()).unwrap();
    let text = "this was never a database\n".repeat(400);
    std::fs::write(stage.data().join("holdfast.db"), &text).unwrap();
    let ran = stage.run(&["up", "--once"]);
    assert!([2, 3].contains(&ran.code), "{ran:#?}");
    ran.refuses(ran.code, "is damaged or is no store");
    let ran = stage.run(&["findings"]);
    ran.refuses(ran.code, "is damaged or is no store");
    assert_eq!(std::fs::read_to_string(stage.data().join("holdfast.db")).unwrap(), text);
}

/// Root may write anywhere, so that there the kernel does not refuse and this shows nothing.
#[test]
fn a_read_only_data_folder_can_be_read_and_refuses_writing() {
    let stage = shop();
    stage.run(&["up", "--once"]).exits(0);
    let open = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(stage.data(), std::fs::Permissions::from_mode(0o500)).unwrap();
    let is_root = std::fs::write(stage.data().join("probe"), "").is_ok();
    let found = stage.json(0, &["findings", TILLER]);
    assert_eq!(text(&found, "/findings/0/weakness"), TILLER);
    assert!(whole(&stage) > 0);
    if is_root {
        eprintln!("root may write into a read-only folder: the refusal was not tried");
    } else {
        let feed = stage.outer.path().join("feed");
        let ran = stage.run(&["advisories", "sync", "--from", feed.to_str().unwrap()]);
        ran.refuses(2, "cannot write");
    }
    std::fs::set_permissions(stage.data(), open).unwrap();
    stage.run(&["up", "--once"]).exits(0);
}
