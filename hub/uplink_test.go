package hub

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/auth"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// plant is a hub that sensors reach over the network.
type plant struct {
	*fixture
	enrol *auth.Enrolment
	hub   string // HOST:PORT
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	return newPlantWith(t, func(*Deps) {})
}

// newPlantWith is a plant whose hub works with what change makes of it.
func newPlantWith(t *testing.T, change func(*Deps)) *plant {
	t.Helper()
	p := &plant{fixture: &fixture{t: t, folder: t.TempDir(), Clock: doubles.ClockAt(start)}, hub: doubles.FreeAddress()}
	p.adjust = func(d *Deps) {
		ca, err := auth.OpenCA(t.Context(), d.Store, filepath.Join(p.folder, auth.SecretFile), p.Now)
		if err != nil {
			t.Fatal(err)
		}
		p.enrol = auth.NewEnrolment(ca, d.Store, p.Now, slog.New(slog.DiscardHandler))
		l, err := doubles.Listen(p.hub)
		if err != nil {
			t.Fatal(err)
		}
		d.Enrolment, d.SensorListener = p.enrol, l
		change(d)
	}
	p.begin(nil)
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *plant) token(sensor, zone, site string) uplink.Token {
	p.t.Helper()
	secret, _, err := p.enrol.Token(p.t.Context(), "ada", netip.Addr{}, auth.JoinPlan{Sensor: sensor, Zone: zone, Site: site, Life: time.Hour})
	if err != nil {
		p.t.Fatal(err)
	}
	return uplink.Token{Hub: p.hub, Pin: p.enrol.CA().Pin(), Secret: secret}
}

// probe is a sensor that joined.
type probe struct {
	p      *plant
	folder string
	client *uplink.Client
	seq    uint64
}

func (p *plant) join(sensor, zone, site string) *probe {
	p.t.Helper()
	folder := p.t.TempDir()
	id, err := uplink.Join(p.t.Context(), p.token(sensor, zone, site), folder, p.Now)
	if err != nil {
		p.t.Fatal(err)
	}
	x := &probe{p: p, folder: folder, client: uplink.NewClient(folder, id, p.Now, slog.New(slog.DiscardHandler))}
	p.t.Cleanup(x.client.Close)
	return x
}

// send sends events as one batch.
func (x *probe) send(events ...tyto.Event) error {
	x.seq++
	return x.sendAs(x.seq, events...)
}

func (x *probe) sendAs(seq uint64, events ...tyto.Event) error {
	x.p.t.Helper()
	return x.client.Send(x.p.t.Context(), &uplink.Batch{Epoch: 7, Seq: seq, Floor: 1, Events: len(events), Body: pack(x.p.t, events)})
}

