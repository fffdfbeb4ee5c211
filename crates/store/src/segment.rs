//! Segments: what entries refer to by digest, as lines of JSON, compressed.
//!
//! A set of components is one segment, equal for every asset that has the same ones. A look is
//! another: the findings and could-not-check rows it wrote. The digest is over the lines as they
//! are before compression.

use holdfast_model::{Component, Digest, Known, NotAssessed};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// A segment that claims to be greater is refused, in bytes.
const GREATEST: usize = 512 * 1024 * 1024;

/// Lines ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) digest: Digest,
    lines: String,
}

impl Segment {
    fn of(lines: String) -> Self {
        Self { digest: Digest::of(lines.as_bytes()), lines }
    }

    /// The components, each once, in the order of their lines: the order of a file does not
    /// matter. They are returned in that order beside the segment.
    pub(crate) fn of_components(
        components: &[Component],
    ) -> Result<(Self, Vec<&Component>), StoreError> {
        let mut lines = components
            .iter()
            .map(|component| Ok((line(component)?, component)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        lines.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        lines.dedup_by(|(a, _), (b, _)| a == b);
        let text: String = lines.iter().map(|(line, _)| line.as_str()).collect();
        Ok((Self::of(text), lines.into_iter().map(|(_, component)| component).collect()))
    }

    /// What a look wrote, from documents that are lines already; the order of findings does not
    /// matter.
    pub(crate) fn of_look(known: &[String], not_assessed: &[String]) -> Result<Self, StoreError> {
        let mut lines = line(&Counts { known: known.len(), not_assessed: not_assessed.len() })?;
        let mut sorted: Vec<&String> = known.iter().collect();
        sorted.sort_unstable();
        let all = sorted.into_iter().chain(not_assessed);
        lines.reserve(all.clone().map(|document| document.len() + 1).sum());
        for document in all {
            lines.push_str(document);
            lines.push('\n');
        }
        Ok(Self::of(lines))
    }

    /// Documents, one to a line.
    pub(crate) fn of_lines<T: Serialize>(documents: &[T]) -> Result<Self, StoreError> {
        Ok(Self::of(documents.iter().map(line).collect::<Result<String, _>>()?))
    }

    /// The documents again.
    pub(crate) fn lines<T: for<'d> Deserialize<'d>>(&self) -> Result<Vec<T>, String> {
        self.lines.lines().map(read).collect()
    }

    /// Its size before compression, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// LZ4 behind the length.
    pub(crate) fn compressed(&self) -> Vec<u8> {
        lz4_flex::block::compress_prepend_size(self.lines.as_bytes())
    }

    /// Unpacks; the message says what is wrong with the bytes.
    pub(crate) fn unpack(digest: Digest, bytes: &[u8]) -> Result<Self, String> {
        let (size, _) = lz4_flex::block::uncompressed_size(bytes)
            .map_err(|_| "its length is missing".to_owned())?;
        if size > GREATEST {
            return Err("it claims to be greater than any segment".to_owned());
        }
        let bytes = lz4_flex::block::decompress_size_prepended(bytes)
            .map_err(|_| "it cannot be unpacked".to_owned())?;
        if bytes.len() != size {
            return Err("its length is wrong".to_owned());
        }
        let lines = String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
        let this = Self::of(lines);
        if this.digest == digest { Ok(this) } else { Err("its content was changed".to_owned()) }
    }

    pub(crate) fn components(&self) -> Result<Vec<Component>, String> {
        self.lines.lines().map(read).collect()
    }

    /// Findings and could-not-check rows, each with the line it stands in.
    pub(crate) fn look(&self) -> Result<LookLines<'_>, String> {
        let mut lines = self.lines.lines();
        let counts: Counts = read(lines.next().unwrap_or_default())?;
        let known = lines.by_ref().take(counts.known).map(|line| Ok((read(line)?, line)));
        let known = known.collect::<Result<Vec<_>, String>>()?;
        let rest = lines.map(|line| Ok((read(line)?, line))).collect::<Result<Vec<_>, String>>()?;
        if known.len() == counts.known && rest.len() == counts.not_assessed {
            Ok(LookLines { known, not_assessed: rest })
        } else {
            Err("lines are missing".to_owned())
        }
    }
}

/// What a look wrote, each document with the line it stands in.
#[derive(Default)]
pub(crate) struct LookLines<'s> {
    pub(crate) known: Vec<(Known, &'s str)>,
    pub(crate) not_assessed: Vec<(NotAssessed, &'s str)>,
}

/// The first line of a look's segment.
#[derive(Serialize, Deserialize)]
struct Counts {
    known: usize,
    not_assessed: usize,
}

/// A document as one line, without its end.
pub(crate) fn document<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::refused(format!("a document cannot be written: {error}")))
}

/// Documents, each as one line without its end. Each is given the room that the one before it took:
/// those of a look are about equally long, and none of thousands has to be moved while it grows.
pub(crate) fn documents<T: Serialize>(
    values: impl Iterator<Item = T>,
) -> Result<Vec<String>, StoreError> {
    let unwritable = |error: &dyn std::fmt::Display| {
        StoreError::refused(format!("a document cannot be written: {error}"))
    };
    let mut room = 0;
    values
        .map(|value| {
            let mut out = Vec::with_capacity(room);
            serde_json::to_writer(&mut out, &value).map_err(|error| unwritable(&error))?;
            room = out.len() + out.len() / 8;
            String::from_utf8(out).map_err(|error| unwritable(&error))
        })
        .collect()
}

fn line<T: Serialize>(value: &T) -> Result<String, StoreError> {
    let mut line = document(value)?;
    line.push('\n');
    Ok(line)
}

fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("a line cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::component;

    #[test]
    fn a_set_does_not_depend_on_order_or_repetition() {
        let (a, b) = (component("a", "1"), component("b", "2"));
        let given = [b.clone(), a.clone(), b.clone()];
        let (one, _) = Segment::of_components(&[a.clone(), b.clone()]).unwrap();
        let (two, order) = Segment::of_components(&given).unwrap();
        assert_eq!(one, two);
        assert_eq!(order, [&a, &b]);
        assert_eq!(one.components().unwrap(), [a, b]);
    }

    #[test]
    fn documents_are_written_alike_alone_and_together() {
        let long = "long ".repeat(900);
        let texts = ["a", "", "\"quoted\"\n", long.as_str(), "ä"];
        let alone: Vec<String> = texts.iter().map(|text| document(text).unwrap()).collect();
        assert_eq!(documents(texts.iter()).unwrap(), alone);
        assert!(documents(std::iter::empty::<&str>()).unwrap().is_empty());
    }

    #[test]
    fn a_changed_segment_is_noticed() {
        let segment = Segment::of_components(&[component("a", "1")]).unwrap().0;
        let packed = segment.compressed();
        assert_eq!(Segment::unpack(segment.digest, &packed), Ok(segment.clone()));
        let other = Segment::of_components(&[component("a", "2")]).unwrap().0.compressed();
        let error = Segment::unpack(segment.digest, &other).unwrap_err();
        assert_eq!(error, "its content was changed");
        for at in 0..packed.len() {
            let mut broken = packed.clone();
            broken[at] ^= 0x55;
            assert!(Segment::unpack(segment.digest, &broken).is_err(), "byte {at}");
        }
        assert!(Segment::unpack(segment.digest, &[]).is_err());
        assert!(Segment::unpack(segment.digest, &[0xFF; 9]).is_err());
    }
}
