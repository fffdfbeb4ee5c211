//! Variables of the environment that tell tools of feeds (The Go command, "Environment variables"
//! and "GOPRIVATE"; pip's, uv's, npm's and yarn's documentation of theirs), wherever they are
//! written: in a `go.env` or `.envrc`, a Dockerfile, a workflow.
//!
//! Knows names and what their values mean; must not know who sets them.

use std::collections::BTreeSet;

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource, Span};

use super::{dynamic, is_address, named, no_address, source, unchecked_default};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `go.env` and `.envrc`.
#[derive(Debug)]
pub struct Environment;

static ABOUT: About = About {
    id: "environment",
    title: "Environment of tools (go.env, .envrc)",
    text: "Variables that say where Go, pip, uv, npm and yarn take packages from, as far as they \
           are written as words: `GOPROXY`, `GOPRIVATE`, `GONOPROXY`, `GONOSUMDB`, `GOSUMDB`, \
           `GOINSECURE`, `GOFLAGS`, `PIP_INDEX_URL`, `PIP_EXTRA_INDEX_URL`, `UV_INDEX` and the \
           like. Dockerfiles and workflows are read for them too. Every other variable is passed \
           over.",
    file: file!(),
};

impl Reader for Environment {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if matches!(file_name(path), "go.env" | ".envrc") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            // The one is a list of variables, the other a script of the shell.
            let strict = file_name(sources.path()) == "go.env";
            let (variables, mut mistakes) = lines(document.text(), strict);
            let (feeds, more) = of_variables(&document, &variables);
            mistakes.extend(more);
            for feed in feeds {
                report.fact(Fact::Feed(feed));
            }
            super::tell(&document, &mistakes, &mut report);
        }
        report.finish();
    }
}

/// A variable that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variable<'t> {
    /// Its name.
    pub(crate) name: &'t str,
    /// What it is set to, without quotes.
    pub(crate) value: &'t str,
    /// Where the value stands.
    pub(crate) span: Span,
}

/// `NAME=value` and `export NAME=value`; where every line has to be one, others are told.
fn lines(text: &str, strict: bool) -> (Vec<Variable<'_>>, Vec<Mistake>) {
    let (mut variables, mut mistakes) = (Vec::new(), Vec::new());
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let body = line.trim();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let exported = body.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        let assignment = exported.map_or(body, str::trim_start);
        let from = start + (body.len() - assignment.len());
        let named = assignment.split_once('=').filter(|(name, _)| is_name(name));
        let Some((name, written)) = named else {
            if strict {
                let span = Span { start, end: start + body.len() };
                let message = "this line is no `NAME=value`";
                mistakes.push(Mistake::loss("feed-setting-unreadable", span, message));
            }
            continue;
        };
        let value = if strict { written } else { unquoted(written) };
        let skipped = usize::from(value.len() < written.len() && written.starts_with(['"', '\'']));
        let value_at = from + name.len() + 1 + skipped;
        let span = Span { start: value_at, end: value_at + value.len() };
        variables.push(Variable { name, value, span });
    }
    (variables, mistakes)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The first word of an assignment, as the shell cuts it. What a quote does not end, and what is
/// put together of several parts, is left as it is written.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let parts = text.strip_prefix(quote).and_then(|inner| inner.split_once(quote));
        if let Some((inner, rest)) = parts {
            let ends = rest.is_empty() || rest.starts_with([' ', '\t', ';', '#']);
            return if ends { inner } else { text };
        }
    }
    text.split([' ', '\t', ';']).next().unwrap_or_default()
}

/// Variables that hold addresses: the name in capitals, what it is about and what is done with them.
const ADDRESSES: [(&str, &str, FeedRole); 12] = [
    ("BUNDLE_MIRROR__ALL", Ecosystem::GEM, FeedRole::Instead),
    ("NPM_CONFIG_REGISTRY", Ecosystem::NPM, FeedRole::Instead),
    ("PDM_PYPI_URL", Ecosystem::PYPI, FeedRole::Instead),
    ("PIP_EXTRA_INDEX_URL", Ecosystem::PYPI, FeedRole::Besides),
    ("PIP_FIND_LINKS", Ecosystem::PYPI, FeedRole::Besides),
    ("PIP_INDEX_URL", Ecosystem::PYPI, FeedRole::Instead),
    ("UV_DEFAULT_INDEX", Ecosystem::PYPI, FeedRole::Instead),
    ("UV_EXTRA_INDEX_URL", Ecosystem::PYPI, FeedRole::Before),
    ("UV_FIND_LINKS", Ecosystem::PYPI, FeedRole::Before),
    ("UV_INDEX", Ecosystem::PYPI, FeedRole::Before),
    ("UV_INDEX_URL", Ecosystem::PYPI, FeedRole::Instead),
    ("YARN_NPM_REGISTRY_SERVER", Ecosystem::NPM, FeedRole::Instead),
];

