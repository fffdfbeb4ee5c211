//! Every page, full, empty, stale and with hostile words: what holds for all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "tests may fail loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod every;
mod markup;
mod says;
mod says_of_events;

use std::collections::HashSet;

use every::{HOSTILE, Made};
use holdfast_server::{ROUTES, Verb};
use markup::{Element, Page};
use support::seed;

/// Every page in every state, for somebody who planned things, somebody who may say yes, nobody.
fn all() -> Vec<(Made, Page)> {
    let now = seed::now();
    let mut all = every::of(&seed::full(120), "alice", now);
    all.extend(every::of(&seed::full(0), "carol", now));
    all.extend(every::of(&seed::full(0), "", now));
    all.extend(every::of(&seed::empty(), "alice", now));
    all.extend(every::of(&seed::full(0), "alice", now.plus_days(9)));
    all.extend(every::of(&every::hostile(), HOSTILE, now));
    all.into_iter()
        .map(|made| {
            let page = markup::read(&made.html);
            (made, page)
        })
        .collect()
}

#[test]
fn nothing_that_others_wrote_becomes_markup() {
    for (made, page) in all() {
        let scripts: Vec<&Element> =
            page.elements.iter().filter(|element| element.name == "script").collect();
        assert_eq!(scripts.len(), 1, "{}", made.name);
        assert!(scripts[0].get("src").unwrap().starts_with("/assets-of-console/"), "{}", made.name);
        assert!(page.elements.iter().all(|element| element.name != "img"), "{}", made.name);
        for element in &page.elements {
            for (name, _) in &element.attributes {
                assert!(
                    name != "style" && name != "srcdoc" && !name.starts_with("on"),
                    "`{name}` on `{}` of {}",
                    element.name,
                    made.name
                );
            }
        }
        let deceits = ['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}', '\u{200b}'];
        assert!(!made.html.contains(deceits), "{}", made.name);
    }
}

#[test]
fn hostile_words_are_shown_for_what_they_are() {
    let made = every::of(&every::hostile(), "alice", seed::now());
    let today = markup::read(&made[0].html);
    let shown =
        HOSTILE.replace(['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}', '\u{200b}'], "\u{fffd}");
    assert!(today.code.contains(&shown), "{:?}", today.code);
}

#[test]
fn links_and_forms_lead_to_routes() {
    for (made, page) in all() {
        for element in &page.elements {
            let (verb, address) = match (element.name.as_str(), element.get("method")) {
                ("a" | "link", _) => (Verb::Get, element.get("href")),
                ("script", _) => (Verb::Get, element.get("src")),
                ("form", Some("post")) => (Verb::Post, element.get("action")),
                ("form", _) => (Verb::Get, element.get("action")),
                _ => continue,
            };
            let address =
                address.unwrap_or_else(|| panic!("no address in {}: {element:?}", made.name));
            // A ticket stands elsewhere, and is not told from which page somebody came.
            if address.starts_with("https://") {
                assert_eq!(element.get("rel"), Some("noreferrer"), "{address} in {}", made.name);
                continue;
            }
            let (address, part) = address.split_once('#').unwrap_or((address, ""));
            let path = address.split('?').next().unwrap();
            assert!(address.is_ascii(), "{address} in {}", made.name);
            if path.is_empty() || path == made.path {
                assert!(part.is_empty() || has_id(&page, part), "#{part} in {}", made.name);
            }
            assert!(
                path.is_empty()
                    || ROUTES.iter().any(|route| route.verb == verb && fits(route.path, path)),
                "no route for {path} in {}",
                made.name
            );
        }
    }
}

fn has_id(page: &Page, id: &str) -> bool {
    page.elements.iter().any(|element| element.get("id") == Some(id))
}

/// Whether a path is one of a route; `{*id}` takes the rest.
fn fits(route: &str, path: &str) -> bool {
    let (mut parts, mut wanted) = (path.split('/'), route.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (Some(wanted), Some(part)) if wanted.starts_with("{*") => return !part.is_empty(),
            (Some(wanted), Some(part)) if wanted.starts_with('{') && !part.is_empty() => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

#[test]
fn names_within_a_page_are_told_apart_and_lead_somewhere() {
    for (made, page) in all() {
        let ids: Vec<&str> = page.elements.iter().filter_map(|element| element.get("id")).collect();
        let told_apart: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), told_apart.len(), "{}: {ids:?}", made.name);
        for element in &page.elements {
            for name in ["for", "aria-labelledby", "aria-describedby"] {
                for id in element.get(name).unwrap_or_default().split_ascii_whitespace() {
                    assert!(told_apart.contains(id), "{name}={id} in {}", made.name);
                }
            }
        }
    }
}

#[test]
fn forms_that_change_something_carry_the_token() {
    let mut forms = 0;
    for (made, page) in all() {
        for (number, form) in page.elements.iter().enumerate() {
            if form.name != "form" || form.get("method") != Some("post") {
                continue;
            }
            forms += 1;
            let mut fields = page.elements.iter().filter(|field| field.form == Some(number));
            let token = fields.find(|field| field.get("name") == Some("form_token"));
            assert_eq!(
                token.and_then(|token| token.get("value")),
                Some("token"),
                "{form:?} of {}",
                made.name
            );
        }
    }
    assert!(forms > 100, "{forms}");
}

#[test]
fn every_field_has_a_label_and_every_dead_button_a_reason() {
    let mut dead = 0;
    for (made, page) in all() {
        for element in &page.elements {
            let hidden = element.get("type") == Some("hidden");
            let radio = element.get("type") == Some("radio");
            if matches!(element.name.as_str(), "input" | "select" | "textarea") && !hidden && !radio
            {
                let id =
                    element.get("id").unwrap_or_else(|| panic!("{element:?} of {}", made.name));
                let labels = page.elements.iter().filter(|one| one.get("for") == Some(id)).count();
                assert_eq!(labels, 1, "{id} of {}", made.name);
            }
            if element.name == "button" && element.get("disabled").is_some() {
                dead += 1;
                assert!(element.get("aria-describedby").is_some(), "{element:?} of {}", made.name);
            }
        }
    }
    assert!(dead > 10, "{dead}");
}

#[test]
fn one_heading_comes_first_and_none_is_skipped() {
    for (made, page) in all() {
        let levels: Vec<u8> = page
            .elements
            .iter()
            .filter_map(|element| match element.name.as_bytes() {
                [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
                _ => None,
            })
            .collect();
        assert!(levels.first() == Some(&1) && !levels[1..].contains(&1), "{}", made.name);
        let steps = levels.windows(2).all(|pair| pair[1] <= pair[0] + 1);
        assert!(steps, "{}: {levels:?}", made.name);
    }
}

#[test]
fn nobody_is_shouted_at() {
    let calm = [seed::full(120), seed::empty()];
    for made in calm.iter().flat_map(|seed| every::of(seed, "alice", seed::now())) {
        for words in markup::read(&made.html).words {
            let lower = words.to_lowercase();
            for word in
                ["cvss", "epss", "purl", "censored", "pkg:", "simply", "oops", "sorry", "please"]
            {
                assert!(!lower.contains(word), "`{word}` in {words:?} of {}", made.name);
            }
            let marks = words.contains('!') && !words.contains("<script>");
            assert!(!marks, "{words:?} of {}", made.name);
        }
    }
}
