//! OSCAL assessment results (NIST, version 1.1.2, JSON), for people who have to show that they look.
//!
//! OSCAL knows `satisfied` and `not-satisfied`: what could not be told is an observation without a
//! finding, so that nobody can count it as either, and its property `result` says why. The form
//! demands an assessment plan; there is none, and the reference leads to a resource that says so.
//! Identifiers are of version 5 (RFC 9562, section 5.5), made from what they stand for: equal looks
//! give equal bytes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use holdfast_engine::document::ProblemRow;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::sheet::{Came, Outcome, Sheet, Who, place, targets};

/// The version of OSCAL that is written.
const VERSION: &str = "1.1.2";
/// Where the names of our properties come from.
const NAMESPACE: &str = "urn:holdfast:oscal";
/// The namespace of our identifiers: that of URLs' (RFC 9562, section 6.6).
const URLS: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The whole sheet.
pub fn report(sheet: &Sheet<'_>) -> String {
    let targets = targets(sheet);
    let results = targets.iter().enumerate().map(|(nth, target)| result(sheet, target, nth == 0));
    let results: Vec<Value> = results.collect();
    let called: Vec<Cow<'_, str>> = targets.iter().map(|target| sheet.called(target)).collect();
    let plan = uuid(&["plan"]);
    let all = format!("{:?}", sheet.outcomes);
    super::json(&json!({"assessment-results": {
        "uuid": uuid(&["results", sheet.command, sheet.at, &all]),
        "metadata": {
            "title": format!("Holdfast {}: {}", sheet.command, line(&called.join(", "))),
            "last-modified": sheet.at,
            "version": env!("CARGO_PKG_VERSION"),
            "oscal-version": VERSION,
        },
        "import-ap": {"href": format!("#{plan}")},
        "results": results,
        "back-matter": {"resources": [{
            "uuid": plan,
            "title": "No assessment plan",
            "description": "What was assessed is what the controls of Holdfast ask; there is no \
                            assessment plan in OSCAL.",
        }]},
    }}))
}

/// Of one asset; what could not be read belongs to none, and stands with the first.
fn result(sheet: &Sheet<'_>, target: &str, first: bool) -> Value {
    let who = sheet.who(target);
    let own = sheet.own(target);
    let subject = uuid(&["asset", &own]);
    let by_id = sheet.by_id(target);
    let mut observations = Vec::new();
    let mut findings = Vec::new();
    for (id, rows) in &by_id {
        let mut related = Vec::new();
        for (nth, row) in rows.iter().enumerate() {
            let name = uuid(&["observation", &own, id, row.subject, &nth.to_string(), sheet.at]);
            observations.push(observation(row, &name, &subject, sheet.at));
            if !matches!(row.came, Came::NotAssessed | Came::NotApplicable) {
                related.push(json!({"observation-uuid": name}));
            }
        }
        if !related.is_empty() {
            let name = uuid(&["finding", &own, id, sheet.at]);
            findings.push(finding(id, rows, &name, &related));
        }
    }
    if first {
        let problems = sheet.problems.iter().enumerate();
        observations.extend(problems.map(|(nth, one)| problem(nth, one, sheet.at)));
    }
    let mut result = json!({
        "uuid": uuid(&["result", &own, sheet.command, sheet.at]),
        "title": line(&format!("Holdfast {} of {}", sheet.command, sheet.called(target))),
        "description": line(&sheet.looked),
        "start": sheet.at,
        "end": sheet.at,
        "props": [property("verdict", sheet.verdict.word())],
        "local-definitions": {"inventory-items": [item(who, &subject, &sheet.called(target))]},
        "reviewed-controls": {"control-selections": [selection(sheet, target)]},
    });
    // Lists of OSCAL are never empty: they are left out.
    if let Some(object) = result.as_object_mut() {
        if !observations.is_empty() {
            object.insert("observations".to_owned(), Value::Array(observations));
        }
        if !findings.is_empty() {
            object.insert("findings".to_owned(), Value::Array(findings));
        }
    }
    result
}

/// Who the asset is, by the names that OSCAL has for it (its core namespace).
fn item(who: Who<'_>, subject: &str, called: &str) -> Value {
    let mut props = vec![json!({"name": "asset-id", "value": line(who.id)})];
    props.extend(who.os.map(|os| json!({"name": "os-name", "value": line(&os.id)})));
    let version = who.os.and_then(|os| os.version.as_deref());
    props.extend(version.map(|one| json!({"name": "os-version", "value": line(one)})));
    json!({"uuid": subject, "description": line(called), "props": props})
}

fn problem(nth: usize, problem: &ProblemRow, at: &str) -> Value {
    let stands = problem.place.as_ref().map(place).unwrap_or_default();
    json!({
        "uuid": uuid(&["problem", &nth.to_string(), &problem.code, at]),
        "title": line(&problem.message),
        "description": line(&format!("{} {stands}; {}", problem.message, problem.help)),
        "props": [property("result", "not-assessed"), property("problem", &problem.code)],
        "methods": ["TEST"],
        "collected": at,
    })
}

