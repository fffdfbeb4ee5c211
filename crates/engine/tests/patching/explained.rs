//! Whose rules a finding is explained by.

use super::*;

/// Our rules may ask for the ring of a host: that of the one that has the finding, not of ours.
#[tokio::test]
async fn rules_are_explained_of_the_host_that_has_the_finding() {
    let bench = bench();
    let own = "lines:\n  - {name: production, when: asset.ring is production, do: [ticket]}\n  - \
               {name: the rest, do: [inform]}\n";
    bench.write("/shop/.holdfast/rules/own.yaml", own);
    bench.configure(&CONFIG.replace("\"standard\"", "\"rules/own.yaml\""));
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
