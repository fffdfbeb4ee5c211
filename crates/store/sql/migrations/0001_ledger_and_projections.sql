-- The ledger: entries wait unnumbered in `inbox`; one sequencer moves them into `entry`.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE inbox (
    id BYTEA NOT NULL PRIMARY KEY,
    kind SMALLINT NOT NULL,
    happened BIGINT NOT NULL,
    noted BIGINT NOT NULL,
    who TEXT NOT NULL,
    salt BYTEA NOT NULL,
    payload TEXT NOT NULL,
    payload_digest BYTEA NOT NULL
);

-- `salt` and `payload` are null once the payload was redacted.
CREATE TABLE entry (
    seq BIGINT NOT NULL PRIMARY KEY,
    kind SMALLINT NOT NULL,
    header BYTEA NOT NULL,
    salt BYTEA,
    payload TEXT,
    payload_digest BYTEA NOT NULL,
    leaf BYTEA NOT NULL
);

-- One row: how many leaves, and the roots of the complete subtrees (the frontier).
CREATE TABLE tree (
    one SMALLINT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    peaks BYTEA NOT NULL
);

-- The root of each complete subtree of 256 leaves, so that a proof reads few leaves.
CREATE TABLE tile (
    number BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL
);

CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    noted BIGINT NOT NULL,
    note TEXT NOT NULL
);

-- What entries refer to by digest; compressed with LZ4.
CREATE TABLE segment (
    digest BYTEA NOT NULL PRIMARY KEY,
    noted BIGINT NOT NULL,
    bytes BYTEA NOT NULL
);

-- When an unchanged look last saw the same again: between the daily entries this stands in no
-- entry, so it is no projection, and losing it loses at most a day.
CREATE TABLE seen (
    asset TEXT NOT NULL,
    standing SMALLINT NOT NULL,
    sensor TEXT NOT NULL,
    coverage SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (asset, standing, sensor, coverage)
);

-- Projections: folds of the ledger. `seq` is the entry that wrote a row last.

CREATE TABLE asset (
    id TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE TABLE observation (
    asset TEXT NOT NULL,
    standing SMALLINT NOT NULL,
    sensor TEXT NOT NULL,
    coverage SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    noted BIGINT NOT NULL,
    known_digest BYTEA NOT NULL,
    look BYTEA NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (asset, standing, sensor, coverage)
);

CREATE TABLE component_set (
    number BIGINT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    seq BIGINT NOT NULL
);

CREATE TABLE component (
    set_number BIGINT NOT NULL REFERENCES component_set (number) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT,
    path TEXT NOT NULL,
    line BIGINT NOT NULL,
    col BIGINT NOT NULL,
    PRIMARY KEY (set_number, position)
);

CREATE INDEX component_by_name ON component (name, ecosystem, set_number);

CREATE TABLE asset_set (
    asset TEXT NOT NULL,
    standing SMALLINT NOT NULL,
    sensor TEXT NOT NULL,
    coverage SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL REFERENCES component_set (digest),
    PRIMARY KEY (asset, standing, sensor, coverage)
);

CREATE INDEX asset_set_by_digest ON asset_set (digest);

CREATE TABLE not_assessed (
    asset TEXT NOT NULL,
    standing SMALLINT NOT NULL,
    sensor TEXT NOT NULL,
    key BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (asset, standing, sensor, key)
);

CREATE TABLE finding (
    key BYTEA NOT NULL,
    standing SMALLINT NOT NULL,
    asset TEXT NOT NULL,
    kind SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    severity SMALLINT NOT NULL,
    weakness TEXT NOT NULL,
    aliases TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    since BIGINT NOT NULL,
    decision_line TEXT,
    due BIGINT,
    team TEXT,
    seq BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (key, standing)
);

CREATE INDEX finding_by_asset ON finding (asset, standing);

CREATE INDEX finding_by_weakness ON finding (weakness);

CREATE TABLE transition (
    seq BIGINT NOT NULL PRIMARY KEY,
    key BYTEA NOT NULL,
    standing SMALLINT NOT NULL,
    from_state SMALLINT,
    to_state SMALLINT NOT NULL,
    outcome SMALLINT,
    other BYTEA,
    at BIGINT NOT NULL
);

CREATE INDEX transition_by_key ON transition (key, seq);

CREATE TABLE acceptance (
    seq BIGINT NOT NULL PRIMARY KEY,
    covers TEXT NOT NULL,
    subject TEXT NOT NULL,
    until BIGINT NOT NULL,
    document TEXT NOT NULL
);
