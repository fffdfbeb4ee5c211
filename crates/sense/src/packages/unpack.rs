//! Unpacks compressed lists in memory, within bounds.
//!
//! Knows compressions; knows nothing of what is inside. What came out before a stream broke is
//! kept, because half a list of security updates still names updates.

use std::io::Read;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The most that one list may unpack to, in bytes.
pub const MOST: usize = 512 << 20;

/// What any file may unpack to, however small it is, in bytes.
const FLOOR: usize = 16 << 20;

/// How many times larger than the file the rest may be. Lists of packages unpack to three to
/// eight times their size.
const RATIO: usize = 100;

/// The most memory that a stream may ask for as its window or dictionary, in bytes.
const WINDOW: u32 = 64 << 20;

/// How much is taken out of a decoder at once. Some lose what they had put into the buffer when
/// they fail, so it is small.
const STEP: usize = 4096;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip (RFC 1952).
    Gzip,
    /// LZ4 frames.
    Lz4,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
    /// bzip2, which is not read.
    Bzip2,
}

impl Packing {
    /// Splits the ending off a file name.
    pub fn of(name: &str) -> (&str, Self) {
        const ENDINGS: [(&str, Packing); 5] = [
            (".gz", Packing::Gzip),
            (".lz4", Packing::Lz4),
            (".xz", Packing::Xz),
            (".zst", Packing::Zstd),
            (".bz2", Packing::Bzip2),
        ];
        let known = |(ending, packing)| Some((name.strip_suffix(ending)?, packing));
        ENDINGS.into_iter().find_map(known).unwrap_or((name, Self::Plain))
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Lz4 => "LZ4",
            Self::Xz => "xz",
            Self::Zstd => "Zstandard",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// Why not everything came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file ends before its stream does.
    Cut,
    /// The stream contradicts itself or asks for more memory than it may have.
    Broken,
    /// More would come out than is allowed; the number is the limit in bytes.
    TooLarge(usize),
    /// This compression is not read.
    NotRead,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The bytes, from the first one on.
    pub bytes: Vec<u8>,
    /// Why there are no more, where there should be.
    pub fault: Option<Fault>,
}

/// Unpacks a whole file of at most [`MOST`] bytes and at most a hundred times its own size (but
/// never less than 16 MiB).
pub fn unpack(packing: Packing, bytes: &[u8]) -> Unpacked {
    let limit = bytes.len().saturating_mul(RATIO).clamp(FLOOR, MOST);
    unpack_within(packing, bytes, limit)
}

fn unpack_within(packing: Packing, bytes: &[u8], limit: usize) -> Unpacked {
    let mut out = Out { bytes: Vec::new(), limit };
    let mut source = Source { rest: bytes, starved: false };
    let done = match packing {
        Packing::Plain => out.take(&mut source),
        Packing::Gzip => out.take(&mut flate2::read::MultiGzDecoder::new(&mut source)),
        Packing::Xz => {
            let limit_kib = WINDOW >> 10;
            out.take(&mut lzma_rust2::XzReader::new_mem_limit(&mut source, true, limit_kib))
        }
        Packing::Lz4 => lz4(&mut source, &mut out),
        Packing::Zstd => zstd(&mut source, &mut out),
        Packing::Bzip2 => Err(Fault::NotRead),
    };
    let fault = match done {
        // A decoder that failed because it was given too little did not find anything wrong.
        Err(Fault::Broken) if source.starved => Some(Fault::Cut),
        other => other.err(),
    };
    Unpacked { bytes: out.bytes, fault }
}

/// The packed bytes; remembers whether somebody wanted more than there was.
struct Source<'a> {
    rest: &'a [u8],
    starved: bool,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.starved |= self.rest.is_empty() && !buffer.is_empty();
        self.rest.read(buffer)
    }
}

/// The unpacked bytes and how many there may be.
struct Out {
    bytes: Vec<u8>,
    limit: usize,
}

impl Out {
    fn take(&mut self, reader: &mut impl Read) -> Result<(), Fault> {
        let mut buffer = [0; STEP];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => self.add(buffer.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Fault::Broken),
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let room = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if bytes.len() > room { Err(Fault::TooLarge(self.limit)) } else { Ok(()) }
    }
}

