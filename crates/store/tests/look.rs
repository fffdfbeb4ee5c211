//! Looks: written, repeated, asked for, rebuilt.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

#[path = "look/holders.rs"]
mod holders;
mod support;

use std::collections::BTreeMap;

use holdfast_model::{Coverage, Ecosystem, Key, Standing, State};
use holdfast_store::{EntryKind, Filter, Prefix, StoreError, verify_proof};
use proptest::prelude::*;
use support::{DAY, Picture, at, bytes, commit, finding, look, open, picture, whole};

#[tokio::test]
async fn a_look_of_ten_thousand_components_comes_back_as_it_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let wanted: Vec<u32> = (0..300).collect();
    let given = look(&store, &picture(10_000, &wanted, 1)).await;
    let committed = store.commit_look(given.clone(), at(1), &mut bytes(5)).await.unwrap();
    assert_eq!(committed.seqs, 1..3, "one entry for the look and one for its steps");
    assert_eq!(committed.checkpoint.size, 3);

    let asset = &given.asset.id;
    let known = store.known(asset, Standing::Trunk).await.unwrap();
    let expected: BTreeMap<Key, _> =
        given.known.iter().map(|known| (known.finding.key, known.clone())).collect();
    assert_eq!(known, expected);
    let gaps = store.not_assessed(Some(asset), None).await.unwrap();
    assert_eq!(gaps, given.not_assessed);
    let observation = store.last_observation(asset, Standing::Trunk).await.unwrap();
    assert_eq!(observation, Some(given.observation.clone()));
    assert_eq!(store.assets().await.unwrap(), std::slice::from_ref(&given.asset));

    let cargo = Ecosystem::new("cargo");
    let found = store.assets_with(&cargo, "package-4711").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].asset, found[0].standing), (asset, Standing::Trunk));
    assert_eq!(found[0].version.as_deref(), Some("1.0.0"));
    assert_eq!(found[0].place, given.components[4711].place);
    assert_eq!(store.assets_with(&Ecosystem::new("npm"), "package-4711").await.unwrap(), []);
    assert_eq!(store.assets_with(&cargo, "package-10000").await.unwrap(), []);

    let steps = store.history(given.transitions[9].key).await.unwrap();
    assert_eq!(steps, [(2, given.transitions[9].clone())]);
    whole(&store).await;
}

/// Which entry said what of a finding is told however many steps share it, and each look is proven
/// and folded as one of few steps is.
#[tokio::test]
async fn many_steps_share_entries_and_few_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let of = |open: std::ops::Range<u32>, time| picture(3, &open.collect::<Vec<_>>(), time);
    let mut kinds = Vec::new();
    // 100 steps, 2,400 of which 100 are already there, 2,400 that end, 2,400 that begin again.
    for (open, time, entries) in
        [(0..100, 1, 101), (0..2_500, 2, 4), (0..1, 3, 4), (0..2_500, 4, 4)]
    {
        let committed = commit(&store, &of(open, time)).await.unwrap();
        assert_eq!(committed.seqs.end - committed.seqs.start, entries, "look {time}");
        kinds.push(committed.seqs);
    }
    let key = |n| finding(&support::asset("shop"), Standing::Trunk, n, State::Open).key;
    let seqs = |n| {
        let store = &store;
        async move {
            let steps = store.history(key(n)).await.unwrap();
            assert!(steps.iter().all(|(_, step)| step.key == key(n)));
            steps.iter().map(|(seq, step)| (*seq, step.to)).collect::<Vec<_>>()
        }
    };
    let (open, fixed) = (State::Open, State::Fixed);
    assert_eq!(seqs(0).await, [(2, open)]);
    let [_, begin, end, again] = <[_; 4]>::try_from(kinds).unwrap();
    let early = seqs(7).await;
    assert_eq!(early.iter().map(|(_, to)| *to).collect::<Vec<_>>(), [open, fixed, open]);
    assert_eq!(early[0].0, 9, "an entry of its own");
    let late = seqs(2_499).await;
    assert_eq!(late[0], (begin.end - 1, open));
    assert!(end.contains(&late[1].0) && again.contains(&late[2].0), "{late:?}");

    let entry = store.entry(late[0].0).await.unwrap();
    assert_eq!((entry.header.kind, entry.header.happened), (EntryKind::Transition, at(2)));
    assert_eq!(entry.payload.unwrap()["steps"].as_array().unwrap().len(), 400);
    let proof = store.proof(late[0].0).await.unwrap();
    verify_proof(&proof, &entry.leaf, store.verifier()).unwrap();
    whole(&store).await;
    store.rebuild().await.unwrap();
    whole(&store).await;
    assert_eq!(seqs(2_499).await, late);
}

