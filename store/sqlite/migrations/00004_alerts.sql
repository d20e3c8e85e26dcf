-- Alerts: one for each cause.

-- +goose Up
CREATE TABLE alert (
    id         TEXT     NOT NULL PRIMARY KEY,
    zone       TEXT     NOT NULL,
    rule       TEXT     NOT NULL,
    severity   SMALLINT NOT NULL,
    title      TEXT     NOT NULL,
    status     TEXT     NOT NULL,
    first_seen BIGINT   NOT NULL,
    last_seen  BIGINT   NOT NULL,
    count      BIGINT   NOT NULL,
    decided    BIGINT   NOT NULL, -- last_seen when the status was decided
    search     TEXT     NOT NULL, -- title, detail and addresses, in lower case, one a line
    body       TEXT     NOT NULL  -- JSON
);
CREATE INDEX alert_status ON alert (status, severity);
CREATE INDEX alert_last_seen ON alert (last_seen);

CREATE TABLE alert_device (
    alert  TEXT NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    PRIMARY KEY (alert, device)
);
CREATE INDEX alert_device_device ON alert_device (device);

CREATE TABLE alert_note (
    n       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert   TEXT   NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    what    TEXT   NOT NULL,
    comment TEXT   NOT NULL
);
CREATE INDEX alert_note_alert ON alert_note (alert, n);
