//! What people say of events: beforehand, and afterwards.

use std::path::Path;

use holdfast_act::same_person;
use holdfast_model::{Announcement, Answer, Case, Problem, Timestamp};
use holdfast_store::{Answered, CaseFilter, CaseRecord, Store};
use holdfast_world::World;

use super::taken;
use crate::desk::{AnnouncementView, CaseView, Done, EventAlert, EventRow, Person};
use crate::failure::Failure;
use crate::record;

/// The most events of a time line.
const MOST: usize = 10_000;
/// The longest window of an announcement, in milliseconds: what takes longer is no exception.
const LONGEST: i64 = 31 * 86_400_000;

/// Every announcement of a record, newest first.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn announcements(data: &Path) -> Result<Vec<Announcement>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let mut all = store.announcements().await.map_err(|error| record::ours(&error))?;
    all.reverse();
    Ok(all)
}

/// Every case of a record, open ones first, then the newest.
///
/// # Errors
///
/// Where the record cannot be read.
pub async fn cases(data: &Path) -> Result<Vec<Case>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    Ok(recorded(&store).await?.into_iter().map(|one| one.said.case).collect())
}

async fn recorded(store: &Store) -> Result<Vec<CaseRecord>, Failure> {
    let all = store.cases(&CaseFilter::default()).await;
    let mut all = all.map_err(|error| record::ours(&error))?;
    all.sort_by_key(|one| (one.said.case.answer.is_some(), std::cmp::Reverse(one.said.case.last)));
    Ok(all)
}

/// Notes what somebody is about to do.
pub(crate) async fn announce(
    world: &World,
    store: &Store,
    who: &Person,
    mut said: Announcement,
) -> Result<Done, Failure> {
    let now = world.clock.now();
    said.by.clone_from(&who.name);
    said.what.retain(|what| !what.trim().is_empty());
    let wrong = if said.what.is_empty() {
        Some((
            "it says nothing that will be done",
            "name actions: --what ec2.amazonaws.com:RunInstances",
        ))
    } else if said.who.trim().is_empty() {
        Some(("it names nobody", "say who will do it: --who NAME"))
    } else if said.because.trim().is_empty() {
        Some(("it needs a reason", "say why: --because TEXT"))
    } else if said.until <= now || said.until <= said.from {
        Some(("its end is over", "name a time to come: --until 2h"))
    } else if said.until.0.saturating_sub(said.from.0) > LONGEST {
        Some((
            "it lasts longer than 31 days",
            "what goes on for longer is no exception: change the rule",
        ))
    } else if said.at_most == 0 {
        Some(("it allows nothing", "say how often at most: --at-most 1"))
    } else {
        None
    };
    if let Some((message, help)) = wrong {
        return Err(Problem::new("announcement", message).help(help).into());
    }
    let mut random = record::random(world)?;
    let noted =
        store.announce(&said, now, &mut random).await.map_err(|error| record::ours(&error))?;
    let message = format!("Announced until {}.", noted.until);
    Ok(Done { message, ..Done::default() })
}