/// The controls of NIST SP 800-53 that were looked at; all, where none is named.
fn selection(sheet: &Sheet<'_>, target: &str) -> Value {
    let rows = sheet.outcomes.iter().filter(|row| row.target == target);
    let refs = rows.filter_map(|row| row.refs?.get("nist-800-53"));
    let ids: BTreeSet<String> = refs.flatten().filter_map(|id| nist(id)).collect();
    if ids.is_empty() {
        return json!({"include-all": {}});
    }
    let ids: Vec<Value> = ids.iter().map(|id| json!({"control-id": id})).collect();
    json!({"include-controls": ids})
}

/// `AC-6(2)` as OSCAL's catalogue names it: `ac-6.2`.
fn nist(id: &str) -> Option<String> {
    let id = id.to_ascii_lowercase().replace('(', ".").replace(')', "");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(plain)).then_some(id)
}

fn observation(row: &Outcome<'_>, name: &str, subject: &str, at: &str) -> Value {
    let mut text = match row.reason.as_str() {
        "" => row.title.to_owned(),
        reason => reason.to_owned(),
    };
    if let Some(at) = row.place {
        let _ = write!(text, " ({})", place(at));
    }
    let mut props = vec![property("result", &token(row.came.word()))];
    props.extend(row.severity.map(|severity| property("severity", severity.word())));
    props.extend(row.key.map(|key| property("key", key)));
    props.extend(row.values.0.map(|found| property("found", found)));
    props.extend(row.values.1.map(|wanted| property("wanted", wanted)));
    json!({
        "uuid": name,
        "title": line(&format!("{}: {}", row.subject, row.title)),
        "description": line(&text),
        "props": props,
        "methods": ["TEST"],
        "subjects": [{"subject-uuid": subject, "type": "inventory-item"}],
        "collected": at,
    })
}

fn finding(id: &str, rows: &[&Outcome<'_>], name: &str, related: &[Value]) -> Value {
    let worst = [Came::Failed, Came::Error, Came::Accepted, Came::Passed]
        .into_iter()
        .find_map(|came| rows.iter().find(|row| row.came == came));
    let open = rows.iter().any(|row| row.came == Came::NotAssessed);
    let passed = worst.is_some_and(|row| row.came == Came::Passed);
    let (state, reason) = match (passed, open) {
        (true, false) => ("satisfied", "pass"),
        (false, _) if worst.is_some_and(|row| row.came == Came::Failed) => {
            ("not-satisfied", "fail")
        }
        // Where a part of it could not be told, the whole is not satisfied.
        _ => ("not-satisfied", "other"),
    };
    let title = worst.map_or(id, |row| row.title);
    let why = worst.map(|row| row.why).filter(|why| !why.is_empty()).unwrap_or(title);
    json!({
        "uuid": name,
        "title": line(title),
        "description": line(why),
        "target": {
            "type": "objective-id",
            "target-id": token(id),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": related,
    })
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": name, "ns": NAMESPACE, "value": line(value)})
}

/// Text on one line, which is never empty.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

/// A name as XML has them, without colons (`token` of OSCAL's metaschema).
fn token(text: &str) -> String {
    let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut out: String = text.chars().map(|c| if good(c) { c } else { '-' }).collect();
    if !out.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

/// An identifier of version 5 of what some texts say together.
fn uuid(parts: &[&str]) -> String {
    let mut bytes = URLS.to_vec();
    bytes.extend_from_slice(b"urn:holdfast");
    for part in parts {
        bytes.push(b'\0');
        bytes.extend_from_slice(part.as_bytes());
    }
    of_hash(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref())
}

fn of_hash(hash: &[u8]) -> String {
    let mut out = String::with_capacity(36);
    for (at, byte) in hash.iter().take(16).enumerate() {
        let byte = match at {
            6 => (byte & 0x0F) | 0x50,
            8 => (byte & 0x3F) | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_the_standard() {
        // RFC 9562, appendix A.4: `www.example.com` in the namespace of names.
        let names = [
            0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
            0x30, 0xc8,
        ];
        let bytes = [&names[..], b"www.example.com"].concat();
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes);
        assert_eq!(of_hash(hash.as_ref()), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
        assert_ne!(uuid(&["a", "b"]), uuid(&["ab"]));
    }

    #[test]
    fn names_follow_their_grammars() {
        assert_eq!(nist("AC-6(2)").as_deref(), Some("ac-6.2"));
        assert_eq!(nist("A 8"), None);
        assert_eq!(token("update:openssl"), "update-openssl");
        assert_eq!(token("7zip"), "_7zip");
        assert_eq!(line(" a\n\tb\u{7} "), "a b");
        assert_eq!(line("\n"), "-");
    }
}
