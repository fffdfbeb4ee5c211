//! The options of the ssh server, sshd_config(5) of OpenSSH 9.2 and later: how each is written,
//! what it takes, and what holds where nobody writes it; and the form of such a table, which the
//! client shares.
//!
//! Knows the table only. It must not know files, Match blocks or which value wins.

use holdfast_rulefile::suggest;

/// What stands behind a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// One of these words in any case, and the word that says the same in the manual.
    Choice(&'static [(&'static str, &'static str)]),
    /// A whole number.
    Number,
    /// A whole number or `none`.
    NumberOrNone,
    /// A time, sshd_config(5) "TIME FORMATS"; its value is in seconds.
    Time,
    /// A time or `none`.
    TimeOrNone,
    /// A TCP port.
    Port,
    /// `start:rate:full` or one number.
    Startups,
    /// One word.
    Text,
    /// One word: `yes`, `no` or a pattern, in which case counts.
    Pattern,
    /// `yes` or `no` in any form and case, or another word, such as a path or a time.
    FlagOrText,
    /// One or more words.
    Texts,
    /// The names of environment variables.
    Variables,
    /// The rest of the line, as it stands.
    Rest,
    /// The same, beginning with `/`, or `none`.
    Program,
    /// A name and a command.
    Subsystem,
    /// One or more words of which only sshd knows the normal form (addresses, numbers of bits).
    Loose,
    /// A list of algorithms, which may add to or take from those that the server was built with.
    Algorithms,
}

/// Which of several lines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// The first, as the manual says.
    First,
    /// The last, against the manual; shown by `sshd -T`.
    Last,
    /// All together.
    All,
}

/// What holds where nobody writes an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Default {
    /// This value, since 9.2; see `defaults` for those that were others before.
    Is(&'static str),
    /// No value at all.
    Nothing,
    /// What this build of the program was given.
    Build,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub(super) struct SshOption {
    /// As the manual spells it.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Which of its lines count.
    pub counts: Counts,
    /// Whether it may stand in a `Match` block.
    pub in_match: bool,
    /// What holds without it.
    pub default: Default,
}

/// What a keyword means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keyword {
    /// An option of the table.
    Option(&'static SshOption),
    /// `Include`.
    Include,
    /// `Match`.
    Match,
    /// `Host`, of the client alone.
    Host,
    /// Formerly an option, or one that was not built in: the program says so and passes over it. Or
    /// one of some builds that nobody asks about.
    Ignored {
        /// Whether it may stand in a `Match` block.
        in_match: bool,
    },
}

/// The meaning of a keyword, in any case.
pub(super) fn keyword(word: &str) -> Option<Keyword> {
    if word.eq_ignore_ascii_case("Include") {
        return Some(Keyword::Include);
    }
    if word.eq_ignore_ascii_case("Match") {
        return Some(Keyword::Match);
    }
    if let Some(option) = option(word) {
        return Some(Keyword::Option(option));
    }
    let ignored = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    if ignored(IGNORED) {
        return Some(Keyword::Ignored { in_match: false });
    }
    ignored(IGNORED_IN_MATCH).then_some(Keyword::Ignored { in_match: true })
}

/// The option of that name or former name, in any case.
pub(super) fn option(word: &str) -> Option<&'static SshOption> {
    let known = |name: &str| OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(name));
    known(word).or_else(|| {
        let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(word))?;
        known(alias.1)
    })
}

/// The name that is nearest to a word that is none.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    suggest(word, OPTIONS.iter().map(|option| option.name).chain(["Include", "Match"]))
}

const YES_NO: Takes = Takes::Choice(&[("yes", "yes"), ("no", "no")]);
const FORWARDING: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("all", "yes"),
    ("no", "no"),
    ("remote", "remote"),
    ("local", "local"),
]);
const ROOT: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("prohibit-password", "prohibit-password"),
    ("without-password", "prohibit-password"),
    ("forced-commands-only", "forced-commands-only"),
]);
const COMPRESSION: Takes = Takes::Choice(&[("yes", "yes"), ("delayed", "yes"), ("no", "no")]);
const RHOSTS: Takes =
    Takes::Choice(&[("yes", "yes"), ("no", "no"), ("shosts-only", "shosts-only")]);
