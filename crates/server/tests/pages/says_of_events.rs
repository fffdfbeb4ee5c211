//! What the pages of events, cases, announcements, mending times and channels say in which case.

use holdfast_engine::desk::{EventAlert, MendingView};
use holdfast_engine::document::{PlaceRow, ProblemRow};
use holdfast_model::{Answer, Severity};
use holdfast_server::page::{self, AnnouncementsQuery, CasesQuery, TimelineQuery};

use crate::every::ctx;
use crate::markup;
use crate::support::seed::{self, Seed};

fn timeline(seed: &Seed, query: &TimelineQuery) -> String {
    let since = query.since(seed::now());
    let rows: Vec<_> = seed.events.iter().filter(|row| row.at >= since).cloned().collect();
    page::timeline(&ctx("/timeline", "alice"), &seed.view, &rows, query).into_string()
}

fn case(seed: &Seed, title: &str, who: &str) -> String {
    let case = seed.view.cases.iter().find(|case| case.case.title.contains(title)).unwrap();
    let path = format!("/cases/{}", case.case.id);
    page::case(&ctx(&path, who), &seed.view, case, &CasesQuery::default()).into_string()
}

fn announcements(seed: &Seed, who: &str) -> String {
    let query = AnnouncementsQuery::default();
    page::announcements(&ctx("/announcements", who), &seed.view, &query).into_string()
}

fn words(html: &str) -> String {
    let page = markup::read(html);
    page.words.join("|") + "\n" + &page.code.join("|")
}

fn actions(html: &str) -> Vec<String> {
    let page = markup::read(html);
    let forms = page.elements.iter().filter(|element| element.get("method") == Some("post"));
    let actions = forms.filter_map(|form| form.get("action"));
    actions.filter(|action| *action != "/sign-out").map(str::to_owned).collect()
}

#[test]
fn the_same_by_the_same_is_one_line_but_what_a_rule_says_of_it_tells_apart() {
    let mut seed = seed::full(0);
    let mut row = seed.events.iter().find(|row| row.alert.is_none()).unwrap().clone();
    row.at = seed::hours_ago(1);
    let rows = |target: &str, failed: &str| {
        let mut row = row.clone();
        (row.targets, row.failed) = (vec![target.into()], failed.into());
        row
    };
    seed.events = vec![rows("a", ""), rows("b", ""), rows("a", ""), rows("c", "refused")];
    let html = timeline(&seed, &TimelineQuery::default());
    assert_eq!(html.matches("<li class=\"event\">").count(), 2, "{html}");
    assert!(html.contains("3 times"), "{html}");
    assert!(html.contains("on <code>a</code> and <code>b</code>"), "{html}");
    assert!(words(&html).contains("4 events"), "{html}");
    let alert =
        |expected| Some(EventAlert { title: "x".to_owned(), severity: Severity::Soon, expected });
    seed.events[0].alert = alert(false);
    seed.events[1].alert = alert(false);
    seed.events[2].alert = alert(true);
    let html = timeline(&seed, &TimelineQuery::default());
    assert_eq!(html.matches("<li class=\"event is-alert\">").count(), 1, "{html}");
    assert_eq!(html.matches("<li class=\"event\">").count(), 2, "{html}");
    let said = "3 of them alerts, of which 1 was announced";
    assert!(html.contains("2 times") && words(&html).contains(said), "{}", words(&html));
    seed.events[0].case = Some("a".into());
    seed.events[1].case = Some("b".into());
    let html = timeline(&seed, &TimelineQuery::default());
    assert_eq!(html.matches("<li class=\"event is-alert\">").count(), 2, "{html}");
}

#[test]
fn an_hour_ends_a_line_and_a_day_has_its_heading() {
    let mut seed = seed::full(0);
    let row = seed.events.iter().find(|row| row.alert.is_none()).unwrap().clone();
    // 07:00 in the zone of the desk: an hour before is another hour, ten hours before yesterday.
    seed.events = [0, 1, 10]
        .into_iter()
        .map(|hours| {
            let mut row = row.clone();
            row.at = seed::hours_ago(hours);
            row
        })
        .collect();
    let html = timeline(&seed, &TimelineQuery::default());
    assert_eq!(html.matches("<li class=\"event\">").count(), 3);
    for heading in [
        "Today, Saturday, 21 November 2026",
        "Yesterday, Friday, 20 November 2026",
        "07:00 to 08:00 CET",
        "06:00 to 07:00 CET",
        "21:00 to 22:00 CET",
    ] {
        assert_eq!(html.matches(heading).count(), 1, "{heading}");
    }
}

