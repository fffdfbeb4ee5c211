//! What single pages say in which case.

use holdfast_engine::desk::{Detail, PlanState, PlanView};
use holdfast_engine::document::PlaceRow;
use holdfast_model::{Severity, Standing, State, Target};
use holdfast_server::page::{self, AssetQuery, FindingsQuery};

use crate::every::ctx;
use crate::markup;
use crate::support::seed;

fn today(seed: &seed::Seed) -> String {
    page::today(&ctx("/", "alice"), &seed.view).into_string()
}

#[test]
fn the_first_row_is_the_next_thing_to_do() {
    let seed = seed::full(120);
    let html = today(&seed);
    assert_eq!(html.matches("class=\"row first\"").count(), 1);
    let first = html.split("class=\"row first\"").nth(1).unwrap();
    let key = seed.view.findings.iter().find(|finding| finding.open).unwrap().key;
    let link = first.split("href=\"").nth(1).unwrap();
    assert!(link.starts_with(&format!("/findings/{key}\"")), "{link:.80}");
    assert_eq!(html.matches("button primary").count(), 1);
}

#[test]
fn groups_are_counted_whole_and_cut_short() {
    let seed = seed::full(4000);
    let soon =
        seed.view.findings.iter().filter(|f| f.open && f.row.severity.word() == "soon").count();
    let html = today(&seed);
    let page = markup::read(&html);
    let counted = format!("{},{:03}", soon / 1000, soon % 1000);
    assert!(soon > 1000 && page.words.contains(&counted), "{counted}");
    assert!(html.contains("/findings?severity=soon"));
    assert!(html.len() < 200_000, "{}", html.len());
}

#[test]
fn an_empty_desk_says_what_was_looked_at_and_what_comes_next() {
    let mut seed = seed::empty();
    let words = |html: &str| markup::read(html).words.concat();
    let said = words(&today(&seed));
    assert!(said.contains("Nothing known among 212 packages"), "{said}");
    assert!(said.contains("against 248,115 advisories"), "{said}");
    assert!(said.contains("Not enough is mended yet to say how fast"), "{said}");

    seed.view.advisories = seed.view.starter;
    let html = today(&seed);
    assert!(words(&html).contains("which is never the whole"));
    assert!(html.contains("holdfast advisories sync"));

    seed.view.assets.clear();
    let html = today(&seed);
    assert!(words(&html).contains("Nothing was looked at yet"));
    assert!(!words(&html).contains("Nothing is open"), "nobody knows yet what is open");
    assert!(html.contains("holdfast up"));
}

#[test]
fn what_is_old_is_said_to_be() {
    let seed = seed::full(0);
    assert!(!today(&seed).contains("out of date"));
    let later = page::Ctx { now: seed::now().plus_days(9), ..ctx("/", "alice") };
    let html = page::today(&later, &seed.view).into_string();
    assert!(html.contains("This may be out of date.") && html.contains("9 days ago"));
}

#[test]
fn the_curve_is_drawn_only_where_the_rows_add_up_to_the_number() {
    // Six urgent findings: four were mended after 1, 2, 3 and 5 days, two are open since 9 days.
    // Worked by hand: 5/6, 4/6 and then 3/6 are left, so that half is mended after 3 days.
    let mut seed = seed::full(120);
    seed.view.findings.retain(|finding| finding.row.severity == Severity::Now);
    seed.view.findings.truncate(6);
    for (finding, (days, state)) in seed.view.findings.iter_mut().zip([
        (1, State::Fixed),
        (2, State::Removed),
        (3, State::Fixed),
        (5, State::Fixed),
        (9, State::Open),
        (9, State::Unproven),
    ]) {
        (finding.row.state, finding.open) = (state, state.is_open());
        finding.row.standing = Standing::Trunk;
        finding.first_seen = seed::hours_ago(9 * 24);
        finding.since = finding.first_seen.plus_days(days);
    }
    (seed.view.half_mended_days, seed.view.half_mended_of) = (Some(3.0), 6);
    let title = "Half of 6 urgent findings are mended within 3 days, open ones counted";
    assert!(today(&seed).contains(&format!("aria-label=\"{title}\"")));
    assert!(today(&seed).contains("d=\"M0 64.0H26.7V53.3H53.3V42.7H80.0V32.0H133.3V21.3H240.0\""));
    for other in [(Some(3.5), 6), (Some(3.0), 7), (None, 6)] {
        (seed.view.half_mended_days, seed.view.half_mended_of) = other;
        assert!(!today(&seed).contains("<figure"), "{other:?}");
    }
}