/// LZ4 frames, one after the other. Each gets a decoder of its own: one that is used again keeps
/// the buffers of the frame before. A frame that stops between two blocks looks to the decoder
/// like one that ended, so hunger tells them apart.
fn lz4(source: &mut Source<'_>, out: &mut Out) -> Result<(), Fault> {
    loop {
        out.take(&mut lz4_flex::frame::FrameDecoder::new(&mut *source))?;
        if source.starved {
            return Err(Fault::Cut);
        }
        if source.rest.is_empty() {
            return Ok(());
        }
    }
}

/// Zstandard frames, one after the other.
fn zstd(source: &mut Source<'_>, out: &mut Out) -> Result<(), Fault> {
    loop {
        let (frame, start) = (source.rest, out.bytes.len());
        let mut whole_blocks = 0;
        if let Err(fault) = zstd_frame(source, out, &mut whole_blocks) {
            if fault == Fault::Broken && whole_blocks > 0 {
                // The decoder holds back as many bytes as its window has until the frame ends.
                // The sound blocks are read again with an end behind them.
                out.bytes.truncate(start);
                let sound = frame.get(..whole_blocks).unwrap_or_default();
                let ended = [sound, &LAST_BLOCK].concat();
                let mut ended = Source { rest: &ended, starved: false };
                zstd_frame(&mut ended, out, &mut whole_blocks)?;
            }
            return Err(fault);
        }
        if source.rest.is_empty() {
            return Ok(());
        }
    }
}