#[test]
fn a_time_line_is_asked_by_person_by_text_and_by_what_rules_say() {
    let seed = seed::full(0);
    let query = |change: fn(&mut TimelineQuery)| {
        let mut query = TimelineQuery { since: Some("7d".to_owned()), ..TimelineQuery::default() };
        change(&mut query);
        timeline(&seed, &query)
    };
    let of = |html: &str, name: &str| {
        html.contains(&format!("<p class=\"what\"><strong><bdi>{name}</bdi>"))
    };
    let all = query(|_| {});
    assert!(of(&all, "alice") && of(&all, "root") && all.contains("Next page"));
    let bob = query(|query| query.who = Some("bob".to_owned()));
    assert!(of(&bob, "bob") && !of(&bob, "alice") && !of(&bob, "cron"));
    let trail = query(|query| query.q = Some("STOPlogging trail/all".to_owned()));
    assert_eq!(trail.matches("<li class=\"event").count(), 1);
    assert!(trail.contains("logging switched off") && trail.contains("nobody announced it"));
    // More than a page of alerts came since: these are about servers.
    let alerts = query(|query| {
        (query.only, query.q) = (Some("alerts".to_owned()), Some("server".to_owned()));
    });
    // Five alerts: two attempts that failed alike, the one that did not, and two announced ones.
    assert!(words(&alerts).contains("5 of them alerts, of which 2 were announced"));
    assert_eq!(alerts.matches("<li class=\"event").count(), 3);
    assert_eq!(alerts.matches("2 times").count(), 2);
    assert!(alerts.contains("expected, somebody announced it"));
    let unannounced = query(|query| {
        (query.only, query.q) = (Some("unannounced".to_owned()), Some("server".to_owned()));
    });
    assert!(!unannounced.contains("expected, somebody announced it"));
    assert!(unannounced.contains("nobody announced it"));
    let failed = query(|query| query.only = Some("failed".to_owned()));
    let lines = failed.matches("<li class=\"event").count();
    assert_eq!((lines, failed.matches("failed: ").count()), (lines, lines));
    let nothing = query(|query| query.only = Some("purple".to_owned()));
    assert!(nothing.contains("No event matches this") && nothing.contains("purple (not known)"));
}

#[test]
fn a_time_line_is_bounded_and_says_so() {
    let mut seed = seed::full(0);
    let row = seed.events.iter().find(|row| row.alert.is_none()).unwrap().clone();
    seed.events = (0..10_000_u32)
        .map(|number| {
            let mut row = row.clone();
            row.at = seed::now();
            row.action = format!("action-{number}");
            row.actor.name = format!("person {number}").into();
            row
        })
        .collect();
    let html = timeline(&seed, &TimelineQuery::default());
    assert_eq!(html.matches("<li class=\"event\">").count(), 100);
    assert!(
        words(&html).contains("newest 10,000; older ones are left out here"),
        "{}",
        words(&html)
    );
    assert!(html.len() < 120_000, "{}", html.len());
    assert_eq!(html.matches("<option ").count(), 200 + 1 + 4);
}

#[test]
fn an_empty_time_line_says_what_was_looked_at() {
    let html = timeline(&seed::empty(), &TimelineQuery::default());
    assert!(html.contains("No event is known of the last 24 hours"));
    assert!(html.contains("holdfast detect PATH") && html.contains("/timeline?since=7d"));
    let week = TimelineQuery { since: Some("7d".to_owned()), ..TimelineQuery::default() };
    let html = timeline(&seed::empty(), &week);
    assert!(html.contains("No event is known of the last 7 days") && !html.contains("Look at "));
}

#[test]
fn today_shows_cases_that_need_somebody_and_no_other() {
    let mut seed = seed::full(0);
    let today = |seed: &Seed| page::today(&ctx("/", "alice"), &seed.view).into_string();
    let html = today(&seed);
    assert!(html.contains("Cases that need somebody"));
    // The most urgent first; what was announced or answered is not there.
    let order: Vec<_> = ["Logging was switched off", "A server was created", "Somebody guesses"]
        .map(|title| html.find(title).unwrap())
        .into_iter()
        .collect();
    assert!(order[0] < order[1] && order[0] < order[2], "{order:?}");
    for other in ["Servers were created as announced", "A login at an odd hour"] {
        assert!(!html.contains(other), "{other}");
    }
    for case in &mut seed.view.cases {
        case.case.answer = Some(Answer::Benign);
    }
    assert!(!today(&seed).contains("Cases that need somebody"));
}

