use std::collections::BTreeSet;

use holdfast_model::{Actor, Alert, Answer, Event, Place, Timestamp, Went};
use holdfast_sense::Tells;

use super::*;

fn text_of(kind: &str, id: &str) -> String {
    let found = all_topics().into_iter().find(|topic| topic.kind == kind && topic.id == id);
    found.unwrap_or_else(|| panic!("no {kind} is called `{id}`")).text
}

#[test]
fn every_name_of_a_kind_is_unique_and_says_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = BTreeSet::new();
    for topic in all_topics() {
        assert!(!topic.text.trim().is_empty(), "{} `{}` says nothing", topic.kind, topic.id);
        assert!(root.join(&topic.file).is_file(), "`{}` is no file", topic.file);
        assert!(
            seen.insert((topic.kind, topic.id.clone())),
            "two of {} `{}`",
            topic.kind,
            topic.id
        );
    }
    for kind in
        ["log reader", "report reader", "connector", "event", "control", "code", "ecosystem"]
    {
        assert!(seen.iter().any(|(known, _)| *known == kind), "no {kind}");
    }
}

#[test]
fn every_ecosystem_that_a_reader_tells_has_a_page() {
    for reader in holdfast_sense::readers() {
        let Tells::Of(families) = holdfast_sense::tells(reader.about().id) else { continue };
        for family in families {
            let text = text_of("ecosystem", family);
            assert!(text.contains(&format!("`{}`", reader.about().id)), "{family}: {text}");
        }
    }
}

#[test]
fn the_page_of_an_ecosystem_says_what_the_rooms_do() {
    let paragraphs = |id: &str| -> Vec<String> {
        text_of("ecosystem", id).split("\n\n").map(str::to_owned).collect()
    };
    let npm = paragraphs("npm");
    assert_eq!(npm.len(), 7, "{npm:?}");
    assert_eq!(npm[0], "JavaScript packages.");
    assert!(npm[2].starts_with("Versions have the order `npm`: "), "{}", npm[2]);
    assert!(npm[3].contains("`package-lock`, "), "{}", npm[3]);
    assert!(npm[3].ends_with("bills of materials: `sbom-cyclonedx`, `sbom-spdx`."), "{}", npm[3]);
    assert!(npm[5].starts_with("`fix` lifts requirements"), "{}", npm[5]);
    assert!(npm[5].contains("in `package.json` for `yarn.lock`"), "{}", npm[5]);
    assert!(npm[5].contains("For `bun.lock` people run `bun update NAME`."), "{}", npm[5]);
    assert!(npm[6].contains("`deno.lock` of Deno"), "{}", npm[6]);

    let elixir = paragraphs("hex");
    assert!(elixir[5].contains("run `mix deps.update NAME`"), "{}", elixir[5]);
    assert!(!elixir[5].contains("`fix`"), "{}", elixir[5]);
    let debian = paragraphs("Debian");
    assert!(debian[5].starts_with("A plan brings its packages"), "{}", debian[5]);
    assert!(debian[5].contains("`ansible`"), "{}", debian[5]);
    assert!(paragraphs("openEuler")[5].starts_with("No plan"));
    assert!(paragraphs("opam")[3].starts_with("Bills of materials alone"));
    assert!(paragraphs("docker")[5].starts_with("Nothing of it"));
}

#[test]
fn every_control_has_a_page_of_its_own() {
    let listed: BTreeSet<String> = all_topics()
        .into_iter()
        .filter(|topic| topic.kind == "control")
        .map(|topic| topic.id)
        .collect();
    let pages = control_pages();
    let with_page: BTreeSet<String> = pages.iter().map(|topic| topic.id.clone()).collect();
    assert_eq!(with_page, listed);
    // What only a person can answer has a question in place of all that follows.
    let (judged, asked): (Vec<&Topic>, Vec<&Topic>) =
        pages.iter().partition(|page| !page.text.contains("\n## What is asked\n"));
    assert!(asked.len() >= 9, "only {} are asked of people", asked.len());
    for page in &asked {
        assert!(page.text.contains("?\n\nOnly a person can tell."), "{}", page.id);
    }
    for page in &judged {
        let titles: Vec<&str> =
            page.text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let wanted = [
            "Where it applies",
            "What is checked",
            "What mending it may cost",
            "What mends it",
            "Examples",
        ];
        assert_eq!(titles, wanted, "{}", page.id);
        assert!(page.text.contains("\n```yaml\nensure:\n"), "{}", page.id);
        assert!(page.text.ends_with("\n```"), "{}", page.id);
        let marks = page.text.lines().filter(|line| line.starts_with("```")).count();
        let tools = page.text.lines().filter(|line| line.starts_with("### ")).count();
        let by_hand = usize::from(page.text.contains("\n### By hand\n"));
        assert_eq!(marks, 2 * (2 + tools - by_hand), "{}", page.id);
        assert!(tools - by_hand == 4 || page.text.contains("\nNo tool does"), "{}", page.id);
    }
}

