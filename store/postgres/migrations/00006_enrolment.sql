-- Who may speak for which zone, where zones are, and what was lost on the way.

-- +goose Up

-- Batches that came over the network are remembered when the log has
-- forgotten them, from the lowest on that their sensor may send again.
CREATE TABLE sensor_epoch (
    sensor TEXT COLLATE "C"   NOT NULL,
    epoch  BIGINT NOT NULL,
    floor  BIGINT NOT NULL,
    PRIMARY KEY (sensor, epoch)
);
CREATE TABLE sensor_batch (
    sensor TEXT COLLATE "C"   NOT NULL,
    epoch  BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (sensor, epoch, seq)
);

-- One row: what sensors' certificates are signed with. The key is sealed.
CREATE TABLE authority (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    certificate BYTEA NOT NULL,
    sealed      BYTEA NOT NULL
);

CREATE TABLE join_token (
    hash    TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    sensor  TEXT COLLATE "C"   NOT NULL,
    zone    TEXT COLLATE "C"   NOT NULL,
    site    TEXT COLLATE "C"   NOT NULL,
    maker   TEXT COLLATE "C"   NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT NOT NULL
);

CREATE TABLE member (
    sensor     TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    zone       TEXT COLLATE "C"   NOT NULL,
    joined     BIGINT NOT NULL,
    maker      TEXT COLLATE "C"   NOT NULL,
    revoked    BIGINT NOT NULL,
    revoked_by TEXT COLLATE "C"   NOT NULL
);

CREATE TABLE credential (
    serial  TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    sensor  TEXT COLLATE "C"   NOT NULL REFERENCES member (sensor),
    pub     TEXT COLLATE "C"   NOT NULL, -- SHA-256 of the public key
    issued  BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL
);
CREATE INDEX credential_sensor ON credential (sensor, expires);

CREATE TABLE site (
    id      TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    title   TEXT COLLATE "C"   NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE zone (
    id      TEXT COLLATE "C"   NOT NULL PRIMARY KEY,
    title   TEXT COLLATE "C"   NOT NULL,
    site    TEXT COLLATE "C"   NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE sensor_gap (
    sensor   TEXT COLLATE "C"   NOT NULL,
    id       TEXT COLLATE "C"   NOT NULL,
    zone     TEXT COLLATE "C"   NOT NULL,
    received BIGINT NOT NULL,
    events   BIGINT NOT NULL,
    body     TEXT COLLATE "C"   NOT NULL, -- JSON
    PRIMARY KEY (sensor, id)
);
CREATE INDEX sensor_gap_received ON sensor_gap (received);