#[tokio::test]
async fn decisions_come_with_their_look_and_can_be_redacted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut given = look(&store, &picture(3, &(0..300).collect::<Vec<_>>(), 1)).await;
    given.decisions = support::decided(&given.known);
    assert_eq!(given.decisions.len(), 150);
    let other = given.decisions[9].key;
    given.decisions[9].decision.due = None;
    let committed = store.commit_look(given.clone(), at(2), &mut bytes(5)).await.unwrap();
    // The look, its steps, what is decided of 149, what is decided of one.
    assert_eq!(committed.seqs, 1..5);
    let many = store.entry(3).await.unwrap();
    assert_eq!((many.header.kind, many.header.happened), (EntryKind::Decision, at(2)));
    assert_eq!(many.why.as_deref(), Some("finding.severity is soon"));
    let payload = many.payload.unwrap();
    assert_eq!(payload["findings"].as_array().unwrap().len(), 149);
    assert_eq!(payload["decision"]["line"], "on trunk");
    let one = store.entry(4).await.unwrap().payload.unwrap();
    assert_eq!(one["key"], other.to_string());

    store.redact(3, "grace", "names", at(3), &mut bytes(6)).await.unwrap();
    let gone = store.entry(3).await.unwrap();
    assert_eq!((gone.payload, gone.why), (None, None));
    let proof = store.proof(3).await.unwrap();
    verify_proof(&proof, &gone.leaf, store.verifier()).unwrap();
    let report = store.verify(None).await.unwrap();
    assert_eq!((report.broken, report.redacted), (Vec::new(), vec![3]));

    // Steps share an entry, and none of them can be unsaid.
    store.redact(2, "grace", "steps", at(3), &mut bytes(7)).await.unwrap_err();
    // What is newly decided is news, even where nothing else is.
    given.transitions.clear();
    given.known.clear();
    given.decisions.truncate(2);
    let committed = store.commit_look(given.clone(), at(4), &mut bytes(8)).await.unwrap();
    assert_eq!(committed.seqs.end - committed.seqs.start, 3);
    given.decisions.clear();
    let committed = store.commit_look(given, at(5), &mut bytes(9)).await.unwrap();
    assert!(committed.seqs.is_empty());
    whole(&store).await;
}

#[tokio::test]
async fn several_looks_are_written_all_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let [first, second] = ["shop", "till"].map(|asset| Picture { asset, ..picture(3, &[1, 2], 1) });
    let looks = [look(&store, &first).await, look(&store, &second).await];
    let mut wrong = looks.clone();
    wrong[1].known.clear();
    store.commit_looks(&wrong, at(1), &mut bytes(1)).await.unwrap_err();
    assert_eq!(store.assets().await.unwrap(), []);
    let committed = store.commit_looks(&looks, at(1), &mut bytes(1)).await.unwrap();
    assert_eq!(committed.seqs, 1..7, "each look and its two steps");
    assert_eq!(committed.checkpoint.size, 7);
    assert_eq!(store.assets().await.unwrap().len(), 2);
    whole(&store).await;
    // The same again, and nothing at all: no entry.
    let again = store.commit_looks(&looks[..0], at(2), &mut bytes(2)).await.unwrap();
    assert_eq!((again.seqs, &again.checkpoint), (7..7, &committed.checkpoint));
}

#[tokio::test]
async fn an_unchanged_look_writes_at_most_one_entry_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let first = picture(20, &[1, 2], 1);
    let committed = commit(&store, &first).await.unwrap();

    let later = Picture { time: DAY / 2, ..first.clone() };
    let again = commit(&store, &later).await.unwrap();
    assert_eq!(again.seqs, committed.checkpoint.size..committed.checkpoint.size);
    assert_eq!(again.checkpoint, committed.checkpoint);
    // What was seen then was seen now.
    let asset = support::asset("shop").id;
    let known = store.known(&asset, Standing::Trunk).await.unwrap();
    assert!(known.values().all(|known| known.last_seen == at(DAY / 2)));
    assert!(known.values().all(|known| known.first_seen == at(1)));
    let last = store.last_observation(&asset, Standing::Trunk).await.unwrap().unwrap();
    assert_eq!(last.at, at(DAY / 2));
    whole(&store).await;

    let next_day = Picture { time: DAY + 5, ..first.clone() };
    let again = commit(&store, &next_day).await.unwrap();
    assert_eq!(again.seqs.end - again.seqs.start, 1);
    let entry = store.entry(again.seqs.start).await.unwrap();
    assert_eq!(entry.header.kind, EntryKind::Observation);
    let again = commit(&store, &Picture { time: DAY + 6, ..first.clone() }).await.unwrap();
    assert!(again.seqs.is_empty());
    whole(&store).await;

    // Passing the same documents with a newer time does not make it a change.
    let mut repeated = look(&store, &Picture { time: DAY + 7, ..first.clone() }).await;
    repeated.known = store.known(&asset, Standing::Trunk).await.unwrap().into_values().collect();
    let again = store.commit_look(repeated.clone(), at(DAY + 7), &mut bytes(1)).await.unwrap();
    assert!(again.seqs.is_empty());
    // Another decision does.
    repeated.known[0].finding.decision = None;
    repeated.known[1].finding.decision = None;
    let again = store.commit_look(repeated.clone(), at(DAY + 8), &mut bytes(2)).await.unwrap();
    assert_eq!(again.seqs.end - again.seqs.start, 1);
    // So does another team.
    repeated.asset.team = "platform".to_owned();
    let again = store.commit_look(repeated.clone(), at(DAY + 9), &mut bytes(3)).await.unwrap();
    assert_eq!(again.seqs.end - again.seqs.start, 1);
    assert_eq!(store.assets().await.unwrap()[0].team, "platform");
    whole(&store).await;
}