/// An empty raw block that says it is the last (RFC 8878, section 3.1.1.2), and room for a
/// checksum, which is not compared.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Reads one frame; `whole_blocks` becomes the length of its header and the blocks that were
/// decoded, in bytes.
fn zstd_frame(
    source: &mut Source<'_>,
    out: &mut Out,
    whole_blocks: &mut usize,
) -> Result<(), Fault> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(u64::from(WINDOW));
    match decoder.init(&mut *source) {
        Ok(()) => {}
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
            length,
            ..
        })) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let Some((_, rest)) = source.rest.split_at_checked(length) else {
                return Err(Fault::Cut);
            };
            source.rest = rest;
            return Ok(());
        }
        Err(_) => return Err(Fault::Broken),
    }
    while !decoder.is_finished() {
        let one = BlockDecodingStrategy::UptoBlocks(1);
        decoder.decode_blocks(&mut *source, one).map_err(|_| Fault::Broken)?;
        *whole_blocks = usize::try_from(decoder.bytes_read_from_source()).unwrap_or_default();
        if let Some(bytes) = decoder.collect() {
            out.add(&bytes)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// Text that compresses badly enough to fill several blocks of every kind.
    fn text() -> Vec<u8> {
        let mut seed = 7_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 8
        };
        let line = |n: u32| format!("Package: p{n}\nVersion: {}\n\n", n.rotate_left(9));
        (0..20_000).flat_map(|_| line(next()).into_bytes()).collect()
    }

    /// A list in xz, which the library cannot pack here.
    const XZ: &[u8] = include_bytes!(concat!(
        "../../fixtures/apt-lists/other-suites/esm.example_infra_ubuntu_dists_",
        "jammy-infra-security_main_binary-amd64_Packages.xz"
    ));

    /// Text packed in every way, made once.
    static DAMAGED: LazyLock<Vec<(Packing, Vec<u8>)>> = LazyLock::new(|| {
        let text: Vec<u8> = text().into_iter().take(100_000).collect();
        let packed = PACKED.into_iter().map(|(packing, pack)| (packing, pack(&text)));
        packed.chain([(Packing::Xz, XZ.to_vec())]).collect()
    });

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn lz4_frame(text: &[u8]) -> Vec<u8> {
        let info = lz4_flex::frame::FrameInfo::new()
            .block_size(lz4_flex::frame::BlockSize::Max64KB)
            .content_checksum(true);
        let mut packer = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn zstd_frame_of(text: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
    }

    type Pack = fn(&[u8]) -> Vec<u8>;

    const PACKED: [(Packing, Pack); 3] =
        [(Packing::Gzip, gzip), (Packing::Lz4, lz4_frame), (Packing::Zstd, zstd_frame_of)];

    #[test]
    fn whole_and_doubled_streams_come_out_whole() {
        let text = text();
        for (packing, pack) in PACKED {
            let packed = pack(&text);
            let got = unpack(packing, &packed);
            assert_eq!(got.fault, None, "{packing:?}");
            assert!(got.bytes == text, "{packing:?}");
            let got = unpack(packing, &[packed.clone(), packed].concat());
            assert_eq!(got.fault, None, "{packing:?} doubled");
            assert_eq!(got.bytes.len(), 2 * text.len(), "{packing:?} doubled");
        }
    }

    #[test]
    fn half_a_stream_keeps_what_came_out() {
        let text = text();
        for (packing, pack) in PACKED {
            let packed = pack(&text);
            let got = unpack(packing, &packed[..packed.len() / 2]);
            assert_eq!(got.fault, Some(Fault::Cut), "{packing:?}");
            assert!(text.starts_with(&got.bytes), "{packing:?}");
            assert!(got.bytes.len() > text.len() / 4, "{packing:?}: {}", got.bytes.len());
        }
    }

    #[test]
    fn a_stream_cut_between_two_lz4_blocks_is_cut() {
        let packed = lz4_frame(&text());
        let first = u32::from_le_bytes(packed[7..11].try_into().unwrap()) & 0x7FFF_FFFF;
        let cut = &packed[..11 + first as usize];
        let got = unpack(Packing::Lz4, cut);
        assert_eq!((got.bytes.len(), got.fault), (64 << 10, Some(Fault::Cut)));
    }

    #[test]
    fn a_broken_zstd_block_keeps_the_blocks_before_it() {
        let text = text();
        let mut packed = zstd_frame_of(&text);
        let middle = packed.len() / 2;
        packed[middle..middle + 2000].fill(0xFF);
        let got = unpack(Packing::Zstd, &packed);
        assert!(matches!(got.fault, Some(Fault::Broken | Fault::Cut)), "{:?}", got.fault);
        assert!(text.starts_with(&got.bytes[..got.bytes.len().min(128 << 10)]));
        assert!(!got.bytes.is_empty());
    }

    #[test]
    fn bombs_are_stopped() {
        let zeros = vec![0; 40 << 20];
        for (packing, pack) in PACKED {
            let packed = pack(&zeros);
            let got = unpack_within(packing, &packed, 1 << 20);
            assert_eq!(got.fault, Some(Fault::TooLarge(1 << 20)), "{packing:?}");
            assert_eq!(got.bytes.len(), 1 << 20, "{packing:?}");
        }
        // More than the floor and more than the ratio.
        let packed = gzip(&zeros);
        let limit = (packed.len() * RATIO).max(FLOOR);
        assert!(limit < zeros.len());
        let got = unpack(Packing::Gzip, &packed);
        assert_eq!((got.bytes.len(), got.fault), (limit, Some(Fault::TooLarge(limit))));
    }

    #[test]
    fn skippable_zstd_frames_are_skipped() {
        let skipped = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let got = unpack(Packing::Zstd, &[&skipped[..], &zstd_frame_of(b"x")].concat());
        assert_eq!(got, Unpacked { bytes: b"x".to_vec(), fault: None });
        assert_eq!(unpack(Packing::Zstd, &skipped[..9]).fault, Some(Fault::Cut));
    }

    #[test]
    fn endings_name_the_packing() {
        assert_eq!(Packing::of("a_Packages.lz4"), ("a_Packages", Packing::Lz4));
        assert_eq!(Packing::of("a_Packages"), ("a_Packages", Packing::Plain));
        assert_eq!(unpack(Packing::Bzip2, b"BZh9").fault, Some(Fault::NotRead));
    }

    const EVERY: [Packing; 5] =
        [Packing::Plain, Packing::Gzip, Packing::Lz4, Packing::Xz, Packing::Zstd];
    const MAGIC: [&[u8]; 5] = [
        b"",
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
        b"\x04\x22\x4d\x18\x64\x40\xa7",
        b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46",
        b"\x28\xb5\x2f\xfd\x24\x20",
    ];

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(kind in 0..5_usize, tail: Vec<u8>) {
            let bytes = [MAGIC[kind], &tail].concat();
            let got = unpack_within(EVERY[kind], &bytes, 1 << 20);
            prop_assert!(got.bytes.len() <= 1 << 20);
        }

        #[test]
        fn damaged_streams_never_panic(
            kind in 0..4_usize, at: prop::sample::Index, byte: u8, end: prop::sample::Index,
        ) {
            let (packing, mut packed) = DAMAGED[kind].clone();
            let at = at.index(packed.len());
            packed[at] = byte;
            packed.truncate(end.index(packed.len() + 1));
            let got = unpack_within(packing, &packed, 1 << 20);
            prop_assert!(got.bytes.len() <= 1 << 20);
        }
    }
}
