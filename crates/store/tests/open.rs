//! Opening: who may, what is made, what is refused and how it is said.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use holdfast_store::{PAGE_SIZE, Store, StoreError, StoreOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use support::{at, bytes, commit, open, open_with, picture, whole};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn folder_and_files_are_for_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/b");
    let store = open(&folder).await;
    commit(&store, &picture(2, &[1], 1)).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(std::fs::metadata(folder.join("key")).unwrap().len(), 32);
}

#[tokio::test]
async fn a_store_is_opened_again_with_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let verifier = store.verifier().to_string();
    store.close().await.unwrap();
    let store = Store::create_or_open(dir.path(), at(9), &mut bytes(1234)).await.unwrap();
    assert_eq!(store.verifier().to_string(), verifier);
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 1);
}

/// How many bytes a page of a database has, by its header.
fn page_size(database: &Path) -> u32 {
    let bytes = std::fs::read(database).unwrap();
    u32::from(u16::from_be_bytes([bytes[16], bytes[17]]))
}

#[tokio::test]
async fn a_new_store_has_large_pages_and_an_old_one_keeps_its_own() {
    for (before, wanted) in [(None, PAGE_SIZE), (Some(4_096), 4_096)] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holdfast.db");
        if let Some(size) = before {
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(&path)
                .create_if_missing(true)
                .page_size(size)
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
            let mut conn = options.connect().await.unwrap();
            let made = "CREATE TABLE made (one BIGINT NOT NULL); DROP TABLE made";
            sqlx::raw_sql(AssertSqlSafe(made)).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
        }
        let store = open(dir.path()).await;
        commit(&store, &picture(200, &[1], 1)).await.unwrap();
        whole(&store).await;
        store.close().await.unwrap();
        assert_eq!(page_size(&path), wanted);
        whole(&open(dir.path()).await).await;
    }
}

#[tokio::test]
async fn a_reader_reads_beside_the_holder_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(3, &[1, 2], 1)).await.unwrap();
    let reader = Store::open_reader(dir.path()).await.unwrap();
    whole(&reader).await;
    commit(&store, &picture(3, &[1], 2)).await.unwrap();
    let known =
        reader.known(&support::asset("shop").id, holdfast_model::Standing::Trunk).await.unwrap();
    assert_eq!(known.values().filter(|known| known.finding.state.is_open()).count(), 1);
    let error = commit(&reader, &picture(3, &[], 3)).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    let error = reader.rebuild().await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_store_is_said_to_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let error = Store::open_reader(dir.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    assert!(error.to_string().starts_with("there is no store in `"));
    assert_eq!(error.help(), "make one with `holdfast up --once`");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was made");
}

/// Not a test of its own: the other process of the next one.
#[tokio::test]
async fn child_that_holds_a_store() {
    let Some(dir) = std::env::var_os("HOLDFAST_TEST_HOLD") else { return };
    let _store = open(Path::new(&dir)).await;
    std::fs::write(Path::new(&dir).join("held"), "").unwrap();
    // Ends when the parent closes its end.
    let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0; 1]);
}

#[tokio::test]
async fn a_second_holder_is_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_holds_a_store"])
        .env("HOLDFAST_TEST_HOLD", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !dir.path().join("held").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the other process ended early");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let error = open_with(dir.path(), StoreOptions::default()).await.unwrap_err();
    let StoreError::Held { pid, .. } = &error else { panic!("{error}") };
    assert_eq!(*pid, Some(child.id()));
    assert!(error.to_string().ends_with(&format!("is held by process {}", child.id())));
    assert!(error.help().contains("`--data`"));
    whole(&Store::open_reader(dir.path()).await.unwrap()).await;
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    whole(&open(dir.path()).await).await;
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { most_pages: Some(120), ..StoreOptions::default() };
    let store = open_with(dir.path(), options).await.unwrap();
    commit(&store, &picture(10, &[1], 1)).await.unwrap();
    let before = store.last_checkpoint().await.unwrap();
    let error = commit(&store, &picture(5_000, &[1, 2], 2)).await.unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert!(error.to_string().starts_with("no room is left for `"));
    assert!(error.help().contains("nothing was lost"));
    assert_eq!(store.last_checkpoint().await.unwrap(), before);
    whole(&store).await;
    store.close().await.unwrap();
    // With room again, it goes on.
    let store = open(dir.path()).await;
    commit(&store, &picture(5_000, &[1, 2], 2)).await.unwrap();
    whole(&store).await;
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).await.close().await.unwrap();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("holdfast.db"));
    let mut conn = options.connect().await.unwrap();
    let newer = "INSERT INTO migration (number, name, noted) VALUES (99, 'future', 0)";
    sqlx::raw_sql(AssertSqlSafe(newer)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    for error in [
        open_with(dir.path(), StoreOptions::default()).await.unwrap_err(),
        Store::open_reader(dir.path()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Newer { found: 99, known: 8 }), "{error}");
        assert!(error.to_string().contains("written by a newer holdfast"));
    }
}

#[tokio::test]
async fn a_damaged_file_is_said_to_be_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("holdfast.db");
    std::fs::write(&path, "this is no database, but it is long enough to be looked at".repeat(100))
        .unwrap();
    for error in [
        open_with(dir.path(), StoreOptions::default()).await.unwrap_err(),
        Store::open_reader(dir.path()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("holdfast.db` is damaged or is no store"), "{error}");
        assert!(error.help().contains("restore a backup"));
    }
}

#[tokio::test]
async fn a_key_that_is_gone_or_another_is_said() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).await.close().await.unwrap();
    let path = dir.path().join("key");
    for (key, wanted) in [
        (Some(vec![3; 32]), "it is not the one that signed this ledger"),
        (Some(vec![3; 31]), "it has not 32 bytes"),
        (None, "it is gone"),
    ] {
        match key {
            Some(key) => std::fs::write(&path, key).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let error = open_with(dir.path(), StoreOptions::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::Key { .. }), "{error}");
        assert!(error.to_string().ends_with(wanted), "{error}");
    }
    // Reading needs no key.
    whole(&Store::open_reader(dir.path()).await.unwrap()).await;
}

#[tokio::test]
async fn a_path_that_cannot_be_a_folder_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let error = open_with(&dir.path().join("file"), StoreOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("file`"), "{error}");
}
