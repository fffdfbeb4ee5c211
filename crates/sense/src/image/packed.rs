//! Unpacks a stream as it comes: gzip and Zstandard, told by their first bytes.
//!
//! Knows compressions and bounds; knows nothing of what is inside.

use std::io::Write as _;

use ruzstd::decoding::FrameDecoder;

/// What any stream may unpack to, however small it is, in bytes.
const FLOOR: u64 = 1 << 30;
/// How many times larger than the stream the rest may be; deflate reaches a thousand.
const RATIO: u64 = 200;
/// The most memory that a stream may ask for as its window, in bytes; what encoders use at most.
const WINDOW: u64 = 128 << 20;

/// How a stream is packed.
enum How {
    /// So many first bytes are not enough to tell.
    Unknown(Vec<u8>),
    Plain,
    Gzip(Box<flate2::write::MultiGzDecoder<Vec<u8>>>),
    Zstd(Box<Zstd>),
    /// It failed; nothing more comes out.
    Failed,
}

/// A stream that is unpacked as it comes.
pub struct Unpacker {
    how: How,
    taken: u64,
    given: u64,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self { how: How::Unknown(Vec::new()), taken: 0, given: 0 }
    }
}

impl Unpacker {
    /// Unpacks on, and hands over what comes out.
    ///
    /// # Errors
    ///
    /// Once, in words, where the stream is broken or too much comes out of it.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        self.taken += bytes.len() as u64;
        let done = self.step(bytes, out);
        self.settle(done)
    }

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// Where it is cut off.
    pub fn finish(mut self, out: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        if let How::Unknown(head) = &mut self.how {
            let head = std::mem::take(head);
            self.how = How::Plain;
            self.step(&head, out)?;
        }
        let cut = || "it is cut off".to_owned();
        match &mut self.how {
            How::Gzip(decoder) => {
                let done = decoder.try_finish();
                out(decoder.get_ref());
                done.map_err(|_| cut())
            }
            How::Zstd(zstd) if !zstd.is_whole() => Err(cut()),
            _ => Ok(()),
        }
    }

    fn settle(&mut self, done: Result<(), String>) -> Result<(), String> {
        if done.is_err() {
            self.how = How::Failed;
        }
        done
    }

    fn step(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), String> {
        let most = FLOOR.max(self.taken.saturating_mul(RATIO));
        let given = &mut self.given;
        let mut bounded = |bytes: &[u8]| {
            *given += bytes.len() as u64;
            if *given > most {
                return Err(format!("more than {RATIO} times its size comes out of it"));
            }
            out(bytes);
            Ok(())
        };
        match &mut self.how {
            How::Failed => Ok(()),
            How::Plain => bounded(bytes),
            How::Gzip(decoder) => {
                // What came out before the stream broke still counts.
                let written = decoder.write_all(bytes);
                let came = std::mem::take(decoder.get_mut());
                bounded(&came)?;
                written.map_err(|_| "its compression is broken".to_owned())
            }
            How::Zstd(zstd) => zstd.push(bytes, &mut bounded),
            How::Unknown(head) => {
                head.extend_from_slice(bytes);
                let how = match head.as_slice() {
                    [0x1F, 0x8B, ..] => {
                        How::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Vec::new())))
                    }
                    // The second is a frame that Zstandard passes over.
                    [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => {
                        How::Zstd(Box::default())
                    }
                    [_, _, _, _, ..] => How::Plain,
                    _ => return Ok(()),
                };
                let head = std::mem::take(head);
                self.how = how;
                self.step(&head, out)
            }
        }
    }
}

/// Frames of Zstandard, one after the other (RFC 8878).
#[derive(Default)]
struct Zstd {
    frame: Option<FrameDecoder>,
    waiting: Vec<u8>,
    /// Bytes of a skippable frame that are still to be passed over.
    skip: usize,
    room: Vec<u8>,
}

impl Zstd {
    fn is_whole(&self) -> bool {
        self.frame.is_none() && self.waiting.is_empty() && self.skip == 0
    }

