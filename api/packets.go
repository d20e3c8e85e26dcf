package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tyto/auth"
	"tyto/packets"
	"tyto/tyto"
)

// Packets is where the packets of alerts are; *packets.Alerts is one.
type Packets interface {
	// Has reports whether packets of an alert may be there.
	Has(a *tyto.Alert) bool
	// Write writes the packets of an alert as pcapng; packets.ErrNone, and
	// nothing was written, if there are none.
	Write(ctx context.Context, a *tyto.Alert, w io.Writer) error
}

// alertPackets answers with the packets of an alert. They are gathered in a
// file first, so that what cannot be had whole is an error and no half file. The
// audit log has it before they are given away: packets carry what people said.
func (a *api) alertPackets(ctx context.Context, in *IDInput) (*huma.StreamResponse, error) {
	row, _, err := see(ctx).Alert(ctx, in.ID)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	if a.Packets == nil {
		return nil, huma.Error404NotFound("this hub keeps no packets; its configuration's packets.megabytes says how many a sensor in the same process keeps")
	}
	f, err := os.CreateTemp("", "tyto-packets-*")
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	_ = os.Remove(f.Name()) // it is there as long as it is open
	if err := a.Packets.Write(ctx, &row.Alert, f); err != nil {
		f.Close()
		if errors.Is(err, packets.ErrNone) {
			return nil, huma.Error404NotFound("none of this alert's packets is kept here: they were too long ago, or the sensor that saw them keeps none or has not sent them yet")
		}
		return nil, a.problem(ctx, err)
	}
	who, _ := auth.Who(ctx)
	if err := a.Auth.Audit(ctx, who, caller(ctx), "alert-packets.get", row.ID, "ok"); err != nil {
		f.Close()
		return nil, a.problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer f.Close()
		r, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "application/x-pcapng")
		w.Header().Set("Content-Disposition", `attachment; filename="alert-`+row.ID+`.pcapng"`)
		http.ServeContent(w, r, "", time.Time{}, f)
	}}, nil
}
