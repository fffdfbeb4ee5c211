//! What holds where nobody writes an option, by the installed version of OpenSSH.
//!
//! The tables of options hold the defaults of 9.2 and later; here stands since when, and the lists
//! of algorithms, which change most often. Release notes of OpenSSH and its `myproposal.h`. Knows
//! versions and options; must not know files.

use holdfast_model::Reading;

use super::installed::{Installed, Version};
use super::options::{Default, SshOption};
use super::pattern::Pattern;
use super::side::Side;

/// The oldest and the newest version whose defaults are known here.
const KNOWN: (Version, Version) = ((7, 4), (10, 2));

/// A default that was another one before.
struct Change {
    side: Side,
    option: &'static str,
    since: Version,
    before: &'static str,
}

static CHANGES: [Change; 2] = [
    Change { side: Side::Client, option: "CheckHostIP", since: (8, 5), before: "yes" },
    // Since then it depends on two other options.
    Change { side: Side::Client, option: "UpdateHostKeys", since: (8, 5), before: "no" },
];

/// Options that older versions do not have.
static SINCE: [(Side, &str, Version); 14] = [
    (Side::Server, "ChannelTimeout", (9, 2)),
    (Side::Server, "ExposeAuthInfo", (7, 6)),
    (Side::Server, "PerSourceMaxStartups", (8, 5)),
    (Side::Server, "PerSourceNetBlockSize", (8, 5)),
    (Side::Server, "PermitListen", (7, 8)),
    (Side::Server, "PubkeyAuthOptions", (8, 2)),
    (Side::Server, "RefuseConnection", (9, 9)),
    (Side::Server, "RequiredRSASize", (9, 1)),
    (Side::Server, "UnusedConnectionTimeout", (9, 2)),
    (Side::Client, "EnableEscapeCommandline", (9, 2)),
    (Side::Client, "ForkAfterAuthentication", (8, 7)),
    (Side::Client, "RequiredRSASize", (9, 1)),
    (Side::Client, "SessionType", (8, 7)),
    (Side::Client, "StdinNull", (8, 7)),
];

/// Lists of algorithms of some sides and options: each since a version. Before the first one they
/// are not known.
struct Lists {
    sides: &'static [Side],
    options: &'static [&'static str],
    since: &'static [(Version, &'static str)],
}

const CIPHERS: &str = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,\
    aes128-gcm@openssh.com,aes256-gcm@openssh.com";
const CIPHERS_10_0: &str = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,\
    aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr";
const MACS: &str = "umac-64-etm@openssh.com,umac-128-etm@openssh.com,\
    hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,\
    umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1";
const KEX_7_4: &str = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,\
    ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
    diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,\
    diffie-hellman-group14-sha1";
const KEX_8_2: &str = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,\
    ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
    diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const KEX_8_9: &str = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,\
    ecdh-sha2-nistp384,ecdh-sha2-nistp521,sntrup761x25519-sha512@openssh.com,\
    diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
    diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const KEX_9_0: &str = "sntrup761x25519-sha512@openssh.com,curve25519-sha256,\
    curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
    diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
    diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const KEX_9_9: &str = "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,\
    mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,\
    ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
    diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const KEX_10_0_SERVER: &str = "mlkem768x25519-sha256,sntrup761x25519-sha512,\
    sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,\
    ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521";
const KEX_10_0_CLIENT: &str = "mlkem768x25519-sha256,sntrup761x25519-sha512,\
    sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,\
    ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
    diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
    diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
const KEYS_7_9: &str = "ecdsa-sha2-nistp256-cert-v01@openssh.com,\
    ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
    ssh-ed25519-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,\
    rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,\
    ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";
const KEYS_8_2: &str = "ecdsa-sha2-nistp256-cert-v01@openssh.com,\
    ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
    sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,\
    sk-ssh-ed25519-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,\
    rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,\
    ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,\
    sk-ssh-ed25519@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa";
