package api

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tyto/store"
)

// ExportInput asks for devices as CSV.
type ExportInput struct {
	Filter
}

var csvHead = []string{"id", "category", "type", "vendor", "model", "os", "firmware", "hostname", "ips", "mac", "nic_vendor",
	"role", "protocols", "first_seen", "last_seen", "packets", "bytes", "zone", "sensor", "confidence"}

// exportDevices streams all devices that a filter selects.
func (a *api) exportDevices(_ context.Context, in *ExportInput) (*huma.StreamResponse, error) {
	return a.table("devices.csv", csvHead, func(ctx context.Context, row func(...string) error) error {
		return see(ctx).EachDevice(ctx, in.query(Paging{}), func(r store.DeviceRow) error { return row(csvRow(a.deviceRow(r))...) })
	}), nil
}

// errGone says that the client took no more.
var errGone = errors.New("the client is gone")

// table streams rows as CSV (RFC 4180), whatever is in their cells.
func (a *api) table(file string, head []string, rows func(ctx context.Context, row func(...string) error) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		_, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
		out, deadline, n := csv.NewWriter(w), http.NewResponseController(w), 0
		row := func(cells ...string) error {
			if n++; n%500 == 0 {
				_ = deadline.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
			}
			for i := range cells {
				cells[i] = inert(cells[i])
			}
			if err := out.Write(cells); err != nil {
				return fmt.Errorf("%w: %w", errGone, err)
			}
			return nil
		}
		err := row(slices.Clone(head)...)
		if err == nil {
			err = rows(h.Context(), row)
		}
		if out.Flush(); err == nil && out.Error() == nil {
			return
		}
		if err != nil && !errors.Is(err, errGone) && h.Context().Err() == nil {
			a.Log.ErrorContext(h.Context(), "export broke off", "file", file, "err", err)
		}
		// The status is sent: breaking the connection is the only way left
		// to tell the client that the file is not whole.
		panic(http.ErrAbortHandler)
	}}
}

func csvRow(r DeviceRow) []string {
	return []string{r.ID, r.Category, r.Type, r.Vendor, r.Model, r.OS, r.Firmware, r.Hostname, strings.Join(r.IPs, " "), r.MAC, r.NICVendor,
		r.Role, strings.Join(r.Protocols, " "), r.FirstSeen.Format(time.RFC3339), r.LastSeen.Format(time.RFC3339),
		strconv.FormatUint(r.Packets, 10), strconv.FormatUint(r.Bytes, 10), r.Zone, r.Sensor, r.Confidence}
}

// inert is a cell that no spreadsheet takes for a formula: what devices call
// themselves is theirs to choose (CWE-1236).
func inert(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", first) { // some take the wide ones for the others
		return "'" + s
	}
	return s
}
