//! Releases as hosts and feeds write them.

use std::borrow::Cow;

use holdfast_model::Ecosystem;

/// The one name of an ecosystem, under which its packages stand in the index.
///
/// Hosts know less than feeds: `Ubuntu:22.04` is published as `Ubuntu:22.04:LTS`, `Alpine:3.19.1`
/// as `Alpine:v3.19`, `Rocky Linux:9.3` as `Rocky Linux:9`, `openSUSE:15.5` as
/// `openSUSE:Leap 15.5`. Red Hat publishes a repository at a time
/// (`Red Hat:enterprise_linux:9::baseos`); its repositories of one major release hold different
/// packages of one stream, so that they are one here, `Red Hat:enterprise_linux:9`. SUSE's modules of
/// one service pack are one for the same reason, `SUSE:Linux Enterprise Server 15 SP5`. What somebody has to be entitled to keeps a name
/// of its own, and so does everything that this function does not know.
pub fn canonical(ecosystem: &str) -> Cow<'_, str> {
    let Some((family, release)) = ecosystem.split_once(':') else {
        return Cow::Borrowed(ecosystem);
    };
    let release = match family {
        Ecosystem::DEBIAN | "AlmaLinux" | "Rocky Linux" => major(release).map(ToOwned::to_owned),
        "Ubuntu" => Some(ubuntu(release)),
        "Alpine" => alpine(release),
        "Red Hat" => red_hat(release),
        "openSUSE" => open_suse(release),
        "SUSE" => suse(release),
        _ => None,
    };
    match release.filter(|own| own != ecosystem.get(family.len() + 1..).unwrap_or_default()) {
        Some(release) => Cow::Owned(format!("{family}:{release}")),
        None => Cow::Borrowed(ecosystem),
    }
}

/// The digits before the first dot, if nothing but digits and dots is there.
fn major(release: &str) -> Option<&str> {
    let plain = release.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    release.split('.').next().filter(|major| plain && !major.is_empty())
}

/// Long-term releases carry `:LTS` behind their number: those of April in even years.
fn ubuntu(release: &str) -> String {
    let (pro, number) = match release.rsplit_once(':') {
        Some((head, "LTS")) => split_pro(head),
        _ => split_pro(release),
    };
    let long = number
        .strip_suffix(".04")
        .and_then(|year| year.parse::<u32>().ok())
        .is_some_and(|year| year % 2 == 0);
    let pro = pro.map(|pro| format!("{pro}:")).unwrap_or_default();
    if long || release.ends_with(":LTS") {
        format!("{pro}{number}:LTS")
    } else {
        format!("{pro}{number}")
    }
}

fn split_pro(release: &str) -> (Option<&str>, &str) {
    match release.rsplit_once(':') {
        Some((pro, number)) => (Some(pro), number),
        None => (None, release),
    }
}

/// `v3.19` or `edge`, whatever stands behind the branch.
fn alpine(release: &str) -> Option<String> {
    let number = release.strip_prefix('v').unwrap_or(release);
    let number = number.split([' ', '_', '-']).next().unwrap_or_default();
    if number == "edge" {
        return Some(number.to_owned());
    }
    let mut parts = number.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("v{major}.{minor}"))
}

/// `enterprise_linux:9::baseos` and a host's `9.2` are `enterprise_linux:9`; `rhel_eus:9.2::baseos`
/// is `rhel_eus:9.2`, which only counts beside what `enterprise_linux:9` says.
fn red_hat(release: &str) -> Option<String> {
    if let Some(number) = major(release) {
        return Some(format!("enterprise_linux:{number}"));
    }
    let mut parts = release.split(':');
    let (product, number) = (parts.next()?, parts.next()?);
    let number = if product == "enterprise_linux" { major(number)? } else { number };
    Some(format!("{product}:{number}"))
}

/// The repositories of a release of which each may have a feed of its own, where hosts do not say from
/// which one a package came. Branches of Alpine have `community` since v3.3.
pub(crate) fn repositories(canonical: &str) -> &'static [&'static str] {
    match canonical.strip_prefix("Alpine:") {
        None | Some("v3.0" | "v3.1" | "v3.2") => &[],
        Some(branch) if branch.starts_with("v2.") => &[],
        Some(_) => &["main", "community"],
    }
}