    fn push(
        &mut self,
        bytes: &[u8],
        out: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        self.waiting.extend_from_slice(bytes);
        self.room.resize(128 << 10, 0);
        let mut at = 0;
        loop {
            let rest = self.waiting.get(at..).unwrap_or_default();
            let passed = self.skip.min(rest.len());
            let rest = rest.get(passed..).unwrap_or_default();
            (self.skip, at) = (self.skip - passed, at + passed);
            let Some(decoder) = &mut self.frame else {
                if self.skip > 0 {
                    break;
                }
                if let [0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..] = *rest {
                    let length = u32::from_le_bytes([a, b, c, d]);
                    self.skip = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
                    continue;
                }
                if header_size(rest).is_none_or(|size| rest.len() < size) {
                    break;
                }
                let mut decoder = FrameDecoder::new();
                decoder.set_max_window_size(WINDOW);
                self.frame = Some(decoder);
                continue;
            };
            let (read, written) = decoder
                .decode_from_to(rest, &mut self.room)
                .map_err(|_| "its compression is broken".to_owned())?;
            // A checksum that has not come whole yet is said to be read.
            let read = if read > rest.len() { 0 } else { read };
            at += read;
            out(self.room.get(..written).unwrap_or_default())?;
            if decoder.is_finished() && decoder.can_collect() == 0 {
                self.frame = None;
            } else if read == 0 && written == 0 {
                break;
            }
        }
        self.waiting.drain(..at.min(self.waiting.len()));
        Ok(())
    }
}

/// The size of a frame's header by its descriptor (RFC 8878, section 3.1.1.1), in bytes.
fn header_size(frame: &[u8]) -> Option<usize> {
    let descriptor = *frame.get(4)?;
    let single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied()?;
    let content = match descriptor >> 6 {
        0 => usize::from(single),
        size => 1 << size,
    };
    Some(5 + usize::from(!single) + dictionary + content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn plain(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    type Way = fn(&[u8]) -> Vec<u8>;

    const WAYS: [Way; 3] = [gzip, zstd, plain];

    fn text() -> Vec<u8> {
        (0..60_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
    }

    fn unpack(bytes: &[u8], step: usize) -> (Vec<u8>, Result<(), String>) {
        let (mut unpacker, mut out) = (Unpacker::default(), Vec::new());
        let mut done = Ok(());
        for chunk in bytes.chunks(step) {
            done = done.and(unpacker.push(chunk, &mut |bytes| out.extend_from_slice(bytes)));
        }
        done = done.and(unpacker.finish(&mut |bytes| out.extend_from_slice(bytes)));
        (out, done)
    }

    #[test]
    fn every_packing_comes_out_whole_whatever_the_chunks() {
        let text = text();
        for pack in WAYS {
            let packed = pack(&text);
            let doubled = [packed.clone(), packed.clone()].concat();
            for step in [1000, 65_536, usize::MAX] {
                assert!(unpack(&packed, step) == (text.clone(), Ok(())), "{step}");
            }
            assert!(unpack(&doubled, 777).0 == [text.clone(), text.clone()].concat());
        }
        for short in [&b""[..], b"a", b"abc"] {
            assert_eq!(unpack(short, 1), (short.to_vec(), Ok(())));
        }
    }

    #[test]
    fn what_is_cut_off_is_said_and_its_beginning_kept() {
        let text = text();
        for pack in [gzip, zstd] {
            let packed = pack(&text);
            let (out, done) = unpack(&packed[..packed.len() * 2 / 3], 1000);
            assert_eq!(done, Err("it is cut off".to_owned()));
            assert!(text.starts_with(&out));
            // What Zstandard may still refer to is held back until its frame ends.
            assert!(!out.is_empty() || pack(b"a") == zstd(b"a"));
        }
    }

    #[test]
    fn bombs_are_stopped() {
        let packed = gzip(&vec![0; 4 << 20]);
        let mut unpacker = Unpacker { given: FLOOR - (1 << 20), ..Unpacker::default() };
        let done = unpacker.push(&packed, &mut |_| {});
        assert!(done.is_err_and(|why| why.contains("200 times")));
        assert_eq!(unpacker.push(&packed, &mut |_| panic!("nothing more comes out")), Ok(()));
    }

    #[test]
    fn broken_streams_are_said() {
        let mut packed = gzip(&text());
        packed[5000..6000].fill(0xFF);
        assert!(unpack(&packed, 500).1.is_err());
    }
}
