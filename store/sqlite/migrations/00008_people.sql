-- People: the sites that they see, tokens for programs, where sessions come
-- from, and an audit log that the database itself keeps from being rewritten.

-- +goose Up

-- Sites are '*' for all, else names, one a line, '' for none. Who was there
-- before saw everything.
ALTER TABLE person ADD COLUMN sites TEXT NOT NULL DEFAULT '*';
ALTER TABLE person ADD COLUMN temporary BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN seen BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX person_origin ON person (origin) WHERE origin <> '';

ALTER TABLE session ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';

CREATE TABLE token (
    id      TEXT   NOT NULL PRIMARY KEY,
    hash    TEXT   NOT NULL UNIQUE,
    person  TEXT   NOT NULL REFERENCES person (name) ON DELETE CASCADE,
    name    TEXT   NOT NULL,
    role    TEXT   NOT NULL,
    sites   TEXT   NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    UNIQUE (person, name)
);

CREATE INDEX audit_who ON audit (who, n);

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd
