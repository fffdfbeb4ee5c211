//! Gzip, bounded.

use std::borrow::Cow;
use std::io::Read as _;

use holdfast_model::{Place, Problem};

/// The bytes, unpacked where they are gzip (RFC 1952), up to `limit`. `codes` name what cannot be
/// unpacked and what is too large.
pub(crate) fn gzip<'a>(
    path: &str,
    bytes: &'a [u8],
    limit: usize,
    codes: (&'static str, &'static str),
) -> Result<Cow<'a, [u8]>, Problem> {
    let too_large = || {
        Problem::at(codes.1, Place::start_of(path), "this file is too large")
            .help(format!("it is read up to {limit} bytes, unpacked"))
    };
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return if bytes.len() > limit { Err(too_large()) } else { Ok(Cow::Borrowed(bytes)) };
    }
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::GzDecoder::new(bytes).take(most).read_to_end(&mut out).map_err(|error| {
        let message = format!("this gzip file cannot be unpacked: {error}");
        Problem::at(codes.0, Place::start_of(path), message).help("fetch it again")
    })?;
    if out.len() > limit { Err(too_large()) } else { Ok(Cow::Owned(out)) }
}
