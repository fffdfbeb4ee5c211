//! The ssh server's collector against the ssh server: the same configuration, the same values.

#![expect(clippy::disallowed_methods, reason = "tests run the program that is the oracle")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use holdfast_model::{Reading, Setting};

use crate::dice::Dice;
use crate::skip::skip;
use crate::support::Tree;

const MAIN: &str = "/etc/ssh/sshd_config";
const CASES: usize = 600;
/// Why nothing is compared with sshd.
const NO_SSHD: &str = "no sshd, or no right to make a mount namespace (it takes root)";

/// Options, how they may be written, and whether they may stand below a condition.
const OPTIONS: &[(&str, &[&str], bool)] = &[
    (
        "PermitRootLogin",
        &["yes", "no", "No", "prohibit-password", "without-password", "forced-commands-only"],
        true,
    ),
    ("PasswordAuthentication", &["yes", "no", "YES"], true),
    ("KbdInteractiveAuthentication", &["yes", "no"], true),
    ("ChallengeResponseAuthentication", &["yes", "no"], true),
    ("X11Forwarding", &["yes", "no"], true),
    ("AllowTcpForwarding", &["yes", "all", "no", "local", "Remote"], true),
    ("AllowAgentForwarding", &["yes", "no"], true),
    ("AllowStreamLocalForwarding", &["yes", "no", "local"], true),
    ("GatewayPorts", &["yes", "no", "clientspecified"], true),
    ("PermitTTY", &["yes", "no"], true),
    ("PermitTunnel", &["yes", "no", "ethernet"], true),
    ("PermitEmptyPasswords", &["yes", "no"], true),
    ("HostbasedAuthentication", &["yes", "no"], true),
    ("HostbasedUsesNameFromPacketOnly", &["yes", "no"], true),
    ("PubkeyAuthentication", &["yes", "no"], true),
    ("IgnoreRhosts", &["yes", "no", "shosts-only"], true),
    ("MaxAuthTries", &["1", "4", "06"], true),
    ("MaxSessions", &["0", "4"], true),
    ("ClientAliveInterval", &["0", "5m", "1h30m", "90s", "2M1"], true),
    ("ClientAliveCountMax", &["0", "2"], true),
    ("UnusedConnectionTimeout", &["0", "none", "5m"], true),
    ("LogLevel", &["quiet", "INFO", "Verbose", "DEBUG1", "DEBUG3"], true),
    ("Banner", &["none", "/etc/issue", "\"/etc/issue net\"", "'/etc/motd'", "/a\\ b"], true),
    ("ChrootDirectory", &["none", "/srv/%u"], true),
    ("ForceCommand", &["none", "internal-sftp -l INFO", "/bin/echo \"a  b\" # c"], true),
    ("AuthorizedKeysFile", &["none", ".ssh/keys", ".ssh/a /etc/b"], true),
    ("AllowUsers", &["u1", "u1 u2 # x", "\"u 1\"", "u3@10.0.0.0/8"], true),
    ("DenyGroups", &["g1", "g2 g*"], true),
    ("AcceptEnv", &["LANG", "LC_* TZ"], true),
    ("RequiredRSASize", &["2048", "3072"], true),
    ("X11DisplayOffset", &["11"], true),
    ("X11UseLocalhost", &["yes", "no"], true),
    ("DisableForwarding", &["yes", "no"], true),
    ("ExposeAuthInfo", &["yes", "no"], true),
    ("TrustedUserCAKeys", &["none", "/etc/ssh/ca"], true),
    ("Port", &["22", "2222"], false),
    ("LoginGraceTime", &["0", "30", "1m", "2m30s"], false),
    ("StrictModes", &["yes", "no"], false),
    ("UseDNS", &["yes", "no"], false),
    ("UsePAM", &["yes", "no"], false),
    ("TCPKeepAlive", &["yes", "no"], false),
    ("KeepAlive", &["yes", "no"], false),
    ("Compression", &["yes", "no", "delayed"], false),
    ("MaxStartups", &["5", "10:30:60"], false),
    ("PermitUserEnvironment", &["yes", "No", "LANG,LC_*"], false),
    ("SyslogFacility", &["auth", "LOCAL3"], false),
    ("PrintMotd", &["yes", "no"], false),
    ("PerSourceMaxStartups", &["none", "7"], false),
    ("VersionAddendum", &["none", "a  b"], false),
    ("AddressFamily", &["inet", "any"], false),
    ("Subsystem", &["sftp internal-sftp", "sftp2 /bin/x -a"], false),
    ("FingerprintHash", &["md5", "SHA256"], false),
    ("StreamLocalBindMask", &["0111", "0222"], true),
    ("PerSourceNetBlockSize", &["16:64", "24:96"], false),
];

