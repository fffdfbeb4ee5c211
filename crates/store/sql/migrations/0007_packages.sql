-- What a package is, wherever it stands, as one text, so that whoever asks for it judges the same as a
-- look does; and the name of a binary package whose source has another one. See `packages.rs`; what
-- stands there already is written right after this step.

ALTER TABLE component ADD COLUMN own_name TEXT NOT NULL DEFAULT '';

ALTER TABLE component ADD COLUMN package TEXT NOT NULL DEFAULT '';

DROP INDEX component_by_version;

CREATE INDEX component_by_package ON component (name, package, set_number);

CREATE INDEX component_by_own_name ON component (own_name, package) WHERE own_name <> '';
