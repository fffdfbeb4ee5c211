//! Names that differ by a slip, as somebody mistypes or misreads them.
//!
//! Knows letters and what separates words; must not know whose a name is.

/// The shortest name for which a slip is told; shorter ones differ by one letter all the time.
pub(super) const SHORTEST: usize = 5;

/// What separates the parts of names, in some ecosystem.
const SEPARATORS: [char; 6] = ['-', '_', '.', '/', '@', ':'];

/// The letters of a name, small ones, without what separates its parts.
pub(super) fn plain(name: &str) -> Vec<char> {
    let mut letters = Vec::with_capacity(name.len());
    for sign in name.chars().filter(|sign| !SEPARATORS.contains(sign)) {
        if sign.is_ascii() {
            letters.push(sign.to_ascii_lowercase());
        } else {
            letters.extend(sign.to_lowercase());
        }
    }
    letters
}

/// What plain letters look like: signs that are taken for one another are one.
fn look(plain: &[char]) -> impl Iterator<Item = char> {
    let mut rest = plain;
    std::iter::from_fn(move || {
        let (sign, behind) = match rest {
            ['r', 'n', behind @ ..] => ('m', behind),
            ['v', 'v', behind @ ..] => ('w', behind),
            ['0', behind @ ..] => ('o', behind),
            ['1' | 'i', behind @ ..] => ('l', behind),
            ['5', behind @ ..] => ('s', behind),
            [other, behind @ ..] => (*other, behind),
            [] => return None,
        };
        rest = behind;
        Some(sign)
    })
}

/// What the letters of a sum are multiplied by, once more for each place; odd, so that it can be undone.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// What undoes it: each step of Newton's doubles the bits that are right, of which an odd number begins
/// with three.
const UNDONE: u64 = {
    let (mut inverse, mut steps) = (BASE, 0);
    while steps < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(BASE.wrapping_mul(inverse)));
        steps += 1;
    }
    inverse
};

/// A letter at a place.
fn weighed(letter: char, weight: u64) -> u64 {
    u64::from(letter).wrapping_mul(weight)
}

/// Letters as a number (R. Karp and M. Rabin's polynomial).
fn sum(letters: impl Iterator<Item = char>) -> u64 {
    let (mut sum, mut weight) = (0_u64, 1_u64);
    for letter in letters {
        sum = sum.wrapping_add(weighed(letter, weight));
        weight = weight.wrapping_mul(BASE);
    }
    sum
}

/// Keys of which two names share one if they are a slip apart: of the plain name, of each text that
/// lacks one letter of it, and of what it looks like (W. Garbe's symmetric delete). Names may share one
/// by chance.
pub(super) fn keys(plain: &[char]) -> Vec<u64> {
    let whole = sum(plain.iter().copied());
    let mut out = Vec::with_capacity(plain.len() + 2);
    out.extend([whole, sum(look(plain))]);
    let (mut front, mut weight) = (0_u64, 1_u64);
    for letter in plain {
        let own = weighed(*letter, weight);
        let back = whole.wrapping_sub(front).wrapping_sub(own);
        out.push(front.wrapping_add(back.wrapping_mul(UNDONE)));
        front = front.wrapping_add(own);
        weight = weight.wrapping_mul(BASE);
    }
    out
}

/// The shortest name for which a misspelling of somebody else's name is told.
const SHORTEST_USED: usize = 7;

/// The names of which a name may be a misspelling, where they are not one's own: two neighbours
/// exchanged, a digit for a letter, or one letter inside more, less or different. The first and the
/// last letter stay, and so do separators: there are too many honest names of which only those
/// differ, as `ahash` and `ghash`, `toml_write` and `toml_writer`.
pub(super) fn meant(name: &str) -> Vec<String> {
    let signs: Vec<char> = name.chars().collect();
    let inner = 1..signs.len().saturating_sub(1);
    if signs.len() < SHORTEST_USED || signs.len() > LONGEST_USED {
        return Vec::new();
    }
    let with = |from: usize, until: usize, put: &[char]| -> String {
        let front = signs.iter().take(from);
        front.chain(put).chain(signs.iter().skip(until)).collect()
    };
    let letter = |sign: &char| sign.is_ascii_lowercase();
    let mut out = Vec::new();
    for at in inner {
        let Some(sign) = signs.get(at).copied() else { break };
        let like = HOMOGLYPHS.iter().filter(|(digit, _)| *digit == sign);
        out.extend(like.map(|(_, like)| with(at, at + 1, &[*like])));
        if !letter(&sign) {
            continue;
        }
        out.push(with(at, at + 1, &[]));
        let next = signs.get(at + 1).filter(|next| letter(next) && **next != sign);
        if let Some(next) = next.filter(|_| at + 2 < signs.len()) {
            out.push(with(at, at + 2, &[*next, sign]));
        }
        for other in ('a'..='z').filter(|other| *other != sign) {
            out.push(with(at, at + 1, &[other]));
        }
        for more in 'a'..='z' {
            out.push(with(at, at, &[more]));
        }
    }
    out.sort_unstable();
    out.dedup();
    out.retain(|other| *other != name);
    out
}

/// Digits that are taken for letters.
const HOMOGLYPHS: [(char, char); 4] = [('0', 'o'), ('1', 'l'), ('1', 'i'), ('5', 's')];
/// Longer names are not compared: each costs as many questions as it has letters, times fifty.
const LONGEST_USED: usize = 64;