#[tokio::test]
async fn a_partial_look_does_not_hide_what_the_full_one_saw() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(5, &[1], 1)).await.unwrap();
    let partial = Picture { coverage: Coverage::Partial, time: 2, ..picture(2, &[1], 2) };
    commit(&store, &partial).await.unwrap();
    let cargo = Ecosystem::new("cargo");
    assert_eq!(store.assets_with(&cargo, "package-4").await.unwrap().len(), 1);
    assert_eq!(store.assets_with(&cargo, "package-1").await.unwrap().len(), 1, "once, not twice");
    commit(&store, &picture(3, &[1], 3)).await.unwrap();
    assert_eq!(store.assets_with(&cargo, "package-4").await.unwrap(), []);
    whole(&store).await;
}

#[tokio::test]
async fn a_new_team_is_told_of_every_copy_of_its_asset() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let partial = Picture { coverage: Coverage::Partial, time: 2, ..picture(2, &[], 2) };
    commit(&store, &picture(5, &[], 1)).await.unwrap();
    let mut given = look(&store, &partial).await;
    given.asset.team = "platform".to_owned();
    store.commit_look(given, at(2), &mut bytes(9)).await.unwrap();
    // The full look came before the new team; it is told as the asset is now.
    let [package] = store.packages_named("package-4").await.unwrap().try_into().unwrap();
    let copies = store.copies_with(&package, 100).await.unwrap();
    assert_eq!(copies.len(), 1);
    assert_eq!(&*copies[0].holders[0].team, "platform");
    whole(&store).await;
    store.rebuild().await.unwrap();
    whole(&store).await;
}

#[tokio::test]
async fn findings_are_filtered_and_found_by_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(5, &[1, 2, 3], 1)).await.unwrap();
    commit(&store, &picture(4, &[1, 3], 2)).await.unwrap();
    let working = Picture { standing: Standing::Working, ..picture(4, &[1], 3) };
    commit(&store, &working).await.unwrap();

    let open_only = Filter { open_only: true, ..Filter::default() };
    assert_eq!(store.findings(&Filter::default()).await.unwrap().len(), 4);
    assert_eq!(store.findings(&open_only).await.unwrap().len(), 3);
    let trunk = Filter { standing: Some(Standing::Trunk), ..open_only };
    assert_eq!(store.findings(&trunk).await.unwrap().len(), 2);
    let other = Filter { kind: Some(holdfast_model::FindingKind::Secret), ..Filter::default() };
    assert_eq!(store.findings(&other).await.unwrap(), []);

    let asset = support::asset("shop");
    let key = finding(&asset, Standing::Trunk, 1, State::Open).key;
    let copies = store.finding(key).await.unwrap();
    let standings: Vec<_> = copies.iter().map(|known| known.finding.standing).collect();
    assert_eq!(standings, [Standing::Working, Standing::Trunk]);
    let text = key.to_string();
    for prefix in [text.as_str(), &text.to_lowercase(), &text[..8]] {
        assert_eq!(store.find_by_prefix(prefix).await.unwrap(), Prefix::One(key));
    }
    assert_eq!(store.find_by_prefix("").await.unwrap(), Prefix::None);
    assert_eq!(store.find_by_prefix("00000000").await.unwrap(), Prefix::None);
}

#[tokio::test]
async fn a_short_prefix_is_ambiguous() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let all: Vec<u32> = (0..100).collect();
    commit(&store, &picture(1, &all, 1)).await.unwrap();
    let asset = support::asset("shop");
    let keys: Vec<Key> =
        all.iter().map(|n| finding(&asset, Standing::Trunk, *n, State::Open).key).collect();
    let letter = keys[0].to_string()[..1].to_owned();
    let mut same: Vec<Key> =
        keys.into_iter().filter(|key| key.to_string().starts_with(&letter)).collect();
    same.sort();
    assert!(same.len() > 1, "a hundred keys share first letters");
    assert_eq!(store.find_by_prefix(&letter).await.unwrap(), Prefix::Ambiguous(same));
}

