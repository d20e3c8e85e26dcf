-- The hub's memory. Times are nanoseconds since 1970, 0 if there is none.
-- Absent text is '', so that no comparison has a third answer.

-- +goose Up

-- What sensors told, in the order in which it was accepted. A batch has one
-- row for each class of event in it: rows of class 2 go once they are folded.
CREATE TABLE event_log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    zone     TEXT     NOT NULL,
    sensor   TEXT     NOT NULL,
    epoch    BIGINT   NOT NULL,
    seq      BIGINT   NOT NULL,
    class    SMALLINT NOT NULL,
    appended BIGINT   NOT NULL,
    events   INTEGER  NOT NULL,
    body     BLOB     NOT NULL, -- lines of JSON, zstd
    UNIQUE (sensor, epoch, seq, class)
);
CREATE INDEX event_log_zone ON event_log (zone, position);
CREATE INDEX event_log_age ON event_log (class, appended);

-- Up to where a zone's log is folded into what follows.
CREATE TABLE folded (
    zone     TEXT   NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);

CREATE TABLE device (
    n          INTEGER PRIMARY KEY,
    id         TEXT   NOT NULL UNIQUE,
    zone       TEXT   NOT NULL,
    site       TEXT   NOT NULL,
    sensor     TEXT   NOT NULL,
    category   TEXT   NOT NULL,
    type       TEXT   NOT NULL,
    vendor     TEXT   NOT NULL,
    model      TEXT   NOT NULL,
    os         TEXT   NOT NULL,
    firmware   TEXT   NOT NULL,
    hostname   TEXT   NOT NULL,
    ip         TEXT   NOT NULL,
    ip_key     BLOB   NOT NULL, -- 16 bytes, or none
    ips        TEXT   NOT NULL, -- one a line, as the lists below
    mac        TEXT   NOT NULL,
    nic_vendor TEXT   NOT NULL,
    roles      TEXT   NOT NULL,
    protocols  TEXT   NOT NULL,
    confidence TEXT   NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    packets    BIGINT NOT NULL,
    bytes      BIGINT NOT NULL,
    search     TEXT   NOT NULL -- names and addresses, in lower case, one a line
);
-- One index for each order that a list can have; n breaks ties.
CREATE INDEX device_first_seen ON device (first_seen);
CREATE INDEX device_last_seen ON device (last_seen);
CREATE INDEX device_packets ON device (packets);
CREATE INDEX device_bytes ON device (bytes);
CREATE INDEX device_hostname ON device (lower(hostname));
CREATE INDEX device_ip ON device (ip_key);
CREATE INDEX device_type ON device (lower(type));
CREATE INDEX device_vendor ON device (lower(vendor));
CREATE INDEX device_model ON device (lower(model));
CREATE INDEX device_os ON device (lower(os));

-- The devices whole: JSON, zstd if it is long.
CREATE TABLE device_body (
    n    INTEGER PRIMARY KEY REFERENCES device (n) ON DELETE CASCADE,
    body BLOB NOT NULL
);

CREATE TABLE conversation (
    n              INTEGER PRIMARY KEY,
    hash           BLOB     NOT NULL UNIQUE, -- of what makes it the conversation it is
    zone           TEXT     NOT NULL,
    client_mac     TEXT     NOT NULL,
    client_ip      TEXT     NOT NULL,
    client_key     BLOB     NOT NULL, -- 16 bytes of the address, else the MAC
    client_vlan    INTEGER  NOT NULL,
    client_device  TEXT     NOT NULL,
    client_public  SMALLINT NOT NULL, -- its address is one of the internet's
    server_mac     TEXT     NOT NULL,
    server_ip      TEXT     NOT NULL,
    server_key     BLOB     NOT NULL,
    server_vlan    INTEGER  NOT NULL,
    server_device  TEXT     NOT NULL,
    server_public  SMALLINT NOT NULL,
    transport      TEXT     NOT NULL,
    port           INTEGER  NOT NULL,
    protocol       TEXT     NOT NULL,
    server_name    TEXT     NOT NULL,
    scope          TEXT     NOT NULL,
    first_seen     BIGINT   NOT NULL,
    last_seen      BIGINT   NOT NULL,
    client_packets BIGINT   NOT NULL,
    server_packets BIGINT   NOT NULL,
    client_bytes   BIGINT   NOT NULL,
    server_bytes   BIGINT   NOT NULL,
    sessions       BIGINT   NOT NULL,
    lossy          SMALLINT NOT NULL,
    evidence       TEXT     NOT NULL -- JSON
);
CREATE INDEX conversation_tally ON conversation (zone, protocol, scope);
CREATE INDEX conversation_client_device ON conversation (client_device);
CREATE INDEX conversation_server_device ON conversation (server_device);
CREATE INDEX conversation_client_subject ON conversation (client_key);
CREATE INDEX conversation_server_subject ON conversation (server_key);
CREATE INDEX conversation_first_seen ON conversation (first_seen);
CREATE INDEX conversation_last_seen ON conversation (last_seen);
CREATE INDEX conversation_bytes ON conversation ((client_bytes + server_bytes));
CREATE INDEX conversation_packets ON conversation ((client_packets + server_packets));
CREATE INDEX conversation_protocol ON conversation (protocol);
CREATE INDEX conversation_port ON conversation (port);
CREATE INDEX conversation_server_name ON conversation (lower(server_name));

CREATE TABLE conversation_operation (
    n         BIGINT NOT NULL REFERENCES conversation (n) ON DELETE CASCADE,
    operation TEXT   NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (n, operation)
);

CREATE TABLE traffic (
    zone    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    packets BIGINT NOT NULL,
    bytes   BIGINT NOT NULL,
    PRIMARY KEY (at, zone)
);

CREATE TABLE sensor_interface (
    sensor    TEXT   NOT NULL,
    interface TEXT   NOT NULL,
    zone      TEXT   NOT NULL,
    version   TEXT   NOT NULL,
    told      BIGINT NOT NULL,
    received  BIGINT NOT NULL,
    counters  TEXT   NOT NULL, -- JSON
    PRIMARY KEY (sensor, interface)
);

CREATE TABLE person (
    name     TEXT     NOT NULL PRIMARY KEY,
    role     TEXT     NOT NULL,
    password TEXT     NOT NULL,
    created  BIGINT   NOT NULL,
    disabled SMALLINT NOT NULL
);

CREATE TABLE session (
    hash    TEXT   NOT NULL PRIMARY KEY,
    person  TEXT   NOT NULL REFERENCES person (name) ON DELETE CASCADE,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX session_person ON session (person);

-- Each record's hash covers the one before it: what is changed, taken out or
-- put in later breaks the chain.
CREATE TABLE audit (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    origin  TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    object  TEXT   NOT NULL,
    outcome TEXT   NOT NULL,
    hash    TEXT   NOT NULL
);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
