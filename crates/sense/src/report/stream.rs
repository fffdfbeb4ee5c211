//! From pushed chunks to the bytes of a report: unpacks gzip within bounds.
//!
//! Knows packing; must not know any report.

use std::io::Write;
use std::sync::Arc;

use flate2::write::MultiGzDecoder;
use holdfast_model::Fact;

use super::Stream;
use super::cursor::At;
use super::say::{Say, Told, Wrong};

/// The first bytes of gzip (RFC 1952, section 2.3.1).
pub(super) const GZIP: [u8; 2] = [0x1F, 0x8B];

/// So many packed bytes are unpacked at once, which become at most a thousand times as many.
const STEP: usize = 1024;

/// What any report may unpack to, in bytes.
const FLOOR: u64 = 64 << 20;

/// How many times larger than its packed form the rest may be. Real reports become ten to sixty
/// times larger, deflate allows a thousand.
const RATIO: u64 = 200;

/// What reads one kind of report from its bytes.
pub(super) trait Parse {
    /// Takes more bytes, cut anywhere.
    fn push(&mut self, bytes: &[u8], say: &mut Say<'_>);
    /// The report ends here.
    fn end(&mut self, say: &mut Say<'_>);
}

enum Packing {
    /// Not enough bytes yet to tell.
    Unknown(Vec<u8>),
    Plain,
    Gzip(Box<Gzip>),
    /// Nothing more is read.
    Over,
}

struct Gzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    packed: u64,
    unpacked: u64,
}

/// A report that is being read.
pub(super) struct Input<P> {
    parse: P,
    told: Told,
    packing: Packing,
    read: u64,
}

impl<P: Parse + 'static> Input<P> {
    pub(super) fn start(parse: P, path: &Arc<str>) -> Box<dyn Stream> {
        let packing = Packing::Unknown(Vec::new());
        Box::new(Self { parse, told: Told::new(path), packing, read: 0 })
    }
}

impl<P: Parse> Stream for Input<P> {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Fact)) {
        if matches!(self.packing, Packing::Over) {
            return;
        }
        let mut say = Say { out, told: &mut self.told };
        self.read = self.read.saturating_add(chunk.len() as u64);
        let held;
        let mut chunk = chunk;
        if let Packing::Unknown(head) = &mut self.packing {
            head.extend_from_slice(chunk);
            if head.len() < GZIP.len() && !end {
                return;
            }
            held = std::mem::take(head);
            self.packing = if held.starts_with(&GZIP) {
                let decoder = MultiGzDecoder::new(Vec::new());
                Packing::Gzip(Box::new(Gzip { decoder, packed: 0, unpacked: 0 }))
            } else {
                Packing::Plain
            };
            chunk = &held;
        }
        let wrong = if let Packing::Gzip(gzip) = &mut self.packing {
            gzip.push(chunk, end, &mut self.parse, &mut say).err()
        } else {
            self.parse.push(chunk, &mut say);
            None
        };
        let broken = wrong.is_some();
        if let Some(wrong) = wrong {
            say.wrong(wrong);
        }
        if end || broken {
            if self.read == 0 {
                let empty = Wrong::loss("empty-file", At::START, "this report is empty");
                say.wrong(empty.help("let the scanner write it again"));
            } else {
                self.parse.end(&mut say);
            }
            if say.told.partial {
                say.fact(Fact::Partial);
            }
            self.packing = Packing::Over;
        }
    }
}

impl Gzip {
    fn push(
        &mut self,
        chunk: &[u8],
        end: bool,
        parse: &mut impl Parse,
        say: &mut Say<'_>,
    ) -> Result<(), Wrong> {
        let cut = || {
            Wrong::loss("report-gzip", At::START, "this packed report is cut off or damaged")
                .help("copy it again; what could be unpacked was read")
        };
        for piece in chunk.chunks(STEP) {
            let written = self.decoder.write_all(piece);
            self.packed += piece.len() as u64;
            self.hand_over(parse, say)?;
            written.map_err(|_| cut())?;
        }
        if end {
            let finished = self.decoder.try_finish();
            self.hand_over(parse, say)?;
            finished.map_err(|_| cut())?;
        }
        Ok(())
    }

    fn hand_over(&mut self, parse: &mut impl Parse, say: &mut Say<'_>) -> Result<(), Wrong> {
        let bytes = self.decoder.get_mut();
        self.unpacked += bytes.len() as u64;
        if self.unpacked > FLOOR.max(self.packed.saturating_mul(RATIO)) {
            let message = format!("this report unpacks to more than {RATIO} times its size");
            return Err(Wrong::loss("report-gzip-too-large", At::START, message)
                .help("if it is a real report, unpack it first"));
        }
        parse.push(bytes, say);
        bytes.clear();
        Ok(())
    }
}
