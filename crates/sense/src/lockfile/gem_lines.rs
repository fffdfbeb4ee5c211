//! The lines of a `Gemfile` or a gemspec that can be read without running them.
//!
//! Both are programs. What is written as words is read; what is worked out is told as such. Knows
//! calls, their arguments and the groups around them; must not know what a gem is.

use holdfast_model::Span;

/// A text between quotes, and where.
pub(super) type Word<'t> = (&'t str, Span);

/// A gem that is asked for.
#[derive(Debug)]
pub(super) struct Gem<'t> {
    pub(super) name: Word<'t>,
    /// The requirements; several must hold together.
    pub(super) ranges: Vec<Word<'t>>,
    /// The groups it stands in.
    pub(super) groups: Vec<String>,
    /// The source that it alone is asked at: of the block around it, or its own.
    pub(super) source: Option<Word<'t>>,
    /// It comes from git, a folder or a gist.
    pub(super) elsewhere: bool,
    /// A requirement is worked out, so that it cannot be read.
    pub(super) open: Option<Span>,
    /// `add_development_dependency`.
    pub(super) development: bool,
}

/// Groups whose gems are not there in production.
const DEVELOPMENT: [&str; 8] = ["development", "test", "dev", "ci", "lint", "doc", "docs", "tools"];

impl Gem<'_> {
    /// Whether it stands in groups of development only.
    pub(super) fn is_for_development(&self) -> bool {
        let development = |group: &String| DEVELOPMENT.contains(&group.as_str());
        self.development || !self.groups.is_empty() && self.groups.iter().all(development)
    }
}

/// What a line says.
#[derive(Debug)]
pub(super) enum Call<'t> {
    Gem(Gem<'t>),
    /// `source "…"`, for every gem or for those of a block.
    Source(Source<'t>),
    /// A gem whose name is worked out, or another file that is run.
    Dynamic(Span),
    /// `spec.name = "…"`.
    Name(Word<'t>),
    /// `spec.version = …`, as far as it is a word.
    Version(Option<Word<'t>>),
    /// RubyGems wrote this file when it installed the gem.
    Installed,
}

/// Where gems are asked for.
#[derive(Debug)]
pub(super) struct Source<'t> {
    /// The address as a word; `None` where it is none.
    pub(super) address: Option<Word<'t>>,
    /// It is the default, by its word: a symbol such as `:name`.
    pub(super) default: bool,
    /// It is for the gems of its block only.
    pub(super) block: bool,
    pub(super) span: Span,
}

/// A block around lines.
#[derive(Debug, Default)]
struct Block<'t> {
    /// Its groups; most blocks have none.
    groups: Vec<String>,
    source: Option<Word<'t>>,
}

/// Methods of a specification that ask for a gem, and whether for development.
const ADD: [(&str, bool); 3] = [
    (".add_dependency", false),
    (".add_runtime_dependency", false),
    (".add_development_dependency", true),
];

/// Words that begin a block which `end` closes.
const OPENERS: [&str; 9] =
    ["if", "unless", "case", "begin", "while", "until", "for", "def", "class"];

/// Nobody nests so deep; a broken file must not cost more than its size.
const MAX_BLOCKS: usize = 256;

/// So long may one call be, in bytes.
const MAX_CALL: usize = 4_000;

/// Reads the calls of a text, in its order.
pub(super) fn calls(text: &str) -> Vec<Call<'_>> {
    let mut out = Vec::new();
    // The blocks around a line.
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut comment = false;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let indent = line.len() - line.trim_start().len();
        let body = line.trim();
        let start = at + indent;
        at += line.len();
        match body {
            "=begin" => comment = true,
            "=end" => comment = false,
            "__END__" => break,
            _ => {}
        }
        if comment || body.is_empty() || body.starts_with(['#', '=']) {
            continue;
        }
        if let Some((from, development)) = asks(body) {
            let call = Arguments::read(text, start + from);
            // Behind a `;` the line has another one.
            let more = text.as_bytes().get(call.end) == Some(&b';');
            at = if more { call.end + 1 } else { at.max(line_end(text, call.end)) };
            out.push(gem(text, &call, development, &blocks, start));
            continue;
        }
        if let Some(source) = source(text, body, start) {
            if source.block {
                blocks.push(Block { groups: Vec::new(), source: source.address });
                blocks.truncate(MAX_BLOCKS);
            }
            out.push(Call::Source(source));
            continue;
        }
        block(body, &mut blocks);
        out.extend(other(text, body, start));
    }
    out
}

/// A line that says where gems are asked for.
fn source<'t>(text: &'t str, body: &str, start: usize) -> Option<Source<'t>> {
    let rest = body.strip_prefix("source").filter(|rest| rest.starts_with([' ', '\t', '(']))?;
    let call = Arguments::read(text, start + (body.len() - rest.len()));
    let first = *call.spans.first()?;
    let written = first.of(text).unwrap_or_default();
    let code = body.split_once(" #").map_or(body, |(code, _)| code).trim_end();
    Some(Source {
        address: literal(text, first),
        default: written.starts_with(':'),
        block: code.ends_with(" do") || code.ends_with(")do"),
        span: Span { start, end: start + body.len() },
    })
}

/// Where the arguments begin, for a line that asks for a gem.
fn asks(body: &str) -> Option<(usize, bool)> {
    if let Some(rest) = body.strip_prefix("gem") {
        return rest.starts_with([' ', '\t', '(']).then_some((3, false));
    }
    ADD.iter().find_map(|(method, development)| {
        let (before, rest) = body.split_once(method)?;
        let sound = before.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && rest.starts_with([' ', '\t', '(']);
        sound.then_some((before.len() + method.len(), *development))
    })
}

fn line_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |at| from + at + 1)
}

/// Keeps the stack of blocks.
fn block(body: &str, blocks: &mut Vec<Block<'_>>) {
    let code = body.split_once(" #").map_or(body, |(code, _)| code).trim_end();
    let first = code.split([' ', '(', ';']).next().unwrap_or_default();
    if first == "end" {
        blocks.pop();
        return;
    }
    let opens = code.ends_with(" do") || code.ends_with('|') && code.contains(" do |");
    if first == "group" && opens {
        let names = code.split([',', ' ', '(', ')']).filter_map(|word| word.strip_prefix(':'));
        blocks.push(Block { groups: names.map(str::to_owned).collect(), source: None });
    } else if (opens || OPENERS.contains(&first)) && !code.ends_with(" end") {
        blocks.push(Block::default());
    }
    blocks.truncate(MAX_BLOCKS);
}

fn other<'t>(text: &'t str, body: &'t str, start: usize) -> Option<Call<'t>> {
    let first = body.split([' ', '(']).next().unwrap_or_default();
    // `each { |name| gem name }`
    if matches!(first, "eval_gemfile" | "instance_eval" | "eval") || body.contains("| gem ") {
        return Some(Call::Dynamic(Span { start, end: start + body.len() }));
    }
    let (left, _) = body.split_once('=')?;
    let (object, field) = left.trim_end().rsplit_once('.')?;
    if !object.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let from = start + left.len() + 1;
    let argument = || {
        let call = Arguments::read(text, from);
        call.spans.first().and_then(|span| literal(text, *span))
    };
    match field {
        "name" => argument().map(Call::Name),
        "version" => Some(Call::Version(argument())),
        "installed_by_version" => Some(Call::Installed),
        _ => None,
    }
}

fn gem<'t>(
    text: &'t str,
    call: &Arguments,
    development: bool,
    blocks: &[Block<'t>],
    start: usize,
) -> Call<'t> {
    let whole = Span { start, end: call.end.max(start) };
    let mut arguments = call.spans.iter();
    let Some(name) = arguments.next().and_then(|span| literal(text, *span)) else {
        return Call::Dynamic(whole);
    };
    let mut gem = Gem {
        name,
        ranges: Vec::new(),
        groups: blocks.iter().flat_map(|block| &block.groups).cloned().collect(),
        source: blocks.iter().rev().find_map(|block| block.source),
        elsewhere: false,
        open: None,
        development,
    };
    for span in arguments {
        let written = span.of(text).unwrap_or_default();
        if let Some((key, value)) = keyword(written) {
            match key {
                "group" | "groups" => {
                    let names = value.split([',', ' ', '[', ']']);
                    let names = names.filter_map(|word| word.strip_prefix(':'));
                    gem.groups.extend(names.map(|name| name.trim_end_matches(')').to_owned()));
                }
                "git" | "github" | "gist" | "bitbucket" | "gitlab" | "path" | "svn" => {
                    gem.elsewhere = true;
                }
                "source" => {
                    let from = span.end - value.trim_start().len();
                    gem.source = literal(text, Span { start: from, end: span.end });
                }
                _ => {}
            }
            continue;
        }
        let inner = written.strip_prefix('[').and_then(|list| list.split_once(']'));
        let parts = match inner {
            Some((list, _)) => {
                let from = span.start + 1;
                split(text, from, from + list.len())
            }
            None => vec![*span],
        };
        for part in parts {
            match literal(text, part) {
                Some(range) => gem.ranges.push(range),
                None => gem.open = Some(part),
            }
        }
    }
    Call::Gem(gem)
}