/// Variables of Go's.
const OF_GO: [&str; 8] = [
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GOSUMDB",
    "GOINSECURE",
    "GOFLAGS",
];

/// The feeds that variables name, and what cannot be read of them.
fn of_variables(
    document: &Document<'_>,
    variables: &[Variable<'_>],
) -> (Vec<FeedSource>, Vec<Mistake>) {
    let mut reading = Reading { document, feeds: Vec::new(), mistakes: Vec::new() };
    let best =
        |one: &Variable<'_>| one.name == "UV_INDEX_STRATEGY" && one.value == "unsafe-best-match";
    let best = variables.iter().any(best);
    for variable in variables {
        // npm reads its own in small letters too.
        let name = variable.name.to_ascii_uppercase();
        let row = ADDRESSES.iter().find(|(known, ..)| *known == name);
        if row.is_none() && !OF_GO.contains(&variable.name) || variable.value.is_empty() {
            continue;
        }
        if variable.value.contains(['$', '`']) {
            let message = format!("the value of `{}` is worked out when it is used", variable.name);
            reading.mistakes.push(dynamic(variable.span, &message));
            continue;
        }
        match row {
            Some((_, ecosystem, role)) => {
                let uv = best && *role == FeedRole::Before;
                let role = if uv { FeedRole::Besides } else { *role };
                reading.addresses(variable, ecosystem, role);
            }
            None => reading.go(variable),
        }
    }
    let Reading { mut feeds, mistakes, .. } = reading;
    let hosts = variables.iter().filter(|one| one.name == "PIP_TRUSTED_HOST");
    let hosts: BTreeSet<String> = hosts
        .flat_map(|one| one.value.split_whitespace())
        .filter_map(|host| Some(host.split(':').next()?.to_ascii_lowercase()))
        .collect();
    for feed in feeds.iter_mut().filter(|feed| feed.ecosystem.family() == Ecosystem::PYPI) {
        feed.unchecked |= feed.host().is_some_and(|host| hosts.contains(&host));
    }
    (feeds, mistakes)
}

/// The same, where the variables are those of one build: they do not say with which feed a lockfile
/// was written, nor what is asked elsewhere. Go's lockfiles name no feed.
pub(crate) fn of_build(
    document: &Document<'_>,
    variables: &[Variable<'_>],
) -> (Vec<FeedSource>, Vec<Mistake>) {
    let (mut feeds, mistakes) = of_variables(document, variables);
    for feed in feeds.iter_mut().filter(|feed| feed.ecosystem.family() != Ecosystem::GOLANG) {
        if feed.role == FeedRole::Instead {
            feed.role = FeedRole::Named;
        }
    }
    (feeds, mistakes)
}

struct Reading<'d> {
    document: &'d Document<'d>,
    feeds: Vec<FeedSource>,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn addresses(&mut self, variable: &Variable<'_>, ecosystem: &str, role: FeedRole) {
        // A line that goes on in the next one ends with a backslash.
        for word in variable.value.split_whitespace().filter(|word| *word != "\\") {
            // uv lets an index have a name.
            let address = match word.split_once('=') {
                Some((name, address)) if is_name(&name.replace('-', "_")) => address,
                _ => word,
            };
            if is_address(address) {
                let feed = source(self.document, ecosystem, role, address, variable.span);
                self.feeds.push(feed);
            } else {
                self.mistakes.push(no_address(variable.name, variable.span));
            }
        }
    }

    fn go(&mut self, variable: &Variable<'_>) {
        let Variable { name, value, span } = *variable;
        let go = Ecosystem::GOLANG;
        match name {
            "GOPROXY" => self.proxies(variable),
            "GOPRIVATE" | "GONOPROXY" => {
                let names = patterns(value).flat_map(|pattern| {
                    // A pattern with `*` means what lies below as well.
                    let below = pattern.contains('*').then(|| format!("{pattern}/*"));
                    [Some(pattern.to_owned()), below]
                });
                let feed = source(self.document, go, FeedRole::Named, "", span);
                let feed = named(feed, names.flatten().map(Into::into));
                // What is private is not looked up in the list of checksums either.
                let unchecked = name == "GOPRIVATE" && patterns(value).any(means_all);
                self.feeds.push(FeedSource { address: None, unchecked, ..feed });
            }
            "GOINSECURE" => {
                for pattern in patterns(value) {
                    let feed = source(self.document, go, FeedRole::Named, pattern, span);
                    self.feeds.push(FeedSource { unchecked: true, ..feed });
                }
            }
            _ => {
                let careless = match name {
                    "GOSUMDB" => value == "off",
                    "GONOSUMCHECK" => value == "1",
                    "GONOSUMDB" => patterns(value).any(means_all),
                    _ => value
                        .split_whitespace()
                        .any(|flag| matches!(flag, "-insecure" | "--insecure")),
                };
                if careless {
                    self.feeds.push(unchecked_default(self.document, go, span));
                }
            }
        }
    }

    /// Proxies are asked in their order, and the first one that knows a module wins.
    fn proxies(&mut self, variable: &Variable<'_>) {
        let all: Vec<&str> = variable.value.split([',', '|']).map(str::trim).collect();
        let all: Vec<&str> =
            all.into_iter().filter(|one| !matches!(*one, "" | "direct" | "off")).collect();
        let role = if all.len() == 1 { FeedRole::Instead } else { FeedRole::Before };
        for address in all {
            if is_address(address) {
                let go = Ecosystem::GOLANG;
                self.feeds.push(source(self.document, go, role, address, variable.span));
            } else {
                self.mistakes.push(no_address(variable.name, variable.span));
            }
        }
    }
}

fn patterns(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|pattern| !pattern.is_empty())
}