#[test]
fn cases_stand_under_what_they_need() {
    let seed = seed::full(0);
    let made = |show: &str| {
        let query = CasesQuery { show: Some(show.to_owned()), page: None };
        page::cases(&ctx("/cases", "alice"), &seed.view, &query).into_string()
    };
    let open = made("");
    let at = |words: &str| open.find(words).unwrap_or_else(|| panic!("no {words}"));
    assert!(at("Need somebody") < at("Logging was switched off"));
    assert!(at("Announced beforehand") < at("Servers were created as announced"));
    assert!(at("Somebody guesses") < at("Announced beforehand"));
    assert!(!open.contains("Somebody new used sudo"));
    let lead = "3 cases need somebody to say what they came to; nobody looks after 2 of them yet.";
    assert!(words(&open).contains(lead), "{}", words(&open));
    let answered = made("answered");
    assert!(answered.contains("Somebody new used sudo") && !answered.contains("Logging was"));
    let empty = seed::empty();
    let html = page::cases(&ctx("/cases", "alice"), &empty.view, &CasesQuery::default());
    assert!(html.into_string().contains("No rule has spoken yet"));
}

#[test]
fn a_case_is_answered_by_somebody_once() {
    let seed = seed::full(0);
    let open = case(&seed, "A server was created", "carol");
    assert_eq!(actions(&open), ["/own-case", "/own-case", "/answer-case"]);
    assert!(open.contains("looks after it now"));
    // Whoever looks after it is not asked to.
    assert_eq!(
        actions(&case(&seed, "A server was created", "alice")),
        ["/own-case", "/answer-case"]
    );
    let answered = case(&seed, "A login at an odd hour", "carol");
    assert_eq!(actions(&answered), Vec::<String>::new());
    assert!(words(&answered).contains("did no harm"), "{answered}");
    assert!(answered.contains("I could not sleep and looked at the disk."));
    assert_eq!(actions(&case(&seed, "A server was created", "")), Vec::<String>::new());
}

#[test]
fn a_case_says_what_was_announced_and_why_that_does_not_count() {
    let seed = seed::full(0);
    let open = case(&seed, "A server was created", "carol");
    assert!(open.contains("Nobody announced any of it."));
    assert!(open.contains("alice announced something like it, but not by <code>carol</code>."));
    assert!(open.contains("It failed: "), "{open}");
    let announced = case(&seed, "as announced", "carol");
    assert!(announced.contains("href=\"/announcements?id=41\""));
    assert!(announced.contains("rolling the web servers to the new image"));
    assert!(announced.contains("It waits for nobody."));
    let mut unknown = seed::full(0);
    unknown.view.announcements.clear();
    assert!(case(&unknown, "as announced", "carol").contains("Expected: somebody announced it."));
}

#[test]
fn a_long_case_is_folded_and_has_pages() {
    let mut seed = seed::full(0);
    let html = case(&seed, "guesses", "carol");
    assert_eq!(html.matches("Failed password").count(), 1);
    assert!(html.contains(", 130 times") && html.contains("130 alerts"), "{html}");
    let guesses = seed.view.cases.iter_mut().find(|one| one.case.alerts.len() > 100).unwrap();
    for (number, alert) in guesses.case.alerts.iter_mut().enumerate() {
        alert.event.from = format!("192.0.2.{number}").into();
    }
    let html = case(&seed, "guesses", "carol");
    assert_eq!(html.matches("Failed password").count(), 100);
    assert!(html.contains("?page=2\"") && html.contains("Page 1 of 2"));
    // Its title stands once, and not again for every alert of the same rule.
    assert_eq!(
        html.matches("<h3 class=\"headline\"><bdi>somebody guesses passwords</bdi></h3>").count(),
        1
    );
}

#[test]
fn a_second_person_may_say_yes_while_it_counts() {
    let seed = seed::full(0);
    let alice = announcements(&seed, "alice");
    // Hers waits for somebody else; that of bob without a second yes offers one; over ones do not.
    assert_eq!(actions(&alice), ["/announce", "/approve-announcement"]);
    assert!(alice.contains("You announced it; somebody else has to say yes."));
    assert_eq!(actions(&announcements(&seed, "carol")).len(), 3);
    assert_eq!(actions(&announcements(&seed, "")), Vec::<String>::new());
    assert!(alice.contains("It did not happen, or cannot be seen from here."));
    assert!(words(&alice).contains("3 announcements are in force."));
    let one = AnnouncementsQuery { id: Some("41".to_owned()), page: None };
    let html = page::announcements(&ctx("/announcements", "carol"), &seed.view, &one).into_string();
    assert!(html.contains("Rolling the web servers") && html.contains("One of 5 announcements."));
    assert!(!html.contains("Moving the build role"));
}