/// What is wrong in one way or another, or looks so.
const ODD: &[&str] = &[
    "PermitRootLogin maybe",
    "PermitRootLogin",
    "PermitRootLogin =",
    "PermitRootLogin no yes",
    "PermitRootLogin \"no",
    "\"PermitRootLogin no",
    "\"PermitRootLogin\" no",
    "PermitRootLogin==no",
    "=PermitRootLogin no",
    "PermitRootLogin \"\"",
    "PermitRootLogin no\x0C",
    "PermitRoot\"Login\" no",
    "Permit Root Login no",
    "MaxAuthTries -1",
    "MaxAuthTries 5x",
    "MaxAuthTries 99999999999",
    "LoginGraceTime 5 m",
    "ClientAliveInterval 5y",
    "Port 0",
    "Port 70000",
    "Match",
    "Match all User u1",
    "Match User",
    "Match User u1 Nothing x",
    "Match Address 10.0.0.1/8",
    "Match Address 10.0.0.0/33",
    "Match LocalPort x",
    "Match User=u1",
    "Match all # really",
    "Match User u1 # not Host h9",
    "Include",
    "Include \"\"",
    "Include /nonexistent/*.conf",
    "Include /nonexistent/a.conf /nonexistent/b.conf",
    "UseLogin yes",
    "Protocol 2",
    "RSAAuthentication yes",
    "Foo bar",
    "AcceptEnv A=b",
    "MaxStartups 10:0:20",
    "MaxStartups 30:30:20",
    "AuthorizedKeysCommand x",
    "Banner /etc/issue extra",
    "# PermitRootLogin yes",
    "#PermitRootLogin \"yes",
    "\u{FEFF}# mark",
    "AllowUsers \"\"",
    "Subsystem sftp",
    "Subsystem sftp internal-sftp",
    "DebianBanner no",
    "Compression maybe",
];

const CRITERIA: &[&str] = &[
    "User u1",
    "User u2",
    "user u*",
    "User \"u1\"",
    "Host h1.example",
    "HOST *.example",
    "Address 10.0.0.0/8",
    "Address 10.0.0.1,192.0.2.*",
    "LocalPort 22",
    "User u1 Host h1.example",
    "Host h1.example User u1",
    "all",
    "All",
];

struct Case {
    /// Path and text; the first is the main file.
    files: Vec<(String, String)>,
    user: &'static str,
    host: &'static str,
    address: &'static str,
    /// Whether a connection is asked about at all.
    connected: bool,
}

fn case_letters(dice: &mut Dice, word: &str) -> String {
    match dice.roll(6) {
        0 => word.to_lowercase(),
        1 => word.to_uppercase(),
        _ => word.to_owned(),
    }
}

/// Lines of one file; `deeper` are the Includes that it may hold.
fn lines(dice: &mut Dice, deeper: &[String], below: bool) -> String {
    let mut out = String::new();
    let mut below = below;
    let mut all = false;
    for _ in 0..dice.roll(9) {
        let roll = dice.roll(24);
        if roll < 4 && !deeper.is_empty() {
            let _ = writeln!(out, "Include {}", deeper[dice.roll(deeper.len())]);
            continue;
        }
        if roll < 8 {
            let criterion = dice.pick(CRITERIA);
            all = criterion.eq_ignore_ascii_case("all");
            below = true;
            let _ = writeln!(out, "{} {criterion}", case_letters(dice, "Match"));
            continue;
        }
        if dice.once_in(60) {
            let _ = writeln!(out, "{}", dice.pick(ODD));
            continue;
        }
        let (name, values, _) = loop {
            // The first few come up often, so that they meet themselves.
            let few = dice.once_in(2);
            let option = OPTIONS[dice.roll(if few { 3 } else { OPTIONS.len() })];
            if option.2 || !below || all || dice.once_in(200) {
                break option;
            }
        };
        let name = case_letters(dice, name);
        let between = dice.pick(&[" ", " ", "\t", "=", " = ", "  "]);
        let after = dice.pick(&["", "", " ", "\r", "\t "]);
        let before = dice.pick(&["", "", "  ", "\t"]);
        let _ = writeln!(out, "{before}{name}{between}{}{after}", dice.pick(values));
    }
    if dice.once_in(4) { out.trim_end_matches('\n').to_owned() } else { out }
}