const KEYS_8_5: &str = "ssh-ed25519-cert-v01@openssh.com,\
    ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
    ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,\
    sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,\
    rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,ssh-ed25519,\
    ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,\
    sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa";
const KEYS_8_8: &str = "ssh-ed25519-cert-v01@openssh.com,\
    ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
    ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,\
    sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,\
    rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,\
    ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,\
    rsa-sha2-512,rsa-sha2-256";

static LISTS: [Lists; 6] = [
    Lists {
        sides: &[Side::Server],
        options: &["Ciphers"],
        since: &[((7, 4), CIPHERS), ((10, 0), CIPHERS_10_0)],
    },
    // Up to 7.5 the client offered the mode CBC too.
    Lists {
        sides: &[Side::Client],
        options: &["Ciphers"],
        since: &[((7, 6), CIPHERS), ((10, 0), CIPHERS_10_0)],
    },
    Lists { sides: &[Side::Server, Side::Client], options: &["MACs"], since: &[((7, 4), MACS)] },
    Lists {
        sides: &[Side::Server],
        options: &["KexAlgorithms"],
        since: &[
            ((7, 4), KEX_7_4),
            ((8, 2), KEX_8_2),
            ((8, 9), KEX_8_9),
            ((9, 0), KEX_9_0),
            ((9, 9), KEX_9_9),
            ((10, 0), KEX_10_0_SERVER),
        ],
    },
    Lists {
        sides: &[Side::Client],
        options: &["KexAlgorithms"],
        since: &[
            ((8, 2), KEX_8_2),
            ((8, 9), KEX_8_9),
            ((9, 0), KEX_9_0),
            ((9, 9), KEX_9_9),
            ((10, 0), KEX_10_0_CLIENT),
        ],
    },
    Lists {
        sides: &[Side::Server, Side::Client],
        options: &["HostKeyAlgorithms", "HostbasedAcceptedAlgorithms", "PubkeyAcceptedAlgorithms"],
        since: &[((7, 9), KEYS_7_9), ((8, 2), KEYS_8_2), ((8, 5), KEYS_8_5), ((8, 8), KEYS_8_8)],
    },
];

/// What holds where nobody writes the option. Where the version is not known, what every known
/// version has counts, and nothing else.
pub(super) fn default(side: Side, option: &SshOption, installed: &Installed) -> Reading {
    let name = option.name;
    let change = CHANGES.iter().find(|one| one.side == side && one.option == name);
    match installed {
        Installed::Version { version, text, policy } => {
            let reading = of_version(side, option, change, (*version, &**text));
            if *policy && is_listed(name) && matches!(reading, Reading::Is(_)) {
                return unknown(
                    side,
                    format!("what holds without `{name}` is set by a policy of the whole system"),
                );
            }
            reading
        }
        Installed::Unknown(why) => match (change, option.default) {
            (Some(Change { since: (major, minor), .. }), Default::Is(_)) => unknown(
                side,
                format!(
                    "what holds without `{name}` changed with OpenSSH {major}.{minor}, and {why}"
                ),
            ),
            (_, default) => plain(side, name, default),
        },
    }
}

fn of_version(
    side: Side,
    option: &SshOption,
    change: Option<&Change>,
    (version, text): (Version, &str),
) -> Reading {
    let name = option.name;
    let (oldest, newest) = KNOWN;
    if !(oldest..=newest).contains(&version) {
        let reason = format!(
            "what holds without `{name}` is known of OpenSSH {}.{} to {}.{}, and `{text}` is installed",
            oldest.0, oldest.1, newest.0, newest.1
        );
        return unknown(side, reason);
    }
    let since =
        SINCE.iter().find(|(its, one, since)| (*its, *one) == (side, name) && version < *since);
    if let Some((_, _, (major, minor))) = since {
        let reason =
            format!("`{name}` came with OpenSSH {major}.{minor}, and `{text}` is installed");
        let closes_with = format!("OpenSSH {major}.{minor} or later");
        return Reading::Unknown { reason, closes_with };
    }
    if let Some(change) = change.filter(|change| version < change.since) {
        return Reading::Is(change.before.into());
    }
    if option.default == Default::Build
        && let Some(list) = list(side, name, version)
    {
        return Reading::Is(if name == "KexAlgorithms" && is_debian_with_more(text) {
            format!("sntrup761x25519-sha512,{list}").into()
        } else {
            list.into()
        });
    }
    plain(side, name, option.default)
}

