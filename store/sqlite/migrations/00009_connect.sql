-- What connectors to other products remember, and events that are to be sent again.

-- +goose Up
CREATE TABLE connect_state (
    connector TEXT NOT NULL,
    name      TEXT NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (connector, name)
);

-- Devices as another product knows them.
CREATE TABLE machine (
    connector TEXT     NOT NULL,
    id        TEXT     NOT NULL,
    zone      TEXT     NOT NULL,
    device    TEXT     NOT NULL, -- ours, '' if there is none
    heard     SMALLINT NOT NULL,
    name      TEXT     NOT NULL, -- in lower case
    search    TEXT     NOT NULL,
    last_seen BIGINT   NOT NULL,
    body      TEXT     NOT NULL, -- JSON
    PRIMARY KEY (connector, id)
);
CREATE INDEX machine_device ON machine (device);
CREATE INDEX machine_name ON machine (connector, name, id);

ALTER TABLE undelivered ADD COLUMN again SMALLINT NOT NULL DEFAULT 0; -- it is to be sent again
