//! Gradle's scripts (Gradle's documentation, "Declaring repositories", "Centralizing repository
//! declarations" and "Filtering repository content"): where a build takes modules from.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, FeedRole, FeedSource, Span};

use super::gradle_filter::{self, Names};
use super::gradle_script::{Kind, Statement, Token, parse};
use super::{dynamic, named, no_address, source};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `settings.gradle`, `build.gradle` and other scripts, in Groovy and in Kotlin.
#[derive(Debug)]
pub struct Gradle;

static ABOUT: About = About {
    id: "gradle",
    title: "Gradle script (*.gradle, *.gradle.kts)",
    text: "The `repositories` blocks, those of dependencyResolutionManagement, allprojects and \
           plugins too; where a build publishes is passed over. Repositories are asked one after \
           another, and the first one that knows a module wins; exclusiveContent binds names to \
           one of them, and so do filters by which all others leave them out. A script is a \
           program: what stands there in words is read, and an address that is worked out is told \
           as not assessed. Passwords are passed over.",
    file: file!(),
};

impl Reader for Gradle {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let name = file_name(path);
        let script = [".gradle", ".gradle.kts"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|name| !name.is_empty()));
        if script { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (statements, mistakes) = parse(document.text());
            let mut constants = HashMap::new();
            collect(&statements, &mut constants);
            let mut script = Script { document: &document, constants, feeds: Vec::new(), mistakes };
            script.walk(&statements, Purpose::Dependencies);
            for feed in script.feeds {
                report.fact(Fact::Feed(feed));
            }
            super::tell(&document, &script.mistakes, &mut report);
        }
        report.finish();
    }
}

/// What the repositories of a block are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Dependencies,
    /// Plugins, and what scripts themselves use.
    Plugins,
}

/// Methods that add a public repository by its word.
const WORDS: [&str; 4] = ["mavenCentral", "google", "gradlePluginPortal", "jcenter"];
/// Where a build publishes to.
const PUBLISHING: [&str; 4] = ["publishing", "uploadArchives", "mavenPublishing", "mavenDeployer"];
/// What stands in a block of repositories and adds none. The repository of this machine and folders
/// of the tree are asked of nobody else.
const SILENT: [&str; 12] = [
    "mavenLocal",
    "flatDir",
    "println",
    "print",
    "logger",
    "val",
    "var",
    "def",
    "final",
    "clear",
    "import",
    "return",
];
/// Words around repositories that only decide whether they are there.
const CONTROL: [&str; 8] = ["if", "else", "try", "catch", "for", "when", "run", "apply"];
/// Words that may stand around the text of an address without changing it.
const AROUND: [&str; 10] =
    ["uri", "URI", "URL", "java", "net", "create", "file", "toURI", "toURL", "url"];
/// How an address in the tree begins, whatever the tree's own path is.
const OF_TREE: [&str; 8] = [
    "$rootDir",
    "${rootDir",
    "$projectDir",
    "${projectDir",
    "$buildDir",
    "${buildDir",
    "${rootProject.projectDir",
    "${layout.",
];

/// Of more repositories in one block nobody leaves names out of all but one.
const MOST_COMPARED: usize = 50;

/// A repository of one block.
struct Repository {
    /// `None` for one that is added by its word.
    address: Option<String>,
    span: Span,
    names: Names,
    /// Names that are asked here and nowhere else.
    alone: Option<Vec<String>>,
    unchecked: bool,
}

/// Names that a script gives to texts; one that it gives twice means nothing here.
type Constants<'t> = HashMap<&'t str, Option<&'t str>>;

struct Script<'d, 't> {
    document: &'d Document<'d>,
    constants: Constants<'t>,
    feeds: Vec<FeedSource>,
    mistakes: Vec<Mistake>,
}

