-- Who may speak for which zone, where zones are, and what was lost on the way.

-- +goose Up

-- Batches that came over the network are remembered when the log has
-- forgotten them, from the lowest on that their sensor may send again.
CREATE TABLE sensor_epoch (
    sensor TEXT   NOT NULL,
    epoch  BIGINT NOT NULL,
    floor  BIGINT NOT NULL,
    PRIMARY KEY (sensor, epoch)
);
CREATE TABLE sensor_batch (
    sensor TEXT   NOT NULL,
    epoch  BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (sensor, epoch, seq)
);

-- One row: what sensors' certificates are signed with. The key is sealed.
CREATE TABLE authority (
    name        TEXT NOT NULL PRIMARY KEY,
    certificate BLOB NOT NULL,
    sealed      BLOB NOT NULL
);

CREATE TABLE join_token (
    hash    TEXT   NOT NULL PRIMARY KEY,
    sensor  TEXT   NOT NULL,
    zone    TEXT   NOT NULL,
    site    TEXT   NOT NULL,
    maker   TEXT   NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);

CREATE TABLE member (
    sensor     TEXT   NOT NULL PRIMARY KEY,
    zone       TEXT   NOT NULL,
    joined     BIGINT NOT NULL,
    maker      TEXT   NOT NULL,
    revoked    BIGINT NOT NULL,
    revoked_by TEXT   NOT NULL
);

CREATE TABLE credential (
    serial  TEXT   NOT NULL PRIMARY KEY,
    sensor  TEXT   NOT NULL REFERENCES member (sensor),
    pub     TEXT   NOT NULL, -- SHA-256 of the public key
    issued  BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL
);
CREATE INDEX credential_sensor ON credential (sensor, expires);

CREATE TABLE site (
    id      TEXT   NOT NULL PRIMARY KEY,
    title   TEXT   NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE zone (
    id      TEXT   NOT NULL PRIMARY KEY,
    title   TEXT   NOT NULL,
    site    TEXT   NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE sensor_gap (
    sensor   TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    zone     TEXT   NOT NULL,
    received BIGINT NOT NULL,
    events   BIGINT NOT NULL,
    body     TEXT   NOT NULL, -- JSON
    PRIMARY KEY (sensor, id)
);
CREATE INDEX sensor_gap_received ON sensor_gap (received);
