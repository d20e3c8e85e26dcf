-- Several hubs over one store, and counts that all of them see.

-- +goose Up

DROP INDEX conversation_tally;
-- How many conversations there are of each kind; written with them.
CREATE TABLE conversation_tally (
    zone          TEXT NOT NULL,
    protocol      TEXT NOT NULL,
    scope         TEXT NOT NULL,
    conversations BIGINT NOT NULL,
    PRIMARY KEY (zone, protocol, scope)
);
INSERT INTO conversation_tally SELECT zone, protocol, scope, count(*) FROM conversation GROUP BY zone, protocol, scope;

-- The number of the last change of a zone.
ALTER TABLE folded ADD COLUMN number BIGINT NOT NULL DEFAULT 0;

-- Who may do what only one may; the fence grows with each that gets it. That
-- it is in a key has PostgreSQL tell changes of it from those of expires.
CREATE TABLE lease (
    name    TEXT NOT NULL PRIMARY KEY,
    owner   TEXT NOT NULL,
    fence   BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    UNIQUE (name, fence)
);