/// `group: :test`, `:group => :test` or `"group" => :test`.
fn keyword(argument: &str) -> Option<(&str, &str)> {
    if let Some((key, value)) = argument.split_once("=>") {
        return Some((key.trim().trim_matches([':', '"', '\'']), value.trim()));
    }
    let (key, value) = argument.split_once(": ")?;
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some((key, value))
}

/// A text in quotes that nothing is put into: `"x"`, `'x'`, `%q<x>`, `%q(x)`, with or without `.freeze`.
fn literal(text: &str, span: Span) -> Option<Word<'_>> {
    let written = span.of(text)?;
    let (skip, inner, close) = match written.as_bytes().first()? {
        b'"' => (1, written.get(1..)?, '"'),
        b'\'' => (1, written.get(1..)?, '\''),
        b'%' => {
            let close = match written.strip_prefix("%q")?.as_bytes().first()? {
                b'<' => '>',
                b'(' => ')',
                b'[' => ']',
                b'{' => '}',
                _ => return None,
            };
            (3, written.get(3..)?, close)
        }
        _ => return None,
    };
    let end = inner.find(close)?;
    let (word, rest) = (inner.get(..end)?, inner.get(end + 1..)?.trim());
    // `if` and `unless` behind a call do not change what it says.
    let plain = rest.is_empty()
        || [".freeze", "if ", "unless ", ")", "do"].iter().any(|one| rest.starts_with(one));
    if !plain || word.contains("#{") || word.contains('\\') {
        return None;
    }
    let start = span.start + skip;
    Some((word, Span { start, end: start + word.len() }))
}

/// The arguments of one call.
struct Arguments {
    spans: Vec<Span>,
    end: usize,
}

impl Arguments {
    /// Reads from behind the name of the method to the end of the call, which may go on over
    /// several lines behind a comma or inside brackets.
    fn read(text: &str, from: usize) -> Self {
        let limit = text.ceil_char_boundary((from + MAX_CALL).min(text.len()));
        let rest = text.get(from..limit).unwrap_or_default();
        let mut depth = 0_usize;
        let mut quote: Option<u8> = None;
        let mut last = b',';
        let mut end = rest.len();
        let mut bytes = rest.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match (quote, byte) {
                (Some(_), b'\\') => {
                    bytes.next();
                }
                // A quote that its line does not close was none.
                (Some(_), b'\n') => quote = None,
                (Some(open), close) if open == close => quote = None,
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'(' | b'[' | b'{') => depth += 1,
                (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                (None, b'#') if at == 0 || rest.as_bytes().get(at - 1) == Some(&b' ') => {
                    for (_, byte) in bytes.by_ref() {
                        if byte == b'\n' {
                            break;
                        }
                    }
                    if depth == 0 && last != b',' {
                        end = at;
                        break;
                    }
                    continue;
                }
                (None, b';') if depth == 0 => {
                    end = at;
                    break;
                }
                (None, b'\n') if depth == 0 && !matches!(last, b',' | b'\\') => {
                    end = at;
                    break;
                }
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                last = byte;
            }
        }
        let open = rest.len() - rest.trim_start().len();
        let inside = rest.get(open..end).unwrap_or_default();
        let bracket = inside.strip_prefix('(').map(|inner| inner.rfind(')').unwrap_or(inner.len()));
        let (start, stop) = match bracket {
            Some(length) => (from + open + 1, from + open + 1 + length),
            None => (from + open, from + end.max(open)),
        };
        Self { spans: split(text, start, stop), end: from + end }
    }
}