#[test]
fn every_noun_has_a_page_of_its_own_with_the_controls_that_speak_of_it() {
    let pages = noun_pages();
    let words: Vec<&str> = pages.iter().map(|page| page.id.as_str()).collect();
    assert_eq!(words, holdfast_posture::NOUNS.iter().map(|noun| noun.word).collect::<Vec<_>>());
    let mut named = BTreeSet::new();
    for page in &pages {
        let (_, list) = page.text.split_once("\n## Controls that speak of it\n\n").unwrap();
        named.extend(list.lines().filter_map(|line| line.split('`').nth(1)));
        let shown = page.text.lines().filter(|line| line.starts_with("### ")).count();
        assert!(shown == 0 || shown == 4, "{}: {}", page.id, page.text);
    }
    let judged: BTreeSet<String> = control_pages()
        .into_iter()
        .filter(|page| page.text.contains("\nensure:\n"))
        .map(|page| page.id)
        .collect();
    assert_eq!(named, judged.iter().map(String::as_str).collect());
    let page = |word: &str| &pages.iter().find(|page| page.id == word).unwrap().text;
    assert!(page("sysctl").contains("\n### Ansible playbook\n"), "{}", page("sysctl"));
    assert!(page("any of").contains("- `firewall`: "), "{}", page("any of"));
    assert!(page("suite").contains("By hand") && !page("suite").contains("\n### "));
}

#[test]
fn what_only_a_person_can_answer_has_a_page_too() {
    let text = "id: locked-room\ntitle: The room is locked\nwrong: nobody says so\nwhy: Who \
                touches a host owns it.\nseverity: soon\nrefs: {iso-27001: [A.7.2]}\nwhen: not \
                host.virtual\nask: Is the room of this host locked?\ndays: 90\n";
    let path = ".holdfast/rules/control/locked-room.yaml";
    let rule = std::collections::BTreeMap::from([(path, text)]);
    let mut topics: Vec<Topic> =
        topics_of(Some(&Own(rule.clone()))).into_iter().filter(|one| one.file == path).collect();
    controls::in_full(&mut topics, "locked-room", &Own(rule));
    let [page] = topics.as_slice() else { panic!("{topics:?}") };
    assert_eq!(
        page.text,
        "The room is locked\n\nWho touches a host owns it.\n\n- how soon: soon\n- iso-27001: \
         A.7.2\n\n## Where it applies\n\nWhere `not host.virtual`:\n\n- `host.virtual`: it is a \
         virtual machine\n\n## What is asked\n\nIs the room of this host locked?\n\nOnly a person \
         can tell. An answer counts for at most 90 days:\n\n```text\nholdfast attest locked-room \
         --for HOST --until DATE --because TEXT\n```"
    );
}

/// Rules that a folder in memory keeps for itself.
struct Own(std::collections::BTreeMap<&'static str, &'static str>);

impl Tree for Own {
    fn glob(&self, pattern: &str) -> Vec<std::sync::Arc<str>> {
        let below = pattern.trim_end_matches("**");
        self.0.keys().filter(|path| path.starts_with(below)).map(|path| (*path).into()).collect()
    }

    fn read(&self, path: &str) -> Result<std::sync::Arc<[u8]>, crate::gather::Unread> {
        let found = self.0.get(path).ok_or(crate::gather::Unread::Missing)?;
        Ok(found.as_bytes().into())
    }
}

#[test]
fn a_rule_over_events_says_why_and_what_to_do() {
    let text = text_of("event", "logging-off");
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    let begins: Vec<&str> = paragraphs.iter().filter_map(|text| text.split(' ').next()).collect();
    assert_eq!(begins, ["Somebody", "Without", "It", "What", "Read"], "{text}");
    assert_eq!(paragraphs[0], "Somebody switched logging off");
    assert!(paragraphs[4].contains("aws/cloudtrail"));
    assert!(text_of("event", "login-at-odd-hour").contains(" by people."));
}

#[test]
fn a_case_says_who_when_and_which_rule() {
    let actor = Actor { key: "ana".into(), session: "".into(), name: "ana".into(), person: true };
    let alert = |at: i64, expected_by: Option<&str>| Alert {
        rule: "logging-off".into(),
        title: "Somebody switched logging off".to_owned(),
        family: "logging-off".into(),
        severity: holdfast_model::Severity::Now,
        event: Event {
            id: at.to_string().into(),
            at: Timestamp(at),
            log: "aws/cloudtrail".into(),
            actor: actor.clone(),
            action: "cloudtrail.amazonaws.com:StopLogging".into(),
            targets: Vec::new(),
            account: "".into(),
            region: "".into(),
            from: "".into(),
            agent: "".into(),
            went: Went::Done,
            place: Place { path: "trail.json".into(), line: 3, column: 1 },
        },
        expected_by: expected_by.map(Into::into),
        although: String::new(),
    };
    let mut one = Case {
        id: "c0ffee".into(),
        actor: actor.clone(),
        family: "logging-off".into(),
        title: "Ana switched logging off".to_owned(),
        severity: holdfast_model::Severity::Now,
        first: Timestamp(0),
        last: Timestamp(60_000),
        alerts: vec![alert(0, None), alert(60_000, Some("41"))],
        owner: String::new(),
        answer: None,
    };
    let told = case(&one);
    assert_eq!(
        (told.kind, told.id.as_str(), told.file.as_str()),
        ("case", "c0ffee", "trail.json:3")
    );
    let said = "2 alerts by ana from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z; some of it was \
                announced. Nobody looks after it yet.";
    assert!(told.text.contains(said), "{}", told.text);
    assert!(told.text.ends_with("holdfast explain logging-off"), "{}", told.text);
    one.alerts.truncate(1);
    (one.last, one.answer) = (Timestamp(0), Some(Answer::Incident));
    let told = case(&one).text;
    let said = "One alert by ana at 1970-01-01T00:00:00Z; nobody announced any of it. It came to: \
                incident.";
    assert!(told.contains(said), "{told}");
}
