-- Filters of lists that users saved under names.

-- +goose Up
CREATE TABLE saved_filter (
    person  TEXT COLLATE "C" NOT NULL REFERENCES person (name) ON DELETE CASCADE,
    list    TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    search  TEXT COLLATE "C" NOT NULL, -- as the portal's address has it
    shared  BIGINT NOT NULL, -- 1: others find it, too
    changed BIGINT NOT NULL,
    PRIMARY KEY (person, list, name)
);