// pack is the body of a batch, as a spool makes it.
func pack(t testing.TB, events []tyto.Event) []byte {
	t.Helper()
	c := uplink.DefaultConfig(t.TempDir())
	c.Clock = func() time.Time { return start }
	s, err := uplink.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range events { // all in one class, and so in one batch
		if err := s.Put(context.Background(), events[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	b, err := s.Take(context.Background())
	if err != nil || b.Events != len(events) {
		t.Fatalf("batch of %d events, %v", b.Events, err)
	}
	return b.Body
}

func (p *plant) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestSensorsJoin has three sensors, two of them in one zone: the same device
// there is one, the same addresses elsewhere are another.
func TestSensorsJoin(t *testing.T) {
	p := newPlant(t)
	a, b, c := p.join("a", "hall", "graz"), p.join("b", "hall", "graz"), p.join("c", "office", "linz")
	for _, x := range []*probe{a, b, c} {
		p.must(x.send(saw(1, tyto.Address, "10.0.0.1"), saw(1, tyto.Hostname, "plc-1")))
	}
	p.must(b.send(saw(2, tyto.Address, "10.0.0.2")))
	p.must(c.send(talked(subject(2), subject(1), "modbus")))
	p.eventually("devices", func() bool { return len(p.devices()) == 4 })
	places := map[string]int{}
	for _, d := range p.devices() {
		places[d.Zone+" in "+d.Site]++
		if d.IP == "10.0.0.1" && d.Hostname != "plc-1" {
			t.Errorf("device %+v", d)
		}
	}
	if d := cmp.Diff(map[string]int{"hall in graz": 2, "office in linz": 2}, places); d != "" {
		t.Error(d)
	}
	p.eventually("the conversation", func() bool { return len(p.conversations()) == 1 })
	if talk := p.conversations()[0]; talk.Zone != "office" || talk.Evidence.Sensor != "c" {
		t.Errorf("conversation %+v", talk)
	}
}

// TestMovedZone gives a zone another site: the devices follow.
func TestMovedZone(t *testing.T) {
	p := newPlant(t)
	p.must(p.join("a", "hall", "graz").send(saw(1, tyto.Address, "10.0.0.1")))
	p.eventually("a device in graz", func() bool { d := p.devices(); return len(d) == 1 && d[0].Site == "graz" })
	p.must(p.store.PutZone(t.Context(), tyto.Zone{ID: "hall", Title: "Hall 3", Site: "wien"}))
	p.must(p.fixture.hub.PlacesChanged(t.Context()))
	p.eventually("the device in wien", func() bool { d := p.devices(); return len(d) == 1 && d[0].Site == "wien" })
}

// TestForgery has a sensor speak for another sensor and another zone.
func TestForgery(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	e := saw(1, tyto.Hostname, "plc-1")
	e.Zone, e.Sensor, e.Observation.Evidence.Sensor, e.Observation.Confidence = "office", "b", "b", tyto.Confirmed
	p.must(x.send(e, saw(1, tyto.Address, "10.0.0.1")))
	p.eventually("a device", func() bool { return len(p.devices()) == 1 })
	d := p.devices()[0]
	_, whole, err := p.store.Device(t.Context(), d.ID)
	if err != nil || d.Zone != "hall" || d.Sensor != "a" || whole.Beliefs[tyto.Hostname].Confidence > tyto.Stated {
		t.Errorf("device %+v, %v, %v", d, whole.Beliefs, err)
	}
}

// TestRevoke revokes a sensor while its connection is open.
func TestRevoke(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	p.must(x.send(saw(1, tyto.Address, "10.0.0.1")))
	p.must(p.enrol.Revoke(t.Context(), "ada", netip.Addr{}, "a"))
	var retry *uplink.RetryError
	if err := x.send(saw(2, tyto.Address, "10.0.0.2")); !errors.As(err, &retry) || !strings.Contains(err.Error(), "revoked") || retry.Hint == "" {
		t.Errorf("after it was revoked: %v", err)
	}
	if err := x.client.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("renewing: %v", err)
	}
	if err := p.enrol.Revoke(t.Context(), "ada", netip.Addr{}, "nobody"); !errors.Is(err, auth.ErrNoSensor) {
		t.Errorf("revoking a stranger: %v", err)
	}
	p.must(p.join("a", "hall", "").send(saw(3, tyto.Address, "10.0.0.3")))
	if err := x.send(saw(2, tyto.Address, "10.0.0.2")); err == nil {
		t.Error("the old certificate is good again")
	}
}

// TestRenewal follows a certificate through its life.
func TestRenewal(t *testing.T) {
	const day = 24 * time.Hour
	p := newPlant(t)
	x := p.join("a", "hall", "")
	expires := func() time.Time {
		id, err := uplink.Load(x.folder)
		p.must(err)
		return id.Pair.Leaf.NotAfter
	}
	if !expires().Equal(start.Add(30 * day)) {
		t.Errorf("it is good until %v", expires())
	}
	keep := func() { // as the client does by itself, once
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- x.client.Keep(ctx) }()
		time.Sleep(200 * time.Millisecond)
		end()
		p.must(<-done)
	}
	p.Pass(19 * day)
	keep()
	if !expires().Equal(start.Add(30 * day)) {
		t.Error("it is renewed too early")
	}
	p.Pass(day)
	p.eventually("it is renewed", func() bool { keep(); return expires().Equal(start.Add(50 * day)) })
	p.must(x.send(saw(1, tyto.Address, "10.0.0.1")))
	p.Pass(36 * day) // 6 after it expired
	if err := x.send(saw(2, tyto.Address, "10.0.0.2")); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("with an expired certificate: %v", err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.client.Keep(ctx) }() // the refusal has it look
	p.eventually("it came back by itself", func() bool { return x.send(saw(2, tyto.Address, "10.0.0.2")) == nil })
	end()
	p.must(<-done)
	p.Pass(37*day + time.Second)
	if err := x.client.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("7 days after it expired: %v", err)
	}
}

