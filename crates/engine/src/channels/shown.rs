//! Channels as the page of settings shows them: whom they reach, what a message looks like, and
//! what became of the last one.

use holdfast_act::connector::{AccountId, OnceKey, Subject, preview};
use holdfast_model::{Asset, Key, Known, Timestamp};
use holdfast_store::{Store, TellFilter, TellRecord, TellState};

use super::account::{Channel, Channels};
use super::ask::REMINDER;
use super::errand::Errand;
use super::{ask, deliver, said, tickets};
use crate::desk::{ChannelView, ToldView};
use crate::failure::Failure;
use crate::record;

/// What pages show of channels.
///
/// # Errors
///
/// Where the record cannot be read.
pub(crate) async fn views(
    store: &Store,
    channels: &Channels,
    (known, assets): (&[Known], &[Asset]),
    now: Timestamp,
) -> Result<Vec<ChannelView>, Failure> {
    if channels.all.is_empty() {
        return Ok(Vec::new());
    }
    let ours = |error| record::ours(&error);
    let told = store.tells(&TellFilter::default()).await.map_err(ours)?;
    let mut views = Vec::new();
    for channel in &channels.all {
        let own = || told.iter().filter(|one| one.account == channel.name());
        let last = own().find(|one| one.state != TellState::Waiting);
        let last = match last {
            Some(one) => Some((one.at, words(store, one).await?)),
            None => None,
        };
        let example = example(channel, known, assets);
        let waits = |state| matches!(state, TellState::Waiting | TellState::Failed);
        views.push(ChannelView {
            name: channel.name().to_owned(),
            connector: channel.connector.about().id,
            teams: channel.teams.clone(),
            preview: shown(channel, channels.console.as_deref(), example, now),
            last,
            waiting: own().filter(|one| waits(one.state) && one.kind != REMINDER).count() as u64,
        });
    }
    Ok(views)
}

/// What became of a message.
async fn words(store: &Store, told: &TellRecord) -> Result<String, Failure> {
    let entry = store.entry(told.last).await.map_err(|error| record::ours(&error))?;
    let why = entry.why.unwrap_or_default();
    Ok(match told.state {
        TellState::Sent => "it arrived".to_owned(),
        TellState::Sending => "it is on its way".to_owned(),
        TellState::Failed => format!("it is tried again: {why}"),
        TellState::Dead => format!("it was not told: {why}"),
        TellState::Waiting => "it waits to be told".to_owned(),
    })
}

/// Who was told of a finding, and where that is.
///
/// # Errors
///
/// Where the record cannot be read.
pub(crate) async fn told_of(store: &Store, key: Key) -> Result<Vec<ToldView>, Failure> {
    let ours = |error| record::ours(&error);
    let mut views = Vec::new();
    for (channel, thread) in ask::threads(store, key).await? {
        let receipt = deliver::first_receipt(store, &thread, &channel).await?;
        let filter = TellFilter { subject: Some(thread.clone()), ..TellFilter::default() };
        let told = store.tells(&filter).await.map_err(ours)?;
        let Some(last) = told.iter().find(|one| one.account == channel) else { continue };
        let (at, mut words) = (last.at, words(store, last).await?);
        if let Some(state) = tickets::word(store, &channel, &thread).await? {
            words = format!("{words}; it is `{}` there", state.word);
        }
        // What is no ticket has an id for programs alone.
        let (id, address) =
            receipt.map_or_else(Default::default, |receipt| (receipt.id, receipt.address));
        let id = if address.is_empty() { String::new() } else { id };
        views.push(ToldView { channel, id, address, words, at });
    }
    Ok(views)
}

/// What a message would be about: the most urgent of what its teams have to mend.
fn example<'a>(
    channel: &Channel,
    known: &'a [Known],
    assets: &'a [Asset],
) -> Option<(&'a Known, &'a Asset)> {
    let told = known.iter().filter(|one| {
        let finding = &one.finding;
        let team = finding.decision.as_ref().map(|decision| decision.team.as_str());
        let own = team.is_some_and(|team| {
            channel.teams.is_empty() || channel.teams.iter().any(|own| own == team)
        });
        own && finding.state.is_open() && finding.standing.counts()
    });
    let one = told.max_by_key(|one| (one.finding.severity, std::cmp::Reverse(one.first_seen)))?;
    let of = |asset: &&Asset| Key::new(&asset.id, one.finding.local) == one.finding.key;
    Some((one, assets.iter().find(of)?))
}

/// A message as it would look: about what is most urgent now, else a trial.
fn shown(
    channel: &Channel,
    console: Option<&str>,
    example: Option<(&Known, &Asset)>,
    now: Timestamp,
) -> String {
    let text = match example {
        Some((known, asset)) => {
            let finding = &known.finding;
            let page = console.map(|console| format!("{console}/findings/{}", finding.key));
            said::decided(finding, asset, page.as_deref())
        }
        None => said::trial("somebody", console),
    };
    let data = example.map(|(known, asset)| said::data_of_finding(&known.finding, asset));
    let errand = Errand {
        key: OnceKey::new(&AccountId("preview".into()), ["preview"]),
        about: Subject::Trial,
        kind: "decision.made".to_owned(),
        to: channel.to.clone(),
        text,
        labels: Vec::new(),
        at: now,
        data: data.unwrap_or_default(),
        again: false,
        unless_answered: None,
    };
    let tell = errand.tell(channel.connector, &channel.from, None);
    tell.as_ref().map(preview).unwrap_or_default()
}
