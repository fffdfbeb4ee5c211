-- Projections of what is planned, who said what about it, and what was done.

CREATE TABLE plan (
    digest BYTEA NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    asset TEXT NOT NULL,
    author TEXT NOT NULL,
    proposed BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX plan_by_seq ON plan (seq);

CREATE TABLE approval (
    seq BIGINT NOT NULL PRIMARY KEY,
    plan BYTEA NOT NULL,
    who TEXT NOT NULL,
    yes SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX approval_by_plan ON approval (plan, seq);

-- One row for each beginning and each end; the last one of a plan says where it stands.
CREATE TABLE act (
    seq BIGINT NOT NULL PRIMARY KEY,
    plan BYTEA NOT NULL,
    state SMALLINT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX act_by_plan ON act (plan, seq);

-- Who may come in. No projections: what is secret stands in no entry, and these rows go when they
-- are over. Each `hash` is SHA-256 of 256 random bits.

CREATE TABLE token (
    hash BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    issued BIGINT NOT NULL,
    revoked BIGINT
);

CREATE INDEX token_by_name ON token (name);

CREATE TABLE session (
    hash BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    form_token TEXT NOT NULL,
    until BIGINT NOT NULL
);

CREATE INDEX session_by_name ON session (name);

-- A sign-in link works once: taking it deletes its row.
CREATE TABLE link (
    hash BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    until BIGINT NOT NULL
);
