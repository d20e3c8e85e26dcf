package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tyto/frame"
	"tyto/tyto"
)

// Look is how a table is drawn.
type Look struct {
	Colour bool
	Width  int // of the terminal, in columns; 0 does not cut
}

type column struct {
	title string
	text  func(*tyto.Device) string
	max   int // columns that it may take
}

var columns = []column{
	{"TYPE", kindOf, 22},
	{"VENDOR", func(d *tyto.Device) string { return cmp.Or(d.Value(tyto.Vendor), nicVendor(d)) }, 24},
	{"MODEL", model, 26},
	{"OS / FIRMWARE", func(d *tyto.Device) string { return cmp.Or(d.Value(tyto.OS), d.Value(tyto.Firmware)) }, 22},
	{"NAME", func(d *tyto.Device) string { return d.Value(tyto.Hostname) }, 24},
	{"IP", firstIP, 39},
	{"MAC", firstMAC, 17},
	{"PROTOCOLS", func(d *tyto.Device) string { return strings.Join(d.Protocols, " ") }, 40},
}

// Table writes the devices as a table for people, and a summary.
func Table(out io.Writer, r *Result, look Look) error {
	rows, counts := [][]string{}, map[string]int{}
	for d := range r.Devices {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = shorten(safe(c.text(d)), c.max)
		}
		rows = append(rows, row)
		counts[cmp.Or(d.Value(tyto.Category), "unknown")]++
	}
	slices.SortStableFunc(rows, func(a, b []string) int {
		return cmp.Or(cmp.Compare(last(a[0]), last(b[0])), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
	})
	w := bufio.NewWriter(out)
	if len(rows) > 0 {
		grid(w, rows, look)
	}
	summary(w, r, len(rows), counts)
	alerts(w, r.Alerts)
	return w.Flush()
}

// maxAlerts is how many alerts are listed under the table.
const maxAlerts = 20

// alerts lists the alerts, the gravest first, a line each.
func alerts(w io.Writer, all []Alert) {
	if len(all) == 0 {
		return
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Alert) int { return cmp.Compare(b.Severity, a.Severity) })
	fmt.Fprintf(w, "\n%s:\n", number(len(all), "alert"))
	for _, a := range all[:min(len(all), maxAlerts)] {
		var who []string
		for _, s := range a.Subjects {
			if s.Addr.IsUnspecified() {
				who = append(who, s.MAC.String())
			} else {
				who = append(who, s.Addr.String())
			}
		}
		fmt.Fprintf(w, "  %-8s  %s: %s (%s; packet %d)\n", a.Severity, a.Title, strings.Join(who, " → "), safe(shorten(a.Detail, 80)), a.Packet)
	}
	if len(all) > maxAlerts {
		fmt.Fprintf(w, "  … and %d more; --format json has them all.\n", len(all)-maxAlerts)
	}
}

// last sorts what is not known behind what is.
func last(kind string) int {
	if kind == "" || kind == "unknown" {
		return 1
	}
	return 0
}

func grid(w io.Writer, rows [][]string, look Look) {
	widths := make([]int, len(columns))
	for i, c := range columns {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		if widths[i] > 0 {
			widths[i] = max(widths[i], len(c.title))
		}
	}
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	on, off := "", ""
	if look.Colour {
		on, off = "\x1b[1m", "\x1b[0m"
	}
	fmt.Fprintf(w, "%s%s%s\n", on, line(titles, widths, look.Width), off)
	for _, row := range rows {
		fmt.Fprintln(w, line(row, widths, look.Width))
	}
	fmt.Fprintln(w)
}

// line is the cells beside each other; empty columns are left out.
func line(cells []string, widths []int, limit int) string {
	var b strings.Builder
	for i, c := range cells {
		if widths[i] == 0 {
			continue
		}
		b.WriteString(c)
		b.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(c))+2))
	}
	text := strings.TrimRight(b.String(), " ")
	if limit > 0 {
		text = shorten(text, limit)
	}
	return text
}

func summary(w io.Writer, r *Result, devices int, counts map[string]int) {
	var packets, bytes, malformed, truncated uint64
	var first, end time.Time
	for _, c := range r.Captures {
		packets, bytes, malformed, truncated = packets+c.Packets, bytes+c.Bytes, malformed+c.Malformed, truncated+c.Truncated
		if first.IsZero() || !c.First.IsZero() && c.First.Before(first) {
			first = c.First
		}
		if c.Last.After(end) {
			end = c.Last
		}
	}
	conversations, outside := r.count()
	fmt.Fprintf(w, "%s%s, %s (%d to the internet), %s and %s in %s.\n", number(devices, "device"), split(counts),
		number(conversations, "conversation"), outside, number(int(packets), "packet"), size(bytes), end.Sub(first).Round(time.Millisecond))
	if malformed > 0 {
		fmt.Fprintf(w, "%s broke the rules of a protocol.\n", number(int(malformed), "packet"))
	}
	if truncated > 0 {
		fmt.Fprintf(w, "%s captured shorter than they were: what stood behind is not known.\n", number(int(truncated), "packet"))
	}
	if devices == 0 && packets > 0 {
		fmt.Fprintln(w, "No host here ever sent a packet of its own in this capture. Was the mirror port set to both directions?")
	}
}

func split(counts map[string]int) string {
	var parts []string
	for _, c := range [...][2]string{{"it", "IT"}, {"iot", "IoT"}, {"ot", "OT"}, {"network", "network"}, {"medical", "medical"}, {"unknown", "unknown"}} {
		if n := counts[c[0]]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c[1]))
		}
	}
	if len(parts) < 2 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func size(n uint64) string {
	f, unit := float64(n), 0
	for ; f >= 1000 && unit < 4; unit++ {
		f /= 1000
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, [...]string{"", "kB", "MB", "GB", "TB"}[unit])
}

func kindOf(d *tyto.Device) string {
	return cmp.Or(strings.ReplaceAll(d.Value(tyto.Type), "_", " "), d.Value(tyto.Category), "unknown")
}

func nicVendor(d *tyto.Device) string {
	for _, i := range d.Interfaces {
		if i.Vendor != "" {
			return "(" + i.Vendor + ")"
		}
	}
	return ""
}

func firstIP(d *tyto.Device) string {
	var best frame.Addr
	for _, i := range d.Interfaces {
		for _, a := range i.IPs {
			if best.IsZero() || a.IP.Is4() && !best.Is4() || !a.IP.IsLinkLocal() && best.IsLinkLocal() {
				best = a.IP
			}
		}
	}
	return best.String()
}

func firstMAC(d *tyto.Device) string {
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			return i.MAC.String()
		}
	}
	return ""
}

// shorten cuts text to a number of columns.
func shorten(s string, most int) string {
	if most <= 0 || utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most-1]) + "…"
}

// safe is text without anything that could steer a terminal.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, s)
}
