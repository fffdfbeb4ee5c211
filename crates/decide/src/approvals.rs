//! Whose yes a change of an asset needs, by our rules for acting.

use holdfast_model::{Asset, Needed};

use crate::appetite::Appetite;

/// The ring, or the label, of what is in production.
const PRODUCTION: &str = "production";

/// Whose yes a change of this asset needs: the number for production where its ring or one of its
/// labels is `production`, in any letter case, else the number for changes.
pub fn needed(appetite: &Appetite, asset: &Asset) -> Needed {
    let production = asset
        .ring
        .iter()
        .chain(&asset.labels)
        .any(|word| word.trim().eq_ignore_ascii_case(PRODUCTION));
    let approvals = appetite.approvals;
    let people = if production { approvals.production } else { approvals.change };
    Needed { people, one_person: appetite.one_person }
}

/// Who has to say yes to what, in sentences without a final stop.
pub fn approvals_in_words(appetite: &Appetite) -> Vec<String> {
    let approvals = appetite.approvals;
    let mut words: Vec<String> = [
        (approvals.change, "a change"),
        (
            approvals.production,
            "a change in production (an asset whose ring or label is `production`)",
        ),
        (approvals.appetite, "a change of these rules (asked for where they are kept)"),
    ]
    .into_iter()
    .map(|(people, what)| {
        let but = if appetite.one_person { "" } else { " other than who proposed it" };
        match people {
            0 | 1 => format!("one person{but} has to say yes to {what}"),
            n => format!("{} people{but} have to say yes to {what}", number(n)),
        }
    })
    .collect();
    words.push(if appetite.one_person {
        "whoever proposes a change may approve it alone; it is recorded as \"approved by one\""
            .to_owned()
    } else {
        "nobody approves a change of their own".to_owned()
    });
    words
}

/// The numbers that a file may hold, as words.
fn number(n: u8) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words.get(usize::from(n)).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use holdfast_model::{AssetId, AssetKind};

    use super::*;
    use crate::preset;

    fn asset(ring: Option<&str>, labels: &[&str]) -> Asset {
        let mut asset = Asset::new(AssetId("host:1".into()), AssetKind::Host, "web", "ops");
        asset.ring = ring.map(str::to_owned);
        asset.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        asset
    }

    #[test]
    fn production_needs_the_number_for_production() {
        let standard = preset("standard").unwrap();
        for (ring, labels, people) in [
            (None, [].as_slice(), 1),
            (Some("canary"), &["web", "pre-production"], 1),
            (Some("production"), &[], 2),
            (Some(" Production"), &[], 2),
            (None, &["web", "production"], 2),
            (Some("canary"), &["PRODUCTION"], 2),
        ] {
            let wanted = Needed { people, one_person: false };
            assert_eq!(needed(&standard, &asset(ring, labels)), wanted, "{ring:?} {labels:?}");
        }
    }

    #[test]
    fn each_preset_asks_for_its_people() {
        let of = |name: &str, ring| {
            let needed = needed(&preset(name).unwrap(), &asset(ring, &[]));
            (needed.people, needed.one_person)
        };
        let both = |name| (of(name, None), of(name, Some("production")));
        assert_eq!(both("solo"), ((1, true), (1, true)));
        assert_eq!(both("start"), ((1, false), (2, false)));
        assert_eq!(both("standard"), ((1, false), (2, false)));
        assert_eq!(both("strict"), ((2, false), (2, false)));
    }

    #[test]
    fn people_read_who_has_to_say_yes() {
        assert_eq!(
            approvals_in_words(&preset("standard").unwrap()),
            [
                "one person other than who proposed it has to say yes to a change",
                "two people other than who proposed it have to say yes to a change in production \
                 (an asset whose ring or label is `production`)",
                "two people other than who proposed it have to say yes to a change of these rules (asked \
                 for where they are kept)",
                "nobody approves a change of their own",
            ]
        );
        assert_eq!(
            approvals_in_words(&preset("solo").unwrap()),
            [
                "one person has to say yes to a change",
                "one person has to say yes to a change in production (an asset whose ring or \
                 label is `production`)",
                "one person has to say yes to a change of these rules (asked \
                 for where they are kept)",
                "whoever proposes a change may approve it alone; it is recorded as \"approved by \
                 one\"",
            ]
        );
    }
}
