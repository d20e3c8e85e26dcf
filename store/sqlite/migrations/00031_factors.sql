-- Second factors of users: a sealed secret that makes codes, and the hashes of
-- the codes for when it is lost.

-- +goose Up
CREATE TABLE second_factor (
    person    TEXT    NOT NULL PRIMARY KEY REFERENCES person (name) ON DELETE CASCADE,
    secret    BLOB    NOT NULL,
    created   BIGINT  NOT NULL,
    confirmed BIGINT  NOT NULL, -- 0: not yet
    step      BIGINT  NOT NULL  -- the last of which a code was used
);

CREATE TABLE recovery_code (
    person TEXT NOT NULL REFERENCES second_factor (person) ON DELETE CASCADE,
    hash   TEXT NOT NULL,
    PRIMARY KEY (person, hash)
);