#[tokio::test]
async fn a_look_that_contradicts_itself_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let good = look(&store, &picture(3, &[1], 1)).await;
    let refused = |error: StoreError| match error {
        StoreError::Refused { message } => message,
        other => panic!("{other}"),
    };

    let mut bad = good.clone();
    bad.known.clear();
    let error = store.commit_look(bad, at(1), &mut bytes(1)).await.unwrap_err();
    assert!(refused(error).contains("but no document says so"));

    let mut bad = good.clone();
    bad.asset.id = holdfast_model::AssetId("host:other".into());
    let error = store.commit_look(bad, at(1), &mut bytes(1)).await.unwrap_err();
    assert!(refused(error).contains("came with asset `host:other`"));

    let mut bad = good.clone();
    bad.known[0].finding.standing = Standing::Working;
    let error = store.commit_look(bad, at(1), &mut bytes(1)).await.unwrap_err();
    assert!(refused(error).contains("is of standing `working`"));

    let mut bad = good;
    bad.known.push(bad.known[0].clone());
    let error = store.commit_look(bad, at(1), &mut bytes(1)).await.unwrap_err();
    assert!(refused(error).contains("was given twice"));
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 1);
}

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    let one = (
        prop_oneof![Just("shop"), Just("till"), Just("site")],
        prop_oneof![Just(Standing::Trunk), Just(Standing::Working)],
        prop_oneof![3 => Just(Coverage::Full), 1 => Just(Coverage::Partial)],
        proptest::collection::btree_set(0..6_u32, 0..5),
        proptest::collection::btree_set(0..6_u32, 0..5),
        proptest::collection::btree_set(0..3_u32, 0..3),
        1..DAY,
    );
    proptest::collection::vec(one, 1..14).prop_map(|looks| {
        let mut time = 0;
        looks
            .into_iter()
            .map(|(asset, standing, coverage, components, open, gaps, after)| {
                time += after;
                Picture {
                    asset,
                    standing,
                    coverage,
                    components: components.into_iter().collect(),
                    open: open.into_iter().collect(),
                    gaps: gaps.into_iter().collect(),
                    time,
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// `verify` compares every table with a fold of the ledger, so it says whether what looks
    /// wrote step by step is what a rebuild makes at once; and the other way round.
    #[test]
    fn a_rebuild_gives_the_projections_that_looks_wrote(pictures in pictures()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = open(dir.path()).await;
            for picture in &pictures {
                commit(&store, picture).await.unwrap();
            }
            whole(&store).await;
            let findings = store.findings(&Filter::default()).await.unwrap();
            let gaps = store.not_assessed(None, None).await.unwrap();
            let cargo = Ecosystem::new("cargo");
            let with = store.assets_with(&cargo, "package-2").await.unwrap();
            store.rebuild().await.unwrap();
            whole(&store).await;
            assert_eq!(store.findings(&Filter::default()).await.unwrap(), findings);
            assert_eq!(store.not_assessed(None, None).await.unwrap(), gaps);
            assert_eq!(store.assets_with(&cargo, "package-2").await.unwrap(), with);
        });
    }
}

#[tokio::test]
async fn the_last_look_at_each_copy_of_each_asset_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    assert_eq!(store.asset_observations().await.unwrap(), []);
    commit(&store, &picture(3, &[1], 1)).await.unwrap();
    commit(&store, &picture(4, &[1, 2], 2)).await.unwrap();
    let partial = Picture { coverage: Coverage::Partial, ..picture(2, &[1, 2, 3], 3) };
    commit(&store, &partial).await.unwrap();
    let deployed = Picture { standing: Standing::Deployed, ..picture(2, &[1], 4) };
    commit(&store, &deployed).await.unwrap();
    commit(&store, &Picture { asset: "till", ..picture(1, &[], 5) }).await.unwrap();
    // Seen again, unchanged: only the time of it moves.
    commit(&store, &Picture { time: 6, ..deployed }).await.unwrap();
    let mut wanted = Vec::new();
    for (name, standing, time) in [
        ("shop", Standing::Trunk, 3),
        ("shop", Standing::Deployed, 6),
        ("till", Standing::Trunk, 5),
    ] {
        let last = store.last_observation(&support::asset(name).id, standing).await.unwrap();
        let last = last.unwrap();
        assert_eq!(last.at, at(time));
        wanted.push(last);
    }
    assert_eq!(store.asset_observations().await.unwrap(), wanted);
}
