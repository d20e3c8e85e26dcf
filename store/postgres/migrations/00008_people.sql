-- People: the sites that they see, tokens for programs, where sessions come
-- from, and an audit log that the database itself keeps from being rewritten.

-- +goose Up

-- Sites are '*' for all, else names, one a line, '' for none. Who was there
-- before saw everything.
ALTER TABLE person ADD COLUMN sites TEXT COLLATE "C" NOT NULL DEFAULT '*';
ALTER TABLE person ADD COLUMN temporary BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX person_origin ON person (origin) WHERE origin <> '';

ALTER TABLE session ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT COLLATE "C" NOT NULL DEFAULT '';

CREATE TABLE token (
    id      TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    hash    TEXT COLLATE "C"   NOT NULL UNIQUE,
    person  TEXT COLLATE "C"   NOT NULL REFERENCES person (name) ON DELETE CASCADE,
    name    TEXT COLLATE "C"   NOT NULL,
    role    TEXT COLLATE "C"   NOT NULL,
    sites   TEXT COLLATE "C"   NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    UNIQUE (person, name)
);

CREATE INDEX audit_who ON audit (who, n);

-- +goose StatementBegin
CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
