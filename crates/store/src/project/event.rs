//! Projections of announcements, cases, events, messages, goals and hosts in the database.

use crate::codes;
use crate::error::StoreError;
use crate::fold::event::{EventChange, EventProjections, TellStep};
use crate::rows::Hex;
use crate::rows::event::{
    AnnouncementRow, CaseRow, EventSegmentRow, HostRow, ObjectiveRow, TellRow,
};
use crate::sql;
use crate::store::has_hosts;
use crate::tx::{Got, Tx};

/// Writes what one entry does.
pub(crate) async fn write(tx: &mut Tx<'_>, change: &EventChange) -> Result<(), StoreError> {
    match change {
        EventChange::Announcement(row) => announcement(tx, row).await,
        EventChange::Case(row) => case(tx, row).await,
        EventChange::Segment(row) => segment(tx, row).await,
        EventChange::Tell(row) => tell(tx, row).await,
        EventChange::Step(step) => tell_step(tx, step).await,
        EventChange::Objective(row) => objective(tx, row).await,
        EventChange::Host(row) => host(tx, row).await,
    }
}

/// Takes away what was folded from an entry.
pub(crate) async fn redacted(tx: &mut Tx<'_>, seq: i64) -> Result<(), StoreError> {
    for statement in [&sql::ANNOUNCEMENT_DROP, &sql::CASE_STEP_DROP, &sql::CASE_REPLACED_DROP] {
        tx.run(statement, |q| q.bind(seq)).await?;
    }
    Ok(())
}

async fn announcement(tx: &mut Tx<'_>, row: &AnnouncementRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::ANNOUNCEMENT_PUT, |q| {
        q.bind(row.seq).bind(row.of).bind(row.noted).bind(row.document)
    })
    .await?;
    Ok(())
}

async fn case(tx: &mut Tx<'_>, row: &CaseRow) -> Result<(), StoreError> {
    let CaseRow { seq, id, first_at, last_at, severity, owner, answer, replaces, document } =
        row.clone();
    tx.run(&sql::CASE_STEP_PUT, |q| {
        q.bind(seq)
            .bind(id)
            .bind(first_at)
            .bind(last_at)
            .bind(severity)
            .bind(owner)
            .bind(answer)
            .bind(document)
    })
    .await?;
    for id in replaces {
        tx.run(&sql::CASE_REPLACED_PUT, |q| q.bind(id).bind(seq)).await?;
    }
    Ok(())
}

async fn segment(tx: &mut Tx<'_>, row: &EventSegmentRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::EVENT_SEGMENT_PUT, |q| {
        q.bind(row.seq)
            .bind(row.kind)
            .bind(row.from_at)
            .bind(row.to_at)
            .bind(row.records)
            .bind(row.digest.0)
    })
    .await?;
    Ok(())
}

async fn tell(tx: &mut Tx<'_>, row: &TellRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::TELL_PUT, |q| {
        q.bind(row.seq)
            .bind(row.last)
            .bind(row.once)
            .bind(row.kind)
            .bind(row.account)
            .bind(row.subject)
            .bind(row.body.0)
            .bind(row.state)
            .bind(row.unsure)
            .bind(row.attempts)
            .bind(row.at)
            .bind(row.receipt)
    })
    .await?;
    Ok(())
}

async fn tell_step(tx: &mut Tx<'_>, step: &TellStep) -> Result<(), StoreError> {
    let step = step.clone();
    if step.state == codes::TELL_STARTED {
        tx.run(&sql::TELL_STARTED, |q| q.bind(step.tell).bind(step.seq).bind(step.at)).await?;
        return Ok(());
    }
    tx.run(&sql::TELL_TOLD, |q| {
        q.bind(step.tell)
            .bind(step.seq)
            .bind(step.state)
            .bind(i64::from(step.unsure))
            .bind(step.at)
            .bind(step.receipt)
    })
    .await?;
    Ok(())
}

async fn objective(tx: &mut Tx<'_>, row: &ObjectiveRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::OBJECTIVE_PUT, |q| {
        q.bind(row.seq).bind(row.name).bind(row.verdict).bind(row.at).bind(row.document)
    })
    .await?;
    Ok(())
}

async fn host(tx: &mut Tx<'_>, row: &HostRow) -> Result<(), StoreError> {
    let row = row.clone();
    tx.run(&sql::MANAGED_HOST_PUT, |q| {
        q.bind(row.seq).bind(row.address).bind(row.removed).bind(row.at).bind(row.document)
    })
    .await?;
    Ok(())
}

