//! "Did you mean": the nearest known word.

/// Longer words are no slips of the finger; comparing them would cost time for nothing.
const LONGEST: usize = 64;

/// The candidate that `word` was probably meant to be, if one is near enough: a third of its
/// letters may be wrong, swapped letters count once, case does not count.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|(far, candidate)| {
            let letters = candidate.chars().count().max(lower.chars().count());
            *far <= (letters / 3).max(1) && *far < letters
        })
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

fn distance(lower: &str, candidate: &str) -> usize {
    let candidate = candidate.to_lowercase();
    let far = strsim::damerau_levenshtein(lower, &candidate);
    // `exposure` for `asset.exposure`: the last part alone is a slip of one.
    match candidate.rsplit_once('.') {
        Some((_, last)) if !lower.contains('.') => {
            far.min(strsim::damerau_levenshtein(lower, last) + 1)
        }
        _ => far,
    }
}

/// The help for an unknown word: the nearest one, else all of them.
pub(crate) fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match suggest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", listed(known)),
    }
}

/// Words in backticks with commas.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["severity", "exploited", "asset.exposure"];
        assert_eq!(suggest("serverity", known), Some("severity"));
        assert_eq!(suggest("Severtiy", known), Some("severity"));
        assert_eq!(suggest("exposure", known), Some("asset.exposure"));
        assert_eq!(suggest("banana", known), None);
        assert_eq!(suggest("", known), None);
        assert_eq!(suggest(&"x".repeat(1_000_000), known), None);
        assert_eq!(suggest("no", ["id", "in"]), None);
    }
}
