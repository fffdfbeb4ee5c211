//! What is said of findings and cases, wherever it is said: first what, then where, then what to
//! do.

use holdfast_model::{Asset, Case, Do, Exposure, Finding, FindingKind};

use super::{Action, Block, Link, Text};
use crate::by_hand::finding_by_hand;

/// More reasons, alerts or copies than this are counted.
const MOST_NAMED: usize = 10;

/// A finding that something was decided about. `key` is the short key that people paste; `page`
/// is where everything about it stands, where there is a console that others can reach.
pub fn about_finding(finding: &Finding, asset: &Asset, key: &str, page: Option<&str>) -> Text {
    let word = finding.severity.word();
    let headline = format!("{}: {} on {}", capital(word), finding.title, asset.name);
    let mut facts = vec![("Where".to_owned(), place(finding, asset))];
    if let Some(decision) = &finding.decision {
        facts.push(("Who".to_owned(), decision.team.clone()));
        if let Some(due) = decision.due {
            facts.push(("By when".to_owned(), due.to_string()));
        }
        if decision.deeds.contains(&Do::Block) {
            facts.push(("Stops".to_owned(), "changes that bring it in".to_owned()));
        }
    }
    let fixed: Option<&str> =
        finding.instances.iter().find_map(|instance| instance.fixed_in.as_deref());
    if let Some(fixed) = fixed {
        facts.push(("Mended in".to_owned(), fixed.to_owned()));
    }
    let by_hand = fixed.and_then(|fixed| by_hand(finding, fixed));
    if let Some(does) = &by_hand {
        facts.push(("By hand".to_owned(), does.clone()));
    }
    let witnesses: Vec<&str> =
        finding.witnesses.iter().map(|witness| witness.engine.as_ref()).collect();
    if !witnesses.is_empty() {
        let mut names = witnesses;
        names.dedup();
        facts.push(("Seen by".to_owned(), names.join(", ")));
    }
    let mut blocks = vec![Block::Facts(facts)];
    let mut why: Vec<String> =
        finding.severity_steps.iter().map(|step| step.because.clone()).collect();
    if asset.exposure == Exposure::Internet {
        why.push("anybody on the internet can reach it".to_owned());
    }
    why.extend(finding.decision.iter().flat_map(|decision| decision.reasons.iter().cloned()));
    blocks.extend(list(why));
    // A command that would mend nothing is not named, as in the lists of the command line.
    let verb = if fixed.is_some() && by_hand.is_none() { "fix" } else { "explain" };
    let command = Action::Command(format!("holdfast {verb} {key}"));
    let details = page.map(|page| link("Look at it", page));
    Text { headline, blocks, action: command, details }
}

/// A case.
pub fn about_case(case: &Case, page: Option<&str>) -> Text {
    let headline = format!("{}: {}", capital(case.severity.word()), case.title);
    let mut facts = vec![
        ("Who".to_owned(), case.actor.name.to_string()),
        ("First".to_owned(), case.first.to_string()),
        ("Last".to_owned(), case.last.to_string()),
    ];
    if !case.owner.is_empty() {
        facts.push(("Looked after by".to_owned(), case.owner.clone()));
    }
    if let Some(answer) = case.answer {
        facts.push(("Answer".to_owned(), answer.word().to_owned()));
    }
    let told = case.alerts.iter().map(|alert| {
        let event = &alert.event;
        let expected = if alert.expected_by.is_some() { ", as announced" } else { "" };
        let on: Vec<&str> = event.targets.iter().take(3).map(AsRef::as_ref).collect();
        let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(", ")) };
        format!("{} {}{on}{expected}", event.at, event.action)
    });
    let mut blocks = vec![Block::Facts(facts)];
    blocks.extend(list(told.collect()));
    let id = &case.id;
    let action = match page {
        Some(page) if case.answer.is_none() => {
            Action::Link(link("Was this expected? Answer", page))
        }
        Some(page) => Action::Link(link("Look at the case", page)),
        None => Action::Command(format!("holdfast case show {id}")),
    };
    Text { headline, blocks, action, details: None }
}

