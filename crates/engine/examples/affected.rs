//! Asks who is affected, so many times in one process over one open record: what the question costs
//! is the difference between two counts.
//!
//! `cargo run --release -p holdfast-engine --example affected DATA ID TIMES`

#![expect(clippy::print_stdout, reason = "it reports")]

use std::path::PathBuf;

use holdfast_advisories::Index;
use holdfast_engine::affected::{Page, in_record};
use holdfast_engine::{index_file, record};
use holdfast_world::World;

fn main() -> Result<(), String> {
    let mut args = std::env::args().skip(1);
    let (Some(data), Some(id), Some(times)) = (args.next(), args.next(), args.next()) else {
        return Err("a data folder, the name of a weakness and a number are needed".to_owned());
    };
    let times: u32 = times.parse().map_err(|_| format!("`{times}` is no number"))?;
    let data = PathBuf::from(data);
    let world = World::real().map_err(|problem| problem.message)?;
    let (file, _) = index_file::open(&world, &data);
    let index = Index::open(file.bytes()).map_err(|problem| problem.message)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let told = |failure: holdfast_engine::Failure| {
            let messages = failure.problems().iter().map(|problem| problem.message.clone());
            messages.collect::<Vec<_>>().join("; ")
        };
        let store = record::reader(&data).await.map_err(told)?;
        let mut rows = 0;
        for _ in 0..times {
            let page = Page::default();
            let answer = in_record(store.as_ref(), &index, &id, page).await.map_err(told)?;
            rows = answer.map(|answer| answer.assets.len()).unwrap_or_default();
        }
        println!("rows {rows} copies");
        Ok(())
    })
}
