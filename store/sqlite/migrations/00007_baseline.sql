-- Baselines: what is usual in a zone; what people do not want to be told; what
-- they know to be bad. Alerts that come of others.

-- +goose Up
CREATE TABLE baseline (
    zone   TEXT     NOT NULL PRIMARY KEY,
    active SMALLINT NOT NULL,
    since  BIGINT   NOT NULL,
    until  BIGINT   NOT NULL,
    who    TEXT     NOT NULL
);

CREATE TABLE fact (
    zone       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    device     TEXT   NOT NULL,
    peer       TEXT   NOT NULL,
    what       TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    search     TEXT   NOT NULL, -- what, peer and addresses, in lower case, one a line
    body       TEXT   NOT NULL, -- JSON
    PRIMARY KEY (zone, id)
);
CREATE INDEX fact_last_seen ON fact (last_seen);
CREATE INDEX fact_device ON fact (device);
CREATE INDEX fact_peer ON fact (peer);

CREATE TABLE mute (
    id      TEXT   NOT NULL PRIMARY KEY,
    zone    TEXT   NOT NULL,
    rule    TEXT   NOT NULL,
    device  TEXT   NOT NULL,
    subnet  TEXT   NOT NULL,
    expires BIGINT NOT NULL, -- 0 is never
    created BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    comment TEXT   NOT NULL
);

CREATE TABLE indicator_list (
    name    TEXT   NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL,
    put     BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    body    TEXT   NOT NULL
);

ALTER TABLE alert ADD COLUMN parent TEXT NOT NULL DEFAULT '';
CREATE INDEX alert_parent ON alert (parent);
