package uplink_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"tyto/auth"
	"tyto/lab/doubles"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// This binary is also the processes that the test kills.
func TestMain(m *testing.M) {
	var err error
	switch os.Getenv("TYTO_CHAOS") {
	case "hub":
		err = hubProcess()
	case "sensor":
		err = sensorProcess()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// chaos is two processes that are killed.
type chaos struct {
	t       *testing.T
	folder  string
	address string
	extra   []string
	running map[string]*process
}

type process struct {
	cmd   *exec.Cmd
	ended chan error
}

func newChaos(t *testing.T, extra ...string) *chaos {
	t.Helper()
	l, err := doubles.Listen(doubles.FreeAddress())
	if err != nil {
		t.Fatal(err)
	}
	c := &chaos{t: t, folder: t.TempDir(), address: l.Addr().String(), extra: extra, running: map[string]*process{}}
	h, s, enrol, err := openHub(t.Context(), c.folder, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	secret, _, err := enrol.Token(ctx, "test", netip.Addr{}, auth.JoinPlan{Sensor: chaosSensor, Zone: chaosZone, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := uplink.Join(ctx, uplink.Token{Hub: c.address, Pin: enrol.CA().Pin(), Secret: secret}, filepath.Join(c.folder, "sensor"), time.Now); err != nil {
		t.Fatal(err)
	}
	end()
	if err := errors.Join(<-done, s.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range c.running {
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
	})
	return c
}

// begin starts a process, and waits until it works.
func (c *chaos) begin(what string, env ...string) {
	c.t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), ended: make(chan error, 1)}
	p.cmd.Env = append(append(os.Environ(), "TYTO_CHAOS="+what, "TYTO_FOLDER="+c.folder, "TYTO_ADDRESS="+c.address), append(c.extra, env...)...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.running[what] = p
	said, err := bufio.NewReader(out).ReadString('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		p.ended <- p.cmd.Wait()
	}()
	if err != nil || said != "ready\n" {
		c.t.Fatalf("the %s says %q, %v", what, said, err)
	}
}

// kill ends a process in the middle of whatever it does: after a while, or
// when it has met its crash point.
func (c *chaos) kill(what string, after time.Duration) (met bool) {
	c.t.Helper()
	p := c.running[what]
	delete(c.running, what)
	select {
	case <-p.ended:
		if s, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGKILL {
			c.t.Fatalf("the %s ended by itself: %v", what, p.cmd.ProcessState)
		}
		return true
	case <-time.After(after):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return false
	}
}

// The steps at which processes end.
var crashPoints = map[string][]string{
	"sensor": {"before-commit", "after-commit", "before-send", "after-send"},
	"hub":    {"received", "before-acknowledge"},
}

// rage kills one or the other, so many times.
func (c *chaos) rage(kills int, r *rand.Rand) (met int) {
	c.begin("hub")
	c.begin("sensor")
	for i := range kills {
		what := []string{"sensor", "hub"}[i%2]
		after := time.Duration(20+r.IntN(120)) * time.Millisecond
		c.kill(what, after)
		if i%4 < 2 { // the next one ends at a step
			points := crashPoints[what]
			c.begin(what, fmt.Sprintf("TYTO_CRASH=%s %d", points[r.IntN(len(points))], 1+r.IntN(6)))
			if c.kill(what, 400*time.Millisecond) {
				met++
			}
		}
		c.begin(what)
	}
	return met
}

// soon waits until so many events were accepted.
func (c *chaos) soon(accepted int) {
	c.t.Helper()
	for limit := time.Now().Add(5 * time.Minute); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) { // another process does it
		if all, err := readBook(filepath.Join(c.folder, "accepted")); err == nil && len(all) >= accepted {
			return
		}
	}
	c.t.Fatalf("never were %d events accepted", accepted)
}

// drain stops offering, waits until the hub has everything, and ends both.
func (c *chaos) drain() {
	c.t.Helper()
	c.kill("sensor", 0)
	c.begin("sensor", "TYTO_DRAIN=1")
	select {
	case err := <-c.running["sensor"].ended:
		if err != nil {
			c.t.Fatalf("draining: %v", err)
		}
	case <-time.After(5 * time.Minute):
		c.t.Fatal("the backlog does not empty")
	}
	delete(c.running, "sensor")
	c.kill("hub", 0)
}

// A tally is how often each number arrived.
type tally map[int]int

// count counts in two ways that do not know of each other: in the log, and in
// what the hub made of it.
func (c *chaos) count() (logged, rolledUp tally) {
	c.t.Helper()
	h, s, _, err := openHub(c.t.Context(), c.folder, nil, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, end := context.WithCancel(c.t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	if err := h.Accept(ctx, []tyto.Event{{Version: 1, Zone: "other", Sensor: "other", Kind: tyto.KindHealth, Health: &tyto.Health{}}}); err != nil { // it is restored then
		c.t.Fatal(err)
	}
	end()
	if err := <-done; err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	logged, rolledUp = tally{}, tally{}
	err = s.Read(c.t.Context(), chaosZone, 0, func(e store.Entry) error {
		for i := range e.Events {
			if n := numberOf(&e.Events[i]); n >= 0 {
				logged[n]++
			}
		}
		return nil
	})
	err = errors.Join(err, s.Known(c.t.Context(), chaosZone, func(x store.Conversation) error {
		rolledUp[numberOf(&tyto.Event{Conversation: &x.Conversation})] += int(x.Sessions)
		return nil
	}))
	err = errors.Join(err, s.EachDevice(c.t.Context(), store.DeviceQuery{Zone: []string{chaosZone}}, func(d store.DeviceRow) error {
		if n := addressNumber(d.IP); n >= 0 {
			rolledUp[n]++
		}
		return nil
	}))
	if err != nil {
		c.t.Fatal(err)
	}
	return logged, rolledUp
}

// wrong compares a tally with the books: what was accepted and is missing,
// what is there twice, and what nobody offered.
func (c *chaos) wrong(t tally) (missing, twice, madeUp int) {
	c.t.Helper()
	accepted, err := readBook(filepath.Join(c.folder, "accepted"))
	if err != nil {
		c.t.Fatal(err)
	}
	offered, err := readBook(filepath.Join(c.folder, "offered"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, n := range accepted {
		if t[int(n)] == 0 {
			missing++
		}
	}
	for n, times := range t {
		if times > 1 {
			twice++
		}
		if n >= len(offered) {
			madeUp++
		}
	}
	return missing, twice, madeUp
}

// kills is how many times the test kills: TYTO_KILLS, or 40.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("TYTO_KILLS"))
	if err != nil {
		return 40
	}
	t.Logf("%d kills", n)
	return n
}

// TestKills kills sensor and hub at any time: what was accepted is in the hub
// once, in the log and in what was made of it.
func TestKills(t *testing.T) {
	t.Parallel()
	c := newChaos(t)
	seed := uint64(time.Now().UnixNano())
	met := c.rage(kills(t)*2/3, rand.New(rand.NewPCG(seed, 0)))
	c.soon(50) // however slow it was
	c.drain()
	logged, rolledUp := c.count()
	for what, tally := range map[string]tally{"the log": logged, "devices and conversations": rolledUp} {
		if missing, twice, madeUp := c.wrong(tally); missing+twice+madeUp > 0 {
			t.Errorf("seed %d: in %s %d are missing, %d are there twice, %d were never offered", seed, what, missing, twice, madeUp)
		}
	}
	accepted, err := readBook(filepath.Join(c.folder, "accepted"))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d events accepted, %d arrived; %d kills at a named step", len(accepted), len(logged), met)
}

// TestKillsWithoutProtection takes one protection away at a time: the counting
// must notice, or it counts nothing.
func TestKillsWithoutProtection(t *testing.T) {
	t.Parallel()
	// unprotected kills a process twice at a step, beside one that works, and counts what is wrong then.
	unprotected := func(t *testing.T, process, beside, step string) (missing, twice [2]int) {
		c := newChaos(t, "TYTO_UNPROTECTED="+process)
		c.begin(beside)
		for range 2 {
			c.begin(process, "TYTO_CRASH="+step)
			if !c.kill(process, 5*time.Minute) {
				t.Fatalf("the %s never came to the step at which it is to end", process)
			}
		}
		c.begin(process)
		c.drain()
		logged, rolledUp := c.count()
		missing[0], twice[0], _ = c.wrong(logged)
		missing[1], twice[1], _ = c.wrong(rolledUp)
		return missing, twice
	}
	t.Run("a hub that forgets", func(t *testing.T) {
		if _, twice := unprotected(t, "hub", "sensor", "before-acknowledge 3"); twice[0] == 0 || twice[1] == 0 {
			t.Errorf("%d are twice in the log, %d in the sums", twice[0], twice[1])
		}
	})
	t.Run("a sensor that promises too early", func(t *testing.T) {
		if missing, _ := unprotected(t, "sensor", "hub", "before-commit 4"); missing[0] == 0 || missing[1] == 0 {
			t.Errorf("%d are missing in the log, %d in the sums", missing[0], missing[1])
		}
	})
}