/// Finds `val name = "text"`, `def name = 'text'`, `ext.name = "text"` and the like.
fn collect<'t>(statements: &[Statement<'t>], out: &mut Constants<'t>) {
    for statement in statements {
        if let [.., name, equals, value] = statement.head.as_slice()
            && (name.kind, equals.kind) == (Kind::Word, Kind::Sign('='))
            && value.kind == (Kind::Text { plain: true })
            && statement.blocks.is_empty()
        {
            out.entry(name.text)
                .and_modify(|known| *known = known.filter(|known| *known == value.text))
                .or_insert(Some(value.text));
        }
        for block in &statement.blocks {
            collect(block, out);
        }
    }
}

impl<'t> Script<'_, 't> {
    fn walk(&mut self, statements: &[Statement<'t>], purpose: Purpose) {
        for statement in statements {
            let chain: Vec<&str> = statement.chain().iter().map(|token| token.text).collect();
            let has = |names: &[&str]| chain.iter().any(|name| names.contains(name));
            if has(&PUBLISHING) {
                continue;
            }
            let plugins = has(&["pluginManagement", "buildscript"]);
            let purpose = if plugins { Purpose::Plugins } else { purpose };
            let mut list = Vec::new();
            match chain.as_slice() {
                [.., "repositories"] => {
                    for one in statement.inner() {
                        self.repository(one, &mut list);
                    }
                }
                // `repositories.mavenCentral()`
                [.., "repositories", ".", _] => self.repository(statement, &mut list),
                _ => {
                    for block in &statement.blocks {
                        self.walk(block, purpose);
                    }
                }
            }
            self.say(&list, purpose);
        }
    }

    /// A statement of a block of repositories.
    fn repository(&mut self, statement: &Statement<'t>, list: &mut Vec<Repository>) {
        let name = statement.name();
        match name {
            _ if WORDS.contains(&name) => {
                let names = self.names(statement);
                let span = statement.span();
                list.push(Repository { address: None, span, names, alone: None, unchecked: false });
            }
            "maven" | "ivy" => self.maven(statement, list),
            "exclusiveContent" => self.exclusive(statement, list),
            _ if SILENT.contains(&name) => {}
            // Without a name it is a block that stands alone, as behind the line of an `if`.
            _ if name.is_empty() || CONTROL.contains(&name) => {
                for one in statement.inner() {
                    self.repository(one, list);
                }
            }
            _ => {
                let message = "what this does to the repositories cannot be read";
                self.mistakes.push(dynamic(statement.span(), message));
            }
        }
    }

    /// `maven("address") { … }` or `maven { url = uri("address") }`.
    fn maven(&mut self, statement: &Statement<'t>, list: &mut Vec<Repository>) {
        let brackets = |token: &&Token<'_>| matches!(token.kind, Kind::Sign('(' | ')'));
        let given = statement.rest().iter().any(|token| !brackets(&token));
        let setting = statement.inner().find(|one| matches!(one.name(), "url" | "setUrl"));
        let (tokens, whole) = match setting {
            _ if given => (statement.rest(), statement.span()),
            Some(setting) => (setting.rest(), setting.span()),
            None => {
                self.mistakes.push(no_address(statement.name(), statement.span()));
                return;
            }
        };
        let names = self.names(statement);
        let insecure = |one: &Statement<'_>| {
            one.name().to_ascii_lowercase().ends_with("allowinsecureprotocol")
                && one.rest().iter().any(|token| token.text == "true")
        };
        let unchecked = statement.inner().any(insecure);
        match self.address(tokens) {
            Some((address, span)) if !address.trim().is_empty() => {
                let address = Some(address.to_owned());
                list.push(Repository { address, span, names, alone: None, unchecked });
            }
            Some(_) => self.mistakes.push(no_address(statement.name(), whole)),
            None => {
                self.mistakes.push(dynamic(whole, "this address is worked out when it is run"));
            }
        }
    }

    /// The address that a value says in words.
    fn address(&self, tokens: &[Token<'t>]) -> Option<(&'t str, Span)> {
        let mut found = None;
        for token in tokens {
            match token.kind {
                Kind::Sign('(' | ')' | '=' | '.' | ',' | ':') | Kind::Line => {}
                Kind::Word if AROUND.contains(&token.text) => {}
                Kind::Text { plain } if found.is_none() => {
                    let of_tree = || OF_TREE.iter().any(|start| token.text.starts_with(start));
                    found = Some((plain || of_tree()).then_some((token.text, token.span))?);
                }
                Kind::Word if found.is_none() => {
                    let text = self.constants.get(token.text).copied().flatten()?;
                    found = Some((text, token.span));
                }
                _ => return None,
            }
        }
        found
    }

    /// Names that filters of a repository let in and leave out.
    fn names(&mut self, repository: &Statement<'t>) -> Names {
        let mut names = Names::default();
        let filters =
            repository.inner().filter(|one| matches!(one.name(), "content" | "mavenContent"));
        for filter in filters {
            gradle_filter::read(filter.inner(), &mut names, &mut self.mistakes);
        }
        names
    }

    fn exclusive(&mut self, statement: &Statement<'t>, list: &mut Vec<Repository>) {
        let mut own = Vec::new();
        let mut names = Names::default();
        for one in statement.inner() {
            match one.name() {
                "forRepository" | "forRepositories" => {
                    for inner in one.inner() {
                        self.repository(inner, &mut own);
                    }
                }
                "filter" => gradle_filter::read(one.inner(), &mut names, &mut self.mistakes),
                _ => self.mistakes.push(dynamic(one.span(), "this filter cannot be read")),
            }
        }
        for mut repository in own {
            repository.alone = Some(names.only.clone().unwrap_or_default());
            list.push(repository);
        }
    }

    fn say(&mut self, list: &[Repository], purpose: Purpose) {
        let shared = |one: &&Repository| one.alone.is_none() && one.names.only.is_none();
        let shared: Vec<&Repository> = list.iter().filter(shared).collect();
        for one in list {
            let feed = self.feed(one);
            let texts = |names: &[String]| -> Vec<Arc<str>> {
                names.iter().map(|name| name.as_str().into()).collect()
            };
            let feed = match (&one.alone, purpose) {
                (_, Purpose::Plugins) => named(feed, ["plugins".into()]),
                (Some(names), _) => named(feed, texts(names)),
                // It is asked for nothing else, but others may be asked for the same.
                (None, _) if one.names.only.is_some() => named(feed, []),
                // A build has no other repositories than those that it names.
                (None, _) if shared.len() == 1 && one.address.is_some() => {
                    FeedSource { role: FeedRole::Instead, ..feed }
                }
                (None, _) => feed,
            };
            let bound = left_to(one, &shared);
            if feed.role == FeedRole::Before && !bound.is_empty() {
                self.feeds.push(named(feed.clone(), texts(&bound)));
            }
            self.feeds.push(feed);
        }
    }

    fn feed(&self, one: &Repository) -> FeedSource {
        let address = one.address.as_deref().unwrap_or_default();
        let made = source(self.document, Ecosystem::MAVEN, FeedRole::Before, address, one.span);
        FeedSource {
            address: made.address.filter(|_| one.address.is_some()),
            unchecked: one.unchecked,
            ..made
        }
    }
}

