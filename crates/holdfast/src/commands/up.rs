//! `holdfast up`: look at this machine and this folder, keep the record, and serve the console;
//! with `--once`, look and end.

use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::cycle::Options;
use holdfast_engine::desk::Desk;
use holdfast_engine::holder::{self, Holder, Say};
use holdfast_engine::{Failure, cycle};
use holdfast_model::Timestamp;
use holdfast_world::bind_loopback;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, block_on, patch};
use crate::Outcome;
use crate::args::{Format, UpArgs};
use crate::progress::Progress;
use crate::render::{self, problem};

/// How long after a look the next one begins.
const HOUR: Duration = Duration::from_hours(1);
/// How often it is asked whether hosts are due.
const HOSTS: Duration = Duration::from_mins(1);
/// How often it is asked whether feeds are due.
const FEEDS: Duration = Duration::from_mins(1);
/// How often armed undos are asked whether they fired, and messages are looked for.
const WATCH: Duration = Duration::from_secs(5);

/// Looks, and stays unless it is told to look once. The exit code is 0 once it has looked, whatever
/// it saw.
pub fn run(context: &Context<'_>, args: &UpArgs) -> Result<Outcome, Failure> {
    context.only(&Format::REPORTS)?;
    let at_once = args.at_once.map(usize::from);
    let options = Options { appetite: context.chosen()?, at_once, ..Options::default() };
    if !args.once {
        return block_on(stay(context, args, options))?;
    }
    let progress = Progress::start();
    let say = |what: &str| progress.say(what);
    let report = block_on(cycle::up_once(context.world, &context.data, &options, &say))??;
    drop(progress);
    Ok(Outcome::ok(render::report(&report, context.common.format, context.style)))
}

async fn stay(context: &Context<'_>, args: &UpArgs, options: Options) -> Result<Outcome, Failure> {
    let listener = bind_loopback(args.listen, false)?;
    let address = listener.local_addr().map_err(|error| {
        holdfast_model::Problem::new("no-address", format!("the console has no address: {error}"))
    })?;
    let holder = Holder::open(context.world, &context.data, options).await?;
    let secret = holder.sign_in_secret().await?;
    crate::tell(&format!(
        "Console: http://{address}/sign-in?link={secret}\n  (works once, for 30 minutes; others need \
         a token: holdfast token issue NAME)\n"
    ));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let desk: Arc<dyn Desk> = Arc::<Holder>::clone(&holder);
    let options = holdfast_server::Options { address, hosts: Vec::new(), secure: false };
    let mut ended = stopping.clone();
    let console = tokio::spawn(async move {
        let until = async move {
            let _ = ended.wait_for(|stop| *stop).await;
        };
        holdfast_server::serve(listener, desk, &options, until).await
    });
    let control = tokio::spawn({
        let (holder, world) = (Arc::clone(&holder), context.world.clone());
        let data = context.data.clone();
        async move { holder::serve(holder, &world, &data).await }
    });
    let looks = looks(context, &holder);
    let far = far(context, &holder);
    let feeds = feeds(context, &holder);
    let messages = messages(context, &holder);
    let outcome = tokio::select! {
        () = looks => Ok(()),
        () = far => Ok(()),
        () = messages => Ok(()),
        () = feeds => Ok(()),
        ended = console => unwrapped(ended).and_then(|served| served.map_err(Failure::from)),
        ended = control => unwrapped(ended).and_then(|served| served),
        () = told_to_stop() => Ok(()),
    };
    // Whoever still reads a page has a moment to get it.
    let _ = stop.send(true);
    tokio::time::sleep(Duration::from_millis(100)).await;
    holder.close().await?;
    outcome.map(|()| Outcome::ok(String::new()))
}

pub(super) fn unwrapped<T>(ended: Result<T, tokio::task::JoinError>) -> Result<T, Failure> {
    ended.map_err(|error| {
        let message = format!("a part of Holdfast ended early: {error}");
        Failure::Ours(holdfast_model::Problem::new("worker-ended", message))
    })
}

/// Looks every hour, for ever, and patches where a practice is chosen and a window is open; what goes
/// wrong is told and tried again.
async fn looks(context: &Context<'_>, holder: &Arc<Holder>) {
    let quiet: Say = Arc::new(|_| {});
    loop {
        match holder.look(&quiet).await {
            Ok(report) => {
                crate::tell(&render::report(&report, context.common.format, context.style));
            }
            Err(failure) => tell(context, &failure),
        }
        let mut turn = patches(context, holder, &quiet).await;
        let now = holder.now();
        let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
        holder.set_next_look(Some(Timestamp(now.0.saturating_add(hour))));
        let next = tokio::time::Instant::now() + HOUR;
        while tokio::time::Instant::now() < next {
            if let Err(failure) = holder.watch_armed().await {
                tell(context, &failure);
            }
            // A window may be shorter than the time between two looks.
            if turn.is_some_and(|turn| turn <= holder.now()) {
                turn = patches(context, holder, &quiet).await;
            }
            tokio::time::sleep(WATCH).await;
        }
    }
}

/// Patches where a practice is chosen and a window is open; when to ask again, beside every hour.
async fn patches(context: &Context<'_>, holder: &Arc<Holder>, quiet: &Say) -> Option<Timestamp> {
    let asked = holder.now();
    match holder.patch_by_itself(quiet).await {
        Ok(Some(patched)) => crate::tell(&patch::told(&patched, context.style)),
        Ok(None) => {}
        Err(failure) => tell(context, &failure),
    }
    // From when it was asked: another window may have opened meanwhile. What is wrong with the settings
    // was told just now.
    holder.next_patch(asked).await.ok().flatten()
}

/// Looks at the hosts of others as each is due, for ever. What goes wrong is told, and tried again.
async fn far(context: &Context<'_>, holder: &Arc<Holder>) {
    loop {
        let done = {
            let progress = Progress::start();
            let say: Say = Arc::new(move |what: &str| progress.say(what));
            holder.look_far(&say).await
        };
        if let Err(failure) = done {
            tell(context, &failure);
        }
        tokio::time::sleep(HOSTS).await;
    }
}

/// Brings feeds in again where the configuration says how often, for ever. What goes wrong is told,
/// and tried again an hour later.
async fn feeds(context: &Context<'_>, holder: &Arc<Holder>) {
    let quiet: Say = Arc::new(|_| {});
    let mut not_before = holder.now();
    loop {
        tokio::time::sleep(FEEDS).await;
        if context.common.offline || holder.now() < not_before {
            continue;
        }
        let done = match holder.feeds_due().await {
            Ok(Some(due)) if due <= holder.now() => holder.sync(&quiet).await.map(drop),
            Ok(_) => Ok(()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = done {
            tell(context, &failure);
            let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
            not_before = Timestamp(holder.now().0.saturating_add(hour));
        }
    }
}

/// Tells what is due, for ever. What cannot be told stands in the record and on the page of
/// settings; only what is wrong with the record itself is said here, once.
async fn messages(context: &Context<'_>, holder: &Arc<Holder>) {
    let mut said = false;
    loop {
        match holder.deliver().await {
            Ok(_) => said = false,
            Err(failure) if !said => {
                tell(context, &failure);
                said = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(WATCH).await;
    }
}

fn tell(context: &Context<'_>, failure: &Failure) {
    for one in failure.problems() {
        crate::tell(&problem::error(one, context.style));
    }
}

/// Waits until the user or the system wants an end.
pub(super) async fn told_to_stop() {
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = term => {}
        interrupted = tokio::signal::ctrl_c() => {
            if interrupted.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
