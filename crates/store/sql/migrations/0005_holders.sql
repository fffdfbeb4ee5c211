-- Who has a package, answered from two indexes alone: which sets hold it in which version, and who
-- holds a set. `holder` is what is shown of an asset and its copy, see `holder.rs`; what stands there
-- already is written right after this step.

ALTER TABLE asset_set ADD COLUMN holder TEXT NOT NULL DEFAULT '';

DROP INDEX asset_set_by_digest;

CREATE INDEX asset_set_by_holder ON asset_set (digest, holder);

DROP INDEX component_by_name;

CREATE INDEX component_by_version ON component (name, ecosystem, version, set_number);
