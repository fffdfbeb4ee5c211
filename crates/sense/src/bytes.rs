//! Numbers and strings in binary files, read within bounds.
//!
//! Knows byte orders; must not know formats. Whatever does not lie inside the bytes is `None`.

/// In which order the bytes of a number stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The lowest first.
    Little,
    /// The highest first.
    Big,
}

impl Order {
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u16::from_le_bytes(raw),
            Self::Big => u16::from_be_bytes(raw),
        })
    }

    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u32::from_le_bytes(raw),
            Self::Big => u32::from_be_bytes(raw),
        })
    }

    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let raw = array(bytes, at)?;
        Some(match self {
            Self::Little => u64::from_le_bytes(raw),
            Self::Big => u64::from_be_bytes(raw),
        })
    }

    /// A number of four bytes as a length or an offset.
    pub(crate) fn size(self, bytes: &[u8], at: usize) -> Option<usize> {
        usize::try_from(self.u32(bytes, at)?).ok()
    }
}

/// `N` bytes from an offset on.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// `length` bytes from an offset on.
pub(crate) fn part(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

/// The text from an offset on that a zero byte ends, at most `most` bytes long.
pub(crate) fn text_at(bytes: &[u8], at: usize, most: usize) -> Option<&str> {
    let rest = bytes.get(at..)?;
    let rest = rest.get(..most).unwrap_or(rest);
    let end = memchr::memchr(0, rest)?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_within_bounds() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(Order::Big.u16(&bytes, 0), Some(0x0102));
        assert_eq!(Order::Little.u32(&bytes, 4), Some(0x0807_0605));
        assert_eq!(Order::Big.u64(&bytes, 0), Some(0x0102_0304_0506_0708));
        assert_eq!(Order::Big.u32(&bytes, 5), None);
        assert_eq!(Order::Big.u16(&bytes, usize::MAX), None);
        assert_eq!(part(&bytes, 7, usize::MAX), None);
    }

    #[test]
    fn texts_end_at_a_zero_byte() {
        assert_eq!(text_at(b"ab\0c", 1, 9), Some("b"));
        assert_eq!(text_at(b"ab", 0, 9), None);
        assert_eq!(text_at(b"abc\0", 0, 2), None, "longer than it may be");
        assert_eq!(text_at(b"\xFF\0", 0, 9), None);
    }
}