/// Replaces these projections.
pub(super) async fn replace(tx: &mut Tx<'_>, all: &EventProjections) -> Result<(), StoreError> {
    for statement in [
        &sql::CLEAR_ANNOUNCEMENT,
        &sql::CLEAR_CASE_REPLACED,
        &sql::CLEAR_CASE_STEP,
        &sql::CLEAR_EVENT_SEGMENT,
        &sql::CLEAR_TELL,
        &sql::CLEAR_OBJECTIVE,
        &sql::CLEAR_MANAGED_HOST,
    ] {
        tx.run(statement, |q| q).await?;
    }
    for row in all.announcements.values() {
        announcement(tx, row).await?;
    }
    for row in all.cases.values() {
        case(tx, row).await?;
    }
    for row in all.segments.values() {
        segment(tx, row).await?;
    }
    for row in all.tells.values() {
        tell(tx, row).await?;
    }
    for row in all.objectives.values() {
        objective(tx, row).await?;
    }
    for row in all.hosts.values() {
        host(tx, row).await?;
    }
    Ok(())
}

/// Reads these projections as they stand in the tables.
pub(super) async fn load(tx: &mut Tx<'_>) -> Result<EventProjections, StoreError> {
    let mut all = EventProjections::default();
    for row in tx.rows(&sql::ANNOUNCEMENT_LIST, |q| q).await? {
        let row = read_announcement(&row)?;
        all.announcements.insert(row.seq, row);
    }
    for row in tx.rows(&sql::CASE_STEP_ALL, |q| q).await? {
        let row = read_case(&row)?;
        all.cases.insert(row.seq, row);
    }
    for row in tx.rows(&sql::CASE_REPLACED_ALL, |q| q).await? {
        let (id, seq) = (row.text("id")?, row.int("seq")?);
        if let Some(case) = all.cases.get_mut(&seq) {
            case.replaces.push(id);
        }
    }
    for row in tx.rows(&sql::EVENT_SEGMENT_ALL, |q| q).await? {
        let row = read_segment(&row)?;
        all.segments.insert(row.seq, row);
    }
    for row in tx.rows(&sql::TELL_ALL, |q| q).await? {
        let row = read_tell(&row)?;
        all.tells.insert(row.seq, row);
    }
    for row in tx.rows(&sql::OBJECTIVE_ALL, |q| q).await? {
        let row = read_objective(&row)?;
        all.objectives.insert(row.seq, row);
    }
    if has_hosts(tx).await? {
        for row in tx.rows(&sql::MANAGED_HOST_ALL, |q| q).await? {
            let row = read_host(&row)?;
            all.hosts.insert(row.seq, row);
        }
    }
    Ok(all)
}

pub(crate) fn read_announcement(row: &Got) -> Result<AnnouncementRow, StoreError> {
    Ok(AnnouncementRow {
        seq: row.int("seq")?,
        of: row.maybe_int("of_seq")?,
        noted: row.int("noted")?,
        document: row.text("document")?,
    })
}

fn read_case(row: &Got) -> Result<CaseRow, StoreError> {
    Ok(CaseRow {
        seq: row.int("seq")?,
        id: row.text("id")?,
        first_at: row.int("first_at")?,
        last_at: row.int("last_at")?,
        severity: row.int("severity")?,
        owner: row.text("owner")?,
        answer: row.maybe_int("answer")?,
        replaces: Vec::new(),
        document: row.text("document")?,
    })
}

fn read_segment(row: &Got) -> Result<EventSegmentRow, StoreError> {
    Ok(EventSegmentRow {
        seq: row.int("seq")?,
        kind: row.text("kind")?,
        from_at: row.int("from_at")?,
        to_at: row.int("to_at")?,
        records: row.int("records")?,
        digest: Hex(row.bytes("digest")?),
    })
}

pub(crate) fn read_tell(row: &Got) -> Result<TellRow, StoreError> {
    Ok(TellRow {
        seq: row.int("seq")?,
        last: row.int("last")?,
        once: row.text("once")?,
        kind: row.text("kind")?,
        account: row.text("account")?,
        subject: row.text("subject")?,
        body: Hex(row.bytes("body")?),
        state: row.int("state")?,
        unsure: row.int("unsure")?,
        attempts: row.int("attempts")?,
        at: row.int("at")?,
        receipt: row.maybe_text("receipt")?,
    })
}

pub(crate) fn read_objective(row: &Got) -> Result<ObjectiveRow, StoreError> {
    Ok(ObjectiveRow {
        seq: row.int("seq")?,
        name: row.text("name")?,
        verdict: row.text("verdict")?,
        at: row.int("at")?,
        document: row.text("document")?,
    })
}

pub(crate) fn read_host(row: &Got) -> Result<HostRow, StoreError> {
    Ok(HostRow {
        seq: row.int("seq")?,
        address: row.text("address")?,
        removed: row.int("removed")?,
        at: row.int("at")?,
        document: row.text("document")?,
    })
}