/// A pattern of stars alone means every module.
fn means_all(pattern: &str) -> bool {
    !pattern.contains(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> (Vec<String>, usize) {
        let mut out = Vec::new();
        let mut problems = 0;
        Environment.read(&Sources::new(path, text.as_bytes()), &mut |fact| match fact {
            Fact::Feed(feed) => {
                let address = feed.address.as_deref().unwrap_or("-");
                let sign = if feed.unchecked { " unchecked" } else { "" };
                out.push(format!("{:?} {address} {}{sign}", feed.role, feed.names.join(",")));
            }
            Fact::Problem(_) => problems += 1,
            _ => {}
        });
        (out, problems)
    }

    #[test]
    fn proxies_of_go_are_asked_in_their_order() {
        let of = |text: &str| read("go.env", text).0;
        assert_eq!(of("GOPROXY=https://a.example,direct"), ["Instead https://a.example "]);
        assert_eq!(
            of("GOPROXY=https://a.example|https://b.example,off"),
            ["Before https://a.example ", "Before https://b.example "]
        );
        assert_eq!(of("GOPROXY=direct\nGOPROXY=off\n"), [""; 0]);
    }

    #[test]
    fn private_modules_are_bound() {
        let (feeds, _) = read("go.env", "GOPRIVATE=forge.example/acme,*.acme.example\n");
        assert_eq!(feeds, ["Named - forge.example/acme,*.acme.example,*.acme.example/*"]);
    }

    #[test]
    fn checks_that_are_switched_off_are_told() {
        for line in ["GOSUMDB=off", "GONOSUMCHECK=1", "GONOSUMDB=*", "GOFLAGS=-v -insecure"] {
            assert_eq!(read("go.env", line).0, ["Named -  unchecked"], "{line}");
        }
        assert_eq!(read("go.env", "GOINSECURE=a.example/*").0, ["Named a.example/*  unchecked"]);
        for line in ["GOSUMDB=sum.example", "GONOSUMDB=a.example/x", "GOFLAGS=-mod=mod"] {
            assert_eq!(read("go.env", line).0, [""; 0], "{line}");
        }
    }

    #[test]
    fn scripts_of_the_shell_are_read_where_they_are_simple() {
        let text = "PATH_add bin\nexport PIP_INDEX_URL=\"https://a.example/simple\" # why\n\
            export PIP_EXTRA_INDEX_URL='https://b.example/ https://c.example/'\n\
            PIP_TRUSTED_HOST=b.example:443\nexport npm_config_registry=https://d.example/\n\
            UV_INDEX=own=https://e.example/\n";
        assert_eq!(
            read(".envrc", text),
            (
                vec![
                    "Instead https://a.example/simple ".to_owned(),
                    "Besides https://b.example/  unchecked".to_owned(),
                    "Besides https://c.example/ ".to_owned(),
                    "Instead https://d.example/ ".to_owned(),
                    "Before https://e.example/ ".to_owned(),
                ],
                0
            )
        );
        let open = "export GOPROXY=\"https://a.example,$GOPROXY\"\nexport GOPROXY=none\nOTHER=$X\n";
        assert_eq!(read(".envrc", open), (Vec::new(), 2));
        assert_eq!(read("go.env", "what\n"), (Vec::new(), 1));
    }
}
