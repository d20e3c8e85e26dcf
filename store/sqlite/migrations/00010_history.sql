-- What went over each conversation, by minute (level 0), hour (1) or day (2).

-- +goose Up
CREATE TABLE conversation_history (
    n              BIGINT   NOT NULL,
    level          SMALLINT NOT NULL,
    at             BIGINT   NOT NULL,
    client_packets BIGINT   NOT NULL,
    server_packets BIGINT   NOT NULL,
    client_bytes   BIGINT   NOT NULL,
    server_bytes   BIGINT   NOT NULL,
    sessions       BIGINT   NOT NULL,
    PRIMARY KEY (n, level, at)
) WITHOUT ROWID;
CREATE INDEX conversation_history_age ON conversation_history (level, at);