/// Splits at commas that stand in no quotes and no brackets.
fn split(text: &str, start: usize, end: usize) -> Vec<Span> {
    let body = text.get(start..end).unwrap_or_default();
    let mut out = Vec::new();
    let mut depth = 0_usize;
    let mut quote: Option<u8> = None;
    let mut from = 0;
    let mut push = |from: usize, to: usize| {
        let part = body.get(from..to).unwrap_or_default();
        let mut trimmed = part.trim_start();
        // A comment may stand between two arguments.
        while let Some(comment) = trimmed.strip_prefix('#') {
            trimmed = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        }
        let at = start + from + (part.len() - trimmed.len());
        if !trimmed.trim_end().is_empty() {
            out.push(Span { start: at, end: at + trimmed.trim_end().len() });
        }
    };
    for (at, byte) in body.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), close) if open == close => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b',') if depth == 0 => {
                push(from, at);
                from = at + 1;
            }
            _ => {}
        }
    }
    push(from, body.len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gems(text: &str) -> Vec<Gem<'_>> {
        let calls = calls(text).into_iter();
        calls.filter_map(|call| if let Call::Gem(gem) = call { Some(gem) } else { None }).collect()
    }

    #[test]
    fn words_are_read_and_programs_are_not() {
        let text = "source \"https://g.example\"\ngem 'a', '~> 1.0', \">= 1.0.3\", require: false # why\ngroup :development, :test do\n  gem(\"b\",\n    \"2.0\",\n    platforms: [:mri, :ruby])\n  if ENV[\"X\"]\n    gem \"c\"\n  end\nend\ngem \"d\", git: \"https://h.example/d.git\"\ngem name, \"1\"\ngem \"e\", VERSION\ngem \"f\", :group => :test\n";
        let found = gems(text);
        let names: Vec<_> = found.iter().map(|gem| gem.name.0).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
        let ranges: Vec<_> = found[0].ranges.iter().map(|(range, _)| *range).collect();
        assert_eq!(ranges, ["~> 1.0", ">= 1.0.3"]);
        assert_eq!(
            (found[1].ranges[0].0, &found[1].groups[..]),
            ("2.0", &["development".to_owned(), "test".to_owned()][..])
        );
        assert_eq!(found[2].groups.len(), 2);
        assert!(found[3].elsewhere && found[3].groups.is_empty());
        assert_eq!(found[4].open.unwrap().of(text), Some("VERSION"));
        assert_eq!(found[5].groups, ["test"]);
        let dynamic = calls(text).into_iter().filter(|call| matches!(call, Call::Dynamic(_)));
        assert_eq!(dynamic.count(), 1);
    }

    #[test]
    fn a_line_may_have_several() {
        let text = "group :test do\n  gem \"a\", \"1.0\"; gem 'b', '~> 2;0' # why\nend\ngem(\"c\");\ngem %q(d), \"4\"\n%w[e].each { |n| gem n, \"5\" }\n";
        let found = gems(text);
        let said: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|gem| (gem.name.0, gem.ranges.iter().map(|(range, _)| *range).collect()))
            .collect();
        assert_eq!(
            said,
            [("a", vec!["1.0"]), ("b", vec!["~> 2;0"]), ("c", vec![]), ("d", vec!["4"])]
        );
        assert!(found[1].is_for_development() && !found[2].is_for_development());
        let dynamic = calls(text).into_iter().filter(|call| matches!(call, Call::Dynamic(_)));
        assert_eq!(dynamic.count(), 1);
    }

    #[test]
    fn sources_are_for_all_or_for_a_block() {
        let text = "source \"https://a.example\"\nsource :name\nsource 'https://b.example' do # why\n  gem \"a\"\n  group :test do\n    gem 'b'\n  end\nend\ngem \"c\", source: \"https://c.example\"\ngem 'd'\nsource ENV['X']\n";
        let found = gems(text);
        let sources: Vec<_> = found.iter().map(|gem| gem.source.map(|(word, _)| word)).collect();
        let own = Some("https://b.example");
        assert_eq!(sources, [own, own, Some("https://c.example"), None]);
        let all: Vec<_> = calls(text)
            .into_iter()
            .filter_map(|call| if let Call::Source(one) = call { Some(one) } else { None })
            .map(|one| (one.address.map(|(word, _)| word), one.default, one.block))
            .collect();
        let (a, b) = (Some("https://a.example"), Some("https://b.example"));
        assert_eq!(
            all,
            [(a, false, false), (None, true, false), (b, false, true), (None, false, false)]
        );
    }

    #[test]
    fn specifications_name_themselves() {
        let text = "Gem::Specification.new do |s|\n  s.name = \"x\".freeze\n  s.version = X::VERSION\n  s.add_runtime_dependency(%q<a>.freeze, [\">= 0\", \"< 2\"])\n  s.add_development_dependency \"b\"\n  s.installed_by_version = \"3\" if s.respond_to? :y\nend\n";
        let found = gems(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].ranges.len(), 2);
        assert!(found[1].development);
        let all = calls(text);
        assert!(matches!(all[0], Call::Name(("x", _))));
        assert!(matches!(all[1], Call::Version(None)));
        assert!(matches!(all.last(), Some(Call::Installed)));
    }
}
