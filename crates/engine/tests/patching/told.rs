//! What people are told of rules and settings.

use super::*;

/// Our rules may ask for the ring of a host: that of the one that has the finding, not of ours.
#[tokio::test]
async fn rules_are_explained_of_the_host_that_has_the_finding() {
    let bench = bench();
    let own = "lines:\n  - {name: production, when: asset.ring is production, do: [ticket]}\n  - \
               {name: the rest, do: [inform]}\n";
    bench.write("/shop/.holdfast/rules/own.yaml", own);
    bench.configure(&CONFIG.replace("\"standard\"", "\".holdfast/rules/own.yaml\""));
    let holder = bench.holder().await;
    let loader = "CVE-2023-4911";
    let target = Target::Root("/srv/web".into());
    let action = Action::ProposeAt { target, names: vec![loader.to_owned()], tool: Tool::Shell };
    does(&holder, "ana", action).await.unwrap();
    for (asset, lines) in
        [("root:", &["production"][..]), ("host:", &["production", "the rest"][..])]
    {
        let view = holder.view();
        let of_host =
            |one: &&FindingView| &*one.row.weakness == loader && one.asset.starts_with(asset);
        let key = view.findings.iter().find(of_host).unwrap().key;
        let told = holder.finding(key).await.unwrap().unwrap().lines;
        let names: Vec<&str> =
            told.iter().filter_map(|one| Some(one.split_once(": ")?.0)).collect();
        assert_eq!(names, lines, "{asset}: {told:#?}");
    }
}

/// Whoever asks through the socket is told as much as whoever holds the folder.
#[tokio::test]
async fn every_problem_of_the_settings_is_told_by_the_socket_too() {
    let bench = bench();
    bench.configure(&CONFIG.replace("\"canary\"", "\"canar\"").replace("production", "productio"));
    let data = bench.data();
    let options = holdfast_engine::cycle::Options::default();
    let holder = Holder::open(&bench.world, &data, options).await.unwrap();
    let served = tokio::spawn({
        let (world, data) = (bench.world.clone(), data.clone());
        async move { holder::serve(holder, &world, &data).await }
    });
    let asking = tokio::task::spawn_blocking(move || {
        let request = Request { asked: holder::Asked::Patch(Asked::default()), token: None };
        loop {
            // `None` until the socket is there.
            let told = holder::call_patch(&data, &request, &mut |_| {});
            if let Some(told) = told.transpose() {
                return told;
            }
        }
    });
    let Err(Failure::Usage(problems)) = asking.await.unwrap() else { panic!("it is not refused") };
    let told: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
    let unknown = |ring| format!("the practice `ours` has no ring called `{ring}`");
    assert_eq!(told, [unknown("canar"), unknown("productio")]);
    served.abort();
}
