package postgres

import (
	"context"
	"database/sql/driver"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/stdlib"
)

// The statements that engines share are written as SQLite has them, and text
// may be any bytes. This driver turns both into what PostgreSQL takes, on the
// way to pgx and back.

// connector opens connections that translate.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner.(*stdlib.Conn)}, nil
}

type conn struct{ *stdlib.Conn }

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, numbered(query))
	if err != nil {
		return nil, err
	}
	return &stmt{s.(*stdlib.Stmt)}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, numbered(query), written(args))
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.Conn.QueryContext(ctx, numbered(query), written(args))
	if err != nil {
		return nil, err
	}
	return rows{r}, nil
}

type stmt struct{ *stdlib.Stmt }

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.Stmt.ExecContext(ctx, written(args))
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	r, err := s.Stmt.QueryContext(ctx, written(args))
	if err != nil {
		return nil, err
	}
	return rows{r}, nil
}

type rows struct{ driver.Rows }

// Next implements driver.Rows.
func (r rows) Next(values []driver.Value) error {
	err := r.Rows.Next(values)
	for i, v := range values {
		if s, ok := v.(string); ok {
			values[i] = restored(s)
		}
	}
	return err
}

// numbered is a statement with $1 where SQLite has ? or ?1. Question marks in
// quotes and comments stay.
func numbered(query string) string {
	if strings.IndexByte(query, '?') < 0 {
		return query
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == '\'' || c == '"':
			i = copyUntil(&b, query, i, query[i:i+1])
		case strings.HasPrefix(query[i:], "--"):
			i = copyUntil(&b, query, i, "\n")
		case c == '?':
			digits := i + 1
			for digits < len(query) && '0' <= query[digits] && query[digits] <= '9' {
				digits++
			}
			b.WriteByte('$')
			if digits > i+1 {
				b.WriteString(query[i+1 : digits])
			} else {
				b.WriteString(strconv.Itoa(next))
				next++
			}
			i = digits
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// copyUntil copies from i to the next end after it, and is where that is.
func copyUntil(b *strings.Builder, query string, i int, end string) int {
	n := strings.Index(query[i+1:], end)
	if n < 0 {
		n = len(query)
	} else {
		n += i + 1 + len(end)
	}
	b.WriteString(query[i:n])
	return n
}

// PostgreSQL's text is UTF-8 without NUL, and what comes from the network may
// be anything. Bytes that it refuses are stored as characters of our own, from
// an area that Unicode leaves to private use: escape+b stands for the byte b.
// Such characters, where they occur themselves, are stored byte by byte, so
// that every text comes back as it was.
const escape = 0x10F500

func reserved(r rune) bool { return escape <= r && r < escape+256 }

// written is arguments as they are stored.
func written(args []driver.NamedValue) []driver.NamedValue {
	for i := range args {
		switch v := args[i].Value.(type) {
		case string:
			args[i].Value = stored(v)
		case []string:
			all := make([]string, len(v))
			for j := range v {
				all[j] = stored(v[j])
			}
			args[i].Value = all
		}
	}
	return args
}

// stored is a text as PostgreSQL takes it.
func stored(s string) string {
	if strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, 0xF4) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == 0 || r == utf8.RuneError && n == 1 || reserved(r) {
			for _, c := range []byte(s[i : i+n]) {
				b.WriteRune(escape + rune(c))
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// restored undoes stored.
func restored(s string) string {
	if strings.IndexByte(s, 0xF4) < 0 { // the first byte of our characters
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if reserved(r) {
			b.WriteByte(byte(r - escape))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
