package sqlstore

// A Dialect is in what the SQL of one database differs from that of another.
type Dialect int

// The databases that are known.
const (
	SQLite Dialect = iota + 1
	Postgres
)
