//! The script itself: functions that never change, and one line for each question.

use std::fmt::Write as _;

use super::carry::Carried;
use super::orders::Orders;
use super::pattern::Pattern;
use super::{Along, ENTRY_LIMIT, FILE_LIMIT, Item, OUTPUT_LIMIT, Table};
use crate::Sieve;

/// The functions, and how the stream begins.
const FUNCTIONS: &str = include_str!("collect.sh");

/// What a script says and does first that is carried to a host.
const ALONE: &str = include_str!("alone.sh");

/// How what files say is written. Each word of a shell is a write of its own, and over ssh each of those
/// is a packet, to be encrypted by itself: dd puts them together (XCU, dd). Its two sizes differ, since
/// some of them else put nothing together.
const TOGETHER_WRITTEN: &str = r#"}
if [ "$(printf ab | dd ibs=1 obs=2)" = ab ]; then look 4>&1 | dd ibs=8192 obs=32768; else look; fi
"#;

/// So many files at most are read by one program: a process costs more than most files.
const TOGETHER: usize = 256;

/// A word that means itself to every shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// How the functions are told what else is wanted.
fn letters(along: Along) -> &'static str {
    match (along.stat, along.read) {
        (true, true) => "sr",
        (true, false) => "s",
        (false, true) => "r",
        (false, false) => "-",
    }
}

pub(super) fn script(table: &Table, mark: &str, carried: Option<&Carried>) -> String {
    let mut out = String::new();
    begin(&mut out, table, mark);
    let orders = carried.and_then(|carried| Some((carried, Orders::new(table, mark).line()?)));
    if let Some((carried, orders)) = &orders {
        carried.write(orders, mark, &mut out);
    }
    out.push_str(FUNCTIONS);
    if orders.is_some() {
        out.push_str("[ -z \"$W\" ] || printf '\\n%s n %s\\n' \"$N\" \"$W\" >&4\n");
    }
    out.push_str(questions(table));
    out
}

/// A script that people carry to a host: what it is asked comes before what it says.
pub(super) fn alone(table: &Table, mark: &str) -> Option<String> {
    let orders = Orders::new(table, mark).line()?;
    let mut out = String::from("#!/bin/sh\n");
    begin(&mut out, table, mark);
    out.push_str(ALONE);
    let _ = writeln!(out, "printf '%s\\n' {}", quoted(&orders));
    out.push_str(FUNCTIONS);
    out.push_str(questions(table));
    Some(out)
}

fn begin(out: &mut String, table: &Table, mark: &str) {
    // A shell reads all of a group before it runs any of it: a script that was cut off does
    // nothing, and no program can read the rest of it as its own input.
    out.push_str("{\n");
    // To write to a string cannot fail.
    let _ = writeln!(out, "N={}", quoted(mark));
    // One byte more than is taken tells that there was more.
    let (file, output) = (FILE_LIMIT + 1, OUTPUT_LIMIT + 1);
    let _ = writeln!(out, "LIMIT={file} OUTPUT={output} ENTRIES={ENTRY_LIMIT}");
    let _ = writeln!(out, "TOGETHER={}", if table.apart { 1 } else { TOGETHER });
    let _ = writeln!(out, "D={}", table.items.len());
}

/// What [`ask`] writes, once for all hosts.
fn questions(table: &Table) -> &str {
    table.written.get_or_init(|| {
        let mut out = String::new();
        ask(&mut out, table);
        out
    })
}

/// One line for each question, and the end.
fn ask(out: &mut String, table: &Table) {
    out.push_str("look() {\n");
    if !table.stats.is_empty() {
        out.push('s');
        for (at, item) in table.items.iter().enumerate() {
            let (Item::Path(path), Some(along)) = (item, table.stats.get(&at)) else { continue };
            // One whose bytes are asked for by its own name, too, is read where its links lead.
            let read = along.read || table.files.contains(&at);
            let what = letters(Along { stat: false, read });
            let _ = write!(out, " \\\n{at} {what} {}", quoted(path));
        }
        out.push('\n');
    }
    if !table.files.is_empty() {
        out.push_str("fs");
        for (at, item) in table.items.iter().enumerate() {
            let Item::Path(path) = item else { continue };
            if table.files.contains(&at) {
                let _ = write!(out, " \\\n{at} {}", quoted(path));
            }
        }
        out.push('\n');
    }
    for (at, item) in table.items.iter().enumerate() {
        match item {
            Item::Pattern(pattern, along) => glob(out, at, pattern, *along),
            Item::Sieved(path, sieve) => sieved(out, at, path, sieve, table.apart),
            Item::Path(_) | Item::Program(_) => {}
        }
    }
    out.push_str("now\n");
    out.push_str(TOGETHER_WRITTEN);
    // A program may hang: what was told before is on its way then.
    for (at, item) in table.items.iter().enumerate() {
        if let Item::Program(words) = item {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            let _ = writeln!(out, "c {at} {}", words.join(" "));
        }
    }
    out.push_str("printf '\\n%s end\\n' \"$N\" >&4\nexit 0\n}\n");
}

/// A file of which not all is wanted; all the same it is told whole where each is read by itself.
fn sieved(out: &mut String, at: usize, path: &str, sieve: &Sieve, apart: bool) {
    let _ = if apart {
        writeln!(out, "f {at} {}", quoted(path))
    } else {
        let program: Vec<String> = sieve.program().iter().map(|word| quoted(word)).collect();
        writeln!(out, "v {at} {} {}", quoted(path), program.join(" "))
    };
}

fn glob(out: &mut String, at: usize, pattern: &str, along: Along) {
    let Ok(pattern) = Pattern::new(pattern) else { return };
    let folders = pattern.folders();
    for (number, (needed, words)) in folders.iter().enumerate() {
        let before = if number == 0 { "if " } else { " && " };
        let _ = write!(out, "{before}may {needed} {}", words.join(" "));
    }
    if !folders.is_empty() {
        out.push_str("; then\n");
    }
    let _ = writeln!(out, "g {at} {} {}", letters(along), pattern.words().join(" "));
    if !folders.is_empty() {
        let _ = writeln!(out, "else x g {at} d; al=; fi");
    }
}