/// Says yes to what somebody else announced.
pub(crate) async fn approve(
    world: &World,
    store: &Store,
    who: &Person,
    id: &str,
) -> Result<Done, Failure> {
    let all = store.announcements().await.map_err(|error| record::ours(&error))?;
    if let Some(known) = all.iter().find(|one| *one.id == *id)
        && same_person(&known.by, &who.name)
    {
        let problem =
            Problem::new("own-announcement", "you announced it; somebody else has to say yes");
        return Err(Failure::NotDone(problem.help("ask a colleague to look at it")));
    }
    let mut random = record::random(world)?;
    store
        .announcement_approve(id, &who.name, world.clock.now(), &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    Ok(Done { message: "Approved; it counts from now on.".to_owned(), ..Done::default() })
}

/// The case that a name means.
async fn find(store: &Store, name: &str) -> Result<CaseRecord, Failure> {
    let name = name.to_lowercase();
    let mut fits = recorded(store).await?;
    fits.retain(|one| !name.is_empty() && one.said.case.id.starts_with(&name));
    let (one, others) = (fits.pop(), fits.len());
    match one {
        Some(one) if others == 0 => Ok(one),
        Some(_) => {
            let message = format!("`{name}` begins {} cases", others + 1);
            let problem = Problem::new("ambiguous-case", message);
            Err(problem.help("write more of its name: holdfast case list").into())
        }
        None => {
            let problem = Problem::new("unknown-case", format!("there is no case `{name}`"));
            Err(problem.help("list them: holdfast case list").into())
        }
    }
}

/// Says what a case came to.
pub(crate) async fn answer(
    world: &World,
    store: &Store,
    who: &Person,
    name: &str,
    answer: Answer,
    because: &str,
) -> Result<Done, Failure> {
    let mut said = find(store, name).await?.said;
    let because = because.trim();
    if because.is_empty() {
        let problem = Problem::new("no-reason", "an answer needs a reason");
        return Err(problem.help("say why").into());
    }
    let own = same_person(&said.case.actor.name, &who.name)
        || same_person(&said.case.actor.session, &who.name);
    if own && answer != Answer::Incident && said.case.severity == holdfast_model::Severity::Now {
        let problem =
            Problem::new("own-case", "you did it; somebody else has to say what it came to");
        return Err(Failure::NotDone(problem.help("ask a colleague to look at it")));
    }
    said.case.answer = Some(answer);
    said.answered = Some(Answered { who: who.name.clone(), why: because.to_owned() });
    said.replaces.clear();
    taken::remember(world, store, said, because, &who.name).await?;
    Ok(Done { message: format!("Noted: {}.", answer.word()), ..Done::default() })
}

/// Says who looks after a case.
pub(crate) async fn own(
    world: &World,
    store: &Store,
    who: &Person,
    name: &str,
    owner: &str,
) -> Result<Done, Failure> {
    let mut said = find(store, name).await?.said;
    owner.trim().clone_into(&mut said.case.owner);
    said.replaces.clear();
    let why = format!("{} looks after it", said.case.owner);
    taken::remember(world, store, said, &why, &who.name).await?;
    Ok(Done { message: format!("Noted: {why}."), ..Done::default() })
}

/// What pages show of cases and announcements.
pub(crate) async fn views(
    world: &World,
    store: &Store,
) -> Result<(Vec<CaseView>, Vec<AnnouncementView>), Failure> {
    let mut cases = Vec::new();
    for record in recorded(store).await? {
        let CaseRecord { seq, said } = record;
        let answered = match said.answered {
            Some(one) => {
                let entry = store.entry(seq).await.map_err(|error| record::ours(&error))?;
                Some((one.who, entry.header.happened, one.why))
            }
            None => None,
        };
        cases.push(CaseView { case: said.case, answered });
    }
    let covered = taken::covered(world, store).await?;
    let now = world.clock.now();
    let all = store.announcements().await.map_err(|error| record::ours(&error))?;
    let view = |announcement: Announcement| {
        let covered = covered(&announcement.id);
        AnnouncementView {
            told: told(&announcement, covered, now),
            in_force: announcement.until > now,
            covered,
            announcement,
        }
    };
    Ok((cases, all.into_iter().rev().map(view).collect()))
}

fn told(announcement: &Announcement, covered: u32, now: Timestamp) -> String {
    let seen = match covered {
        0 => "nothing of it was seen".to_owned(),
        1 => "seen once".to_owned(),
        n => format!("seen {n} times"),
    };
    if announcement.until > now {
        return format!("{seen} so far");
    }
    if covered == 0 { "it did not happen, or cannot be seen from here".to_owned() } else { seen }
}

/// Who did what since then, newest first.
pub(crate) async fn timeline(store: &Store, since: Timestamp) -> Result<Vec<EventRow>, Failure> {
    let found = store
        .events_between(since, Timestamp(i64::MAX), MOST)
        .await
        .map_err(|error| record::ours(&error))?;
    let cases = recorded(store).await?;
    let alerts = cases.iter().flat_map(|one| {
        one.said.case.alerts.iter().map(move |alert| (&alert.event.id, (alert, &one.said.case.id)))
    });
    let alerts: std::collections::BTreeMap<_, _> = alerts.collect();
    let rows = found.records.into_iter().rev().map(|record| {
        let event = record.event;
        let alert = alerts.get(&event.id);
        EventRow {
            at: event.at,
            action: event.action.to_string(),
            place: if event.region.is_empty() {
                event.account.to_string()
            } else {
                format!("{} in {}", event.account, event.region)
            },
            from: event.from,
            failed: match event.went {
                holdfast_model::Went::Done => "".into(),
                holdfast_model::Went::Failed(why) => why,
            },
            log: event.log,
            alert: alert.map(|(alert, _)| EventAlert {
                title: alert.title.clone(),
                severity: alert.severity,
                expected: alert.expected_by.is_some(),
            }),
            case: alert.map(|(_, case)| std::sync::Arc::clone(case)),
            actor: event.actor,
            targets: event.targets,
        }
    });
    Ok(rows.collect())
}
