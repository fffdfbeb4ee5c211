//! Every code of a problem that a reader can say, with one sentence for its page. Codes are
//! stable: they are added and never renamed.

/// Code and what it means.
pub static CODES: &[(&str, &str)] = &[
    // Text of any kind.
    ("binary-file", "A file that should be text holds zero bytes."),
    ("utf-16", "A file that should be UTF-8 is written in UTF-16."),
    ("not-utf-8", "Some bytes of a file are no UTF-8; they were read as question marks."),
    ("merge-conflict", "A merge was left unfinished; the upper side of the conflict was read."),
    ("too-many-problems", "One file has so many problems that the rest are not told."),
    ("empty-file", "A file that cannot be empty is empty."),
    ("wrong-type", "A value is of another type than its place asks for."),
    // JSON.
    (
        "json-syntax",
        "A place in a JSON file does not follow RFC 8259; what stands around it was read.",
    ),
    ("json-cut-off", "A JSON file ends before its last bracket is closed."),
    ("json-comment", "A JSON file holds a comment, which strict parsers refuse."),
    ("json-trailing-comma", "A comma stands before a closing bracket."),
    ("json-duplicate-key", "A JSON object names the same key twice; the last one counts."),
    ("json-too-deep", "JSON is nested more than 128 levels deep; what lies deeper was left out."),
    ("json-too-large", "A JSON file holds more than four million values; the rest was left out."),
    // TOML.
    (
        "toml-syntax",
        "A place in a TOML file does not follow TOML 1.1; what stands around it was read.",
    ),
    // Blocks by indentation.
    (
        "yaml-syntax",
        "A place in a file written in YAML or its kin does not follow it; what stands around it was read.",
    ),
    ("yaml-too-deep", "YAML is nested more than 64 levels deep; what lies deeper was left out."),
    ("yaml-duplicate-key", "A YAML mapping names the same key twice; one of them counts."),
    // Configuration of package managers.
    ("feed-setting-unreadable", "A line that configures a package feed cannot be read."),
    (
        "feed-dynamic",
        "Which package feed is asked is worked out by a program when it is run, so that it cannot be read.",
    ),
    // Lockfiles and manifests.
    (
        "lock-version-unknown",
        "A lockfile says a format version that is not known here; what could be read was read.",
    ),
    ("lock-line-unknown", "A line of a lockfile has a shape that its tool does not write."),
    ("lock-package-incomplete", "A package of a lockfile lacks its name or its version."),
    ("lock-cut", "A lockfile ends before its list of packages does."),
    ("lock-dependency-missing", "A package of a lockfile needs another one that is not in it."),
    (
        "lock-dependency-ambiguous",
        "A package of a lockfile needs another one of which the file holds several.",
    ),
    (
        "lock-path-too-deep",
        "A package of a lockfile lies more than 64 folders deep; its dependencies were left out.",
    ),
    ("lock-binary", "A lockfile is kept in a binary form that is not read."),
    (
        "requirement-dynamic",
        "What a project needs is worked out by a program when it is run, so that it cannot be read.",
    ),
    ("requirement-syntax", "A requirement does not follow the notation of its ecosystem."),
    (
        "requirement-option-unknown",
        "A line of a requirements file begins with an option that pip does not know.",
    ),
    ("include-missing", "A file that another one includes is not there or could not be read."),
    (
        "include-outside",
        "A file includes an address or a path outside the folder that was looked at.",
    ),
    ("include-too-many", "A file includes more than 64 others; the rest was left out."),
    ("maven-parent-circle", "A Maven project is, over its parents, a parent of itself."),
    ("go-mod-syntax", "A line of a go.mod file does not follow its grammar."),
    ("go-sum-syntax", "A line of a go.sum file is not `module version hash`."),
    // YAML.
    // Container builds.
    ("dockerfile-from", "A Dockerfile has no `FROM`, or one that names no image."),
    ("dockerfile-syntax", "A line of a Dockerfile begins with no instruction."),
    // Package databases and lists.
    ("apk-cut", "The package database of apk ends in the middle of a line."),
    ("apk-line", "A line of apk's database is no field."),
    ("apk-no-name", "A package in apk's database has no name."),
    ("apk-no-version", "A package in apk's database has no whole version."),
    ("apk-repeated-field", "A field stands twice in one package of apk's database."),
    ("rpm-database", "A part of rpm's database cannot be read."),
    ("rpm-not-read", "rpm's database has a form that only rpm reads, and rpm could not be asked."),
    ("apt-bad-stanza", "A package in one of apt's lists lacks its name, version or architecture."),
    ("apt-cut", "One of apt's lists ends in the middle of a line."),
    ("apt-no-release", "Nothing tells whether a list comes from a security suite."),
    ("apt-not-read", "One of apt's lists is compressed in a way that is not read."),
    ("apt-too-large", "One of apt's lists unpacks to more than is allowed."),
    ("apt-unpack", "One of apt's lists cannot be unpacked whole."),
    ("deb822-not-a-field", "A line is neither a field nor the continuation of one."),
    ("deb822-not-text", "A line has bytes that no text has."),
    ("deb822-repeated-field", "A field stands twice in one paragraph."),
    ("dpkg-cut", "The package database of dpkg ends in the middle of a line."),
    ("dpkg-half-installed", "A package is only half installed."),
    ("dpkg-no-package", "A paragraph of dpkg's database names no package."),
    ("dpkg-no-status", "Nothing says whether a package is installed."),
    ("dpkg-no-version", "An installed package has no whole version."),
    ("dpkg-source", "The source of a package cannot be read."),
    ("dpkg-state", "The state of a package is none that dpkg writes."),
    ("os-release-empty", "A file that should name the distribution has no assignment."),
    (
        "os-release-id",
        "A file that should name the distribution does not, or not with an identifier.",
    ),
    ("os-release-line", "A line of os-release is no assignment."),
    ("os-release-quote", "A value of os-release is not quoted as it must be."),
    (
        "os-release-unknown",
        "The release of a system is unknown, so its packages are compared with nothing.",
    ),
    // What is installed beside a package manager.
    ("executable", "What a program says of its own packages cannot be read."),
    ("installed-no-name", "A file of an installed package does not say which one it is."),
    ("java-archive", "A Java archive, or a part of it, cannot be read."),
    // Images.
    ("image-document", "A document of an image is not what its format says."),
    // Inventories of hosts.
    ("inventory-group", "A group of an inventory has no usable name, or is part of itself."),
    (
        "inventory-host",
        "A host of an inventory has a name, address, port or user that nobody could be asked by.",
    ),
    ("inventory-line", "A part of an inventory is no host, group or variable."),
    ("inventory-not-ssh", "A host of an inventory is not reached over ssh, and is not taken."),
    ("inventory-too-many", "An inventory holds more than is taken of one."),
    // Hosts.
    ("account-line", "A line of passwd, shadow or group is no entry."),
    ("apt-source-line", "A line of apt's sources is neither a source nor a field of one."),
    ("fstab-line", "A line of fstab mounts nothing, or where another one does too."),
    ("modprobe-line", "A line of a file for modprobe is none that modprobe knows."),
    ("key-line", "Where a public key or a certificate should stand is none."),
    ("pam-line", "A line of a file of PAM is no rule, or includes what is not there."),
    ("ports-line", "A line of the kernel's table of sockets has a shape that it does not write."),
    ("ports-not-read", "One of the kernel's tables of sockets could not be read."),
    ("sysctl-line", "A line of a file of kernel parameters is no assignment."),
    // Keys and the ssh server.
    ("apt-conf-syntax", "A place in apt's configuration does not follow apt.conf(5)."),
    ("audit-rule", "A line among the rules of auditd is none that auditctl(8) knows."),
    ("conf-line", "A line of a configuration file is no assignment that its program takes."),
    (
        "conf-line-long",
        "A line of auditd's configuration is longer than the 160 characters it reads.",
    ),
    ("conf-outside-section", "An assignment stands before the section in which it would count."),
    ("include-circle", "A file is included by a file that it includes, or too deep."),
    ("limits-syntax", "A line of limits.conf is not domain, type, item and value."),
    ("login-defs-comment", "What looks like a comment in login.defs is part of a value."),
    ("login-defs-value-missing", "A key of login.defs has no value, so its line is passed over."),
    (
        "ssh-client-disagrees",
        "The ssh client says something else of its configuration than its files seem to.",
    ),
    (
        "ssh-client-include",
        "A file that the ssh client's configuration includes is not there, cannot be opened, or \
         includes itself.",
    ),
    (
        "ssh-client-line",
        "A line of the ssh client's configuration is none that ssh knows, or that it passes over.",
    ),
    ("sshd-byte-order-mark", "A file of the ssh server's begins with a byte order mark."),
    ("sshd-disagrees", "The ssh server reads its configuration otherwise than it was read here."),
    (
        "sshd-include-circle",
        "A file of the ssh server's is included by one that it includes, or too deep.",
    ),
    (
        "sshd-include-missing",
        "A file that the ssh server's configuration includes is not there or cannot be opened.",
    ),
    ("sshd-line-ignored", "The ssh server passes over a line whose first quote does not end."),
    ("sshd-match", "The conditions of a `Match` block are none that sshd knows."),
    ("sshd-not-in-match", "An option for the whole server stands in a `Match` block."),
    ("sshd-option-unknown", "A line of the ssh server's configuration names no option of it."),
    ("sshd-quote", "A quote in the ssh server's configuration does not end."),
    ("sshd-value", "An option of the ssh server has a value that it does not take."),
    ("sshd-value-missing", "An option of the ssh server has no value."),
    ("sudoers-syntax", "A `Defaults` or include line does not follow sudoers(5)."),
    // Logs.
    ("event-broken", "A record of a log breaks off, and another one begins."),
    ("event-cut", "A log ends in the middle of a record."),
    ("event-duplicate-key", "A record of a log names a key twice; the last one counts."),
    ("event-from-future", "A log holds events that are dated more than a day after now."),
    ("event-incomplete", "A record of a log lacks what every record of its kind has."),
    ("event-line", "A line of a log has a shape that its program does not write."),
    ("event-not-a-record", "Something in a log of JSON objects is no object."),
    ("event-not-json", "A record of a log is no JSON."),
    ("event-not-utf-8", "A record of a log is not written in UTF-8."),
    ("event-out-of-order", "A log goes back in time by more than two hours."),
    ("event-time", "A line of a log has no time that can be read."),
    ("event-too-long", "A record of a log is longer than 10 MiB."),
    ("event-unpack", "A packed log is cut or broken; what came before was read."),
    ("event-unpack-too-large", "A packed log unpacks to more than is allowed."),
    // Reports of other people's scanners.
    ("report-gzip", "A packed report is cut off or damaged; what could be unpacked was read."),
    ("report-gzip-too-large", "A packed report unpacks to more than is allowed."),
    ("report-item", "An item of a report is not what its format says; its neighbours were read."),
    ("report-line", "A line of a report has a shape that its tool does not write."),
    ("report-unfinished", "A report says, or by what it lacks shows, that it is not complete."),
    ("report-item-too-large", "One item of a report is longer than 16 MiB and was left out."),
    (
        "report-too-many",
        "A report holds more than can be kept to join what belongs together in it.",
    ),
    (
        "report-version-unknown",
        "A report says a format version that is not known; what could be understood was read.",
    ),
    ("xml-cut-off", "An XML file ends before its last element is closed."),
    ("xml-doctype", "An XML file declares a document type; it was passed over with its entities."),
    ("xml-entity", "An XML file refers to an entity that XML itself does not have."),
    ("xml-syntax", "A place in an XML file does not follow XML 1.0."),
    (
        "sbom-incomplete",
        "A bill of materials calls itself incomplete, so that absence from it means nothing.",
    ),
    (
        "sbom-reference",
        "A bill of materials names a component that it does not list, or two by one name.",
    ),
    ("spdx-cut-off", "A text of an SPDX document begins and never ends."),
    ("spdx-line", "A line of an SPDX document is neither a tag with its value nor a comment."),
    ("statement-draft", "A document of statements is a draft, and counts for nothing."),
    (
        "statement-incomplete",
        "A statement lacks its status, name, product or reason, and counts for nothing.",
    ),
    (
        "statement-justification",
        "A statement gives a justification that its format does not know; it counts as none.",
    ),
    (
        "statement-narrower",
        "A statement is about less than a package, or about one of another feed, which cannot be \
         told apart; no package is meant by it.",
    ),
    ("statement-unknown", "A file among the statements is no document of statements."),
    (
        "image-attestation",
        "What should be a build attestation of an image is no statement of in-toto.",
    ),
    (
        "image-containers",
        "A list of what a container engine runs cannot be read, so that it counts as unknown.",
    ),
    ("xml-too-deep", "XML is nested more than 64 levels deep; what lies deeper was left out."),
    (
        "xml-too-large",
        "A tag of an XML file is longer than 1 MiB, or it has more than a million elements.",
    ),
];
