-- Projections of what was announced, what became a case, which events are kept, what was told to
-- whom, and how goals stand.

-- One row for each announcement and for each yes to one (`of_seq` is then the announcement's entry).
CREATE TABLE announcement (
    seq BIGINT NOT NULL PRIMARY KEY,
    of_seq BIGINT,
    noted BIGINT NOT NULL,
    document TEXT NOT NULL
);

-- One row for each entry about a case; the last one of an id says how it stands.
CREATE TABLE case_step (
    seq BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    severity SMALLINT NOT NULL,
    owner TEXT NOT NULL,
    answer SMALLINT,
    document TEXT NOT NULL
);

CREATE INDEX case_step_by_id ON case_step (id, seq);

CREATE INDEX case_step_by_last ON case_step (last_at);

-- The case `id` became part of the one that the entry `seq` speaks of.
CREATE TABLE case_replaced (
    id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (id, seq)
);

CREATE TABLE event_segment (
    seq BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    records BIGINT NOT NULL,
    digest BYTEA NOT NULL
);

CREATE INDEX event_segment_by_time ON event_segment (to_at, from_at);

CREATE INDEX event_segment_by_digest ON event_segment (digest);

-- What is to be told or was told; `last` is the entry that wrote the row last.
CREATE TABLE tell (
    seq BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL,
    once TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BYTEA NOT NULL,
    state SMALLINT NOT NULL,
    unsure SMALLINT NOT NULL,
    attempts BIGINT NOT NULL,
    at BIGINT NOT NULL,
    receipt TEXT
);

CREATE INDEX tell_by_subject ON tell (subject, account, seq);

CREATE TABLE objective (
    seq BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    verdict TEXT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX objective_by_name ON objective (name, seq);

-- No projections from here on.

-- The queue behind `tell`, by the entry of the request: the message itself, and when it is tried
-- next; null once it is over. The message stands in no entry, only its digest does.
CREATE TABLE job (
    seq BIGINT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    next_at BIGINT,
    lease_until BIGINT,
    -- How often it was leased.
    attempts BIGINT NOT NULL
);

CREATE INDEX job_by_next ON job (next_at);

-- The attempts that started: no other can have arrived.
CREATE TABLE attempt (
    job BIGINT NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    PRIMARY KEY (job, number)
);

-- What a room that goes step by step remembers between two steps.
CREATE TABLE state (
    name TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL
);

-- From now on `noted` is when a segment was last referred to; what was referred to again before
-- this step is not known, so that all count as new.
UPDATE segment SET noted = COALESCE((SELECT MAX(noted) FROM checkpoint), noted);

CREATE INDEX segment_by_noted ON segment (noted);
