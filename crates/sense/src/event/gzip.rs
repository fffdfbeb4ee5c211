//! Packed logs, unpacked while they are read.
//!
//! Knows gzip (RFC 1952) with any number of members; knows nothing of what is inside. What came
//! out before a file breaks off has been read.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;
use holdfast_model::{Logged, Problem};

use super::LogStream;
use super::cursor::Cursor;

/// How many bytes are unpacked at once; they give at most a thousand times as many.
const STEP: usize = 4096;

/// What any log may unpack to, however small it is, in bytes.
const FLOOR: u64 = 64 << 20;

/// How many times larger than its file the rest may be. Logs that repeat themselves reach fifty;
/// the format ends at 1,032.
const RATIO: u64 = 250;

/// Whether a file begins as one that gzip packed.
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1F, 0x8B])
}

/// The same log, but where its first bytes are those of gzip, it is unpacked on the way. Where the
/// file is cut or broken, or unpacks to more than 250 times its size (and 64 MiB), the log ends
/// there as [`Logged::Partial`].
pub fn unpacking(log: Box<dyn LogStream>) -> Box<dyn LogStream> {
    Box::new(Unpacking { log, head: Vec::new(), state: State::Unknown, cursor: Cursor::START })
}

/// The beginning of what a packed file holds, as far as the beginning of the file tells, at most
/// `most` bytes.
pub fn unpacked_head(head: &[u8], most: usize) -> Vec<u8> {
    let mut decoder = MultiGzDecoder::new(Vec::new());
    for step in head.chunks(64) {
        let done = decoder.write_all(step).and_then(|()| decoder.flush());
        if done.is_err() || decoder.get_ref().len() >= most {
            break;
        }
    }
    let mut unpacked = std::mem::take(decoder.get_mut());
    unpacked.truncate(most);
    unpacked
}

struct Unpacking {
    log: Box<dyn LogStream>,
    /// The first bytes, while there are fewer than two.
    head: Vec<u8>,
    state: State,
    /// Where the unpacked log is.
    cursor: Cursor,
}

enum State {
    Unknown,
    Plain,
    Packed(Box<Packed>),
    Over,
}

struct Packed {
    decoder: MultiGzDecoder<Vec<u8>>,
    taken: u64,
    given: u64,
}

impl LogStream for Unpacking {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        if !matches!(self.state, State::Unknown) {
            return self.pass(chunk, end, out);
        }
        self.head.extend_from_slice(chunk);
        if self.head.len() < 2 && !end {
            return;
        }
        self.state = if is_gzip(&self.head) {
            let decoder = MultiGzDecoder::new(Vec::new());
            State::Packed(Box::new(Packed { decoder, taken: 0, given: 0 }))
        } else {
            State::Plain
        };
        let head = std::mem::take(&mut self.head);
        self.pass(&head, end, out);
    }
}

impl Unpacking {
    fn pass(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        let packed = match &mut self.state {
            State::Plain => return self.log.push(chunk, end, out),
            State::Packed(packed) => packed,
            State::Unknown | State::Over => return,
        };
        let mut fault = None;
        for step in chunk.chunks(STEP) {
            let done = packed.step(step);
            packed.hand_on(&mut self.cursor, self.log.as_mut(), out);
            if let Err(why) = done {
                fault = Some(why);
                break;
            }
        }
        if end && fault.is_none() {
            // The last bytes may wait for the check sum; where it is missing the file is cut.
            let done = packed.decoder.try_finish();
            packed.hand_on(&mut self.cursor, self.log.as_mut(), out);
            fault = done.is_err().then_some(Fault::Cut);
        }
        if let Some(fault) = fault {
            self.state = State::Over;
            self.give_up(&fault, out);
        } else if end {
            self.state = State::Over;
            self.log.push(&[], true, out);
        }
    }

    /// Ends the log, which says of its last record only what the file's end already explains.
    fn give_up(&mut self, fault: &Fault, out: &mut dyn FnMut(Logged<'_>)) {
        let mut place = self.cursor.place();
        self.log.push(&[], true, &mut |logged| match logged {
            Logged::Partial(Problem { place: Some(within), .. }) => place = within,
            Logged::Partial(_) => {}
            other => out(other),
        });
        let (code, message, help) = match fault {
            Fault::Cut => (
                "event-unpack",
                "the packed log ends here, before its end",
                "read it again once it is copied to its end; all before was read",
            ),
            Fault::Broken => (
                "event-unpack",
                "the packed log is broken from here on",
                "fetch it again; all before was read",
            ),
            Fault::TooLarge => (
                "event-unpack-too-large",
                "the log unpacks to more than 250 times its size",
                "if it is sound, unpack it and read what comes out",
            ),
        };
        out(Logged::Partial(Problem::at(code, place, message).help(help)));
    }
}

enum Fault {
    Cut,
    Broken,
    TooLarge,
}

impl Packed {
    fn step(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.taken += bytes.len() as u64;
        // What is flushed now survives whatever comes next.
        let done = self.decoder.write_all(bytes).and_then(|()| self.decoder.flush());
        if self.given > FLOOR.max(self.taken.saturating_mul(RATIO)) {
            return Err(Fault::TooLarge);
        }
        done.map_err(|_| {
            // Brings out what was unpacked before the fault; the fault itself is known.
            let _ = self.decoder.try_finish();
            Fault::Broken
        })
    }

    fn hand_on(
        &mut self,
        cursor: &mut Cursor,
        log: &mut dyn LogStream,
        out: &mut dyn FnMut(Logged<'_>),
    ) {
        let bytes = self.decoder.get_mut();
        self.given += bytes.len() as u64;
        cursor.advance(bytes);
        log.push(bytes, false, out);
        bytes.clear();
    }
}
