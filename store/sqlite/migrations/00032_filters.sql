-- Filters of lists that users saved under names.

-- +goose Up
CREATE TABLE saved_filter (
    person  TEXT NOT NULL REFERENCES person (name) ON DELETE CASCADE,
    list    TEXT NOT NULL,
    name    TEXT NOT NULL,
    search  TEXT NOT NULL, -- as the portal's address has it
    shared  BIGINT NOT NULL, -- 1: others find it, too
    changed BIGINT NOT NULL,
    PRIMARY KEY (person, list, name)
);
