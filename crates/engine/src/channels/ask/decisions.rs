//! Decisions: new ones, and what became of those that somebody was told of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use holdfast_act::connector::{Form, OnceKey, Subject, Text};
use holdfast_model::{Asset, Digest, Do, Finding, Key, Known, Timestamp};

use super::{Asking, New, Said};
use crate::channels::account::Channel;
use crate::channels::errand::Errand;
use crate::channels::said;

/// A finding with everything that is said of it.
struct One<'a> {
    known: &'a Known,
    asset: &'a Asset,
    page: Option<String>,
    /// By what it is remembered, and the thread of what was told of it alone.
    name: String,
    words: Digest,
}

/// What ended of lists, by channel and thread.
type Ended = BTreeMap<(String, String), Vec<Text>>;

impl Asking<'_> {
    pub(super) fn decisions(&mut self, known: &[Known], assets: &[Asset]) {
        let console = self.channels.console.clone();
        let mut new: BTreeMap<String, Vec<New>> = BTreeMap::new();
        let mut ended = Ended::new();
        let mut known: Vec<&Known> =
            known.iter().filter(|one| one.finding.standing.counts()).collect();
        known.sort_by_cached_key(|one| order(&one.finding));
        for known in known {
            let finding = &known.finding;
            let Some(asset) = of(finding, assets) else { continue };
            let one = One {
                known,
                asset,
                page: console.as_ref().map(|console| format!("{console}/findings/{}", finding.key)),
                name: name_of(finding.key),
                words: said::words_of_finding(finding),
            };
            let going = self.going(&one.name);
            for (channel, before) in &going {
                self.goes_on(channel, before, &one, &mut ended);
            }
            for (channel, telling) in self.news(&one) {
                if !going.iter().any(|(known, _)| known.name() == channel) {
                    new.entry(channel).or_default().push(telling);
                }
            }
        }
        for (channel, new) in new {
            if let Some(channel) = self.channels.named(&channel) {
                self.first(channel, &new, said::all_findings(console.as_deref()));
            }
        }
        for ((channel, thread), texts) in ended {
            self.ended_together(&channel, &thread, &texts);
        }
    }

    /// What is new of a finding, for each channel that is to know of it.
    fn news(&self, one: &One<'_>) -> Vec<(String, New)> {
        let finding = &one.known.finding;
        let Some(decision) = finding.decision.as_ref().filter(|_| finding.state.is_open()) else {
            return Vec::new();
        };
        let telling = |channel: &Channel| {
            // A finding that comes back long after it was forgotten is told anew.
            let (key, since) = (finding.key.to_string(), one.known.since.0.to_string());
            New {
                name: one.name.clone(),
                about: Subject::Decision(finding.key),
                key: OnceKey::new(&channel.account, ["decision", &key, &since]),
                urgent: decision.deeds.contains(&Do::Page),
                words: one.words,
                text: said::decided(finding, one.asset, one.page.as_deref()),
                data: said::data_of_finding(finding, one.asset),
                kind: "decision.made",
                team: decision.team.clone(),
                why: format!("our rules for acting: {}", decision.line),
            }
        };
        let reached = self.reached(&decision.team, &decision.deeds);
        reached.into_iter().map(|one| (one.name().to_owned(), telling(one))).collect()
    }

    /// Whom a decision is told: one ticket, and everybody where it must be known at once.
    fn reached(&self, team: &str, deeds: &[Do]) -> Vec<&Channel> {
        let ticket = self.channels.tickets(team);
        let messages = || self.channels.messages(team);
        let mut reached = Vec::new();
        if deeds.contains(&Do::Ticket) {
            match ticket {
                Some(ticket) => reached.push(ticket),
                None => reached.extend(messages()),
            }
        }
        if deeds.contains(&Do::Page) {
            let paged = messages();
            if paged.is_empty() {
                reached.extend(ticket);
            }
            reached.extend(paged);
        }
        let mut seen = BTreeSet::new();
        reached.retain(|channel| seen.insert(channel.name().to_owned()));
        reached
    }

    /// Goes on with what a channel was told: it ended, is back, or was decided otherwise. What was
    /// told as part of a list is spoken of again only when it ends.
    fn goes_on(&mut self, channel: &Channel, before: &Said, one: &One<'_>, ended: &mut Ended) {
        let finding = &one.known.finding;
        let (open, page) = (finding.state.is_open(), one.page.as_deref());
        let (kind, text) = match (before.open, open) {
            (false, true) => ("decision.reopened", said::back(finding, one.asset, page)),
            (true, false) => ("decision.ended", said::ended(finding, one.asset, page)),
            (true, true) if before.words != one.words => {
                ("decision.changed", said::decided(finding, one.asset, page))
            }
            _ => return,
        };
        self.remember(channel.name(), &one.name, &before.thread, one.words, open);
        if before.thread != one.name {
            if !open {
                let thread = (channel.name().to_owned(), before.thread.clone());
                ended.entry(thread).or_default().push(text);
                return;
            }
            if before.open {
                return;
            }
        }
        let (key, at) = (finding.key.to_string(), self.now.0.to_string());
        let key = OnceKey::new(&channel.account, ["decision", &key, kind, &at]);
        let errand = self.errand(channel, kind, key, Subject::Decision(finding.key), text);
        let data = said::state_of_finding(finding);
        let why = format!("it is {} now", finding.state.word());
        self.want(channel, &before.thread, Errand { data, again: true, ..errand }, why);
    }

    /// Several that were told of together ended together.
    fn ended_together(&mut self, channel: &str, thread: &str, texts: &[Text]) {
        let Some(channel) = self.channels.named(channel) else { return };
        let text = said::ended_together(texts, self.channels.console.as_deref());
        let at = self.now.0.to_string();
        let key = OnceKey::new(&channel.account, ["ended", thread, &at]);
        let errand = self.errand(channel, "decision.ended", key, Subject::Digest, text);
        // A list that is rewritten would lose what is still open on it.
        let again = channel.form() != Form::Message;
        self.want(channel, thread, Errand { again, ..errand }, "some of it is over".to_owned());
    }

    /// Channels that were told of something and are still there.
    fn going(&self, name: &str) -> Vec<(Channel, Said)> {
        let there = self.channels.all.iter();
        there.filter_map(|one| Some((one.clone(), self.said(one.name(), name)?.clone()))).collect()
    }
}

/// The most urgent first, then what is due first, and of those what other packages bring in last.
fn order(finding: &Finding) -> impl Ord + use<> {
    let due = finding.decision.as_ref().and_then(|decision| decision.due);
    let due = due.unwrap_or(Timestamp(i64::MAX));
    (Reverse(finding.severity), due, finding.direct == Some(false), finding.key)
}

/// By what a finding is remembered, and the thread of what was told of it alone.
pub(in crate::channels) fn name_of(key: Key) -> String {
    format!("decision:{key}")
}

/// The asset of a finding: its key is a hash of both, so that it is found by trying.
fn of<'a>(finding: &Finding, assets: &'a [Asset]) -> Option<&'a Asset> {
    assets.iter().find(|asset| Key::new(&asset.id, finding.local) == finding.key)
}