/// What people do for a package that no step of ours lifts.
fn by_hand(finding: &Finding, to: &str) -> Option<String> {
    let place = finding.place().filter(|_| finding.kind == FindingKind::Package)?;
    let files = finding.instances.iter().map(|one| &*one.place.path);
    finding_by_hand(&finding.subject, to, (&place.path, place.line), files)
}

fn list(mut lines: Vec<String>) -> Option<Block> {
    let more = lines.len().saturating_sub(MOST_NAMED);
    lines.truncate(MOST_NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    (!lines.is_empty()).then_some(Block::List(lines))
}

fn place(finding: &Finding, asset: &Asset) -> String {
    let Some(place) = finding.place() else {
        // No file says it: what it is about has to do.
        return match finding.instances.first() {
            Some(_) => format!("{} on {}", finding.subject, asset.name),
            None => asset.name.clone(),
        };
    };
    let more = finding.instances.len().saturating_sub(1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} on {}{more}", place, asset.name)
}

fn link(text: &str, address: &str) -> Link {
    Link { text: text.to_owned(), address: address.to_owned() }
}

/// The word with a capital letter.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use holdfast_model::{
        Actor, Alert, AssetId, AssetKind, Decision, Digest, Event, FindingKind, FixKind, Instance,
        Key, LocalKey, Locus, Place, Severity, SeverityStep, Standing, State, Timestamp, Weakness,
        WeaknessId, Went, Witness,
    };

    use super::*;
    use crate::connector::plain;

    fn place() -> Place {
        Place { path: "Cargo.lock".into(), line: 7, column: 1 }
    }

    fn finding() -> Finding {
        let subject = "pkg:cargo/time";
        let locus = Locus::LanguagePackage { purl: subject.into(), path: "Cargo.lock".into() };
        let id = WeaknessId("CVE-2020-26235".into());
        let local = LocalKey::new(FindingKind::Package, &id, &locus);
        Finding {
            key: Key::new(&AssetId("repository:shop".into()), local),
            local,
            kind: FindingKind::Package,
            weakness: Weakness {
                id,
                aliases: Vec::new(),
                title: "time may crash".to_owned(),
                cvss: Some(6.2),
                epss: None,
                exploited: false,
                informational: None,
                malicious: false,
                epss_at: None,
                published_by: Vec::new(),
            },
            locus,
            title: "time 0.1.43 may crash the program".to_owned(),
            severity: Severity::Soon,
            severity_steps: vec![SeverityStep {
                severity: Severity::Soon,
                because: "CVSS 6.2".to_owned(),
            }],
            standing: Standing::Trunk,
            subject: subject.into(),
            instances: vec![Instance {
                version: Some("0.1.43".into()),
                place: place(),
                fixed_in: Some("0.2.23".into()),
            }],
            witnesses: vec![Witness {
                engine: "holdfast".into(),
                name: "RUSTSEC-2020-0071".into(),
            }],
            direct: Some(true),
            dev: false,
            fix: FixKind::Safe,
            state: State::Open,
            decision: Some(Decision {
                deeds: vec![Do::Block, Do::Ticket],
                due: Timestamp::parse("2026-12-05"),
                team: "payments".to_owned(),
                line: "on trunk".to_owned(),
                reasons: vec!["it is on trunk".to_owned()],
                appetite: Digest([0; 32]),
            }),
            layers: Vec::new(),
        }
    }

    #[test]
    fn what_no_file_says_is_told_by_its_subject() {
        let id = AssetId("host:web".into());
        let asset = Asset::new(id, AssetKind::Host, "web", "payments");
        let mut one = finding();
        one.kind = FindingKind::Control;
        one.subject = "sshd PermitRootLogin".into();
        one.instances[0].place = Place::start_of("sshd PermitRootLogin");
        let text = plain(&about_finding(&one, &asset, "K7", None), 10_000);
        assert!(text.contains("Where: sshd PermitRootLogin on web\n"), "{text}");
    }

    #[test]
    fn a_finding_says_what_where_who_by_when_and_what_to_do() {
        let id = AssetId("repository:shop".into());
        let asset = Asset::new(id, AssetKind::Repository, "shop", "payments");
        let text = about_finding(&finding(), &asset, "K7", Some("https://h.example/findings/K7"));
        let expected = "\
Soon: time 0.1.43 may crash the program on shop

Where: Cargo.lock:7:1 on shop
Who: payments
By when: 2026-12-05T00:00:00Z
Stops: changes that bring it in
Mended in: 0.2.23
Seen by: holdfast

- CVSS 6.2
- it is on trunk

Do this next:

    holdfast fix K7

Look at it: https://h.example/findings/K7
";
        assert_eq!(plain(&text, 10_000), expected);
    }

    #[test]
    fn what_no_step_mends_names_no_step() {
        let id = AssetId("repository:shop".into());
        let asset = Asset::new(id, AssetKind::Repository, "shop", "payments");
        let said = |finding: &Finding| plain(&about_finding(finding, &asset, "K7", None), 10_000);
        let mut by_hand = finding();
        by_hand.subject = "pkg:hex/plug".into();
        by_hand.instances[0].place.path = "mix.lock".into();
        by_hand.instances[0].fixed_in = Some("1.2.3".into());
        let text = said(&by_hand);
        let wanted = "Mended in: 1.2.3\nBy hand: run `mix deps.update plug`\n";
        assert!(text.contains(wanted) && text.contains("    holdfast explain K7\n"), "{text}");
        let mut unknown = finding();
        unknown.instances[0].fixed_in = None;
        let text = said(&unknown);
        assert!(text.contains("    holdfast explain K7\n") && !text.contains("By hand"), "{text}");
    }

    #[test]
    fn a_case_asks_until_somebody_answered() {
        let actor = Actor {
            key: "arn:aws:iam::1:user/mia".into(),
            session: "".into(),
            name: "mia".into(),
            person: true,
        };
        let at = Timestamp::parse("2026-11-21T03:12:00Z").unwrap();
        let event = Event {
            id: "1".into(),
            at,
            log: "aws/cloudtrail".into(),
            actor: actor.clone(),
            action: "ec2.amazonaws.com:RunInstances".into(),
            targets: vec!["i-1".into()],
            account: "1".into(),
            region: "eu-central-1".into(),
            from: "".into(),
            agent: "".into(),
            went: Went::Done,
            place: place(),
        };
        let alert = Alert {
            rule: "r".into(),
            title: "a server was made by hand".to_owned(),
            family: "r".into(),
            severity: Severity::Soon,
            event,
            expected_by: None,
            although: String::new(),
        };
        let mut case = Case {
            id: "c1".into(),
            actor,
            family: "r".into(),
            title: "mia made servers by hand".to_owned(),
            severity: Severity::Soon,
            first: at,
            last: at,
            alerts: vec![alert; 12],
            owner: String::new(),
            answer: None,
        };
        let page = Some("https://h.example/cases/c1");
        let asked = about_case(&case, page);
        assert!(matches!(&asked.action, Action::Link(link) if link.text.starts_with("Was this")));
        let text = plain(&asked, 10_000);
        let first = "- 2026-11-21T03:12:00Z ec2.amazonaws.com:RunInstances on i-1\n";
        assert!(text.contains(first) && text.contains("- and 2 more\n"), "{text}");
        assert_eq!(
            about_case(&case, None).action,
            Action::Command("holdfast case show c1".to_owned())
        );
        case.answer = Some(holdfast_model::Answer::Expected);
        let answered = about_case(&case, page);
        assert!(matches!(&answered.action, Action::Link(link) if link.text == "Look at the case"));
    }
}
