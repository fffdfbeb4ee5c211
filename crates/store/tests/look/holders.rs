//! Who has a package: by its names, its versions and its assets.

use holdfast_model::{Ecosystem, Standing};

use super::support::{self, Picture, at, bytes, commit, look, open, picture, whole};

#[tokio::test]
async fn equal_sets_of_two_assets_are_kept_once_and_both_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(5, &[], 1)).await.unwrap();
    commit(&store, &Picture { asset: "till", ..picture(5, &[], 2) }).await.unwrap();
    let cargo = Ecosystem::new("cargo");
    assert_eq!(store.assets_with(&cargo, "package-4").await.unwrap().len(), 2);
    // One of them changes; the other keeps its set.
    commit(&store, &picture(4, &[], 3)).await.unwrap();
    let found = store.assets_with(&cargo, "package-4").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].asset, support::asset("till").id);
    whole(&store).await;
}

#[tokio::test]
async fn who_has_a_version_is_told_with_team_and_place() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let given = picture(5, &[], 1);
    commit(&store, &given).await.unwrap();
    commit(&store, &Picture { asset: "till", ..picture(5, &[], 2) }).await.unwrap();
    commit(&store, &Picture { asset: "desk", ..picture(3, &[], 3) }).await.unwrap();
    let cargo = Ecosystem::new("cargo");
    let [package] = store.packages_named("package-1").await.unwrap().try_into().unwrap();
    assert_eq!((&package.ecosystem, package.version.as_deref()), (&cargo, Some("1.0.0")));
    assert!(store.packages_named("package-9").await.unwrap().is_empty());
    let copies = store.copies_with(&package, 100).await.unwrap();
    assert_eq!(copies.iter().map(|copy| copy.held).collect::<Vec<_>>(), [2, 1], "by set");
    let named = |copies: &[holdfast_store::Copies]| {
        let all = copies.iter().flat_map(|copy| copy.holders.iter());
        all.map(|holder| format!("{} {}", holder.asset, holder.team)).collect::<Vec<_>>()
    };
    let (shop, till, desk) =
        (support::asset("shop"), support::asset("till"), support::asset("desk"));
    let line = |asset: &holdfast_model::Asset| format!("{} {}", asset.id, asset.team);
    assert_eq!(named(&copies), [line(&shop), line(&till), line(&desk)]);
    assert_eq!(copies[0].holders[0].standing, Standing::Trunk);
    let seen = store.set(copies[0].set).await.unwrap().unwrap();
    assert_eq!(seen.len(), 5);
    assert!(seen.iter().any(|one| *one.name == *"package-1" && one.place == copies[0].place));
    let sets = store.sets_of(&shop.id, Standing::Trunk).await.unwrap();
    assert_eq!(sets.iter().map(|held| held.set).collect::<Vec<_>>(), [copies[0].set]);
    // A bound names fewer and still counts all.
    let some = store.copies_with(&package, 1).await.unwrap();
    assert_eq!(named(&some), [line(&shop)]);
    assert_eq!(some.iter().map(|copy| copy.held).sum::<u64>(), 3);
    let other = holdfast_model::Component { version: Some("2.0.0".into()), ..package };
    assert!(store.copies_with(&other, 9).await.unwrap().is_empty());
    whole(&store).await;
}

#[tokio::test]
async fn a_package_is_found_by_each_of_its_names() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let mut given = look(&store, &picture(3, &[], 1)).await;
    for (at, (ecosystem, name, source)) in
        [("AlmaLinux:9", "xz-libs", "xz"), ("AlmaLinux:9", "xz", "xz"), ("NuGet", "Acme.Xz", "")]
            .into_iter()
            .enumerate()
    {
        let one = &mut given.components[at];
        (one.ecosystem, one.name) = (Ecosystem::new(ecosystem), name.into());
        let source = (!source.is_empty()).then_some(source);
        one.source = source.map(|source| holdfast_model::SourcePackage {
            name: source.into(),
            version: "5.2".into(),
        });
    }
    store.commit_look(given, at(1), &mut bytes(9)).await.unwrap();
    let named = async |name: &str| -> Vec<String> {
        let found = store.packages_named(name).await.unwrap();
        for one in &found {
            let copies = store.copies_with(one, 9).await.unwrap();
            assert_eq!(copies.iter().map(|copy| copy.holders.len()).sum::<usize>(), 1, "{name}");
        }
        found.iter().map(|one| one.name.to_string()).collect()
    };
    assert_eq!(named("xz").await, ["xz", "xz-libs"]);
    assert_eq!(named("xz-libs").await, ["xz-libs"]);
    assert_eq!(named("acme.xz").await, ["Acme.Xz"]);
    assert_eq!(named("Acme.Xz").await, [""; 0]);
    assert_eq!(named("").await, [""; 0]);
    whole(&store).await;
    store.rebuild().await.unwrap();
    assert_eq!(named("xz-libs").await, ["xz-libs"]);
    whole(&store).await;
}

#[tokio::test]
async fn names_that_others_use_are_counted_as_far_as_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(5, &[], 1)).await.unwrap();
    commit(&store, &Picture { asset: "till", ..picture(5, &[], 2) }).await.unwrap();
    commit(&store, &Picture { asset: "desk", ..picture(3, &[], 3) }).await.unwrap();
    let names = ["package-1", "package-4", "package-9", "it's"].map(str::to_owned);
    let used = async |asset: &str, ecosystem: &str, most: u32| {
        let (asset, ecosystem) = (support::asset(asset).id, Ecosystem::new(ecosystem));
        let found = store.used_elsewhere(&asset, &ecosystem, &names, most).await.unwrap();
        found.into_iter().map(|(name, assets)| format!("{name} {assets}")).collect::<Vec<_>>()
    };
    assert_eq!(used("other", "cargo", 9).await, ["package-1 3", "package-4 2"]);
    assert_eq!(used("till", "cargo", 9).await, ["package-1 2", "package-4 1"]);
    assert_eq!(used("other", "cargo", 1).await, ["package-1 1", "package-4 1"]);
    assert!(used("other", "npm", 9).await.is_empty());
}