/// Whether it is one of the lists of algorithms that are known here.
fn is_listed(name: &str) -> bool {
    LISTS.iter().any(|all| all.options.contains(&name))
}

/// The list of a version: the last one that came with it or before it.
fn list(side: Side, name: &str, version: Version) -> Option<&'static str> {
    let all = LISTS.iter().find(|all| all.sides.contains(&side) && all.options.contains(&name))?;
    all.since.iter().rev().find(|(since, _)| *since <= version).map(|(_, list)| *list)
}

/// A list that a line adds to (`+`), puts names before (`^`) or takes from (`-`). Wildcards take away
/// what they match; what they would add, only the program knows.
pub(super) fn changed(own: &str, line: &str) -> Option<String> {
    let (sign, names) = line.split_at_checked(1)?;
    let own: Vec<&str> = own.split(',').collect();
    let names: Vec<&str> = names.split(',').collect();
    if names.iter().any(|name| name.is_empty() || name.contains(['[', ']', '!', '\\'])) {
        return None;
    }
    let wild = names.iter().any(|name| name.contains(['*', '?']));
    let all: Vec<&str> = match sign {
        "-" => {
            let away: Vec<Pattern> = names.iter().map(|name| Pattern::new(name)).collect();
            own.into_iter().filter(|one| !away.iter().any(|name| name.matches(one))).collect()
        }
        "+" if !wild => {
            let more = names.iter().filter(|name| !own.contains(name));
            own.iter().chain(more).copied().collect()
        }
        "^" if !wild => {
            let rest = own.iter().filter(|one| !names.contains(one));
            names.iter().chain(rest).copied().collect()
        }
        _ => return None,
    };
    Some(all.join(","))
}

/// Updates of Debian 12 know one more key exchange by its plain name: since 1:9.2p1-2+deb12u4.
fn is_debian_with_more(text: &str) -> bool {
    let update = text.split_once("9.2p1-2+deb12u").and_then(|(_, rest)| rest.parse::<u16>().ok());
    update.is_some_and(|update| update >= 4)
}

/// What the table of options says.
fn plain(side: Side, name: &str, default: Default) -> Reading {
    match default {
        Default::Is(value) => Reading::Is(value.into()),
        Default::Nothing => Reading::Absent,
        Default::Build => unknown(
            side,
            format!("what holds without `{name}` depends on how {} was built", side.name()),
        ),
    }
}