const GATEWAY: Takes =
    Takes::Choice(&[("yes", "yes"), ("no", "no"), ("clientspecified", "clientspecified")]);
const TUNNEL: Takes = Takes::Choice(&[
    ("yes", "yes"),
    ("no", "no"),
    ("point-to-point", "point-to-point"),
    ("ethernet", "ethernet"),
]);
pub(super) const FAMILY: Takes =
    Takes::Choice(&[("any", "any"), ("inet", "inet"), ("inet6", "inet6")]);
pub(super) const HASH: Takes = Takes::Choice(&[("md5", "MD5"), ("sha256", "SHA256")]);
pub(super) const LEVEL: Takes = Takes::Choice(&[
    ("QUIET", "QUIET"),
    ("SILENT", "QUIET"),
    ("FATAL", "FATAL"),
    ("ERROR", "ERROR"),
    ("INFO", "INFO"),
    ("VERBOSE", "VERBOSE"),
    ("DEBUG", "DEBUG"),
    ("DEBUG1", "DEBUG"),
    ("DEBUG2", "DEBUG2"),
    ("DEBUG3", "DEBUG3"),
]);
pub(super) const FACILITY: Takes = Takes::Choice(&[
    ("DAEMON", "DAEMON"),
    ("USER", "USER"),
    ("AUTH", "AUTH"),
    ("AUTHPRIV", "AUTHPRIV"),
    ("LOCAL0", "LOCAL0"),
    ("LOCAL1", "LOCAL1"),
    ("LOCAL2", "LOCAL2"),
    ("LOCAL3", "LOCAL3"),
    ("LOCAL4", "LOCAL4"),
    ("LOCAL5", "LOCAL5"),
    ("LOCAL6", "LOCAL6"),
    ("LOCAL7", "LOCAL7"),
]);

/// The first line counts; may stand in a `Match` block.
pub(super) const fn both(name: &'static str, takes: Takes, default: &'static str) -> SshOption {
    SshOption { name, takes, counts: Counts::First, in_match: true, default: Default::Is(default) }
}

/// The first line counts; for the whole server.
const fn whole(name: &'static str, takes: Takes, default: &'static str) -> SshOption {
    SshOption { name, takes, counts: Counts::First, in_match: false, default: Default::Is(default) }
}

/// All lines count.
pub(super) const fn gathers(
    name: &'static str,
    takes: Takes,
    in_match: bool,
    default: Default,
) -> SshOption {
    SshOption { name, takes, counts: Counts::All, in_match, default }
}

/// What holds without it is the build's.
pub(super) const fn built(name: &'static str, takes: Takes, in_match: bool) -> SshOption {
    SshOption { name, takes, counts: Counts::First, in_match, default: Default::Build }
}

/// The same, of which the last line counts.
const fn last(option: SshOption) -> SshOption {
    SshOption { counts: Counts::Last, ..option }
}

/// Nothing holds without it.
pub(super) const fn unset(name: &'static str, takes: Takes, in_match: bool) -> SshOption {
    SshOption { name, takes, counts: Counts::First, in_match, default: Default::Nothing }
}

