-- Who is told of what is logged, each at its own pace.

-- +goose Up

-- Up to where each reader has read the log of all zones.
CREATE TABLE reader (
    name     TEXT   NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    moved    BIGINT NOT NULL
);

-- What readers were told last of a thing, as a fingerprint: what says nothing
-- new is not logged for them.
CREATE TABLE told (
    zone  TEXT NOT NULL,
    thing TEXT NOT NULL,
    print BLOB NOT NULL,
    PRIMARY KEY (zone, thing)
);

-- What a reader could not pass on, for a person to look at.
CREATE TABLE undelivered (
    n      INTEGER PRIMARY KEY AUTOINCREMENT,
    reader TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    event  TEXT   NOT NULL -- JSON
);
CREATE INDEX undelivered_reader ON undelivered (reader, n);
