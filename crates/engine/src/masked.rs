//! Text that is shown without what nobody should read in it.

/// A line without what stands between `://` and `@` of an address: RFC 3986, section 3.2.1.
pub(crate) fn without_passwords(line: &str) -> String {
    let mut rest = line;
    let mut told = String::with_capacity(line.len());
    while let Some((before, after)) = rest.split_once("://") {
        told.push_str(before);
        told.push_str("://");
        let authority = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        rest = match after.get(..authority).and_then(|authority| authority.rfind('@')) {
            Some(at) => {
                told.push('…');
                after.get(at..).unwrap_or_default()
            }
            None => after,
        };
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn addresses_are_shown_without_who_signs_in() {
        for (line, told) in [
            ("deb https://ana:a@b@mirror.example/x y", "deb https://…@mirror.example/x y"),
            ("http://ana@a.example http://b.example/@", "http://…@a.example http://b.example/@"),
            ("PermitRootLogin yes", "PermitRootLogin yes"),
            ("a://", "a://"),
        ] {
            assert_eq!(without_passwords(line), told);
        }
    }
}