/// The names that every other repository leaves out, so that this one alone is asked for them.
fn left_to(one: &Repository, shared: &[&Repository]) -> Vec<String> {
    if shared.len() > MOST_COMPARED {
        return Vec::new();
    }
    let mut others = shared.iter().filter(|other| !std::ptr::eq(**other, one));
    let Some(first) = others.next() else { return Vec::new() };
    let mut names = first.names.without.clone();
    for other in others {
        names.retain(|name| other.names.without.contains(name));
    }
    names.retain(|name| !one.names.without.contains(name));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Role, address and names of each feed, and how many things could not be read.
    fn read(text: &str) -> (Vec<String>, usize) {
        let mut out = Vec::new();
        let mut problems = 0;
        Gradle.read(&Sources::new("build.gradle", text.as_bytes()), &mut |fact| match fact {
            Fact::Feed(feed) => out.push(format!(
                "{:?} {} {}",
                feed.role,
                feed.address.as_deref().unwrap_or("-"),
                feed.names.join(",")
            )),
            Fact::Problem(_) => problems += 1,
            _ => {}
        });
        (out, problems)
    }

    fn feeds(text: &str) -> Vec<String> {
        let (feeds, problems) = read(text);
        assert_eq!(problems, 0, "{feeds:?}");
        feeds
    }

    #[test]
    fn one_repository_is_asked_instead_of_any_other() {
        let instead = ["Instead https://a.example/ "];
        for text in [
            "repositories { maven { url 'https://a.example/' } }",
            "repositories { maven { url = uri(\"https://a.example/\") } }",
            "repositories {\n  maven(\"https://a.example/\")\n}",
            "repositories { maven(url = \"https://a.example/\") }",
            "repositories.maven { setUrl(\"https://a.example/\") }",
            "allprojects { repositories { maven { url \"https://a.example/\" } } }",
            "val feed = \"https://a.example/\"\nrepositories { maven(feed) }",
            "ext.feed = 'https://a.example/'\nrepositories { maven { url feed } }",
        ] {
            assert_eq!(feeds(text), instead, "{text}");
        }
    }

    #[test]
    fn several_are_asked_in_their_order() {
        let text = "repositories {\n mavenCentral()\n maven { url 'https://a.example/' }\n}\n\
            publishing { repositories { maven { url 'https://up.example/' } } }\n\
            pluginManagement { repositories { maven { url 'https://p.example/' } } }\n";
        assert_eq!(
            feeds(text),
            ["Before - ", "Before https://a.example/ ", "Named https://p.example/ plugins"]
        );
    }

    #[test]
    fn names_are_bound_by_exclusive_content() {
        let text = "repositories { mavenCentral()\n exclusiveContent {\n  forRepository { maven \
            { url = uri('https://a.example/') } }\n  filter { includeGroup(\"com.acme\")\n  \
            includeGroupByRegex(\"org\\\\.acme.*\") }\n } }";
        assert_eq!(feeds(text), ["Before - ", "Named https://a.example/ com.acme,org.acme*"]);
    }

    #[test]
    fn names_are_bound_where_all_others_leave_them_out() {
        let text = "repositories {\n mavenCentral { content { excludeGroup 'com.acme' } }\n \
            maven { url 'https://a.example/' }\n}";
        assert_eq!(
            feeds(text),
            ["Before - ", "Named https://a.example/ com.acme", "Before https://a.example/ "]
        );
        // A repository that is asked for some names only leaves others in doubt.
        let text = "repositories { mavenCentral()\n maven { url 'https://a.example/'\n content { \
            includeGroup 'com.acme' } } }";
        assert_eq!(feeds(text), ["Before - ", "Named https://a.example/ "]);
    }

    #[test]
    fn what_is_worked_out_is_told() {
        for text in [
            "repositories { maven { url System.getenv('FEED') } }",
            "repositories { maven { url \"${base}/maven\" } }",
            "repositories { maven { url 'https://a.example/' + name } }",
            "repositories { maven { url findProperty('feed') ?: 'https://a.example/' } }",
            "repositories { acmeRepository() }",
            "repositories { maven { } }",
            "repositories { maven { url '' } }",
        ] {
            assert_eq!(read(text), (Vec::new(), 1), "{text}");
        }
    }

    #[test]
    fn folders_of_the_tree_are_addresses_too() {
        let text = "repositories { maven { url \"$rootDir/libs\" } }";
        assert_eq!(feeds(text), ["Instead $rootDir/libs "]);
        assert_eq!(feeds("repositories { mavenLocal(); flatDir { dirs 'libs' } }"), [""; 0]);
    }
}
