//! `holdfast demo`: a made-up organisation in a folder of its own, served as `up` serves the real
//! one. This machine is not looked at, and nothing is carried out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::demo::{self, DemoDesk};
use holdfast_engine::desk::{Desk, View};
use holdfast_engine::{Failure, record};
use holdfast_model::Problem;
use holdfast_world::{Scratch, bind_loopback};
use serde::Serialize;

use super::up::{told_to_stop, unwrapped};
use super::{Context, block_on};
use crate::Outcome;
use crate::args::{DemoArgs, Format};
use crate::progress::Progress;
use crate::render;

/// How long after a look at its hosts the next one begins.
const HOUR: Duration = Duration::from_hours(1);

/// `holdfast/demo/1`.
#[derive(Debug, Serialize)]
struct Built {
    schema: &'static str,
    teams: Vec<String>,
    assets: usize,
    open: usize,
    closed: usize,
    not_assessed: usize,
    plans: usize,
    cases: usize,
    announcements: usize,
    goals: usize,
    entries: u64,
    broken: usize,
}

/// Builds it and serves it, in the folder that was named, else in one that goes away at the end.
pub fn run(context: &Context<'_>, args: &DemoArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    // Not where the environment says: a demonstration has no business beside a real record.
    if let Some(named) = &context.common.data {
        let data = context.world.here.join(named);
        return block_on(show(context, args, &data))?;
    }
    let scratch = Scratch::new("holdfast-demo", context.world)?;
    let data = scratch.path().join("data");
    let shown = block_on(show(context, args, &data))?;
    drop(scratch);
    shown
}

async fn show(context: &Context<'_>, args: &DemoArgs, data: &Path) -> Result<Outcome, Failure> {
    // An address that is taken is told of before anything is built.
    let listener = if args.once { None } else { Some(bind_loopback(args.listen, false)?) };
    let progress = Progress::start();
    progress.say("building ninety days");
    let built = demo::build(data, &demo::Options::of(context.world)).await?;
    let desk = built.open(context.world).await?;
    drop(progress);
    let Some(listener) = listener else {
        let view = desk.view();
        desk.close().await?;
        let built = verified(data, &view).await?;
        let exit = u8::from(built.broken > 0);
        let text = if context.is_json() { render::json(&built) } else { told(context, &built) };
        return Ok(Outcome { text, exit });
    };
    serve(listener, &desk).await?;
    desk.close().await?;
    Ok(Outcome::ok(String::new()))
}

async fn serve(listener: std::net::TcpListener, desk: &Arc<DemoDesk>) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(|error| {
        Problem::new("no-address", format!("the console has no address: {error}"))
    })?;
    let secret = desk.sign_in_secret().await?;
    crate::tell(&format!(
        "Console: http://{address}/sign-in?link={secret}\n  (works once, for 30 minutes; everything \
         on it is made up, and nothing is carried out)\n"
    ));
    let (stop, mut ended) = tokio::sync::watch::channel(false);
    let options = holdfast_server::Options { address, hosts: Vec::new(), secure: false };
    let served: Arc<dyn Desk> = Arc::<DemoDesk>::clone(desk);
    let console = tokio::spawn(async move {
        let until = async move {
            let _ = ended.wait_for(|stop| *stop).await;
        };
        holdfast_server::serve(listener, served, &options, until).await
    });
    let outcome = tokio::select! {
        looked = looks(desk) => looked,
        ended = console => unwrapped(ended).and_then(|served| served.map_err(Failure::from)),
        () = told_to_stop() => Ok(()),
    };
    // Whoever still reads a page has a moment to get it.
    let _ = stop.send(true);
    tokio::time::sleep(Duration::from_millis(100)).await;
    outcome
}

/// Looks every hour, so that no page grows old.
async fn looks(desk: &DemoDesk) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(HOUR).await;
        desk.look().await?;
    }
}

/// What was built, and whether its record is whole.
async fn verified(data: &Path, view: &View) -> Result<Built, Failure> {
    let ours = |error| record::ours(&error);
    let Some(store) = record::reader(data).await? else {
        return Err(Failure::Ours(Problem::new("no-record", "nothing was recorded")));
    };
    let report = store.verify(None).await.map_err(ours)?;
    store.close().await.map_err(ours)?;
    let mut teams: Vec<String> = view.assets.iter().map(|one| one.asset.team.clone()).collect();
    teams.sort_unstable();
    teams.dedup();
    let open = view.findings.iter().filter(|one| one.open).count();
    Ok(Built {
        schema: "holdfast/demo/1",
        teams,
        assets: view.assets.len(),
        open,
        closed: view.findings.len().saturating_sub(open),
        not_assessed: view.gaps.len(),
        plans: view.plans.len(),
        cases: view.cases.len(),
        announcements: view.announcements.len(),
        goals: view.mending.goals.len(),
        entries: report.entries,
        broken: report.broken.len(),
    })
}

/// What shows it: a folder that was named is still there; without one, the console builds it anew.
fn see(named: Option<&Path>) -> String {
    named.map_or_else(
        || "holdfast demo".to_owned(),
        |named| format!("holdfast findings --data {}", render::quoted(&named.to_string_lossy())),
    )
}

fn told(context: &Context<'_>, built: &Built) -> String {
    let Built { assets, open, closed, not_assessed, plans, cases, announcements, .. } = built;
    let record = match built.broken {
        0 => "whole".to_owned(),
        broken => format!("broken in {broken} places"),
    };
    let see = see(context.common.data.as_deref());
    format!(
        "Built {} teams with {assets} assets over 90 days.\n  {open} findings are open, {closed} \
         closed, {not_assessed} could not be checked\n  {plans} plans, {cases} cases, \
         {announcements} announcements, {} goals\nThe record has {} entries and is {record}.\nSee \
         it: {see}\n",
        built.teams.len(),
        built.goals,
        built.entries
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_named_is_named_again() {
        assert_eq!(see(None), "holdfast demo");
        assert_eq!(see(Some(Path::new("/tmp/demo"))), "holdfast findings --data /tmp/demo");
        assert_eq!(see(Some(Path::new("a b"))), "holdfast findings --data 'a b'");
    }
}
