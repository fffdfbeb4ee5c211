//! A program of Holdfast that goes along with a script, and does its work where it may be run.
//!
//! It is sent each time and never kept, so that nothing over there has to be trusted or compared. Knows
//! the head of an ELF file (System V ABI, "Object Files"), by which a host for which it is not made is
//! told before anything is run.

use std::fmt::Write as _;
use std::sync::Arc;

use super::script::quoted;

/// What the script does with it.
const FUNCTIONS: &str = include_str!("carry.sh");

/// The length of the head of a file of each class, and of one entry of its program headers.
const CLASSES: [(u8, usize, u16); 2] = [(1, 52, 32), (2, 64, 56)];

/// A program that goes along.
#[derive(Debug, Clone)]
pub struct Carried {
    bytes: Arc<[u8]>,
    /// For which machines it is, as the script writes it.
    kind: String,
}

/// Why a program that went along did not look itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// It is for another kind of machine, or the host does not say which it is.
    Machine,
    /// There is no folder in which something may be run.
    Folder,
    /// Not all of it arrived.
    Cut,
    /// It was run, and did not end well.
    Run,
}

impl Fallback {
    /// By its word in the stream.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "machine" => Self::Machine,
            "folder" => Self::Folder,
            "cut" => Self::Cut,
            "run" => Self::Run,
            _ => return None,
        })
    }

    /// Why, in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Machine => "it is made for another kind of machine",
            Self::Folder => "there is no folder in which it may be run",
            Self::Cut => "not all of it arrived",
            Self::Run => "it did not end well there",
        }
    }
}

impl Carried {
    /// A program by its bytes; or why they are none that a host could run.
    pub fn new(bytes: Arc<[u8]>) -> Result<Self, &'static str> {
        const NONE: &str = "it is no program of Linux (ELF)";
        let at = |place: usize| bytes.get(place).copied().unwrap_or_default();
        if !bytes.starts_with(b"\x7fELF") {
            return Err(NONE);
        }
        let Some((_, head, entry)) = CLASSES.into_iter().find(|(class, ..)| *class == at(4)) else {
            return Err(NONE);
        };
        let number = |place: usize| {
            let pair = [at(place), at(place + 1)];
            if at(5) == 2 { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        // A shell takes what the system does not know as a program for a script of its own.
        let whole = bytes.len() > head && matches!(at(5), 1 | 2);
        // `e_type`: ET_EXEC or ET_DYN; `e_phentsize` and `e_phnum`, near the end of the head.
        let runs = matches!(number(16), 2 | 3);
        if !whole || !runs || number(head - 10) != entry || number(head - 8) == 0 {
            return Err(NONE);
        }
        let mut kind = String::new();
        for place in [0, 1, 2, 3, 4, 5, 18, 19] {
            // To write to a string cannot fail.
            let _ = write!(kind, "{:02x}", at(place));
        }
        Ok(Self { bytes, kind })
    }

    /// What goes behind the script.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What the script does before it looks by itself, where `orders` is what is asked.
    pub(super) fn write(&self, orders: &str, mark: &str, out: &mut String) {
        let _ = writeln!(out, "KIND={} SIZE={}", self.kind, self.bytes.len());
        out.push_str(FUNCTIONS);
        // No line of what is asked is the mark: it is one line of JSON.
        let _ = write!(out, "if bring; then\nlook <<{}\n{orders}\n{mark}\nfi\n", quoted(mark));
        out.push_str("gone\ntrap - EXIT HUP INT PIPE TERM\nunset TMPDIR\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(class: u8, order: u8) -> Vec<u8> {
        let (_, head, entry) = CLASSES[usize::from(class) - 1];
        let mut bytes = vec![0; head + 100];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, order]);
        let mut put = |place: usize, number: u16| {
            let pair = if order == 2 { number.to_be_bytes() } else { number.to_le_bytes() };
            bytes[place..place + 2].copy_from_slice(&pair);
        };
        put(16, 3);
        put(18, 0x3e);
        put(head - 10, entry);
        put(head - 8, 5);
        bytes
    }

    #[test]
    fn only_what_a_system_takes_for_a_program_goes_along() {
        let kind = |bytes: Vec<u8>| Carried::new(bytes.into()).map(|carried| carried.kind);
        assert_eq!(kind(program(2, 1)).unwrap(), "7f454c4602013e00");
        assert_eq!(kind(program(1, 2)).unwrap(), "7f454c460102003e");
        assert!(kind(b"#!/bin/sh\nid\n".to_vec()).is_err());
        assert!(kind(Vec::new()).is_err());
        // Each byte that makes a system refuse it is missed.
        for place in [0, 3, 4, 5, 16, 54, 56] {
            let mut bytes = program(2, 1);
            bytes[place] = 0;
            assert!(kind(bytes).is_err(), "{place}");
        }
        let mut cut = program(2, 1);
        cut.truncate(64);
        assert!(kind(cut).is_err());
    }

    #[test]
    fn every_word_of_the_script_has_a_reason() {
        for word in ["machine", "folder", "cut", "run"] {
            assert!(FUNCTIONS.contains(&format!("W={word}\n")), "{word}");
            assert!(!Fallback::of(word).unwrap().reason().is_empty());
        }
        assert_eq!(Fallback::of("else"), None);
    }
}
