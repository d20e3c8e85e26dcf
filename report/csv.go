package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"tyto/frame"
)

var csvTitles = []string{"id", "category", "type", "vendor", "model", "os", "firmware", "serial", "hostname", "ips", "macs", "vlans", "role",
	"purdue_level", "protocols", "first_seen", "last_seen", "packets", "bytes"}

// CSV writes one line a device, after RFC 4180, with a line of titles. A cell
// that a spreadsheet would take for a formula begins with an apostrophe.
func CSV(out io.Writer, r *Result) error {
	w := csv.NewWriter(out)
	_ = w.Write(csvTitles) // w.Error tells
	for d := range r.Devices {
		x := flat(d)
		row := []string{x.ID, x.Category, x.Type, x.Vendor, x.Model, x.OS, x.Firmware, x.Serial, x.Hostname,
			join(x.IPs, frame.Addr.String), join(x.MACs, frame.MAC.String), join(x.VLANs, func(v uint16) string { return strconv.Itoa(int(v)) }),
			x.Role, x.Purdue, strings.Join(x.Protocol, " "), x.First.Format(time.RFC3339), x.Last.Format(time.RFC3339),
			strconv.FormatUint(x.Packets, 10), strconv.FormatUint(x.Bytes, 10)}
		for i := range row {
			row[i] = NoFormula(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return w.Error()
}

func join[T any](all []T, text func(T) string) string {
	parts := make([]string, len(all))
	for i, x := range all {
		parts[i] = text(x)
	}
	return strings.Join(parts, " ")
}

// NoFormula is a cell of CSV that no spreadsheet takes for a formula
// (OWASP, CSV injection).
func NoFormula(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