#[test]
fn filters_keep_what_nobody_knows_and_find_what_somebody_does() {
    let seed = seed::full(120);
    let asked = |query: &FindingsQuery| {
        page::findings(&ctx("/findings", "alice"), &seed.view, query).into_string()
    };
    let unknown = FindingsQuery { severity: Some("sooner".to_owned()), ..FindingsQuery::default() };
    let html = asked(&unknown);
    assert!(
        html.contains("<option value=\"sooner\" selected>sooner (not known)</option>"),
        "{html}"
    );
    assert!(html.contains("No finding matches this"));

    let both = FindingsQuery { q: Some("SUDO  nobody".to_owned()), ..FindingsQuery::default() };
    let html = asked(&both);
    assert!(
        html.contains("1 open finding") && html.contains("nobody can see what was done with sudo")
    );

    let second = FindingsQuery { page: Some("2".to_owned()), ..FindingsQuery::default() };
    let html = asked(&second);
    assert!(html.contains("51–") && html.contains("Previous page"), "{html:.400}");
    let last = asked(&FindingsQuery { page: Some("99999".to_owned()), ..FindingsQuery::default() });
    assert!(!last.contains("Next page") && last.contains("data-row"));
}

#[test]
fn a_choice_of_ways_is_short_in_a_row_and_whole_on_its_page() {
    let seed = seed::full(0);
    let detail =
        seed.details.values().find(|detail| &*detail.finding.row.weakness == "firewall").unwrap();
    let words = |html: &str| markup::read(html).words.concat();
    let row = words(&today(&seed));
    assert!(row.contains("none of 2 ways is complete"), "{row}");
    assert!(!row.contains("nftables"), "{row}");
    assert!(!row.contains("any of firewall:1"), "what no file says stands in no line: {row}");
    let page = page::finding(&ctx("/findings/x", "alice"), &seed.view, detail, None).into_string();
    for way in [
        "<li>package nftables present and service nftables.service on</li>",
        "<li>package ufw present and service ufw.service on</li>",
    ] {
        assert!(page.contains(way), "{page}");
    }
    assert!(page.contains("Missing service nftables.service; or package ufw"), "{page}");
}

#[test]
fn what_cannot_be_mended_yet_offers_no_plan() {
    let mut seed = seed::full(0);
    let detail = seed.details.values_mut().find(|detail| detail.finding.open).unwrap();
    detail.finding.row.fix = "none";
    (detail.finding.unplannable, detail.finding.plan) = (None, None);
    let page = page::finding(&ctx("/findings/x", "alice"), &seed.view, detail, None).into_string();
    assert!(page.contains("No fix is known yet.") && !page.contains("action=\"/propose\""));
    let row = seed.view.findings.iter_mut().find(|row| row.key == detail.finding.key).unwrap();
    *row = detail.finding.clone();
    seed.view.findings.retain(|row| row.key == detail.finding.key);
    assert!(!today(&seed).contains("action=\"/propose\""));
}

