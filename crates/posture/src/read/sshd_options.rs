//! The options of the ssh server, as sshd_config(5) of OpenSSH 10.0 spells them, and what they can
//! be; and what options of the client share with them. `Include` and `Match` are no options of their
//! own: they say where others stand.

use holdfast_model::{Startups, Wanted};
use holdfast_rulefile::{Decoder, Node, Value};

use super::{near, values};

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// `yes` or `no`.
    YesNo,
    /// One of these.
    Words(&'static [&'static str]),
    /// A whole number.
    Number,
    /// Seconds, or a time such as `2m`.
    Time,
    /// Names with commas between them.
    Names,
    /// Anything else.
    Text,
}

/// An option.
#[derive(Debug, Clone, Copy)]
pub(super) struct SshOption {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
}

/// The option of that name; sshd ignores case, we keep the manual's.
pub(super) fn named(name: &str) -> Result<SshOption, (String, String)> {
    let help = "write an option of sshd_config(5), such as `PermitRootLogin`";
    find(OPTIONS, name, "the ssh server", help)
}

/// The option of that name in a table; else what is wrong, and the help where none is near.
pub(super) fn find(
    options: &'static [(Takes, &'static [&'static str])],
    name: &str,
    whose: &str,
    help: &str,
) -> Result<SshOption, (String, String)> {
    let all = options.iter().flat_map(|(takes, names)| names.iter().map(move |name| (takes, name)));
    let found = all.clone().find(|(_, known)| known.eq_ignore_ascii_case(name));
    if let Some((takes, name)) = found {
        return Ok(SshOption { name, takes: *takes });
    }
    let shown: String = name.chars().take(60).collect();
    let message = format!("{whose} has no option `{shown}`");
    let names: Vec<&str> = all.map(|(_, name)| *name).collect();
    let help = holdfast_rulefile::suggest(name, names.iter().copied())
        .map_or_else(|| help.to_owned(), |near| format!("did you mean `{near}`?"));
    Err((message, help))
}

/// What is wanted of an option of the server: of `MaxStartups` also `{at_most: "10:30:60"}`, which
/// holds for each of its parts.
pub(super) fn wanted(decoder: &mut Decoder<'_>, node: &Node, option: &str) -> Option<Wanted> {
    match startups(node).filter(|_| option == "MaxStartups") {
        Some(most) => Some(Wanted::StartupsAtMost(most)),
        None => values::wanted(decoder, node),
    }
}

fn startups(node: &Node) -> Option<Startups> {
    let Value::Map(pairs) = &node.value else { return None };
    let [(name, most)] = pairs.as_slice() else { return None };
    match &most.value {
        Value::Text { text, quoted: true } if name.as_text() == Some("at_most") => {
            Startups::parse(text)
        }
        _ => None,
    }
}

/// Refuses what an option of either side can never be.
pub(super) fn check(
    decoder: &mut Decoder<'_>,
    node: &Node,
    (option, takes): (&str, Takes),
    wanted: &Wanted,
) -> Option<()> {
    let words: &[&str] = match takes {
        Takes::YesNo => &["yes", "no"],
        Takes::Words(words) => words,
        Takes::Number | Takes::Time | Takes::Names | Takes::Text => &[],
    };
    let values = match wanted {
        Wanted::Is(value) => std::slice::from_ref(value),
        Wanted::OneOf(values) => values.as_slice(),
        Wanted::SubsetOf(_) if takes == Takes::Names => return Some(()),
        Wanted::StartupsAtMost(_) => return Some(()),
        Wanted::SubsetOf(_) => return values::no_list(decoder, node, wanted),
        Wanted::NoneOf(_) => return values::no_choice(decoder, node, wanted),
        Wanted::AtLeast(bound) | Wanted::AtMost(bound) => {
            if matches!(takes, Takes::Number | Takes::Time) && *bound >= 0 {
                return Some(());
            }
            if matches!(takes, Takes::Number | Takes::Time) {
                let message = format!("`{option}` is never below 0");
                decoder.refuse("control-value", node, message, "write a whole number from 0");
                return None;
            }
            let message = format!("`{option}` is no number, and cannot be compared with one");
            let help = "write the value, or `{one_of: […]}`";
            decoder.refuse("control-value", node, message, help);
            return None;
        }
    };
    for value in values {
        let impossible = match takes {
            Takes::Number => value.parse::<u32>().is_err(),
            _ => !words.is_empty() && words.iter().all(|word| !word.eq_ignore_ascii_case(value)),
        };
        if impossible {
            let help = if words.is_empty() {
                "write a whole number".to_owned()
            } else {
                near(value, words.iter().copied())
            };
            let message = format!("`{option}` is never `{value}`");
            decoder.refuse("control-value", node, message, help);
            return None;
        }
    }
    Some(())
}

const OPTIONS: &[(Takes, &[&str])] = &[
    (
        Takes::YesNo,
        &[
            "AllowAgentForwarding",
            "DebianBanner",
            "DisableForwarding",
            "ExposeAuthInfo",
            "GSSAPIAuthentication",
            "GSSAPICleanupCredentials",
            "GSSAPIKeyExchange",
            "GSSAPIStoreCredentialsOnRekey",
            "GSSAPIStrictAcceptorCheck",
            "HostbasedAuthentication",
            "HostbasedUsesNameFromPacketOnly",
            "IgnoreUserKnownHosts",
            "KbdInteractiveAuthentication",
            "KerberosAuthentication",
            "KerberosGetAFSToken",
            "KerberosOrLocalPasswd",
            "KerberosTicketCleanup",
            "PasswordAuthentication",
            "PermitEmptyPasswords",
            "PermitTTY",
            "PermitUserRC",
            "PrintLastLog",
            "PrintMotd",
            "PubkeyAuthentication",
            "RefuseConnection",
            "StreamLocalBindUnlink",
            "StrictModes",
            "TCPKeepAlive",
            "UseDNS",
            "UsePAM",
            "X11Forwarding",
            "X11UseLocalhost",
        ],
    ),
    (Takes::Words(&["any", "inet", "inet6"]), &["AddressFamily"]),
    (
        Takes::Words(&["yes", "no", "all", "local", "remote"]),
        &["AllowStreamLocalForwarding", "AllowTcpForwarding"],
    ),
    (Takes::Words(&["yes", "delayed", "no"]), &["Compression"]),
    (Takes::Words(&["md5", "sha256"]), &["FingerprintHash"]),
    (Takes::Words(&["yes", "no", "clientspecified"]), &["GatewayPorts"]),
    (Takes::Words(&["yes", "no", "shosts-only"]), &["IgnoreRhosts"]),
    (
        Takes::Words(&[
            "QUIET", "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3",
        ]),
        &["LogLevel"],
    ),
    (
        Takes::Words(&[
            "no",
            "prohibit-password",
            "forced-commands-only",
            "yes",
            "without-password",
        ]),
        &["PermitRootLogin"],
    ),
    (Takes::Words(&["yes", "point-to-point", "ethernet", "no"]), &["PermitTunnel"]),
    (
        Takes::Number,
        &[
            "ClientAliveCountMax",
            "MaxAuthTries",
            "MaxSessions",
            "Port",
            "RequiredRSASize",
            "X11DisplayOffset",
        ],
    ),
    (Takes::Time, &["ClientAliveInterval", "LoginGraceTime"]),
    (
        Takes::Names,
        &[
            "CASignatureAlgorithms",
            "Ciphers",
            "GSSAPIKexAlgorithms",
            "HostbasedAcceptedAlgorithms",
            "HostKeyAlgorithms",
            "KexAlgorithms",
            "MACs",
            "PubkeyAcceptedAlgorithms",
        ],
    ),
    (
        Takes::Text,
        &[
            "AcceptEnv",
            "AllowGroups",
            "AllowUsers",
            "AuthenticationMethods",
            "AuthorizedKeysCommand",
            "AuthorizedKeysCommandUser",
            "AuthorizedKeysFile",
            "AuthorizedPrincipalsCommand",
            "AuthorizedPrincipalsCommandUser",
            "AuthorizedPrincipalsFile",
            "Banner",
            "ChannelTimeout",
            "ChrootDirectory",
            "DenyGroups",
            "DenyUsers",
            "ForceCommand",
            "HostCertificate",
            "HostKey",
            "HostKeyAgent",
            "IPQoS",
            "ListenAddress",
            "LogVerbose",
            "MaxStartups",
            "ModuliFile",
            "PAMServiceName",
            "PerSourceMaxStartups",
            "PerSourceNetBlockSize",
            "PerSourcePenalties",
            "PerSourcePenaltyExemptList",
            "PermitListen",
            "PermitOpen",
            "PermitUserEnvironment",
            "PidFile",
            "PubkeyAuthOptions",
            "RDomain",
            "RekeyLimit",
            "RevokedKeys",
            "SecurityKeyProvider",
            "SetEnv",
            "SshdAuthPath",
            "SshdSessionPath",
            "StreamLocalBindMask",
            "Subsystem",
            "SyslogFacility",
            "TrustedUserCAKeys",
            "UnusedConnectionTimeout",
            "VersionAddendum",
            "XAuthLocation",
        ],
    ),
];
