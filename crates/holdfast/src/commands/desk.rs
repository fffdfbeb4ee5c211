//! Commands that write reach whoever holds the data folder; where nobody does, they hold it
//! themselves while they last.

use std::path::Path;
use std::sync::Arc;

use holdfast_engine::Failure;
use holdfast_engine::check::Judged;
use holdfast_engine::cycle::Options;
use holdfast_engine::desk::{Action, Done, Person};
use holdfast_engine::holder::{self, Asked, Holder, Request, Say};
use holdfast_engine::import::{self, Imported};
use holdfast_engine::lineage::{self, Noted};
use holdfast_engine::patching::{self, Patched};
use holdfast_engine::renew::{self, Renewed};
use holdfast_model::{Digest, Problem};

use super::{Context, block_on};
use crate::progress::Progress;

/// The variable that holds the token of somebody who is not the user of this machine.
const TOKEN: &str = "HOLDFAST_TOKEN";

/// Has something done by the holder, or in its place.
pub fn act(context: &Context<'_>, action: Action) -> Result<Done, Failure> {
    let progress = Progress::start();
    let request = request(context, Asked::Action(action.clone()));
    let mut say = |line: &str| progress.say(line);
    if let Some(done) = holder::call(&context.data, &request, &mut say)? {
        return Ok(done);
    }
    let options = Options { appetite: context.chosen()?, ..Options::default() };
    let said: Say = Arc::new(move |line: &str| progress.say(line));
    block_on(async {
        let holder = Holder::open(context.world, &context.data, options).await?;
        let who = match &request.token {
            Some(token) => holder.person_of_token(token).await?,
            None => Person { name: context.world.host.user.clone() },
        };
        let done = holder.do_it(&who, action, &said, true).await;
        let closed = holder.close().await;
        let mut done = done?;
        if let Err(failure) = closed {
            done.tell_beside(failure.problems());
        }
        Ok::<_, Failure>(done)
    })?
}

/// Has the holder bring in reports; `None` where nobody holds the data folder.
pub fn import(
    context: &Context<'_>,
    asked: import::Asked,
    say: &mut dyn FnMut(&str),
) -> Result<Option<Imported>, Failure> {
    holder::call_import(&context.data, &request(context, Asked::Import(asked)), say)
}

/// Keeps a look at an image in the record: the holder looks itself; where nobody holds the data
/// folder, what was seen is written down.
pub fn record_image(context: &Context<'_>, judged: Judged, path: &Path) -> Result<Noted, Failure> {
    let asked = lineage::Asked { here: context.world.here.clone(), path: path.to_owned() };
    let request = request(context, Asked::Image(asked));
    let progress = Progress::start();
    let mut say = |line: &str| progress.say(line);
    if let Some(noted) = holder::call_image(&context.data, &request, &mut say)? {
        return Ok(noted);
    }
    let options = Options { appetite: context.chosen()?, ..Options::default() };
    block_on(lineage::alone(context.world, &context.data, &options, judged))?
}

/// Brings findings up to date after a sync, by the holder or in its place; `None` where nothing was
/// ever looked at.
pub fn renew(context: &Context<'_>, progress: &Progress) -> Result<Option<Renewed>, Failure> {
    let request = request(context, Asked::Renew {});
    let mut say = |line: &str| progress.say(line);
    if let Some(renewed) = holder::call_renew(&context.data, &request, &mut say)? {
        return Ok(Some(renewed));
    }
    let options = Options { appetite: context.chosen()?, ..Options::default() };
    block_on(renew::alone(context.world, &context.data, &options))?
}

/// Has hosts patched by the holder, or in its place.
pub fn patch(context: &Context<'_>, asked: &patching::Asked) -> Result<Patched, Failure> {
    let progress = Progress::start();
    let request = request(context, Asked::Patch(asked.clone()));
    let mut say = |line: &str| progress.say(line);
    if let Some(patched) = holder::call_patch(&context.data, &request, &mut say)? {
        return Ok(patched);
    }
    let options = Options { appetite: context.chosen()?, ..Options::default() };
    let quiet: Say = Arc::new(|_| {});
    block_on(async {
        let holder = Holder::open(context.world, &context.data, options).await?;
        let who = match &request.token {
            Some(token) => holder.person_of_token(token).await?,
            None => Person { name: context.world.host.user.clone() },
        };
        let patched = holder.patch(&who, asked, &quiet).await;
        holder.close().await?;
        patched
    })?
}

fn request(context: &Context<'_>, asked: Asked) -> Request {
    let token = context.world.environment.get(TOKEN).map(ToOwned::to_owned);
    Request { asked, token }
}

/// The plan that a name means: a unique beginning of its digest.
pub fn plan(context: &Context<'_>, name: &str) -> Result<Digest, Failure> {
    let plans = super::plan::recorded(context)?;
    let name = name.to_lowercase();
    let fits: Vec<Digest> =
        plans.iter().map(|plan| plan.id).filter(|id| id.to_string().starts_with(&name)).collect();
    match fits.as_slice() {
        [one] if !name.is_empty() => Ok(*one),
        [] => {
            let problem = Problem::new("unknown-plan", format!("there is no plan `{name}`"));
            Err(problem.help("list them: holdfast plan list").into())
        }
        several => {
            let message = format!("`{name}` begins {} plans", several.len());
            let problem = Problem::new("ambiguous-plan", message);
            Err(problem.help("write more of its name: holdfast plan list").into())
        }
    }
}
