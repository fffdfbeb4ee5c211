//! Chunks may be cut anywhere: what is read and its places do not change.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use holdfast_model::Lines;
use holdfast_sense::event::log_readers;
use proptest::prelude::*;

use super::drive::{Row, chunks, logs, reader, whole};

/// Packed logs that break off in the middle of a block may give more or less of it.
fn exact(case: &str) -> bool {
    case != "broken-gzip"
}

#[test]
fn every_fixture_byte_by_byte() {
    for (id, case, name, bytes) in logs().into_iter().filter(|(_, case, ..)| exact(case)) {
        let reader = reader(&name, &bytes);
        for size in [1, 2, 7, 333] {
            assert_eq!(chunks(reader, bytes.chunks(size)), whole(&name, &bytes), "{id}/{case}");
        }
    }
}

/// Pieces of JSON logs, whole and broken, and of lines of text.
fn logs_of_pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(br#"{"a":"x","b":{"c":[1,"}"]}}"#.to_vec()),
        Just("{\"\u{e4}\":\"\\\\\\\"{\"}".as_bytes().to_vec()),
        Just(b"{\"Records\":[".to_vec()),
        Just(b"{ \"Records\" :\n [".to_vec()),
        Just(b"{\"Records\":{}}".to_vec()),
        Just(b"]}".to_vec()),
        Just(b"[{}".to_vec()),
        Just(b"{}".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"{\"a\":\n[\n{\n}\n]\n}\n".to_vec()),
        Just(b"{\"a\":\"half".to_vec()),
        Just(b"{\"a\":1,".to_vec()),
        Just(b"junk \"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just(
            b"Nov 20 23:59:58 web-1 sshd[2]: Accepted password for ana from 192.0.2.7 port 5\n"
                .to_vec()
        ),
        Just(b"2026-11-10 09:30:01 install tool:amd64 <none> 1.0-1\n".to_vec()),
        Just(b"Start-Date: 2026-11-10  06:12:01\nCommandline: x\n".to_vec()),
        Just(b"{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[104,105],\"x\":2}\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn cut(bytes: &[u8], cuts: Vec<usize>) -> Vec<&[u8]> {
    let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
    cuts.sort_unstable();
    let mut rest = bytes;
    let mut out = Vec::new();
    let mut from = 0;
    for cut in cuts {
        let (piece, after) = rest.split_at(cut - from);
        out.push(piece);
        rest = after;
        from = cut;
    }
    out.push(rest);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_cut_gives_the_same(
        bytes in logs_of_pieces(), cuts in prop::collection::vec(0..400_usize, 0..8), which in 0..5_usize
    ) {
        let reader = log_readers()[which];
        let at_once = chunks(reader, [&*bytes]);
        prop_assert_eq!(&chunks(reader, cut(&bytes, cuts)), &at_once);
        prop_assert_eq!(&chunks(reader, bytes.chunks(1)), &at_once);
    }

    #[test]
    fn records_stand_where_they_say(bytes in logs_of_pieces()) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let bytes = text.trim_start_matches('\u{feff}').as_bytes();
        let lines = Lines::new(bytes);
        let mut behind = 0;
        for row in chunks(log_readers()[0], [bytes]) {
            let Row::Record(record) = row else { continue };
            // The next place at which these bytes stand is that of the record.
            let places = (behind..bytes.len()).filter(|at| bytes[*at..].starts_with(&record.json));
            let at = places.into_iter().find(|at| lines.at(*at) == (record.line, record.column));
            prop_assert!(at.is_some(), "{record:?}");
            behind = at.unwrap() + record.json.len();
            prop_assert_eq!(record.json.first(), Some(&b'{'));
        }
    }

    #[test]
    fn whatever_comes_out_can_be_refused_with_its_place(bytes in logs_of_pieces(), which in 0..5_usize) {
        for row in chunks(log_readers()[which], [&*bytes]) {
            let place = match row {
                Row::Record(record) => match record.normal("a.log") {
                    Ok(event) => event.place,
                    Err(problem) => problem.place.unwrap(),
                },
                Row::Refused(problem) | Row::Partial(problem) | Row::Odd(problem) => problem.place.unwrap(),
            };
            prop_assert!(place.line > 0 && place.column > 0);
        }
    }

    #[test]
    fn packing_changes_nothing_and_a_cut_loses_only_the_end(bytes in logs_of_pieces(), keep in 0..400_usize) {
        let reader = log_readers()[0];
        let pack = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let packed = [pack(first), pack(second)].concat();
        let plain = chunks(reader, [&*bytes]);
        // A log that looks packed is no log of the others.
        prop_assume!(!bytes.starts_with(&[0x1F, 0x8B]));
        prop_assert_eq!(&chunks(reader, packed.chunks(11)), &plain);
        let cut = chunks(reader, packed.get(..keep.max(2)).unwrap_or(&packed).chunks(5));
        let records = |rows: &[Row]| rows.iter().filter(|row| !matches!(row, Row::Partial(_))).count();
        prop_assert!(records(&cut) <= records(&plain));
        if keep.max(2) < packed.len() && keep.max(2) != pack(first).len() {
            prop_assert!(matches!(cut.last(), Some(Row::Partial(_))), "{:?}", cut.last());
        }
    }
}
