//! A repository of a branch in Alpine's secdb (secdb.alpinelinux.org): packages, and under each
//! version that mended something the weaknesses it mended.
//!
//! Under the version `0` stand weaknesses that the package never had. What is not mended stands
//! nowhere: absence in a secdb is no word on a package.

use std::collections::BTreeMap;

use holdfast_model::{Place, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lenient::{Pairs, Words};
use super::{Each, LARGEST, Made};
use crate::osv::{Word, list, unreadable};
use crate::unpack;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    distroversion: Word<'a>,
    #[serde(borrow, default)]
    reponame: Word<'a>,
    #[serde(borrow, default, deserialize_with = "list")]
    packages: Vec<Holder<'a>>,
}

/// The name of a package, or what its versions mended.
type Part<'a> = Pairs<'a, Words<'a>>;
/// `pkg` and what is in it.
type Holder<'a> = Pairs<'a, Pairs<'a, Part<'a>>>;

/// Whose packages it speaks of.
pub(super) const FAMILY: &str = "Alpine";

/// Reads a repository. An `Err` has the code `secdb-unreadable` or `feed-file-too-large`.
pub fn records(path: &str, bytes: &[u8], each: Each<'_>) -> Result<(), Problem> {
    let bytes = unpack::gzip(path, bytes, LARGEST, ("secdb-unreadable", "feed-file-too-large"))?;
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let help = "fetch it again: it is one JSON object with `distroversion` and `packages`";
    let document: Document<'_> = serde_json::from_slice(json)
        .map_err(|error| unreadable("secdb-unreadable", path, json, &error).help(help))?;
    let Some(branch) = document.distroversion.get().filter(|branch| !branch.is_empty()) else {
        let message = "this does not say of which branch it is";
        return Err(Problem::at("secdb-unreadable", Place::start_of(path), message).help(help));
    };
    let repository = document.reponame.get().unwrap_or("main");
    let feed = format!("{FAMILY}:{branch} {repository}");
    let mut all: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for (number, holder) in document.packages.iter().enumerate() {
        let package = holder.get("pkg");
        let name = package.and_then(|package| package.get("name")?.text.get());
        let Some(name) = name else {
            let what = format!("entry {} of `packages` has no name", number + 1);
            each(Err(bad_entry(path, &what)));
            continue;
        };
        let secfixes = package.and_then(|package| package.get("secfixes"));
        for (version, fixed) in secfixes.into_iter().flat_map(|secfixes| &secfixes.list) {
            for text in fixed.0.iter().filter_map(Word::get) {
                let mut ids = ids(text).peekable();
                if ids.peek().is_none() {
                    let what = format!("`{text}` under `{name}` {} names nothing", version.get());
                    each(Err(bad_entry(path, &what)));
                }
                for id in ids {
                    all.entry(id).or_default().entry(name).or_default().push(version.get());
                }
            }
        }
    }
    for (name, packages) in all {
        let affected: Vec<Value> = packages
            .iter()
            .map(|(package, versions)| {
                let range = |fixed: &&str| {
                    json!({"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]})
                };
                let ranges: Vec<Value> = versions.iter().map(range).collect();
                json!({
                    "package": {"ecosystem": format!("{FAMILY}:{branch}"), "name": package},
                    "ranges": ranges,
                })
            })
            .collect();
        let id = format!("ALPINE-{name}-{branch}-{repository}");
        let json = json!({"id": id, "upstream": [name], "affected": affected}).to_string();
        each(Ok(Made { feed: &feed, id: &id, json: json.as_bytes() }));
    }
    Ok(())
}

/// The names in a text: `CVE-2017-2616 (+ regression fix)`, `CVE-2019-1 XSA-248`.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let trimmed = text
        .split([' ', ',', ';', '/'])
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    trimmed.filter(|word| {
        word.split_once('-').is_some_and(|(kind, rest)| {
            kind.len() > 1
                && kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && rest.bytes().any(|byte| byte.is_ascii_digit())
        })
    })
}

fn bad_entry(path: &str, what: &str) -> Problem {
    Problem::at("secdb-entry-unreadable", Place::start_of(path), what)
        .help("what it leaves open is not assessed; everything else was read")
}