#[test]
fn a_default_marks_no_line() {
    let seed = seed::full(0);
    let stands = |detail: &&Detail| detail.finding.open && !detail.sources.is_empty();
    let detail = seed.details.values().find(stands).unwrap();
    let made = |detail| {
        page::finding(&ctx("/findings/x", "alice"), &seed.view, detail, None).into_string()
    };
    assert!(made(detail).contains("<figure class=\"source\""));
    let mut empty = detail.clone();
    for line in empty.sources.iter_mut().flat_map(|source| &mut source.lines) {
        line.text = if line.marked { " ".to_owned() } else { "# a comment".to_owned() };
    }
    assert!(!made(&empty).contains("<figure class=\"source\""));
}

#[test]
fn what_is_over_is_not_late_and_needs_no_fix() {
    let seed = seed::full(0);
    let made = |state: State, open: bool| {
        let late = |detail: &&Detail| !detail.sources.is_empty() && detail.finding.due.is_some();
        let mut detail = seed.details.values().find(late).unwrap().clone();
        detail.finding.due = Some(seed::hours_ago(48));
        (detail.finding.row.state, detail.finding.open) = (state, open);
        page::finding(&ctx("/findings/x", "alice"), &seed.view, &detail, None).into_string()
    };
    let says = |html: &str| {
        let words = ["2 days late", "What mends it", "<figure class=\"source\""];
        words.map(|words| html.contains(words))
    };
    assert_eq!(says(&made(State::Open, true)), [true, true, true]);
    // It still stands where it stood, and can be mended all the same.
    assert_eq!(says(&made(State::Accepted, false)), [false, true, true]);
    for over in [State::Fixed, State::Removed, State::Withdrawn] {
        assert_eq!(says(&made(over, false)), [false, false, false], "{over:?}");
    }
}

#[test]
fn no_host_of_a_demonstration_is_this_machine() {
    let seed = seed::full(0);
    let local = |plan: &&PlanView| matches!(plan.target, Target::Local);
    let plan = seed.view.plans.iter().find(local).unwrap();
    for demo in [false, true] {
        let ctx = page::Ctx { demo, ..ctx("/plans", "carol") };
        for html in [page::plans(&ctx, &seed.view), page::plan(&ctx, &seed.view, plan)] {
            let html = html.into_string();
            assert!(html.contains(&plan.asset));
            assert_eq!(html.contains("this machine"), !demo, "{html}");
        }
    }
}

#[test]
fn the_record_names_findings_and_plans() {
    let seed = seed::full(0);
    let (finding, plan) = (&seed.view.findings[0], &seed.view.plans[0]);
    let about = |about: String| {
        let mut row = seed.entries[0].row.clone();
        row.about = about;
        page::record(&ctx("/record", "alice"), &seed.view, &[row], None).into_string()
    };
    assert!(about(finding.key.to_string()).contains(&finding.row.title));
    assert!(about(plan.id.to_string()).contains(&plan.title));
    assert!(about("web-1".to_owned()).contains("web-1"));
}

#[test]
fn each_form_of_a_fix_has_an_address() {
    let seed = seed::full(0);
    let two = |detail: &&Detail| detail.finding.open && detail.fixes.len() == 2;
    let detail = seed.details.values().find(two).unwrap();
    let made =
        |form| page::finding(&ctx("/findings/x", "alice"), &seed.view, detail, form).into_string();
    assert!(made(None).contains("ansible.builtin.copy"));
    assert!(!made(Some("shell")).contains("ansible.builtin.copy"));
    assert!(made(Some("shell")).contains("systemctl reload ssh"));
    assert_eq!(made(Some("unheard-of")), made(None));
}

