package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tyto/tyto"
)

// The columns of the table, in the order in which a person reads them: which
// device, what it is, and how that is known.
const (
	columnIP = iota
	columnAlerts
	columnType
	columnName
	columnVendor
	columnModel
	columnOS
	columnMAC
	columnProtocols
	columnCount
)

// A column may take most columns of the terminal, and can be read with least.
// Where there is no room, the column with the lowest rank goes first: those
// that are not dear already when the others would have less than good.
type column struct {
	title             string
	least, good, most int
	rank              int
}

// dear is the rank from which columns shrink to the least before one goes.
const dear = 4

var columns = [columnCount]column{
	columnIP:        {"IP", 17, 17, 39, 9},
	columnAlerts:    {"!", 1, 1, 5, 8},
	columnType:      {"TYPE", 12, 16, 22, 7},
	columnName:      {"NAME", 10, 18, 28, 6},
	columnVendor:    {"VENDOR", 9, 14, 24, 5},
	columnModel:     {"MODEL", 10, 18, 30, 4},
	columnOS:        {"OS / FIRMWARE", 10, 14, 24, 3},
	columnMAC:       {"MAC", 17, 17, 17, 2},
	columnProtocols: {"PROTOCOLS", 12, 14, 60, 1},
}

// A row is a device of the table.
type row struct {
	id, category string
	cells        [columnCount]string
}

func rowOf(d *tyto.Device) row {
	r := row{id: d.ID, category: cmp.Or(d.Value(tyto.Category), "unknown")}
	r.cells = [columnCount]string{
		columnIP: firstIP(d), columnType: kindOf(d), columnName: d.Value(tyto.Hostname), columnVendor: cmp.Or(d.Value(tyto.Vendor), nicVendor(d)),
		columnModel: model(d), columnOS: cmp.Or(d.Value(tyto.OS), d.Value(tyto.Firmware)), columnMAC: firstMAC(d), columnProtocols: strings.Join(d.Protocols, " "),
	}
	for i := range r.cells {
		r.cells[i] = shorten(safe(r.cells[i]), columns[i].most)
	}
	return r
}

func byCategory(a, b row) int {
	place := func(r row) int {
		return slices.IndexFunc(categories[:], func(c [2]string) bool { return c[0] == r.category })
	}
	last := func(r row) int { // what is not known behind what is
		if kind := r.cells[columnType]; kind == "unknown" || kind == r.category {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(last(a), last(b)), cmp.Compare(a.cells[columnType], b.cells[columnType]),
		cmp.Compare(a.cells[columnVendor], b.cells[columnVendor]), cmp.Compare(a.cells[columnModel], b.cells[columnModel]))
}

const gap = 2 // columns of the terminal between those of the table

// widths is how wide each column is to be; 0 leaves it out. Empty columns are
// left out; if the rest is too wide, columns go by rank until what is left can
// be read, and the widest shrink.
func widths(rows []row, limit int) (w [columnCount]int) {
	for i := range columns {
		for _, r := range rows {
			w[i] = max(w[i], utf8.RuneCountInString(r.cells[i]))
		}
		if w[i] > 0 {
			w[i] = max(w[i], len(columns[i].title))
		}
	}
	if limit <= 0 {
		return w
	}
	for last, ok := lowest(w); ok && needed(w, columns[last].rank) > limit; last, ok = lowest(w) {
		w[last] = 0
	}
	for over := needed(w, -1) - limit; over > 0; over-- {
		widest := columnIP
		for i, n := range w {
			if n-columns[i].least > w[widest]-columns[widest].least {
				widest = i
			}
		}
		w[widest]--
	}
	return w
}

// lowest is the column of the lowest rank, if it is not the only one.
func lowest(w [columnCount]int) (at int, ok bool) {
	for i, n := range w {
		if n > 0 && columns[i].rank < columns[at].rank {
			at = i
		}
	}
	return at, at != columnIP
}

// needed is the terminal's columns that these take if the lowest of them is
// of that rank, or as wide as they are if the rank is negative.
func needed(w [columnCount]int, rank int) (sum int) {
	sum = -gap
	for i, n := range w {
		switch {
		case n == 0:
			continue
		case rank >= dear:
			n = min(n, columns[i].least)
		case rank >= 0:
			n = min(n, columns[i].good)
		}
		sum += n + gap
	}
	return sum
}

func (p printer) grid(rows []row, grave map[string]gravity) {
	for i := range rows {
		if n := grave[rows[i].id].alerts; n > 0 {
			rows[i].cells[columnAlerts] = fmt.Sprint(n)
		}
	}
	w := widths(rows, p.look.Width)
	if w[columnMAC] == 0 { // what a device is known by must be there
		for i := range rows {
			rows[i].cells[columnIP] = cmp.Or(rows[i].cells[columnIP], rows[i].cells[columnMAC])
		}
		w = widths(rows, p.look.Width)
	}
	var left []string
	for i, c := range columns {
		if w[i] == 0 && slices.ContainsFunc(rows, func(r row) bool { return r.cells[i] != "" }) {
			left = append(left, c.title)
		}
	}
	var titles [columnCount]string
	for i, c := range columns {
		titles[i] = c.title
	}
	fmt.Fprintln(p, p.colour(bold, line(titles, w, func(_ int, s string) string { return s })))
	for _, r := range rows {
		fmt.Fprintln(p, line(r.cells, w, func(i int, s string) string {
			switch {
			case i == columnAlerts:
				return p.colour(ofSeverity(grave[r.id].worst), s)
			case strings.HasPrefix(s, "(") || i == columnType && r.category == "unknown":
				return p.colour(faint, s)
			}
			return s
		}))
	}
	if len(left) > 0 {
		p.say("", "Not shown for want of room: "+strings.Join(left, ", ")+" (--format csv and html show all)", 0, faint)
	}
	fmt.Fprintln(p)
}

// line is the cells beside each other.
func line(cells [columnCount]string, w [columnCount]int, dress func(int, string) string) string {
	var b strings.Builder
	pending := 0
	for i, c := range cells {
		if w[i] == 0 {
			continue
		}
		c = shorten(c, w[i])
		if c != "" {
			b.WriteString(strings.Repeat(" ", pending))
			pending = 0
			b.WriteString(dress(i, c))
		}
		pending += w[i] - utf8.RuneCountInString(c) + gap
	}
	return b.String()
}
