package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tyto/lab/cable"
)

// TestAsksNothingOfTheTerminal: a serial console does not answer what a
// program asks of it, and who asks there waits for seconds.
func TestAsksNothingOfTheTerminal(t *testing.T) {
	terminal, console := pseudoTerminal(t)
	cmd := exec.Command("tyto", "version")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	said, _ := io.ReadAll(console) // ends with EIO when nobody has the terminal any more
	if !strings.HasPrefix(string(said), "tyto ") || strings.Contains(string(said), "\x1b") {
		t.Errorf("got %q", said)
	}
}

// pseudoTerminal is a terminal, and what is typed and shown there.
func pseudoTerminal(t *testing.T) (terminal, console *os.File) {
	t.Helper()
	console, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { console.Close() })
	if err := unix.IoctlSetPointerInt(int(console.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(console.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return terminal, console
}

// TestSetupShowsInterfaces draws the wizard: the interfaces are there to choose
// from, and the space bar chooses.
func TestSetupShowsInterfaces(t *testing.T) {
	cable.New(t)
	terminal, console := pseudoTerminal(t)
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "tyto.yaml")
	ctx, stop := context.WithTimeout(t.Context(), time.Minute) // a wizard that shows nothing is ended, which ends reading
	defer stop()
	cmd := exec.CommandContext(ctx, "tyto", "sensor", "setup", "--for", "10ms", "-o", file)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	var said strings.Builder
	until := func(what, answer string) {
		for part := make([]byte, 4096); !strings.Contains(said.String(), what); {
			n, err := console.Read(part)
			said.Write(part[:n])
			if err != nil {
				t.Fatalf("%q was not shown: %v\n%q", what, err, said.String())
			}
		}
		said.Reset()
		if _, err := console.WriteString(answer); err != nil {
			t.Fatal(err)
		}
	}
	until("far", " ")
	until("✓", "\x03")
	rest, _ := io.ReadAll(console)
	_ = cmd.Wait() // it was ended, and says so
	if _, err := os.Stat(file); err == nil {
		t.Errorf("a wizard that was left wrote %s\n%q", file, rest)
	}
}
