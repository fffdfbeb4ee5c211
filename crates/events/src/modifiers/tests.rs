use super::*;

fn modifiers(names: &[Modifier]) -> Modifiers {
    Modifiers::new(names).unwrap()
}

fn forms(names: &[Modifier], text: &str) -> Vec<String> {
    modifiers(names).encoded(text)
}

#[test]
fn every_known_modifier_is_one_of_the_parser() {
    assert!(KNOWN.iter().all(|name| name.parse::<Modifier>().is_ok()));
    assert!(KNOWN.is_sorted());
}

#[test]
fn base64_of_a_text() {
    assert_eq!(forms(&[Modifier::Base64], "foobar"), ["Zm9vYmFy"]);
    assert_eq!(forms(&[Modifier::Wide, Modifier::Base64], "ping"), ["cABpAG4AZwA="]);
}

/// Wherever a text stands inside another, one of its three forms stands in the other's base64.
#[test]
fn base64_at_any_offset() {
    let forms = forms(&[Modifier::Base64Offset], "/bin/bash");
    assert_eq!(forms.len(), 3);
    for before in ["", "x", "xy", "xyz", "sh -c "] {
        for after in ["", "!", "!!", "!!!"] {
            let whole = STANDARD.encode(format!("{before}/bin/bash{after}"));
            assert!(forms.iter().any(|form| whole.contains(form)), "{before}{after}");
        }
    }
}

#[test]
fn wide_texts_have_their_byte_order() {
    assert_eq!(forms(&[Modifier::Wide], "a"), ["a\0"]);
    assert_eq!(forms(&[Modifier::Utf16be], "a"), ["\0a"]);
    assert_eq!(forms(&[Modifier::Utf16], "a"), ["\u{ff}\u{fe}a\0"]);
}

#[test]
fn dashes_in_all_their_forms() {
    assert_eq!(dashed("a-b").unwrap(), ["a-b", "a/b", "a–b", "a—b", "a―b"]);
    assert_eq!(dashed("--").unwrap().len(), 25);
    assert!(dashed("-----").is_err());
}

#[test]
fn contradictions_are_named() {
    for (names, part) in [
        (vec![Modifier::Contains, Modifier::EndsWith], "`contains` and `endswith`"),
        (vec![Modifier::Re, Modifier::Contains], "`contains` and `re`"),
        (vec![Modifier::Hour, Modifier::Day], "`hour` and `day`"),
        (vec![Modifier::Base64, Modifier::Base64Offset], "`base64` and `base64offset`"),
        (vec![Modifier::Wide, Modifier::Utf16be], "`wide` and `utf16be`"),
        (vec![Modifier::IgnoreCase], "belong to `re`"),
        (vec![Modifier::Re, Modifier::Base64], "only texts"),
        (vec![Modifier::FieldRef, Modifier::Cidr], "`fieldref`"),
        (vec![Modifier::Hour, Modifier::Contains], "part of a time"),
    ] {
        let message = Modifiers::new(&names).unwrap_err();
        assert!(message.contains(part), "{message}");
    }
}
