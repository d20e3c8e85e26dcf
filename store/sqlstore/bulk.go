package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
)

// columns are rows to be written, by column: []string, []int64 or [][]byte,
// all equally long.
type columns []any

func (c columns) rows() int {
	switch x := c[0].(type) {
	case []string:
		return len(x)
	case []int64:
		return len(x)
	case [][]byte:
		return len(x)
	}
	panic(fmt.Sprintf("sqlstore: a column is a %T", c[0]))
}

// row is the values of a row.
func (c columns) row(i int, values []any) []any {
	values = values[:0]
	for _, x := range c {
		switch x := x.(type) {
		case []string:
			values = append(values, x[i])
		case []int64:
			values = append(values, x[i])
		case [][]byte:
			values = append(values, x[i])
		}
	}
	return values
}

// part is some of the rows.
func (c columns) part(from, to int) columns {
	some := make(columns, len(c))
	for j, x := range c {
		switch x := x.(type) {
		case []string:
			some[j] = x[from:to]
		case []int64:
			some[j] = x[from:to]
		case [][]byte:
			some[j] = x[from:to]
		}
	}
	return some
}

// unnest is rows as PostgreSQL reads them from one array for each column.
func (c columns) unnest() string {
	arrays := make([]string, len(c))
	for i, x := range c {
		switch x.(type) {
		case []string:
			arrays[i] = "CAST(? AS TEXT[])"
		case []int64:
			arrays[i] = "CAST(? AS BIGINT[])"
		default:
			arrays[i] = "CAST(? AS BYTEA[])"
		}
	}
	return "unnest(" + strings.Join(arrays, ", ") + ")"
}

// atOnce is how many rows one statement writes.
const atOnce = 2000

// insert writes rows into a table, "name (column, …)", with what comes after
// the values. each is called with what RETURNING there returns; it may be nil.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, into, then string, c columns, each func(*sql.Rows) error) error {
	if c.rows() == 0 {
		return nil
	}
	if s.dialect == Postgres {
		query := "INSERT INTO " + into + " SELECT * FROM " + c.unnest() + " " + then
		return s.chunks(c, func(part columns) error { return run(ctx, tx.ExecContext, tx.QueryContext, query, part, each) })
	}
	marks := strings.Repeat(", ?", len(c))[2:]
	return s.oneByOne(ctx, tx, "INSERT INTO "+into+" VALUES ("+marks+") "+then, c, each)
}

var mark = regexp.MustCompile(`\?(\d+)`)

// update changes rows of a table: set and where have ?1 for the first column
// of a row.
func (s *Store) update(ctx context.Context, tx *sql.Tx, table, set, where string, c columns) error {
	if c.rows() == 0 {
		return nil
	}
	if s.dialect != Postgres {
		return s.oneByOne(ctx, tx, "UPDATE "+table+" SET "+set+" WHERE "+where, c, nil)
	}
	names := make([]string, len(c))
	for i := range c {
		names[i] = fmt.Sprintf("c%d", i+1)
	}
	query := "UPDATE " + table + " SET " + mark.ReplaceAllString(set, "u.c$1") + " FROM " + c.unnest() + " AS u (" + strings.Join(names, ", ") + ") WHERE " +
		mark.ReplaceAllString(where, "u.c$1")
	return s.chunks(c, func(part columns) error { return run(ctx, tx.ExecContext, tx.QueryContext, query, part, nil) })
}

// chunks writes rows some at a time.
func (s *Store) chunks(c columns, write func(columns) error) error {
	for from, n := 0, c.rows(); from < n; from += atOnce {
		if err := write(c.part(from, min(from+atOnce, n))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) oneByOne(ctx context.Context, tx *sql.Tx, query string, c columns, each func(*sql.Rows) error) error {
	st, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer st.Close()
	exec := func(ctx context.Context, _ string, args ...any) (sql.Result, error) {
		return st.ExecContext(ctx, args...)
	}
	ask := func(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
		return st.QueryContext(ctx, args...)
	}
	var values []any
	for i := range c.rows() {
		values = c.row(i, values)
		if err := run(ctx, exec, ask, query, values, each); err != nil {
			return err
		}
	}
	return nil
}

// run runs a statement, and takes what it returns if that is wanted.
func run(ctx context.Context, exec func(context.Context, string, ...any) (sql.Result, error), ask func(context.Context, string, ...any) (*sql.Rows, error),
	query string, args []any, each func(*sql.Rows) error) error {
	if each == nil {
		_, err := exec(ctx, query, args...)
		return err
	}
	rows, err := ask(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
