package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
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
