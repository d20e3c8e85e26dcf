-- Baselines: what is usual in a zone; what people do not want to be told; what
-- they know to be bad. Alerts that come of others.

-- +goose Up
CREATE TABLE baseline (
    zone   TEXT COLLATE "C"     NOT NULL PRIMARY KEY,
    active SMALLINT NOT NULL,
    since  BIGINT   NOT NULL,
    until  BIGINT   NOT NULL,
    who    TEXT COLLATE "C"     NOT NULL
);

CREATE TABLE fact (
    zone       TEXT COLLATE "C"   NOT NULL,
    id         TEXT COLLATE "C"   NOT NULL,
    kind       TEXT COLLATE "C"   NOT NULL,
    device     TEXT COLLATE "C"   NOT NULL,
    peer       TEXT COLLATE "C"   NOT NULL,
    what       TEXT COLLATE "C"   NOT NULL,
    status     TEXT COLLATE "C"   NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    search     TEXT COLLATE "C"   NOT NULL, -- what, peer and addresses, in lower case, one a line
    body       TEXT COLLATE "C"   NOT NULL, -- JSON
    PRIMARY KEY (zone, id)
);
CREATE INDEX fact_last_seen ON fact (last_seen);
CREATE INDEX fact_device ON fact (device);
CREATE INDEX fact_peer ON fact (peer);

CREATE TABLE mute (
    id      TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    zone    TEXT COLLATE "C"   NOT NULL,
    rule    TEXT COLLATE "C"   NOT NULL,
    device  TEXT COLLATE "C"   NOT NULL,
    subnet  TEXT COLLATE "C"   NOT NULL,
    expires BIGINT NOT NULL, -- 0 is never
    created BIGINT NOT NULL,
    who     TEXT COLLATE "C"   NOT NULL,
    comment TEXT COLLATE "C"   NOT NULL
);

CREATE TABLE indicator_list (
    name    TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL,
    put     BIGINT NOT NULL,
    who     TEXT COLLATE "C"   NOT NULL,
    body    TEXT COLLATE "C"   NOT NULL
);

ALTER TABLE alert ADD COLUMN parent TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX alert_parent ON alert (parent);
