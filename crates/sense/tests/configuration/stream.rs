//! The stream that the script leaves, with noise around it, cut off, and made up.

#![expect(clippy::disallowed_methods, reason = "tests run shells, and look at files themselves")]

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use holdfast_sense::remote::{Along, Facts, Fallback, Request};
use holdfast_sense::{Answer, Need};

use crate::dice::Dice;
use crate::remote::{MARK, run, shells};

#[test]
fn what_comes_before_and_behind_is_noise_and_what_was_cut_off_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, format!("a\n{}\n", MARK.get(..9).unwrap())).unwrap();
    let mut request = Request::default();
    let file = Need::File(file.to_str().unwrap().into());
    let pattern = Need::Glob(format!("{}/*", folder.path().display()).into());
    request.add(file.clone(), Along::default());
    request.add(pattern.clone(), Along { stat: true, read: true });
    let shell = shells().remove(0);
    let stream = run(&shell, None, &request.script(MARK));
    let whole = request.read(MARK, &stream);
    assert!(whole.complete && whole.answer(&file).is_some() && whole.answer(&pattern).is_some());
    let noisy = [b"Welcome!\r\nno newline at the end".as_slice(), &stream, b"bye\n"].concat();
    let heard = request.read(MARK, &noisy);
    assert!(heard.complete);
    assert_eq!(heard.answer(&file), whole.answer(&file));
    for end in 0..stream.len() {
        let part = request.read(MARK, &stream[..end]);
        assert!(!part.complete);
        for (need, answer) in part.answers() {
            assert_eq!(whole.answer(need).as_ref(), Some(answer), "cut at {end}");
        }
    }
    // Under another mark nothing is understood.
    let other = request.read("0", &stream);
    assert!(other.uid.is_none() && other.answers().next().is_none());
}

/// A list that is told again changes nothing, of what is there and of what is not.
#[test]
fn of_what_a_pattern_finds_the_first_word_counts() {
    let mut request = Request::default();
    let pattern = Need::Glob("/d/*.conf".into());
    request.add(pattern.clone(), Along::default());
    let list = |found: &str| format!("\n{MARK} g 0 1\n{found}\n{MARK} = 0\n");
    let (one, none) = (list("f/d/a.conf\0"), list(""));
    let stream = format!("\n{MARK} begin 1 0\n{one}{none}\n{MARK} end\n");
    let told = request.read(MARK, stream.as_bytes());
    assert!(told.complete);
    assert_eq!(told.answer(&pattern), Some(Answer::Paths(vec!["/d/a.conf".into()])));
    assert_eq!(told.answer(&Need::Stat("/d/a.conf".into())), None, "it is there");
    assert_eq!(told.answer(&Need::Stat("/d/b.conf".into())), Some(Answer::Missing));
}

/// A script that people carry leaves a file that says by itself what was asked, in every shell.
#[test]
fn what_a_script_alone_leaves_is_read_without_its_questions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it's");
    fs::write(&file, "a = 1\n").unwrap();
    let needs = [
        Need::File(file.to_str().unwrap().into()),
        Need::Stat(file.to_str().unwrap().into()),
        Need::Glob(format!("{}/*", folder.path().display()).into()),
        Need::Command(vec!["echo".into(), "it's".into()]),
    ];
    let mut request = Request::default();
    for need in &needs {
        request.add(need.clone(), Along::default());
    }
    for shell in shells() {
        let told = request.read(MARK, &run(&shell, None, &request.script(MARK)));
        let left = run(&shell, None, &request.script_alone(MARK).unwrap());
        let facts = Facts::read(&left).unwrap();
        assert!(facts.told.complete && facts.at.is_some(), "{}", String::from_utf8_lossy(&left));
        for need in &needs {
            assert!(told.answer(need).is_some(), "{need:?}");
            assert_eq!(facts.told.answer(need), told.answer(need), "{need:?}");
        }
        // What it says stands under a mark that its text does not have.
        let known = request.read(MARK, &left);
        assert!(known.uid.is_none(), "the mark was known beforehand");
    }
}

