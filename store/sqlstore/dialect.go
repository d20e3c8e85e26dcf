package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// A Dialect is in what the SQL of one database differs from that of another.
// Statements have ? and ?1 for their arguments; where PostgreSQL has another
// mark, its driver's side sees to it.
type Dialect int

// The databases that are known.
const (
	SQLite Dialect = iota + 1
	Postgres
)

// in is the condition that a column is one of a list, and its argument.
func in[T string | int64](d Dialect, column string, list []T) (condition string, arg any) {
	if d == Postgres {
		return column + " = ANY (?)", list
	}
	text, _ := json.Marshal(list) // texts and numbers cannot fail
	return column + " IN (SELECT value FROM json_each(?))", string(text)
}

// inBytes is in for a column of bytes.
func (d Dialect) inBytes(column string, list [][]byte) (condition string, arg any) {
	if d == Postgres {
		return column + " = ANY (?)", list
	}
	digits := make([]string, len(list))
	for i := range list {
		digits[i] = hex.EncodeToString(list[i])
	}
	text, _ := json.Marshal(digits) // texts cannot fail
	return column + " IN (SELECT unhex(value) FROM json_each(?))", string(text)
}

// saying is the condition that a column, in lower case, contains each word of
// a text, and its arguments.
func saying(column, text string) (conditions []string, args []any) {
	for _, word := range searchWords(text) {
		conditions, args = append(conditions, column+like), append(args, pattern(word))
	}
	return conditions, args
}

// like compares with a pattern.
const like = ` LIKE ? ESCAPE '\'`

// pattern is for all that contains a word, whatever is in it.
func pattern(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
}

// unindexed keeps SQLite from looking for a column in an index: the plus makes
// an expression of it. PostgreSQL knows by its statistics.
func (d Dialect) unindexed(column string) string {
	if d == Postgres {
		return column
	}
	return "+" + column
}

// ordered is a text column as lists are sorted by it, which has an index.
// PostgreSQL's have no room for long texts.
func (d Dialect) ordered(column string) string {
	if d == Postgres {
		return "lower(left(" + column + ", 200))"
	}
	return "lower(" + column + ")"
}

// noBytes is the literal of no bytes.
func (d Dialect) noBytes() string {
	if d == Postgres {
		return "''"
	}
	return "x''"
}

// held has a SELECT keep others from changing the row until the transaction
// ends.
func (d Dialect) held() string {
	if d == Postgres {
		return " FOR UPDATE"
	}
	return ""
}

// now is the database's clock, in nanoseconds: the one clock that all hubs
// over it share.
func (d Dialect) now() string {
	if d == Postgres {
		return "(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) * 1000)"
	}
	return "(CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000000)"
}

// alone waits until no other transaction does what has that name, until this
// one ends. SQLite's transactions that write are always alone.
func (s *Store) alone(ctx context.Context, tx *sql.Tx, name string) error {
	if s.dialect != Postgres {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(?, 5479746))", name)
	return err
}

// searchNumber is the column of conversation_search that has the number.
func (d Dialect) searchNumber() string {
	if d == Postgres {
		return "n"
	}
	return "rowid"
}

// kept has a SELECT keep others from changing the key of the row until the
// transaction ends; other columns they may change.
func (d Dialect) kept() string {
	if d == Postgres {
		return " FOR KEY SHARE"
	}
	return ""
}