/// Every option.
pub(super) static OPTIONS: &[SshOption] = &[
    gathers("AcceptEnv", Takes::Variables, true, Default::Nothing),
    whole("AddressFamily", FAMILY, "any"),
    both("AllowAgentForwarding", YES_NO, "yes"),
    gathers("AllowGroups", Takes::Texts, true, Default::Nothing),
    both("AllowStreamLocalForwarding", FORWARDING, "yes"),
    both("AllowTcpForwarding", FORWARDING, "yes"),
    gathers("AllowUsers", Takes::Texts, true, Default::Nothing),
    both("AuthenticationMethods", Takes::Loose, "any"),
    both("AuthorizedKeysCommand", Takes::Program, "none"),
    both("AuthorizedKeysCommandUser", Takes::Text, "none"),
    both("AuthorizedKeysFile", Takes::Texts, ".ssh/authorized_keys .ssh/authorized_keys2"),
    both("AuthorizedPrincipalsCommand", Takes::Program, "none"),
    both("AuthorizedPrincipalsCommandUser", Takes::Text, "none"),
    both("AuthorizedPrincipalsFile", Takes::Text, "none"),
    both("Banner", Takes::Text, "none"),
    built("CASignatureAlgorithms", Takes::Algorithms, true),
    both("ChannelTimeout", Takes::Loose, "none"),
    both("ChrootDirectory", Takes::Text, "none"),
    built("Ciphers", Takes::Algorithms, false),
    both("ClientAliveCountMax", Takes::Number, "3"),
    both("ClientAliveInterval", Takes::Time, "0"),
    whole("Compression", COMPRESSION, "yes"),
    // Debian's own.
    whole("DebianBanner", YES_NO, "yes"),
    gathers("DenyGroups", Takes::Texts, true, Default::Nothing),
    gathers("DenyUsers", Takes::Texts, true, Default::Nothing),
    both("DisableForwarding", YES_NO, "no"),
    both("ExposeAuthInfo", YES_NO, "no"),
    last(whole("FingerprintHash", HASH, "SHA256")),
    both("ForceCommand", Takes::Rest, "none"),
    both("GatewayPorts", GATEWAY, "no"),
    both("GSSAPIAuthentication", YES_NO, "no"),
    whole("GSSAPICleanupCredentials", YES_NO, "yes"),
    // These of the key exchange and of stored credentials are patches of Debian and Red Hat.
    unset("GSSAPIEnablek5users", YES_NO, false),
    built("GSSAPIKexAlgorithms", Takes::Algorithms, false),
    whole("GSSAPIKeyExchange", YES_NO, "no"),
    whole("GSSAPIStoreCredentialsOnRekey", YES_NO, "no"),
    whole("GSSAPIStrictAcceptorCheck", YES_NO, "yes"),
    built("HostbasedAcceptedAlgorithms", Takes::Algorithms, true),
    both("HostbasedAuthentication", YES_NO, "no"),
    both("HostbasedUsesNameFromPacketOnly", YES_NO, "no"),
    gathers("HostCertificate", Takes::Loose, false, Default::Nothing),
    gathers("HostKey", Takes::Loose, false, Default::Build),
    whole("HostKeyAgent", Takes::Text, "none"),
    built("HostKeyAlgorithms", Takes::Algorithms, false),
    both("IgnoreRhosts", RHOSTS, "yes"),
    whole("IgnoreUserKnownHosts", YES_NO, "no"),
    last(built("IPQoS", Takes::Loose, true)),
    both("KbdInteractiveAuthentication", YES_NO, "yes"),
    both("KerberosAuthentication", YES_NO, "no"),
    whole("KerberosOrLocalPasswd", YES_NO, "yes"),
    whole("KerberosTicketCleanup", YES_NO, "yes"),
    unset("KerberosUniqueCCache", YES_NO, false),
    unset("KerberosUseKuserok", YES_NO, true),
    built("KexAlgorithms", Takes::Algorithms, false),
    gathers("ListenAddress", Takes::Loose, false, Default::Build),
    whole("LoginGraceTime", Takes::Time, "120"),
    both("LogLevel", LEVEL, "INFO"),
    unset("LogVerbose", Takes::Loose, true),
    built("MACs", Takes::Algorithms, false),
    both("MaxAuthTries", Takes::Number, "6"),
    both("MaxSessions", Takes::Number, "10"),
    whole("MaxStartups", Takes::Startups, "10:30:100"),
    built("ModuliFile", Takes::Text, false),
    // Since 9.8.
    unset("PAMServiceName", Takes::Text, false),
    both("PasswordAuthentication", YES_NO, "yes"),
    both("PermitEmptyPasswords", YES_NO, "no"),
    both("PermitListen", Takes::Loose, "any"),
    both("PermitOpen", Takes::Loose, "any"),
    both("PermitRootLogin", ROOT, "prohibit-password"),
    both("PermitTTY", YES_NO, "yes"),
    both("PermitTunnel", TUNNEL, "no"),
    // Other than elsewhere, `Yes` is a pattern here.
    whole("PermitUserEnvironment", Takes::Pattern, "no"),
    both("PermitUserRC", YES_NO, "yes"),
    whole("PerSourceMaxStartups", Takes::NumberOrNone, "none"),
    last(whole("PerSourceNetBlockSize", Takes::Loose, "32:128")),
    // Since 9.8.
    built("PerSourcePenalties", Takes::Loose, false),
    unset("PerSourcePenaltyExemptList", Takes::Loose, false),
    built("PidFile", Takes::Text, false),
    gathers("Port", Takes::Port, false, Default::Is("22")),
    whole("PrintLastLog", YES_NO, "yes"),
    whole("PrintMotd", YES_NO, "yes"),
    built("PubkeyAcceptedAlgorithms", Takes::Algorithms, true),
    both("PubkeyAuthentication", YES_NO, "yes"),
    both("PubkeyAuthOptions", Takes::Loose, "none"),
    unset("RDomain", Takes::Text, true),
    // Since 9.9.
    both("RefuseConnection", YES_NO, "no"),
    built("RekeyLimit", Takes::Loose, true),
    both("RequiredRSASize", Takes::Number, "1024"),
    both("RevokedKeys", Takes::Text, "none"),
    built("SecurityKeyProvider", Takes::Text, false),
    unset("SetEnv", Takes::Loose, true),
    // Since 9.8 and 10.0.
    built("SshdAuthPath", Takes::Text, false),
    built("SshdSessionPath", Takes::Text, false),
    last(both("StreamLocalBindMask", Takes::Loose, "0177")),
    both("StreamLocalBindUnlink", YES_NO, "no"),
    whole("StrictModes", YES_NO, "yes"),
    gathers("Subsystem", Takes::Subsystem, false, Default::Nothing),
    whole("SyslogFacility", FACILITY, "AUTH"),
    whole("TCPKeepAlive", YES_NO, "yes"),
    both("TrustedUserCAKeys", Takes::Text, "none"),
    both("UnusedConnectionTimeout", Takes::TimeOrNone, "none"),
    whole("UseDNS", YES_NO, "no"),
    whole("UsePAM", YES_NO, "no"),
    whole("VersionAddendum", Takes::Rest, "none"),
    both("X11DisplayOffset", Takes::Number, "10"),
    both("X11Forwarding", YES_NO, "no"),
    both("X11UseLocalhost", YES_NO, "yes"),
    built("XAuthLocation", Takes::Text, false),
];