fn open_suse(release: &str) -> Option<String> {
    let number = release.strip_prefix("Leap ").unwrap_or(release);
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if digits && number.contains('.') {
        return Some(format!("Leap {number}"));
    }
    // Rolling: its VERSION_ID is the day of the snapshot.
    (digits && number.len() == 8 || release.eq_ignore_ascii_case("tumbleweed"))
        .then(|| "Tumbleweed".to_owned())
}

/// `Linux Enterprise Module for Basesystem 15 SP5` and a host's `15.5` are
/// `Linux Enterprise Server 15 SP5`; what `ESPOS` and `SAP` add is called `LTSS` as well.
fn suse(release: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match release.split_once('.') {
        None if digits(release) => return Some(format!("{SERVER}{release}")),
        Some((number, pack)) if digits(number) && digits(pack) => {
            let pack = if pack == "0" { String::new() } else { format!(" SP{pack}") };
            return Some(format!("{SERVER}{number}{pack}"));
        }
        _ => {}
    }
    let product = release.strip_prefix("Linux Enterprise ")?;
    let words: Vec<&str> = product.split([' ', '-']).collect();
    let at = words.iter().rposition(|word| digits(word))?;
    let number = words.get(at)?;
    let pack = words.get(at + 1).and_then(|word| word.strip_prefix("SP")).filter(|n| digits(n));
    let pack = pack.map(|pack| format!(" SP{pack}")).unwrap_or_default();
    let paid = |word: &&str| matches!(*word, "LTSS" | "ESPOS" | "SAP" | "TERADATA");
    let paid = if words.iter().any(paid) { LONG } else { "" };
    Some(format!("{SERVER}{number}{pack}{paid}"))
}

/// The product under which those of one service pack stand.
const SERVER: &str = "Linux Enterprise Server ";
/// The end of what somebody has to be entitled to.
const LONG: &str = "-LTSS";

/// Where the fixes stand that somebody has to be entitled to, for a release in its canonical
/// form: Ubuntu Pro, SUSE's long-term support, Red Hat's extended life cycle.
pub(crate) fn extended(canonical: &str) -> Option<String> {
    let (family, release) = canonical.split_once(':')?;
    match family {
        "Ubuntu" if !release.starts_with("Pro:") => Some(format!("Ubuntu:Pro:{release}")),
        "SUSE" if release.starts_with(SERVER) && !release.ends_with(LONG) => {
            Some(format!("SUSE:{release}{LONG}"))
        }
        "Red Hat" => match release.strip_prefix("enterprise_linux:")? {
            old @ ("6" | "7" | "8") => Some(format!("Red Hat:rhel_els:{old}")),
            _ => None,
        },
        _ => None,
    }
}

/// The release without the entitlement, where an ecosystem names one: who asks for
/// `Ubuntu:Pro:22.04:LTS` says that the host is entitled to it.
pub(crate) fn entitled(canonical: &str) -> Option<String> {
    let (family, release) = canonical.split_once(':')?;
    match family {
        "Ubuntu" => release.strip_prefix("Pro:").map(|rest| format!("Ubuntu:{rest}")),
        "SUSE" => release.strip_suffix(LONG).map(|rest| format!("SUSE:{rest}")),
        "Red Hat" => {
            let number = release.strip_prefix("rhel_els:")?;
            Some(format!("Red Hat:enterprise_linux:{number}"))
        }
        _ => None,
    }
}

/// The streams of Red Hat that mend one minor release on its own, for a package that was built for
/// it (`3.0.1-47.el9_2`): they fix the same package at other versions than the newest minor does.
pub(crate) fn minor_streams(canonical: &str, version: &str) -> Vec<String> {
    let Some(major) = canonical.strip_prefix("Red Hat:enterprise_linux:") else {
        return Vec::new();
    };
    let tag = format!(".el{major}_");
    let Some((_, behind)) = version.split_once(&tag) else { return Vec::new() };
    let minor: String = behind.chars().take_while(char::is_ascii_digit).collect();
    if minor.is_empty() {
        return Vec::new();
    }
    let streams = ["rhel_eus", "rhel_e4s", "rhel_aus", "rhel_tus"];
    streams.iter().map(|stream| format!("Red Hat:{stream}:{major}.{minor}")).collect()
}
