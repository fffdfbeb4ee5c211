//! Bytes to text: UTF-8, with or without a byte order mark.
//!
//! What is no UTF-8 is said, and every byte that does not fit becomes one `?`, so that offsets
//! stay those of the file.

use std::borrow::Cow;

/// What the bytes turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Utf8,
    /// UTF-8 but for some bytes; the first stands at this offset of the text.
    Mixed(usize),
    /// UTF-16, by its mark or by its pattern of zero bytes.
    Utf16,
    /// No text: it holds zero bytes.
    Binary,
}

/// Text and where it begins in the file.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text without its byte order mark; empty where there is none to be had.
    pub text: Cow<'a, str>,
    /// How many bytes of the file come before `text`: 3 for a byte order mark, else 0.
    pub base: usize,
    /// What it was.
    pub kind: Kind,
}

/// How many bytes are looked at to tell text from something else.
const LOOK: usize = 8192;

/// Decodes a file.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let none = |kind| Decoded { text: Cow::Borrowed(""), base: 0, kind };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return none(Kind::Utf16);
    }
    let (base, body) = match bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        Some(body) => (3, body),
        None => (0, bytes),
    };
    let head = body.get(..LOOK).unwrap_or(body);
    if memchr::memchr(0, head).is_some() {
        return none(if looks_like_utf16(head) { Kind::Utf16 } else { Kind::Binary });
    }
    match std::str::from_utf8(body) {
        Ok(text) => Decoded { text: Cow::Borrowed(text), base, kind: Kind::Utf8 },
        Err(error) => Decoded {
            text: Cow::Owned(patched(body)),
            base,
            kind: Kind::Mixed(error.valid_up_to()),
        },
    }
}

/// The text of a file in UTF-16 that begins with a byte order mark; `None` for anything else.
pub fn utf_16(bytes: &[u8]) -> Option<String> {
    let (little, body) = match bytes {
        [0xFF, 0xFE, body @ ..] => (true, body),
        [0xFE, 0xFF, body @ ..] => (false, body),
        _ => return None,
    };
    let units = body.chunks(2).map(|pair| {
        let pair: [u8; 2] = pair.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    });
    let text = String::from_utf16(&units.collect::<Option<Vec<u16>>>()?).ok()?;
    // UTF-32 may begin in the same way.
    (!text.contains('\0')).then_some(text)
}

/// Latin text in UTF-16 has a zero in every second byte, all on the same side.
fn looks_like_utf16(head: &[u8]) -> bool {
    let zeros = |skip: usize| head.iter().skip(skip).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    even.max(odd) * 10 >= half * 7 && even.min(odd) * 10 <= half
}

fn patched(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '?'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_are_told_apart() {
        let utf16: Vec<u8> = "name==1.0\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).kind, Kind::Utf16);
        assert_eq!(decode(b"\xFF\xFEn\0").kind, Kind::Utf16);
        assert_eq!(decode(b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0").kind, Kind::Binary);
        let marked = decode(b"\xEF\xBB\xBFx");
        assert_eq!((marked.kind, marked.base, &*marked.text), (Kind::Utf8, 3, "x"));
        let latin = decode(b"a\xE9b");
        assert_eq!((latin.kind, &*latin.text), (Kind::Mixed(1), "a?b"));
    }

    proptest! {
        #[test]
        fn offsets_stay_those_of_the_file(bytes in proptest::collection::vec(1_u8.., 0..200)) {
            let decoded = decode(&bytes);
            if decoded.kind != Kind::Utf16 {
                prop_assert_eq!(decoded.text.len() + decoded.base, bytes.len());
            }
        }
    }
}
