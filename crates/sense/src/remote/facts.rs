//! What a host said that nobody here reaches: one file, which people carried over.
//!
//! Its first line names its form, the mark and the time; the second one is what was asked, as a
//! program is asked it; then comes the stream of the script. So it can be read by whoever does not know
//! for which controls it was asked.

use holdfast_model::Timestamp;

use super::orders::{Orders, is_mark};
use super::stream::{self, Told};

/// How the first line begins.
const HEAD: &str = "holdfast facts ";
/// The form that is written and read.
const VERSION: &str = "1";
/// What a login shell may say before the first line, in bytes.
const NOISE: usize = 64 << 10;
/// More questions than this nobody asks.
const MOST_QUESTIONS: usize = 1 << 15;

/// What a host told without a connection.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What it told.
    pub told: Told,
    /// When, by its own clock; `None` where it does not say.
    pub at: Option<Timestamp>,
}

impl Facts {
    /// Reads a file; or why it is none. One that ends early is one, as long as the host told
    /// anything.
    ///
    /// # Errors
    ///
    /// Where it is something else, of another version, or not as the host left it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let cut = || "it ends before the host told anything".to_owned();
        if bytes.is_empty() {
            return Err("it is empty".to_owned());
        }
        let begins = begin(bytes).ok_or("it does not begin as what the script says")?;
        let mut rest = bytes.get(begins..).unwrap_or_default();
        let head = line(&mut rest).ok_or_else(cut)?;
        let head = String::from_utf8_lossy(head);
        if head.ends_with('\r') {
            return Err("its line ends were changed on the way".to_owned());
        }
        let mut words = head.split(' ').skip(2);
        let version = words.next().unwrap_or_default();
        if version != VERSION {
            let version: String = version.chars().take(20).collect();
            let version = version.escape_debug();
            return Err(format!("it is of version `{version}`, and `{VERSION}` can be read"));
        }
        let mark = words.next().filter(|mark| is_mark(mark));
        let mark = mark.ok_or("its first line has no mark")?;
        let at = words.next().and_then(Timestamp::parse);
        let asked = line(&mut rest).ok_or_else(cut)?;
        if asked.len() > Orders::LIMIT {
            return Err("what was asked is too long".to_owned());
        }
        let orders =
            Orders::read(asked).map_err(|why| format!("what was asked cannot be read: {why}"))?;
        if orders.questions.len() > MOST_QUESTIONS {
            return Err(format!("more than {MOST_QUESTIONS} questions were asked"));
        }
        let told = stream::read(&orders.table(), mark, rest);
        if told.uid.is_none() { Err(cut()) } else { Ok(Self { told, at }) }
    }
}

/// Where the first line begins.
fn begin(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(HEAD.as_bytes()) {
        return Some(0);
    }
    let before = bytes.get(..bytes.len().min(NOISE))?;
    let found = memchr::memmem::find(before, format!("\n{HEAD}").as_bytes());
    found.map(|at| at + 1)
}

/// The next line without its end; `None` where it has none.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let all: &'a [u8] = rest;
    let end = memchr::memchr(b'\n', all)?;
    *rest = all.get(end + 1..)?;
    all.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::{Along, Request};
    use crate::{Answer, Need};

    const MARK: &str = "m4rk0f7e5t";

    fn request() -> Request {
        let mut request = Request::default();
        request.add(Need::File("/etc/own.conf".into()), Along::default());
        request.add(Need::Command(vec!["own".into(), "it's".into()]), Along::default());
        request
    }

    /// What a host leaves: the file is there, the program is not.
    fn file() -> String {
        let orders = request().orders("0ther").line().unwrap();
        format!(
            "holdfast facts 1 {MARK} 2026-11-18T09:00:00Z\n{orders}\n\n{MARK} begin 1 0\n\n\
             {MARK} f 0\na = 1\n\n{MARK} = 0\n\n{MARK} x c 1 m\n\n{MARK} end\n"
        )
    }

    #[test]
    fn a_file_says_by_itself_what_was_asked() {
        for before in ["", "Welcome to web1\r\n"] {
            let facts = Facts::read(format!("{before}{}", file()).as_bytes()).unwrap();
            let told = |need: Need| facts.told.answer(&need);
            let bytes = Answer::Bytes(b"a = 1\n".as_slice().into());
            assert_eq!(told(Need::File("/etc/own.conf".into())), Some(bytes));
            let missing = told(Need::Command(vec!["own".into(), "it's".into()]));
            assert_eq!(missing, Some(Answer::Missing));
            assert_eq!(told(Need::File("/etc/other.conf".into())), None);
            assert!(facts.told.complete && facts.told.uid == Some(0));
            assert_eq!(facts.at, Timestamp::parse("2026-11-18T09:00:00Z"));
        }
        let untimed = file().replace("2026-11-18T09:00:00Z", "-");
        assert_eq!(Facts::read(untimed.as_bytes()).unwrap().at, None);
    }

    #[test]
    fn what_is_no_file_of_facts_says_why() {
        let whole = file();
        let cases = [
            (String::new(), "it is empty"),
            ("{\"schema\": \"other\"}\n".to_owned(), "it does not begin as"),
            ("\0\u{1}\n\0".to_owned(), "it does not begin as"),
            (whole.replace("facts 1", "facts 2"), "it is of version `2`"),
            (whole.replace('\n', "\r\n"), "its line ends were changed"),
            (whole.replacen(MARK, "m-rk", 1), "its first line has no mark"),
            (whole.replace("collect/1", "collect/7"), "this program reads `holdfast/collect/1`"),
            (whole.replace("begin 1", "begin 2"), "it ends before the host told anything"),
            ("holdfast facts 1".to_owned(), "it ends before the host told anything"),
        ];
        for (bytes, why) in cases {
            let refused = Facts::read(bytes.as_bytes()).unwrap_err();
            assert!(refused.contains(why), "{why}: {refused}");
        }
    }

    /// Wherever it ends, what stands before the end counts and nothing else does.
    #[test]
    fn a_file_that_was_cut_is_never_whole() {
        let whole = file();
        for length in 0..whole.len() {
            match Facts::read(&whole.as_bytes()[..length]) {
                Ok(facts) => assert!(!facts.told.complete, "{length}"),
                Err(why) => assert!(!why.is_empty()),
            }
        }
    }

    /// Whatever the bytes are, this ends, and no byte of the questions or the answers makes up another
    /// file.
    #[test]
    fn a_file_that_was_changed_is_read_to_its_end() {
        let whole = file();
        for at in 0..whole.len() {
            for byte in [b'\n', b'9', b'"', 0, 0xff] {
                let mut bytes = whole.clone().into_bytes();
                bytes[at] = byte;
                if let Ok(facts) = Facts::read(&bytes) {
                    assert!(facts.told.answers().count() <= 2, "{at} {byte}");
                }
            }
        }
    }

    /// The script says the same in its first lines, whoever reads it.
    #[test]
    fn the_script_writes_what_is_read() {
        let script = request().script_alone("0ther").unwrap();
        assert!(script.starts_with("#!/bin/sh\n{\nN='0ther'\n"), "{script}");
        assert!(script.contains(&format!("'{HEAD}{VERSION} %s %s\\n'")), "{script}");
        let orders = request().orders("0ther").line().unwrap().replace('\'', "'\\''");
        assert!(script.contains(&format!("\nprintf '%s\\n' '{orders}'\n")), "{script}");
        assert!(script.ends_with("exit 0\n}\n"), "{script}");
    }
}
