package api

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

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

// exportDevices streams all devices that a filter selects (RFC 4180).
func (a *api) exportDevices(_ context.Context, in *ExportInput) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		_, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="devices.csv"`)
		if err := a.writeCSV(h.Context(), w, in.query(Paging{})); err != nil {
			if !errors.Is(err, errGone) && h.Context().Err() == nil {
				a.Log.ErrorContext(h.Context(), "export broke off", "err", err)
			}
			// The status is sent: breaking the connection is the only way left
			// to tell the client that the file is not whole.
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// errGone says that the client took no more.
var errGone = errors.New("the client is gone")

func (a *api) writeCSV(ctx context.Context, w http.ResponseWriter, q store.DeviceQuery) error {
	out, deadline := csv.NewWriter(w), http.NewResponseController(w)
	if err := out.Write(csvHead); err != nil {
		return err
	}
	n := 0
	err := see(ctx).EachDevice(ctx, q, func(r store.DeviceRow) error {
		if n++; n%500 == 0 {
			_ = deadline.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
		}
		if err := out.Write(csvRow(a.deviceRow(r))); err != nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("%w: %w", errGone, out.Error())
	}
	return nil
}

func csvRow(r DeviceRow) []string {
	row := []string{r.ID, r.Category, r.Type, r.Vendor, r.Model, r.OS, r.Firmware, r.Hostname, strings.Join(r.IPs, " "), r.MAC, r.NICVendor,
		r.Role, strings.Join(r.Protocols, " "), r.FirstSeen.Format(time.RFC3339), r.LastSeen.Format(time.RFC3339),
		strconv.FormatUint(r.Packets, 10), strconv.FormatUint(r.Bytes, 10), r.Zone, r.Sensor, r.Confidence}
	for i := range row {
		row[i] = inert(row[i])
	}
	return row
}

// inert is a cell that no spreadsheet takes for a formula: what devices call
// themselves is theirs to choose (CWE-1236).
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + s
	}
	return s
}
