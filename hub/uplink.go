package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"golang.org/x/net/netutil"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// Bounds of what sensors may take of the hub.
const (
	maxSensors  = 20_000 // connections
	maxAtOnce   = 16     // batches in memory
	maxQuestion = 64 << 10
)

// A receiver takes what sensors send over the network. That a sensor may
// speak is asked at each request, so that revoking one takes effect at the
// next, on an open connection too.
type receiver struct {
	hub    *Hub
	enrol  *auth.Enrolment
	decode *uplink.Decoder
	slots  chan struct{}
	step   func(string)
}

func newReceiver(h *Hub) *receiver {
	r := &receiver{hub: h, enrol: h.deps.Enrolment, decode: uplink.NewDecoder(), slots: make(chan struct{}, maxAtOnce), step: h.deps.Step}
	if r.step == nil {
		r.step = func(string) {}
	}
	return r
}

// SensorHandler is what sensors speak to, for who serves it otherwise than
// Run; it needs TLS with sensors' certificates. nil without Enrolment.
func (h *Hub) SensorHandler() http.Handler {
	if h.sensors == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+uplink.PathJoin, h.sensors.join)
	mux.HandleFunc("POST "+uplink.PathCertificate, h.sensors.renew)
	mux.HandleFunc("POST "+uplink.PathBatches, h.sensors.ofMember(h.sensors.batch))
	if g, gathers := h.deps.Packets.(*Gatherer); gathers {
		desk := packetDesk{h.sensors, g}
		mux.HandleFunc("POST "+uplink.PathWanted, desk.ofMember(desk.wantedPackets))
		mux.HandleFunc("POST "+uplink.PathPackets+"{alert}", desk.ofMember(desk.packetsOf))
	}
	return mux
}

// serveSensors serves sensors until ctx is done. The address is its own: a
// proxy that ends TLS in front of the portal would end the sensors' too, and
// browsers would be asked for certificates.
func (h *Hub) serveSensors(ctx context.Context) error {
	config := h.deps.Enrolment.CA().TLS(uplink.ServerName)
	s := &http.Server{
		Handler: h.SensorHandler(), TLSConfig: config, MaxHeaderBytes: 16 << 10, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	return serveUntil(ctx, s, tls.NewListener(netutil.LimitListener(h.deps.SensorListener, maxSensors), config))
}

// peer is the certificate that a request came with, nil if it came without.
func peer(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

func remoteOf(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // else it is no address, and nobody's
	return from.Addr().Unmap()
}

// refuse answers with an error. What the sensor cannot act on is logged, and
// told in general words.
func (x *receiver) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var batch *uplink.BatchError
	var wait *auth.WaitError
	var large *http.MaxBytesError
	status, text := http.StatusServiceUnavailable, "the hub could not take it; its log says why"
	switch {
	case errors.As(err, &batch):
		status, text = http.StatusUnprocessableEntity, err.Error()
	case errors.As(err, &large):
		status, text = http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, auth.ErrRequest):
		status, text = http.StatusUnprocessableEntity, err.Error()
	case errors.Is(err, auth.ErrStranger), errors.Is(err, auth.ErrExpired):
		status, text = http.StatusUnauthorized, err.Error()
	case errors.Is(err, auth.ErrRevoked), errors.Is(err, auth.ErrJoinRefused):
		status, text = http.StatusForbidden, err.Error()
	case errors.As(err, &wait):
		status, text = http.StatusTooManyRequests, err.Error()
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Retry.Seconds()))))
	case errors.Is(err, errBusy):
		text = err.Error()
		w.Header().Set("Retry-After", "1")
	default:
		if r.Context().Err() == nil {
			x.hub.log.ErrorContext(r.Context(), "cannot take what a sensor sends", "from", r.RemoteAddr, "err", err)
		}
		w.Header().Set("Retry-After", "5")
	}
	x.hub.metrics.refused.WithLabelValues(strconv.Itoa(status)).Inc()
	http.Error(w, text, status)
}

var errBusy = errors.New("the hub is busy")

// ofMember is a handler for who shows a sensor's certificate.
func (x *receiver) ofMember(handle func(http.ResponseWriter, *http.Request, tyto.Member) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, err := x.enrol.Identify(r.Context(), peer(r))
		if err == nil {
			err = handle(w, r, m)
		}
		if err != nil {
			x.refuse(w, r, err)
		}
	}
}

// enter takes one of the places for what is large; leave gives it back.
func (x *receiver) enter() (leave func(), err error) {
	select {
	case x.slots <- struct{}{}:
		return func() { <-x.slots }, nil
	default:
		return nil, errBusy
	}
}

