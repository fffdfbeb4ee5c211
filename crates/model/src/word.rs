//! Words of commands, for people to copy.

use std::borrow::Cow;

/// A word of a command as a POSIX shell reads it (POSIX.1-2024, XCU 2.2): in quotes where anything
/// in it could mean more than itself.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:@%,=".contains(letter);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', "'\\''")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word() {
        for (word, shown) in [
            ("ssh://ben@web1:22", "ssh://ben@web1:22"),
            ("root:/srv/old image", "'root:/srv/old image'"),
            ("ssh://[2001:db8::1]", "'ssh://[2001:db8::1]'"),
            ("it's", "'it'\\''s'"),
            ("-x", "'-x'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
