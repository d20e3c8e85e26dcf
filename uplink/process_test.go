package uplink_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/api"
	"tyto/auth"
	"tyto/frame"
	"tyto/hub"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/sqlite"
	"tyto/tyto"
	"tyto/uplink"
)

const chaosZone, chaosSensor = "plant", "probe"

// crashPoint ends the process when a step is met for a number of times:
// "after-commit 3".
func crashPoint() func(string) {
	name, times, _ := strings.Cut(os.Getenv("TYTO_CRASH"), " ")
	n, _ := strconv.Atoi(times)
	var met atomic.Int64
	return func(step string) {
		if step != name {
			return
		}
		if met.Add(1) >= int64(n) {
			if os.Getenv("TYTO_UNPROTECTED") == "sensor" {
				promiseMore()
			}
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
}

// promiseMore waits until more is called accepted, which is in memory alone.
func promiseMore() {
	book := filepath.Join(os.Getenv("TYTO_FOLDER"), "accepted")
	before, _ := readBook(book) // without one there are none
	for now := before; len(now) < len(before)+2*together; now, _ = readBook(book) {
		time.Sleep(time.Millisecond)
	}
}

// forgetful is a store that takes every batch for a new one: the protection
// is off.
type forgetful struct{ store.Store }

func (s forgetful) Append(ctx context.Context, b store.Batch) (int64, bool, error) {
	b.Epoch, b.Floor = rand.Uint64(), 0
	return s.Store.Append(ctx, b)
}

// openHub is a hub over the store of a folder.
func openHub(ctx context.Context, folder string, l net.Listener, step func(string)) (*hub.Hub, *sqlite.Store, *auth.Enrolment, error) {
	config := sqlite.DefaultConfig(filepath.Join(folder, "hub"))
	config.SkipCheck = true
	s, err := sqlite.Open(ctx, config)
	if err != nil {
		return nil, nil, nil, err
	}
	ca, err := auth.OpenCA(ctx, s, filepath.Join(folder, "hub", auth.SecretFile), time.Now)
	if err != nil {
		return nil, nil, nil, err
	}
	enrol := auth.NewEnrolment(ca, s, time.Now, slog.New(slog.DiscardHandler))
	deps := hub.Deps{Store: s, Enrolment: enrol, SensorListener: l, Version: api.Version{Version: "chaos"}, Step: step}
	if os.Getenv("TYTO_UNPROTECTED") == "hub" {
		deps.Store = forgetful{s}
	}
	c := hub.DefaultConfig()
	c.Flush = 50 * time.Millisecond
	h, err := hub.New(c, deps)
	return h, s, enrol, err
}

func hubProcess() error {
	l, err := doubles.Listen(os.Getenv("TYTO_ADDRESS"))
	if err != nil {
		return err
	}
	h, _, _, err := openHub(context.Background(), os.Getenv("TYTO_FOLDER"), l, crashPoint())
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return h.Run(context.Background())
}

// The sensor keeps books beside its spool: what it offered, and what was
// accepted. They are written before, and after, so that what a kill leaves
// in doubt is known to be in doubt.
func sensorProcess() error {
	folder := os.Getenv("TYTO_FOLDER")
	id, err := uplink.Load(filepath.Join(folder, "sensor"))
	if err != nil {
		return err
	}
	c := uplink.DefaultConfig(filepath.Join(folder, "sensor"))
	c.Sensor, c.Zone, c.Delay, c.Step = id.Sensor, id.Zone, 20*time.Millisecond, crashPoint()
	s, err := uplink.Open(context.Background(), c)
	if err != nil {
		return err
	}
	client := uplink.NewClient(filepath.Join(folder, "sensor"), id, time.Now, slog.New(slog.DiscardHandler))
	sender := uplink.NewSender(s, client, slog.New(slog.DiscardHandler))
	sender.Hasten(10 * time.Millisecond)
	fmt.Println("ready")
	all, ctx := errgroup.WithContext(context.Background())
	all.Go(func() error { return s.Run(ctx) })
	all.Go(func() error { return sender.Run(ctx) })
	all.Go(func() error {
		if os.Getenv("TYTO_DRAIN") != "" {
			for s.Backlog().Batches > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			os.Exit(0)
		}
		return offer(ctx, s, folder)
	})
	return all.Wait()
}

// together is how many events are offered at once.
const together = 8

// offer puts numbered events, on and on.
func offer(ctx context.Context, s *uplink.Spool, folder string) error {
	offered, err := openBook(filepath.Join(folder, "offered"))
	if err != nil {
		return err
	}
	accepted, err := openBook(filepath.Join(folder, "accepted"))
	if err != nil {
		return err
	}
	numbers, err := readBook(filepath.Join(folder, "offered"))
	if err != nil {
		return err
	}
	next := uint32(len(numbers))
	for {
		if err := offered(next, together); err != nil {
			return err
		}
		for n := next; n < next+together; n++ {
			if err := s.Put(ctx, []tyto.Event{numbered(n)}); err != nil {
				return err
			}
		}
		if os.Getenv("TYTO_UNPROTECTED") != "sensor" { // else what is in memory alone is called accepted
			if err := s.Flush(ctx); err != nil {
				return err
			}
		}
		if err := accepted(next, together); err != nil {
			return err
		}
		next += together
		time.Sleep(pace)
	}
}

// openBook is a file to which numbers are added, at once and whole.
func openBook(path string) (func(from, n uint32) error, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return func(from, n uint32) error {
		var b []byte
		for i := range n {
			b = binary.BigEndian.AppendUint32(b, from+i)
		}
		_, err := f.Write(b)
		return err
	}, nil
}

func readBook(path string) (numbers []uint32, err error) {
	b, err := os.ReadFile(path)
	for ; len(b) >= 4; b = b[4:] {
		numbers = append(numbers, binary.BigEndian.Uint32(b))
	}
	return numbers, err
}

// numbered is the event of a number: each tenth the address of a device of its own,
// the others a conversation of their own.
func numbered(n uint32) tyto.Event {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Millisecond)
	e := tyto.Event{Version: tyto.EventVersion, Seq: uint64(n) + 1, Time: at}
	if n%10 == 0 && os.Getenv("TYTO_UNPROTECTED") != "hub" { // a fact may come twice and changes nothing
		e.Kind = tyto.KindObservation
		a := frame.V4(10, byte(n>>16), byte(n>>8), byte(n))
		e.Observation = &tyto.Observation{Subject: tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x1b, byte(n >> 16), byte(n >> 8), byte(n)}, Addr: a}, Attr: tyto.Address, Value: a.String(),
			Confidence: tyto.Guessed, Evidence: tyto.Evidence{Protocol: "ip", Field: "ip.src"}}
		return e
	}
	e.Kind = tyto.KindConversation
	e.Conversation = &tyto.Conversation{Client: tyto.Subject{MAC: frame.MAC{4, 0, 0, 0, 0, 1}}, Server: tyto.Subject{MAC: frame.MAC{4, 0, 0, 0, 0, 2}}, Transport: "tcp", Port: 443,
		ServerName: fmt.Sprint("n", n), First: at, Last: at, Packets: [2]uint64{1, 1}, Bytes: [2]uint64{60, 60}, Sessions: 1}
	return e
}

// numberOf is the number in an event, -1 if it is another's.
func numberOf(e *tyto.Event) int {
	if e.Observation != nil {
		return addressNumber(e.Observation.Value)
	}
	if e.Conversation == nil {
		return -1
	}
	text := e.Conversation.ServerName
	n, err := strconv.Atoi(strings.TrimPrefix(text, "n"))
	if err != nil {
		return -1
	}
	return n
}

// addressNumber is the number of a device's address, -1 if it is another's.
func addressNumber(text string) int {
	var a, b, c int
	if n, _ := fmt.Sscanf(text, "10.%d.%d.%d", &a, &b, &c); n != 3 {
		return -1
	}
	return a<<16 | b<<8 | c
}