// batch takes a batch, and acknowledges it when it is on disk.
func (x *receiver) batch(w http.ResponseWriter, r *http.Request, m tyto.Member) error {
	leave, err := x.enter()
	if err != nil {
		return err
	}
	defer leave()
	b, err := x.read(w, r)
	if err != nil {
		return err
	}
	x.step("received")
	fresh, err := x.hub.Receive(context.WithoutCancel(r.Context()), m, b)
	if err != nil {
		return err
	}
	x.step("before-acknowledge")
	answer(w, struct {
		Fresh bool `json:"fresh"`
	}{fresh})
	return nil
}

// read reads a batch from a request.
func (x *receiver) read(w http.ResponseWriter, r *http.Request) (b store.Batch, err error) {
	if r.Header.Get("Content-Type") != uplink.ContentType || r.Header.Get("Content-Encoding") != uplink.ContentCoding {
		return b, &uplink.BatchError{Reason: "want " + uplink.ContentType + " in " + uplink.ContentCoding}
	}
	var events uint64
	for name, n := range map[string]*uint64{uplink.HeaderEpoch: &b.Epoch, uplink.HeaderSeq: &b.Seq, uplink.HeaderFloor: &b.Floor, uplink.HeaderEvents: &events} {
		if *n, err = strconv.ParseUint(r.Header.Get(name), 10, 63); err != nil || *n == 0 {
			return b, &uplink.BatchError{Reason: name + " is not a number from 1 on"}
		}
	}
	if b.Floor > b.Seq {
		return b, &uplink.BatchError{Reason: "it is below its own floor"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, uplink.MaxBody))
	if err != nil {
		return b, err
	}
	if b.Events, err = x.decode.Decode(body); err != nil {
		return b, err
	}
	if uint64(len(b.Events)) != events {
		return b, &uplink.BatchError{Reason: "it has " + strconv.Itoa(len(b.Events)) + " events, and says that there are " + strconv.FormatUint(events, 10)}
	}
	return b, nil
}

// Receive takes a batch of a member. It returns when it is on disk; fresh is
// false if it was there before. What it says of its sensor and zone does not
// count.
func (h *Hub) Receive(ctx context.Context, m tyto.Member, b store.Batch) (fresh bool, err error) {
	select {
	case <-h.ready:
	default:
		return false, errBusy
	}
	if z := h.held(m.Zone); z != nil && z.crowded() {
		h.hurry()
		return false, errBusy
	}
	uplink.Claim(b.Events, m.Sensor, m.Zone)
	b.Sensor, b.Zone, b.Received = m.Sensor, m.Zone, h.now()
	return h.take(ctx, b)
}

// join lets a sensor in.
func (x *receiver) join(w http.ResponseWriter, r *http.Request) {
	var q uplink.JoinRequest
	if err := question(w, r, &q); err != nil {
		x.refuse(w, r, err)
		return
	}
	m, cert, err := x.enrol.Join(r.Context(), q.Secret, q.Request, remoteOf(r))
	if err != nil {
		x.refuse(w, r, err)
		return
	}
	if err := x.hub.PlacesChanged(r.Context()); err != nil {
		x.hub.log.WarnContext(r.Context(), "cannot read the sites", "err", err)
	}
	answer(w, uplink.Certified{Sensor: m.Sensor, Zone: m.Zone, Certificate: cert.Raw})
}

// renew gives a sensor another certificate.
func (x *receiver) renew(w http.ResponseWriter, r *http.Request) {
	var q uplink.RenewRequest
	if err := question(w, r, &q); err != nil {
		x.refuse(w, r, err)
		return
	}
	m, cert, err := x.enrol.Renew(r.Context(), peer(r), q.Request, remoteOf(r))
	if err != nil {
		x.refuse(w, r, err)
		return
	}
	answer(w, uplink.Certified{Sensor: m.Sensor, Zone: m.Zone, Certificate: cert.Raw})
}

func question(w http.ResponseWriter, r *http.Request, q any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, q); err != nil {
		return &uplink.BatchError{Reason: "it is not the JSON of a request"}
	}
	return nil
}

func answer(w http.ResponseWriter, a any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(a) // who is gone asks again
}

// SensorAddressFor is the address by which sensors reach the hub, for a token
// that is asked for under a host's name: as it is configured, else that host
// with the port of the listener. It is "" if there is no listener.
func (h *Hub) SensorAddressFor(host string) string {
	if h.deps.SensorListener == nil || h.deps.Enrolment == nil || h.deps.SensorAddress != "" {
		return h.deps.SensorAddress
	}
	listens, port, err := net.SplitHostPort(h.deps.SensorListener.Addr().String())
	if err != nil {
		return ""
	}
	if ip, err := netip.ParseAddr(listens); err == nil && !ip.IsUnspecified() {
		host = listens
	}
	return net.JoinHostPort(host, port)
}