/// Other names of the same option.
static ALIASES: &[(&str, &str)] = &[
    ("ChallengeResponseAuthentication", "KbdInteractiveAuthentication"),
    ("SkeyAuthentication", "KbdInteractiveAuthentication"),
    ("DSAAuthentication", "PubkeyAuthentication"),
    ("GSSAPICleanupCreds", "GSSAPICleanupCredentials"),
    ("HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms"),
    ("HostDSAKey", "HostKey"),
    ("KeepAlive", "TCPKeepAlive"),
    ("PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms"),
    ("RSAMinSize", "RequiredRSASize"),
];

/// Keywords that do nothing any more, or that were not built in.
static IGNORED: &[&str] = &[
    "AFSTokenPassing",
    "CheckMail",
    "GSSAPIUseSessionCredCache",
    "GSSUseSessionCCache",
    "KerberosGetAFSToken",
    "KerberosTGTPassing",
    "KeyRegenerationInterval",
    "PAMAuthenticationViaKbdInt",
    "PermitBlacklistedKeys",
    "Protocol",
    "ReverseMappingCheck",
    "RhostsAuthentication",
    "ServerKeyBits",
    "UseLogin",
    "UsePrivilegeSeparation",
    "VerifyReverseMapping",
];

/// The same, of those that may stand in a `Match` block.
static IGNORED_IN_MATCH: &[&str] = &[
    "AuthorizedKeysFile2",
    // Red Hat's own, which do something there.
    "CanonicalMatchUser",
    "GSSAPIDelegateCredentials",
    "GSSAPIIndicators",
    "RhostsRSAAuthentication",
    "RSAAuthentication",
    // Red Hat's own, too.
    "X11MaxDisplays",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_aliases_lead_somewhere() {
        for (index, one) in OPTIONS.iter().enumerate() {
            assert!(OPTIONS[..index].iter().all(|o| !o.name.eq_ignore_ascii_case(one.name)));
        }
        for (alias, name) in ALIASES {
            assert_eq!(option(alias).unwrap().name, *name);
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_option() {
        assert_eq!(nearest("PermitRootLogn"), Some("PermitRootLogin"));
        assert_eq!(nearest("passwordauthentification"), Some("PasswordAuthentication"));
        assert_eq!(nearest("quux"), None);
    }
}
