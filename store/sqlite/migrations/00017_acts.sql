-- What devices did to each other: what is alike and of one slot of time is one row.

-- +goose Up
CREATE TABLE act (
    hash          BLOB NOT NULL PRIMARY KEY,
    client_key    BLOB NOT NULL,
    server_key    BLOB NOT NULL,
    zone          TEXT NOT NULL,
    client_mac    TEXT NOT NULL,
    client_ip     TEXT NOT NULL,
    client_device TEXT NOT NULL,
    server_mac    TEXT NOT NULL,
    server_ip     TEXT NOT NULL,
    server_device TEXT NOT NULL,
    verb          TEXT NOT NULL,
    body          TEXT NOT NULL,
    client_vlan   BIGINT NOT NULL,
    server_vlan   BIGINT NOT NULL,
    first_seen    BIGINT NOT NULL,
    last_seen     BIGINT NOT NULL,
    count         BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX act_server ON act (server_device, last_seen);
CREATE INDEX act_client ON act (client_device, last_seen);
CREATE INDEX act_server_subject ON act (server_key, zone);
CREATE INDEX act_client_subject ON act (client_key, zone);
CREATE INDEX act_age ON act (last_seen);