/// Who owns a name, where it says so: an npm scope, a vendor, a group, a path.
fn owner(name: &str) -> &str {
    name.rsplit_once(['/', ':']).map_or("", |(owner, _)| owner)
}

/// Whether two different names are one slip apart: one letter more, less, different or exchanged
/// with its neighbour, other separators, or signs that look alike. Names of one owner are not, nor
/// are those of which only a number differs.
pub(super) fn is_slip(one: &str, other: &str) -> bool {
    let of_one_owner = !owner(one).is_empty() && owner(one) == owner(other);
    if one == other || of_one_owner {
        return false;
    }
    let (one, other) = (plain(one), plain(other));
    if one.len() < SHORTEST || other.len() < SHORTEST {
        return false;
    }
    one == other || look(&one).eq(look(&other)) || one_letter(&one, &other)
}

/// The restricted edit distance of Damerau is one, but for digits.
fn one_letter(one: &[char], other: &[char]) -> bool {
    let same = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let left = one.get(same..).unwrap_or_default();
    let right = other.get(same..).unwrap_or_default();
    match (left, right) {
        ([a, b, left @ ..], [c, d, right @ ..]) if (a, b) == (d, c) && left == right => true,
        ([a, left @ ..], [b, right @ ..]) if left == right => {
            !(a.is_ascii_digit() && b.is_ascii_digit())
        }
        ([a, longer @ ..], right) if longer == right => !a.is_ascii_digit(),
        (left, [b, longer @ ..]) if longer == left => !b.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_are_found() {
        for near in ["shop-aip", "shop-ap", "shop-apii", "shop-spi", "shopapi", "shop_api"] {
            assert!(is_slip("shop-api", near), "{near}");
        }
        for far in ["shop-web", "shop", "api-shop", "shop-pia", "shop-api"] {
            assert!(!is_slip("shop-api", far), "{far}");
        }
    }

    #[test]
    fn signs_that_look_alike_are_slips() {
        for (one, other) in [
            ("billing-core", "bi11ing-c0re"),
            ("modern-till", "rnodern-till"),
            ("acme-www", "acme-vvww"),
            ("@acme/billing", "acme-billing"),
        ] {
            assert!(is_slip(one, other) && is_slip(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_misspelling_has_what_was_meant_among_its_names() {
        for (written, name) in [
            ("requsets", "requests"),
            ("reqests", "requests"),
            ("requessts", "requests"),
            ("raquests", "requests"),
            ("c0lorama", "colorama"),
            ("@acme/billnig", "@acme/billing"),
        ] {
            let all = meant(written);
            assert!(all.iter().any(|one| one == name), "{written} {name}");
            assert!(all.len() < 60 * written.len() && !all.iter().any(|one| one == written));
        }
        for (written, honest) in [
            ("toml_writer", "toml_write"),
            ("wicketd", "wicket"),
            ("bit-vec2", "bitvec2"),
            ("vlogging", "logging"),
            ("ahash", "ghash"),
        ] {
            assert!(!meant(written).iter().any(|one| one == honest), "{written} {honest}");
        }
        assert!(meant(&"a".repeat(65)).is_empty() && meant("").is_empty());
    }

    #[test]
    fn numbers_and_owners_tell_names_apart() {
        for (one, other) in [
            ("python-till2", "python-till3"),
            ("tiller", "tiller2"),
            ("@acme/till-web", "@acme/till-wem"),
            ("com.acme:cores", "com.acme:coresx"),
            ("forge.example/acme/till", "forge.example/acme/tilt"),
            ("till", "tilt"),
        ] {
            assert!(!is_slip(one, other), "{one} {other}");
        }
        assert!(is_slip("forge.example/acme/till", "forge.example/acne/till"));
        assert!(is_slip("@acme/till-web", "@acmee/till-web"));
    }

    #[test]
    fn a_key_of_a_name_is_the_sum_of_what_a_slip_leaves() {
        let name: Vec<char> = "bi11ing-c0re".chars().collect();
        let known = keys(&name);
        assert_eq!(BASE.wrapping_mul(UNDONE), 1);
        assert!(known.contains(&sum("billing-core".replace('i', "l").chars())));
        for at in 0..name.len() {
            let mut less = name.clone();
            less.remove(at);
            assert!(known.contains(&sum(less.into_iter())), "{at}");
        }
        assert_eq!(known.len(), name.len() + 2);
    }

    proptest! {
        /// Whatever is a slip is found by the keys, and is one from both sides.
        #[test]
        fn keys_miss_no_slip(name in "[a-c01il]{5,8}", at in 0_usize..8, sign in "[a-c01]", how in 0_u8..4) {
            let mut signs: Vec<char> = name.chars().collect();
            let at = at % signs.len();
            let sign = sign.chars().next().unwrap();
            match how {
                0 => signs[at] = sign,
                1 => signs.insert(at, sign),
                2 => {
                    signs.remove(at);
                }
                _ => signs.swap(at, (at + 1) % name.len()),
            }
            let other: String = signs.into_iter().collect();
            prop_assert_eq!(is_slip(&name, &other), is_slip(&other, &name));
            if is_slip(&name, &other) {
                let known = keys(&plain(&name));
                prop_assert!(keys(&plain(&other)).iter().any(|key| known.contains(key)));
            }
        }
    }
}