#[test]
fn a_plan_offers_what_its_state_and_the_person_allow() {
    let seed = seed::full(0);
    let made = |state: PlanState, who: &str| {
        let plan = seed.view.plans.iter().find(|plan| plan.state == state).unwrap();
        page::plan(&ctx("/plans/x", who), &seed.view, plan).into_string()
    };
    let offers = |html: &str| -> Vec<String> {
        markup::read(html)
            .elements
            .iter()
            .filter_map(|element| element.get("action"))
            .filter(|action| *action != "/sign-out")
            .map(str::to_owned)
            .collect()
    };
    let waiting = made(PlanState::Waiting, "alice");
    assert_eq!(offers(&waiting), ["/refuse"]);
    assert!(waiting.contains("You planned it; somebody else has to say yes."));
    assert_eq!(offers(&made(PlanState::Waiting, "carol")), ["/approve", "/refuse"]);
    assert_eq!(offers(&made(PlanState::Waiting, "")), Vec::<String>::new());
    assert_eq!(offers(&made(PlanState::Approved, "alice")), ["/apply"]);
    assert_eq!(offers(&made(PlanState::Running, "alice")), Vec::<String>::new());
    assert_eq!(offers(&made(PlanState::ToConfirm, "alice")), ["/confirm", "/undo"]);
    assert!(made(PlanState::ToConfirm, "alice").contains("Confirm before "));
    assert!(made(PlanState::ToConfirm, "alice").contains("07:04 CET"));
    assert_eq!(offers(&made(PlanState::Done, "alice")), ["/undo"]);
    for over in [PlanState::Failed, PlanState::Undone, PlanState::Refused, PlanState::Expired] {
        assert_eq!(offers(&made(over, "alice")), Vec::<String>::new(), "{over:?}");
    }
}

#[test]
fn an_expired_plan_cannot_be_said_yes_to() {
    let mut seed = seed::full(0);
    let plan = seed.view.plans.iter_mut().find(|plan| plan.state == PlanState::Waiting).unwrap();
    plan.expires = seed::now();
    let plan = plan.clone();
    let html = page::plan(&ctx("/plans/x", "carol"), &seed.view, &plan).into_string();
    assert!(html.contains("It expired; plan it again.") && !html.contains("action=\"/approve\""));
}

#[test]
fn a_table_is_searched_and_has_pages() {
    let seed = seed::full(0);
    let asset = seed.view.assets.iter().find(|asset| &*asset.asset.id.0 == seed::SHOP).unwrap();
    let seen = &seed.assets[seed::SHOP];
    let made = |q: &str, page: &str| {
        let query = AssetQuery {
            tab: Some("packages".to_owned()),
            q: Some(q.to_owned()),
            page: Some(page.to_owned()),
        };
        page::asset(&ctx("/assets/x", "alice"), &seed.view, asset, Some(seen), &query).into_string()
    };
    let first = made("", "1");
    assert_eq!(first.matches("<tr>").count(), 101);
    assert!(first.contains("212 packages.") && first.contains("tab=packages&amp;page=2"));
    let last = made("", "3");
    assert_eq!(last.matches("<tr>").count(), 13);
    let found = made("-007 CARGO", "1");
    assert!(found.contains("1 of 212 packages."), "{found}");
}

/// Where no step lifts a package, its page says what people do, in the words of the command line.
#[test]
fn what_only_people_lift_is_said_to_be_theirs() {
    let seed = seed::full(0);
    let time = |detail: &&Detail| &*detail.finding.row.weakness == "CVE-2020-26235";
    let mut detail = seed.details.values().find(time).unwrap().clone();
    detail.fixes.clear();
    let made = |detail: &Detail| {
        page::finding(&ctx("/findings/x", "alice"), &seed.view, detail, None).into_string()
    };
    let row = &mut detail.finding.row;
    let key = row.key.clone();
    let place = PlaceRow { path: "web/mix.lock".into(), line: 7, column: 1 };
    row.subject = "pkg:hex/plug".into();
    row.instances[0].place = Some(place.clone());
    row.place = Some(place);
    let html = made(&detail);
    assert!(html.contains("0.2.23 mends it: run <code>mix deps.update plug</code>."), "{html}");
    assert!(!html.contains(&format!("holdfast fix {key}")), "{html}");
    detail.finding.row.instances[0].place.as_mut().unwrap().path = "Cargo.lock".into();
    assert!(made(&detail).contains(&format!("holdfast fix {key}")));
}
