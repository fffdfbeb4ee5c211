//! The log of an AWS account.
//!
//! Knows how CloudTrail's records are put together; what stands in them is read in `normal`.

use holdfast_model::{About, Logged, Record, Timestamp};
use jiff::tz::TimeZone;
use memchr::memmem::find;

use super::source::CLOUDTRAIL;
use super::split::{Piece, Split};
use super::{LogReader, LogStream, first_line};
use crate::Claim;
use crate::text::file_name;

/// The reader.
pub(super) struct CloudTrail;

static ABOUT: About = About {
    id: "cloudtrail",
    title: "CloudTrail, the log of an AWS account",
    text: "Reads the files that CloudTrail delivers (one object whose list `Records` holds the \
        records), lists of records, single records, and records one after the other, in one line \
        each or in several. Records are handed on as they were written. The digest files that \
        CloudTrail signs are not checked, and what `lookup-events` prints is not read, for there \
        the records are strings.",
    file: file!(),
};

/// Of these a record of CloudTrail has each, its beginning at least two.
const KEYS: [&str; 6] = [
    "\"eventVersion\"",
    "\"eventSource\"",
    "\"eventName\"",
    "\"userIdentity\"",
    "\"awsRegion\"",
    "\"Records\"",
];

impl LogReader for CloudTrail {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, head: &[u8]) -> Claim {
        // ACCOUNT_CloudTrail_REGION_TIME_UNIQUE.json.gz, as the user guide names the files.
        let name = file_name(path);
        let json = [".json", ".json.gz"].iter().any(|ending| name.ends_with(ending));
        if json && name.contains("_CloudTrail_") {
            return Claim::ByName;
        }
        let begins = matches!(first_line(head).first(), Some(b'{' | b'['));
        let keys = KEYS.iter().filter(|key| find(head, key.as_bytes()).is_some()).count();
        if begins && keys >= 2 { Claim::ByContent } else { Claim::No }
    }

    fn start_at(&self, _: Timestamp, _: &TimeZone) -> Box<dyn LogStream> {
        Box::new(Stream(Split::new()))
    }
}

struct Stream(Split);

impl LogStream for Stream {
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Logged<'_>)) {
        self.0.push(chunk, end, &mut |piece| {
            out(match piece {
                Piece::Record(json, at) => {
                    let (line, column) = (at.line, at.column);
                    Logged::Record(Record { json, source: CLOUDTRAIL, line, column })
                }
                Piece::Refused(problem) => Logged::Refused(problem),
                Piece::Partial(problem) => Logged::Partial(problem),
            });
        });
    }
}
