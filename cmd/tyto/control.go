package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tyto/auth"
	"tyto/hub"
	"tyto/uplink"
)

// control is a socket in the folder of a hub's data, by which commands on the
// same machine reach the hub that works there: its store is open to one
// process. Who may open the socket, mode 0600 in a folder of mode 0700, may
// read the store too.
type control struct {
	listener net.Listener
	enrol    *auth.Enrolment
	hub      *hub.Hub
	replay   func(ctx context.Context, name string, ids []int64) (int64, error)
	log      *slog.Logger
}

const controlSocket = "control.sock"

// newControl opens the socket. Without it the hub works all the same.
func newControl(set *settings, h *hub.Hub, deps *hub.Deps) *control {
	c := &control{enrol: deps.Enrolment, hub: h, replay: deps.Integrations.Replay, log: deps.Log}
	path := filepath.Join(set.Data, controlSocket)
	_ = os.Remove(path) // of a hub that was killed; this one has the store
	old := syscall.Umask(0o177)
	l, err := net.Listen("unix", path)
	syscall.Umask(old)
	if err != nil {
		c.log.Warn("commands such as 'tyto hub token' cannot reach this hub; use the portal", "err", err)
		return c
	}
	c.listener = l
	return c
}

func (c *control) close() {
	if c.listener != nil {
		c.listener.Close()
	}
}

type userKey struct{}

// serve answers commands until ctx is done.
func (c *control) serve(ctx context.Context) error {
	if c.listener == nil {
		return nil
	}
	s := http.Server{Handler: http.HandlerFunc(c.answer), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, userKey{}, peerUser(conn))
		}}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// peerUser is who is at the other end, for the audit.
func peerUser(conn net.Conn) string {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return localUser(-1)
	}
	uid := -1
	err = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = int(cred.Uid)
		}
	})
	if err != nil {
		return localUser(-1)
	}
	return localUser(uid)
}

// localUser is how the audit names somebody on the hub's machine.
func localUser(uid int) string {
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return name + " (on the hub's machine)"
}

// What can be done by the socket.
const (
	doToken  = "token"
	doSign   = "sign"
	doRevoke = "revoke"
	doReplay = "replay"
)

// controlQuestion is what a command wants.
type controlQuestion struct {
	Do      string
	Name    string
	Zone    string
	Site    string
	Address string
	Life    time.Duration
	Request []byte
}

// controlAnswer is what it gets.
type controlAnswer struct {
	Text    string
	Count   int64
	Expires time.Time
	Problem string
}

func (c *control) answer(w http.ResponseWriter, r *http.Request) {
	var q controlQuestion
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 128<<10))
	if err == nil {
		err = json.Unmarshal(body, &q)
	}
	var a controlAnswer
	if err == nil {
		by, _ := r.Context().Value(userKey{}).(string)
		if q.Do == doReplay {
			a.Count, err = c.replay(r.Context(), q.Name, nil)
		} else {
			a, err = controlled(r.Context(), c.enrol, by, &q)
		}
	}
	if err == nil && q.Do != doReplay {
		err = c.hub.PlacesChanged(r.Context())
	}
	if err != nil {
		a = controlAnswer{Problem: err.Error()}
	}
	_ = json.NewEncoder(w).Encode(a) // who is gone asks again
}

// controlled does what a command wants.
func controlled(ctx context.Context, e *auth.Enrolment, by string, q *controlQuestion) (a controlAnswer, err error) {
	if e == nil {
		return a, errors.New("this hub cannot let sensors in; its log says why")
	}
	plan := auth.JoinPlan{Sensor: q.Name, Zone: q.Zone, Site: q.Site, Life: q.Life}
	switch q.Do {
	case doToken:
		secret, expires, err := e.Token(ctx, by, netip.Addr{}, plan)
		if err != nil {
			return a, err
		}
		return controlAnswer{Text: uplink.Token{Hub: q.Address, Pin: e.CA().Pin(), Secret: secret}.String(), Expires: expires}, nil
	case doSign:
		csr, err := uplink.ParseRequest(q.Request)
		if err != nil {
			return a, err
		}
		cert, err := e.Sign(ctx, by, csr, plan)
		if err != nil {
			return a, err
		}
		text, err := uplink.Signed(q.Name, q.Zone, q.Address, cert.Raw, e.CA().Certificate())
		return controlAnswer{Text: string(text)}, err
	case doRevoke:
		return a, e.Revoke(ctx, by, netip.Addr{}, q.Name)
	}
	return a, fmt.Errorf("nobody knows how to do %q", q.Do)
}

// errNoHub says that no hub works in a folder.
var errNoHub = errors.New("no hub works in that folder")

// askControl asks the hub that works in a folder.
func askControl(ctx context.Context, folder string, q *controlQuestion, a *controlAnswer) error {
	path := filepath.Join(folder, controlSocket)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}
	defer transport.CloseIdleConnections()
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://hub/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	got, err := (&http.Client{Transport: transport, Timeout: 30 * time.Second}).Do(r)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return errNoHub
	}
	if err != nil {
		return fmt.Errorf("ask the hub: %w", err)
	}
	defer got.Body.Close()
	if err := json.NewDecoder(io.LimitReader(got.Body, 1<<20)).Decode(a); err != nil {
		return fmt.Errorf("ask the hub: %w", err)
	}
	if a.Problem != "" {
		return errors.New(a.Problem)
	}
	return nil
}