// TestTokens uses tokens wrongly.
func TestTokens(t *testing.T) {
	p := newPlant(t)
	join := func(token uplink.Token) error {
		_, err := uplink.Join(t.Context(), token, t.TempDir(), p.Now)
		return err
	}
	token := p.token("a", "hall", "")
	other := token
	other.Pin = sha256.Sum256([]byte("another"))
	if err := join(other); err == nil || !strings.Contains(err.Error(), "not the hub that made the token") {
		t.Errorf("another hub's certificate: %v", err)
	}
	var in atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if join(token) == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d came in with one token", in.Load())
	}
	p.Pass(20 * time.Minute) // the brake on guessing
	late := p.token("b", "hall", "")
	p.Pass(time.Hour)
	if err := join(late); err == nil || !strings.Contains(err.Error(), "wrong, used or expired") {
		t.Errorf("too late: %v", err)
	}
	refused, made, joined := 0, 0, 0
	records, err := p.store.AuditRecords(t.Context(), 100)
	p.must(err)
	for _, r := range records {
		switch {
		case r.What == "join-token.create":
			made++
		case r.What == "sensor.join" && r.Outcome == "refused":
			refused++
		case r.What == "sensor.join":
			joined++
		}
	}
	if made != 2 || refused < 2 || joined < 1 {
		t.Errorf("the audit has %d tokens, %d refusals, %d joins", made, refused, joined)
	}
}

// TestSensorIsNoHub has a sensor pose as the hub, with the certificate that it
// got: another sensor must not be taken in.
func TestSensorIsNoHub(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	id, err := uplink.Load(x.folder)
	p.must(err)
	pair := id.Pair
	pair.Certificate = append(pair.Certificate, id.Authority.Raw)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}})
	p.must(err)
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).HandshakeContext(t.Context()) // that it fails is the point
			conn.Close()
		}
	}()
	token := p.token("b", "hall", "")
	token.Hub = l.Addr().String()
	if _, err := uplink.Join(t.Context(), token, t.TempDir(), p.Now); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("joining: %v", err)
	}
	posed := *id
	posed.Hub = token.Hub
	client := uplink.NewClient(x.folder, &posed, p.Now, slog.New(slog.DiscardHandler))
	defer client.Close()
	if err := client.Send(t.Context(), &uplink.Batch{Epoch: 1, Seq: 1, Floor: 1, Events: 1}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("sending: %v", err)
	}
}

// TestAirGap joins by two files.
func TestAirGap(t *testing.T) {
	p := newPlant(t)
	folder := t.TempDir()
	request, err := uplink.Request(folder)
	p.must(err)
	csr, err := uplink.ParseRequest(request)
	p.must(err)
	cert, err := p.enrol.Sign(t.Context(), "ada", csr, auth.JoinPlan{Sensor: "far", Zone: "island", Site: "sea"})
	p.must(err)
	answer, err := uplink.Signed("far", "island", p.hub, cert.Raw, p.enrol.CA().Certificate())
	p.must(err)
	id, err := uplink.Answer(folder, answer)
	p.must(err)
	x := &probe{p: p, folder: folder, client: uplink.NewClient(folder, id, p.Now, slog.New(slog.DiscardHandler))}
	defer x.client.Close()
	p.must(x.send(saw(1, tyto.Address, "10.0.0.1")))
}

