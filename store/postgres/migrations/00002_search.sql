-- What conversations are searched by. Its text never changes, as all of it is
-- in the conversation's hash. The index is over three-letter pieces, so that
-- any part of a word is found; pg_trgm comes with PostgreSQL, and the owner of
-- a database may create it.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE conversation_search (
    n    BIGINT NOT NULL PRIMARY KEY REFERENCES conversation (n) ON DELETE CASCADE,
    text TEXT COLLATE "C" NOT NULL
);
CREATE INDEX conversation_search_text ON conversation_search USING gin (text gin_trgm_ops);