#[test]
fn mending_times_are_sentences_a_curve_and_a_table() {
    let mut seed = seed::full(0);
    let made = |seed: &Seed| page::mending(&ctx("/mending", "alice"), &seed.view).into_string();
    let html = made(&seed);
    assert!(html.contains("Half of everything urgent is mended within 6 days (4 to 9)"));
    assert!(
        words(&html).contains("97 of 184 mending times are reconstructed."),
        "{}",
        words(&html)
    );
    assert_eq!(html.matches("<svg class=\"curve\"").count(), 1);
    assert!(
        html.contains("Kept so far: 57 %") && html.contains("Not enough data: 4 of about 20 fixes")
    );
    assert!(html.contains("That leaves out the 63 that are still open"));
    assert!(html.contains("Nobody named yet") && html.contains("not reached"));
    // The longest bar is whole, the others follow it.
    assert!(html.contains("<rect width=\"100\"") && html.contains("<rect width=\"52\""));
    seed.view.mending.reconstructed = 184;
    assert!(made(&seed).contains("All of this is reconstructed."));
    seed.view.mending.reconstructed = 0;
    assert!(!made(&seed).contains("reconstructed"));
    for curve in ["words", "<p>x</p>", "<svg class=\"curve\"></svg><p>x</p>"] {
        curve.clone_into(&mut seed.view.mending.curve);
        assert!(!made(&seed).contains("km-figure"), "{curve}");
    }
    seed.view.mending = MendingView::default();
    let html = made(&seed);
    assert!(html.contains("No mending time is known yet") && html.contains("holdfast history"));
}

#[test]
fn each_channel_shows_its_message_and_a_test() {
    let seed = seed::full(0);
    let made = |seed: &Seed| page::settings(&ctx("/settings", "alice"), &seed.view).into_string();
    let html = made(&seed);
    assert_eq!(actions(&html), ["/test-channel"; 3]);
    assert!(words(&html).contains("3 channels reach teams; 2 messages wait to be sent."));
    assert!(words(&html).contains("2 messages wait"), "{}", words(&html));
    assert!(html.contains("Nothing was sent yet.") && html.contains("it is tried again in 4 min."));
    assert!(html.contains("&quot;type&quot;: &quot;case.opened&quot;"));
    assert!(made(&seed::empty()).contains("No channel is set"));
}

#[test]
fn a_channel_that_cannot_be_used_is_told_of_where_channels_are() {
    let mut seed = seed::empty();
    let made = |seed: &Seed| page::settings(&ctx("/settings", "alice"), &seed.view).into_string();
    let problem = |message: &str, path: Option<&str>| ProblemRow {
        code: "channel".to_owned(),
        message: message.to_owned(),
        place: path.map(|path| PlaceRow { path: path.into(), line: 2, column: 11 }),
        help: "did you mean `slack`?".to_owned(),
    };
    seed.view.problems = vec![problem("`slak` is no connector", Some("/etc/ssh/sshd_config"))];
    assert!(!made(&seed).contains("could be used"), "it is about something else");
    let path = Some("/var/lib/holdfast/channels.toml");
    seed.view.problems.push(problem("`slak` is no connector", path));
    let html = made(&seed);
    assert_eq!(html.matches("is no connector").count(), 1);
    assert!(html.contains("channels.toml:2:11") && html.contains("Did you mean"), "{html}");
    seed.view.problems = vec![problem("`/data/channels.toml` is no UTF-8 text", None)];
    assert!(made(&seed).contains("is no UTF-8 text"));
}

#[test]
fn a_demonstration_says_so_on_every_page() {
    let seed = seed::full(0);
    let demo = page::Ctx { demo: true, ..ctx("/", "alice") };
    let stranger = page::Ctx { demo: true, ..ctx("/", "") };
    let said = "Nothing here is real";
    for html in [
        page::today(&demo, &seed.view),
        page::mending(&demo, &seed.view),
        page::settings(&demo, &seed.view),
        page::message(&demo, "Nothing is here", "x", None),
        page::message(&stranger, "Nothing is here", "x", None),
        page::sign_in(&stranger, &page::SignIn::default()),
    ] {
        assert_eq!(html.into_string().matches(said).count(), 1);
    }
    assert!(!page::today(&ctx("/", "alice"), &seed.view).into_string().contains(said));
}