// TestHubsShareAuthority restarts the hub, and loses the secret.
func TestHubsShareAuthority(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	pin := p.enrol.CA().Pin()
	p.must(p.stop())
	p.begin(nil)
	if p.enrol.CA().Pin() != pin {
		t.Error("after a restart the authority is another")
	}
	p.eventually("sent again", func() bool { return x.send(saw(1, tyto.Address, "10.0.0.1")) == nil })
	if _, err := auth.OpenCA(t.Context(), p.store, filepath.Join(t.TempDir(), "none"), p.Now); err == nil || !strings.Contains(err.Error(), "put it back") {
		t.Errorf("without its secret: %v", err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong")
	if _, err := auth.OpenCA(t.Context(), &emptyStore{}, wrong, p.Now); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.OpenCA(t.Context(), p.store, wrong, p.Now); err == nil || !strings.Contains(err.Error(), "does not open") {
		t.Errorf("with another secret: %v", err)
	}
}

type emptyStore struct{ a tyto.Authority }

func (s *emptyStore) Authority(context.Context) (tyto.Authority, bool, error) { return s.a, false, nil }
func (s *emptyStore) PutAuthority(_ context.Context, a tyto.Authority) (tyto.Authority, error) {
	return a, nil
}

// TestBadBatches sends what no sensor sends.
func TestBadBatches(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	id, err := uplink.Load(x.folder)
	p.must(err)
	good := pack(t, []tyto.Event{saw(1, tyto.Address, "10.0.0.1")})
	post := func(body []byte, certified bool, header ...string) int {
		t.Helper()
		client := clientOf(id, p.Now, certified)
		defer client.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+p.hub+uplink.PathBatches, bytes.NewReader(body))
		p.must(err)
		for name, value := range map[string]string{"Content-Type": uplink.ContentType, "Content-Encoding": uplink.ContentCoding, uplink.HeaderEpoch: "1",
			uplink.HeaderSeq: "1", uplink.HeaderFloor: "1", uplink.HeaderEvents: "1"} {
			r.Header.Set(name, value)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		got, err := client.Do(r)
		p.must(err)
		got.Body.Close()
		return got.StatusCode
	}
	huge := strconv.FormatUint(1<<63, 10)
	for name, c := range map[string]struct {
		got, want int
	}{
		"without a certificate": {post(good, false), 401},
		"no type":               {post(good, true, "Content-Type", "text/plain"), 422},
		"not packed":            {post(good, true, "Content-Encoding", "gzip"), 422},
		"no number":             {post(good, true, uplink.HeaderSeq, "x"), 422},
		"number 0":              {post(good, true, uplink.HeaderSeq, "0"), 422},
		"a huge number":         {post(good, true, uplink.HeaderEpoch, huge), 422},
		"above its floor":       {post(good, true, uplink.HeaderFloor, "2"), 422},
		"another count":         {post(good, true, uplink.HeaderEvents, "2"), 422},
		"no zstd":               {post([]byte("hello"), true), 422},
		"too large":             {post(make([]byte, uplink.MaxBody+1), true), 413},
		"right":                 {post(good, true), 200},
		"repeated":              {post(good, true), 200},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
}

// TestHealthArrives has a spool tell its health and what it lost.
func TestHealthArrives(t *testing.T) {
	p := newPlant(t)
	x := p.join("a", "hall", "")
	c := uplink.DefaultConfig(t.TempDir())
	c.Sensor, c.Version, c.Clock = "a", "9.9", p.Now
	c.Cap, c.Reserve = 256<<10, 64<<10
	s, err := uplink.Open(t.Context(), c)
	p.must(err)
	defer s.Close()
	for i := range 3000 {
		e := talked(subject(1), subject(2), "modbus")
		e.Conversation.ServerName = strings.Repeat(fmt.Sprint(sha256.Sum256([]byte(strconv.Itoa(i)))), 2)
		p.must(s.Put(t.Context(), []tyto.Event{e}))
		if i%10 == 9 {
			p.must(s.Flush(t.Context()))
		}
	}
	lost := uint64(3000 - s.Backlog().Events)
	s.Tell()
	p.must(s.Flush(t.Context()))
	b, err := s.Take(t.Context())
	p.must(err)
	p.must(x.client.Send(t.Context(), &b))
	p.must(x.client.Send(t.Context(), &b))
	var sensors []store.Sensor
	p.eventually("the sensor", func() bool {
		sensors, err = p.store.Sensors(t.Context())
		return err == nil && len(sensors) == 1
	})
	if i := sensors[0].Interfaces[0]; sensors[0].Version != "9.9" || i.Interface != uplink.HealthName || i.Counters["backlog_events"] != 3000-lost || i.Counters["events_lost"] != lost {
		t.Errorf("sensor %+v; %d were lost", sensors[0], lost)
	}
	totals, err := p.store.GapTotals(t.Context())
	if err != nil || lost == 0 || totals["a"] != lost {
		t.Errorf("gaps of %v events, %v; want %d", totals, err, lost)
	}
}

// clientOf is a client that sends what it is told to, with the certificate of
// an identity or without.
func clientOf(id *uplink.Identity, now func() time.Time, certified bool) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(id.Authority)
	c := &tls.Config{RootCAs: roots, ServerName: uplink.ServerName, Time: now}
	if certified {
		c.Certificates = []tls.Certificate{id.Pair}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}}
}
