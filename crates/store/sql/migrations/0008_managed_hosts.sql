-- One row for each entry about a host that is looked at from afar; the last one of an address says how
-- it stands.

CREATE TABLE managed_host (
    seq BIGINT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    removed SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX managed_host_by_address ON managed_host (address, seq);
