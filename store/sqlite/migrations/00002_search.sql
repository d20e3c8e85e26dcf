-- What conversations are searched by. Its text never changes, as all of it is
-- in the conversation's hash. This is SQLite's own: full-text index over
-- three-letter pieces, so that any part of a word is found.

-- +goose Up
CREATE VIRTUAL TABLE conversation_search USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram'
);
