//! Makes a record of 1,000,000 hosts in bulk, as it stands after that many looks: for measuring who
//! has what. The ledger behind it is empty, so that it verifies as nothing and is good for nothing
//! else.
//!
//! `cargo run --release -p holdfast-store --example fleet FOLDER`

#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::PathBuf;
use std::time::Instant;

use holdfast_model::Timestamp;
use holdfast_store::{Store, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

/// The database in a data folder.
const DATABASE: &str = "holdfast.db";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from).ok_or("a folder is needed")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    runtime.block_on(make(&folder))?;
    let bytes = std::fs::metadata(folder.join(DATABASE))?.len();
    println!("bytes {bytes} B");
    println!("made {} s", begun.elapsed().as_secs());
    Ok(())
}

async fn make(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut seed = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        for byte in bytes {
            seed = seed.wrapping_mul(5).wrapping_add(17);
            *byte = seed;
        }
    };
    let store: Result<Store, StoreError> =
        Store::create_or_open(folder, Timestamp(0), &mut random).await;
    store?.close().await?;
    // What is lost with the power can be made again.
    let mut conn = SqliteConnectOptions::new()
        .filename(folder.join(DATABASE))
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-200000")
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::raw_sql(include_str!("../sql/bench/fleet.sql")).execute(&mut conn).await?;
    conn.close().await?;
    Ok(())
}