#[test]
fn what_a_program_said_that_did_not_end_is_of_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("file"), "there").unwrap();
    let mut request = Request::default();
    let file = Need::File(path("file").into());
    let gone = Need::File(path("gone").into());
    for need in [&file, &gone] {
        request.add(need.clone(), Along::default());
    }
    let script = run(&shells().remove(0), None, &request.script(MARK));
    let broken = format!(
        "\n{MARK} begin 1 4711\n\n{MARK} f 0\nelse\n{MARK} = 0\n\n{MARK} n run\n\n{MARK} f 1\nhalf"
    );
    let told = request.read(MARK, &[broken.as_bytes(), &script].concat());
    assert!(told.complete && told.uid != Some(4711));
    assert_eq!(told.answer(&file), Some(Answer::Bytes(b"there".as_slice().into())));
    assert_eq!((told.answer(&gone), told.fallback), (Some(Answer::Missing), None));
    let why = format!("\n{MARK} n machine\n").into_bytes();
    let at = script.windows(5).position(|part| part == b"begin").unwrap() + 5;
    let end = at + script[at..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let told = request.read(MARK, &[&script[..end], &why, &script[end..]].concat());
    assert_eq!(told.fallback, Some(Fallback::Machine));
    assert!(told.complete && told.answer(&file).is_some());
}

#[test]
fn no_stream_is_too_hostile() {
    let mut request = Request::default();
    request.add(Need::File("/a".into()), Along::default());
    request.add(Need::Stat("/a".into()), Along::default());
    request.add(Need::Glob("/b/*".into()), Along { stat: true, read: true });
    request.add(Need::Command(vec!["x".into()]), Along::default());
    let words = [
        "begin 1 0",
        "begin 2 0",
        "f 0",
        "f 1",
        "f 99999999999999999999",
        "= 0",
        "= 1 x: y",
        "=",
        "b 0 0",
        "t 0 0 0",
        "t 0",
        "u 0",
        "l 0",
        "l 1",
        "p 3",
        "p 0",
        "g 1 3",
        "g 1 0",
        "g 1 18446744073709551615",
        "c 2",
        "e 2",
        "e 1",
        "x f 0 m",
        "x g 1 d",
        "x c 0 m",
        "x t",
        "n folder",
        "n",
        "end",
        "",
        "\u{e9}",
        "8 8 8",
    ];
    let bodies: [&[u8]; 9] = [
        b"",
        b"\n",
        b"81a4 0 0\n",
        b"f/b/x\0o/b/y\0f/etc/shadow\0",
        b"-rw-r--r-- 1 0 0 x\n",
        b"\xFF\0\0",
        b"ffffffff 4294967296 0\n",
        b"drwxrwxrwt 9\n",
        b"==> /a <==\n\n==> /a <==\nx",
    ];
    for seed in 0..20_000 {
        let mut dice = Dice::new(seed);
        let mut stream = Vec::new();
        if !dice.once_in(8) {
            stream.extend_from_slice(format!("\n{MARK} begin 1 0\n").as_bytes());
        }
        for _ in 0..dice.roll(12) {
            stream.extend_from_slice(format!("\n{MARK} {}\n", dice.pick(&words)).as_bytes());
            stream.extend_from_slice(bodies[dice.roll(bodies.len())]);
        }
        if dice.once_in(3) && !stream.is_empty() {
            let at = dice.roll(stream.len());
            stream[at] = stream[at].wrapping_add(1);
        }
        let told = request.read(MARK, &stream);
        if let Some(Answer::Paths(paths)) = told.answer(&Need::Glob("/b/*".into())) {
            assert!(paths.iter().all(|path| path.starts_with("/b/")), "{paths:?}");
        }
    }
}

#[test]
fn a_script_that_was_cut_off_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = Request::default();
    request.add(Need::Glob(format!("{}/*", folder.path().display()).into()), Along::default());
    let script = request.script(MARK);
    for length in [script.len() / 2, script.len() - 3] {
        let shell = shells().remove(0);
        let mut child = Command::new(shell[0]);
        child.args(&shell[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&script.as_bytes()[..length]).unwrap();
        drop(input);
        assert!(child.wait_with_output().unwrap().stdout.is_empty());
    }
}