fn case(seed: usize, folder: &str) -> Case {
    let dice = &mut Dice::new(seed as u64 + 1);
    let own = |name: &str| format!("{folder}/{name}");
    let leaf = vec![own("leaf.conf")];
    let inner = vec![
        own("d/*.conf"),
        own("d/[0-4]*.conf"),
        own("d/b.conf"),
        own("leaf.conf"),
        own("d/?.conf"),
    ];
    let mut files = vec![(own("main"), lines(dice, &inner, false))];
    for name in ["d/a.conf", "d/b.conf", "d/1x.conf", "d/.hidden.conf", "d/z.txt"] {
        if dice.once_in(2) {
            files.push((own(name), lines(dice, &leaf, true)));
        }
    }
    if dice.once_in(2) {
        // Now and then a circle.
        let deeper = if dice.once_in(10) { inner } else { Vec::new() };
        files.push((own("leaf.conf"), lines(dice, &deeper, true)));
    }
    // Without a connection, sshd does not take the condition `LocalPort`.
    let ports = files.iter().any(|(_, text)| text.contains("LocalPort"));
    Case {
        files,
        user: dice.pick(&["u1", "u2", "x"]),
        host: dice.pick(&["h1.example", "h2.example", "other"]),
        address: dice.pick(&["10.0.0.1", "192.0.2.7", "203.0.113.1"]),
        connected: ports || !dice.once_in(4),
    }
}

impl Case {
    fn fulfils(&self, scope: &str) -> bool {
        let words: Vec<&str> = scope.split(' ').collect();
        words.chunks(2).all(|pair| match (pair[0], pair[1]) {
            ("User", "u*") => self.user.starts_with('u'),
            ("User", user) => self.user == user,
            ("Host", "*.example") => self.host.ends_with(".example"),
            ("Host", host) => self.host == host,
            ("Address", "10.0.0.0/8") => self.address.starts_with("10."),
            ("Address", "10.0.0.1,192.0.2.*") => {
                self.address == "10.0.0.1" || self.address.starts_with("192.0.2.")
            }
            ("LocalPort", port) => port == "22",
            other => panic!("{other:?}"),
        })
    }
}

/// Runs `sshd -T` for each case in a namespace in which it finds what it wants in `/run`.
/// `None` where that cannot be done.
fn oracle(folder: &Path, cases: &[Case]) -> Option<Vec<(bool, String)>> {
    let root = folder.to_str()?;
    let key = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f", &format!("{root}/key")])
        .output()
        .ok()?;
    if !key.status.success() {
        return None;
    }
    let mut script = "set -e; mount -t tmpfs none /run; mkdir /run/sshd; cd /; set +e\n".to_owned();
    for (index, case) in cases.iter().enumerate() {
        let connection = if case.connected {
            let (user, host, addr) = (case.user, case.host, case.address);
            format!("-C user={user},host={host},addr={addr},laddr=10.9.9.9,lport=22")
        } else {
            String::new()
        };
        let _ = writeln!(
            script,
            "/usr/sbin/sshd -T -f {root}/{index}/main -h {root}/key {connection} \
             >{root}/{index}/out 2>{root}/{index}/err; echo $? >{root}/{index}/status"
        );
    }
    std::fs::write(folder.join("script"), script).ok()?;
    let ran =
        Command::new("unshare").args(["-m", "sh", &format!("{root}/script")]).output().ok()?;
    let read = |index: usize, name: &str| {
        std::fs::read_to_string(folder.join(index.to_string()).join(name)).ok()
    };
    if !ran.status.success() && read(0, "status").is_none() {
        return None;
    }
    let answer = |index| {
        let status = read(index, "status")?;
        let good = status.trim() == "0";
        if status.trim() == "127" {
            return None;
        }
        Some((good, read(index, if good { "out" } else { "err" })?))
    };
    (0..cases.len()).map(answer).collect()
}

/// The server that is the oracle, as dpkg's database has it: what is refused depends on its version.
fn package() -> String {
    let format = "Package: ${Package}\\nStatus: ${Status}\\nVersion: ${Version}\\n";
    let query = Command::new("dpkg-query").args(["-W", "-f", format, "openssh-server"]).output();
    query.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default()
}

fn normal(key: &str, value: &str) -> String {
    match (key, value) {
        ("permitrootlogin", "without-password") => "prohibit-password".to_owned(),
        ("loglevel", "SILENT") => "QUIET".to_owned(),
        (_, value) => value.trim_end().to_owned(),
    }
}

/// What sshd says by option, several lines joined.
fn said(output: &str) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for line in output.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = normal(key, value);
        let all = out.entry(key.to_owned()).or_default();
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(&value);
    }
    out
}

/// What ours says for the connection; `None` where several blocks gather values.
fn ours(case: &Case, settings: &[Setting], gathers: bool) -> Option<Reading> {
    let fits = |setting: &&Setting| {
        setting.scope.as_ref().is_some_and(|scope| case.connected && case.fulfils(scope))
    };
    let mut blocks = settings.iter().filter(fits);
    let first = blocks.next();
    if gathers && blocks.next().is_some() {
        return None;
    }
    let whole = settings.iter().find(|setting| setting.scope.is_none()).unwrap();
    Some(first.unwrap_or(whole).reading.clone())
}

#[test]
fn sshd_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap().to_owned();
    let cases: Vec<Case> =
        (0..CASES).map(|index| case(index, &format!("{root}/{index}"))).collect();
    for (path, text) in cases.iter().flat_map(|case| &case.files) {
        std::fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let Some(answers) = oracle(folder.path(), &cases) else {
        return skip(NO_SSHD);
    };
    let mut compared = 0;
    let mut refused = 0;
    let package = package();
    for (index, (case, (good, text))) in cases.iter().zip(&answers).enumerate() {
        let tell = || format!("case {index}, {:?}\n{text}", case.files);
        let mut tree = Tree::default().file("/var/lib/dpkg/status", &package);
        for (at, (path, text)) in case.files.iter().enumerate() {
            tree = tree.file(if at == 0 { MAIN } else { path }, text);
        }
        let said = said(text);
        refused += usize::from(!good);
        for (name, ..) in OPTIONS {
            let settings = tree.clone().sshd(&[name]).settings("host-sshd");
            if !good {
                assert!(matches!(settings[0].reading, Reading::Broken { .. }), "{name} {}", tell());
                continue;
            }
            let gathers = ["AllowUsers", "DenyGroups", "AcceptEnv"].contains(name);
            let Some(reading) = ours(case, &settings, gathers) else { continue };
            let key = match *name {
                "ChallengeResponseAuthentication" => "KbdInteractiveAuthentication",
                "KeepAlive" => "TCPKeepAlive",
                name => name,
            };
            // Which of two options counts, sshd does not say.
            let off = said.get("disableforwarding").is_some_and(|value| value == "yes");
            if off && ["AllowTcpForwarding", "AllowStreamLocalForwarding"].contains(name) {
                continue;
            }
            let theirs =
                said.get(&key.to_lowercase()).map(|value| Reading::Is(value.as_str().into()));
            assert_eq!(reading, theirs.unwrap_or(Reading::Absent), "{name} in {}", tell());
            compared += 1;
        }
    }
    // The generator stays a mixture: most configurations are good, enough are not.
    println!("{compared} values compared, {refused} configurations refused");
    assert!(compared > CASES * 20 && refused > CASES / 30, "{compared} {refused}");
}

#[test]
fn every_odd_line_is_judged_as_sshd_judges_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap().to_owned();
    let texts: Vec<String> = ODD
        .iter()
        .flat_map(|line| {
            let good = "Match User u1\nPermitTTY no\n";
            let more = "Subsystem sftp internal-sftp\n";
            [format!("{line}\n"), format!("{good}{line}\n"), format!("{more}{line}")]
        })
        .collect();
    let case = |(index, text): (usize, &String)| {
        let path = format!("{root}/{index}/main");
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let files = vec![(path, text.clone())];
        Case { files, user: "u1", host: "h", address: "10.0.0.1", connected: false }
    };
    let cases: Vec<Case> = texts.iter().enumerate().map(case).collect();
    let Some(answers) = oracle(folder.path(), &cases) else {
        return skip(NO_SSHD);
    };
    let package = package();
    for (text, (good, complaint)) in texts.iter().zip(answers) {
        let tree = Tree::default().file("/var/lib/dpkg/status", &package).file(MAIN, text);
        let settings = tree.sshd(&["PermitRootLogin"]).settings("host-sshd");
        let ours = !matches!(settings[0].reading, Reading::Broken { .. });
        assert_eq!(ours, good, "{text:?}: sshd says {complaint}; {settings:?}");
    }
}

/// The defaults of the table are those of this sshd.
#[test]
fn defaults_are_those_of_sshd() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap().to_owned();
    std::fs::create_dir_all(folder.path().join("0")).unwrap();
    std::fs::write(folder.path().join("0/main"), "").unwrap();
    let files = vec![(format!("{root}/0/main"), String::new())];
    let cases = [Case { files, user: "u1", host: "h", address: "10.0.0.1", connected: false }];
    let Some(answers) = oracle(folder.path(), &cases) else {
        return skip(NO_SSHD);
    };
    let said = said(&answers[0].1);
    let mut known = 0;
    for (key, value) in &said {
        let tree = Tree::default().file(MAIN, "").installed();
        let settings = tree.sshd(&[key]).settings("host-sshd");
        assert!(settings[0].default, "{key}");
        match &settings[0].reading {
            Reading::Is(ours) => {
                assert_eq!(&**ours, value, "{key}");
                known += 1;
            }
            // What was built in is known to sshd only.
            Reading::Unknown { reason, .. } => assert!(reason.contains("built"), "{key} {reason}"),
            other => panic!("{key}: {other:?}"),
        }
    }
    assert!(known > 60, "{known}");
}