/// The program itself would know.
fn unknown(side: Side, reason: String) -> Reading {
    Reading::Unknown { reason, closes_with: side.known_by().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(side: Side, name: &str, text: &str, version: Version) -> String {
        let option = side.option(name).unwrap();
        let text = text.into();
        match default(side, option, &Installed::Version { version, text, policy: false }) {
            Reading::Is(value) => value.to_string(),
            Reading::Unknown { reason, .. } => format!("unknown: {reason}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn tables_name_options_and_are_in_order() {
        for change in &CHANGES {
            assert_eq!(change.side.option(change.option).unwrap().name, change.option);
        }
        for (side, name, _) in &SINCE {
            assert_eq!(side.option(name).unwrap().name, *name);
        }
        for all in &LISTS {
            assert!(all.since.is_sorted_by(|a, b| a.0 < b.0));
            for (side, name) in
                all.sides.iter().flat_map(|s| all.options.iter().map(move |n| (s, n)))
            {
                assert_eq!(side.option(name).unwrap().default, Default::Build, "{name}");
            }
            for (_, list) in all.since {
                assert!(!list.contains([' ', '\n']) && !list.contains(",,"), "{list}");
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_version() {
        let (server, client) = (Side::Server, Side::Client);
        assert_eq!(by(client, "CheckHostIP", "1:8.4p1-5", (8, 4)), "yes");
        assert_eq!(by(client, "CheckHostIP", "1:9.2p1-2", (9, 2)), "no");
        assert_eq!(by(client, "UpdateHostKeys", "1:8.4p1-5", (8, 4)), "no");
        assert_eq!(by(server, "PermitRootLogin", "1:7.9p1-10", (7, 9)), "prohibit-password");
        let keys = |version| by(server, "PubkeyAcceptedAlgorithms", "", version);
        assert!(keys((8, 7)).ends_with(",ssh-rsa") && keys((8, 8)).ends_with(",rsa-sha2-256"));
        let kex = |text, version| by(server, "KexAlgorithms", text, version);
        assert!(kex("", (8, 1)).contains("group14-sha1") && !kex("", (8, 2)).contains("-sha1"));
        assert!(kex("1:9.2p1-2+deb12u3", (9, 2)).starts_with("sntrup761x25519-sha512@"));
        assert!(kex("1:9.2p1-2+deb12u10", (9, 2)).starts_with("sntrup761x25519-sha512,"));
        assert!(!kex("", (10, 0)).contains("diffie"));
        assert!(by(client, "KexAlgorithms", "", (10, 0)).contains("diffie"));
    }

    #[test]
    fn lists_of_a_policy_are_not_told() {
        let text = "8.0p1-25.el8_10".into();
        let el8 = Installed::Version { version: (8, 0), text, policy: true };
        let of = |side: Side, name| default(side, side.option(name).unwrap(), &el8);
        assert_eq!(of(Side::Client, "CheckHostIP"), Reading::Is("yes".into()));
        let Reading::Unknown { reason, .. } = of(Side::Server, "MACs") else { panic!("known") };
        assert_eq!(reason, "what holds without `MACs` is set by a policy of the whole system");
    }

    #[test]
    fn lines_change_the_lists_as_the_program_does() {
        let of = |line| changed("a-1,b-1,b-2", line);
        assert_eq!(of("+c,b-1").as_deref(), Some("a-1,b-1,b-2,c"));
        assert_eq!(of("^b-2,c").as_deref(), Some("b-2,c,a-1,b-1"));
        assert_eq!(of("-b-*").as_deref(), Some("a-1"));
        assert_eq!(of("-a-?,b-2").as_deref(), Some("b-1"));
        for unknown in ["+c*", "^*", "-", "-[ab]-1", "-!b-1", "c", ""] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_not_known_of_a_version_is_not_told() {
        let (server, client) = (Side::Server, Side::Client);
        assert_eq!(
            by(server, "PermitRootLogin", "1:6.7p1-5", (6, 7)),
            "unknown: what holds without `PermitRootLogin` is known of OpenSSH 7.4 to 10.2, and \
             `1:6.7p1-5` is installed"
        );
        assert!(by(server, "MACs", "1:99.0p1-1", (99, 0)).starts_with("unknown: "));
        assert_eq!(
            by(server, "RequiredRSASize", "1:8.4p1-5", (8, 4)),
            "unknown: `RequiredRSASize` came with OpenSSH 9.1, and `1:8.4p1-5` is installed"
        );
        assert!(by(client, "Ciphers", "1:7.5p1-10", (7, 5)).starts_with("unknown: "));
        let nobody = Installed::Unknown("nobody says it".to_owned());
        let of = |side: Side, name| default(side, side.option(name).unwrap(), &nobody);
        // Every known version has it.
        assert_eq!(of(server, "PermitRootLogin"), Reading::Is("prohibit-password".into()));
        let Reading::Unknown { reason, .. } = of(client, "CheckHostIP") else { panic!("known") };
        assert_eq!(
            reason,
            "what holds without `CheckHostIP` changed with OpenSSH 8.5, and nobody says it"
        );
    }
}
